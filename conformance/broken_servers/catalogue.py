"""Reads the catalogue of broken servers and puts a server's edits into a copy of the source.

A file for each class of defects. An edit replaces a text that occurs exactly once in its file, so that a change of the
server which moves or rewrites it is noticed. Imports nothing of the server: the source is text here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CATALOGUE = Path(__file__).parent
CHECKOUT = CATALOGUE.parents[1]


class CatalogueError(Exception):
    """The catalogue can't be used; the text names the file, the server and what is wrong."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement.

    Attributes:
        file: Path below the checkout.
        find: Occurs exactly once in the file.
        put: What stands there instead.
    """

    file: str
    find: str
    put: str


@dataclass(frozen=True, slots=True)
class BrokenServer:
    """The server with one defect.

    Attributes:
        name: Unique over all classes, in kebab case.
        kind: The class of the defect.
        suffers: What a client would suffer, one line.
        contract: What is broken: `asyncapi#/...` or `openapi#/...`, RFC 6901 after the `#`.
        edits: One or more; together they are one defect.
        boots: Whether an ordinary login and a ping still work; False only where the defect is about that.
    """

    name: str
    kind: str
    suffers: str
    contract: str
    edits: tuple[Edit, ...]
    boots: bool = True


CLEAN = BrokenServer("clean", "none", "nothing: the server as it is", "openapi#/info", ())
"""The server without a defect, to be judged beside the others: what is found on it is a false alarm."""


@dataclass(frozen=True, slots=True)
class DefectClass:
    """The broken servers of one file.

    Attributes:
        what: What the defects of the class have in common, one line.
    """

    name: str
    what: str
    servers: tuple[BrokenServer, ...]


def load_catalogue(directory: Path = CATALOGUE) -> tuple[DefectClass, ...]:
    """Return the classes of a directory, by file name.

    Raises:
        CatalogueError: no file, a file that is not as described above, or a name that is there twice.
    """
    paths = sorted(directory.glob("*.yaml"))
    if not paths:
        raise CatalogueError(f"{directory} holds no *.yaml file")
    classes = tuple(_read_class(path) for path in paths)
    names = Counter(server.name for each in classes for server in each.servers)
    twice = [name for name, count in names.items() if count > 1 or name == CLEAN.name]
    if twice:
        raise CatalogueError(f"{directory}: names that are taken: {', '.join(twice)}")
    return classes


def all_servers(classes: Iterable[DefectClass]) -> list[BrokenServer]:
    """Return the servers of all classes, in their order."""
    return [server for each in classes for server in each.servers]


def edited_files(server: BrokenServer, root: Path) -> dict[str, str]:
    """Return the new text of each file that the server's edits change, by path below `root`.

    Raises:
        CatalogueError: a file is not there, or the text to find is not there exactly once.
    """
    texts: dict[str, str] = {}
    for edit in server.edits:
        try:
            text = texts.get(edit.file) or (root / edit.file).read_text(encoding="utf-8")
        except OSError as error:
            raise CatalogueError(f"{server.name}: {edit.file} can't be read: {error.strerror}") from error
        count = text.count(edit.find)
        if count != 1:
            raise CatalogueError(f"{server.name}: {edit.file} holds {edit.find!r} {count} times, expected once")
        texts[edit.file] = text.replace(edit.find, edit.put)
    return texts


def _read_class(path: Path) -> DefectClass:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CatalogueError(f"{path.name} can't be read: {' '.join(str(error).split())}") from error
    fields = _fields(document, {"class", "what", "servers"}, set(), path.name)
    kind = str(fields["class"])
    if kind != path.stem:
        raise CatalogueError(f"{path.name}: the class is {kind!r}, expected the name of the file")
    servers = tuple(_read_server(data, kind, path.name) for data in fields["servers"])
    if not servers:
        raise CatalogueError(f"{path.name}: there is no server")
    return DefectClass(kind, str(fields["what"]).strip(), servers)


def _read_server(data: Any, kind: str, where: str) -> BrokenServer:
    fields = _fields(data, {"name", "suffers", "contract", "edits"}, {"boots"}, where)
    name = str(fields["name"])
    where = f"{where}: {name}"
    if not name.replace("-", "").isalnum() or name != name.lower():
        raise CatalogueError(f"{where}: the name is not in kebab case")
    suffers = str(fields["suffers"]).strip()
    if not suffers or "\n" in suffers:
        raise CatalogueError(f"{where}: `suffers` has to be one line")
    contract = str(fields["contract"])
    if not contract.startswith(("asyncapi#/", "openapi#/")):
        raise CatalogueError(f"{where}: `contract` has to be asyncapi#/... or openapi#/..., got {contract!r}")
    edits = tuple(
        Edit(**{key: str(value) for key, value in _fields(edit, {"file", "find", "put"}, set(), where).items()})
        for edit in fields["edits"]
    )
    if not edits:
        raise CatalogueError(f"{where}: there is no edit")
    for edit in edits:
        if not edit.find or edit.find == edit.put:
            raise CatalogueError(f"{where}: an edit of {edit.file} changes nothing")
    return BrokenServer(name, kind, suffers, contract, edits, bool(fields.get("boots", True)))


def _fields(data: Any, required: set[str], optional: set[str], where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise CatalogueError(f"{where}: expected an object with {', '.join(sorted(required))}, got {data!r:.60}")
    missing, unknown = required - data.keys(), data.keys() - required - optional
    if missing or unknown:
        problem = f"missing {sorted(missing)}" if missing else f"unknown {sorted(unknown)}"
        raise CatalogueError(f"{where}: {problem}")
    return data
