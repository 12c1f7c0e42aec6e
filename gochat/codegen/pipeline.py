"""From `specs/` to the files of `generated/`: bundle, pick shapes, write types and tables, compare.

The one place that knows which file is made of what. Nothing that it writes depends on the time, the working
directory or the order of a set, so the same specs give the same bytes.
"""

import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

from gochat.codegen.bundle import bundle_document
from gochat.codegen.catalogue import render_catalogue
from gochat.codegen.documents import JsonObject, dump_json, dump_yaml, read_document
from gochat.codegen.operations import read_ws_operations, render_operations
from gochat.codegen.outputs import compare_files, write_files
from gochat.codegen.shapes import frame_shapes, request_shapes, response_shapes
from gochat.codegen.spec_error import SpecError
from gochat.codegen.structs import render_structs

COMMAND = "gochat generate"
# The tools whose version shapes the bytes; another version may write other files from the same specs.
_TOOLS = ("asyncapi-python", "datamodel-code-generator", "PyYAML")


def generate(specs_dir: Path, out_dir: Path, *, check: bool) -> int:
    """Writes everything that is generated from `specs_dir` into `out_dir`; returns the exit code.

    With `check` nothing is written: 0 when `out_dir` holds exactly those files, 1 when one is missing,
    changed or without a source, with a diff on stdout. 1 also for specs that cannot be followed.
    """
    try:
        expected = render_outputs(specs_dir)
    except SpecError as error:
        print(f"{COMMAND}: {error}", file=sys.stderr)
        return 1
    if not check:
        for difference in write_files(expected, out_dir):
            print(f"{COMMAND}: {'removed' if difference.kind == 'extra' else 'wrote'} {difference.path}")
        return 0
    differences = compare_files(expected, out_dir)
    for difference in differences:
        print(f"{difference.path}: {difference.kind}")
        if difference.diff:
            print(difference.diff)
    if differences:
        print(f"{out_dir.name}/ is not what {specs_dir.name}/ gives. To mend it, run: {COMMAND}")
    return 1 if differences else 0


def render_outputs(specs_dir: Path) -> dict[str, bytes]:
    """Returns every generated file, by its path relative to the output directory.

    SpecError: the specs cannot be generated from.
    """
    openapi = bundle_document(specs_dir, "openapi.yaml")
    asyncapi = bundle_document(specs_dir, "asyncapi.yaml")
    catalogue = read_document(specs_dir / "errors.yaml")
    ws_operations = read_ws_operations(asyncapi)
    received = {o.wire_type: o.frame_type for o in ws_operations if o.action == "receive"}
    sent = {o.wire_type: o.frame_type for o in ws_operations if o.action == "send"}
    texts = {
        "__init__.py": _head("Everything that the specs give the server.", "specs/"),
        "openapi.yaml": _yaml_head("specs/openapi.yaml") + dump_yaml(openapi),
        "openapi.json": dump_json(_marked(openapi, "specs/openapi.yaml")),
        "asyncapi.yaml": _yaml_head("specs/asyncapi.yaml") + dump_yaml(asyncapi),
        "asyncapi.json": dump_json(_marked(asyncapi, "specs/asyncapi.yaml")),
        "requests.py": render_structs(
            request_shapes(openapi),
            _head("The bodies of HTTP requests.", "specs/openapi.yaml, #/paths: each requestBody"),
        ),
        "responses.py": render_structs(
            response_shapes(openapi),
            _head("What HTTP answers carry.", "specs/openapi.yaml, #/paths: what responses refer to"),
        ),
        "client_frames.py": render_structs(
            frame_shapes(asyncapi, received, "ClientFrame"),
            _head("The frames that clients send.", "specs/asyncapi.yaml, #/operations with action receive"),
        ),
        "server_frames.py": render_structs(
            frame_shapes(asyncapi, sent, "ServerFrame"),
            _head("The frames that the server sends.", "specs/asyncapi.yaml, #/operations with action send"),
        ),
        "errors.py": render_catalogue(
            catalogue,
            _close_codes(asyncapi),
            _head("The error catalogue.", "specs/errors.yaml and, in specs/asyncapi.yaml, x-close-codes"),
        ),
        "operations.py": render_operations(
            openapi,
            ws_operations,
            _head(
                "The operations of both edges.",
                "specs/openapi.yaml, #/paths, and specs/asyncapi.yaml, #/operations",
            ),
        ),
    }
    outputs = {name: text.encode() for name, text in texts.items()}
    outputs["MANIFEST.json"] = _manifest(specs_dir, outputs).encode()
    return outputs


def _head(title: str, source: str) -> str:
    return f'"""{title}\n\nSource: {source}.\nWritten by `{COMMAND}`: change the spec, not this file.\n"""\n'


def _yaml_head(source: str) -> str:
    source_line = f"# Source: {source} and the files it refers to, in one document.\n"
    return source_line + f"# Written by `{COMMAND}`: change the spec, not this file.\n"


def _marked(document: JsonObject, source: str) -> JsonObject:
    # JSON has no comments, both specifications allow x- properties at the top.
    return {"x-generated": f"from {source} by `{COMMAND}`: change the spec, not this file", **document}


def _close_codes(asyncapi: JsonObject) -> list[JsonObject]:
    codes: list[JsonObject] = asyncapi["channels"]["ws"].get("x-close-codes", [])
    return codes


def _manifest(specs_dir: Path, outputs: dict[str, bytes]) -> str:
    inputs = sorted(path for path in specs_dir.rglob("*") if path.is_file() and not path.name.startswith("."))
    return dump_json(
        {
            "command": COMMAND,
            "tools": {name: version(name) for name in _TOOLS},
            "inputs": {path.relative_to(specs_dir).as_posix(): _sha256(path.read_bytes()) for path in inputs},
            "outputs": {name: _sha256(content) for name, content in sorted(outputs.items())},
        }
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
