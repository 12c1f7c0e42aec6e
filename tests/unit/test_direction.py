"""Code depends in one direction only: edges, handlers, services, models; and after the commit bus, outbox, socket.

Reads the source files and never imports them. Imports count wherever they stand: at the top, in a function, for type
checkers only, relative, or by `importlib` with a literal name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
OURS = ("gochat", "handlers", "models", "generated", "conformance")


@dataclass(frozen=True)
class Rule:
    """What the modules of a package must not import."""

    package: str
    forbidden: tuple[str, ...]
    reason: str


RULES = (
    Rule(
        "handlers",
        ("models", "gochat.bus", "gochat.commit", "gochat.ws.link", "gochat.ws.outbox"),
        "they translate only",
    ),
    Rule(
        "gochat.services",
        (
            "gochat.http",
            "gochat.ws",
            "handlers",
            "flask",
            "flask_sock",
            "connexion",
            "starlette",
            "werkzeug",
            "wsproto",
        ),
        "a service never sees a request, a frame or a socket",
    ),
    Rule(
        "gochat.bus", ("gochat.http", "gochat.ws", "gochat.services", "handlers"), "it carries events, it knows no one"
    ),
    Rule("gochat.commit", ("gochat.http", "gochat.ws", "gochat.services", "handlers"), "it writes, it knows no one"),
    Rule("gochat.ws.link", ("gochat.services", "handlers", "models"), "it knows nothing of the chat"),
    Rule("models", ("gochat", "handlers", "generated"), "storage knows rows only"),
    Rule(
        "conformance", ("gochat", "generated", "handlers", "models"), "it judges any server by the contracts and a URL"
    ),
    Rule("generated", ("gochat", "handlers", "models", "conformance"), "it follows from the specs alone"),
)

DYNAMIC_IMPORTS = ("importlib.import_module", "import_module", "__import__")
MAY_TOUCH_ENVIRONMENT = {
    "gochat.config": "reads the settings",
    "gochat.cli": "hands the environment to gochat.config",
    "conformance.tls": "names the authority of certificates to the processes that follow",
    "conformance.http.stage": "hands the environment to its worker process, less the settings of other tools",
}
MAY_PATCH = {"gochat.patch": "patches before anything else is imported"}


@dataclass(frozen=True)
class Module:
    """A source file, by its dotted name."""

    name: str
    is_package: bool
    tree: ast.Module


def read_modules() -> list[Module]:
    """Reads all our source files but the tests."""
    modules = []
    for top in OURS:
        for path in sorted((CHECKOUT / top).rglob("*.py")):
            parts = path.relative_to(CHECKOUT).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            modules.append(Module(name, is_package, ast.parse(path.read_text(encoding="utf-8"))))
    return modules


def is_in(name: str, package: str) -> bool:
    """Whether a dotted name is a package or something inside it."""
    return name == package or name.startswith(package + ".")


def imported_names(module: Module) -> Iterator[tuple[str, int]]:
    """Yields all that a module imports, dotted and absolute, with the line; `from a import b` is `a.b`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.name.split(".")
                above = above[: len(above) - node.level + module.is_package]
                base = ".".join([*above, base] if base else above)
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in DYNAMIC_IMPORTS:
            yield from ((str(name.value), node.lineno) for name in node.args[:1] if isinstance(name, ast.Constant))


def wrong_imports(module: Module, rules: tuple[Rule, ...] = RULES) -> list[str]:
    """What the module imports against the rules."""
    return [
        f"{module.name}:{line} imports {name}: {rule.package} must not, {rule.reason}"
        for rule in rules
        if is_in(module.name, rule.package)
        for name, line in imported_names(module)
        if any(is_in(name, forbidden) for forbidden in rule.forbidden)
    ]


def environment_uses(module: Module) -> list[str]:
    """Where the module touches the process's environment, unless it may."""
    if module.name in MAY_TOUCH_ENVIRONMENT:
        return []
    names = ("environ", "environb", "getenv", "getenvb", "putenv", "unsetenv")
    lines = [
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) == "os"
    ]
    lines += [line for name, line in imported_names(module) if name in {f"os.{each}" for each in names}]
    return [f"{module.name}:{line} touches the environment; only gochat.config does" for line in lines]


def patches(module: Module) -> list[str]:
    """Where the module changes what it has imported, or imports what does, unless it may."""
    if module.name in MAY_PATCH:
        return []
    imported = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    lines = [line for name, line in imported_names(module) if is_in(name, "gevent.monkey")]
    for node in ast.walk(module.tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign | ast.Delete):
            targets = list(node.targets)
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("setattr", "delattr"):
            targets = [ast.copy_location(ast.Attribute(value=node.args[0], attr=""), node)]
        lines += [target.lineno for target in targets if root_of_attribute(target) in imported]
    return [f"{module.name}:{line} changes what it imported; only gochat.patch does" for line in lines]


def root_of_attribute(target: ast.expr) -> str:
    """Returns `a` for `a.b` and `a.b.c`, nothing for anything else."""
    if not isinstance(target, ast.Attribute):
        return ""
    value: ast.expr = target
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else ""


MODULES = read_modules()
CHECKS: tuple[Callable[[Module], list[str]], ...] = (wrong_imports, environment_uses, patches)


def test_all_packages_are_read() -> None:
    read = {module.name.split(".")[0] for module in MODULES}
    assert {top for top in OURS if (CHECKOUT / top).is_dir()} == read
    assert {"gochat", "handlers", "models", "generated"} <= read


@pytest.mark.parametrize("check", CHECKS)
def test_the_code_keeps_the_direction(check: Callable[[Module], list[str]]) -> None:
    assert [problem for module in MODULES for problem in check(module)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.package)
def test_each_rule_applies_to_something(rule: Rule) -> None:
    assert any(is_in(module.name, rule.package) for module in MODULES)


@pytest.mark.parametrize("name", [*MAY_TOUCH_ENVIRONMENT, *MAY_PATCH])
def test_each_exception_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = next(module for module in MODULES if module.name == name)
    monkeypatch.delitem(MAY_TOUCH_ENVIRONMENT, name, raising=False)
    monkeypatch.delitem(MAY_PATCH, name, raising=False)
    assert environment_uses(module) or patches(module)


# Each rule with code that breaks it.

BAD_IMPORTS = [
    ("handlers.http.users", "import models"),
    ("handlers.http.users", "from models import accounts"),
    ("handlers.http.users", "import models.accounts as storage"),
    ("handlers.ws.messages", "from gochat import bus"),
    ("handlers.ws.messages", "from gochat.commit import Committer"),
    ("handlers.ws.messages", "def ping(session):\n    from gochat.ws.link import Link"),
    ("handlers.ws.messages", "from gochat.ws import outbox"),
    ("gochat.services.posting", "from gochat.ws.outbox import text_frame"),
    ("gochat.services.posting", "from ..ws.outbox import text_frame"),
    ("gochat.services.posting", "from .. import ws"),
    ("gochat.services.posting", "if TYPE_CHECKING:\n    from gochat.http.envelope import Reply"),
    ("gochat.services.posting", "from flask import request"),
    ("gochat.services.posting", "import connexion.exceptions"),
    ("gochat.services.posting", "import importlib\nimportlib.import_module('handlers.http')"),
    ("gochat.bus", "from gochat.ws.registry import Registry"),
    ("gochat.commit", "from gochat.services.posting import post_drafts"),
    ("gochat.ws.link", "from gochat.services.app import Services"),
    ("models.accounts", "from gochat.actor import Actor"),
    ("models.accounts", "import handlers"),
    ("models.accounts", "from generated.errors import Conflict"),
    ("conformance.http.checks", "from gochat.contract import bundled"),
    ("conformance.http.checks", "import generated.responses"),
    ("conformance.http.checks", "from handlers import http"),
    ("conformance.http.checks", "from models.tables import User"),
    ("generated.requests", "from gochat.names import snake_case"),
    ("generated.requests", "import models"),
]

BAD_ENVIRONMENT = [
    "import os\nport = os.environ['PORT']",
    "import os\nport = os.getenv('PORT')",
    "from os import environ",
    "from os import getenv as read",
    "import os\ndef start():\n    os.environ.update(A='1')",
]

BAD_PATCHES = [
    "from gevent import monkey\nmonkey.patch_all()",
    "import gevent.monkey",
    "from gevent.monkey import patch_socket",
    "import simple_websocket\nsimple_websocket.Server.close = lambda self: None",
    "from flask_sock import Sock\nSock.route = None",
    "import socket\nsetattr(socket, 'create_connection', None)",
    "import socket\ndel socket.SHUT_WR",
]


def module_of(name: str, source: str) -> Module:
    """Returns the source text as a module of that name."""
    return Module(name, False, ast.parse(source))


@pytest.mark.parametrize(("name", "source"), BAD_IMPORTS)
def test_a_wrong_import_is_found(name: str, source: str) -> None:
    assert len(wrong_imports(module_of(name, source))) == 1


def test_each_forbidden_import_is_found() -> None:
    for rule in RULES:
        for forbidden in rule.forbidden:
            assert wrong_imports(module_of(f"{rule.package}.new", f"import {forbidden}"), (rule,)), (rule, forbidden)


@pytest.mark.parametrize("source", BAD_ENVIRONMENT)
def test_a_look_at_the_environment_is_found(source: str) -> None:
    assert environment_uses(module_of("gochat.server", source))
    assert not environment_uses(module_of("gochat.config", source))


@pytest.mark.parametrize("source", BAD_PATCHES)
def test_a_patch_is_found(source: str) -> None:
    assert patches(module_of("gochat.server", source))
    assert not patches(module_of("gochat.patch", source))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("handlers.http.users", "from gochat.services.app import Services"),
        ("handlers.ws.messages", "from gochat.ws.session import Session"),
        ("gochat.services.posting", "from gochat.bus import MessagePosted\nfrom models import messages"),
        ("gochat.services.posting", "import modelsx\nfrom flasks import wsgi"),
        ("gochat.http.app", "import connexion\nfrom models.store import StorageError"),
        ("models.accounts", "from .tables import User\nfrom . import ids"),
        ("generated.requests", "import msgspec\nfrom generated.errors import ContractError"),
        ("gochat.edge", "class Edge:\n    def __init__(self, os):\n        self.os = os\n        self.environ = {}"),
        ("gochat.edge", "import logging\nlog = logging.getLogger()\nlog.level = 1"),
    ],
)
def test_allowed_code_is_not_found(name: str, source: str) -> None:
    assert [problem for check in CHECKS for problem in check(module_of(name, source))] == []
