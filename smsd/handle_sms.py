"""From a joined SMS to what it causes: a ticket, or the answer to a command. Many at a time, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import structlog

from parser.sms import Complaint, Intent, read_sms
from smsd.backoff import next_try
from smsd.desk.citizen import answer, open_ticket
from smsd.desk.rules import Desk, Inbound, Ticket
from smsd.store.database import CONNECTION_ERRORS
from smsd.store.queries import SQL
from smsd.writes import NewTicket, Writes, reserve_ids, store

log = structlog.get_logger()

_BATCH = 50


@dataclass(frozen=True)
class Limits:
    """See config.settings.Limits."""

    automatic_per_hour: int
    attempts: int


class SmsHandler:
    """Claims joined SMS and has the desk decide; `step` is one transaction."""

    def __init__(self, pool: asyncpg.Pool, desk: Desk, limits: Limits) -> None:
        self._pool = pool
        self._desk = desk
        self._limits = limits

    async def step(self) -> int:
        """Handles up to 50 SMS; how many there were. If one spoils the batch, each is handled by itself."""
        try:
            return await self._handle(_BATCH)
        except CONNECTION_ERRORS:
            raise
        except Exception as e:  # noqa: BLE001  whatever it is, it must not stop the loop: singled out below
            log.warning("sms.batch_failed", error=type(e).__name__)
            return await self._handle_singly()

    async def _handle(self, most: int) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(SQL["claim_messages"], most)
            if rows:
                await self._decide(connection, rows)
        return len(rows)

    async def _handle_singly(self) -> int:
        async with self._pool.acquire() as connection:
            for _ in range(_BATCH):
                async with connection.transaction():
                    rows = await connection.fetch(SQL["claim_messages"], 1)
                    if not rows:
                        break
                    await self._handle_one(connection, rows[0])
        return 1

    async def _handle_one(self, connection: asyncpg.Connection, row: asyncpg.Record) -> None:
        try:
            async with connection.transaction():  # a savepoint: what failed is undone, the claim is kept
                await self._decide(connection, [row])
        except CONNECTION_ERRORS:
            raise
        except Exception as e:  # noqa: BLE001  invariant 5: quarantined with its error, the rest goes on
            error = type(e).__name__  # all that is logged: the sentence may hold the citizen's words
            due_at = next_try(datetime.now(UTC), row["attempts"] + 1)
            state = await connection.fetchval(
                SQL["fail_message"], row["id"], f"{error}: {e}", due_at, self._limits.attempts
            )
            log.error("sms.quarantined" if state == "quarantined" else "sms.failed", message=row["id"], error=error)

    async def _decide(self, connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> None:
        now = datetime.now(UTC)
        rows, intents = _settle_order(rows, [_read(row) for row in rows])
        complaints = sum(isinstance(intent, Complaint) for intent in intents)
        ticket_ids = iter(await reserve_ids(connection, "ticket", complaints) if complaints else [])
        dispatch_ids = iter(await reserve_ids(connection, "dispatch", complaints) if complaints else [])
        asking = [r["phone_id"] for r, i in zip(rows, intents, strict=True) if i and not isinstance(i, Complaint)]
        tickets = await _tickets(connection, asking)
        writes = Writes()
        for row, intent in zip(rows, intents, strict=True):
            message = Inbound(row["id"], row["phone_id"], row["text"])
            if isinstance(intent, Complaint):
                decision = self._desk.router.classify(intent.text)
                writes.add(open_ticket(self._desk, message, decision, now, ticket_ids, dispatch_ids))
            elif intent is not None:
                writes.add(answer(self._desk, message, intent, tickets.get(message.phone_id, []), now))
        outcomes = [_outcome(row, intent) for row, intent in zip(rows, intents, strict=True)]
        withheld = await store(connection, writes, self._limits.automatic_per_hour)
        await connection.execute(SQL["settle_messages"], [row["id"] for row in rows], outcomes)
        _tell(rows, outcomes, writes.tickets, withheld)


def _read(row: asyncpg.Record) -> Intent | None:
    """What the SMS means; None for what nobody must answer: a robot's, or one without any text."""
    return read_sms(row["text"]) if row["answerable"] and row["text"].strip() else None


def _settle_order(
    rows: Sequence[asyncpg.Record], intents: Sequence[Intent | None]
) -> tuple[list[asyncpg.Record], list[Intent | None]]:
    """Leaves for the next batch a command of a phone that has an earlier SMS in this one: it may be about that."""
    seen: set[int] = set()
    kept = []
    for row, intent in zip(rows, intents, strict=True):
        if row["phone_id"] not in seen or isinstance(intent, Complaint):
            kept.append((row, intent))
        seen.add(row["phone_id"])
    return [row for row, _ in kept], [intent for _, intent in kept]


async def _tickets(connection: asyncpg.Connection, phones: Sequence[int]) -> dict[int, list[Ticket]]:
    found: dict[int, list[Ticket]] = {}
    for row in await connection.fetch(SQL["tickets_of_phones"], phones) if phones else ():
        found.setdefault(row["phone_id"], []).append(Ticket(**row))
    return found


def _outcome(row: asyncpg.Record, intent: Intent | None) -> str:
    if intent is not None:
        return type(intent).__name__.lower()
    return "empty" if row["answerable"] else "robot"


def _tell(
    rows: Sequence[asyncpg.Record], outcomes: Sequence[str], tickets: Sequence[NewTicket], withheld: Sequence[int]
) -> None:
    """One canonical line per message."""
    opened = {ticket.message_id: ticket for ticket in tickets}
    for row, outcome in zip(rows, outcomes, strict=True):
        ticket = opened.get(row["id"])
        facts = {"ticket": ticket.code, "topic": ticket.topic, "place": ticket.place} if ticket else {}
        event = "ticket.opened" if ticket else "sms.handled"
        log.info(event, message=row["id"], outcome=outcome, after_s=round(row["age_s"], 3), **facts)
    for phone_id in withheld:
        log.warning("sms.withheld", phone=phone_id)
