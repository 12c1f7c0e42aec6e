"""Places in documents: a `Node` is a value together with the file and the pointer where it is written.

Follows `$ref` between the files of one version. Knows where text comes from only as a function that reads it.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from conformance.diff.unreadable import ContractUnreadable

MAX_REFERENCES = 100  # in a row; more of them are a circle that leads nowhere


class _JsonLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with JSON's types: no dates, and `yes`, `no`, `on` and `off` are strings, as in YAML 1.2."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_JsonLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$"), list("tTfF")
)


def parse_document(text: str, name: str) -> Any:
    """Return the value of a YAML or JSON document, with every key a string."""
    try:
        value = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_JsonLoader)
        return _with_string_keys(value, {})
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else f": {error}"
        raise ContractUnreadable(f"{name} is neither YAML nor JSON{where}") from error


def _with_string_keys(value: Any, done: dict[int, Any]) -> Any:
    """Return the value with string keys; what YAML aliases share stays shared, or a few lines would fill the memory."""
    if not isinstance(value, dict | list):
        return value
    if id(value) not in done:
        if isinstance(value, dict):
            done[id(value)] = {_key_text(key): _with_string_keys(item, done) for key, item in value.items()}
        else:
            done[id(value)] = [_with_string_keys(item, done) for item in value]
    return done[id(value)]


def _key_text(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key) if isinstance(key, bool | int | float | None) else str(key)


@dataclass(eq=False)
class Files:
    """The files of one version, read when something refers to them.

    `read` gets a path relative to the directory of the documents and returns the text, or None where there is no
    such file. `name` is what people called this version.
    """

    name: str
    read: Callable[[str], str | None]
    directory: str | None = None  # where the files lie on this machine, if they do
    _texts: dict[str, str] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)
    _trees: dict[str, yaml.Node | None] = field(default_factory=dict)

    def root(self, file: str) -> Node | None:
        """Return the whole of a file; None: it is not there."""
        if file not in self._values:
            text = self.read(file)
            if text is None:
                return None
            self._texts[file] = text
            self._values[file] = parse_document(text, f"{self.name}: {file}")
        return Node(self, file, "", self._values[file])

    def path_of(self, file: str) -> str | None:
        """Return where a file lies on this machine; None: somewhere else."""
        return None if self.directory is None else posixpath.normpath(posixpath.join(self.directory, file))

    def line(self, file: str, pointer: str) -> int | None:
        """Return the line, from 1, on which the value that `pointer` names is written; None: not known."""
        if file not in self._texts:
            return None
        if file not in self._trees:
            try:
                self._trees[file] = yaml.compose(self._texts[file], Loader=_JsonLoader)
            except yaml.YAMLError:  # JSON that is no YAML
                self._trees[file] = None
        node = self._trees[file]
        line: int = 1
        for segment in pointer.split("/")[1:]:
            name = segment.replace("~1", "/").replace("~0", "~")
            if isinstance(node, yaml.MappingNode):
                found = [(key, item) for key, item in node.value if key.value == name]
                if not found:
                    return line
                line, node = found[0][0].start_mark.line + 1, found[0][1]
            elif isinstance(node, yaml.SequenceNode) and name.isdecimal() and int(name) < len(node.value):
                node = node.value[int(name)]
                line = node.start_mark.line + 1
            else:
                return line
        return line


@dataclass(frozen=True, eq=False)
class Node:
    """A value of a document and where it is written."""

    files: Files
    file: str
    pointer: str
    value: Any
    part: str = ""  # a name for `value`, where it is a part only of what is written there

    @property
    def place(self) -> tuple[str, str]:
        """Return what tells this place from all others of the same version."""
        return self.file, f"{self.pointer} {self.part}" if self.part else self.pointer

    def only(self, part: str, value: Any) -> Node:
        """Return a part of this place, under a name of its own."""
        return Node(self.files, self.file, self.pointer, value, f"{self.part}{part}")

    def at(self, key: str | int) -> Node:
        """Return the value under `key` as it is written, a `$ref` unfollowed."""
        segment = str(key).replace("~", "~0").replace("/", "~1")
        return Node(self.files, self.file, f"{self.pointer}/{segment}", self.value[key])

    def get(self, key: str) -> Node | None:
        """Return what `key` leads to, with `$ref` followed; None: there is no such key."""
        if isinstance(self.value, dict) and key in self.value:
            return self.at(key).followed()
        return None

    def plain(self, key: str, default: Any = None) -> Any:
        """Return the bare value of `key`."""
        node = self.get(key)
        return default if node is None else node.value

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield the members of an object, with `$ref` followed."""
        if isinstance(self.value, dict):
            for key in self.value:
                yield key, self.at(key).followed()

    def elements(self) -> Iterator[Node]:
        """Yield the elements of an array, with `$ref` followed."""
        if isinstance(self.value, list):
            for index in range(len(self.value)):
                yield self.at(index).followed()

    def followed(self) -> Node:
        """Return the place that this leads to when it is a reference, else itself."""
        node = self
        for _ in range(MAX_REFERENCES):
            reference = node.reference
            if reference is None:
                return node
            node = node._target(reference)
        raise ContractUnreadable(f"{self.files.name}: {self.file}#{self.pointer}: $ref goes round in a circle")

    @property
    def reference(self) -> str | None:
        """Return the text of the `$ref` that this is, or None."""
        reference = self.value.get("$ref") if isinstance(self.value, dict) else None
        return reference if isinstance(reference, str) else None

    def referred(self) -> Node:
        """Return what one `$ref` names; the caller knows that this is one."""
        return self._target(self.reference or "")

    def _target(self, reference: str) -> Node:
        path, _, pointer = reference.partition("#")
        trouble = f"{self.files.name}: {self.file}#{self.pointer}: $ref {reference!r}"
        if "://" in path or path.startswith("/"):
            raise ContractUnreadable(f"{trouble} leads out of the documents and is not followed")
        file = posixpath.normpath(posixpath.join(posixpath.dirname(self.file), path)) if path else self.file
        node = self.files.root(file)
        if node is None:
            raise ContractUnreadable(f"{trouble} names a file that is not there")
        for segment in pointer.split("/")[1:]:
            key = segment.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}")
            try:
                node = node.at(int(key) if isinstance(node.value, list) else key)
            except (KeyError, IndexError, TypeError, ValueError):
                raise ContractUnreadable(f"{trouble} names nothing in {file}") from None
        if pointer and not pointer.startswith("/"):
            raise ContractUnreadable(f"{trouble}: an anchor is not followed, only a pointer (#/...)")
        return node


def members(node: Node, key: str) -> Iterator[tuple[str, Node]]:
    """Yield the members of the object under `key`; nothing where there is none."""
    found = node.get(key)
    return found.items() if found is not None else iter(())


def elements(node: Node, key: str) -> list[Node]:
    """Return the elements of the array under `key`; none where there is none."""
    found = node.get(key)
    return list(found.elements()) if found is not None else []


def under(node: Node, key: str) -> tuple[Node, ...]:
    """Return what is written under `key`, a `$ref` unfollowed, as schemas that hold together."""
    return (node.at(key),) if key in node.value else ()


def both(old: Node, new: Node, key: str) -> tuple[Node | None, Node | None]:
    """Return what `key` leads to in either version."""
    return old.get(key), new.get(key)
