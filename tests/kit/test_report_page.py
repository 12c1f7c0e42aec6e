"""report.html is one page that asks nobody for anything, reads without its script, and can't be broken by a server."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from conformance.report.page import page_bytes
from conformance.result import Result
from conformance.violation import Violation
from tests.kit.report_samples import (
    HOSTILE,
    broken_result,
    clean_result,
    hostile_violation,
    pushed_twice,
    result_of,
    violations,
)

MAX_PAGE_BYTES = 1_500_000
VOID = {"meta", "input", "br", "hr"}
LINKS = ("href", "src", "srcset", "action", "formaction", "poster", "data", "background", "xlink:href")


class Page(HTMLParser):
    """Reads a page: its elements with their attributes, and whether each is closed in its place."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.problems: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.problems += [f"<{name}> is never closed" for name in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.problems.append(f"<{tag}> has an attribute twice")
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> stands in the wrong place")

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def all(self, name: str, **attributes: str) -> list[dict[str, str | None]]:
        """Return the attributes of the elements with this name, and these values or words of the class."""
        return [
            found
            for tag, found in self.elements
            if tag == name
            and all(value in (found.get(key.rstrip("_")) or "").split() for key, value in attributes.items())
        ]

    def text(self, *names: str) -> str:
        """Return the text in elements with these names, of the whole page without its script and style."""
        return "".join(t for name, t in self.texts if (name in names if names else name not in ("script", "style")))


def no_script(violation: Violation) -> str | None:
    """Return no standalone script."""
    return None


def html_of(result: Result) -> str:
    """Return a result's page as text."""
    return page_bytes(result, no_script).decode("utf-8")


@cache
def page(name: str) -> Page:
    """Return the page of a sample result."""
    hostile = replace(result_of((hostile_violation(),)), url=f"http://x/{HOSTILE}", notes=(HOSTILE,), profile=HOSTILE)
    return Page(html_of({"clean": clean_result(), "broken": broken_result(), "hostile": hostile}[name]))


EACH = pytest.mark.parametrize("name", ["clean", "broken", "hostile"])


@EACH
def test_the_page_is_well_formed(name: str) -> None:
    assert page(name).problems == []
    assert [tag for tag, _ in page(name).elements[:3]] == ["html", "head", "meta"]


@EACH
def test_the_page_asks_nobody_for_anything(name: str) -> None:
    links = [
        (tag, key, value or "") for tag, found in page(name).elements for key, value in found.items() if key in LINKS
    ]
    assert links
    assert [each for each in links if not each[2].startswith("#")] == []
    assert "url(" not in page(name).text("style")
    assert "@import" not in page(name).text("style")
    for word in ("fetch(", "XMLHttpRequest", "import(", "WebSocket(", "sendBeacon", "innerHTML", "eval("):
        assert word not in page(name).text("script"), word


@EACH
def test_only_the_page_s_own_style_and_script_may_run(name: str) -> None:
    (policy,) = [m["content"] for m in page(name).all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for element, rule in (("style", "style-src"), ("script", "script-src")):
        assert len(page(name).all(element)) == 1
        digest = hashlib.sha256(page(name).text(element).encode()).digest()
        assert rules[rule] == f"'sha256-{base64.b64encode(digest).decode()}'"
    for tag, found in page(name).elements:
        assert not [key for key in found if key == "style" or key.startswith("on")], tag


@EACH
def test_links_within_the_page_lead_somewhere(name: str) -> None:
    identities = [found["id"] for _, found in page(name).elements if "id" in found]
    assert len(identities) == len(set(identities))
    assert {(a["href"] or "")[1:] for a in page(name).all("a")} <= set(identities)


@EACH
def test_headings_descend_without_a_gap(name: str) -> None:
    levels = [int(tag[1]) for tag, _ in page(name).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@EACH
def test_everything_can_be_read_by_ear(name: str) -> None:
    assert page(name).elements[0] == ("html", {"lang": "en"})
    drawings = [found for tag, found in page(name).elements if tag == "svg"]
    assert drawings
    assert all(found.get("role") == "img" or found.get("aria-hidden") == "true" for found in drawings)
    assert len(page(name).all("table", class_="grid")) == len(page(name).all("caption")) > 4
    assert all(found.get("scope") for found in page(name).all("th"))
    assert all(found.get("type") == "button" for found in page(name).all("button"))


@EACH
def test_nothing_is_hidden_from_who_runs_no_script(name: str) -> None:
    hidden = {tag for tag, found in page(name).elements if "hidden" in found}
    assert hidden <= {"button", "div"}
    assert all("filter" in (found.get("class") or "") for found in page(name).all("div") if "hidden" in found)


def test_what_a_hostile_server_said_is_text() -> None:
    shown = page("hostile")
    assert len(shown.all("script")) == 1
    assert "</script><script>alert(1)</script>" in shown.text("span")
    assert "\u202e" not in shown.text()
    assert "\x1b" not in shown.text()
    assert "⟨U+202E⟩gnp.exe" in shown.text()
    assert "(100,087 characters)" in shown.text()
    assert len(page_bytes(result_of((hostile_violation(),)), no_script)) < 200_000


def test_the_head_tells_the_verdict_and_the_figures() -> None:
    assert "6 violations, and 1 known by the baseline" in page("broken").text("span")
    assert "Clean" in page("clean").text("span")
    assert "28 of 266 declared things were not seen." in page("broken").text("p")
    assert "declared things" not in page("clean").text("p")
    for figure in ("99,084", "1,697", "5,870", "1,204", "58 s"):
        assert figure in page("broken").text("dd")


def test_each_violation_has_a_card_with_all_that_is_known() -> None:
    shown = page("broken")
    assert len(shown.all("details", class_="card")) == 7
    assert len(shown.all("details", class_="known")) == 1
    for violation in violations():
        for told in (violation.expected, violation.got, violation.pointer, violation.key, *violation.narrative):
            assert told in shown.text(), told
        assert ("--replay violations/" + violation.rule in shown.text()) == (violation.trace is not None)
    assert "The message is shown twice." in shown.text()
    assert len(shown.all("svg", class_="sequence")) == sum(
        bool(violation.log) for violation in broken_result().violations
    )


def test_the_coverage_shows_what_was_seen_missed_and_out_of_reach() -> None:
    titles = [found.get("title") or "" for found in page("broken").all("td")]
    assert any(title.startswith("login 400: seen 403 times") for title in titles)
    assert "4410: not seen" in titles
    assert "sendMessage 503: can't be provoked, the storage would have to fail" in titles
    cells = page("broken")
    matrices = broken_result().matrices
    for kind, times in (
        ("seen", sum(row.times > 0 for matrix in matrices for row in matrix.rows)),
        ("missing", sum(len(matrix.missing) for matrix in matrices)),
        ("unreachable", sum(bool(row.unreachable) for matrix in matrices for row in matrix.rows)),
    ):
        in_grids = [found for found in cells.all("td", class_=kind) if "title" in found]
        assert len(in_grids) == times, kind
    assert len(page("broken").all("div", class_="undeclared-list")) == 2
    assert page("clean").all("div", class_="undeclared-list") == []


def scripted(count: int, script: str) -> Iterator[Page]:
    """Yield the page of many violations, each with a script."""
    many = tuple(replace(pushed_twice(), detail=f"d{n}", got="g" * 3000) for n in range(count))
    text = page_bytes(result_of(many), lambda violation: script)
    assert len(text) < MAX_PAGE_BYTES
    yield Page(text.decode())


@pytest.mark.parametrize("count", [200, 1000])
def test_a_page_with_many_violations_stays_small(count: int) -> None:
    (shown,) = scripted(count, "print('<hello>')\n" * 500)
    assert len(shown.all("details", class_="card")) == min(count, 300)
    assert ("more are in report.json" in shown.text()) == (count > 300)
    assert shown.problems == []


def test_a_script_is_on_the_page_as_it_is_written() -> None:
    source = "print(\"</code></pre><script>\", '&amp;')\n\tx = 1\n"
    (shown,) = scripted(1, source)
    assert source in shown.text("code")
    assert [found["data-file"] for found in shown.all("button", class_="save")] == [
        f"push-once-{replace(pushed_twice(), detail='d0').key}.py"
    ]


@pytest.mark.parametrize("source", ["x = '\u202e'\n", "#" * 30_000])
def test_a_script_that_would_not_be_the_same_on_the_page_is_left_to_its_file(source: str) -> None:
    (shown,) = scripted(1, source)
    assert shown.all("button", class_="save") == []
    assert "As a standalone script: violations/push-once-" in shown.text()


def test_a_result_without_states_and_matrices_has_a_page_too() -> None:
    shown = Page(html_of(replace(clean_result(), states={}, matrices=(), stages=(), contracts={}, titles={})))
    assert shown.problems == []
    for part in ("Protocol", "Coverage"):
        assert part not in shown.text()
    assert {(a["href"] or "")[1:] for a in shown.all("a")} <= {found.get("id") for _, found in shown.elements}


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((text, ground) for text in ("ink", "soft", "accent") for ground in ("paper", "card", "sunk")),
        *(("good", "good-wash"), ("good", "paper"), ("warn", "warn-wash"), ("warn", "paper")),
        *(("bad", "bad-wash"), ("bad", "card"), ("bad", "paper"), ("ink", "bad-wash"), ("paper", "ink")),
    ],
)
def test_text_can_be_told_from_its_ground(text: str, ground: str, scheme: int) -> None:
    colours = {
        name: (light, dark)
        for name, light, dark in re.findall(
            r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", page("clean").text("style")
        )
    }
    high, low = sorted((luminance(colours[text][scheme]), luminance(colours[ground][scheme])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5
