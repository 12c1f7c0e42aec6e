"""The chat page in a real browser: what a newcomer, two people, a guest and somebody without a network see.

Every page is watched: no error in its console that a test has not announced, and no request off the server's origin.
Pictures of the states go to artefacts/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Route, expect

from tests.harness.api import User, befriend, fresh_name, group, new_user, single
from tests.harness.server import GoChatServer

ARTEFACTS = Path(__file__).parent / "artefacts"
WEB = Path(__file__).parents[2] / "gochat" / "web"
DESKTOP = {"width": 1180, "height": 760}
PHONE = {"width": 390, "height": 780}
MARKUP = "<img src=x onerror=\"document.title='owned'\"> <script>document.title='owned'</script> <b>bold</b>"
SECOND_MS = 1000


class ChatPage:
    """One tab, with what the tests do in it."""

    def __init__(self, page: Page, server: GoChatServer) -> None:
        self.page = page
        self.server = server
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._look_at)
        page.goto(server.url)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _look_at(self, request: Request) -> None:
        if not request.url.startswith((self.server.url, "data:", "blob:")):
            self.outside.append(request.url)

    def the(self, name: str) -> Locator:
        return self.page.locator(f'[data-test="{name}"]')

    def enter(self, user: User) -> ChatPage:
        """Logs in by the form."""
        self.the("username").fill(user.username)
        self.the("password").fill(user.password)
        self.the("submit").click()
        expect(self.the("chat")).to_be_visible()
        return self

    def conversation(self, conversation_id: str) -> Locator:
        return self.page.locator(f'[data-conversation="{conversation_id}"]')

    def unread(self, conversation_id: str) -> Locator:
        return self.conversation(conversation_id).locator('[data-test="unread"]')

    def open(self, conversation_id: str) -> ChatPage:
        self.conversation(conversation_id).click()
        expect(self.conversation(conversation_id)).to_have_attribute("aria-current", "true")
        return self

    def say(self, text: str) -> None:
        expect(self.page.locator("dialog")).to_have_count(0)  # nobody types behind one; the driver would
        self.the("composer").fill(text)
        self.the("composer").press("Enter")

    def message(self, text: str) -> Locator:
        return self.the("message").filter(has_text=text)

    def wait_until_connected(self) -> ChatPage:
        expect(self.the("connection")).to_have_attribute("data-open", "true", timeout=20 * SECOND_MS)
        return self

    def photograph(self, name: str) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.wait_for_timeout(150)  # until the colours have changed
        self.page.screenshot(path=ARTEFACTS / f"{name}.png")

    def expect_no_sideways_scrolling(self) -> None:
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.page.viewport_size["width"], f"{width} px wide"  # type: ignore[index]


@pytest.fixture
def open_page(browser: Browser, server: GoChatServer) -> Iterator[Callable[..., ChatPage]]:
    """Opens the page: `open_page(locale="zh-CN", dark=True, phone=True)`; `beside=page` is a second tab.

    `allowed` are patterns of console errors that the test provokes.
    """
    contexts: list[BrowserContext] = []
    pages: list[tuple[ChatPage, tuple[str, ...]]] = []

    def open_one(
        *,
        locale: str = "en-GB",
        dark: bool = False,
        phone: bool = False,
        beside: ChatPage | None = None,
        on: GoChatServer | None = None,
        allowed: tuple[str, ...] = (),
    ) -> ChatPage:
        if beside is not None:
            context = beside.page.context
        else:
            context = browser.new_context(
                locale=locale,
                color_scheme="dark" if dark else "light",
                viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
                has_touch=phone,
                is_mobile=phone,
            )
            context.set_default_timeout(15 * SECOND_MS)
            contexts.append(context)
        page = ChatPage(context.new_page(), on or server)
        pages.append((page, allowed))
        return page

    yield open_one
    for context in contexts:
        context.close()
    for page, allowed in pages:
        unexpected = [error for error in page.errors if not any(re.search(each, error) for each in allowed)]
        assert unexpected == []
        assert page.outside == []


@pytest.fixture
def couple(server: GoChatServer) -> tuple[User, User]:
    """Two friends."""
    alice, bob = new_user(server, fresh_name("alice")[:20]), new_user(server, fresh_name("bob")[:20])
    befriend(alice, bob)
    return alice, bob


OpenPage = Callable[..., ChatPage]
LOST_NETWORK = (r"net::ERR_", r"WebSocket connection to .* failed")


# Coming in


def test_newcomer_registers_and_stays_logged_in_over_a_reload(open_page: OpenPage) -> None:
    page = open_page()
    page.photograph("welcome-en-light")
    page.the("mode-register").click()
    page.the("username").fill("ab")
    page.the("password").fill("secret-enough")
    page.the("submit").click()
    expect(page.the("welcome-failure")).to_contain_text("3 to 50")
    name = fresh_name("newcomer")[:20]
    page.the("username").fill(name)
    page.the("submit").click()
    expect(page.the("self")).to_have_text(name)
    expect(page.the("conversation-name")).to_have_text("World chat")
    page.say("hello, world")
    expect(page.message("hello, world").last).to_have_attribute("data-status", "sent")
    page.page.reload()
    expect(page.the("self")).to_have_text(name)
    page.wait_until_connected()
    page.the("log-out").click()
    expect(page.the("welcome")).to_be_visible()
    assert page.page.evaluate("localStorage.getItem('gochat')") is None


def test_wrong_password_is_said_in_the_pages_language(open_page: OpenPage, couple: tuple[User, User]) -> None:
    page = open_page(locale="zh-CN", allowed=("status of 401",))
    page.the("username").fill(couple[0].username)
    page.the("password").fill("not the password")
    page.the("submit").click()
    expect(page.the("welcome-failure")).to_have_text("用户名或密码错误")
    expect(page.the("password")).to_be_focused()
    page.the("language").click()
    expect(page.the("submit")).to_have_text("Log in")
    expect(page.the("username")).to_have_value(couple[0].username)  # what was typed stays


def test_guest_reads_and_writes_the_world_chat_only(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, _ = couple
    text = fresh_name("for everybody")
    alice.api.say(alice.api.world_id(), text)
    page = open_page()
    page.the("guest").click()
    expect(page.message(text)).to_be_visible()
    expect(page.the("conversation")).to_have_count(1)
    expect(page.the("open-people")).to_have_count(0)
    expect(page.the("open-new-group")).to_have_count(0)
    expect(page.the("guest-hint")).to_be_visible()
    page.say("a guest was here")
    expect(page.message("a guest was here").last).to_have_attribute("data-status", "sent")
    page.photograph("guest")
    page.the("guest-register").click()
    expect(page.the("mode-register")).to_have_attribute("aria-pressed", "true")


# Two people


def test_two_people_chat_in_the_world(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, bob = couple
    here, there = open_page().enter(alice), open_page(locale="zh-CN", dark=True).enter(bob)
    here.wait_until_connected()
    there.wait_until_connected()
    text = fresh_name("to the world")
    here.say(text)
    expect(there.message(text)).to_have_count(1)
    expect(there.page.locator("#announcer")).to_contain_text(f"{alice.username}: {text}")  # for readers of the screen
    expect(there.message(text).locator('[data-test="sender"]')).to_have_text(alice.username)
    expect(here.message(text)).to_have_count(1)  # not once more by its echo


def test_strangers_become_friends_and_chat(open_page: OpenPage, server: GoChatServer) -> None:
    alice, bob = new_user(server, fresh_name("ada")), new_user(server, fresh_name("ben"))
    here, there = open_page().enter(alice), open_page(locale="zh-CN", dark=True).enter(bob)
    there.wait_until_connected()
    here.wait_until_connected()
    here.the("open-people").click()
    here.the("search").fill(bob.username)
    here.the("add-friend").click()
    expect(here.the("asked")).to_be_visible()
    here.photograph("people-find")
    here.page.keyboard.press("Escape")
    expect(here.the("people")).to_have_count(0)
    expect(here.the("open-people")).to_be_focused()
    there.the("open-people").click()
    there.the("people-requests").click()
    there.photograph("people-requests-zh-dark")
    there.the("accept").click()
    there.the("people-friends").click()
    expect(there.the("person").filter(has_text=alice.username)).to_contain_text("在线")
    there.the("message-person").click()
    there.say("早上好，Ada！")
    row = here.the("conversation").filter(has_text=bob.username)  # made by the acceptance, and told of by presence
    expect(row).to_contain_text("早上好")
    row.click()
    expect(here.the("presence")).to_have_attribute("data-presence", "online")
    here.say("Good morning, Ben!")
    expect(there.message("Good morning, Ben!")).to_be_visible()
    here.photograph("single-en-light")
    there.photograph("single-zh-dark")
    there.page.close()
    expect(here.the("presence")).to_have_attribute("data-presence", "offline", timeout=10 * SECOND_MS)


def test_group_from_its_making_to_the_leaving(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, bob = couple
    here, there = open_page().enter(alice), open_page().enter(bob)
    there.wait_until_connected()
    here.the("open-new-group").click()
    here.the("group-name").fill("Lunch <today>")
    here.the("search").fill(bob.username)
    here.the("pick").click()
    here.photograph("new-group")
    here.the("create-group").click()
    expect(here.the("conversation-name")).to_have_text("Lunch <today>")
    here.say("Where shall we eat?")
    row = there.the("conversation").filter(has_text="Lunch <today>")
    expect(row.locator('[data-test="unread"]')).to_have_text("1")
    row.click()
    there.say("At Carla's!")
    expect(here.message("At Carla's!")).to_be_visible()
    here.the("open-members").click()
    expect(here.the("person")).to_have_count(2)
    here.photograph("group-members")
    here.page.keyboard.press("Escape")
    there.the("open-members").click()
    there.the("leave").click()
    there.the("leave-sure").click()
    expect(there.the("conversation-name")).to_have_text("World chat")
    expect(row).to_have_count(0)


def test_unread_is_counted_shown_in_the_title_and_read_by_opening(
    open_page: OpenPage, couple: tuple[User, User]
) -> None:
    alice, bob = couple
    chat = single(alice, bob)
    alice.api.say(chat, "while you were away")
    page = open_page().enter(bob).wait_until_connected()
    expect(page.unread(chat)).to_have_text("1")
    alice.api.say(chat, "and once more")
    expect(page.unread(chat)).to_have_text("2")
    expect(page.page).to_have_title(re.compile(r"^\(\d+\) "))
    page.photograph("unread")
    page.open(chat)
    expect(page.the("mark-new")).to_have_count(1)
    expect(page.unread(chat)).to_have_count(0)
    alice.api.say(chat, "while you look")
    expect(page.message("while you look")).to_be_visible()
    expect(page.unread(chat)).to_have_count(0)
    page.say("I have read it")
    expect(page.message("I have read it")).to_have_attribute("data-status", "sent")
    page.page.reload()
    page.wait_until_connected()
    expect(page.message("I have read it")).to_be_visible()
    expect(page.unread(chat)).to_have_count(0)
    assert bob.api.conversation_in_list(chat)["unreadCount"] == 0


# Messages


def test_markup_stays_text(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, bob = couple
    chat = single(alice, bob)
    page = open_page().enter(bob).wait_until_connected().open(chat)
    alice.api.say(chat, MARKUP)
    content = page.the("content").filter(has_text="onerror")
    expect(content).to_have_text(MARKUP)
    assert content.evaluate("element => element.childElementCount") == 0
    expect(page.conversation(chat).locator('[data-test="row-last"]')).to_contain_text("<img src=x")
    page.say(MARKUP)
    expect(content).to_have_count(2)
    assert "owned" not in page.page.title()
    named = group(alice, bob, name="<i>not markup</i>")
    alice.api.say(named, "hello")
    expect(page.conversation(named)).to_contain_text("<i>not markup</i>")
    page.photograph("markup")


def test_pictures_and_files_are_links_only_if_they_are_http(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, bob = couple
    chat = single(alice, bob)
    for kind, content in ((2, "https://img.example.com/cat.png"), (3, "javascript:document.title='owned'")):
        assert alice.api.send_message(chat, {"messageType": kind, "content": content}).status_code == 201
    page = open_page().enter(bob).wait_until_connected().open(chat)
    link = page.the("content").filter(has_text="cat.png").locator("a")
    expect(link).to_have_attribute("rel", re.compile("noopener"))
    expect(page.the("content").filter(has_text="javascript:")).to_be_visible()
    expect(page.the("content").filter(has_text="javascript:").locator("a")).to_have_count(0)


def test_policy_forbids_inline_script_and_foreign_connections(open_page: OpenPage) -> None:
    page = open_page(allowed=("Content Security Policy", "Trusted", "violates"))
    markup = "try { document.body.innerHTML = '<p>'; 'set' } catch (error) { error.name }"
    assert page.page.evaluate(markup) == "TypeError"
    outcome = page.page.evaluate("fetch('http://127.0.0.1:1/').then(() => 'sent', () => 'refused')")
    assert outcome == "refused"
    page.outside.clear()  # the refused request is reported all the same


def test_history_scrolls_back_and_keeps_its_place(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, bob = couple
    chat = single(alice, bob)
    for number in range(1, 131):
        alice.api.say(chat, f"message {number:03}")
    page = open_page().enter(bob).wait_until_connected().open(chat)
    expect(page.message("message 130")).to_be_in_viewport()
    expect(page.the("message")).to_have_count(50)
    timeline = page.the("timeline")
    held: list[Route] = []
    page.page.route(re.compile("cursor="), lambda route: held.append(route), times=1)
    timeline.evaluate("element => { element.scrollTop = 300; }")
    seen = page.message("message 090")
    expect(page.the("timeline")).to_contain_text("Loading")
    before = seen.bounding_box()
    held[0].continue_()
    expect(page.the("message")).to_have_count(100)
    page.page.wait_for_timeout(200)
    after = seen.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 3, (before, after)
    alice.api.say(chat, "something new")
    expect(page.the("jump")).to_have_text("1 new message")
    page.photograph("new-messages-button")
    timeline.evaluate("element => { element.scrollTop = 0; }")
    expect(page.message("message 001")).to_be_attached()
    timeline.evaluate("element => { element.scrollTop = 0; }")
    expect(page.the("beginning")).to_be_visible()
    expect(page.the("message")).to_have_count(131)
    page.the("jump").click()
    expect(page.message("something new")).to_be_in_viewport()
    expect(page.the("jump")).to_be_hidden()


def test_a_failed_send_says_why_and_can_be_tried_again(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, bob = couple
    chat = group(alice, bob, name="for members")
    page = open_page().enter(bob).wait_until_connected().open(chat)
    assert alice.api.remove_member(chat, bob.id).status_code == 200
    page.say("am I still in it?")
    failed = page.message("am I still in it?")
    expect(failed).to_have_attribute("data-status", "failed")
    expect(page.the("failure")).to_contain_text("You are not allowed to do this.")
    page.photograph("failed")
    assert alice.api.add_members(chat, {"members": [bob.id]}).status_code == 201
    page.the("retry").click()
    expect(failed).to_have_attribute("data-status", "sent")
    expect(failed).to_have_count(1)
    assert [message["content"] for message in alice.api.history(chat)] == ["am I still in it?"]


def test_the_counter_shows_near_the_limit_and_stops_too_long_a_message(
    open_page: OpenPage, couple: tuple[User, User]
) -> None:
    page = open_page().enter(couple[0]).wait_until_connected().open(single(*couple))
    page.the("composer").fill("字" * 3990)
    expect(page.the("counter")).to_have_text("10 characters left")
    page.the("composer").fill("😀" * 4001)  # two code units each, but one code point
    expect(page.the("counter")).to_have_text("1 character too many")
    expect(page.the("send")).to_be_disabled()
    page.photograph("counter")
    page.the("composer").fill("😀" * 4000)
    page.the("send").click()
    expect(page.the("message").last).to_have_attribute("data-status", "sent")


# The network


def test_who_loses_the_network_comes_back_and_misses_nothing(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, bob = couple
    chat, other = single(alice, bob), group(alice, bob)
    page = open_page(allowed=LOST_NETWORK).enter(bob).wait_until_connected().open(chat)
    alice.api.say(chat, "before")
    expect(page.message("before")).to_be_visible()
    page.page.context.set_offline(True)
    expect(page.the("banner")).to_be_visible(timeout=30 * SECOND_MS)
    page.say("written without a network")
    mine = page.message("written without a network")
    expect(mine).to_have_attribute("data-status", "pending")
    for number in range(3):
        alice.api.say(chat, f"missed {number}")
        alice.api.say(other, f"missed {number}")
    page.photograph("offline")
    page.page.context.set_offline(False)
    expect(mine).to_have_attribute("data-status", "sent")
    expect(page.the("banner")).to_be_hidden()
    texts = ["before", "missed 0", "missed 1", "missed 2", "written without a network"]
    expect(page.the("content")).to_have_text(texts)
    assert [message["content"] for message in reversed(alice.api.history(chat))] == texts
    page.page.wait_for_timeout(500)  # the list is loaded, the missed messages are delivered: counted once
    expect(page.unread(other)).to_have_text("3")


def test_a_restart_of_the_server_shows_the_countdown_and_is_survived(
    open_page: OpenPage, start_server: Callable[..., GoChatServer]
) -> None:
    own = start_server()
    alice, bob = new_user(own), new_user(own)
    chat = single(alice, bob)
    page = open_page(on=own, allowed=LOST_NETWORK).enter(bob).wait_until_connected().open(chat)
    own.stop()
    expect(page.the("banner")).to_be_visible()
    page.say("meanwhile")
    expect(page.the("banner")).to_have_attribute("data-status", "waiting", timeout=20 * SECOND_MS)
    page.photograph("reconnecting")
    own.start()
    expect(page.message("meanwhile")).to_have_attribute("data-status", "sent", timeout=30 * SECOND_MS)
    expect(page.the("banner")).to_be_hidden()
    assert [message["content"] for message in alice.api.history(chat)] == ["meanwhile"]


def test_a_second_tab_replaces_the_first_which_can_take_over_again(
    open_page: OpenPage, couple: tuple[User, User]
) -> None:
    alice, bob = couple
    chat = single(alice, bob)
    first = open_page().enter(bob).wait_until_connected().open(chat)
    second = open_page(beside=first)
    second.wait_until_connected()  # the login is kept for all tabs
    expect(first.the("banner")).to_contain_text("another tab")
    first.photograph("replaced")
    alice.api.say(chat, "to whom?")
    expect(second.unread(chat)).to_have_text("1")
    expect(first.message("to whom?")).to_have_count(0)
    first.page.bring_to_front()
    first.the("banner-button").click()
    expect(first.the("banner")).to_be_hidden()
    expect(first.message("to whom?")).to_be_visible()
    expect(second.the("banner")).to_contain_text("another tab")


def test_what_waits_outlives_a_reload_and_is_sent_once(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, bob = couple
    chat = single(alice, bob)
    first = open_page().enter(bob).wait_until_connected().open(chat)
    second = open_page(beside=first).wait_until_connected()
    expect(first.the("banner")).to_be_visible()
    first.say("from the tab that was replaced")
    mine = first.message("from the tab that was replaced")
    expect(mine).to_have_attribute("data-status", "pending")
    first.page.reload()
    expect(mine).to_have_attribute("data-status", "sent")
    expect(mine).to_have_count(1)
    expect(second.the("banner")).to_be_visible()
    assert [message["content"] for message in alice.api.history(chat)] == ["from the tab that was replaced"]


def test_what_waits_in_a_replaced_tab_is_sent_once_when_it_takes_over(
    open_page: OpenPage, couple: tuple[User, User]
) -> None:
    alice, bob = couple
    chat = single(alice, bob)
    first = open_page().enter(bob).wait_until_connected().open(chat)
    second = open_page(beside=first).wait_until_connected()
    expect(first.the("banner")).to_be_visible()
    for text in ("one", "two"):
        first.say(text)
        expect(first.message(text)).to_have_attribute("data-status", "pending")
    first.the("banner-button").click()
    expect(first.message("two")).to_have_attribute("data-status", "sent")
    expect(first.the("message").filter(has_text="two")).to_have_count(1)
    expect(second.the("banner")).to_be_visible()
    assert [message["content"] for message in reversed(alice.api.history(chat))] == ["one", "two"]


def test_logging_out_in_one_tab_ends_the_other(open_page: OpenPage, couple: tuple[User, User]) -> None:
    first = open_page().enter(couple[0]).wait_until_connected()
    second = open_page(beside=first).wait_until_connected()
    second.the("log-out").click()
    expect(second.the("welcome")).to_be_visible()
    expect(first.the("welcome")).to_be_visible()


def test_an_ended_login_leads_back_to_the_welcome_page(open_page: OpenPage, couple: tuple[User, User]) -> None:
    page = open_page(allowed=("status of 401",)).enter(couple[1]).wait_until_connected()
    page.page.evaluate("""async () => {
        const { accessToken } = JSON.parse(localStorage.getItem("gochat"));
        await fetch("/api/auth/logout", { method: "POST", headers: { Authorization: `Bearer ${accessToken}` } });
    }""")
    expect(page.the("welcome")).to_be_visible()
    expect(page.the("notice")).to_have_text("Your login has ended. Please log in again.")
    page.photograph("session-ended")


# How it is served


def test_every_file_of_the_page_is_served_with_the_strict_headers(server: GoChatServer) -> None:
    names = {path.name for path in WEB.iterdir() if path.is_file()} - {"index.html"} | {"gochat.js"}
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    for path in ["/", *(f"/page/{name}" for name in sorted(names))]:
        answer = server.http.get(server.url + path)
        assert answer.status_code == 200, path
        assert answer.headers["Content-Type"].startswith(kinds.get(path.rpartition(".")[2], "text/html")), path
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-cache"
        again = server.http.get(server.url + path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    authority = server.url.removeprefix("http://")
    own = server.http.get(server.url).headers["Content-Security-Policy"]
    assert f"connect-src 'self' ws://{authority} wss://{authority};" in own
    foreign = server.http.get(server.url, headers={"Host": "a.example;script-src"})
    assert "a.example" not in foreign.headers.get("Content-Security-Policy", "")
    for path in ("/page/", "/page/index.html", "/page/../page.py", "/page/..%2Fpage.py", "/page/nothing.js"):
        assert server.http.get(server.url + path).status_code == 404, path


# Ways to use it


def test_keyboard_alone_is_enough(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, bob = couple
    chat = single(alice, bob)
    alice.api.say(chat, "can you reach me?")
    page = open_page()
    keyboard = page.page.keyboard
    expect(page.the("username")).to_be_focused()
    keyboard.type(bob.username)
    keyboard.press("Tab")
    keyboard.type(bob.password)
    keyboard.press("Enter")
    expect(page.the("composer")).to_be_focused()
    page.wait_until_connected()
    skip = page.page.locator(".skip")
    for _ in range(20):  # back to the top: nothing on the way holds the focus
        if skip.evaluate("element => element === document.activeElement"):
            break
        keyboard.press("Shift+Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.photograph("skip-link")
    keyboard.press("Enter")
    expect(page.the("timeline")).to_be_focused()
    page.conversation(bob.api.world_id()).focus()
    rows = page.the("conversation")
    keyboard.press("Home")
    expect(rows.first).to_be_focused()
    at = [row.get_attribute("data-conversation") for row in rows.all()].index(chat)
    for _ in range(at):
        keyboard.press("ArrowDown")
    expect(page.conversation(chat)).to_be_focused()
    keyboard.press("Enter")
    expect(page.the("composer")).to_be_focused()
    keyboard.type("yes,")
    keyboard.press("Shift+Enter")
    keyboard.type("I can")
    keyboard.press("Enter")
    expect(page.message("I can").locator('[data-test="content"]')).to_have_text("yes,\nI can")
    expect(page.message("I can")).to_have_attribute("data-status", "sent")
    assert alice.api.history(chat)[0]["content"] == "yes,\nI can"


def test_a_phone_shows_list_and_conversation_one_at_a_time(open_page: OpenPage, couple: tuple[User, User]) -> None:
    alice, bob = couple
    chat = single(alice, bob)
    alice.api.say(chat, "https://example.com/" + "a-very-long-address-without-an-end/" * 12)
    page = open_page(phone=True)
    page.photograph("phone-welcome")
    page.expect_no_sideways_scrolling()
    page.enter(bob).wait_until_connected()
    expect(page.the("conversations")).to_be_visible()
    expect(page.the("composer")).to_have_count(0)
    page.photograph("phone-list")
    page.expect_no_sideways_scrolling()
    page.conversation(chat).click()
    expect(page.the("composer")).to_be_visible()
    expect(page.the("conversations")).to_be_hidden()
    page.say("Wow.")
    expect(page.message("Wow.")).to_have_attribute("data-status", "sent")
    page.photograph("phone-conversation")
    page.expect_no_sideways_scrolling()
    page.the("back").click()
    expect(page.the("conversations")).to_be_visible()
    expect(page.conversation(chat)).to_be_focused()
    page.conversation(chat).click()
    expect(page.the("composer")).to_be_visible()
    page.page.go_back()  # as the phone's own button does
    expect(page.the("conversations")).to_be_visible()
    page.the("open-people").click()
    page.photograph("phone-people")
    page.expect_no_sideways_scrolling()


def test_language_and_theme_are_switched_and_kept(open_page: OpenPage, couple: tuple[User, User]) -> None:
    page = open_page(locale="zh-CN", dark=True)
    expect(page.page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.photograph("welcome-zh-dark")
    page.enter(couple[0]).wait_until_connected()
    page.the("composer").fill("a draft")
    page.photograph("world-zh-dark")
    dark = page.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.the("language").click()
    expect(page.page.locator("html")).to_have_attribute("lang", "en")
    expect(page.the("conversation-name")).to_have_text("World chat")
    expect(page.the("composer")).to_have_value("a draft")
    expect(page.the("language")).to_be_focused()
    page.the("theme").click()  # as the system, then light
    light = page.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert dark != light
    page.page.reload()
    expect(page.page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.page.locator("html")).to_have_attribute("lang", "en")


def test_both_languages_have_the_same_texts_with_the_same_values(open_page: OpenPage) -> None:
    page = open_page()
    texts: dict[str, dict[str, Any]] = page.page.evaluate("import('/page/texts.js').then((module) => module.TEXTS)")

    def values(text: str | list[str]) -> set[str]:
        return set(re.findall(r"\{\w+\}", text if isinstance(text, str) else " ".join(text)))

    assert texts["en"].keys() == texts["zh"].keys()
    assert {key for key in texts["en"] if values(texts["en"][key]) != values(texts["zh"][key])} == set()
    source = "".join(path.read_text() for path in sorted(WEB.glob("*.js")))
    assert {key for key in texts["en"] if f'"{key}"' not in source} == set()
