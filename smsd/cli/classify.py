"""classify: what the gateway makes of a text, without storing anything."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from config.reference import load_router
from config.settings import DEFAULT_PATH, load_settings
from parser.sms import Complaint, Intent, Slip, read_sms
from routing.classify import Router
from smsd.cli.options import console, json_option
from smsd.office import open_router


@click.command()
@click.argument("text")
@click.option("--place", metavar="CODE", help="The region (Kemendagri code) that a channel word would have given.")
@json_option
@click.option("--config", type=click.Path(path_type=Path), help="A configuration; without one the shipped data.")
def classify(text: str, place: str | None, as_json: bool, config: Path | None) -> None:
    """Show how TEXT would be understood and routed.

    With - one text a line is read, and one JSON object a line written.
    """
    router = _router(config)
    if text == "-":
        for line in sys.stdin.buffer:  # a stray byte in one text must not end the others
            read = line.decode("utf-8", "replace").rstrip("\r\n")
            click.echo(json.dumps(judge(router, read, place), ensure_ascii=False))
        return
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    answer = judge(router, readable, place)
    if as_json or not sys.stdout.isatty():
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _print(answer)


def _router(config: Path | None) -> Router:
    """On the operator's data where a configuration is named or installed."""
    given = os.environ.get("SMSD_CONFIG")
    named = config or (Path(given) if given else None)
    if named is None and DEFAULT_PATH.exists():
        named = DEFAULT_PATH
    return open_router(load_settings(named)) if named else load_router()


def judge(router: Router, text: str, place: str | None) -> dict[str, Any]:
    """What `smsd classify` answers; the keys are a contract. `kind` is complaint or command."""
    intent = read_sms(text)
    command = None if isinstance(intent, Complaint) else _command(intent)
    decision = router.classify(text, place)
    return {
        "kind": "command" if command else "complaint",
        "command": command,
        "topic": decision.topic,
        "place": decision.place,
        "place_name": decision.place_name,
        "agency": decision.agency,
        "agency_type": decision.agency_type,
        "routed": decision.routed,
        "confidence": round(decision.confidence, 3),
        "candidates": [dataclasses.asdict(c) | {"score": round(c.score, 3)} for c in decision.candidates],
        "reasons": list(decision.reasons),
        "confidential": decision.confidential,
        "emergency": decision.emergency,
        "class": decision.klass,
    }


def _command(intent: Intent) -> str:
    if isinstance(intent, Slip):
        return intent.command
    return {"Status": "STATUS", "Help": "BANTUAN", "Add": "TAMBAH", "Cancel": "BATAL"}[type(intent).__name__]


def _print(answer: dict[str, Any]) -> None:
    out = console()
    for key, value in answer.items():
        if key == "candidates":
            value = ", ".join(f"{c['agency_type']} {c['score']}" for c in value)
        if key == "reasons":
            value = "\n             ".join(value)
        out.print(f"{key:<12} {value if value is not None else '-'}", markup=False)
