"""What a person of our own does to a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from parser.privacy import mask_numbers
from routing.agencies import Agency
from smsd.desk.rules import CLOSED, STATUS, Desk, Ticket
from smsd.writes import Event, Writes


def assign(
    desk: Desk, ticket: Ticket, agency: Agency, why: str, actor: str, now: datetime, dispatch_ids: Iterator[int]
) -> Writes:
    """A person sends the ticket to an agency; ValueError if that agency cannot be written to about it."""
    own = agency.code == desk.triage.code
    box = desk.triage_box if own else desk.mailbox(agency.code, confidential=ticket.confidential)
    if box.agency.code != agency.code:
        raise ValueError(_not_reached(desk, ticket, agency))
    writes = desk.dispatch(ticket, box, now, actor, next(dispatch_ids), [why] if why else [])
    writes.add(desk.close_all(ticket, now))
    due = desk.first_answer_due(agency, ticket, now)
    writes.add(desk.say_about(ticket, "ditugaskan", STATUS, agency=agency, due=due))
    return writes


def _not_reached(desk: Desk, ticket: Ticket, agency: Agency) -> str:
    """Why, and the cure."""
    instead = f"or assign {desk.triage.code}"
    if not agency.emails:
        return f"{agency.code} has no mail address; give it one in agencies.csv, {instead}"
    if ticket.confidential:
        cure = f"name a liaison_email for it in agencies.csv, {instead}"
        return f"the report is confidential, and {agency.code} has no liaison for such reports; {cure}"
    return f"all mailboxes of {agency.code} bounce; see `smsd agency list --paused`, {instead}"


def set_status(desk: Desk, ticket: Ticket, status: str, note: str, actor: str, now: datetime) -> Writes:
    """A person changes the status; the citizen is told, with the note."""
    closed = "none" if status in CLOSED else None
    event = Event(ticket.id, now, "status_set", actor, status, due_for=closed, data={"text": note})
    writes = desk.say_about(ticket, "status_berubah", STATUS, status=status, note=mask_numbers(note))
    writes.events.append(event)
    if closed:
        writes.add(desk.close_all(ticket, now))
    return writes


def note(_: Desk, ticket: Ticket, text: str, actor: str, now: datetime) -> Writes:
    """A remark for colleagues: nobody is told."""
    return Writes(events=[Event(ticket.id, now, "noted", actor, data={"text": text})])
