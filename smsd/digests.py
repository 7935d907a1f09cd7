"""Every working morning one mail to each agency that has open tickets, and once a week one to its superior."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import asyncpg
import structlog

from routing.agencies import Agency
from smsd.contacts import as_of_now
from smsd.desk.rules import Desk
from smsd.store.queries import SQL
from smsd.writes import NewDigest, SmsLimits, Writes, store

log = structlog.get_logger()

_WEEK = timedelta(days=7)


class DigestWriter:
    """`step` writes the digests of one agency. What was written stays as it was, however late it is sent."""

    def __init__(self, pool: asyncpg.Pool, desk: Desk, at: time) -> None:
        self._pool = pool
        self._desk = desk
        self._at = at
        self._done: date | None = None  # nothing is left to write on this day

    async def step(self) -> int:
        """How many agencies there were: 1, or 0 outside the morning of a working day."""
        now = await self._pool.fetchval(SQL["now"])
        local = now.astimezone(self._desk.zone)
        if self._done == local.date() or local.time() < self._at:
            return 0
        if not self._desk.deadlines.is_office_day(now, self._desk.zone):
            self._done = local.date()
            return 0
        async with self._pool.acquire() as connection, connection.transaction():
            # What comes during the day has a mail of its own, and no agency gets two at once because we start anew.
            morning = datetime.combine(local.date(), self._at, local.tzinfo)
            code = await connection.fetchval(SQL["agency_without_digest"], local.date(), morning)
            if code is None:
                self._done = local.date()
                return 0
            await self._write(connection, code, now, local.date())
        return 1

    async def _write(self, connection: asyncpg.Connection, code: str, now: datetime, day: date) -> None:
        desk = await as_of_now(connection, self._desk)
        agency = desk.router.agencies.get(code) or replace(desk.triage, code=code, superior_email=None)
        rows = await connection.fetch(SQL["open_tickets_of_agency"], code)
        address = next((each for each in agency.emails if each not in desk.paused), "")
        lines = [_line(row) for row in rows]
        digests = [self._digest(agency, "rekap", day, address, {"lines": lines})]
        if self._begins_week(now) and agency.superior_email and agency.superior_email not in desk.paused:
            counts = await connection.fetchrow(SQL["week_of_agency"], code, now - _WEEK)
            content = {"lines": lines, **dict(counts)}
            digests.append(self._digest(agency, "rekap_atasan", day, agency.superior_email, content))
        await store(connection, Writes(digests=digests), SmsLimits(0, 0))
        log.info("mail.digest", agency=code, tickets=len(rows), superior=len(digests) > 1, to=bool(address))

    def _digest(self, agency: Agency, kind: str, day: date, address: str, content: dict[str, Any]) -> NewDigest:
        return NewDigest(agency.code, kind, day, address, self._desk.message_id(), content)

    def _begins_week(self, now: datetime) -> bool:
        """Whether no working day of this week lies before today."""
        weekday = now.astimezone(self._desk.zone).weekday()
        earlier: Iterable[datetime] = (now - timedelta(days=back) for back in range(1, weekday + 1))
        return not any(self._desk.deadlines.is_office_day(day, self._desk.zone) for day in earlier)


def _line(row: asyncpg.Record) -> dict[str, Any]:
    """A ticket as JSON keeps it; the mail's words are found when it is sent."""
    moments = {name: row[name].isoformat() if row[name] else None for name in ("opened_at", "due_at")}
    return {name: row[name] for name in ("code", "topic", "place", "status", "confidential", "token")} | moments
