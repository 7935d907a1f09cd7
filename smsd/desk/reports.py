"""How a report begins: opened, asked where it is, put together from several texts, sent to who is competent."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from parser import ticket_code
from parser.continuation import continues, rejoin
from parser.intents import Complaint
from parser.privacy import mask_names
from parser.sms_secrecy import read_complaint
from routing.agencies import Agency
from routing.classify import Decision
from routing.text import normalise
from smsd.desk.rules import CLOSED, STATUS, Desk, Mailbox, Ticket
from smsd.desk.talk import Gap, Handled, Ids, Inbound, Said, Talk
from smsd.writes import ClosedQuestion, Event, NewTicket, PhoneChange, Writes

_TYPED_CODE = re.compile(ticket_code.SHAPE)
# What texts were taken for that are the report, and that were added to it: the rest of either is no report of its own.
_REPORTED = frozenset({"complaint", "joined", "completed"})
_ADDED = frozenset({"answer", "add"})


def open_report(
    desk: Desk, talk: Talk, message: Inbound, complaint: Complaint, decision: Decision, now: datetime, ids: Ids
) -> Handled:
    """A complaint becomes a ticket, which goes to an agency or to triage, or waits until the citizen has said where.

    One SMS acknowledges it; in danger that says first whom to call.
    """
    new = _new_ticket(desk, message, complaint, decision, now, ids)
    ticket = _as_ticket(new, desk.triage.code, talk.phone.language)
    opened = Event(ticket.id, now, "opened", "citizen", "diterima", desk.triage.code)
    due = desk.first_answer_due(desk.triage, ticket, now)
    writes = Writes(tickets=[new], events=[replace(opened, due_at=due, due_for="verify")])
    if talk.phone.quiet:
        writes.phones.append(PhoneChange(talk.phone.id, quiet=False))
    if decision.asks_place:
        writes.add(_ask_place(desk, ticket, decision, now))
    else:
        agency, sent = _send_on(desk, ticket, decision, now, ids)
        writes.add(sent)
        writes.add(_acknowledge(desk, ticket, agency, now, decision.emergency))
    return Handled("complaint", writes, ticket.id)


def _new_ticket(
    desk: Desk, message: Inbound, complaint: Complaint, decision: Decision, now: datetime, ids: Ids
) -> NewTicket:
    anonymous = complaint.secrecy == "anonim"
    return NewTicket(
        id=next(ids.tickets),
        code=ticket_code.new_code(desk.choose),
        phone_id=message.phone_id,
        message_id=message.id,
        text=mask_names(complaint.text) if anonymous else complaint.text,
        klass=decision.klass,
        topic=decision.topic,
        place=decision.place,
        confidential=decision.confidential or complaint.secrecy == "rahasia",
        confidence=decision.confidence,
        reasons=[*decision.reasons, *_box(desk, decision, complaint.secrecy == "rahasia").reasons],
        opened_at=now,
        anonymous=anonymous,
    )


def _as_ticket(new: NewTicket, agency: str, language: str) -> Ticket:
    """The ticket as the desk would find it if it were written already."""
    fields = {name: value for name, value in vars(new).items() if name in Ticket.__dataclass_fields__}
    fields |= {"declined": 0, "reopened": 0, "last_answer": None, "answered_at": None}
    return Ticket(**fields, status="diterima", agency=agency, due_at=None, language=language, dispatch_id=None)


def _box(desk: Desk, decision: Decision, confidential: bool) -> Mailbox:
    """Where the report goes, and why not to the agency decided on where it does not."""
    return desk.mailbox(decision.agency, confidential=confidential or decision.confidential)


def _ask_place(desk: Desk, ticket: Ticket, decision: Decision, now: datetime) -> Writes:
    """The report waits; the citizen is asked where, once."""
    until = now + desk.patience.place_wait
    writes = desk.ask(ticket, "tempat", now, until)
    writes.events.append(Event(ticket.id, now, "place_asked", "gateway", "tunda", due_at=until, due_for="reply"))
    name = "darurat_tempat" if decision.emergency else "tanya_tempat"
    writes.add(desk.say_about(ticket, name, emergency=decision.emergency or ""))
    return writes


def _send_on(desk: Desk, ticket: Ticket, decision: Decision, now: datetime, ids: Ids) -> tuple[Agency, Writes]:
    """To the agency that was decided on; where the matter is its own conduct, somebody above it knows too."""
    box = _box(desk, decision, ticket.confidential)
    agency, writes = box.agency, Writes()
    if agency.code != desk.triage.code:
        verified = {"confidence": round(decision.confidence, 3)}
        writes.events.append(Event(ticket.id, now, "verified", "gateway", "terverifikasi", data=verified))
    writes.add(desk.dispatch(ticket, box, now, "gateway", next(ids.dispatches), decision.reasons))
    overseer = desk.mailbox(decision.oversight) if decision.oversight else box
    if overseer.agency.code != agency.code:
        why = "laporan ini menyangkut perilaku petugas, maka Anda mendapat tembusannya"
        writes.add(desk.copy(ticket, overseer, now, next(ids.dispatches), why))
    return agency, writes


def _acknowledge(
    desk: Desk, ticket: Ticket, agency: Agency, now: datetime, emergency: str | None, priority: int = 0
) -> Writes:
    """Where the report is now; in danger, whom to call."""
    routed = agency.code != desk.triage.code
    forwarded = "diteruskan_rahasia" if ticket.confidential else "diteruskan"
    name = "darurat" if emergency else forwarded if routed else "diterima"
    due = desk.first_answer_due(agency, ticket, now)
    return desk.say_about(ticket, name, priority, agency=agency, due=due, emergency=emergency or "")


# ---------------------------------------------------------------- where


def decide_anew(desk: Desk, ticket: Ticket, said: str, whole: str) -> Decision:
    """What the ticket's whole text comes to, the place taken from what was `said` last where that names one."""
    place = desk.router.places.find(normalise(said, desk.router.slang), ticket.place)
    return desk.router.classify(whole, place.code)


def complete_place(
    desk: Desk, ticket: Ticket, message: Inbound, said: str, whole: str, now: datetime, ids: Ids
) -> Writes:
    """The ticket decided anew, and sent on. It is not asked a second time: what stays unclear goes to a person."""
    decision = decide_anew(desk, ticket, said, whole)
    now_known = replace(
        ticket,
        confidential=ticket.confidential or decision.confidential,
        topic=decision.topic,
        place=decision.place,
    )
    event = Event(
        *(ticket.id, now, "place_given", "citizen", "diterima"),
        due_at=desk.first_answer_due(desk.triage, now_known, now),
        due_for="verify",
        data={"text": said, "message": message.id},
        sets=_decided(desk, now_known, whole, decision),
    )
    writes = desk.close(ticket, now, "tempat")
    writes.events.append(event)
    agency, sent = _send_on(desk, now_known, decision, now, ids)
    writes.add(sent)
    writes.add(_acknowledge(desk, now_known, agency, now, None))
    return writes


def _decided(desk: Desk, ticket: Ticket, whole: str, decision: Decision) -> dict[str, Any]:
    return {
        "text": whole,
        "class": decision.klass,
        "topic": ticket.topic,
        "place": ticket.place,
        "confidential": ticket.confidential,
        "confidence": decision.confidence,
        "reasons": [*decision.reasons, *_box(desk, decision, ticket.confidential).reasons],
    }


def place_unknown(desk: Desk, ticket: Ticket, now: datetime, ids: Ids) -> Writes:
    """Nobody has said where in time: a person takes the report as it is."""
    writes = Writes(closed=[ClosedQuestion(ticket.id, now, "expired", "tempat")])
    writes.events.append(Event(ticket.id, now, "place_not_given", "gateway", "diterima"))
    reason = "pelapor ditanya tempat kejadiannya dan tidak menjawab"
    writes.add(desk.dispatch(ticket, desk.triage_box, now, "gateway", next(ids.dispatches), [reason]))
    writes.add(_acknowledge(desk, ticket, desk.triage, now, None, STATUS))
    return writes


# ---------------------------------------------------------------- in pieces, and twice


def with_more(ticket: Ticket, text: str, glue: str = "\n") -> str:
    """The ticket's text with more words of the citizen's, names masked where that was asked for."""
    whole = f"{ticket.text}{glue}{text}"
    return mask_names(whole) if ticket.anonymous else whole


def go_on(desk: Desk, talk: Talk, message: Inbound, text: str, now: datetime, ids: Ids) -> Handled | None:
    """A text that reads as the rest of one that is a ticket already; None where it is no such text."""
    last = talk.recent[0] if talk.recent else None
    ticket = talk.ticket(last.ticket_id) if last and _is_rest(desk, last, message, text) else None
    if last is None or ticket is None or ticket.status in CLOSED:
        return None
    whole = rejoin(ticket.text, text)
    whole = mask_names(whole) if ticket.anonymous else whole
    if talk.is_asked(ticket, "tempat") and not decide_anew(desk, ticket, text, whole).asks_place:
        return Handled("joined", complete_place(desk, ticket, message, text, whole, now, ids), ticket.id)
    data = {"text": text, "message": message.id}
    sets = {"text": whole} if last.outcome in _REPORTED else {}
    writes = Writes(events=[Event(ticket.id, now, "citizen_added", "citizen", data=data, sets=sets)])
    writes.mails += desk.mail(ticket, "tambahan", text)
    if last.told:
        writes.add(desk.say_about(ticket, "ditambah"))
    return Handled("joined", writes, ticket.id)


def fill_gap(desk: Desk, talk: Talk, message: Inbound, gap: Gap, text: str, now: datetime, ids: Ids) -> Handled | None:
    """The whole of a text in the place of what its ticket has of it; None where that ticket is closed.

    Nobody is told by SMS, unless the late part says where it is: the citizen has sent one text and was answered.
    """
    ticket = talk.ticket(gap.ticket_id)
    if ticket is None or ticket.status in CLOSED:
        return None
    channel = desk.router.channels.read(gap.text)
    read = read_complaint(channel.rest)
    before = read.text if isinstance(read, Complaint) else channel.rest
    before, text = (mask_names(before), mask_names(text)) if ticket.anonymous else (before, text)
    whole = ticket.text.replace(before, text) if before in ticket.text else f"{ticket.text}\n{text}"
    if talk.is_asked(ticket, "tempat") and not decide_anew(desk, ticket, text, whole).asks_place:
        return Handled("completed", complete_place(desk, ticket, message, text, whole, now, ids), ticket.id)
    data = {"text": text, "message": message.id}
    writes = Writes(events=[Event(ticket.id, now, "citizen_added", "citizen", data=data, sets={"text": whole})])
    writes.mails += desk.mail(ticket, "tambahan", text)
    return Handled("completed", writes, ticket.id)


def _is_rest(desk: Desk, last: Said, message: Inbound, text: str) -> bool:
    apart = message.sent_at - last.sent_at
    soon = apart <= desk.patience.join_texts and message.sent_at >= last.sent_at
    return soon and last.outcome in _REPORTED | _ADDED and continues(last.text, text)


def find_repeated(desk: Desk, talk: Talk, message: Inbound, text: str) -> Ticket | None:
    """The ticket that this very text has opened, or was added to, within a day; spelling apart, codes apart."""
    if not talk.recent:
        return None
    raw, plain = _plain(desk, message.text), _plain(desk, text)
    for said in talk.recent:
        ticket = talk.ticket(said.ticket_id)
        if ticket is None or ticket.status in CLOSED:
            continue
        if raw == _plain(desk, said.text) or plain == _plain(desk, ticket.text):
            return ticket
    return None


def _plain(desk: Desk, text: str) -> str:
    """The normal form that is compared; where no word is in it (emoji), the text."""
    return normalise(_TYPED_CODE.sub(" ", text), desk.router.slang).text or text.strip()
