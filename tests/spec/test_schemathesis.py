"""Schemathesis finds nothing: all phases, all checks, 50 examples an operation, as its command line runs them.

A server of its own with people, groups and requests in it, whose ids Schemathesis gets to draw from beside its own
inventions. What is excepted, and why, is in schemathesis.toml; schemathesis_checks.py narrows that.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.harness.api import User, ask_to_be_friends, group, new_guest, new_user, single
from tests.harness.contract import load_contract
from tests.harness.server import GoChatServer, running_server

HERE = Path(__file__).resolve().parent
MAX_EXAMPLES = 50
SEED = 1
TIMEOUT_S = 600
PHASES = "examples,coverage,fuzzing,stateful"
KNOWN_SHARE = 0.7
"""How often a value comes from the server's data; the rest is invented."""

GROUPS = 6
GUESTS = 20


def bound_values(tester: User, server: GoChatServer) -> dict[str, Sequence[str]]:
    """Fills the server; returns the values to draw from, by where in a request they go."""
    login = new_user(server)
    members = [new_user(server) for _ in range(3)]
    askers = [new_user(server) for _ in range(3)]
    strangers = [new_user(server) for _ in range(2)]
    conversations = [group(tester, *members) for _ in range(GROUPS)]
    conversations += [single(tester, members[0]), tester.api.world_id()]
    for conversation_id in conversations:
        tester.api.say(conversation_id)
    user_ids = [user.id for user in [*members, *strangers]]
    return {
        "body.username": [login.username],
        "body.password": [login.password],
        "body.refreshToken": [new_guest(server).refresh_token for _ in range(GUESTS)],
        "body.members[*]": user_ids,
        "body.targetUserId": user_ids,
        "path.conversationId": conversations,
        "path.userId": user_ids,
        "path.requestId": [ask_to_be_friends(asker, tester) for asker in askers],
        "query.q": [tester.username[:3]],
    }


def with_values(settings: str, values: Mapping[str, Sequence[str]]) -> str:
    """Returns the settings file with a dictionary for each place added."""
    added = ["", "[parameters]"]
    for number, place in enumerate(values):
        added.append(f'"{place}" = {{ dictionary = "values{number}", probability = {KNOWN_SHARE} }}')
    for number, known in enumerate(values.values()):
        added += [f"[dictionaries.values{number}]", f"values = {json.dumps(list(known))}"]
    return settings + "\n".join(added) + "\n"


def run_schemathesis(
    url: str, directory: Path, *options: str, config: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> str:
    """Runs the command line against the server's own document, holds it to exit code 0, returns what it says.

    config: options before the command.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SCHEMATHESIS_")}
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color", *config),
            *("run", f"{url}/api/openapi.yaml", "--checks", "all", "--phases", PHASES),
            *("--max-examples", str(MAX_EXAMPLES), "--seed", str(SEED), *options),
        ],
        cwd=directory,
        env={**inherited, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    said = finished.stdout
    assert finished.returncode == 0, f"schemathesis exited with {finished.returncode}:\n{said}"
    operations = sum(len(item) for item in load_contract().openapi["paths"].values())
    assert f"Tested: {operations}\n" in said, said
    assert re.search(r"[1-9][0-9]* generated, [1-9][0-9]* passed", said), said
    return said


def summary(said: str) -> str:
    """Returns the end of what Schemathesis says."""
    return said[said.rindex("\n", 0, said.index("= SUMMARY =")) :]


def test_every_operation_holds_while_logged_in(tmp_path: Path) -> None:
    with running_server() as server:
        tester = new_user(server)
        settings = (HERE / "schemathesis.toml").read_text(encoding="utf-8")
        path = tmp_path / "schemathesis.toml"
        path.write_text(with_values(settings, bound_values(tester, server)), encoding="utf-8")
        said = run_schemathesis(
            server.url,
            tmp_path,
            config=("--config-file", str(path)),
            environment={
                "TESTER_NAME": tester.username,
                "TESTER_PASSWORD": tester.password,
                "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_checks.py"),
            },
        )
        print(summary(said))


def test_a_stranger_with_a_token_finds_nothing(tmp_path: Path) -> None:
    """No settings of ours at all. The token dies with the first logout, so most of this run is about 401."""
    with running_server() as server:
        said = run_schemathesis(server.url, tmp_path, "-H", f"Authorization: Bearer {new_user(server).token}")
        print(summary(said))
