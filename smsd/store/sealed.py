"""What people wrote goes into the database sealed and comes out of it as it was: the codec of the type `sealed`.

Python gives and gets texts, bytes, and what JSON can say; SQL sees boxes. An array is `$1::sealed[]`.
"""

from __future__ import annotations

import json
from typing import Any

import asyncpg

from smsd.store.queries import SQL
from smsd.store.seal import Seal

WORDS = "words"  # one for all columns: which one a box stands in, the database says


class Json(str):
    """JSON that is written already: within an array a list would be taken for one more dimension."""

    __slots__ = ()


async def open_boxes(connection: asyncpg.Connection, seal: Seal) -> None:
    """From now on this connection seals and opens. Its database has the type `sealed`.

    The first one in a new database says that its key is the current one. KeyFileError where the key that is current is
    not in the key file.
    """
    await connection.set_type_codec(
        "sealed",
        schema=await connection.fetchval(SQL["schema_of_sealed"]),
        format="tuple",
        encoder=lambda value: (_close(seal, value),),
        decoder=lambda fields: _open(seal, fields[0]),
    )
    if await connection.fetchval(SQL["current_key"]) is None:
        await connection.execute(SQL["add_first_key"], seal.current.id)
    seal.use(await connection.fetchval(SQL["current_key"]))


def close_as(kind: str, clear: bytes, seal: Seal) -> bytes:
    """The box of something whose `kind` is known: t text, j JSON, b bytes."""
    return seal.close(kind.encode() + clear, WORDS)


def _close(seal: Seal, value: Any) -> bytes:
    if isinstance(value, bytes):
        return close_as("b", value, seal)
    if isinstance(value, str):
        return close_as("j" if isinstance(value, Json) else "t", value.encode(), seal)
    return close_as("j", json.dumps(value).encode(), seal)


def _open(seal: Seal, box: bytes) -> Any:
    clear = seal.open(box, WORDS)
    match clear[:1]:
        case b"t":
            return clear[1:].decode()
        case b"j":
            return json.loads(clear[1:])
        case _:
            return clear[1:]
