"""The docs in a real browser: all of both contracts is there, nothing comes from elsewhere, nothing fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from gochat.contract import bundled
from tests.browser.conftest import ARTEFACTS
from tests.harness.server import GoChatServer

OPENAPI, ASYNCAPI = bundled("openapi"), bundled("asyncapi")
OPERATIONS = [
    operation for item in OPENAPI["paths"].values() for operation in item.values() if "operationId" in operation
]
MENU = '[data-component-name="Menu/Menu"]'
PATIENCE_MS = 30_000


@pytest.fixture
def open_docs(browser: Browser, server: GoChatServer) -> Iterator[Callable[..., Page]]:
    """Opens a page of the docs, and watches it: `open_docs("http.html", width=390)`."""
    wrong: list[str] = []
    contexts = []

    def open_page(name: str = "", *, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: wrong.append(f"{request.url} failed"))
        page.on("response", lambda got: wrong.append(f"{got.url}: {got.status}") if got.status >= 400 else None)
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((server.url + "/", "data:", "blob:")) else wrong.append(request.url)
            ),
        )
        page.goto(f"{server.url}/docs/{name}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def test_the_start_page_has_every_operation_frame_and_code(open_docs: Callable[..., Page]) -> None:
    page = open_docs()
    text = page.locator("main").inner_text()
    links = page.eval_on_selector_all("a", "links => links.map((link) => link.getAttribute('href'))")
    for operation in OPERATIONS:
        assert operation["summary"] in text
        assert f"http.html#/{operation['tags'][0]}/{operation['operationId']}" in links
    for message in ASYNCAPI["components"]["messages"].values():
        assert message["name"] in text
    for code in ASYNCAPI["channels"]["ws"]["x-close-codes"]:
        assert f"{code['code']}" in text
        assert code["name"] in text
    for error in OPENAPI["x-error-catalogue"]:
        assert error["code"] in text
        assert error["zh"] in text
    page.screenshot(path=ARTEFACTS / "docs_start.png", full_page=True)


def test_what_one_types_filters_the_start_page(open_docs: Callable[..., Page]) -> None:
    page = open_docs()
    page.keyboard.press("/")
    page.keyboard.type("4410")
    expect(page.locator("output")).to_have_text("1 found")
    expect(page.get_by_text("IDLE", exact=True)).to_be_visible()
    expect(page.get_by_text("USERNAME_TAKEN")).to_be_hidden()
    page.get_by_label("Find").fill("no such thing")
    expect(page.locator("output")).to_have_text("0 found")
    page.get_by_label("Find").fill("")
    expect(page.get_by_text("USERNAME_TAKEN")).to_be_visible()


def test_a_link_of_the_start_page_leads_to_its_operation(open_docs: Callable[..., Page]) -> None:
    page = open_docs()
    page.get_by_role("link", name="Read history").click()
    page.wait_for_selector(MENU)
    expect(page.get_by_role("heading", name="Read history")).to_be_in_viewport(timeout=PATIENCE_MS)
    page.screenshot(path=ARTEFACTS / "docs_http.png")


def test_redoc_shows_the_http_api_and_finds_an_operation(open_docs: Callable[..., Page]) -> None:
    page = open_docs("http.html")
    page.wait_for_selector(MENU)
    for tag in OPENAPI["tags"]:
        expect(page.locator(MENU).get_by_text(tag["name"], exact=True).first).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("friend request")
    expect(page.get_by_text("Accept or reject a friend request").first).to_be_visible()
    page.screenshot(path=ARTEFACTS / "docs_search.png")


@pytest.mark.parametrize("channel", ASYNCAPI["channels"])
def test_redoc_shows_each_channel_with_its_operations(open_docs: Callable[..., Page], channel: str) -> None:
    page = open_docs(f"websocket.html#/channels/{channel}")
    page.wait_for_selector(MENU)
    for operation in ASYNCAPI["operations"].values():
        if operation["channel"] == {"$ref": f"#/channels/{channel}"}:
            expect(page.get_by_text(operation["title"]).first).to_be_attached()
    page.screenshot(path=ARTEFACTS / f"docs_{channel}.png")


def test_each_operation_of_redoc_is_reached_by_its_address(
    open_docs: Callable[..., Page], server: GoChatServer
) -> None:
    page = open_docs("http.html")
    page.wait_for_selector(MENU)
    for operation in OPERATIONS:
        page.goto(f"{server.url}/docs/http.html#/{operation['tags'][0]}/{operation['operationId']}")
        summary = operation["summary"]
        heading = page.get_by_role("heading", name=f"link to {summary} {summary}", exact=True)
        expect(heading).to_be_in_viewport(timeout=PATIENCE_MS)


@pytest.mark.parametrize("name", ["http.html", "websocket.html"])
def test_redoc_keeps_to_itself(open_docs: Callable[..., Page], name: str) -> None:
    page = open_docs(name, color_scheme="dark")
    page.wait_for_selector(MENU)
    assert page.locator("main").count() == 1
    expect(page.get_by_test_id("page-actions").first).to_be_hidden()  # it would open other sites
    address = page.url
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("redoc main")).to_be_focused()
    assert page.url == address
    page.screenshot(path=ARTEFACTS / f"docs_{name.removesuffix('.html')}_dark.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_start_page_fits_a_phone(open_docs: Callable[..., Page], scheme: str) -> None:
    page = open_docs(width=390, color_scheme=scheme)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.screenshot(path=ARTEFACTS / f"docs_phone_{scheme}.png")
    assert width <= 390


def test_the_address_without_a_slash_leads_to_the_docs(open_docs: Callable[..., Page], server: GoChatServer) -> None:
    answer = server.http.get(f"{server.url}/docs")
    assert answer.status_code == 308
    assert answer.headers["location"] in ("docs/", "/docs/")
    page = server.http.get(f"{server.url}/docs/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    again = server.http.get(f"{server.url}/docs/", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
