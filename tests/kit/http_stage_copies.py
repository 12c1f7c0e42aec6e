"""GoChat servers with one defect each: copies of the packages with a piece of text replaced."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("gochat", "handlers", "models", "generated")
LISTENING = re.compile(r"^gochat: listening on (https?://\S+)$", re.MULTILINE)
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Defect:
    """What is replaced in a file by what, and the rule that this breaks."""

    file: str
    old: str
    new: str
    rule: str


DEFECTS = {
    "an unknown property is let through": Defect(
        "generated/requests.py",
        "class MarkReadRequest(Struct, frozen=True, forbid_unknown_fields=True,",
        "class MarkReadRequest(Struct, frozen=True, forbid_unknown_fields=False,",
        "http-accepted-invalid",
    ),
    "a password of over 128 characters is taken": Defect(
        "generated/requests.py",
        "max_length=128, min_length=8",
        "max_length=1280, min_length=8",
        "http-accepted-invalid",
    ),
    "a description is refused": Defect(
        "handlers/http/conversations.py",
        "def create_conversation(call: Call, body: CreateConversationRequest) -> Reply:",
        "def create_conversation(call: Call, body: CreateConversationRequest) -> Reply:\n"
        "    from gochat.violation import invalid\n    if body.description:\n        raise invalid('/description')\n",
        "http-refused-valid",
    ),
    "the highest limit is a crash": Defect(
        "handlers/http/users.py",
        "return Reply(call.services.accounts.search(call.actor, q, limit))",
        "return Reply(call.services.accounts.search(call.actor, q, limit // min(20 - limit, 1)))",
        "http-server-error",
    ),
    "hasMore is a text": Defect(
        "gochat/http/envelope.py",
        'body = _encode(_Success(True, SUCCESS_TEXTS["ok"][language], reply.data))',
        'body = _encode(_Success(True, SUCCESS_TEXTS["ok"][language], reply.data))'
        """.replace(b'"hasMore":false', b'"hasMore":"no"')""",
        "http-answer-body",
    ),
    "any token will do": Defect(
        "gochat/http/app.py",
        "actor = services.accounts.authenticate(token)",
        "try:\n                    actor = Bearer.last = services.accounts.authenticate(token)\n"
        "                except AuthFailed:\n                    actor = Bearer.last",
        "http-ignored-auth",
    ),
}


@contextmanager
def running_copy(defect: Defect) -> Iterator[str]:
    """Run a copy with a defect, with the default settings, while inside; give its base URL."""
    with tempfile.TemporaryDirectory(prefix="gochat-copy-") as name:
        copy = Path(name)
        for package in PACKAGES:
            shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
        source = (copy / defect.file).read_text(encoding="utf-8")
        assert source.count(defect.old) == 1, f"{defect.file} has changed: mend the defect"
        (copy / defect.file).write_text(source.replace(defect.old, defect.new), encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GOCHAT_")}
        with (copy / "log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gochat", "serve", "--port", "0", "--data-dir", str(copy / "data")],
                cwd=copy,
                env={**environment, "PYTHONPATH": str(copy)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                yield _url(process, copy / "log")
            finally:
                process.terminate()
                try:
                    process.wait(STOP_TIMEOUT_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        text = log.read_text(encoding="utf-8")
        if found := LISTENING.search(text):
            return found[1]
        assert process.poll() is None, text
        time.sleep(0.05)
    raise AssertionError(f"no listening line within {START_TIMEOUT_S} s")
