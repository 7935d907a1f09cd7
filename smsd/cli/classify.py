"""classify: what the gateway makes of a text, without storing anything."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

import click
import orjson

from config.reference import load_router
from config.settings import DEFAULT_PATH, load_settings
from parser.sms import Complaint, Help, Hide, Intent, Slip, read_sms
from routing.classify import Decision, Query, Router
from routing.spam import SpamVerdict
from smsd.cli.completion import complete_place
from smsd.cli.explain import print_explanation
from smsd.cli.options import console, json_option
from smsd.office import open_router

_BLOCK = 1 << 16  # bytes, about 200 texts
_COLLECT_AFTER = 50_000  # objects, not the usual 700: answers hold no cycles, and looking for them took 6 % of the time

_COMMANDS = {
    "Status": "STATUS", "Help": "BANTUAN", "Add": "TAMBAH", "Cancel": "BATAL", "Full": "LENGKAP",
    "Reopen": "BUKA", "Stop": "STOP", "Resume": "MULAI", "OneOff": "KODE", "Yes": "YA", "No": "BELUM",
    "Rating": "NILAI",
}  # fmt: skip


@click.command()
@click.argument("text")
@click.option(
    "--place",
    metavar="CODE",
    shell_complete=complete_place,
    help="The region (Kemendagri code) that a channel word would have given.",
)
@click.option("--explain", is_flag=True, help="Show the words that decided, marked in the text, and the runners-up.")
@json_option
@click.option("--config", type=click.Path(path_type=Path), help="A configuration; without one the shipped data.")
def classify(text: str, place: str | None, explain: bool, as_json: bool, config: Path | None) -> None:
    """Show how TEXT would be understood and routed. Stores nothing.

    With - as TEXT one text a line is read, and one JSON object a line written.

    Example: smsd classify --explain "lampu jln mati di kepanjen kab malang"
    """
    router = _router(config)
    if text == "-":
        answer_lines(router, place)
        return
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if explain and not as_json:
        print_explanation(console(), router, readable, judge(router, readable, place), place)
        return
    answer = judge(router, readable, place)
    if as_json or not sys.stdout.isatty():
        click.echo(orjson.dumps(answer).decode())
    else:
        _print(answer)


def _router(config: Path | None) -> Router:
    """On the operator's data where a configuration is named or installed."""
    given = os.environ.get("SMSD_CONFIG")
    named = config or (Path(given) if given else None)
    if named is None and DEFAULT_PATH.exists():
        named = DEFAULT_PATH
    return open_router(load_settings(named)) if named else load_router()


def answer_lines(router: Router, place: str | None) -> None:
    """Answer standard input line by line; a stray byte in one text does not end the others."""
    gc.collect()
    gc.freeze()  # the reference data live as long as we do: no collection needs to look through them
    gc.set_threshold(_COLLECT_AFTER)
    out = sys.stdout.buffer
    for texts in _blocks():
        out.writelines(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in judge_all(router, texts, place))
        out.flush()


def _blocks() -> Iterator[list[str]]:
    """The lines that have come so far, again and again: many from a file, one from whoever waits for its answer."""
    source = cast(BufferedReader, sys.stdin.buffer)
    rest = b""
    while block := source.read1(_BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        yield [_readable(line) for line in lines]
    if rest:
        yield [_readable(rest)]


def _readable(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")


def judge(router: Router, text: str, place: str | None) -> dict[str, Any]:
    """What `smsd classify` answers; the keys are a contract. `kind` is complaint, command or spam."""
    return judge_all(router, [text], place)[0]


def judge_all(router: Router, texts: Sequence[str], place: str | None) -> list[dict[str, Any]]:
    """What `smsd classify -` answers to each text."""
    channels = [router.channels.read(text) for text in texts]
    intents = [read_sms(each.rest) if each.rest.strip() else Help() for each in channels]
    spam = [router.spam.judge(text) for text in texts]
    queries = [
        Query(intent.text, place or channel.place, channel.agency_type)
        for intent, channel in zip(intents, channels, strict=True)
        if isinstance(intent, Complaint)
    ]
    decisions = iter(router.classify_all(queries))
    return [
        _complaint_answer(next(decisions), verdict, intent.secrecy, channel.words)
        if isinstance(intent, Complaint)
        else _command_answer(_command(intent), channel.words)
        for intent, channel, verdict in zip(intents, channels, spam, strict=True)
    ]


def _command_answer(command: str, channel: str) -> dict[str, Any]:
    """A command goes to no agency."""
    nothing: dict[str, Any] = dict.fromkeys(("topic", "place", "place_name", "agency", "agency_type"))
    return {
        "kind": "command", "command": command, **nothing, "routed": False, "confidence": 1.0, "candidates": [],
        "reasons": [], "confidential": False, "emergency": None, "class": None, "asks_place": False, "oversight": None,
        "channel": channel or None,
    }  # fmt: skip


def _complaint_answer(decision: Decision, spam: SpamVerdict, secrecy: str, channel: str) -> dict[str, Any]:
    # Where only the citizen's answer is wanting no person decides, and no agency is known yet either.
    waits = decision.asks_place and decision.routed
    return {
        "kind": "spam" if spam.kind else "complaint",
        "command": None,
        "topic": decision.topic,
        "place": decision.place,
        "place_name": decision.place_name,
        "agency": None if waits else decision.agency,
        "agency_type": decision.agency_type,
        "routed": decision.routed and not spam.kind,
        "confidence": decision.confidence,
        "candidates": [{"agency_type": c.agency_type, "score": c.score} for c in decision.candidates],
        "reasons": [*(spam.reasons if spam.kind else ()), *decision.reasons],
        "confidential": decision.confidential or secrecy == "rahasia",
        "emergency": decision.emergency,
        "class": decision.klass,
        "asks_place": decision.asks_place,
        "oversight": decision.oversight,
        "channel": channel or None,
    }


def _command(intent: Intent) -> str:
    if isinstance(intent, Slip):
        return intent.command
    return intent.kind.upper() if isinstance(intent, Hide) else _COMMANDS[type(intent).__name__]


def _print(answer: dict[str, Any]) -> None:
    out = console()
    for key, value in answer.items():
        if key == "candidates":
            value = ", ".join(f"{c['agency_type']} {c['score']}" for c in value)
        if key == "reasons":
            value = "\n             ".join(value)
        out.print(f"{key:<12} {value if value is not None else '-'}", markup=False)
