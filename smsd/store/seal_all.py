"""The step from schema version 4 to 5 that needs the key: what 0005.sql has gathered is sealed."""

from __future__ import annotations

import asyncpg

from smsd.store.queries import SEAL_ALL
from smsd.store.seal import Seal
from smsd.store.sealed import close_as
from smsd.tell import Tell, silent

_AT_ONCE = 2_000


async def seal_all(connection: asyncpg.Connection, seal: Seal, tell: Tell = silent) -> None:
    """In the transaction of the migration, so that a kill leaves the database as it was."""
    count = await connection.fetchval(SEAL_ALL["count_to_seal"])
    last = 0
    while rows := await connection.fetch(SEAL_ALL["to_seal"], last, _AT_ONCE):
        boxes = [_box(seal, row["clear"], row["was"], row["kind"]) for row in rows]
        await connection.execute(SEAL_ALL["put_boxes"], [row["n"] for row in rows], boxes)
        last = rows[-1]["n"]
        tell(len(rows), count)


def _box(seal: Seal, clear: bytes, was: str | None, kind: str) -> bytes:
    return close_as(kind, clear, seal) if was is None else seal.close(seal.open_old(clear, was), was)
