"""What people wrote goes into the database sealed and comes out of it as it was: codecs for the types sealed_*.

Python gives and gets texts, JSON and bytes; SQL sees boxes. Where a statement takes an array, `$1::sealed_text[]`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import asyncpg

from smsd.store.queries import SQL
from smsd.store.seal import Seal

_PURPOSE = "words"  # one for all columns: which one a box stands in, the database says


async def open_boxes(connection: asyncpg.Connection, seal: Seal) -> bool:
    """From now on this connection seals and opens; False where the database has no such types (yet).

    The first one in a new database says that its key is the current one. KeyFileError where the key that is current is
    not in the key file.
    """
    schema = await connection.fetchval(SQL["schema_of_boxes"])
    if schema is None:
        return False
    for name, encode, decode in (
        ("sealed_text", str.encode, bytes.decode),
        ("sealed_json", _json_bytes, json.loads),
        ("sealed_bytes", bytes, bytes),
    ):
        await connection.set_type_codec(
            name, schema=schema, format="tuple", encoder=_closer(seal, encode), decoder=_opener(seal, decode)
        )
    if await connection.fetchval(SQL["current_key"]) is None:
        await connection.execute(SQL["add_first_key"], seal.current.id)
    seal.use(await connection.fetchval(SQL["current_key"]))
    return True


def _closer(seal: Seal, encode: Callable[[Any], bytes]) -> Callable[[Any], tuple[bytes]]:
    return lambda value: (seal.close(encode(value), _PURPOSE),)


def _opener(seal: Seal, decode: Callable[[bytes], Any]) -> Callable[[tuple[bytes]], Any]:
    return lambda fields: decode(seal.open(fields[0], _PURPOSE))


def close_words(seal: Seal, clear: bytes) -> bytes:
    """The box for a column of these types, for where no codec can be: a migration."""
    return seal.close(clear, _PURPOSE)


def _json_bytes(value: Any) -> bytes:
    """What is text is JSON already: in an array a list would be one more dimension."""
    return (value if isinstance(value, str) else json.dumps(value)).encode()
