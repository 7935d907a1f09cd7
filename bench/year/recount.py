"""The figures of `smsd report` by another calculation: every timeline is walked, event by event."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from bench.year.expected import Event, Fault, is_office_day
from config.settings import Settings
from routing.classify import Router
from smsd.report.figures import Scope, begin_reading, document, read_figures
from smsd.report.period import Period

_FEW = 5
_CLOSED = ("selesai", "diarsipkan")
_ANSWERS = {
    "agency_accepted", "agency_in_progress", "agency_done", "agency_asked", "agency_postponed", "agency_refused",
    "agency_declined",
}  # fmt: skip
_TICKETS = "SELECT id, opened_at, confidential, class AS klass, topic, place, agency FROM ticket ORDER BY id"
_EVENTS = "SELECT ticket_id, at, kind, actor, status, agency, due_at, due_for, data FROM ticket_event ORDER BY id"
_PRICE = 250


@dataclass
class Hand:
    """A report's time with one agency."""

    agency: str
    since: datetime
    answered: datetime | None = None
    finished: datetime | None = None


@dataclass
class Tally:
    """What is counted on the way."""

    totals: Counter[tuple[str, date, bool]] = field(default_factory=Counter)
    open: Counter[bool] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    days: Counter[tuple[str, date]] = field(default_factory=Counter)
    stars: Counter[int] = field(default_factory=Counter)
    agencies: Counter[tuple[str, str]] = field(default_factory=Counter)
    spans: dict[tuple[str, str], list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    """From when to when, in which zone, whose desk is the triage desk, and what is asked for."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    triage: str
    place: str | None = None
    agency: str | None = None

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def day(self, moment: datetime) -> date:
        """On the gateway's calendar."""
        return moment.astimezone(self.zone).date()

    def office_days(self, first: datetime, last: datetime) -> int:
        """After the first day up to the last."""
        days = (self.day(first) + timedelta(days=n) for n in range(1, (self.day(last) - self.day(first)).days + 1))
        return sum(map(is_office_day, days))

    def concerns(self, ticket: Mapping[str, Any]) -> bool:
        """Whether its place is asked for."""
        place = ticket["place"] or ""
        return self.place is None or place == self.place or place.startswith(f"{self.place}.")


async def report_faults(
    pool: asyncpg.Pool, settings: Settings, router: Router, periods: Iterable[Period]
) -> list[Fault]:
    """Where `smsd report` says something else."""
    faults = []
    for period in periods:
        async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
            faults += [
                Fault("report", f"{period}: {what}")
                for what in await differences(connection, settings, router, Scope(period))
            ]
    return faults


async def differences(connection: asyncpg.Connection, settings: Settings, router: Router, scope: Scope) -> list[str]:
    """What the report says, and what it should, wherever they are not the same."""
    reading = await begin_reading(connection, settings, router, scope)
    said = document(await read_figures(reading, _PRICE), settings.zone)
    window = Window(reading.start, reading.until, settings.zone, router.agencies.triage.code, scope.place, scope.agency)
    tickets = [dict(row) for row in await connection.fetch(_TICKETS)]
    timelines: dict[int, list[Event]] = {ticket["id"]: [] for ticket in tickets}
    for row in await connection.fetch(_EVENTS):
        if row["at"] < window.end:
            timelines[row["ticket_id"]].append(dict(row))
    tally = Tally()
    for ticket in tickets:
        if ticket["opened_at"] < window.end and window.concerns(ticket):
            _count(tally, window, ticket, timelines[ticket["id"]])
    return [f"{what} is {got}, not {right}" for what, got, right in _compared(said, tally, scope) if got != right]


def _count(tally: Tally, window: Window, ticket: Mapping[str, Any], events: Sequence[Event]) -> None:
    if window.agency in (None, ticket["agency"]):
        for figure, at in _happened(window, ticket, events):
            tally.totals[figure, window.day(at).replace(day=1), ticket["confidential"]] += 1
        tally.open[ticket["confidential"]] += _status(events) not in _CLOSED
    if ticket["confidential"]:
        return
    if window.agency in (None, ticket["agency"]):
        _count_open(tally, window, ticket, events)
    _count_agencies(tally, window, events)


def _status(events: Iterable[Event]) -> str:
    return [event["status"] for event in events if event["status"]][-1]


def _happened(window: Window, ticket: Mapping[str, Any], events: Sequence[Event]) -> Iterator[tuple[str, datetime]]:
    if ticket["opened_at"] in window:
        yield "opened", ticket["opened_at"]
        if any(_by_person(window, event) for event in events):
            yield "person", ticket["opened_at"]
    asked = False  # the question whether it is done stands
    for event in events:
        kind, at = event["kind"], event["at"]
        if at in window:
            by_triage = kind == "agency_declined" and event["actor"] == f"agency:{window.triage}"
            if kind != "opened" and not by_triage:
                yield kind, at
            if event["status"] in _CLOSED:
                yield "closed", at
            if kind == "reopened" and asked:
                yield "not_done", at
        if kind in ("confirmed", "closed_by_silence") or event["status"]:
            asked = kind == "agency_done"


def _by_person(window: Window, event: Event) -> bool:
    if event["kind"] == "dispatched" and event["agency"] == window.triage:
        return True
    return "accepted_by" in event["data"] or (event["actor"].startswith("operator:") and event["kind"] != "noted")


def _count_open(tally: Tally, window: Window, ticket: Mapping[str, Any], events: Sequence[Event]) -> None:
    if ticket["opened_at"] in window:
        tally.topics[ticket["topic"] or ""] += 1
        tally.classes[ticket["klass"]] += 1
        tally.days["opened", window.day(ticket["opened_at"])] += 1
    for event in events:
        if event["at"] in window:
            tally.days["closed", window.day(event["at"])] += event["status"] in _CLOSED
            if event["kind"] == "rated":
                tally.stars[event["data"]["stars"]] += 1


def _count_agencies(tally: Tally, window: Window, events: Sequence[Event]) -> None:
    hands: list[Hand] = []
    for nth, event in enumerate(events):
        if event["agency"]:
            hands.append(Hand(event["agency"], event["at"]))
        _count_event(tally, window, hands[-1], event)
        if event["due_for"]:
            ended = next((later for later in events[nth + 1 :] if later["due_for"]), None)
            _count_deadline(tally, window, hands[-1], event, ended, events)
    for hand in hands:
        tally.agencies[hand.agency, "received"] += hand.since in window
        for name, end in (("answer", hand.answered), ("finish", hand.finished)):
            if end is not None and end in window:
                tally.spans.setdefault((hand.agency, name), []).append(window.office_days(hand.since, end))


def _count_event(tally: Tally, window: Window, hand: Hand, event: Event) -> None:
    if _is_free(event) or event["kind"] in _ANSWERS:
        hand.answered = hand.answered or event["at"]
    if event["kind"] in ("agency_done", "agency_refused"):
        hand.finished = hand.finished or event["at"]
    for kind, figure in (("reminded", "reminders"), ("agency_declined", "declined")):
        if event["kind"] == kind and event["at"] in window:
            tally.agencies[hand.agency, figure] += 1


def _count_deadline(
    tally: Tally, window: Window, hand: Hand, begun: Event, ended: Event | None, events: Sequence[Event]
) -> None:
    due = begun["due_at"]
    if begun["due_for"] not in ("verify", "first_follow_up", "finish") or due not in window:
        return
    if ended is not None:
        renewed = ended["due_for"] == begun["due_for"] and not ended["agency"]
        moved = any(event["agency"] for event in events[events.index(begun) + 1 : events.index(ended) + 1])
        if ended["at"] == begun["at"] or (renewed and not moved):
            return
    tally.agencies[hand.agency, "deadlines"] += 1
    wrote = any(_is_free(event) and event["at"] <= due for event in events[events.index(begun) + 1 :])
    if (ended is None or ended["at"] > due) and not wrote:
        tally.agencies[hand.agency, "late"] += 1


def _is_free(event: Event) -> bool:
    return event["kind"] == "mail_held" and event["data"]["reason"] == "free_text"


# ---------------------------------------------------------------- compared


def _compared(said: Mapping[str, Any], tally: Tally, scope: Scope) -> Iterator[tuple[str, object, object]]:
    """What, what was said, and what is right."""
    totals = Counter[str]()
    for (figure, _, confidential), count in tally.totals.items():
        if not confidential or (scope.whole and count >= _FEW):
            totals[figure] += count
    for figure, got in said["reports"].items():
        if figure != "open":
            yield figure, got, totals[figure]
    secret = tally.open[True] if scope.whole and tally.open[True] >= _FEW else 0
    yield "open", said["reports"]["open"], tally.open[False] + secret
    yield "classes", said["classes"], {name: tally.classes[name] for name in said["classes"]}
    rows = {row["code"]: row["opened"] for row in said["topics"]["rows"]}
    yield "topics", rows, {code: tally.topics[code] for code in rows}
    yield "all topics", sum(rows.values()) + said["topics"]["others"], sum(tally.topics.values())
    for name in ("opened", "closed"):
        got = {(each["from"], each["to"]): each[name] for each in said["volume"]}
        days = [(day, count) for (which, day), count in tally.days.items() if which == name]
        yield name, got, {span: sum(n for day, n in days if span[0] <= day <= span[1]) for span in got}
    answers = sum(tally.stars.values())
    yield "answers", said["satisfaction"]["answers"], answers
    marks = {str(stars): tally.stars[stars] for stars in range(1, 5)} if answers >= _FEW else None
    yield "stars", said["satisfaction"]["stars"], marks
    yield from _compared_agencies(said, tally, scope)


def _compared_agencies(said: Mapping[str, Any], tally: Tally, scope: Scope) -> Iterator[tuple[str, object, object]]:
    codes = {code for code, _ in itertools.chain(tally.agencies, tally.spans)}
    triage = {code for code in codes if code.startswith("TRIA")}
    wanted = {scope.agency} if scope.agency else codes - triage
    for row in (*said["agencies"]["rows"], said["agencies"]["all"]):
        own = {row["agency"]} if row["agency"] else wanted
        for name in ("received", "deadlines", "late", "reminders", "declined"):
            yield f"{row['agency']} {name}", row[name], sum(tally.agencies[code, name] for code in own)
        for name, counted in (("answer", "answered"), ("finish", "finished")):
            days = sorted(itertools.chain.from_iterable(tally.spans.get((code, name), []) for code in own))
            yield f"{row['agency']} {counted}", row[counted], len(days)
            for share, key in ((0.5, "median"), (0.9, "p90")):
                yield f"{row['agency']} {name} {key}", row[f"{name}_days_{key}"], _quantile(days, share)
    if not scope.agency:
        for name in ("deadlines", "late"):
            yield f"staff {name}", said["staff"][name], sum(tally.agencies[code, name] for code in triage)


def _quantile(days: Sequence[int], share: float) -> float | None:
    """Between the two nearest, in proportion."""
    if len(days) < _FEW:
        return None
    place = share * (len(days) - 1)
    below = math.floor(place)
    above = min(below + 1, len(days) - 1)
    return round(days[below] + (place - below) * (days[above] - days[below]), 1)
