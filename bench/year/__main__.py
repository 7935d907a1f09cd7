"""The program; see the package."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bench.year.district import District, open_district
from bench.year.expected import ZONE, Fault, faults_of
from bench.year.people import Agenda, People
from bench.year.recount import report_faults
from smsd.cli.progress import progress
from smsd.report.period import Period
from smsd.writes import put_together

_START = datetime(2026, 1, 1, 6, tzinfo=ZONE)
_DAYS = 365
_REPORTING_DAYS = 300  # what comes in later would not be finished by the end
_CLOCK_HOURS = (6, 7, 8, 12, 20)  # when the gateway's own clock may have something to do, and when it may not
_EVENTS = """
SELECT ticket.code, ticket.class AS klass, event.at, event.kind, event.actor, event.status, event.agency,
       event.due_at, event.due_for, event.data, event.sets, event.text, event.words, event.sets_text, event.sets_reasons
FROM ticket_event AS event JOIN ticket ON ticket.id = event.ticket_id ORDER BY ticket.id, event.id
"""
_TIMELINE = "SELECT * FROM ticket_event WHERE ticket_id = (SELECT id FROM ticket WHERE code = $1) ORDER BY id"


async def live(folder: Path, tickets: int, seed: int) -> int:
    """The year; 0 if everything happened as it should."""
    chance = random.Random(seed)
    began = time.monotonic()
    end = _START + timedelta(days=_DAYS)
    async with open_district(folder, _START, random.Random(seed)) as district:
        agenda = Agenda()
        people = People(district, chance, agenda)
        people.plan_reports(tickets, _START, _REPORTING_DAYS)
        now = _START
        with progress("days", _DAYS) as step:
            while now < end:
                await district.set(now)
                await agenda.do(now)
                await district.settle()
                await people.look()
                later = _next(now, agenda)
                step((later.date() - now.date()).days)
                if later.month != now.month and not sys.stderr.isatty():
                    print(f"{now:%B} is over", file=sys.stderr, flush=True)
                now = later
        faults = await _judge(district, end)
        periods = [Period(_START.year), *(Period(_START.year, month) for month in range(1, 13))]
        faults += await report_faults(district.pool, district.settings, district.desk.router, periods)
        statuses = await district.pool.fetch("SELECT status, count(*) FROM ticket GROUP BY status ORDER BY 2 DESC")
        events = await district.pool.fetch("SELECT kind, count(*) FROM ticket_event GROUP BY kind ORDER BY 2 DESC")
        print(f"seed {seed}: {people.counts['reports']} reports, {_DAYS} days, {time.monotonic() - began:.0f} s")
        _table("tickets by status", Counter({row["status"]: row["count"] for row in statuses}))
        _table("events", Counter({row["kind"]: row["count"] for row in events}))
        _table("work", district.done)
        _table("people", people.counts)
        for fault in faults[:20]:
            print(f"WRONG  {fault.ticket}: {fault.what}")
            for event in await district.pool.fetch(_TIMELINE, fault.ticket):
                due = f"{event['due_for']} by {event['due_at'].astimezone(ZONE):%a %d %b}" if event["due_at"] else ""
                print(
                    f"    {event['at'].astimezone(ZONE):%a %d %b %H:%M} {event['kind']} {event['status'] or ''} {due}"
                )
    print(f"{len(faults)} wrong")
    return 1 if faults else 0


def _next(now: datetime, agenda: Agenda) -> datetime:
    """The next hour in which anything can happen."""
    hours = (now + timedelta(hours=n) for n in itertools.count(1))
    clock = next(hour for hour in hours if hour.astimezone(ZONE).hour in _CLOCK_HOURS)
    deed = agenda.next_at()
    return min(clock, max(deed, now + timedelta(hours=1))) if deed else clock


async def _judge(district: District, end: datetime) -> list[Fault]:
    rows = [put_together(row) for row in await district.pool.fetch(_EVENTS)]
    faults = []
    for code, group in itertools.groupby(rows, key=lambda row: row["code"]):
        events = list(group)
        faults += faults_of(code, events, end)
    return faults


def _table(title: str, counts: Counter[str]) -> None:
    print(f"{title}: " + ", ".join(f"{name} {count}" for name, count in counts.most_common()))


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(prog="python -m bench.year", description=sys.modules["bench.year"].__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1708)
    parser.add_argument("--folder", type=Path, help="where to work; it stays. Else a temporary one")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    folder = given.folder or Path(tempfile.mkdtemp(prefix="smsd-year-"))
    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(live(folder, given.tickets, given.seed))


if __name__ == "__main__":
    sys.exit(main())
