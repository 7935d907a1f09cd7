"""A play: what citizens text and agencies answer, in order, from a TOML file."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from config.settings import SettingsError
from config.toml_reader import Problem, TableReader
from smsd.demo.mailbox import answer
from smsd.demo.stage import Stage

_LONGEST_S = 120.0


@dataclass(frozen=True)
class Text:
    """[[step]] do = "text": a citizen, or a robot, sends an SMS."""

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


Step = Text | Answer | Settle
_KINDS: dict[str, type[Step]] = {"text": Text, "answer": Answer, "settle": Settle}


def load_script(path: Path) -> list[Step]:
    """The steps; SettingsError with every problem."""
    reader = TableReader(path.parent)
    steps = []
    for number, table in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["step"], 1):
        where = f"{path}: [[step]] {number}:"
        kind = _KINDS.get(table.get("do", ""))
        if kind is None:
            reader.problems.append(Problem(where, f"do must be one of {', '.join(_KINDS)}"))
        elif (step := reader.read(kind, table, where)) is not None:
            steps.append(step)
    if reader.problems:
        raise SettingsError(reader.problems)
    return steps


async def play(stage: Stage, steps: list[Step], tell: Callable[[Step], None]) -> None:
    """Plays all steps, then waits until all is quiet; TimeoutError if a step takes longer than two minutes.

    `tell` hears of each step before it is played.
    """
    for step in [*steps, Settle("settle")]:
        tell(step)
        async with asyncio.timeout(_LONGEST_S):
            await _play(stage, step)


async def _play(stage: Stage, step: Step) -> None:
    match step:
        case Text():
            stage.simulator.network.text(
                step.by,
                step.text,
                order=step.order or None,
                copies=step.copies,
                alphabet=None if step.alphabet == "auto" else step.alphabet,
            )
        case Answer():
            code = await stage.code_of(step.report_of, step.nth)
            await answer(await stage.mailbox.about(code), step.words, stage.lmtp)
        case Settle():
            await stage.settled()
