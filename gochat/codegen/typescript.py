"""Writes the TypeScript client: the modules that come from the contract, beside those of the template.

Types are openapi-typescript's and JavaScript is the compiler's; what is written here are the calls, the frames and the
tables.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from gochat.codegen.client_facts import ClientCall, ClientFacts, HttpCall
from gochat.codegen.documents import JsonObject, dump_json
from gochat.codegen.node_tools import TOOLS_DIR, run_tool
from gochat.codegen.spec_error import SpecError

TEMPLATE_DIR = Path(__file__).resolve().parent / "templates" / "typescript"
_MARK = "  // <frames>\n"
_HEAD = "Written by `gochat generate`: change the spec, not this file."
_WIDTH = 120


def render_typescript(openapi: JsonObject, asyncapi: JsonObject, facts: ClientFacts) -> dict[str, bytes]:
    """Returns the files of the npm package, by their path in it, compiled.

    SpecError: the result does not compile; NoNode: there is nothing to compile it with.
    """
    with tempfile.TemporaryDirectory() as scratch:
        package = Path(scratch).resolve() / "package"
        for name, content in _sources(facts).items():
            (package / name).parent.mkdir(parents=True, exist_ok=True)
            (package / name).write_bytes(content)
        http, frames = Path(scratch) / "openapi.json", Path(scratch) / "frames.json"
        http.write_text(json.dumps(openapi), encoding="utf-8")
        frames.write_text(json.dumps(_envelope(asyncapi)), encoding="utf-8")
        run_tool("build_typescript.mjs", str(package), str(http), str(frames))
        return {
            path.relative_to(package).as_posix(): path.read_bytes()
            for path in sorted(package.rglob("*"))
            if path.is_file()
        }


def _envelope(asyncapi: JsonObject) -> JsonObject:
    schemas = asyncapi["components"]["schemas"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "frames", "version": "0"},
        "paths": {},
        "components": {"schemas": schemas},
    }


def _sources(facts: ClientFacts) -> dict[str, bytes]:
    files = {
        path.relative_to(TEMPLATE_DIR).as_posix(): path.read_text(encoding="utf-8")
        for path in TEMPLATE_DIR.rglob("*")
        if path.is_file()
    }
    socket = files["src/socket.ts"]
    if _MARK not in socket:
        raise SpecError(f"templates/typescript/src/socket.ts has lost its line {_MARK.strip()!r}")
    files["src/socket.ts"] = socket.replace(_MARK, "\n".join(_client_method(call) for call in facts.client_calls))
    files["src/api.ts"] = _api(facts)
    files["src/frames.ts"] = _frames(facts)
    files["src/catalogue.ts"] = _catalogue(facts)
    files["package.json"] = _package(facts)
    files["README.md"] = files["README.md"].replace("{version}", facts.version)
    return {name: text.encode() for name, text in files.items()}


def _package(facts: ClientFacts) -> str:
    tools = json.loads((TOOLS_DIR / "package.json").read_text(encoding="utf-8"))
    entry = {"types": "./dist/index.d.ts", "import": "./dist/index.js"}
    return dump_json(
        {
            "name": "gochat-client",
            "version": facts.version,
            "description": "GoChat's client for browsers and Node, generated from its contracts.",
            "license": "MIT",
            "type": "module",
            "exports": {
                ".": entry,
                "./browser": {"types": "./dist/browser/gochat.d.ts", "import": "./dist/browser/gochat.js"},
            },
            "types": "./dist/index.d.ts",
            "files": ["dist", "src"],
            "sideEffects": False,
            "engines": {"node": ">=22"},
            "dependencies": {"openapi-fetch": tools["devDependencies"]["openapi-fetch"]},
        }
    )


# The HTTP API.


def _api(facts: ClientFacts) -> str:
    schemas = sorted({call.data for call in facts.http_calls} | {c.body for c in facts.http_calls if c.body})
    methods = "\n".join(_http_method(call) for call in facts.http_calls)
    return f"""/** A method for each operation of the HTTP API. {_HEAD} */
import type {{ Client }} from "openapi-fetch";
import {{ answer }} from "./answer.js";
import type {{
{"".join(f"  {name},{chr(10)}" for name in schemas)}  operations,
  paths,
}} from "./http_types.js";

/**
 * Each method resolves with the `data` of the answer. It rejects with GoChatError when the server refuses, and with
 * ConnectionLost when there is no answer.
 */
export class GoChatApi {{
  /** @param http openapi-fetch on this API, for calls with options that no method has. */
  constructor(readonly http: Client<paths>) {{}}

{methods}}}
"""


def _http_method(call: HttpCall) -> str:
    arguments = [f"{name}: string" for name in call.path_parameters]
    parameters = []
    if call.path_parameters:
        parameters.append(f"path: {{ {', '.join(call.path_parameters)} }}")
    if call.body is not None:
        arguments.append(f"body{'' if call.is_body_required else '?'}: {call.body}")
    if call.query:
        needed = any(p.required for p in call.query)
        kind = f'operations["{call.operation_id}"]["parameters"]["query"]'
        arguments.append(f"query: {kind}" if needed else f"query: NonNullable<{kind}> = {{}}")
        parameters.append("query")
    options = [f"params: {{ {', '.join(parameters)} }}"] if parameters else []
    if call.body is not None:
        options.append("body" if call.is_body_required else "body: body ?? {}")
    given = f", {{ {', '.join(options)} }}" if options else ""
    return (
        f"{_comment(call.doc, '  ')}"
        f"  {call.operation_id}({', '.join(arguments)}): Promise<{call.data}> {{\n"
        f"    return answer(this.http.{call.method}({_literal(call.path)}{given}));\n"
        "  }\n"
    )


# The frames.


def _client_method(call: ClientCall) -> str:
    data = call.data and f"frames.{call.data}"
    verb = "post"
    result = "void"
    if call.answer is not None:
        verb = "ask" if call.correlation is None else "request"
        result = f'Promise<frames.ServerEvents["{call.answer}"]>'
    if verb == "request" and data is not None and call.correlation is not None:
        names = call.correlation.split("/")[1:]
        if len(names) == 2 and names[0] == "data":  # made where it is not given
            data = f'Omit<{data}, "{names[1]}"> & Partial<Pick<{data}, "{names[1]}">>'
    argument = "" if data is None else f"data{'' if call.is_data_required else '?'}: {data}"
    given = "" if data is None else ", data"
    returned = "" if result == "void" else "return "
    return (
        f"{_comment(call.doc, '  ')}"
        f"  {call.name}({argument}): {result} {{\n"
        f"    {returned}this.{verb}({_literal(call.frame)}{given});\n"
        "  }\n"
    )


def _frames(facts: ClientFacts) -> str:
    client = [call.frame_schema for call in facts.client_calls]
    server = [frame.frame_schema for frame in facts.server_frames]
    used = sorted({*client, *server, *(frame.data for frame in facts.server_frames if frame.data)})
    events = "".join(
        f"{_comment(frame.doc, '  ')}  {_literal(frame.frame)}: {frame.data or 'undefined'};\n"
        for frame in facts.server_frames
    )
    return f"""/** The frames of the socket, both ways. {_HEAD} */
import type {{
{"".join(f"  {name},{chr(10)}" for name in used)}}} from "./frame_types.js";

export type {{
{"".join(f"  {name},{chr(10)}" for name in facts.frame_schemas)}}} from "./frame_types.js";

/** What a client may send, told apart by `type`. */
export type ClientFrame =
{chr(10).join(f"  | {name}" for name in client)};

/** What the server sends, told apart by `type`. A newer server may send more, which is ignored. */
export type ServerFrame =
{chr(10).join(f"  | {name}" for name in server)};

/** The `data` of each frame that the server sends, by its `type`. */
export interface ServerEvents {{
{events}}}
"""


def _catalogue(facts: ClientFacts) -> str:
    errors = {
        e["code"]: {"status": e.get("status"), "retryable": e["retryable"], "en": e["en"], "zh": e["zh"]}
        for e in facts.errors
    }
    close_codes = {c["code"]: {k: c[k] for k in ("name", "meaning", "reconnect", "hint")} for c in facts.close_codes}
    open_operations = [f"{call.method} {call.path}" for call in facts.http_calls if call.is_open]
    client = {c.frame: {"correlation": c.correlation, "replies": list(c.replies)} for c in facts.client_calls}
    server = {f.frame: {"correlation": f.correlation} for f in facts.server_frames}
    return f"""/** The tables of the contract: errors, close codes, limits, frames. {_HEAD} */
import type {{ ClientFrame, ServerFrame }} from "./frames.js";

/** The version of the contract, and of this package. */
export const VERSION = {_literal(facts.version)};
export const BASE_PATH = {_literal(facts.base_path)};
export const SOCKET_PATH = {_literal(facts.socket_path)};

/** The catalogue of errors. `status` is null for what reaches a socket only. */
export const ERRORS = {_literal(errors)} as const;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS;

/** A close code of the socket, and whether a client should come back by itself. */
export interface CloseCode {{
  readonly name: string;
  readonly meaning: string;
  readonly reconnect: boolean;
  readonly hint: string;
}}

export const CLOSE_CODES: Readonly<Record<number, CloseCode>> = {_literal(close_codes)};

/** The limits as a server has them unless it is set otherwise, in the units of their names; 0: none. */
export const LIMITS = {_literal(facts.limits)};

/** The operations that need no token. */
export const OPEN_OPERATIONS: ReadonlySet<string> = new Set({_literal(open_operations)});

/** Where each frame of a client has its id, and which frames answer it. */
export const CLIENT_FRAMES: Readonly<
  Record<ClientFrame["type"], {{ readonly correlation: string | null; readonly replies: readonly string[] }}>
> = {_literal(client)};

/** Where each frame of the server has the id of what it answers. */
export const SERVER_FRAMES: Readonly<
  Record<ServerFrame["type"], {{ readonly correlation: string | null }}>
> = {_literal(server)};
"""


def _comment(text: str, indent: str) -> str:
    lines = text.replace("*/", "*\\/").split("\n")
    if len(lines) == 1 and len(indent) + len(text) < _WIDTH - 8:
        return f"{indent}/** {lines[0]} */\n"
    return f"{indent}/**\n" + "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines) + f"{indent} */\n"


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, (dict, list)) else None)
