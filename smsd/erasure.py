"""Words and numbers made unreadable for good: because somebody asked, or because their time is over.

What happened, when, and who did it stays: numbers of rows, codes, states, moments. What people wrote goes, in every
table; where a column must have something, ERASED stands there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import structlog

from config.settings import Privacy
from parser.pdu_fields import write_address
from smsd.store.queries import PRIVACY, SQL
from smsd.store.seal import Seal
from smsd.store.sealed import Json
from smsd.writes import Event, SmsLimits, Writes, store

log = structlog.get_logger()

ERASED = "[dihapus]"
_NO_SMS = SmsLimits(0, 0)
_LOOK_EVERY_S = 3600.0


class StillBusy(Exception):
    """Something is under way that must end first; one line with the cure."""


@dataclass(frozen=True)
class Erased:
    """What was erased, and who else has it: agencies with the mailboxes that our mails went to."""

    tickets: Sequence[str]
    messages: int
    recipients: Sequence[tuple[str, str]]


async def erase_phone(connection: asyncpg.Connection, seal: Seal, phone_id: int, actor: str, reason: str) -> Erased:
    """All that is kept about one number, and the number; in the caller's transaction. Raises StillBusy."""
    phone = await connection.fetchrow(PRIVACY["lock_phone"], phone_id)
    _refuse_busy(await connection.fetchrow(PRIVACY["busy_of_phone"], phone_id))
    tickets = await connection.fetch(PRIVACY["tickets_of_phone"], phone_id)
    recipients = [tuple(row) for row in await connection.fetch(PRIVACY["recipients_of_phone"], phone_id)]
    messages = await erase_tickets(connection, [row["id"] for row in tickets], "erased", actor, {"reason": reason})
    messages += len(await connection.fetch(PRIVACY["erase_messages_of_phone"], phone_id, ERASED))
    await connection.execute(PRIVACY["erase_parts_of_phone"], phone_id)
    await connection.execute(PRIVACY["erase_sms_of_phone"], phone_id, ERASED)
    await _erase_from_quarantine(connection, seal, seal.open(phone["address_sealed"], "phone").decode())
    for statement in ("erase_one_off", "erase_questions", "erase_request_reasons", "erase_phone"):
        await connection.execute(PRIVACY[statement], phone_id)
    return Erased([row["code"] for row in tickets], messages, recipients)


def _refuse_busy(busy: asyncpg.Record) -> None:
    if busy["open"]:
        codes = ", ".join(busy["open"])
        cure = (
            "close it first (`smsd ticket status CODE diarsipkan --note ...`), for no agency could answer it any more"
        )
        raise StillBusy(f"still open: report {codes}; {cure}")
    if waiting := sum(busy[name] for name in ("unread", "parts", "sending", "mails")):
        raise StillBusy(f"{waiting} messages of or to this number are under way; try again in a minute")


async def erase_tickets(
    connection: asyncpg.Connection, ids: Sequence[int], kind: str, actor: str, data: dict[str, Any]
) -> int:
    """All words about these reports, wherever they stand, but the number; the timeline says that it happened. How many
    SMS of citizens that were."""
    await connection.execute(PRIVACY["erase_tickets"], ids, ERASED, Json("[]"))
    await connection.execute(PRIVACY["erase_events"], ids)
    messages = await connection.fetch(PRIVACY["erase_messages_of_tickets"], ids, ERASED)
    await connection.execute(PRIVACY["erase_parts"], [row["id"] for row in messages])
    await connection.execute(PRIVACY["erase_sms_of_tickets"], ids, ERASED)
    await connection.execute(PRIVACY["erase_mails"], ids, ERASED)
    answers = await connection.fetch(PRIVACY["erase_answers"], ids, b"", "")
    await connection.execute(PRIVACY["erase_attachments"], [row["id"] for row in answers], ERASED)
    now: datetime = await connection.fetchval(SQL["now"])
    await store(connection, Writes(events=[Event(each, now, kind, actor, data=data) for each in ids]), _NO_SMS)
    return len(messages)


async def _erase_from_quarantine(connection: asyncpg.Connection, seal: Seal, number: str) -> None:
    """PDUs that nobody could read, in which the number stands as a PDU has it, or as people write it."""
    packed, digits, last = write_address(number)[2:].hex(), number.removeprefix("+").encode(), 0
    while rows := await connection.fetch(PRIVACY["quarantined_pdus"], last):
        opened = [(row["id"], seal.open(row["raw_sealed"], "quarantine").lower()) for row in rows]
        found = [number for number, raw in opened if packed.encode() in raw or digits in raw]
        await connection.execute(PRIVACY["erase_quarantine"], found)
        last = rows[-1]["id"]


class Retention:
    """Erases what has been kept long enough; `step` is one transaction. An open report is never touched."""

    def __init__(self, pool: asyncpg.Pool, privacy: Privacy, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._days = {
            "pengaduan": privacy.retention_pengaduan,
            "pengawasan": privacy.retention_pengawasan,
            "informasi": privacy.retention_informasi,
            "aspirasi": privacy.retention_aspirasi,
        }
        self._other_days = privacy.retention_other
        self._clock = clock
        self._next = clock()

    async def step(self) -> int:
        """How much was erased; having found nothing it looks again in an hour."""
        if self._clock() < self._next:
            return 0
        done = 0
        for klass, days in self._days.items():
            done += await self._tickets(klass, days)
        done += await self._others()
        if not done:
            self._next = self._clock() + _LOOK_EVERY_S
        return done

    async def _tickets(self, klass: str, days: int) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            before = await connection.fetchval(SQL["now"]) - timedelta(days=days)
            rows = await connection.fetch(PRIVACY["tickets_to_forget"], klass, before)
            if rows:
                ids = [row["id"] for row in rows]
                await erase_tickets(connection, ids, "retention", "gateway", {"days": days})
        for row in rows:
            log.info("privacy.retention_over", ticket=row["code"], days=days)
        return len(rows)

    async def _others(self) -> int:
        """What became of no report; and phones of which nothing is left."""
        done = 0
        async with self._pool.acquire() as connection, connection.transaction():
            before = await connection.fetchval(SQL["now"]) - timedelta(days=self._other_days)
            if ids := await _ids(connection, "messages_to_forget", before):
                await connection.execute(PRIVACY["erase_messages"], ids, ERASED)
                await connection.execute(PRIVACY["erase_parts"], ids)
                done += len(ids)
            if ids := await _ids(connection, "sms_to_forget", before):
                await connection.execute(PRIVACY["erase_sms"], ids, ERASED)
                done += len(ids)
            if ids := await _ids(connection, "mails_to_forget", before):
                await connection.execute(PRIVACY["erase_mails_in"], ids, b"", "")
                await connection.execute(PRIVACY["erase_attachments"], ids, ERASED)
                done += len(ids)
            done += len(await _ids(connection, "forget_quarantine", before))
            for phone in await _ids(connection, "phones_to_forget", before):
                await connection.execute(PRIVACY["erase_parts_of_phone"], phone)
                await connection.execute(PRIVACY["erase_one_off"], phone)
                await connection.execute(PRIVACY["erase_questions"], phone)
                await connection.execute(PRIVACY["erase_phone"], phone)
                done += 1
        return done


async def _ids(connection: asyncpg.Connection, statement: str, before: datetime) -> list[int]:
    return [row["id"] for row in await connection.fetch(PRIVACY[statement], before)]
