"""What all commands share: where the configuration is, and how results are shown."""

from __future__ import annotations

import asyncio
import getpass
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from config.settings import DEFAULT_PATH, Settings, load_settings
from smsd.store.database import CONNECTION_ERRORS, DatabaseUnreachable, open_database

T = TypeVar("T")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_LEAST_LAST = 20  # characters of a table's last column

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="SMSD_CONFIG",
    default=DEFAULT_PATH,
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
limit_option = click.option("--limit", type=click.IntRange(1, 1_000_000), help="At most so many.")


class NotSo(Exception):
    """What was asked for does not exist or is not possible; the message is one line with the cure."""


def with_database(config: Path, work: Callable[[Settings, asyncpg.Pool], Coroutine[Any, Any, T]]) -> T:
    """Runs `work` on the configured database."""

    async def connected() -> T:
        settings = load_settings(config)
        async with open_database(settings) as pool:
            return await work(settings, pool)

    try:
        return asyncio.run(connected())
    except CONNECTION_ERRORS as e:
        raise DatabaseUnreachable(f"the database went away ({e}); try again") from e


def operator() -> str:
    """Who acts, for the timeline; behind sudo the person, not root."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user without a name, in a container
        name = str(os.getuid())
    return f"operator:{name}"


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], as_json: bool, nothing: str) -> None:
    """A listing: JSON with all keys, or a table with those columns that fit."""
    if as_json:
        show_json([dict(row) for row in rows])
    elif not rows:
        click.echo(nothing)
    else:
        out = console()
        shown = _fitting([[cell(row[column]) for column in columns] for row in rows], columns, out.width)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in shown:
            table.add_column(column, no_wrap=column != columns[-1], overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell(row[column])) for column in shown))
        out.print(table)


def _fitting(cells: Sequence[Sequence[str]], columns: Sequence[str], width: int) -> list[str]:
    """As many columns as fit, from the left, and the last, which is wrapped into what they leave."""
    widths = [2 + max(map(len, (name, *texts))) for name, texts in zip(columns, zip(*cells, strict=True), strict=True)]
    filled = itertools.accumulate(widths[:-1])
    room = width - min(widths[-1], _LEAST_LAST)
    return [*(name for name, end in zip(columns, filled, strict=False) if end <= room), columns[-1]]


def grid(rows: Iterable[tuple[str, str]]) -> Table:
    """Two columns; what is long is wrapped within the second."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for left, right in rows:
        table.add_row(left, Text(printable(right)))
    return table


def show_json(document: object) -> None:
    """One JSON document, times as ISO 8601."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal's standard error, from what it is told: how many are done, of how many."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task(what, total=None, visible=False)
        yield lambda done, of: bar.update(task, completed=done, total=of, visible=True)


def console() -> Console:
    """Colours and the window's width on a terminal, plain and wide elsewhere."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def cell(value: object) -> str:
    """A value as a table shows it: times in the operator's own zone."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%d/%m %H:%M")
    return printable(" ".join(str(value).split()))


def printable(text: str) -> str:
    """Without what would command the operator's terminal: the text may be a citizen's."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def _plain(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
