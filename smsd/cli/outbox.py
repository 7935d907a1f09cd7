"""outbox list|retry: what waits to be sent, and what was given up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
import click

from config.settings import Settings
from smsd.cli.options import NotSo, config_option, json_option, limit_option, show, with_database
from smsd.store.queries import SQL

_KINDS = ("sms", "mail")
_COLUMNS = ("id", "state", "cause", "ticket", "attempts", "due_at", "error")
_STATES = ("queued", "sending", "sent", "delivered", "failed", "withheld")


@click.group()
def outbox() -> None:
    """SMS to citizens and mails to agencies."""


@outbox.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only in this state.")
@click.option("--all", "everything", is_flag=True, help="Also what was sent; else only what is open or given up.")
@limit_option
@json_option
@config_option
def list_outbox(state: str | None, everything: bool, limit: int | None, as_json: bool, config: Path) -> None:
    """List outgoing SMS and mails, oldest first."""

    async def fetch(_: Settings, pool: asyncpg.Pool) -> list[dict[str, Any]]:
        rows = []
        for kind in _KINDS:
            for row in await pool.fetch(SQL[f"list_outbox_{kind}"], state, everything, limit):
                rows.append(dict(row) | {"id": f"{kind}:{row['id']}"})
        return sorted(rows, key=lambda row: row["created_at"])[:limit]

    show(with_database(config, fetch), _COLUMNS, as_json, "nothing is open or given up")


@outbox.command()
@click.argument("ids", nargs=-1, required=True)
@config_option
def retry(ids: tuple[str, ...], config: Path) -> None:
    """Send again what was given up: IDS as `outbox list` shows them, like sms:12 mail:3."""
    for name in ids:
        kind, _, number = name.partition(":")
        if kind not in _KINDS or not number.isdigit():
            raise click.UsageError(f"{name!r} is no id; write it as `smsd outbox list` shows it, like sms:12")

    async def put_back(_: Settings, pool: asyncpg.Pool) -> None:
        for name in ids:
            kind, number = name.split(":")
            if await pool.fetchval(SQL[f"retry_{kind}"], int(number)) is None:
                raise NotSo(f"{name} was not given up; `smsd outbox list --state failed` shows what was")
            click.echo(f"{name}: queued")

    with_database(config, put_back)
