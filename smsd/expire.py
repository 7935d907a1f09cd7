"""What nobody waits for any longer: questions not answered in time, and SMS not sent in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import structlog

from smsd.desk.reports import place_unknown
from smsd.desk.rules import Desk, Ticket
from smsd.desk.talk import Ids
from smsd.store.queries import SQL
from smsd.writes import ClosedQuestion, SmsLimits, Writes, reserve_ids, store

log = structlog.get_logger()


async def expire_questions(pool: asyncpg.Pool, desk: Desk, limits: SmsLimits) -> int:
    """Closes up to 100 questions whose time is over; how many. Where nobody said where, a person takes the report."""
    now = datetime.now(UTC)
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(SQL["expired_questions"], now)
        if not rows:
            return 0
        found = await connection.fetch(SQL["tickets_of_ids"], [row["ticket_id"] for row in rows])
        tickets = {ticket["id"]: Ticket(**ticket) for ticket in found}
        ids = Ids(iter(()), iter(await reserve_ids(connection, "dispatch", len(rows))))
        writes = Writes()
        for row in rows:
            ticket, kind = tickets[row["ticket_id"]], row["kind"]
            if kind == "tempat":
                writes.add(place_unknown(desk, ticket, now, ids))
            else:
                writes.closed.append(ClosedQuestion(ticket.id, now, "expired", kind))
            log.info("question.expired", ticket=ticket.code, question=kind)
        for phone_id in await store(connection, writes, limits):
            log.warning("sms.withheld", phone=phone_id)
    return len(rows)


async def expire_sms(pool: asyncpg.Pool, valid: timedelta) -> int:
    """Leaves up to 100 SMS that could not be sent while they were of use, and tells of each; how many."""
    rows = await pool.fetch(SQL["expire_sms"], datetime.now(UTC) - valid)
    for row in rows:
        cure = f"smsd outbox retry sms:{row['id']}"
        log.error("sms.expired", sms=row["id"], cause=row["cause"], ticket=row["ticket"], error=row["error"], cure=cure)
    return len(rows)
