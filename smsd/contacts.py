"""Which mailboxes of agencies are written to now: those that bounced rest."""

from __future__ import annotations

from dataclasses import replace

import asyncpg

from smsd.desk.rules import Desk
from smsd.store.queries import SQL


async def as_of_now(connection: asyncpg.Connection, desk: Desk) -> Desk:
    """The desk as it is to be asked in this transaction."""
    rows = await connection.fetch(SQL["paused_addresses"])
    return replace(desk, paused=frozenset(row["address"] for row in rows))
