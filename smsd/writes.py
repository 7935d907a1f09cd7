"""Everything that one cause has to write, gathered as values and stored in the cause's own transaction."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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


@dataclass(frozen=True)
class Event:
    """A row of `ticket_event`."""

    ticket_id: int
    at: datetime
    kind: str
    actor: str
    status: str | None = None
    agency: str | None = None
    due_at: datetime | None = None
    due_for: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NewDispatch:
    """A row of `dispatch`; the ticket's earlier dispatches end with it."""

    id: int
    ticket_id: int
    agency: str
    address: str
    token: str
    at: datetime


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
    """A row of `outbox_mail`."""

    dispatch_id: int
    kind: str
    extra_text: str
    message_id: str


@dataclass
class Writes:
    """Rows in the order they were decided."""

    tickets: list[NewTicket] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    dispatches: list[NewDispatch] = field(default_factory=list)
    sms: list[NewSms] = field(default_factory=list)
    mails: list[NewMail] = field(default_factory=list)

    def add(self, other: Writes) -> None:
        """Takes over all rows of another."""
        for f in dataclasses.fields(self):
            getattr(self, f.name).extend(getattr(other, f.name))


async def store(connection: asyncpg.Connection, writes: Writes, automatic_per_hour: int) -> list[int]:
    """Writes all rows inside the caller's transaction, one statement a table; the phones whose SMS was withheld.

    An SMS over the number's hourly limit is kept, marked `withheld`, and not sent.
    """
    for rows, query in (
        (writes.tickets, "insert_tickets"),
        (writes.dispatches, "insert_dispatches"),
        (writes.events, "insert_events"),
        (writes.mails, "insert_mails"),
    ):
        if rows:
            await connection.execute(SQL[query], *_columns(rows))
    if not writes.sms:
        return []
    withheld = await connection.fetch(SQL["insert_sms"], *_columns(writes.sms), automatic_per_hour)
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
