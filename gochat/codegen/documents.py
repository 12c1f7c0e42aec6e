"""Reads YAML as plain JSON data, and writes YAML and JSON that are the same bytes each time.

The first step of the pipeline. Knows nothing of OpenAPI, AsyncAPI or references.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from gochat.codegen.spec_error import SpecError

JsonObject = dict[str, Any]

# libyaml reads ten times as fast; a PyYAML without it gives the same data.
_FastLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_WIDTH_COLUMNS = 110


class _StrictLoader(_FastLoader):
    """Refuses a key that occurs twice in a mapping: PyYAML keeps the last one silently."""


def _construct_mapping(loader: Any, node: Any) -> JsonObject:
    keys: set[str] = set()
    for key_node, _ in node.value:
        if key_node.value in keys:
            raise SpecError(f"line {key_node.start_mark.line + 1}: the key {key_node.value!r} occurs twice")
        keys.add(key_node.value)
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


class _PlainDumper(yaml.SafeDumper):
    """Writes shared values out in full (no anchors) and long texts as literal blocks."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_PlainDumper.add_representer(str, _represent_text)


def read_document(path: Path) -> Any:
    """Reads a YAML file as JSON data: string keys, and no value that JSON does not have.

    SpecError: the file is missing, is not YAML, has a key twice, or a value JSON lacks (an unquoted date).
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SpecError(f"{path} cannot be read: {error}") from error
    return _as_json(data, str(path))


def _as_json(value: Any, where: str) -> Any:
    if isinstance(value, dict):
        named: JsonObject = {}
        for key, item in value.items():
            # `200:` under responses is a number in YAML, a string in JSON; `on:` or `null:` is a slip.
            if isinstance(key, bool) or not isinstance(key, (str, int)):
                raise SpecError(f"{where}: the key {key!r} is not a string (quote it)")
            named[str(key)] = _as_json(item, f"{where}/{key}")
        return named
    if isinstance(value, list):
        return [_as_json(item, f"{where}/{index}") for index, item in enumerate(value)]
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise SpecError(f"{where}: {value!r} is not a JSON value (quote it)")


def dump_yaml(document: JsonObject) -> str:
    """Writes the document as YAML, keys in their order."""
    text: str = yaml.dump(document, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=_TEXT_WIDTH_COLUMNS)
    return text


def dump_json(document: JsonObject) -> str:
    """Writes the document as JSON, keys in their order, one value a line (so that a diff is readable)."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
