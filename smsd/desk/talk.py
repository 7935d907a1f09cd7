"""What the desk knows of a phone when an SMS of it is handled, and what handling it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from smsd.desk.rules import Phone, Ticket
from smsd.writes import Writes


@dataclass(frozen=True)
class Gap:
    """What was handled of an SMS before a late part of it came: its text with the gap, and the ticket it is part of."""

    text: str
    ticket_id: int


@dataclass(frozen=True)
class Inbound:
    """An SMS of a citizen, joined; `sent_at` is the SMSC's time. A trusted one has passed an operator's eyes.

    One whose gap a late part has filled says what was `handled` of it before.
    """

    id: int
    phone_id: int
    text: str
    sent_at: datetime
    trusted: bool = False
    handled: Gap | None = None


@dataclass(frozen=True)
class Question:
    """What the citizen was asked about a ticket and has not answered yet."""

    ticket_id: int
    kind: str


@dataclass(frozen=True)
class Said:
    """A text of the last day that opened a ticket or became part of one; `told`: the citizen has heard of that."""

    text: str
    ticket_id: int
    outcome: str
    sent_at: datetime
    told: bool


@dataclass(frozen=True)
class Stranger:
    """A ticket that another phone filed, and the one-off number that opens its status just now."""

    ticket: Ticket
    one_off: str | None


@dataclass(frozen=True)
class Talk:
    """The state of the conversation with one phone: tickets and questions newest first."""

    phone: Phone
    tickets: Sequence[Ticket] = ()
    questions: Sequence[Question] = ()
    recent: Sequence[Said] = ()
    others: Mapping[str, Stranger] = field(default_factory=dict)

    def ticket(self, ticket_id: int) -> Ticket | None:
        """The phone's own ticket with that id."""
        return next((ticket for ticket in self.tickets if ticket.id == ticket_id), None)

    def asked(self, *kinds: str) -> list[Ticket]:
        """The tickets about which a question of these kinds is open, the latest question first."""
        found = (self.ticket(question.ticket_id) for question in self.questions if question.kind in kinds)
        return [ticket for ticket in found if ticket is not None]

    def is_asked(self, ticket: Ticket, kind: str) -> bool:
        """Whether this question about this ticket is open."""
        return Question(ticket.id, kind) in self.questions


@dataclass(frozen=True)
class Ids:
    """Numbers for rows that are not written yet."""

    tickets: Iterator[int]
    dispatches: Iterator[int]


@dataclass(frozen=True)
class Handled:
    """What an SMS comes to: the rows to write, what it was taken for, and the ticket that its words became part of.

    With `refused` it opens no ticket and gets no answer, and waits for an operator, who reads why.
    """

    outcome: str
    writes: Writes = field(default_factory=Writes)
    ticket_id: int | None = None
    refused: str = ""
