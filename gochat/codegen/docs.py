"""Writes the API docs: a start page made of the contracts' facts, and Redoc for either document.

Between the bundled documents and the files below `docs/`. Pages ask for the published documents, so that they show the
limits in force; what the start page says is written here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from gochat.codegen.client_facts import ClientFacts
from gochat.codegen.documents import JsonObject
from gochat.codegen.operations import WsOperation
from gochat.codegen.shapes import http_operations, resolve_local
from gochat.codegen.spec_error import SpecError

_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini-full.svg"
"""What the bundle would load; our pages load nothing from elsewhere, so Redoc's name is written instead."""
_NAME = (
    b"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='52' height='16'%3E%3Ctext x='0' y='12.5' "
    b"font-family='sans-serif' font-size='12' font-weight='700'%3E%3Cstyle%3Etext%7Bfill:%230044d4%7D"
    b"@media(prefers-color-scheme:dark)%7Btext%7Bfill:%23a9c1ff%7D%7D%3C/style%3ERedoc%3C/text%3E%3C/svg%3E"
)
TEMPLATE_DIR = Path(__file__).resolve().parent / "templates" / "docs"
_CODE = re.compile(r"`([^`]+)`")
_PAGES = {
    "http.html": ("HTTP API", "../api/openapi.yaml"),
    "websocket.html": ("WebSocket protocol", "../api/asyncapi.yaml"),
}


def render_docs(
    openapi: JsonObject, asyncapi: JsonObject, facts: ClientFacts, records: Sequence[WsOperation], redoc: bytes
) -> dict[str, bytes]:
    """Returns the pages and what they need, by file name. `redoc` is its standalone bundle, an ES module.

    `asyncapi` is the whole document, `facts` are the clients' share of it, `records` the operations between gateways.

    SpecError: the bundle is another than this was written for.
    """
    if redoc.count(_LOGO) != 1:
        raise SpecError(f"redoc's bundle has {_LOGO.decode()} {redoc.count(_LOGO)} times: see what it loads now")
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(TEMPLATE_DIR.iterdir())}
    frame = files.pop("page.html")
    body = files.pop("start.html")
    for mark, text in {
        "version": escape(facts.version),
        "operations": _operations(openapi),
        "client-frames": _frames(asyncapi, [(c.frame, c.name, c.replies) for c in facts.client_calls]),
        "server-frames": _frames(asyncapi, [(f.frame, f.name, ()) for f in facts.server_frames]),
        "close-codes": _close_codes(facts),
        "records": _records(asyncapi, records),
        "errors": _errors(facts),
        "limits": _limits(facts),
    }.items():
        body = body.replace(f"<!-- {mark} -->", text)
    pages = {
        "index.html": _page(frame, "API docs", body, '<script type="module" src="docs.js"></script>', "index.html")
    }
    for name, (title, document) in _PAGES.items():
        redoc_tag = (
            f'<div id="content" tabindex="-1"><redoc spec-url="{document}" disable-telemetry="true"></redoc></div>'
        )
        script = "".join(f'<script type="module" src="{each}"></script>' for each in ("redoc.standalone.js", "skip.js"))
        pages[name] = _page(frame, title, redoc_tag, script, name)
    return {name: text.encode() for name, text in {**files, **pages}.items()} | {
        "redoc.standalone.js": redoc.replace(_LOGO, _NAME)
    }


def _page(frame: str, title: str, body: str, scripts: str, name: str) -> str:
    links = {"index.html": "Start", **{page: title for page, (title, _) in _PAGES.items()}}
    menu = "".join(
        f'<a href="{"./" if page == "index.html" else page}"{" aria-current=page" if page == name else ""}>{text}</a>'
        for page, text in links.items()
    )
    kind = "start" if name == "index.html" else "redoc"
    for mark, text in {"title": escape(title), "menu": menu, "body": body, "scripts": scripts, "kind": kind}.items():
        frame = frame.replace(f"<!-- {mark} -->", text)
    return frame


def _operations(openapi: JsonObject) -> str:
    known = {tag["name"] for tag in openapi["tags"]}
    for _, _, operation in http_operations(openapi):
        if len(operation["tags"]) != 1 or operation["tags"][0] not in known:
            raise SpecError(f"{operation['operationId']}: must have one tag, and it must stand under `tags`")
    sections = []
    for tag in openapi["tags"]:
        rows = [
            (
                f"<code class=method>{method.upper()}</code> <code>{escape(path)}</code>",
                f'<a href="http.html#/{escape(tag["name"])}/{escape(operation["operationId"])}">'
                f"{_inline(operation['summary'])}</a>",
            )
            for path, method, operation in http_operations(openapi)
            if operation["tags"] == [tag["name"]]
        ]
        sections.append(f"<h3>{escape(tag['name'])}</h3>\n{_table(('Operation', 'What it does'), rows)}")
    return "\n".join(sections)


def _frames(asyncapi: JsonObject, frames: Iterable[tuple[str, str, tuple[str, ...]]]) -> str:
    sections = []
    messages = {message["name"]: message for message in asyncapi["components"]["messages"].values()}
    for frame, key, replies in frames:
        operation = asyncapi["operations"][key]
        answered = f"<p>Answered by {_codes(replies)}.</p>" if replies else ""
        examples = "".join(
            f"<figure><figcaption>{_inline(example.get('summary', ''))}</figcaption>"
            f"<pre><code>{escape(json.dumps(example['payload'], ensure_ascii=False, indent=2))}</code></pre></figure>"
            for example in (resolve_local(asyncapi, each) for each in messages[frame].get("examples", []))
        )
        sections.append(
            f'<details class=row id="frame-{escape(frame)}"><summary><code>{escape(frame)}</code> '
            f"<span>{_inline(operation['summary'])}</span></summary>\n{answered}{examples}</details>"
        )
    return "\n".join(sections)


def _close_codes(facts: ClientFacts) -> str:
    rows = [
        (
            f"<code>{code['code']}</code>",
            escape(code["name"]),
            _inline(code["meaning"]),
            "by itself" if code["reconnect"] else "<strong>not by itself</strong>",
            _inline(code["hint"]),
        )
        for code in facts.close_codes
    ]
    return _table(("Code", "Name", "Meaning", "Come back", "What to do"), rows)


def _records(asyncapi: JsonObject, records: Iterable[WsOperation]) -> str:
    rows = [
        (
            f"<code>{escape(record.wire_type)}</code>",
            _inline(asyncapi["operations"][record.key]["summary"]),
            _inline(asyncapi["operations"][record.key]["description"]),
        )
        for record in records
    ]
    return _table(("Record", "What it does", "Where it goes"), rows)


def _errors(facts: ClientFacts) -> str:
    rows = [
        (
            f"<code>{escape(error['code'])}</code>",
            str(error.get("status", "–")),
            {"none": "–", "frame": "error frame", "close": "error frame, then the close"}.get(
                str(error["socket"]), escape(str(error["socket"]))
            ),
            "yes" if error["retryable"] else "no",
            f"{escape(error['en'])}<br><span lang=zh-CN>{escape(error['zh'])}</span>",
            _inline(error.get("note", "")),
        )
        for error in facts.errors
    ]
    return _table(("Code", "HTTP", "On the socket", "Try again", "Text", "Note"), rows)


def _limits(facts: ClientFacts) -> str:
    rows = [(f"<code>{escape(name)}</code>", f"{value:,}") for name, value in facts.limits.items()]
    return _table(("Limit", "Default"), rows)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th scope=col>{text}</th>" for text in heads)
    body = "\n".join("<tr class=row>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class=wide><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"


def _codes(names: Iterable[str]) -> str:
    return " or ".join(f'<a href="#frame-{escape(name)}"><code>{escape(name)}</code></a>' for name in names)


def _inline(text: str) -> str:
    """Returns one line of a description as HTML: what stands in backticks is code, all else is text."""
    return _CODE.sub(r"<code>\1</code>", escape(text.strip()))
