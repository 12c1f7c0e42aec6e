"""junit.xml has the structure that GitHub's actions, GitLab and Jenkins read, and says what was found."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from conformance.report.figures import layer_rules
from conformance.report.junit import junit_bytes
from conformance.result import Result, Stage
from tests.kit.report_samples import (
    broken_result,
    clean_result,
    hostile_violation,
    invalid_kept,
    pushed_twice,
    result_of,
    undeclared_status,
)

NUMBER, TIME = r"\d+", r"\d+\.\d+"
TEXT = r"[^\x00-\x08\x0b-\x1f]*"
# Jenkins' junit-10.xsd: the attributes of each element, those that it must have, and the children in their order.
ALLOWED = {
    "testsuites": {"name": TEXT, "tests": NUMBER, "failures": NUMBER, "errors": NUMBER, "time": TIME},
    "testsuite": {
        "name": r"\S+",
        "tests": NUMBER,
        "failures": NUMBER,
        "errors": NUMBER,
        "skipped": NUMBER,
        "time": TIME,
        "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    },
    "properties": {},
    "property": {"name": r"\S+", "value": TEXT},
    "testcase": {"classname": r"\S+", "name": r"(?s).+", "time": TIME},
    "failure": {"message": r"[^\n]+", "type": r"[\w.-]+"},
    "skipped": {"message": r"(?s).+"},
}
CHILDREN = {
    "testsuites": "(testsuite )*",
    "testsuite": "(properties )?(testcase )*",
    "properties": "(property )+",
    "testcase": "(skipped |failure )?",
}


def read(result: Result) -> Xml.Element:
    """Return the report, its structure checked."""
    root = Xml.fromstring(junit_bytes(result))
    assert root.tag == "testsuites"
    for element in root.iter():
        assert set(element.attrib) == set(ALLOWED[element.tag]), element.tag
        for name, value in element.attrib.items():
            assert re.fullmatch(ALLOWED[element.tag][name], value), (element.tag, name, value)
        children = "".join(f"{child.tag} " for child in element)
        assert re.fullmatch(CHILDREN.get(element.tag, ""), children), (element.tag, children)
    for suite in root:
        cases = suite.findall("testcase")
        counts = (len(cases), sum(c.find("failure") is not None for c in cases), len(suite.findall("*/skipped")))
        assert tuple(int(suite.attrib[name]) for name in ("tests", "failures", "skipped")) == counts
        names = [(case.get("classname"), case.get("name")) for case in cases]
        assert len(names) == len(set(names)), "two cases with one name are one case to most readers"
    for total in ("tests", "failures"):
        assert int(root.attrib[total]) == sum(int(suite.attrib[total]) for suite in root)
    return root


def case(root: Xml.Element, suite: str, name: str) -> Xml.Element:
    """Return the only case in the suite whose name begins so."""
    found = [
        each for each in root.findall(f"testsuite[@name='{suite}']/testcase") if each.attrib["name"].startswith(name)
    ]
    assert len(found) == 1, [each.attrib["name"] for each in found]
    return found[0]


def test_a_clean_run_has_no_failure() -> None:
    root = read(clean_result())
    assert root.get("failures") == "0"
    assert len(root.findall("testsuite[@name='conform.chat']/testcase")) == len(layer_rules("chat")) > 20


def test_each_violation_fails_with_what_is_needed_to_repair_it() -> None:
    failure = case(read(broken_result()), "conform.chat", "push-once:").find("failure")
    assert failure is not None
    assert failure.get("type") == "push-once"
    assert "expected one new-message for a message" in failure.attrib["message"]
    assert "got 2 new-message frames" in failure.attrib["message"]
    for told in (
        "asyncapi#/operations/newMessage",
        "shown twice",
        "--replay violations/push-once-",
        pushed_twice().key,
    ):
        assert told in (failure.text or "")


def test_all_new_violations_fail_and_none_else() -> None:
    root = read(broken_result())
    assert root.get("failures") == "6"
    broken = {"push-once", "push-sent", "close-declared", "invalid-refused", "http-undeclared-status"}
    failed = {each.attrib["name"].partition(":")[0] for each in root.iterfind(".//testcase[failure]")}
    assert broken < failed


def test_a_known_violation_is_skipped() -> None:
    skipped = case(read(broken_result()), "conform.http", "http-undeclared-status: listFriends").find("skipped")
    assert skipped is not None
    assert "known by the baseline" in skipped.attrib["message"]


def test_the_rules_of_a_stage_that_did_not_run_are_skipped() -> None:
    result = replace(clean_result(), stages=(Stage("chat", 0, "", skipped="left out by --skip chat"),))
    cases = read(result).findall("testsuite[@name='conform.chat']/testcase")
    assert cases
    assert all(each.find("skipped[@message='left out by --skip chat']") is not None for each in cases)


def test_what_the_contract_declares_is_a_case() -> None:
    root = read(broken_result())
    assert case(root, "coverage.statuses", "register 201").find("skipped") is None
    for suite, name, reason in (
        ("coverage.closes", "4410", "not seen"),
        ("coverage.closes", "1011", "no client can provoke it: only a defect"),
        ("coverage.keywords", "ping", "24 of 30 keyword cases tried"),
    ):
        skipped = case(root, suite, name).find("skipped")
        assert skipped is not None, name
        assert reason in skipped.attrib["message"]


def test_each_suite_tells_how_to_run_it_again() -> None:
    for suite in read(broken_result()):
        given = {each.get("name"): each.get("value") for each in suite.iterfind("properties/property")}
        assert (given["seed"], given["url"], given["profile"]) == ("42", "http://127.0.0.1:8080", "chat")


@pytest.mark.parametrize("name", ["subject", "expected", "got", "detail", "pointer"])
def test_a_hostile_server_leaves_wellformed_xml(name: str) -> None:
    hostile = getattr(hostile_violation(), name)
    root = read(result_of((replace(undeclared_status(), **{name: hostile}), hostile_violation())))
    assert root.get("failures") == "2"
    assert len(junit_bytes(result_of((hostile_violation(),)))) < 100_000


def test_violations_of_one_rule_at_one_place_are_told_apart() -> None:
    other = replace(invalid_kept(), pointer="asyncapi#/elsewhere")
    assert read(result_of((invalid_kept(), other))).get("failures") == "2"
