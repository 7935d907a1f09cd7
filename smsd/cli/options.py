"""What all commands share: where the configuration is, and how results are shown."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import re
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from config.settings import DEFAULT_PATH, Settings, load_settings
from smsd import journal
from smsd.store.database import CONNECTION_ERRORS, DatabaseUnreachable, open_database

T = TypeVar("T")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_LEAST_LAST = 12  # characters of a table's last column
_PIPE = 100_000  # characters of a line that no terminal shows

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
    journal.configure_command()

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


def show(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    as_json: bool,
    nothing: str,
    *,
    spare: Sequence[str] = (),
) -> None:
    """A listing: JSON with all keys; in a pipe one line a row with all columns; on a terminal what fits.

    What does not fit: first the `spare` columns are left out, in their order; then each row becomes a block of lines.
    """
    if as_json:
        show_json([dict(row) for row in rows])
    elif not rows:
        click.echo(nothing)
    elif not sys.stdout.isatty():
        click.echo("\n".join(_lines([columns, *([cell(row[column]) for column in columns] for row in rows)])))
    else:
        _show_on_terminal([{column: cell(row[column]) for column in columns} for row in rows], columns, spare)


def _lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns below each other, as wide as they need."""
    widths = [max(map(cell_len, texts)) for texts in zip(*rows, strict=True)]
    for row in rows:
        padded = (set_cell_size(text, width) for text, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _show_on_terminal(rows: Sequence[Mapping[str, str]], columns: Sequence[str], spare: Sequence[str]) -> None:
    out = console()
    needed = {name: 2 + max(cell_len(name), *(cell_len(row[name]) for row in rows)) for name in columns}
    needed[columns[-1]] = min(needed[columns[-1]] - 2, _LEAST_LAST)
    left_out = set[str]()
    for name in spare:
        if sum(width for column, width in needed.items() if column not in left_out) > out.width:
            left_out.add(name)
    shown = [name for name in columns if name not in left_out]
    if sum(needed[name] for name in shown) > out.width:
        for row in rows:
            out.print(grid((name, row[name]) for name in columns if row[name]))
            out.print()
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in shown:
        table.add_column(name, no_wrap=name != columns[-1], overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[name]) for name in shown))
    out.print(table)


def grid(rows: Iterable[tuple[str, str]]) -> RenderableType:
    """Two columns; on a terminal what is long is wrapped within the second, elsewhere a row is a line."""
    pairs = [(left, printable(right)) for left, right in rows]
    if not sys.stdout.isatty():
        return Text("\n".join(_lines([(left, " ".join(right.split())) for left, right in pairs])) if pairs else "")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for left, right in pairs:
        table.add_row(left, Text(right))
    return table


def shortened(text: str, most: int) -> str:
    """In one line; on a terminal at most so many characters of it, elsewhere all."""
    words = " ".join(text.split())
    return words if len(words) <= most or not sys.stdout.isatty() else words[: most - 1] + "…"


def show_json(document: object) -> None:
    """One JSON document, times as ISO 8601."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def console() -> Console:
    """Colours and the window's width on a terminal; elsewhere plain, and nothing is broken into lines."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE)


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
