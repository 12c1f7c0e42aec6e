"""The generator on small specs: bundling, what it refuses, what it writes, byte stability, check mode."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
import yaml

import gochat
from gochat.codegen.bundle import bundle_document
from gochat.codegen.documents import read_document
from gochat.codegen.node_tools import TOOLS_DIR, install_packages
from gochat.codegen.outputs import compare_files
from gochat.codegen.patterns import python_pattern
from gochat.codegen.pipeline import generate, render_server_outputs
from gochat.codegen.spec_error import SpecError
from tests.unit.codegen_specs import write_specs

CHECKOUT = Path(gochat.__file__).resolve().parent.parent


def load_module(outputs: dict[str, bytes], name: str, directory: Path) -> ModuleType:
    """Imports one generated module from a file of its own."""
    path = directory / f"{name}_loaded.py"
    path.write_bytes(outputs[f"{name}.py"])
    spec = importlib.util.spec_from_file_location(f"{directory.name}_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # msgspec looks the annotations up here
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def specs_dir(tmp_path: Path) -> Path:
    return write_specs(tmp_path)


@pytest.fixture
def outputs(specs_dir: Path) -> dict[str, bytes]:
    return render_server_outputs(specs_dir)


# --- bundling ---------------------------------------------------------------------------------------------


def test_reference_to_a_file_becomes_a_component(specs_dir: Path) -> None:
    bundled = bundle_document(specs_dir, "openapi.yaml")
    body = bundled["paths"]["/posts"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/CreatePostRequest"}
    properties = bundled["components"]["schemas"]["CreatePostRequest"]["properties"]
    assert properties["postText"] == {"$ref": "#/components/schemas/Text"}
    assert properties["slug"] == {"$ref": "#/components/schemas/Slug"}
    assert bundled["components"]["schemas"]["Slug"]["pattern"] == "^[a-z]+$"


def test_bundle_keeps_the_order_of_keys(specs_dir: Path) -> None:
    bundled = bundle_document(specs_dir, "openapi.yaml")
    assert list(bundled) == [
        "openapi",
        "info",
        "servers",
        "security",
        "paths",
        "components",
        "x-error-catalogue",
    ]
    assert list(bundled["components"]["schemas"]) == ["CreatePostRequest", "Text", "Slug", "Post"]


def test_reference_in_an_extension_is_replaced_by_what_it_names(specs_dir: Path) -> None:
    catalogue = bundle_document(specs_dir, "asyncapi.yaml")["x-error-catalogue"]
    assert [entry["code"] for entry in catalogue] == ["AUTH_FAILED", "RATE_LIMITED"]


def test_component_that_only_refers_to_a_file_gets_its_content(tmp_path: Path) -> None:
    edit = (
        "openapi.yaml",
        "components:\n",
        "components:\n  schemas: {Post: {$ref: 'schemas/post.yaml#/Post'}}\n",
    )
    schemas = bundle_document(write_specs(tmp_path, edit), "openapi.yaml")["components"]["schemas"]
    assert next(iter(schemas)) == "Post"
    assert schemas["Post"]["required"] == ["id", "text"]


def test_two_schemas_with_one_name_are_refused_with_both_places(tmp_path: Path) -> None:
    specs_dir = write_specs(
        tmp_path,
        ("schemas/common.yaml", "Slug:", "Text: {type: integer}\nSlug:"),
        ("schemas/post.yaml", "slug: {$ref: 'common.yaml#/Slug'}", "slug: {$ref: 'common.yaml#/Text'}"),
    )
    with pytest.raises(SpecError) as problem:
        bundle_document(specs_dir, "openapi.yaml")
    assert "schemas/post.yaml#/Text" in str(problem.value)
    assert "schemas/common.yaml#/Text" in str(problem.value)


def test_own_schema_with_the_name_of_a_file_s_is_refused_with_both_places(tmp_path: Path) -> None:
    edit = ("openapi.yaml", "components:\n", "components:\n  schemas: {Slug: {type: integer}}\n")
    with pytest.raises(SpecError, match=r"openapi.yaml#/components/schemas/Slug and schemas/common.yaml#/Slug"):
        bundle_document(write_specs(tmp_path, edit), "openapi.yaml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("'schemas/post.yaml#/Post'", "'schemas/post.yaml#/Pots'", "names nothing in post.yaml"),
        ("'schemas/post.yaml#/Post'", "'schemas/pots.yaml#/Post'", "names no file in specs/"),
        ("'schemas/post.yaml#/Post'", "'../outside.yaml#/Post'", "names no file in specs/"),
        ("'schemas/post.yaml#/Post'", "'schemas/post.yaml#/Post/properties/id'", "must name a whole schema"),
        ("'schemas/post.yaml#/Post'", "'errors.yaml#/errors'", "must name a whole schema"),
        ("'#/components/responses/Failed'", "'#/components/responses/Fialed'", "names nothing"),
    ],
)
def test_reference_that_names_no_schema_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "outside.yaml").write_text("Post: {type: object}\n")
    with pytest.raises(SpecError, match=said):
        bundle_document(write_specs(tmp_path, ("openapi.yaml", old, new)), "openapi.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' occurs twice"),
        ("day: 2026-11-22\n", "is not a JSON value"),
        ("on: 1\n", "the key True is not a string"),
        ("a: [\n", "cannot be read"),
    ],
)
def test_yaml_that_is_not_plain_json_data_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(SpecError, match=said):
        read_document(path)


def test_bundled_yaml_and_json_are_one_document(outputs: dict[str, bytes]) -> None:
    for name in ("openapi", "asyncapi"):
        from_json = json.loads(outputs[f"{name}.json"])
        assert from_json.pop("x-generated").endswith("change the spec, not this file")
        assert yaml.safe_load(outputs[f"{name}.yaml"]) == from_json


# --- patterns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("^[a-z]+$", "abc", "abc\n"),
        ("^(a|$)", "", "\n"),
        (r"^\$$", "$", "$\n"),
        ("^[$]$", "$", "$\n"),
        (r"^\d+$", "12", "١٢"),
        (r"^\w+$", "a_1", "é"),
        (r"^[^\s]+$", "a\x1cb", "a\ufeffb"),
        (r"^\S+$", "a\x85b", "a\u2028b"),
        ("^a.b$", "a-b", "a\u2028b"),
        (r"^[^\u0000]*$", "a\n", "a\x00"),
    ],
)
def test_python_pattern_accepts_what_ecma_accepts(pattern: str, matching: str, other: str) -> None:
    translated = re.compile(python_pattern(pattern, "here"))
    assert translated.search(matching)
    assert not translated.search(other)


@pytest.mark.parametrize("pattern", [r"\bword\b", r"[\D]", r"\p{L}", "(?<name>a)", "(?i)a", r"(a)\1"])
def test_pattern_without_an_equal_in_python_is_refused(pattern: str) -> None:
    with pytest.raises(SpecError, match="here: the pattern"):
        python_pattern(pattern, "here")


# --- types ------------------------------------------------------------------------------------------------


def test_client_frames_are_one_tagged_union(outputs: dict[str, bytes], tmp_path: Path) -> None:
    frames: Any = load_module(outputs, "client_frames", tmp_path)
    decoder = msgspec.json.Decoder(frames.ClientFrame)
    post = decoder.decode(b'{"data": {"postText": "hi"}, "type": "post"}')
    assert isinstance(post, frames.PostFrame)
    assert post.data.post_text == "hi"
    assert isinstance(decoder.decode(b'{"type": "ping"}'), frames.PingFrame)
    for wrong in (b'{"type": "pong"}', b"{}", b'{"type": "ping", "x": 1}', b'{"type": 1}'):
        with pytest.raises(msgspec.ValidationError):
            decoder.decode(wrong)


def test_server_frame_is_encoded_type_first_and_without_what_is_absent(
    outputs: dict[str, bytes], tmp_path: Path
) -> None:
    frames: Any = load_module(outputs, "server_frames", tmp_path)
    frame = frames.PostedFrame(data=frames.Post(id="a", text="hi"))
    assert msgspec.json.encode(frame) == b'{"type":"post-stored","data":{"id":"a","text":"hi"}}'


def test_closed_schema_forbids_and_open_schema_ignores_unknown_properties(
    outputs: dict[str, bytes], tmp_path: Path
) -> None:
    requests: Any = load_module(outputs, "requests", tmp_path)
    responses: Any = load_module(outputs, "responses", tmp_path)
    with pytest.raises(msgspec.ValidationError, match="unknown field `x`"):
        msgspec.json.decode(b'{"slug": "a", "x": 1}', type=requests.CreatePostRequest)
    post = msgspec.json.decode(b'{"id": "a", "text": "b", "x": 1}', type=responses.Post)
    assert post.pinned is msgspec.UNSET


def test_struct_is_frozen_and_takes_keywords_only(outputs: dict[str, bytes], tmp_path: Path) -> None:
    responses: Any = load_module(outputs, "responses", tmp_path)
    with pytest.raises(TypeError):
        responses.Post("a", "b")
    with pytest.raises(AttributeError):
        responses.Post(id="a", text="b").text = "c"


def test_minimum_of_properties_is_held(outputs: dict[str, bytes], tmp_path: Path) -> None:
    requests: Any = load_module(outputs, "requests", tmp_path)
    assert msgspec.json.decode(b'{"slug": "a"}', type=requests.CreatePostRequest).slug == "a"
    with pytest.raises(msgspec.ValidationError, match="minProperties"):
        msgspec.json.decode(b"{}", type=requests.CreatePostRequest)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("schemas/common.yaml", "maxLength: 8", "maxLength: 8, not: {}", "cannot hold the keyword 'not'"),
        ("schemas/common.yaml", "[a-z]+$", r"\b", "Slug: the pattern"),
        (
            "schemas/post.yaml",
            "pinned: {type: boolean, default: false}",
            "by: {type: object, properties: {a: {type: string}}}",
            "give this object a name",
        ),
        (
            "openapi.yaml",
            "{$ref: 'schemas/post.yaml#/CreatePostRequest'}",
            "{type: object}",
            "give the schema a name",
        ),
        ("openapi.yaml", "      operationId: ping\n", "", "must have an operationId"),
        ("asyncapi.yaml", "const: pong", "const: gnop", "PongFrame: its property `type`"),
        (
            "asyncapi.yaml",
            "    messages: [{$ref: '#/channels/ws/messages/pong'}]\n  told",
            "  told",
            "operations/pong: must have exactly one message",
        ),
        ("asyncapi.yaml", "posted: {name: post-stored", "posted: {name: pong", "both send 'pong'"),
        (
            "asyncapi.yaml",
            "reconnect: false",
            "reconnect: false}\n      - {code: 4401, name: X, meaning: Y, reconnect: true",
            "4401 occurs twice",
        ),
        ("asyncapi.yaml", "name: AUTH_FAILED, ", "", "x-close-codes/0: 'name' is missing"),
        ("errors.yaml", "closeCode: 4401", "closeCode: 4400", "4400 is not in x-close-codes"),
        ("errors.yaml", "closeCode: 4401, ", "", "socket `close` needs a closeCode"),
        ("errors.yaml", "socket: frame", "socket: maybe", "socket must be one of"),
        ("errors.yaml", "grpc: RESOURCE_EXHAUSTED", "grpc: EXHAUSTED", "grpc must be a status"),
        ("errors.yaml", ", en: Later.", "", "'en' is missing"),
        ("logic.proto", "string text = 1", "string text", "logic.proto: protoc refuses it"),
        ("errors.yaml", "RATE_LIMITED", "AUTH_FAILED", "'AUTH_FAILED' occurs twice"),
    ],
)
def test_spec_that_cannot_be_followed_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, said: str
) -> None:
    specs_dir = write_specs(tmp_path, (name, old, new))
    assert generate(specs_dir, tmp_path / "generated", check=False, render=render_server_outputs) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "generated").exists()


# --- tables -----------------------------------------------------------------------------------------------


def test_operations_carry_their_own_messages_only(outputs: dict[str, bytes], tmp_path: Path) -> None:
    operations: Any = load_module(outputs, "operations", tmp_path)
    rows = {o.key: (o.action, o.wire_type, o.frame_type, o.reply_types) for o in operations.WS_OPERATIONS}
    assert rows == {
        "post": ("receive", "post", "PostFrame", ("post-stored",)),
        "ping": ("receive", "ping", "PingFrame", ("pong",)),
        "posted": ("send", "post-stored", "PostedFrame", ()),
        "pong": ("send", "pong", "PongFrame", ()),
    }


def test_records_are_a_union_of_their_own_with_the_frames_of_the_server(
    outputs: dict[str, bytes], tmp_path: Path
) -> None:
    assert b"class PostedFrame" not in outputs["records.py"]
    frames: Any = load_module(outputs, "server_frames", tmp_path)
    text = outputs["records.py"].replace(b"generated.server_frames", frames.__name__.encode())
    records: Any = load_module(outputs | {"records.py": text}, "records", tmp_path)
    assert msgspec.json.decode(b'{"type": "forgotten", "more": 1}', type=records.Record) == records.Forgotten()
    told = msgspec.json.decode(
        b'{"type": "told", "frame": {"type": "post-stored", "data": {"id": "a", "text": "b"}}}', type=records.Record
    )
    assert type(told.frame) is frames.PostedFrame
    assert b"Told" not in outputs["server_frames.py"]


def test_messages_and_stubs_of_the_proto_are_importable_from_the_package(outputs: dict[str, bytes]) -> None:
    assert b"from generated import logic_pb2" in outputs["logic_pb2_grpc.py"]
    assert b"class PostsStub" in outputs["logic_pb2_grpc.py"]
    assert b"class PostRequest" in outputs["logic_pb2.pyi"]


def test_http_operations_tell_handler_security_and_body(outputs: dict[str, bytes], tmp_path: Path) -> None:
    operations: Any = load_module(outputs, "operations", tmp_path)
    create, ping = operations.HTTP_OPERATIONS
    assert operations.BASE_PATH == "/api"
    assert (create.method, create.path, create.tag, create.function) == (
        "POST",
        "/posts",
        "posts",
        "create_post",
    )
    assert (create.secured, create.request_type, create.body_required) == (True, "CreatePostRequest", True)
    assert (ping.secured, ping.request_type, ping.body_required) == (False, None, False)


def test_catalogue_has_a_class_for_each_code(outputs: dict[str, bytes], tmp_path: Path) -> None:
    errors: Any = load_module(outputs, "errors", tmp_path)
    assert list(errors.CATALOGUE) == ["AUTH_FAILED", "RATE_LIMITED"]
    failed = errors.AuthFailed()
    assert (failed.code, failed.status, failed.close_code, failed.socket) == (
        "AUTH_FAILED",
        401,
        4401,
        "close",
    )
    assert (failed.retryable, failed.details, str(failed)) == (False, {}, "AUTH_FAILED")
    assert (failed.text(), failed.text("en"), failed.text("fr")) == ("认证失败", "Log in.", "认证失败")
    limited = errors.RateLimited(details={"retryAfterMs": 5})
    assert (limited.close_code, limited.retryable, limited.details) == (None, True, {"retryAfterMs": 5})
    assert (failed.grpc_status, limited.grpc_status) == (None, "RESOURCE_EXHAUSTED")
    assert isinstance(limited, errors.ContractError)
    assert errors.SUCCESS_TEXTS == {"ok": {"zh": "操作成功", "en": "OK"}}


def test_close_codes_tell_whether_to_reconnect(outputs: dict[str, bytes], tmp_path: Path) -> None:
    errors: Any = load_module(outputs, "errors", tmp_path)
    assert errors.Close.AUTH_FAILED == 4401
    close = errors.CLOSE_CODES[4401]
    assert (close.name, close.reconnect, close.hint) == ("AUTH_FAILED", False, "Log in.")


def test_every_file_names_its_source_and_the_command(outputs: dict[str, bytes]) -> None:
    for name, content in outputs.items():
        head = content.decode()[:300]
        assert "gochat generate" in head, name
        assert name == "MANIFEST.json" or "specs/" in head, name


# --- byte stability and check mode ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", ["1", "2"])
def test_other_process_hash_seed_directory_and_settings_give_the_same_bytes(
    specs_dir: Path, outputs: dict[str, bytes], tmp_path: Path, seed: str
) -> None:
    elsewhere = tmp_path / f"elsewhere_{seed}"
    elsewhere.mkdir()
    # The type generator looks for settings of formatters from its working directory upwards.
    settings = "[tool.ruff]\nline-length = 40\n[tool.black]\nskip-string-normalization = true\n"
    (elsewhere / "pyproject.toml").write_text(settings + '[tool.isort]\nknown_first_party = ["msgspec", "typing"]\n')
    program = (
        "import sys; from pathlib import Path; from gochat.codegen.pipeline import generate, render_server_outputs;"
        "sys.exit(generate(Path(sys.argv[1]), Path(sys.argv[2]), check=False, render=render_server_outputs))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(CHECKOUT)}
    arguments = [sys.executable, "-c", program, os.path.relpath(specs_dir, elsewhere), "out"]
    subprocess.run(arguments, cwd=elsewhere, env=environment, check=True, timeout=60)
    written = {path.name: path.read_bytes() for path in (elsewhere / "out").iterdir()}
    assert written == outputs


def test_check_of_what_was_generated_passes_in_silence(
    specs_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate(specs_dir, tmp_path / "generated", check=False, render=render_server_outputs) == 0
    (tmp_path / "generated/__pycache__").mkdir()
    (tmp_path / "generated/__pycache__/errors.cpython-311.pyc").write_bytes(b"")
    capsys.readouterr()
    assert generate(specs_dir, tmp_path / "generated", check=True, render=render_server_outputs) == 0
    assert capsys.readouterr().out == ""


def test_check_names_missing_changed_and_extra_files_and_writes_nothing(
    specs_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generated = tmp_path / "generated"
    generate(specs_dir, generated, check=False, render=render_server_outputs)
    (generated / "requests.py").unlink()
    (generated / "errors.py").write_text((generated / "errors.py").read_text().replace("Log in.", "Log on."))
    (generated / "orphan.py").write_text("")
    before = {path.name: path.read_bytes() for path in generated.iterdir()}
    capsys.readouterr()
    assert generate(specs_dir, generated, check=True, render=render_server_outputs) == 1
    said = capsys.readouterr().out
    assert "requests.py: missing" in said
    assert "errors.py: changed" in said
    assert '-    texts: ClassVar[dict[str, str]] = {"zh": "认证失败", "en": "Log on."}' in said
    assert '+    texts: ClassVar[dict[str, str]] = {"zh": "认证失败", "en": "Log in."}' in said
    assert "orphan.py: extra" in said
    assert "run: gochat generate" in said
    assert {path.name: path.read_bytes() for path in generated.iterdir()} == before


def test_diff_of_a_file_is_cut(specs_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generated = tmp_path / "generated"
    generate(specs_dir, generated, check=False, render=render_server_outputs)
    (generated / "asyncapi.yaml").write_text("other: [\n" + "1,\n" * 500 + "]\n")
    capsys.readouterr()
    assert generate(specs_dir, generated, check=True, render=render_server_outputs) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 60 + 1 + 1  # the file, its diff, how much was cut, the command
    assert lines[-2].endswith("more lines")


def test_generating_removes_the_orphan_and_leaves_right_files_alone(specs_dir: Path, tmp_path: Path) -> None:
    generated = tmp_path / "generated"
    generate(specs_dir, generated, check=False, render=render_server_outputs)
    (generated / "orphan.py").write_text("")
    (generated / "errors.py").write_text("")
    untouched = (generated / "requests.py").stat().st_ino
    assert generate(specs_dir, generated, check=False, render=render_server_outputs) == 0
    assert not (generated / "orphan.py").exists()
    assert (generated / "errors.py").stat().st_size > 0
    assert (generated / "requests.py").stat().st_ino == untouched
    assert [path.name for path in generated.iterdir() if path.name.startswith(".")] == []


def test_manifest_has_a_hash_of_every_input_and_output(outputs: dict[str, bytes]) -> None:
    manifest = json.loads(outputs["MANIFEST.json"])
    assert set(manifest["outputs"]) == set(outputs) - {"MANIFEST.json"}
    assert list(manifest["inputs"]) == [
        "asyncapi.yaml",
        "errors.yaml",
        "logic.proto",
        "openapi.yaml",
        "schemas/common.yaml",
        "schemas/post.yaml",
    ]
    assert set(manifest["tools"]) == {"asyncapi-python", "datamodel-code-generator", "grpcio-tools", "PyYAML"}


# --- the command ------------------------------------------------------------------------------------------


def run_command_in(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs the command from a copy of the package in `directory`."""
    install_packages()
    ignored = shutil.ignore_patterns("node_modules", "__pycache__")
    shutil.copytree(CHECKOUT / "gochat/codegen", directory / "gochat/codegen", ignore=ignored)
    (directory / "gochat/codegen/node/node_modules").symlink_to(TOOLS_DIR / "node_modules")
    (directory / "gochat/__init__.py").write_text("")
    program = "import sys; from gochat.codegen.command import run; sys.exit(run(False))"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *options, "-c", program],
        cwd=directory,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_command_outside_a_checkout_says_so(tmp_path: Path) -> None:
    result = run_command_in(tmp_path)
    assert result.returncode == 2
    assert "source checkout only" in result.stderr


@pytest.mark.usefixtures("specs_dir")
def test_command_without_the_development_tools_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    result = run_command_in(tmp_path, "-S")  # without site-packages
    assert result.returncode == 2
    assert "pip install -e '.[generate]'" in result.stderr


def test_command_generates_into_the_checkout_what_is_committed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    shutil.copytree(CHECKOUT / "specs", tmp_path / "specs")
    result = run_command_in(tmp_path)
    assert result.returncode == 0, result.stderr
    assert compare_files(files_in(CHECKOUT / "generated"), tmp_path / "generated") == []


def files_in(directory: Path) -> dict[str, bytes]:
    """Returns the files that a directory holds, without what Python leaves there."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
