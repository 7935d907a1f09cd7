"""outbox list|retry: what waits to be sent, and what was given up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import asyncpg
import click

from config.settings import Settings
from smsd.cli.options import NotSo, config_option, json_option, limit_option, show, with_database
from smsd.store.queries import SQL

_KINDS = ("sms", "mail")
_ID = re.compile(r"(sms|mail):([0-9]{1,18})")
_COLUMNS = ("id", "state", "cause", "ticket", "attempts", "due_at", "error")
_SPARE = ("attempts", "cause")
_STATES = ("queued", "sending", "sent", "delivered", "failed", "withheld", "expired")


@click.group()
def outbox() -> None:
    """See what waits to be sent or was given up, and send it again."""


@outbox.command("list")
@click.option("--state", type=click.Choice(_STATES), metavar="STATE", help=f"Only in this state: {', '.join(_STATES)}.")
@click.option("--all", "everything", is_flag=True, help="Also what was sent; else only what is open or given up.")
@limit_option
@json_option
@config_option
def list_outbox(state: str | None, everything: bool, limit: int | None, as_json: bool, config: Path) -> None:
    """List outgoing SMS and mails, oldest first.

    Example: smsd outbox list --state failed
    """

    async def fetch(_: Settings, pool: asyncpg.Pool) -> list[dict[str, Any]]:
        rows = []
        for kind in _KINDS:
            for row in await pool.fetch(SQL[f"list_outbox_{kind}"], state, everything, limit):
                rows.append(dict(row) | {"id": f"{kind}:{row['id']}"})
        return sorted(rows, key=lambda row: row["created_at"])[:limit]

    show(with_database(config, fetch), _COLUMNS, as_json, "nothing is open or given up", spare=_SPARE)


@outbox.command()
@click.argument("ids", nargs=-1, required=True)
@config_option
def retry(ids: tuple[str, ...], config: Path) -> None:
    """Send again what was given up.

    IDS are as `outbox list` shows them. If one of them was not given up, the command says so and stops there.

    Example: smsd outbox retry sms:12 mail:3
    """
    rows = []
    for name in ids:
        if (found := _ID.fullmatch(name)) is None:
            raise click.UsageError(f"{name!r} is no id; write it as `smsd outbox list` shows it, like sms:12.")
        rows.append((found[1], int(found[2])))

    async def put_back(_: Settings, pool: asyncpg.Pool) -> None:
        for kind, number in rows:
            if await pool.fetchval(SQL[f"retry_{kind}"], number) is None:
                raise NotSo(f"{kind}:{number} was not given up; `smsd outbox list --state failed` shows what was")

    with_database(config, put_back)
    click.echo("\n".join(f"{name}: queued" for name in ids))
