"""`gochat diff`: reads two versions, compares them, writes what changed, and ends with a code for CI."""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.diff.change import Change, Severity
from conformance.diff.compare import compare_contracts
from conformance.diff.sources import load_contracts
from conformance.diff.text import WRITERS, Findings
from conformance.diff.unreadable import ContractUnreadable

DESCRIPTION = """\
Compare two versions of the contracts (OpenAPI 3 and AsyncAPI 3) and tell what breaks clients that were written
against the old one. What clients send must not become narrower, what the server sends must not become wider.

OLD and NEW are each one of
  DIR           a directory with openapi.yaml and asyncapi.yaml (or .yml, .json), or one of them
  FILE          one document
  REV:DIR       a directory or a file of a git revision: origin/main:specs
  URL           a running server (reads URL/api/openapi.yaml and URL/api/asyncapi.yaml), or a document there
"""
EPILOG = """\
severities:
  breaking   a client that keeps to the old contract fails
  risky      a client fails if it relied on more than it should (on a bound, on knowing every error code)
  safe       no client notices
  docs       words only

exit code: 0 nothing that --fail-on names, 1 something, 2 the versions cannot be compared

examples:
  gochat diff origin/main:specs specs
  gochat diff specs https://chat.example.com
  gochat diff --format github --accepted accepted-changes.txt origin/main:specs specs
"""
FAIL_ON = {
    "breaking": {Severity.BREAKING},
    "risky": {Severity.BREAKING, Severity.RISKY},
    "any": {Severity.BREAKING, Severity.RISKY, Severity.SAFE},
    "none": set[Severity](),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `gochat diff`."""
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("old", metavar="OLD", help="the version that clients know")
    parser.add_argument("new", metavar="NEW", help="the version that is to replace it")
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        default="breaking",
        help="the least severity that ends with 1; any: whatever is not words only (default: %(default)s)",
    )
    parser.add_argument("--format", choices=WRITERS, default="text", help="how to write it (default: %(default)s)")
    parser.add_argument("--docs", action="store_true", help="show what changed in words, too")
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="KEY",
        help="accept the changes with this key (--format json tells it); * and ? stand for anything; may be repeated",
    )
    parser.add_argument(
        "--accepted", type=Path, metavar="FILE", help="accept the keys in FILE, one a line; # begins a comment"
    )


def run(options: argparse.Namespace) -> int:
    """Compare and write; return 0, 1 when something is found that --fail-on names, 2 when it cannot be done."""
    try:
        keys = [*options.ignore, *(_read_keys(options.accepted) if options.accepted is not None else ())]
        old, new = load_contracts(options.old), load_contracts(options.new)
        changes = compare_contracts(old, new)
    except ContractUnreadable as problem:
        print(f"gochat diff: {problem}", file=sys.stderr)
        return 2
    accepted = [change for change in changes if any(_fits(change, key) for key in keys)]
    open_changes = [change for change in changes if change not in accepted]
    failing = any(change.severity in FAIL_ON[options.fail_on] for change in open_changes)
    findings = Findings(
        old=old,
        new=new,
        changes=open_changes,
        accepted=accepted,
        unused=_unused(keys, changes),
        exit_code=int(failing),
        with_docs=options.docs,
    )
    WRITERS[options.format](findings, sys.stdout)
    return findings.exit_code


def _read_keys(file: Path) -> list[str]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ContractUnreadable(f"{file} cannot be read: {error}") from error
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def _fits(change: Change, key: str) -> bool:
    # fnmatch knows [...] too, which no key needs, and paths like `response [x]` must not become a class.
    return fnmatch.fnmatchcase(change.key, key.replace("[", "[[]"))


def _unused(keys: Sequence[str], changes: Sequence[Change]) -> list[str]:
    return [key for key in keys if not any(_fits(change, key) for change in changes)]
