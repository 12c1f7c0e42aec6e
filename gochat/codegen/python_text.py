"""How the Python client's text is written: names, types of parameters, docstrings and literals."""

from __future__ import annotations

import json
import keyword
from typing import Any

from gochat.codegen.bundle import SCHEMA_POINTER
from gochat.codegen.documents import JsonObject
from gochat.codegen.names import snake_case

MARK = "Written by `gochat generate`: change the spec, not this file."
WIDTH = 120


def python_name(name: str) -> str:
    """Return the name of a method or parameter for one of the contract; never a keyword."""
    name = snake_case(name).replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) or name in ("self", "body") else name


def annotation(schema: JsonObject, module: str) -> str:
    """Returns the type of a parameter. `module` is where the named types are, with its dot."""
    if str(schema.get("$ref", "")).startswith(SCHEMA_POINTER):
        return module + str(schema["$ref"].removeprefix(SCHEMA_POINTER))
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if values is not None and all(isinstance(value, (int, str)) for value in values):
        return f"Literal[{', '.join(literal(value) for value in values)}]"
    if schema.get("type") == "array":
        return f"list[{annotation(schema.get('items', {}), module)}]"
    kinds: dict[Any, str] = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
    return kinds.get(schema.get("type"), "Any")


def docstring(text: str, indent: int) -> str:
    """Return lines that are a docstring, `indent` spaces in. `text` may have several lines."""
    lines = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').split("\n")
    lines[0] = lines[0].rstrip() if lines[0].endswith((".", "?", "!")) else f"{lines[0].rstrip()}."
    space = " " * indent
    if len(lines) == 1 and indent + len(lines[0]) <= WIDTH - 6 and not lines[0].endswith('"'):
        return f'{space}"""{lines[0]}"""\n'
    body = "".join(f"{space}{line}".rstrip() + "\n" for line in lines[1:])
    return f'{space}"""{lines[0]}\n{body}{space}"""\n'


def literal(value: Any) -> str:
    """Returns a value as Python writes it, strings in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    return repr(value)


def python_parameter(name: str, kind: str, is_required: bool) -> str:
    """Return a parameter with its type; one that is not required may be left out."""
    return f"{name}: {kind}" if is_required else f"{name}: {kind} | None = None"
