"""What happens because time has passed: deadlines, questions without an answer, answers that nobody reads.

The database's clock is the one that counts: several processes on several machines share it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta

import asyncpg
import structlog

from smsd.contacts import as_of_now
from smsd.desk.clock import answer_unread, ask_about_ombudsman, close_by_silence, is_daytime, question_unanswered, step
from smsd.desk.reports import place_unknown
from smsd.desk.rules import Desk, Ticket
from smsd.desk.talk import Ids
from smsd.kill_points import reach
from smsd.store.queries import SQL
from smsd.writes import ClosedQuestion, Event, SmsLimits, Writes, reserve_ids, store

log = structlog.get_logger()

_Decide = Callable[[Desk, Ticket, asyncpg.Record, datetime, Ids], Writes]


class Clocks:
    """Does what is due; one `step` does up to a hundred things of each kind, each kind in its own transaction."""

    def __init__(self, pool: asyncpg.Pool, desk: Desk, limits: SmsLimits) -> None:
        self._pool = pool
        self._desk = desk
        self._limits = limits

    async def step(self) -> int:
        """How much there was to do."""
        now = (await self._pool.fetchval(SQL["now"])).astimezone(self._desk.zone)
        day = is_daytime(now)
        done = await self._each("expired_questions", _expire, day)
        done += await self._each("due_steps", _take_step)
        if not day:  # no phone rings at midnight
            return done
        done += await self._each("unread_answers", _tell_unread)
        today = datetime.combine(now.date(), time(), self._desk.zone)
        long_ago = today - timedelta(days=self._desk.deadlines.ombudsman_days)
        return done + await self._each("old_tickets", _ask, long_ago, today)

    async def _each(self, query: str, decide: _Decide, *arguments: object) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(SQL[query], *arguments)
            if not rows:
                return 0
            tickets = {
                row["id"]: Ticket(**row)
                for row in await connection.fetch(SQL["tickets_of_ids"], [row["ticket_id"] for row in rows])
            }
            desk = await as_of_now(connection, self._desk)
            ids = Ids(iter(()), iter(await reserve_ids(connection, "dispatch", len(rows))))
            writes = Writes()
            for row in rows:
                writes.add(decide(desk, tickets[row["ticket_id"]], row, row["now"], ids))
            for each in await store(connection, writes, self._limits):
                log.warning("sms.withheld", phone=each.phone, ticket=each.ticket)
            if query == "unread_answers":
                await connection.execute(SQL["tell_unread"], [row["id"] for row in rows])
            reach("clock.decided")
        reach("clock.committed")
        return len(rows)


def _expire(desk: Desk, ticket: Ticket, row: asyncpg.Record, now: datetime, ids: Ids) -> Writes:
    """A question whose time is over. Where nobody said where, a person takes the report."""
    kind = row["kind"]
    log.info("question.expired", ticket=ticket.code, question=kind)
    if kind == "tempat":
        return place_unknown(desk, ticket, now, ids)
    writes = Writes(closed=[ClosedQuestion(ticket.id, now, "expired", kind)])
    if kind == "beres":
        writes.add(close_by_silence(desk, ticket, now))
    if kind == "jawaban":
        writes.add(question_unanswered(desk, ticket, now))
    return writes


def _take_step(desk: Desk, ticket: Ticket, row: asyncpg.Record, now: datetime, ids: Ids) -> Writes:
    writes = step(desk, ticket, row["next_step"], now, ids.dispatches)
    _tell(writes.events, ticket)
    return writes


def _tell(events: Iterable[Event], ticket: Ticket) -> None:
    facts = {"ticket": ticket.code, "agency": ticket.agency, "due_for": ticket.due_for}
    for event in events:
        match event.kind:
            case "reminded":
                log.info("ticket.reminded", **facts)
            case "late":
                log.warning("ticket.late", **facts)
            case "overdue":
                log.error("ticket.overdue", **facts, cure="call the agency, or `smsd ticket assign` another one")


def _tell_unread(desk: Desk, ticket: Ticket, row: asyncpg.Record, now: datetime, _: Ids) -> Writes:
    cure = f"smsd inbox show {row['id']}"
    log.error("mail.unread", ticket=ticket.code, agency=ticket.agency, inbound_mail=row["id"], cure=cure)
    return answer_unread(desk, ticket, now)


def _ask(desk: Desk, ticket: Ticket, _: asyncpg.Record, now: datetime, __: Ids) -> Writes:
    log.info("ticket.ombudsman_asked", ticket=ticket.code, agency=ticket.agency)
    return ask_about_ombudsman(desk, ticket, now)
