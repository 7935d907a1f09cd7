"""agency list|resume: whom the gateway writes to, and which mailboxes do not take it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import click

from config.settings import Settings
from smsd.cli.options import NotSo, cell, config_option, json_option, limit_option, show, with_database
from smsd.office import open_router
from smsd.store.queries import SQL

_COLUMNS = ("code", "open", "late", "short_name", "email", "paused")
_SPARE = ("email", "short_name")


@click.group()
def agency() -> None:
    """See what agencies have to do, and which mailboxes take no mail."""


@agency.command("list")
@click.option("--paused", is_flag=True, help="Only those with a mailbox that bounced.")
@limit_option
@json_option
@config_option
def list_agencies(paused: bool, limit: int | None, as_json: bool, config: Path) -> None:
    """List the agencies that have open reports or a mailbox that bounced.

    A pause ends by itself, by an answer from that mailbox, or by `smsd agency resume`.

    Example: smsd agency list --paused
    """

    async def fetch(settings: Settings, pool: asyncpg.Pool) -> list[dict[str, Any]]:
        router = await asyncio.to_thread(open_router, settings)
        rows = []
        for row in await pool.fetch(SQL["list_agencies"], paused, limit):
            known = router.agencies.get(row["code"])
            short_name, region, emails = (known.short_name, known.region, known.emails) if known else ("", "", ())
            rows.append(dict(row) | {"short_name": short_name, "region": region, "email": "; ".join(emails)})
        return rows

    rows = with_database(config, fetch)
    nothing = "no mailbox is paused" if paused else "no agency has an open report or a mailbox that bounced"
    if as_json:
        show(rows, _COLUMNS, True, "")
    else:
        listed = [row | {"paused": "; ".join(map(_pause, row["paused"]))} for row in rows]
        show(listed, _COLUMNS, False, nothing, spare=_SPARE)


def _pause(pause: dict[str, Any]) -> str:
    """A mailbox, why nothing goes there, and until when; the time in the operator's own zone."""
    until = cell(datetime.fromisoformat(pause["until"])) if pause["until"] else "resumed"
    return f"{pause['address']} ({pause['status']}, until {until})"


@agency.command()
@click.argument("address")
@config_option
def resume(address: str, config: Path) -> None:
    """Write to a mailbox again that bounced.

    ADDRESS is as `agency list --paused` shows it. Do this when you know that it takes mail again.

    Example: smsd agency resume pupr@malangkota.example
    """

    async def work(_: Settings, pool: asyncpg.Pool) -> None:
        if await pool.fetchval(SQL["resume_contact"], address) is None:
            raise NotSo(f"{address} is not paused; `smsd agency list --paused` shows what is")

    with_database(config, work)
    click.echo(f"{address}: written to again")
