"""Reads a contract, from a file, a URL or text, into one document in which every $ref is local.

The files that a document refers to are kept whole under `x-files` and the references turned to them, so that shapes
that refer to each other in a circle stay as they are. Knows nothing of OpenAPI or AsyncAPI but
`openapi:` and `asyncapi:`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import yaml

FILES = "x-files"
FETCH_TIMEOUT_S = 10.0

Document = dict[str, Any]


class ContractUnreadable(Exception):
    """A contract can't be read; the text names it and says why, in one line."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as JSON knows it: no timestamps, string keys only."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def load_contract(source: str, kind: str) -> Document:
    """Return the contract at `source`, a path or an http(s) URL, with local references only.

    Args:
        kind: `openapi` or `asyncapi`, the member that it must have.

    Raises:
        ContractUnreadable: It can't be fetched or parsed, or is of another kind, or refers to what is not there.
    """
    document = _Bundle(_read).load(source)
    if kind not in document:
        other = next((name for name in ("openapi", "asyncapi", "swagger") if name in document), None)
        raise ContractUnreadable(
            f"{source} is no {kind} document" + (f", it is an {other} one" if other else f": it has no `{kind}` member")
        )
    return document


def parse(text: str, name: str) -> Any:
    """Return what is written in YAML or JSON.

    Raises:
        ContractUnreadable: It is neither.
    """
    try:
        return json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError) as error:
        problem = " ".join(str(error).split())
        raise ContractUnreadable(f"{name} is neither YAML nor JSON: {problem[:200]}") from error


def resolve(document: Document, pointer: str) -> Any:
    """Return what stands at a local reference such as `#/components/schemas/User`.

    Raises:
        ContractUnreadable: Nothing stands there.
    """
    value: Any = document
    for part in pointer.removeprefix("#").split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise ContractUnreadable(f"nothing stands at {pointer}") from error
    return value


def followed(document: Document, value: Any) -> tuple[Any, str | None]:
    """Return what `value` stands for, through any number of references, and the last pointer (None without one).

    Raises:
        ContractUnreadable: A reference leads nowhere, or in a circle.
    """
    seen: set[str] = set()
    pointer = None
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        pointer = value["$ref"]
        if pointer in seen:
            raise ContractUnreadable(f"{pointer} refers to itself")
        seen.add(pointer)
        value = resolve(document, pointer)
    return value, pointer


def escaped(part: str) -> str:
    """Return a member's name as a part of an RFC 6901 pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def _read(source: str) -> str:
    if urlsplit(source).scheme in ("http", "https"):
        try:
            answer = httpx.get(source, timeout=FETCH_TIMEOUT_S, follow_redirects=True, verify=True)
        except httpx.HTTPError as error:
            raise ContractUnreadable(f"{source} can't be fetched: {error}") from error
        if answer.status_code != 200:
            raise ContractUnreadable(f"{source} can't be fetched: status {answer.status_code}")
        return answer.text
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ContractUnreadable(f"{source} can't be read: {reason}") from error


class _Bundle:
    """One document and the files that it refers to."""

    def __init__(self, read: Any) -> None:
        self._read = read
        self._names: dict[str, str] = {}
        self._files: dict[str, Any] = {}

    def load(self, source: str) -> Document:
        document = parse(self._read(source), source)
        if not isinstance(document, dict):
            raise ContractUnreadable(f"{source} is no object")
        root = dict(self._local(document, source, ""))
        if self._files:
            root[FILES] = self._files
        return root

    def _local(self, value: Any, source: str, place: str) -> Any:
        """Return a copy of `value`, which stands in `source`, with its references turned to their place in the root."""
        if isinstance(value, list):
            return [self._local(item, source, place) for item in value]
        if not isinstance(value, dict):
            return value
        copy = {str(name): self._local(item, source, place) for name, item in value.items()}
        target = copy.get("$ref")
        if isinstance(target, str):
            file, _, pointer = target.partition("#")
            copy["$ref"] = f"#{self._place(_joined(source, file)) if file else place}{pointer}"
        return copy

    def _place(self, source: str) -> str:
        if source not in self._names:
            name = source if source not in self._files else f"{source} {len(self._names)}"
            self._names[source] = f"/{FILES}/{escaped(name)}"
            self._files[name] = None  # a circle of files ends here
            self._files[name] = self._local(parse(self._read(source), source), source, self._names[source])
        return self._names[source]


def _joined(source: str, file: str) -> str:
    if urlsplit(file).scheme in ("http", "https"):
        return file
    if urlsplit(source).scheme in ("http", "https"):
        return urljoin(source, file)
    return str((Path(source).parent / file).resolve())
