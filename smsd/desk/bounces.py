"""A mailbox that does not take our mail: the contact is paused, the clock is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from smsd.desk.clock import REMINDERS
from smsd.desk.rules import CLOSED, Desk, Mailbox, Ticket
from smsd.writes import ContactPause, Event, NewMail, Writes

FULL_RESTS = timedelta(days=2)
PASSING_MOST = 3  # times in a row that a mailbox did not take our mail after a rest, until we wait no longer
_AGENCYS = frozenset({"first_follow_up", "finish"})  # deadlines of agencies


@dataclass(frozen=True)
class Fault:
    """Why a mailbox did not take a mail.

    `passing`: it may take the next one, for it is full, or its server away. `refused`: it is there, but its server does
    not like our mail (spam, size, sender), and the fault may be ours.
    """

    kind: Literal["gone", "passing", "refused"]
    status: str  # enhanced status code, RFC 3463, or the reply's three digits
    reason: str


@dataclass(frozen=True)
class Addressee:
    """The dispatch whose mail came back, and after how many rests in a row its mailbox has done that before."""

    dispatch_id: int
    agency: str
    address: str
    runs: bool  # the dispatch has not ended
    copy: bool
    bounces: int


def undelivered(
    desk: Desk, ticket: Ticket, to: Addressee, fault: Fault, now: datetime, dispatch_ids: Iterator[int]
) -> Writes:
    """The next address of the agency gets the ticket; where there is none, the same one later, else our staff."""
    waits = fault.kind != "gone" and to.bounces + 1 < PASSING_MOST
    until = now + FULL_RESTS if waits or fault.kind == "refused" else None
    data = {"dispatch": to.dispatch_id, "agency": to.agency, "status": fault.status, "reason": fault.reason}
    writes = Writes(
        events=[Event(ticket.id, now, "mail_bounced", f"agency:{to.agency}", data=data)],
        pauses=[ContactPause(to.address, to.agency, now, until, fault.status, fault.reason)],
    )
    if to.copy or not to.runs or ticket.status in CLOSED:
        return writes
    others = replace(desk, paused=desk.paused | {to.address})
    box = others.mailbox(ticket.agency, confidential=ticket.confidential)
    if box.agency.code == ticket.agency and box.address not in others.paused:
        writes.add(desk.redirect(ticket, box, now, next(dispatch_ids), "alamat sebelumnya tidak menerima surel kami"))
    elif waits or ticket.agency == desk.triage.code:
        assert ticket.dispatch_id is not None, "the dispatch runs"
        mail = NewMail(ticket.dispatch_id, "disposisi", "", desk.message_id(), now + FULL_RESTS)
        writes.mails.append(mail)
    else:
        writes.add(_hand_over(desk, ticket, box, now, next(dispatch_ids)))
    return writes


def _hand_over(desk: Desk, ticket: Ticket, box: Mailbox, now: datetime, dispatch_id: int) -> Writes:
    """Somebody else gets the ticket. Where it is our own staff, that puts off no deadline that runs."""
    writes = desk.dispatch(ticket, box, now, "gateway", dispatch_id, [])
    (event,) = writes.events
    if box.agency.code == desk.triage.code and ticket.due_for in _AGENCYS and event.due_at and ticket.due_at:
        sooner = ticket.due_at if now < ticket.due_at < event.due_at else event.due_at
        writes.events = [replace(event, due_at=sooner)]
    writes.add(desk.close_all(ticket, now))
    writes.add(desk.say_about(ticket, "tak_sampai", REMINDERS, agency=box.agency))
    return writes
