"""A baseline: the violations that are known already, in a file that is kept beside the server's code.

Its keys decide; what stands beside them is for the people who review the file. It is sorted, so that a diff shows
what has changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from conformance.violation import Violation

VERSION = 1
"""Of the format; a reader refuses another."""


class BaselineError(ValueError):
    """A baseline can't be read; the text names it and says why, in one line."""


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """One violation that is known: its key, and what the report said of it."""

    rule: str
    subject: str
    pointer: str
    key: str
    expected: str


def load_baseline(path: Path) -> frozenset[str]:
    """Return the keys in a file.

    Raises:
        BaselineError: There is no such file, or no baseline in it.
    """
    return frozenset(known.key for known in read_baseline(path))


def read_baseline(path: Path) -> tuple[Known, ...]:
    """Return all that stands in a file, sorted.

    Raises:
        BaselineError: There is no such file, or no baseline in it.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise BaselineError(f"{path}: it is no JSON") from error
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("violations"), dict):
        raise BaselineError(f"{path}: it is no baseline of version {VERSION}")
    names = ("rule", "subject", "pointer", "expected")
    try:
        found = [
            Known(key=str(key), **{name: str(each.get(name, "")) for name in names})
            for key, each in data["violations"].items()
        ]
    except AttributeError as error:
        raise BaselineError(f"{path}: each of its violations is an object under its key") from error
    return tuple(sorted(found))


def write_baseline(path: Path, violations: Iterable[Violation]) -> None:
    """Write a file that knows these violations, and no others; the same bytes for the same violations in any order."""
    known = sorted({Known(each.rule, each.subject, each.pointer, each.key, each.expected) for each in violations})
    data = {
        "version": VERSION,
        "violations": {
            each.key: {name: text for name, text in asdict(each).items() if name != "key"} for each in known
        },
    }
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def fixed(baseline: Iterable[Known], violations: Iterable[Violation]) -> tuple[Known, ...]:
    """Return what the baseline knows and this run has not seen: to be taken out of it, once the run was a whole one."""
    seen = {violation.key for violation in violations}
    return tuple(known for known in baseline if known.key not in seen)
