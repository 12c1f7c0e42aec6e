"""junit.xml, as GitHub's actions, GitLab and Jenkins read it.

One suite a layer: a case for each rule that was checked, and instead of it one for each violation where it is broken.
One suite a kind of coverage: a case for each thing that the contract declares; what was not seen is skipped, with the
reason, and fails nothing. Violations that the baseline knows are skipped too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from conformance.coverage import Matrix
from conformance.report.figures import (
    UNKNOWN_LAYER,
    layer_rules,
    percent,
    replay_command,
    rule_of,
    title_of,
    trace_file,
)
from conformance.report.visible import cut, one_line, visible
from conformance.result import Result
from conformance.rules import LAYERS
from conformance.violation import Violation

MAX_MESSAGE = 300
MAX_TEXT = 8000
NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Case:
    """`failure` is (message, type, text); `skipped` the reason, "" for a case that ran."""

    group: str
    name: str
    failure: tuple[str, str, str] | None = None
    skipped: str = ""


def junit_bytes(result: Result) -> bytes:
    """Return junit.xml."""
    seconds = {stage.name: stage.seconds for stage in result.stages}
    suites = [(f"conform.{layer}", _rule_cases(result, layer), seconds.get(layer, 0.0)) for layer in LAYERS]
    suites.append((f"conform.{UNKNOWN_LAYER}", _rule_cases(result, UNKNOWN_LAYER), 0.0))
    suites += [(f"coverage.{each.kind}", _coverage_cases(each), 0.0) for each in result.matrices]
    root = Xml.Element("testsuites", {"name": "gochat conform"})
    for name, cases, spent_s in suites:
        if cases:
            root.append(_suite(result, name, cases, spent_s))
    for total in ("tests", "failures", "errors"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in root)))
    root.set("time", f"{result.seconds:.3f}")
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(result: Result, name: str, cases: list[_Case], spent_s: float) -> Xml.Element:
    suite = Xml.Element(
        "testsuite",
        {
            "name": name,
            "tests": str(len(cases)),
            "failures": str(sum(case.failure is not None for case in cases)),
            "errors": "0",
            "skipped": str(sum(bool(case.skipped) for case in cases)),
            "time": f"{spent_s:.3f}",
            "timestamp": datetime.fromtimestamp(result.started_at, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        },
    )
    properties = Xml.SubElement(suite, "properties")
    for each, value in {
        "url": result.url,
        "seed": str(result.seed),
        "profile": result.profile,
        "budget_s": f"{result.budget_s:g}",
        **result.contracts,
    }.items():
        Xml.SubElement(properties, "property", {"name": each, "value": _text(value, MAX_MESSAGE)})
    for case in cases:
        element = Xml.SubElement(
            suite, "testcase", {"classname": case.group, "name": _text(case.name, MAX_MESSAGE), "time": "0.000"}
        )
        if case.failure is not None:
            message, kind, text = case.failure
            failure = Xml.SubElement(element, "failure", {"message": _text(message, MAX_MESSAGE), "type": kind})
            failure.text = _text(text, MAX_TEXT)
        elif case.skipped:
            Xml.SubElement(element, "skipped", {"message": _text(case.skipped, MAX_MESSAGE)})
    return suite


def _rule_cases(result: Result, layer: str) -> list[_Case]:
    stage = next((stage for stage in result.stages if stage.name == layer), None)
    reason = "" if stage is None else stage.skipped
    broken: dict[str, list[Violation]] = {}
    for violation in result.violations:
        if rule_of(violation.rule).layer == layer:
            broken.setdefault(violation.rule, []).append(violation)
    checked = () if stage is None else layer_rules(layer).values()
    cases = [
        _Case(f"conform.{layer}", f"{rule.id}: {rule.title}", skipped=reason)
        for rule in checked
        if rule.id not in broken
    ]
    for violations in broken.values():
        cases += [_violation_case(result, f"conform.{layer}", violation) for violation in violations]
    return cases


def _violation_case(result: Result, group: str, violation: Violation) -> _Case:
    rule = rule_of(violation.rule)
    # With the pointer: one rule may be broken at several places of one subject.
    detail = f" {one_line(violation.detail, 80)}" if violation.detail else ""
    name = f"{rule.id}: {one_line(violation.subject, 80)}{detail} at {one_line(violation.pointer, 120)}"
    if violation.key in result.known:
        return _Case(group, name, skipped=f"known by the baseline: expected {violation.expected}")
    message = one_line(f"{violation.subject}: expected {violation.expected}; got {violation.got}", MAX_MESSAGE)
    return _Case(group, name, failure=(message, rule.id, "\n".join(_lines(result, violation))))


def _lines(result: Result, violation: Violation) -> Iterator[str]:
    rule = rule_of(violation.rule)
    yield rule.title
    if rule.suffers:
        yield f"A client: {rule.suffers}"
    yield f"contract: {violation.pointer}"
    yield f"expected: {cut(violation.expected, 2000)}"
    yield f"got:      {cut(violation.got, 2000)}"
    yield f"key:      {violation.key}, seen {violation.times} times"
    yield from (f"  {number}. {one_line(line, 300)}" for number, line in enumerate(violation.narrative[:40], 1))
    if violation.trace is not None:
        yield f"replay:   {replay_command(result.url, trace_file(violation))}"


def _coverage_cases(matrix: Matrix) -> list[_Case]:
    group = f"coverage.{matrix.kind}"
    if matrix.kind == "keywords":
        return list(_keyword_cases(matrix, group))
    missing = f"declared, and not seen in this run ({title_of(matrix)}: {percent(matrix.percent)})"
    return [
        _Case(
            group,
            row.name,
            skipped="" if row.times else f"no client can provoke it: {row.unreachable}" if row.unreachable else missing,
        )
        for row in matrix.rows
    ]


def _keyword_cases(matrix: Matrix, group: str) -> Iterator[_Case]:
    """One case a frame: a line for each of a thousand keywords tells nobody anything."""
    by_frame: dict[str, list[int]] = {}
    for row in matrix.reachable:
        by_frame.setdefault(row.name.partition(" ")[0], []).append(row.times)
    for frame, times in by_frame.items():
        tried = sum(each > 0 for each in times)
        yield _Case(group, frame, skipped="" if tried == len(times) else f"{tried} of {len(times)} keyword cases tried")


def _text(text: str, limit: int) -> str:
    return NOT_XML.sub("\ufffd", visible(cut(text, limit)))
