"""Everything that one cause has to write, gathered as values and stored in the cause's own transaction."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import asyncpg

from smsd.store.queries import SQL


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


async def store(connection: asyncpg.Connection, writes: Writes, limits: SmsLimits) -> list[int]:
    """Writes all rows inside the caller's transaction, one statement a table; the phones whose SMS was withheld.

    An SMS over one of the hourly limits is kept, marked `withheld`, and not sent; so is one that a phone has said it
    does not want, which is not told.
    """
    for rows, query in (
        (writes.tickets, "insert_tickets"),
        (writes.dispatches, "insert_dispatches"),
        (writes.events, "insert_events"),
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
    return [row["phone_id"] for row in withheld]


def _columns(rows: Sequence[Any]) -> list[list[Any]]:
    """One list a field, as unnest($1, $2, …) wants them."""
    return [[_plain(getattr(row, f.name)) for row in rows] for f in dataclasses.fields(rows[0])]


def _plain(value: Any) -> Any:
    """Lists and tables travel as JSON text: inside an array asyncpg would take a list for one more dimension."""
    return json.dumps(value) if isinstance(value, (list, tuple, dict)) else value


async def reserve_ids(connection: asyncpg.Connection, table: str, count: int) -> list[int]:
    """Numbers for rows of `ticket` or `dispatch` that are not written yet."""
    return [row["id"] for row in await connection.fetch(SQL["reserve_ids"], table, count)]
