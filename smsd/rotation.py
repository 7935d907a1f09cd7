"""Changing the key while the service runs: announced, everything sealed anew in batches, and then the old one removed.

    rotate-key            a second key stands in the file -> the database says that it is current -> box by box
    rotate-key --finish   nothing is sealed by the old one, and nobody can have it in hand: it leaves the file

Every step can be killed and asked for again: what is done says so itself, by the key that each box begins with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg
import structlog

from parser.pdu import Deliver, identity
from smsd.parts import read_pdu
from smsd.store.queries import PRIVACY, SQL
from smsd.store.seal import Seal
from smsd.store.sealed import WORDS

log = structlog.get_logger()

Tell = Callable[[int, int], None]  # how many boxes are done, of how many
_AT_ONCE = 500  # rows of one transaction: a few hundredths of a second for whoever waits for one of them
_BUSY_S = 0.2  # before another look at rows that somebody works on
_ROUNDS_MOST = 50


@dataclass(frozen=True)
class _Table:
    """What is sealed in it, by column, and for what; and the column of which a hash stands beside it."""

    name: str
    sealed: Mapping[str, str]
    hashed: str | None = None


_TABLES = (
    _Table("phone", {"address_sealed": "phone"}, "address_sealed"),
    _Table("inbound_part", {"pdu_sealed": "pdu"}, "pdu_sealed"),
    _Table("quarantine", {"raw_sealed": "quarantine", "error": WORDS}, "raw_sealed"),
    _Table("inbound_message", {"text": WORDS, "error": WORDS}),
    _Table("ticket", {"text": WORDS, "reasons": WORDS}),
    _Table("ticket_event", {"text": WORDS, "words": WORDS, "sets_text": WORDS, "sets_reasons": WORDS}),
    _Table("outbox_sms", {"text": WORDS}),
    _Table("outbox_mail", {"extra_text": WORDS, "error": WORDS}),
    _Table("inbound_mail", dict.fromkeys(("envelope_sender", "raw", "error", "sender", "subject"), WORDS)),
    _Table("mail_attachment", {"name": WORDS}),
    _Table("privacy_request", {"reason": WORDS}),
)


async def follow_key(pool: asyncpg.Pool, seal: Seal) -> int:
    """A step of the daemon: seals by the key that is current in the database. KeyFileError where it is not in the file:
    then the process must end, and gets the file anew where systemd hands it over."""
    key = await pool.fetchval(SQL["current_key"])
    if key is not None and key != seal.current.id:
        seal.use(key)
        log.info("privacy.key_changed", key=key.hex())
    return 0


async def announce(pool: asyncpg.Pool, seal: Seal, key_id: bytes) -> None:
    """From the commit on, numbers are hashed by this key alone; texts as soon as each process has heard of it."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(PRIVACY["retire_current_key"])
        await connection.execute(PRIVACY["set_current_key"], key_id)
        await connection.execute(PRIVACY["tell_new_key"])
    seal.use(key_id)


async def old_boxes(pool: asyncpg.Pool, key_id: bytes) -> int:
    """How many boxes another key than this one has sealed."""
    rows = await pool.fetch(PRIVACY["boxes_by_key"])
    return sum(row["count"] for row in rows if row["key"] != key_id)


async def seal_anew(pool: asyncpg.Pool, seal: Seal, tell: Tell) -> int:
    """Until no box is left that another key has sealed; how many still are, where others hold rows all the time."""
    total = left = await old_boxes(pool, seal.current.id)
    for _ in range(_ROUNDS_MOST):
        for table in _TABLES:
            last = 0
            while (batch := await _batch(pool, seal, table, last)) is not None:
                last, boxes = batch
                tell(boxes, total)
        left = await old_boxes(pool, seal.current.id)
        if not left:
            break
        await asyncio.sleep(_BUSY_S)
    return left


async def _batch(pool: asyncpg.Pool, seal: Seal, table: _Table, after: int) -> tuple[int, int] | None:
    """Seals the next rows of a table; the last one's number, and how many boxes that were."""
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(PRIVACY[f"old_{table.name}"], after, seal.current.id, _AT_ONCE)
        if not rows:
            return None
        columns = [[row["id"] for row in rows]]
        clear = {
            name: [None if row[name] is None else seal.open(row[name], purpose) for row in rows]
            for name, purpose in table.sealed.items()
        }
        columns += [
            [None if each is None else seal.close(each, purpose) for each in clear[name]]
            for name, purpose in table.sealed.items()
        ]
        if table.hashed:
            columns.append([_hash(seal, table, each) for each in clear[table.hashed] if each is not None])
        await connection.execute(PRIVACY[f"new_{table.name}"], *columns)
    return rows[-1]["id"], sum(each is not None for boxes in columns[1 : 1 + len(clear)] for each in boxes)


def _hash(seal: Seal, table: _Table, clear: bytes) -> bytes:
    """As whoever wrote the row first has made it."""
    if table.name != "inbound_part":
        return seal.hash(clear, table.sealed[table.hashed or ""])
    content = read_pdu(clear.hex())
    assert isinstance(content, Deliver), "only SMS-DELIVER is stored as a part"
    return seal.hash(identity(content), "part")


def another_key(seal: Seal, known: Sequence[bytes]) -> bytes | None:
    """A key of the file that has never been the current one: an earlier run was cut short, or `--prepare` made it."""
    return next((key.id for key in seal.keys if key.id not in known), None)
