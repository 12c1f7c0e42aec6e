"""Finds the two documents of a version: in a file, a directory, a git revision, or on a running server.

Gives back the roots of the documents; everything behind a `$ref` is read later, from the same version.
"""

from __future__ import annotations

import posixpath
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from conformance.diff.node import Files, Node
from conformance.diff.unreadable import ContractUnreadable

KINDS = ("openapi", "asyncapi")
ENDINGS = (".yaml", ".yml", ".json")
SERVED_AT = "api/"  # where a running server publishes its documents
TIMEOUT_S = 10.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Contracts:
    """One version: a document of each kind that was found, by kind."""

    name: str
    documents: dict[str, Node]


def load_contracts(name: str) -> Contracts:
    """Read the version that `name` names; ContractUnreadable says in one line what is wrong with it."""
    if name.startswith(("http://", "https://")):
        files, file = _server(name)
    elif not Path(name).exists() and ":" in name:
        files, file = _revision(name)
    else:
        files, file = _path(name)
    if file is not None:
        root = files.root(file)
        if root is None:
            raise ContractUnreadable(f"{name} is not there")
        return Contracts(name, {_kind(root): root})
    documents: dict[str, Node] = {}
    for kind in KINDS:
        found = next((root for ending in ENDINGS if (root := files.root(kind + ending)) is not None), None)
        if found is not None:
            documents[_kind(found)] = found
    if not documents:
        raise ContractUnreadable(f"{name} has neither openapi.yaml nor asyncapi.yaml")
    return Contracts(name, documents)


def _kind(root: Node) -> str:
    where = f"{root.files.name}: {root.file}"
    for kind in KINDS:
        version = root.plain(kind)
        if version is not None:
            if not str(version).startswith("3."):
                raise ContractUnreadable(f"{where} is {kind} {version}; only version 3 can be compared")
            return kind
    raise ContractUnreadable(f"{where} is neither an OpenAPI nor an AsyncAPI document")


def _path(name: str) -> tuple[Files, str | None]:
    path = Path(name)
    if not path.exists():
        raise ContractUnreadable(f"{path} is not there")
    directory, file = (path, None) if path.is_dir() else (path.parent, path.name)

    def read(relative: str) -> str | None:
        target = directory / relative
        try:
            return target.read_text("utf-8") if target.is_file() else None
        except (OSError, UnicodeDecodeError) as error:
            raise ContractUnreadable(f"{target} cannot be read: {error}") from error

    return Files(name, read, str(directory)), file


def _revision(name: str) -> tuple[Files, str | None]:
    revision, _, place = name.removeprefix("git:").partition(":")
    if not revision or revision.startswith("-"):
        raise ContractUnreadable(f"{name} is not there")
    _git(["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"], f"{name}: git knows no revision {revision}")
    base = place.rstrip("/") or "."
    missing = f"{name}: {base} is not there in {revision}"
    kind = _git(["cat-file", "-t", f"{revision}:{'' if base == '.' else base}"], missing).strip()
    directory, file = (base, None) if kind == "tree" else (posixpath.dirname(base), posixpath.basename(base))

    def read(relative: str) -> str | None:
        target = posixpath.normpath(posixpath.join(directory, relative))
        target = f"./{target}" if base.startswith("./") else target
        found = subprocess.run(["git", "show", f"{revision}:{target}"], capture_output=True, check=False)
        return found.stdout.decode("utf-8", "replace") if found.returncode == 0 else None

    return Files(name, read), file


def _git(arguments: list[str], trouble: str) -> str:
    try:
        found = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise ContractUnreadable(f"{trouble} (there is no git here)") from None
    if found.returncode != 0:
        raise ContractUnreadable(trouble)
    return found.stdout.decode("utf-8", "replace")


def _server(url: str) -> tuple[Files, str | None]:
    path = urlsplit(url).path
    if path.endswith(ENDINGS):
        base, file = urljoin(url, "."), posixpath.basename(path)
    else:
        base, file = url.rstrip("/") + "/" + SERVED_AT, None
    client = httpx.Client(timeout=TIMEOUT_S, follow_redirects=True, trust_env=urlsplit(url).hostname not in LOOPBACK)

    def read(relative: str) -> str | None:
        target = urljoin(base, relative)
        try:
            answer = client.get(target)
        except httpx.HTTPError as error:
            raise ContractUnreadable(f"{url} does not answer: {error}") from error
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise ContractUnreadable(f"{target} answers {answer.status_code}")
        return answer.content.decode("utf-8", "replace")

    return Files(url, read), file
