"""What the timeline of each ticket should hold, by another calculation than the gateway's: days walked one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("Asia/Jakarta")
_LIMITS = {"pengaduan": 14, "pengawasan": 60, "informasi": 5, "aspirasi": 5}
_STEPS = ("reminded", "late", "overdue")
_CLOSING = frozenset({"selesai", "diarsipkan"})
Event = Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """Something that happened and should not have, or the other way round."""

    ticket: str
    what: str


@cache
def _closed(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("ID", years=year, categories=("public", "government")))


def is_office_day(day: date) -> bool:
    """Neither a weekend nor a holiday nor joint leave."""
    return day.isoweekday() <= 5 and day not in _closed(day.year)


def office_days(day: date, count: int) -> date:
    """So many office days on, or back."""
    step = timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= is_office_day(day)
    return day


def morning(day: date) -> datetime:
    """Eight o'clock."""
    return datetime(day.year, day.month, day.day, 8, tzinfo=ZONE)


def midnight(day: date) -> datetime:
    """The last second."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=ZONE)


def faults_of(code: str, events: Sequence[Event], end: datetime) -> Iterator[Fault]:
    """All that is wrong with a timeline that is known up to `end`."""
    yield from _limits(code, events)
    expected, seen = Counter(_expected(events, end)), Counter(_seen(events))
    for (kind, at), count in (seen - expected).items():
        yield Fault(code, f"{kind} at {at:%a %d %b %H:%M}, {count} too many")
    for (kind, at), count in (expected - seen).items():
        yield Fault(code, f"no {kind} at {at:%a %d %b %H:%M} ({count})")


def _seen(events: Sequence[Event]) -> Iterator[tuple[str, datetime]]:
    for event in events:
        if event["kind"] in (*_STEPS, "closed_by_silence", "question_unanswered", "ombudsman_asked", "answer_unread"):
            yield event["kind"], event["at"].astimezone(ZONE)


# ---------------------------------------------------------------- the limits


def _limits(code: str, events: Sequence[Event]) -> Iterator[Fault]:
    """Whether each deadline that begins ends on the right day."""
    running: datetime | None = None  # the deadline to finish
    before: datetime | None = None  # an agency's deadline of either kind
    klass, bounced = "", False
    for event in events:
        klass = (event["sets"] or {}).get("class", klass) or event["data"].get("class", klass)
        due, what = event["due_at"], event["due_for"]
        bounced = event["kind"] == "mail_bounced" or (bounced and what is None)
        if due is None or what in (None, "none"):
            running = running if what is None else None
            before = before if what is None else None
            continue
        right = _right(event, what, klass or event["klass"], running)
        if right is not None and bounced and before is not None and event["at"] < before < right:
            right = before  # handing over to our own staff puts off no deadline of an agency
        if right is not None and due != right:
            yield Fault(code, f"{event['kind']}: {what} by {due.astimezone(ZONE)}, not {right}")
        running = due if what == "finish" else None
        before, bounced = (due if what in ("first_follow_up", "finish") else None), False


def _right(event: Event, what: str, klass: str, running: datetime | None) -> datetime | None:
    today = event["at"].astimezone(ZONE).date()
    if event["kind"] == "place_asked":
        return None  # hours, not days
    match what:
        case "verify":
            return midnight(office_days(today, 3))
        case "first_follow_up":
            return midnight(office_days(today, 5))
        case "reply":
            return midnight(office_days(today, 10))
        case _:
            limit = running or midnight(office_days(today, _LIMITS[klass]))
            until = event["data"].get("until")
            return min(limit, midnight(date.fromisoformat(until))) if until else limit


# ---------------------------------------------------------------- the steps


def _expected(events: Sequence[Event], end: datetime) -> Iterator[tuple[str, datetime]]:
    """Every step that the timeline should hold, with its moment."""
    yield from _of_deadlines(events, end)
    yield from _of_questions(events, end)
    yield from _of_unread(events, end)
    opened = events[0]["at"].astimezone(ZONE).date()
    asked = morning(opened + timedelta(days=61))
    while asked < end:
        touched = any(
            event["at"].astimezone(ZONE).date() == asked.date() and event["at"] <= asked
            for event in events
            if event["kind"] != "ombudsman_asked"
        )
        if not touched and not _is_closed(events, asked):
            yield "ombudsman_asked", asked
            return
        asked = morning(asked.date() + timedelta(days=1))


def _is_closed(events: Sequence[Event], at: datetime) -> bool:
    status = "diterima"
    for event in events:
        if event["at"] <= at:
            status = event["status"] or status
    return status in _CLOSING


def _of_deadlines(events: Sequence[Event], end: datetime) -> Iterator[tuple[str, datetime]]:
    """Reminder, lateness and taking up, for as long as the deadline ran."""
    unread = list(_unread(events, end))
    for nth, event in enumerate(events):
        what, due = event["due_for"], event["due_at"]
        if due is None or what not in ("verify", "first_follow_up", "finish"):
            continue
        until = next((later["at"] for later in events[nth + 1 :] if later["due_for"] is not None), end)
        day = due.astimezone(ZONE).date()
        limit = {"verify": 3, "first_follow_up": 5}.get(what) or _LIMITS[event["klass"]]
        steps = [("reminded", morning(office_days(day, -1 if limit <= 5 else -3)))] if what else []
        steps = [step for step in steps if step[1] > event["at"]]
        steps.append(("late", morning(office_days(day, 1))))
        if what != "verify":
            steps.append(("overdue", morning(office_days(day, 5))))
        done = event["at"]
        for kind, planned in steps:
            at = planned
            if kind == "overdue" and done >= at:
                at = morning(office_days(done.astimezone(ZONE).date(), 1))
            while any(since <= at <= till for since, till in unread):
                at = morning(office_days(at.date(), 1))
            if at >= until or at >= end:
                break
            yield kind, at
            done = at


def _unread(events: Sequence[Event], end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From when to when a free answer waited for the operator, while its agency had the open report."""
    for nth, event in enumerate(events):
        if event["kind"] == "mail_held" and event["data"]["reason"] == "free_text":
            mail, agency = event["data"]["mail"], event["actor"].removeprefix("agency:")
            ends = (
                later["at"]
                for later in events[nth + 1 :]
                if later["data"].get("mail") == mail
                or later["status"] in _CLOSING
                or later["agency"] not in (None, agency)
            )
            yield event["at"], next(ends, end)


def _of_unread(events: Sequence[Event], end: datetime) -> Iterator[tuple[str, datetime]]:
    """The citizen hears once of an answer that nobody reads."""
    told = None
    for since, till in _unread(events, end):
        day = office_days(since.astimezone(ZONE).date(), 2)
        at = morning(office_days(day, 1))
        if at < till and at < end and (told is None or since > told):
            yield "answer_unread", at
            told = till


def _of_questions(events: Sequence[Event], end: datetime) -> Iterator[tuple[str, datetime]]:
    """Silence after SELESAI and after TANYA."""
    for nth, event in enumerate(events):
        silence = {"agency_done": "closed_by_silence", "agency_asked": "question_unanswered"}.get(event["kind"])
        if silence is None:
            continue
        last = office_days(event["at"].astimezone(ZONE).date(), 10)
        at = morning(last + timedelta(days=1))
        answered = next((later["at"] for later in events[nth + 1 :] if _ends_question(later)), end)
        if at < answered and at < end:
            yield silence, at


def _ends_question(event: Event) -> bool:
    return event["kind"] in (
        *("confirmed", "reopened", "citizen_added", "cancelled", "agency_done", "agency_asked", "agency_declined"),
        *("dispatched", "agency_refused", "status_set"),
    )
