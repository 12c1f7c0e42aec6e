"""Reads a contract, from a file, a URL or text, into one document in which every $ref is local.

The files that a document refers to are kept whole under `x-files` and the references turned to them, so that shapes
that refer to each other in a circle stay as they are. Knows nothing of OpenAPI or AsyncAPI but
`openapi:` and `asyncapi:`.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

import httpx
import yaml

from conformance.tls import tls_context

FILES = "x-files"
FETCH_TIMEOUT_S = 10.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")

Document = dict[str, Any]


class ContractUnreadable(Exception):
    """A contract can't be read; the text names it and says why, in one line."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as JSON knows it and YAML 1.2 reads it: `on` and `no` are texts, 1e3 a number, 010 ten, no timestamps."""


_SCALARS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+0123456789.",
    ),
}
_OLD = {f"tag:yaml.org,2002:{name}" for name in (*_SCALARS, "timestamp")}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _OLD]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
for _name, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def _integer(loader: Any, node: Any) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


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
        if text.lstrip().startswith("{"):
            try:
                return json.loads(text)
            except ValueError:  # YAML may begin with a brace too
                pass
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise ContractUnreadable(f"{name} is neither YAML nor JSON: {problem[:200]}") from error


def resolve(document: Document, pointer: str) -> Any:
    """Return what stands at a local reference such as `#/components/schemas/User`.

    Raises:
        ContractUnreadable: Nothing stands there.
    """
    value: Any = document
    path = unquote(pointer.removeprefix("#"))
    if not pointer.startswith("#") or (path and not path.startswith("/")):
        raise ContractUnreadable(f"{pointer} is no pointer into the document")
    for part in path.split("/")[1:]:
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


def reference(*parts: str) -> str:
    """Return the `$ref` of a place as loaded documents have it: the fragment of a URI (RFC 6901, section 6)."""
    return _fragment("".join("/" + escaped(part) for part in parts))


def _fragment(pointer: str) -> str:
    return "#" + quote(pointer, safe="/~!$&'()*+,;=:@-._?")


def _read(source: str) -> str:
    parts = urlsplit(source)
    if parts.scheme in ("http", "https"):
        is_near = parts.hostname in LOOPBACK
        try:
            answer = httpx.get(
                source,
                timeout=FETCH_TIMEOUT_S,
                follow_redirects=True,
                trust_env=not is_near,
                verify=tls_context(source),
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
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
    """One document and the files that it refers to, by their paths from its directory."""

    def __init__(self, read: Any) -> None:
        self._read = read
        self._home = ""
        self._places: dict[str, str] = {}
        self._files: dict[str, Any] = {}

    def load(self, source: str) -> Document:
        document = parse(self._read(source), source)
        if not isinstance(document, dict):
            raise ContractUnreadable(f"{source} is no object")
        itself = _joined(source, source if _is_remote(source) else Path(source).name)
        self._home = itself.rpartition("/")[0]
        self._places[itself] = ""
        try:
            root = dict(self._local(document, source, ""))
        except RecursionError as error:
            raise ContractUnreadable(f"{source} contains itself, or is too deep") from error
        if self._files:
            root[FILES] = self._files
        return root

    def _local(self, value: Any, source: str, place: str) -> Any:
        """Return a copy of `value`, which stands in `source`, with its references turned to their place in the root."""
        if isinstance(value, list):
            return [self._local(item, source, place) for item in value]
        if not isinstance(value, dict):
            return value
        copy = {_member(name): self._local(item, source, place) for name, item in value.items()}
        target = copy.get("$ref")
        if isinstance(target, str):
            file, _, pointer = target.partition("#")
            try:
                where = self._place(_joined(source, file)) if file else place
            except ContractUnreadable as error:
                raise ContractUnreadable(f"{error}; {source} refers to it as {target}") from error
            copy["$ref"] = _fragment(where + unquote(pointer))
        return copy

    def _place(self, source: str) -> str:
        if source not in self._places:
            name = self._name(source)
            self._places[source] = f"/{FILES}/{escaped(name)}"
            self._files[name] = None  # a circle of files ends here
            self._files[name] = self._local(parse(self._read(source), source), source, self._places[source])
        return self._places[source]

    def _name(self, source: str) -> str:
        """Return a name that is the same wherever the files lie, as pointers of violations contain it."""
        if _is_remote(source):
            return source.removeprefix(f"{self._home}/")
        return source if _is_remote(self._home) else Path(os.path.relpath(source, self._home)).as_posix()


def _member(name: Any) -> str:
    """Return a member's name as JSON has it; YAML knows others than texts, as in `200:` or `true:`."""
    return name if isinstance(name, str) else json.dumps(name, default=str)


def _is_remote(source: str) -> bool:
    return urlsplit(source).scheme in ("http", "https")


def _joined(source: str, file: str) -> str:
    if _is_remote(file):
        return file
    if _is_remote(source):
        return urljoin(source, file)
    return (Path(source).parent / unquote(file)).resolve().as_posix()
