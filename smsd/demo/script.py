"""A play: what citizens text and agencies answer, in order, from a TOML file."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from config.settings import SettingsError
from config.toml_reader import Problem, TableReader, parse_toml
from smsd.demo.mailbox import answer
from smsd.demo.stage import Stage, StageError

_LONGEST_S = 120.0


@dataclass(frozen=True)
class Text:
    """[[step]] do = "text": a citizen, or a robot, sends an SMS; in it, {code} is that phone's latest report."""

    do: Literal["text"]
    by: str
    text: str
    order: tuple[int, ...] = ()  # how the parts of a long one arrive; () as written
    copies: int = 1  # how often the network delivers it
    alphabet: Literal["gsm7", "ucs2", "auto"] = "auto"


@dataclass(frozen=True)
class Answer:
    """[[step]] do = "answer": the agency that has a report answers its mail."""

    do: Literal["answer"]
    report_of: str
    words: str
    nth: int = 1  # which report of that phone


@dataclass(frozen=True)
class Settle:
    """[[step]] do = "settle": wait until nothing is under way."""

    do: Literal["settle"]


@dataclass(frozen=True)
class Heading:
    """[[step]] do = "heading": a line for whoever watches."""

    do: Literal["heading"]
    words: str


Step = Text | Answer | Settle | Heading
_KINDS: dict[str, type[Step]] = {"text": Text, "answer": Answer, "settle": Settle, "heading": Heading}


def load_script(path: Path) -> list[Step]:
    """The steps; SettingsError with every problem."""
    reader = TableReader(path.parent)
    steps = []
    for number, table in enumerate(_tables(path), 1):
        where = f"{path}: [[step]] {number}:"
        kind = _KINDS.get(str(table.get("do")))
        if kind is None:
            reader.problems.append(Problem(where, f"do must be one of {', '.join(_KINDS)}"))
        elif (step := reader.read(kind, table, where)) is not None:
            steps.append(step)
    if reader.problems:
        raise SettingsError(reader.problems)
    return steps


def _tables(path: Path) -> list[dict[str, Any]]:
    try:
        found = parse_toml(path.read_text(encoding="utf-8")).get("step")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise SettingsError([Problem(str(path), f"is not valid TOML: {e}")]) from e
    if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
        raise SettingsError([Problem(str(path), "has no steps; begin each with [[step]]")])
    return found


async def play(stage: Stage, steps: list[Step], tell: Callable[[Step], None]) -> None:
    """Plays all steps, then waits until all is quiet; TimeoutError if a step takes longer than two minutes.

    `tell` hears of each step before it is played.
    """
    for step in [*steps, Settle("settle")]:
        async with asyncio.timeout(_LONGEST_S):
            if isinstance(step, Text) and "{code}" in step.text:
                step = replace(step, text=step.text.replace("{code}", await stage.code_of(step.by, -1)))
            tell(step)
            await _play(stage, step)


async def _play(stage: Stage, step: Step) -> None:
    match step:
        case Text():
            _send(stage, step)
        case Answer():
            code = await stage.code_of(step.report_of, step.nth)
            await answer(await stage.mailbox.about(code), step.words, stage.lmtp)
        case Settle():
            await stage.settled()
        case Heading():
            pass


def _send(stage: Stage, step: Text) -> None:
    alphabet = None if step.alphabet == "auto" else step.alphabet
    try:
        stage.simulator.network.text(
            step.by, step.text, order=step.order or None, copies=step.copies, alphabet=alphabet
        )
    except ValueError as e:
        raise StageError(f"the text of {step.by} cannot be sent: {e}") from e
