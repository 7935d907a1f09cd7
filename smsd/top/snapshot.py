"""What the database says at one moment. No text of a citizen, no number, no address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from smsd.store.queries import SQL

HOURS = 24
_MAIL_MARGIN = timedelta(days=3)  # a mail that was written longer before it was sent is not counted
_EVENTS = 100
_FLOWS = ("sms_in", "reports", "sms_out", "mails_out", "mails_in", "answers")
# Seconds that work may wait before something is wrong; `parts` is the operator's own [gateway] parts_wait_s, and a
# minute for the step that follows it.
_STUCK_S = {"texts": 120.0, "parts": 60.0, "sms": 900.0, "mails": 1800.0, "answers": 120.0}


@dataclass(frozen=True)
class ModemRow:
    """What one modem last said of itself, `silent_s` seconds ago. Signal in percent, traffic in parts of SMS."""

    name: str
    state: str
    signal: int | None
    network: str | None
    registered: str | None
    sim_used: int | None
    sim_size: int | None
    error: str | None
    updated_at: datetime
    silent_s: float
    received_per_hour: int
    sent_per_hour: int


@dataclass(frozen=True)
class Flow:
    """How many of one kind; `hours` are the last 24, oldest first, each ending a whole number of hours ago."""

    kind: str
    minute: int
    hour: int
    today: int
    hours: tuple[int, ...]


@dataclass(frozen=True)
class Queue:
    """What waits; `oldest_s` is how long the oldest could have been dealt with, `later` how many are not due yet."""

    queue: str
    waiting: int
    later: int
    tried: int
    oldest_s: float | None
    stuck: bool


@dataclass(frozen=True)
class Late:
    """How many reports an agency is late with, and since when with the oldest."""

    agency: str | None
    late: int
    since: datetime


@dataclass(frozen=True)
class Waiting:
    """What needs a person: triage, inbox, quarantine, given_up, paused."""

    what: str
    count: int
    since: datetime | None


@dataclass(frozen=True)
class Event:
    """One entry of a timeline; `actor` is citizen, agency, operator or gateway."""

    at: datetime
    code: str
    kind: str
    agency: str | None
    actor: str


@dataclass(frozen=True)
class Snapshot:
    """All of it. Its keys, and theirs, are what `smsd top --json` promises."""

    at: datetime
    modems: tuple[ModemRow, ...]
    flow: tuple[Flow, ...]
    queues: tuple[Queue, ...]
    late: tuple[Late, ...]
    person: tuple[Waiting, ...]
    events: tuple[Event, ...]


async def take_snapshot(pool: asyncpg.Pool, zone: ZoneInfo, parts_wait_s: float) -> Snapshot:
    """Everything as of one moment; `zone` says when today began."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        now: datetime = await connection.fetchval(SQL["now"])
        since = now - timedelta(hours=HOURS)
        ids = dict(await connection.fetch(SQL["top_first_ids"], since, since - _MAIL_MARGIN))
        midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        order = ("message", "ticket", "event", "submission", "mail", "answer")
        flow = await connection.fetch(SQL["top_flow"], *(ids[kind] for kind in order), midnight)
        modems = await connection.fetch(SQL["top_modems"], ids["part"], ids["submission"])
        queues = await connection.fetch(SQL["top_queues"])
        late = await connection.fetch(SQL["top_late"])
        person = await connection.fetch(SQL["top_person"], ids["message"], ids["mail"])
        events = await connection.fetch(SQL["top_events"], _EVENTS)
    return Snapshot(
        at=now,
        modems=tuple(ModemRow(**row) for row in modems),
        flow=tuple(_flow(kind, flow) for kind in _FLOWS),
        queues=tuple(_queue(name, queues, parts_wait_s) for name in _STUCK_S),
        late=tuple(Late(**row) for row in late),
        person=tuple(Waiting(**row) for row in person),
        events=tuple(Event(**row) for row in events),
    )


def _flow(kind: str, rows: Sequence[Any]) -> Flow:
    mine = [row for row in rows if row["kind"] == kind]
    hours = [0] * HOURS
    for row in mine:
        hours[HOURS - 1 - row["hours_ago"]] += row["count"]
    return Flow(kind, sum(r["minute"] for r in mine), hours[-1], sum(r["today"] for r in mine), tuple(hours))


def _queue(name: str, rows: Sequence[Any], parts_wait_s: float) -> Queue:
    row = next((row for row in rows if row["queue"] == name), None)
    if row is None:
        return Queue(name, 0, 0, 0, None, stuck=False)
    patience_s = _STUCK_S[name] + (parts_wait_s if name == "parts" else 0)
    oldest_s = row["oldest_s"]
    stuck = oldest_s is not None and oldest_s > patience_s
    return Queue(name, row["waiting"], row["later"], row["tried"], oldest_s, stuck)
