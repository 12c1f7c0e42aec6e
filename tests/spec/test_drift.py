"""The committed `generated/` is what `specs/` gives, and the check would find it if it were not."""

import shutil
from pathlib import Path

import pytest

from gochat.codegen.pipeline import generate, render_server_outputs

CHECKOUT = Path(__file__).resolve().parents[2]


def test_generated_files_are_what_the_specs_give(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = generate(CHECKOUT / "specs", CHECKOUT / "generated", check=True)
    assert exit_code == 0, "\n" + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("name", "old", "new", "changed"),
    [
        ("schemas/message.yaml", "maxLength: 4000", "maxLength: 4001", "client_frames.py"),
        ("schemas/user.yaml", "maxLength: 50", "maxLength: 51", "requests.py"),
        ("errors.yaml", "status: 426", "status: 425", "errors.py"),
        ("openapi.yaml", "operationId: logout", "operationId: signOff", "operations.py"),
        ("asyncapi.yaml", "code: 4410", "code: 4411", "errors.py"),
    ],
)
def test_a_line_changed_in_the_specs_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, changed: str
) -> None:
    shutil.copytree(CHECKOUT / "specs", tmp_path / "specs")
    path = tmp_path / "specs" / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert generate(tmp_path / "specs", CHECKOUT / "generated", check=True, render=render_server_outputs) == 1
    said = capsys.readouterr().out
    assert f"{changed}: changed" in said
    assert "MANIFEST.json: changed" in said
    assert "run: gochat generate" in said
