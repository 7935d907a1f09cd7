"""Everything that one cause has to write, gathered as values and stored in the cause's own transaction."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import asyncpg

from smsd.store.queries import SQL
from smsd.store.sealed import Json


@dataclass(frozen=True)
class NewTicket:
    """A row of `ticket`; its status, agency and deadline come from its events."""

    id: int
    code: str
    phone_id: int
    message_id: int
    text: str
    klass: str
    topic: str | None
    place: str | None
    confidential: bool
    confidence: float
    reasons: Sequence[str]
    opened_at: datetime
    anonymous: bool = False


@dataclass(frozen=True)
class Event:
    """A row of `ticket_event`; `sets` has what else of the ticket it changes, by column."""

    ticket_id: int
    at: datetime
    kind: str
    actor: str
    status: str | None = None
    agency: str | None = None
    due_at: datetime | None = None
    due_for: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    sets: dict[str, Any] = field(default_factory=dict)


# Of an event's data: numbers of rows, codes, moments and words of the program's own. All else is sealed.
_FACTS = frozenset(
    ("accepted_by", "agency", "by_triage", "confidence", "dispatch", "due_for", "kind", "mail", "message", "request")
    + ("stars", "status", "superior", "until")
)
_NOTED = frozenset(("mail_held", "mail_kept"))  # whose reason is a word of the program's own too


@dataclass(frozen=True)
class SealedEvent:
    """A row of `ticket_event` as it is stored: what people wrote stands apart from the facts, for it is sealed."""

    ticket_id: int
    at: datetime
    kind: str
    actor: str
    status: str | None
    agency: str | None
    due_at: datetime | None
    due_for: str | None
    data: dict[str, Any]
    sets: dict[str, Any]
    text: str | None
    words: dict[str, Any] | None
    sets_text: str | None
    sets_reasons: Sequence[str] | None


def take_apart(event: Event) -> SealedEvent:
    """What is empty says nothing, and may stand among the facts."""
    facts = _FACTS | {"reason"} if event.kind in _NOTED else _FACTS
    said = {key: value for key, value in event.data.items() if key not in facts and value}
    changed = {key: event.sets[key] for key in ("text", "reasons") if key in event.sets}
    return SealedEvent(
        *(event.ticket_id, event.at, event.kind, event.actor, event.status, event.agency, event.due_at, event.due_for),
        data={key: value for key, value in event.data.items() if key not in said},
        sets={key: value for key, value in event.sets.items() if key not in changed},
        text=said.pop("text", None),
        words=said or None,
        sets_text=changed.get("text"),
        sets_reasons=changed.get("reasons"),
    )


def put_together(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `ticket_event` with `data` and `sets` as the event had them, but for what was erased."""
    event = dict(row)
    text, words = event.pop("text"), event.pop("words")
    changed = {"text": event.pop("sets_text"), "reasons": event.pop("sets_reasons")}
    event["data"] = event["data"] | ({} if text is None else {"text": text}) | (words or {})
    event["sets"] = (event["sets"] or {}) | {key: value for key, value in changed.items() if value is not None} or None
    return event


async def timeline(connection: asyncpg.Connection | asyncpg.Pool, ticket_id: int) -> list[dict[str, Any]]:
    """The events of a ticket, first to last."""
    return [put_together(row) for row in await connection.fetch(SQL["ticket_timeline"], ticket_id)]


@dataclass(frozen=True)
class NewDispatch:
    """A row of `dispatch`; the ticket's earlier dispatches end with it. A copy is for information only."""

    id: int
    ticket_id: int
    agency: str
    address: str
    token: str
    at: datetime
    copy: bool = False


@dataclass(frozen=True)
class NewSms:
    """A row of `outbox_sms`."""

    phone_id: int
    ticket_id: int | None
    cause: str
    text: str
    priority: int


@dataclass(frozen=True)
class NewMail:
    """A row of `outbox_mail`, due at once if it does not say when."""

    dispatch_id: int
    kind: str
    extra_text: str
    message_id: str
    due_at: datetime | None = None


@dataclass(frozen=True)
class NewDigest:
    """A row of `outbox_mail` about many tickets, and one of `digest`; nothing where that digest was written before."""

    agency: str
    kind: str
    day: date
    address: str
    message_id: str
    content: dict[str, Any]


@dataclass(frozen=True)
class NextStep:
    """What the clock does next to a ticket, and when; nothing more without a step."""

    ticket_id: int
    step: str | None
    at: datetime | None


@dataclass(frozen=True)
class ContactPause:
    """A row of `contact_pause`: nothing is sent to that address until then; NULL: until an operator says so."""

    address: str
    agency: str
    at: datetime
    until: datetime | None
    status: str
    reason: str


@dataclass(frozen=True)
class ClosedQuestion:
    """A row of `question` that is open no more; without a kind all of the ticket's."""

    ticket_id: int
    at: datetime
    outcome: str
    kind: str | None = None


@dataclass(frozen=True)
class NewQuestion:
    """A row of `question`."""

    phone_id: int
    ticket_id: int
    kind: str
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class PhoneChange:
    """New values for a row of `phone`; None leaves the old one."""

    phone_id: int
    quiet: bool | None = None
    language: str | None = None


@dataclass(frozen=True)
class NewOneOff:
    """A row of `one_off`, instead of the phone's earlier one."""

    phone_id: int
    number: str
    expires_at: datetime


@dataclass(frozen=True)
class WrongTry:
    """Somebody sent a number that is not the phone's one-off number."""

    phone_id: int


@dataclass
class Writes:
    """Rows in the order they were decided."""

    tickets: list[NewTicket] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    dispatches: list[NewDispatch] = field(default_factory=list)
    sms: list[NewSms] = field(default_factory=list)
    mails: list[NewMail] = field(default_factory=list)
    closed: list[ClosedQuestion] = field(default_factory=list)
    questions: list[NewQuestion] = field(default_factory=list)
    phones: list[PhoneChange] = field(default_factory=list)
    one_offs: list[NewOneOff] = field(default_factory=list)
    wrong_tries: list[WrongTry] = field(default_factory=list)
    next_steps: list[NextStep] = field(default_factory=list)
    pauses: list[ContactPause] = field(default_factory=list)
    digests: list[NewDigest] = field(default_factory=list)

    def add(self, other: Writes) -> None:
        """Takes over all rows of another."""
        for name, rows in vars(other).items():
            if rows:
                getattr(self, name).extend(rows)


class SmsLimits(NamedTuple):
    """How many SMS the gateway sends within an hour by itself: to one number, and in all."""

    per_number: int
    in_all: int = 20_000


class Withheld(NamedTuple):
    """An SMS over one of the limits: the phone's row, and the code of the ticket that it is about."""

    phone: int
    ticket: str | None


async def store(connection: asyncpg.Connection, writes: Writes, limits: SmsLimits) -> list[Withheld]:
    """Writes all rows inside the caller's transaction, one statement a table; the SMS that were withheld.

    An SMS over one of the hourly limits is kept, marked `withheld`, and not sent; so is one that a phone has said it
    does not want, which is not told.
    """
    for rows, query in (
        (writes.tickets, "insert_tickets"),
        (writes.dispatches, "insert_dispatches"),
        ([take_apart(event) for event in writes.events], "insert_events"),
        (writes.mails, "insert_mails"),
        (writes.closed, "close_questions"),
        (writes.questions, "insert_questions"),
        (writes.phones, "change_phones"),
        (writes.one_offs, "put_one_offs"),
        (writes.wrong_tries, "count_wrong_tries"),
        (writes.next_steps, "set_next_steps"),
        (writes.pauses, "pause_contacts"),
        (writes.digests, "insert_digests"),
    ):
        if rows:
            await connection.execute(SQL[query], *_columns(rows))
    moved = {event.ticket_id for event in writes.events if event.status or event.agency}
    if moved := moved - {ticket.id for ticket in writes.tickets}:
        await connection.execute(SQL["overtake_free_answers"], list(moved))
    if not writes.sms:
        return []
    withheld = await connection.fetch(SQL["insert_sms"], *_columns(writes.sms), *limits)
    return [Withheld(row["phone_id"], row["ticket"]) for row in withheld]


def _columns(rows: Sequence[Any]) -> list[list[Any]]:
    """One list a field, as unnest($1, $2, …) wants them."""
    return [[_plain(getattr(row, f.name)) for row in rows] for f in dataclasses.fields(rows[0])]


def _plain(value: Any) -> Any:
    """Lists and tables travel as JSON text: inside an array asyncpg would take a list for one more dimension."""
    return Json(json.dumps(value)) if isinstance(value, (list, tuple, dict)) else value


async def reserve_ids(connection: asyncpg.Connection, table: str, count: int) -> list[int]:
    """Numbers for rows of `ticket` or `dispatch` that are not written yet."""
    return [row["id"] for row in await connection.fetch(SQL["reserve_ids"], table, count)]
