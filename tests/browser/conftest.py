"""Debian's Chromium, driven by Playwright. Screenshots are kept in `artefacts/`: look at them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ARTEFACTS = Path(__file__).resolve().parent / "artefacts"

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser of a module; each test opens contexts of its own.

    Not of the whole run: while Playwright is there, its event loop is the thread's, and no other test could have one.
    """
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("needs the command chromium (Debian's package of that name)")
    ARTEFACTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(OPTIONS))
        yield running
        running.close()
