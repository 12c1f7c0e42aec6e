"""Compares the files of the output directory with what they should be, and writes those that differ.

The last step of the pipeline; it deals in paths and bytes only.
"""

import difflib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_DIFF_LINES_MAX = 60  # a file; enough to see what changed, short enough for a log


@dataclass(frozen=True)
class Difference:
    """One file that is not as it should be; `diff` goes from what is to what should be, at most 60 lines."""

    path: str
    kind: Literal["missing", "changed", "extra"]
    diff: str


def compare_files(expected: Mapping[str, bytes], out_dir: Path) -> list[Difference]:
    """Returns the differences by path, none when `out_dir` holds exactly the expected files."""
    found = {path.relative_to(out_dir).as_posix(): path for path in _files_in(out_dir)}
    differences = []
    for name in sorted(set(expected) | set(found)):
        should_be = expected.get(name)
        is_now = found[name].read_bytes() if name in found else None
        if should_be == is_now:
            continue
        kind: Literal["missing", "changed", "extra"] = "changed"
        if is_now is None or should_be is None:
            kind = "missing" if is_now is None else "extra"
        diff = _unified_diff(is_now or b"", should_be or b"", name) if kind == "changed" else ""
        differences.append(Difference(name, kind, diff))
    return differences


def write_files(expected: Mapping[str, bytes], out_dir: Path) -> list[Difference]:
    """Makes `out_dir` hold exactly the expected files and returns what was different.

    Each file appears whole or not at all (written beside, then renamed); one whose bytes are right stays.
    """
    differences = compare_files(expected, out_dir)
    for difference in differences:
        path = out_dir / difference.path
        if difference.kind == "extra":
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, expected[difference.path])
    return differences


def _files_in(out_dir: Path) -> list[Path]:
    return [
        path
        for path in out_dir.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    ]


def _replace(path: Path, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)  # mkstemp's 0600 is for secrets
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _unified_diff(old: bytes, new: bytes, name: str) -> str:
    lines = list(
        difflib.unified_diff(
            old.decode("utf-8", "replace").splitlines(),
            new.decode("utf-8", "replace").splitlines(),
            f"{name} (is)",
            f"{name} (should be)",
            lineterm="",
        )
    )
    cut = len(lines) - _DIFF_LINES_MAX
    if cut > 0:
        lines = [*lines[:_DIFF_LINES_MAX], f"... {cut} more lines"]
    return "\n".join(lines)
