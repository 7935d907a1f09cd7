"""What a citizen's SMS does: a complaint opens a ticket, a command asks about one or changes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import assert_never

from parser import ticket_code
from parser.privacy import mask_numbers
from parser.sms import Add, Cancel, Complaint, Help, Intent, Slip, Status
from routing.classify import Decision
from smsd.desk.rules import ANSWER, CLOSED, Desk, Inbound, Ticket
from smsd.writes import Event, NewSms, NewTicket, Writes

_LISTED_MOST = 3  # reports that a bare STATUS tells of; more do not fit one SMS
# Nobody has asked the citizen anything yet, or the Ombudsman may be asked: more words change no status.
_UNCHANGED_BY_WORDS = frozenset({"diterima", "bukan_wewenang", "eskalasi_ombudsman"})
# Statuses in which no deadline of the agency's runs: the citizen's words begin a new one, elsewhere the old one stays.
_WAITING = CLOSED | {"tunda"}


def open_ticket(
    desk: Desk, message: Inbound, decision: Decision, now: datetime, ids: Iterator[int], dispatch_ids: Iterator[int]
) -> Writes:
    """A complaint becomes a ticket, goes to an agency or to triage, and is acknowledged by one SMS."""
    agency, why = desk.mailbox(decision.agency)
    ticket = NewTicket(
        id=next(ids),
        code=ticket_code.new_code(desk.choose),
        phone_id=message.phone_id,
        message_id=message.id,
        text=message.text,
        klass=decision.klass,
        topic=decision.topic,
        place=decision.place,
        confidential=decision.confidential,
        confidence=decision.confidence,
        reasons=[*decision.reasons, *why],
        opened_at=now,
    )
    writes = Writes(tickets=[ticket])
    writes.events.append(
        Event(
            *(ticket.id, now, "opened", "citizen", "diterima"),
            due_at=desk.deadlines.verify_due(now, desk.zone),
            due_for="verify",
        )
    )
    routed = agency.code != desk.triage.code
    if routed:
        verified = {"confidence": round(decision.confidence, 3)}
        writes.events.append(Event(ticket.id, now, "verified", "gateway", "terverifikasi", data=verified))
    writes.add(desk.dispatch(ticket.id, agency, now, "gateway", next(dispatch_ids), ticket.reasons))
    name = "darurat" if decision.emergency else "diteruskan" if routed else "diterima"
    writes.sms.append(
        NewSms(
            *(message.phone_id, ticket.id, name),
            desk.replies.render(
                name,
                code=ticket_code.show(ticket.code),
                agency=agency.short_name,
                date=desk.day(desk.deadlines.first_follow_up_due(now, desk.zone)),
                days=str(desk.deadlines.verify),
                emergency=decision.emergency or "",
            ),
            ANSWER,
        )
    )
    return writes


def answer(desk: Desk, message: Inbound, intent: Intent, tickets: Sequence[Ticket], now: datetime) -> Writes:
    """A command of a citizen; `tickets` are the phone's own, newest first."""
    match intent:
        case Help():
            return desk.say(message.phone_id, "bantuan")
        case Slip(typed=typed):
            return desk.say(message.phone_id, "salah_ketik", typed=typed)
        case Status(code=None, index=None):
            return _tell_all(desk, message.phone_id, tickets)
        case Status(index=int(index)):
            if index > len(tickets):
                return _tell_all(desk, message.phone_id, tickets)
            return _tell(desk, tickets[index - 1])
        case Status(code=code) | Add(code=code) | Cancel(code=code):
            ticket = next((t for t in tickets if t.code == code), None)
            if ticket is None:
                return desk.say(message.phone_id, "tidak_ditemukan", code=ticket_code.show(code or ""))
            return _about(desk, ticket, message, intent, now)
        case Complaint():
            raise ValueError("a complaint is no command; open_ticket() takes it")
        case _:
            assert_never(intent)


def _about(desk: Desk, ticket: Ticket, message: Inbound, intent: Status | Add | Cancel, now: datetime) -> Writes:
    match intent:
        case Status():
            return _tell(desk, ticket)
        case Add(text=text):
            return _add(desk, ticket, text, message.id, now)
        case Cancel():
            return _cancel(desk, ticket, message.id, now)
        case _:
            assert_never(intent)


def _tell_all(desk: Desk, phone_id: int, tickets: Sequence[Ticket]) -> Writes:
    if not tickets:
        return desk.say(phone_id, "status_kosong")
    if len(tickets) == 1:
        return _tell(desk, tickets[0])
    lines = [f"{ticket_code.show(t.code)} {desk.replies.status[t.status]}." for t in tickets[:_LISTED_MOST]]
    return desk.say(phone_id, "status_daftar", daftar=" ".join(lines))


def _tell(desk: Desk, ticket: Ticket) -> Writes:
    name = "status_satu" if ticket.due_at else "status_satu_tanpa_batas"
    return desk.say_about(ticket, name, ANSWER)


def _add(desk: Desk, ticket: Ticket, text: str, message_id: int, now: datetime) -> Writes:
    waiting = ticket.status in _WAITING
    writes = desk.say_about(ticket, "ditambah", ANSWER)
    writes.events.append(
        Event(
            *(ticket.id, now, "citizen_added", "citizen"),
            status=None if ticket.status in _UNCHANGED_BY_WORDS else "ditanggapi_pelapor",
            due_at=desk.deadlines.first_follow_up_due(now, desk.zone) if waiting else None,
            due_for="first_follow_up" if waiting else None,
            data={"text": text, "message": message_id},
        )
    )
    writes.mails += desk.mail(ticket, "tambahan", mask_numbers(text))
    return writes


def _cancel(desk: Desk, ticket: Ticket, message_id: int, now: datetime) -> Writes:
    if ticket.status in CLOSED:
        return desk.say_about(ticket, "sudah_ditutup", ANSWER)
    writes = desk.say_about(ticket, "dibatalkan", ANSWER)
    data = {"reason": "dibatalkan pelapor", "message": message_id}
    writes.events.append(Event(ticket.id, now, "cancelled", "citizen", "diarsipkan", due_for="none", data=data))
    writes.mails += desk.mail(ticket, "dibatalkan", "")
    return writes
