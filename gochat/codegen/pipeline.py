"""From `specs/` to the files of `generated/`: bundle, pick shapes, write types and tables, compare.

The one place that knows which file is made of what. Nothing that it writes depends on the time, the working
directory or the order of a set, so the same specs give the same bytes.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from gochat.codegen.bundle import bundle_document
from gochat.codegen.catalogue import render_catalogue
from gochat.codegen.client_facts import read_client_facts
from gochat.codegen.docs import render_docs
from gochat.codegen.documents import JsonObject, dump_json, dump_yaml, read_document
from gochat.codegen.grpc_code import render_grpc
from gochat.codegen.node_tools import NoNode, read_package
from gochat.codegen.operations import WsOperation, read_ws_operations, render_operations
from gochat.codegen.outputs import compare_files, write_files
from gochat.codegen.python_client import render_python
from gochat.codegen.shapes import frame_shapes, only_channel, request_shapes, response_shapes
from gochat.codegen.spec_error import SpecError
from gochat.codegen.structs import import_known, render_structs
from gochat.codegen.typescript import render_typescript

COMMAND = "gochat generate"
Render = Callable[[Path], dict[str, bytes]]
# The tools whose version shapes the bytes; another version may write other files from the same specs.
_TOOLS = ("asyncapi-python", "datamodel-code-generator", "grpcio-tools", "PyYAML")


@dataclass(frozen=True)
class _Contracts:
    """The documents, each in one piece."""

    openapi: JsonObject
    asyncapi: JsonObject
    catalogue: JsonObject
    ws_operations: list[WsOperation]
    record_operations: list[WsOperation]
    logic: str  # logic.proto


def generate(specs_dir: Path, out_dir: Path, *, check: bool, render: Render | None = None) -> int:
    """Writes everything that is generated from `specs_dir` into `out_dir`; returns the exit code.

    With `check` nothing is written: 0 when `out_dir` holds exactly those files, 1 when one is missing,
    changed or without a source, with a diff on stdout. 1 also for specs that cannot be followed, 2 when a tool is
    missing.
    `render` is what makes the files, `render_outputs` where it is left out.
    """
    try:
        expected = (render or render_outputs)(specs_dir)
    except SpecError as error:
        print(f"{COMMAND}: {error}", file=sys.stderr)
        return 1
    except NoNode as error:
        print(f"{COMMAND}: {error}", file=sys.stderr)
        return 2
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

    SpecError: the specs cannot be generated from. NoNode: the tools for the clients are not there.
    """
    contracts = _read_contracts(specs_dir)
    return _with_manifest(specs_dir, _server_outputs(contracts) | _frontend_outputs(contracts))


def render_server_outputs(specs_dir: Path) -> dict[str, bytes]:
    """Returns what the server is made of: everything but the clients and the docs. Needs no Node.

    SpecError: the specs cannot be generated from.
    """
    return _with_manifest(specs_dir, _server_outputs(_read_contracts(specs_dir)))


def _read_contracts(specs_dir: Path) -> _Contracts:
    asyncapi = bundle_document(specs_dir, "asyncapi.yaml")
    return _Contracts(
        openapi=bundle_document(specs_dir, "openapi.yaml"),
        asyncapi=asyncapi,
        catalogue=read_document(specs_dir / "errors.yaml"),
        ws_operations=read_ws_operations(asyncapi),
        record_operations=read_ws_operations(asyncapi, "downstream"),
        logic=(specs_dir / "logic.proto").read_text(encoding="utf-8"),
    )


def _frontend_outputs(contracts: _Contracts) -> dict[str, bytes]:
    openapi, asyncapi = contracts.openapi, only_channel(contracts.asyncapi, "ws")
    facts = read_client_facts(openapi, asyncapi, contracts.catalogue, contracts.ws_operations)
    packages = {
        "clients/typescript": render_typescript(openapi, asyncapi, facts),
        "clients/python": render_python(openapi, asyncapi, facts),
        "docs": render_docs(
            openapi,
            contracts.asyncapi,
            facts,
            contracts.record_operations,
            read_package("redoc/bundles/redoc.standalone.js"),
        ),
    }
    return {f"{place}/{name}": content for place, files in packages.items() for name, content in files.items()}


def _server_outputs(contracts: _Contracts) -> dict[str, bytes]:
    openapi, asyncapi = contracts.openapi, contracts.asyncapi
    catalogue, ws_operations = contracts.catalogue, contracts.ws_operations
    received = {o.wire_type: o.frame_type for o in ws_operations if o.action == "receive"}
    sent = {o.wire_type: o.frame_type for o in ws_operations if o.action == "send"}
    server_frames = render_structs(
        frame_shapes(asyncapi, sent, "ServerFrame"),
        _head("The frames that the server sends.", "specs/asyncapi.yaml, #/operations with action send"),
    )
    records = render_structs(
        frame_shapes(asyncapi, {o.wire_type: o.frame_type for o in contracts.record_operations}, "Record"),
        _head("The records between processes of the server.", "specs/asyncapi.yaml, #/channels/downstream"),
    )
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
        "server_frames.py": server_frames,
        "records.py": import_known(records, "generated.server_frames", server_frames),
        "logic.proto": _comment_head("specs/logic.proto", "//") + contracts.logic,
        **render_grpc(contracts.logic, _comment_head("specs/logic.proto", "#")),
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
    return {name: text.encode() for name, text in texts.items()}


def _with_manifest(specs_dir: Path, outputs: dict[str, bytes]) -> dict[str, bytes]:
    return {**outputs, "MANIFEST.json": _manifest(specs_dir, outputs).encode()}


def _head(title: str, source: str) -> str:
    return f'"""{title}\n\nSource: {source}.\nWritten by `{COMMAND}`: change the spec, not this file.\n"""\n'


def _yaml_head(source: str) -> str:
    return _comment_head(f"{source} and the files it refers to, in one document", "#")


def _comment_head(source: str, mark: str) -> str:
    return f"{mark} Source: {source}.\n{mark} Written by `{COMMAND}`: change the spec, not this file.\n"


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
