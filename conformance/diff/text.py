"""Writes the changes for whoever reads them: a person at a terminal, a pull request, a program, GitHub's checks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TextIO

from rich.console import Console
from rich.text import Text

from conformance.diff.change import Change, Severity
from conformance.diff.folding import Folded, count, fold
from conformance.diff.sources import Contracts

_STYLES = {
    Severity.BREAKING: ("✗", "bold red", "a client that keeps to the old contract fails"),
    Severity.RISKY: ("!", "bold yellow", "a client fails if it relied on more than it should"),
    Severity.SAFE: ("✓", "bold green", "no client notices"),
    Severity.DOCS: ("·", "bold blue", "words only"),
}
_ANNOTATIONS = {Severity.BREAKING: "error", Severity.RISKY: "warning", Severity.SAFE: "notice"}


@dataclass(frozen=True)
class Findings:
    """What is written: the changes that count, those that were accepted, and what the command ends with."""

    old: Contracts
    new: Contracts
    changes: Sequence[Change]
    accepted: Sequence[Change]
    unused: Sequence[str]  # accepted keys that fit nothing any more
    exit_code: int
    with_docs: bool

    def summary(self) -> str:
        """Return the figures in one line."""
        counts = count(self.changes)
        parts = [f"{counts[severity]} {severity}" for severity in Severity if counts[severity]]
        if self.accepted:
            parts.append(f"{len(fold(self.accepted))} accepted")
        return ", ".join(parts) or "no change"


def write_terminal(findings: Findings, out: TextIO) -> None:
    """Write for a person: grouped by severity, one paragraph an edit."""
    console = Console(file=out, highlight=False, soft_wrap=False)
    console.print(Text.assemble((findings.old.name, "bold"), " → ", (findings.new.name, "bold")))
    folded = fold(findings.changes)
    for severity in Severity:
        group = [each for each in folded if each.first.severity is severity]
        if not group or (severity is Severity.DOCS and not findings.with_docs):
            continue
        _, style, meaning = _STYLES[severity]
        console.print()
        console.print(Text.assemble((severity.upper(), style), (f"  {len(group)}: {meaning}", "dim")))
        for each in group:
            console.print()
            mark = _STYLES[severity][0]
            for line in _coded(each.first.text).wrap(console, console.width - 3):
                line.rstrip()
                console.print(Text.assemble((f" {mark} ", style), line) if mark else Text.assemble("   ", line))
                mark = ""
            for words in (f"{each.arrow}: {each.uses()}".removesuffix(": "), f"{each.pointer}  {each.first.rule}"):
                for line in Text(words, "dim").wrap(console, console.width - 3):
                    line.rstrip()
                    console.print(Text.assemble("   ", line))
    console.print()
    console.print(Text(findings.summary(), "bold"))
    if count(findings.changes)[Severity.DOCS] and not findings.with_docs:
        console.print(Text("--docs shows what changed in words.", "dim"))
    for key in findings.unused:
        console.print(Text(f"accepted, but there is no such change: {key}", "yellow"))


def _coded(sentence: str) -> Text:
    """Return a sentence with what stands in backticks set off, and the backticks gone."""
    text = Text()
    for index, part in enumerate(sentence.split("`")):
        text.append(part, "cyan" if index % 2 else "")
    return text


def write_json(findings: Findings, out: TextIO) -> None:
    """Write for a program: every change at every use, with the key under which it can be accepted."""
    report = {
        "old": findings.old.name,
        "new": findings.new.name,
        "exitCode": findings.exit_code,
        "summary": {str(severity): number for severity, number in count(findings.changes).items()},
        "changes": [_as_json(change) for change in findings.changes],
        "accepted": [_as_json(change) for change in findings.accepted],
        "unusedKeys": list(findings.unused),
    }
    json.dump(report, out, ensure_ascii=False, indent=2)
    out.write("\n")


def _as_json(change: Change) -> dict[str, str]:
    return {**asdict(change), "key": change.key}


def write_markdown(findings: Findings, out: TextIO) -> None:
    """Write for a pull request."""
    out.write(f"### Contracts: {findings.summary()}\n\n`{findings.old.name}` → `{findings.new.name}`\n")
    folded = fold(findings.changes)
    for severity in Severity:
        group = [each for each in folded if each.first.severity is severity]
        if not group or (severity is Severity.DOCS and not findings.with_docs):
            continue
        out.write(f"\n#### {severity.capitalize()}: {_STYLES[severity][2]}\n\n")
        out.write("| change | where | rule |\n|---|---|---|\n")
        for each in group:
            where = " ".join(part for part in (f"{each.arrow}: {each.uses()}<br>", f"`{each.pointer}`") if part)
            out.write(f"| {_cell(each.first.text)} | {_cell(where)} | `{each.first.rule}` |\n")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def write_github(findings: Findings, out: TextIO) -> None:
    """Write GitHub's workflow commands: an annotation an edit, at its line where the new version has one."""
    for each in fold(findings.changes):
        level = _ANNOTATIONS.get(each.first.severity)
        if level is None:
            continue
        title = f"{each.first.severity} contract change: {each.first.rule}"
        properties = ",".join([*_location(findings.new, each), f"title={_property(title)}"])
        message = f"{each.first.text} ({each.arrow}: {each.uses()})" if each.uses() else each.first.text
        out.write(f"::{level} {properties}::{_message(message)}\n")
    out.write(f"::notice title=Contracts::{_message(findings.summary())}\n")


def _location(new: Contracts, folded: Folded) -> list[str]:
    change = folded.first
    if change.side != "new":
        return []
    root = next(iter(new.documents.values()))
    path = root.files.path_of(change.file)
    line = root.files.line(change.file, change.pointer)
    return [f"file={_property(path)}", *([f"line={line}"] if line else [])] if path else []


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


WRITERS = {"text": write_terminal, "json": write_json, "markdown": write_markdown, "github": write_github}
