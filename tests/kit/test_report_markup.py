"""What a server said can't break, steer or flood a report."""

from __future__ import annotations

import json
import math

import pytest

from conformance.report.markup import MAX_TEXT, Markup, escaped, joined, tag
from conformance.report.visible import cut, json_bytes, one_line, plain, short, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", "a⟨U+0000⟩b"),
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("\x9b2J", "⟨U+009B⟩2J"),
        ("cod\u202eexe.gpj", "cod⟨U+202E⟩exe.gpj"),
        ("\u2066a\u2069", "⟨U+2066⟩a⟨U+2069⟩"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\ud83d", "⟨U+D83D⟩"),
        ("\uffff", "⟨U+FFFF⟩"),
        ("\r", "⟨U+000D⟩"),
    ],
)
def test_what_cannot_be_seen_is_named(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["tab\tand\nline", "مرحبا שלום", "操作成功", "👩‍👩‍👧 ok", "é \u00a0"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_a_cut_text_tells_its_length() -> None:
    assert cut("x" * 100_000, 10) == "xxxxxxxxxx… (100,000 characters)"
    assert cut("x" * 10, 10) == "x" * 10


def test_one_line_has_no_breaks_and_keeps_its_limit() -> None:
    assert one_line("a\n b\t c", 20) == "a b c"
    assert one_line("x" * 100_000, 12) == "x" * 11 + "…"
    assert len(one_line("\u202e" * 100, 30)) == 30


def test_a_short_value_keeps_secrets_to_itself() -> None:
    told = short(
        {"password": "correct horse", "accessToken": "eyJ", "user": {"token": "abc", "id": "u-1"}, "n": 3}, 200
    )
    assert told == 'password: …, accessToken: …, user: {token: …, id: "u-1"}, n: 3'


@pytest.mark.parametrize("value", [None, True, 0, 1, 1.5, "text", [], {}, [1, 2, 3, 4], {"a": {"b": {"c": {"d": 1}}}}])
def test_any_value_is_told_shortly(value: object) -> None:
    assert len(short({"value": value}, 30)) <= 30
    assert len(short(["x" * 100, value], 8)) <= 8
    assert len(short(value, 30)) <= 30


def test_numbers_and_truth_are_told_apart() -> None:
    assert short({"a": 1, "b": True, "c": None, "d": 0, "e": False}, 100) == "a: 1, b: true, c: null, d: 0, e: false"


def test_json_has_nothing_that_other_readers_refuse() -> None:
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    text = json_bytes({"nan": math.nan, "far": [math.inf, -math.inf], "half": "\ud83d", "deep": deep}).decode()
    data = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (data["nan"], data["far"], data["half"]) == ("nan", ["inf", "-inf"], "\ud83d")
    assert plain({1: (2, 3)}) == {"1": [2, 3]}


def test_markup_escapes_whatever_is_no_markup() -> None:
    assert tag("p", "<b>&\"'", tag("i", "x"), None) == "<p>&lt;b&gt;&amp;&quot;&#x27;<i>x</i></p>"
    assert (
        tag("a", href='"><script>', hidden=True, id=None, open=False)
        == '<a href="&quot;&gt;&lt;script&gt;" hidden></a>'
    )
    assert joined(["<", Markup("<br>")]) == "&lt;<br>"


def test_no_text_on_a_page_is_longer_than_the_limit() -> None:
    assert len(escaped("x" * 1_000_000)) < MAX_TEXT + 40
