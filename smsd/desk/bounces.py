"""A mailbox that does not take our mail: the contact is paused, the clock is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from smsd.desk.clock import REMINDERS
from smsd.desk.rules import Desk, Ticket
from smsd.writes import ContactPause, Event, NewMail, Writes

FULL_RESTS = timedelta(days=2)
PASSING_MOST = 3  # bounces in a row of a mailbox that is only full, until it counts as gone


@dataclass(frozen=True)
class Fault:
    """Why a mailbox did not take a mail. `passing`: it may take the next one, for it is full, or its server away."""

    kind: Literal["gone", "passing"]
    status: str  # enhanced status code, RFC 3463, or the reply's three digits
    reason: str


@dataclass(frozen=True)
class Addressee:
    """The dispatch whose mail came back, and how often in a row its mailbox has done that before."""

    dispatch_id: int
    agency: str
    address: str
    runs: bool  # the dispatch has not ended
    copy: bool
    bounces: int


def undelivered(
    desk: Desk, ticket: Ticket, to: Addressee, fault: Fault, now: datetime, dispatch_ids: Iterator[int]
) -> Writes:
    """The next address of the agency gets the ticket; where there is none, a full mailbox later, else our staff."""
    passing = fault.kind == "passing" and to.bounces + 1 < PASSING_MOST
    until = now + FULL_RESTS if passing else None
    data = {"dispatch": to.dispatch_id, "agency": to.agency, "status": fault.status, "reason": fault.reason}
    writes = Writes(
        events=[Event(ticket.id, now, "mail_bounced", f"agency:{to.agency}", data=data)],
        pauses=[ContactPause(to.address, to.agency, now, until, fault.status, fault.reason)],
    )
    if to.copy or not to.runs:
        return writes
    others = replace(desk, paused=desk.paused | {to.address})
    box = others.mailbox(ticket.agency, confidential=ticket.confidential)
    if box.agency.code == ticket.agency and box.address not in others.paused:
        writes.add(desk.redirect(ticket, box, now, next(dispatch_ids), "alamat sebelumnya tidak menerima surel kami"))
    elif until is not None or ticket.agency == desk.triage.code:
        assert ticket.dispatch_id is not None, "the dispatch runs"
        again = until or now + FULL_RESTS
        writes.mails.append(NewMail(ticket.dispatch_id, "disposisi", "", desk.message_id(), again))
    else:
        writes.add(desk.dispatch(ticket, box, now, "gateway", next(dispatch_ids), []))
        writes.add(desk.close_all(ticket, now))
        writes.add(desk.say_about(ticket, "tak_sampai", REMINDERS, agency=box.agency))
    return writes
