"""`python -m conformance.broken_servers.score`: how many of the broken servers does the kit find?

For each server and seed a fresh server and a run of the kit. The verdicts are written after each run, so that a long
measurement can be gone on with (`--resume`).
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from conformance.broken_servers.catalogue import (
    CATALOGUE,
    CLEAN,
    BrokenServer,
    CatalogueError,
    all_servers,
    load_catalogue,
)
from conformance.broken_servers.judging import (
    DEFAULT_COMMAND,
    FAILED,
    KILLED,
    Judgement,
    Kit,
    budget_seconds,
    digest,
    judge_all,
)
from conformance.broken_servers.tally import markdown, score_classes, show, survivors, to_json


class Unusable(Exception):
    """The arguments, or the file to resume from, can't be used; the text says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 measured, 1 below --at-least or a false alarm, 2 cannot run or errors."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    console = Console(soft_wrap=True)
    try:
        return _measure(options, console)
    except (CatalogueError, Unusable) as error:
        print(f"score: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("score: stopped; --resume goes on", file=sys.stderr)
        return 130


def _measure(options: argparse.Namespace, console: Console) -> int:
    classes = load_catalogue(options.catalogue)
    servers = _choose(all_servers(classes), options)
    kit = Kit(options.command, options.budget)
    pairs = [(server, seed) for seed in options.seeds for server in servers]
    judgements = _earlier(options.out, kit, pairs) if options.resume else []
    known = {(each.server, each.seed) for each in judgements}
    left = [(server, seed) for server, seed in pairs if (server.name, seed) not in known]
    for count, judgement in enumerate(judge_all(left, kit, options.jobs), 1):
        judgements.append(judgement)
        said = ", ".join(judgement.findings[:2]) or judgement.note[:200]
        console.print(
            f"{count}/{len(left)} {judgement.server} seed {judgement.seed}: {judgement.verdict}"
            f" after {judgement.seconds:g} s {said}",
            highlight=False,
            markup=False,
        )
        _write(options.out, kit, judgements, {})
    scores, missed = score_classes(classes, judgements), survivors(servers, judgements)
    missed = [each for each in missed if each.server != CLEAN]
    _write(options.out, kit, judgements, to_json(scores, missed))
    show(console, scores, missed, judgements)
    if options.markdown:
        print("\n" + markdown(scores, options.seeds, options.budget, options.markdown))
    if any(each.verdict == FAILED for each in judgements):
        return 2
    false_alarm = any(each.server == CLEAN.name and each.verdict == KILLED for each in judgements)
    return 1 if false_alarm or scores[-1].percent < options.at_least else 0


def _choose(servers: list[BrokenServer], options: argparse.Namespace) -> list[BrokenServer]:
    kinds, names = set(options.kinds or ()), set(options.names or ())
    unknown = kinds - {server.kind for server in servers} | names - {server.name for server in servers}
    if unknown:
        raise Unusable(f"the catalogue has no {', '.join(sorted(unknown))}")
    if kinds or names:
        servers = [server for server in servers if server.kind in kinds or server.name in names]
    return [CLEAN, *servers] if options.clean else servers


def _earlier(path: Path | None, kit: Kit, pairs: Sequence[tuple[BrokenServer, int]]) -> list[Judgement]:
    """Return the judgements in the file that still hold: verdicts of this kit on servers that have not changed."""
    if path is None:
        raise Unusable("--resume needs --out, the file to go on with")
    if not path.exists():
        return []
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = [Judgement(**{**each, "findings": tuple(each["findings"])}) for each in document["judgements"]]
        measured = Kit(document["command"], document["budget"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{path} can't be gone on with: {error}") from error
    if measured != kit:
        raise Unusable(f"{path} was measured with another --command or --budget")
    wanted = {(server.name, seed, digest(server)) for server, seed in pairs}
    return [each for each in found if (each.server, each.seed, each.digest) in wanted and each.verdict != FAILED]


def _write(path: Path | None, kit: Kit, judgements: Sequence[Judgement], figures: dict[str, Any]) -> None:
    if path is None:
        return
    document = {**asdict(kit), **figures, "judgements": [asdict(each) for each in judgements]}
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(path)


def _end(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _seeds(text: str) -> list[int]:
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        seeds += range(int(first), int(last if dash else first) + 1)
    if not seeds:
        raise argparse.ArgumentTypeError("it must be like 1-5 or 1,3,7")
    return seeds


def _budget(text: str) -> str:
    if budget_seconds(text) <= 0:
        raise ValueError
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.broken_servers.score",
        description="Let the conformance kit judge servers with one defect each, and print what it finds by class.",
    )
    parser.add_argument("--seeds", type=_seeds, default="1-5", help="like 1-5 or 1,3,7 (default: %(default)s)")
    parser.add_argument(
        "--budget", type=_budget, default="60s", help="of one run, like 60s or 2m (default: %(default)s)"
    )
    parser.add_argument("--class", dest="kinds", action="append", metavar="C", help="only this class; may be repeated")
    parser.add_argument("--name", dest="names", action="append", metavar="N", help="only this server; may be repeated")
    parser.add_argument("--clean", action="store_true", help="judge the server without a defect, too")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write verdicts and figures as JSON, after each run")
    parser.add_argument("--resume", action="store_true", help="go on with --out: judge only what it has no verdict of")
    parser.add_argument("--at-least", type=float, default=0.0, metavar="PERCENT", help="exit 1 below this score")
    parser.add_argument("--markdown", metavar="DATE", help="print the table for the README, with this date")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE, metavar="DIR", help="another set of YAML files")
    parser.add_argument(
        "--command",
        default=DEFAULT_COMMAND,
        metavar="TEMPLATE",
        help="another kit: exit 0 clean, 1 violations, else an error (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
