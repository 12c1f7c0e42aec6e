"""The pages that the docs consist of say what the contracts say, as text."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gochat.codegen.client_facts import ClientFacts, read_client_facts
from gochat.codegen.docs import render_docs
from gochat.codegen.operations import read_ws_operations
from gochat.codegen.spec_error import SpecError
from gochat.contract import bundled

REDOC = b'image("https://cdn.redoc.ly/redoc/logo-mini-full.svg")'


def facts_of(openapi: Any, asyncapi: Any) -> ClientFacts:
    return read_client_facts(openapi, asyncapi, {"errors": openapi["x-error-catalogue"]}, read_ws_operations(asyncapi))


@pytest.fixture
def openapi() -> Any:
    return copy.deepcopy(bundled("openapi"))


@pytest.fixture
def asyncapi() -> Any:
    return copy.deepcopy(bundled("asyncapi"))


def render(openapi: Any, asyncapi: Any, facts: ClientFacts | None = None, redoc: bytes = REDOC) -> dict[str, bytes]:
    facts = facts or facts_of(openapi, asyncapi)
    return render_docs(openapi, asyncapi, facts, read_ws_operations(asyncapi, "downstream"), redoc)


def start_page(openapi: Any, asyncapi: Any) -> str:
    return render(openapi, asyncapi)["index.html"].decode()


def test_markup_in_a_contract_stays_text(openapi: Any, asyncapi: Any) -> None:
    attack = "<script>alert(1)</script>"
    openapi["paths"]["/auth/login"]["post"]["summary"] = attack
    openapi["x-error-catalogue"][0]["en"] = attack
    asyncapi["channels"]["ws"]["x-close-codes"][0]["meaning"] = attack
    asyncapi["operations"]["ping"]["summary"] = f"`{attack}`"
    page = start_page(openapi, asyncapi)
    assert attack not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4


def test_what_stands_in_backticks_is_code(openapi: Any, asyncapi: Any) -> None:
    openapi["paths"]["/auth/login"]["post"]["summary"] = "Give a `token` & more"
    assert "Give a <code>token</code> &amp; more" in start_page(openapi, asyncapi)


def test_each_frame_has_its_examples_and_what_answers_it(openapi: Any, asyncapi: Any) -> None:
    page = start_page(openapi, asyncapi)
    assert '<a href="#frame-message-ack"><code>message-ack</code></a> or <a href="#frame-error">' in page
    assert page.count("<figure>") == sum(
        len(asyncapi["components"]["messages"][key]["examples"]) for key in asyncapi["channels"]["ws"]["messages"]
    )


def test_no_mark_of_the_templates_is_left(openapi: Any, asyncapi: Any) -> None:
    files = render(openapi, asyncapi)
    for name in ("index.html", "http.html", "websocket.html"):
        left = [line for line in files[name].decode().splitlines() if "<!--" in line]
        assert left == ["<!-- Written by `gochat generate`: change the spec, not this file. -->"], name


def test_nothing_in_the_pages_comes_from_another_origin(openapi: Any, asyncapi: Any) -> None:
    for name, content in render(openapi, asyncapi).items():
        assert b'src="http' not in content, name
        assert b"cdn." not in content, name


@pytest.mark.parametrize("tags", [[], ["auth", "users"], ["unknown"]])
def test_an_operation_that_no_section_has_is_refused(openapi: Any, asyncapi: Any, tags: list[str]) -> None:
    facts = facts_of(openapi, asyncapi)
    openapi["paths"]["/auth/login"]["post"]["tags"] = tags
    with pytest.raises(SpecError, match="login: must have one tag"):
        render(openapi, asyncapi, facts)


def test_the_same_contracts_give_the_same_bytes(openapi: Any, asyncapi: Any) -> None:
    facts = facts_of(openapi, asyncapi)
    assert render(openapi, asyncapi, facts) == render(openapi, asyncapi, facts)


def test_another_redoc_is_noticed(openapi: Any, asyncapi: Any) -> None:
    with pytest.raises(SpecError, match="0 times"):
        render(openapi, asyncapi, redoc=b"no logo")
