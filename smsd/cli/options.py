"""What all commands share: where the configuration is, and how results are shown."""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click
from rich.console import Console
from rich.table import Table

from config.settings import DEFAULT_PATH, Settings, load_settings
from smsd.store.database import CONNECTION_ERRORS, DatabaseUnreachable, open_database

T = TypeVar("T")

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
limit_option = click.option("--limit", type=click.IntRange(min=1), help="At most so many.")


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
    """Who acts, for the timeline."""
    return f"operator:{getpass.getuser()}"


def show(rows: Sequence[Mapping[str, Any]], columns: Iterable[str], as_json: bool, nothing: str) -> None:
    """A listing: JSON with all keys, or a table with some."""
    if as_json:
        show_json([dict(row) for row in rows])
    elif not rows:
        click.echo(nothing)
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column)
        for row in rows:
            table.add_row(*(cell(row[column]) for column in columns))
        console().print(table)


def show_json(document: object) -> None:
    """One JSON document, times as ISO 8601."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def console() -> Console:
    """Colours and the window's width on a terminal, plain and wide elsewhere."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def cell(value: object) -> str:
    """A value as a table shows it: times in the operator's own zone."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%d/%m %H:%M")
    return " ".join(str(value).split())


def _plain(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
