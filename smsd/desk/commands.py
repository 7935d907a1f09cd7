"""What a citizen's command does: it asks about a ticket, or changes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from parser import ticket_code
from parser.intents import Add, Cancel, Full, Hide, Reopen, Status
from parser.privacy import mask_names, mask_numbers
from smsd.desk.answers import add_words, reopen
from smsd.desk.reports import complete_place, with_more
from smsd.desk.rules import ANSWER, CLOSED, Desk, Phone, Ticket
from smsd.desk.talk import Handled, Ids, Inbound, Talk
from smsd.writes import Event, NewOneOff, PhoneChange, Writes, WrongTry

Command = Status | Add | Cancel | Hide | Full | Reopen

ONE_OFF_LIVES = timedelta(minutes=60)
ONE_OFF_TRIES = 3
_ONE_OFFS = 10_000
_CANCEL_WAITS = timedelta(hours=24)
_PAGES_MOST = 6


def obey(desk: Desk, talk: Talk, message: Inbound, command: Command, now: datetime, ids: Ids) -> Handled:
    """A command about the ticket that it names, or about the one that is meant where it names none."""
    outcome = type(command).__name__.lower()
    if command.code is not None:
        ticket = _own(talk, command.code)
        if ticket is None:
            return _about_a_strangers(desk, talk, command, command.code)
    elif command.index is not None:
        ticket = talk.tickets[command.index - 1] if command.index <= len(talk.tickets) else None
    else:
        ticket = _meant(talk, command)
        if isinstance(command, Cancel):
            return Handled(outcome, _which_to_cancel(desk, talk, now))
    if ticket is None:
        return Handled(outcome, _tell_all(desk, talk))
    return _about(desk, talk, ticket, message, command, now, ids)


def _own(talk: Talk, code: str) -> Ticket | None:
    """The phone's own ticket with that code, however old."""
    other = talk.others.get(code)
    older = [other.ticket] if other and other.ticket.phone_id == talk.phone.id else []
    return next((ticket for ticket in (*talk.tickets, *older) if ticket.code == code), None)


def _meant(talk: Talk, command: Command) -> Ticket | None:
    """The ticket a command without code or number is about; None where the list is the answer."""
    match command:
        case Status() | Cancel():
            return None
        case Reopen():
            candidates = [ticket for ticket in talk.tickets if ticket.status in CLOSED]
        case Full():
            answered = [(ticket.answered_at, ticket) for ticket in talk.tickets if ticket.answered_at]
            candidates = [ticket for _, ticket in sorted(answered, key=lambda pair: pair[0], reverse=True)]
        case Add() | Hide():
            candidates = []
        case _:
            assert_never(command)
    return next(iter((*candidates, *talk.tickets)), None)


def _about(
    desk: Desk, talk: Talk, ticket: Ticket, message: Inbound, command: Command, now: datetime, ids: Ids
) -> Handled:
    match command:
        case Status():
            return Handled("status", tell(desk, ticket))
        case Add(text=text):
            return Handled("add", _add(desk, talk, ticket, message, text, now, ids), ticket.id)
        case Cancel():
            return Handled("cancel", cancel(desk, ticket, message, now))
        case Hide(kind=kind):
            return Handled("hide", _hide(desk, ticket, kind, now))
        case Full():
            return Handled("full", _tell_answer(desk, talk.phone, ticket))
        case Reopen():
            if ticket.status in CLOSED:
                return Handled("reopen", reopen(desk, ticket, message, "", now, ids))
            return Handled("reopen", desk.say_about(ticket, "masih_berjalan"))
        case _:
            assert_never(command)


def _about_a_strangers(desk: Desk, talk: Talk, command: Command, code: str) -> Handled:
    """A code that is another phone's, or nobody's: the answer is the same, and guessing comes to an end.

    With the one-off number of the phone that filed it, its status is told, and nothing else can be done.
    """
    if talk.phone.wrong_codes >= desk.patience.wrong_codes_per_day:
        return Handled("too_often", desk.say(talk.phone, "terlalu_sering"))
    writes, other = Writes(), talk.others.get(code)
    if other is not None and isinstance(command, Status) and command.one_off is not None:
        if command.one_off == other.one_off:
            return Handled("status", tell(desk, other.ticket, talk.phone))
        writes.wrong_tries.append(WrongTry(other.ticket.phone_id))
    writes.add(desk.say(talk.phone, "tidak_ditemukan", code=ticket_code.show(code)))
    return Handled("wrong_code", writes)


# ---------------------------------------------------------------- STATUS, LENGKAP, KODE, STOP


def tell(desk: Desk, ticket: Ticket, to: Phone | None = None) -> Writes:
    """How far a ticket is."""
    return desk.say_about(ticket, "status_satu" if ticket.due_at else "status_satu_tanpa_batas", ANSWER, to=to)


def _tell_all(desk: Desk, talk: Talk) -> Writes:
    if not talk.tickets:
        return desk.say(talk.phone, "status_kosong")
    if len(talk.tickets) == 1:
        return tell(desk, talk.tickets[0])
    return list_tickets(desk, talk, "status_daftar", talk.tickets)


def list_tickets(desk: Desk, talk: Talk, name: str, tickets: Sequence[Ticket]) -> Writes:
    """A list of reports, each by its number in the citizen's own list, which is the same in every list."""
    replies = desk.replies.of(talk.phone.language)
    listed = [(ticket, nth) for nth, ticket in enumerate(talk.tickets, 1) if ticket in tickets]
    items, shorter = (
        [desk.list_item(ticket, nth, replies, short=short) for ticket, nth in listed] for short in (False, True)
    )
    return desk.send(talk.phone.id, None, name, [replies.render_list(name, items, shorter)])


def _tell_answer(desk: Desk, phone: Phone, ticket: Ticket) -> Writes:
    """An agency's last answer in full, over several SMS; also of a confidential report, for it was asked for."""
    if not ticket.last_answer:
        return desk.say_about(ticket, "lengkap_kosong")
    text, code = mask_numbers(ticket.last_answer), ticket_code.show(ticket.code)
    pages = desk.replies.of(phone.language).render_pages("lengkap", text, _PAGES_MOST, code=code)
    return desk.send(phone.id, ticket.id, "lengkap", pages)


def give_one_off(desk: Desk, talk: Talk, now: datetime) -> Writes:
    """A number that opens the status of this phone's reports to another phone, for an hour."""
    if not talk.tickets:
        return desk.say(talk.phone, "status_kosong")
    number = f"{desk.choose(_ONE_OFFS):04d}"
    writes = desk.say(talk.phone, "kode", one_off=number)
    writes.one_offs.append(NewOneOff(talk.phone.id, number, now + ONE_OFF_LIVES))
    return writes


def change_phone(desk: Desk, phone: Phone, name: str, *, quiet: bool | None = None, language: str = "") -> Writes:
    """STOP, MULAI, or another language; the answer is in the new one."""
    writes = desk.say(replace(phone, language=language or phone.language), name)
    writes.phones.append(PhoneChange(phone.id, quiet, language or None))
    return writes


# ---------------------------------------------------------------- TAMBAH, BATAL, RAHASIA, ANONIM


def _add(desk: Desk, talk: Talk, ticket: Ticket, message: Inbound, text: str, now: datetime, ids: Ids) -> Writes:
    """More words; where the ticket waits to hear its place, they are the answer."""
    if talk.is_asked(ticket, "tempat"):
        return complete_place(desk, ticket, message, text, with_more(ticket, text), now, ids)
    return add_words(desk, ticket, message, text, now, "ditambah")


def _which_to_cancel(desk: Desk, talk: Talk, now: datetime) -> Writes:
    """BATAL alone: one report is asked about, several are listed."""
    running = [ticket for ticket in talk.tickets if ticket.status not in CLOSED]
    if not running:
        return desk.say(talk.phone, "batal_kosong")
    if len(running) > 1:
        return list_tickets(desk, talk, "batal_mana", running)
    writes = desk.ask(running[0], "batal", now, now + _CANCEL_WAITS)
    writes.add(desk.say_about(running[0], "tanya_batal"))
    return writes


def cancel(desk: Desk, ticket: Ticket, message: Inbound, now: datetime) -> Writes:
    """The citizen takes the ticket back."""
    if ticket.status in CLOSED:
        return desk.say_about(ticket, "sudah_ditutup")
    writes = desk.say_about(ticket, "dibatalkan")
    data = {"reason": "dibatalkan pelapor", "message": message.id}
    writes.events.append(Event(ticket.id, now, "cancelled", "citizen", "diarsipkan", due_for="none", data=data))
    writes.add(desk.close_all(ticket, now))
    writes.mails += desk.mail(ticket, "dibatalkan", "")
    return writes


def _hide(desk: Desk, ticket: Ticket, kind: str, now: datetime) -> Writes:
    """From now on its SMS tell no content (RAHASIA), or no name of the citizen's leaves for an agency (ANONIM)."""
    sets: dict[str, object] = {"confidential": True}
    if kind == "anonim":
        sets = {"anonymous": True, "text": mask_names(ticket.text)}
    writes = desk.say_about(ticket, "dirahasiakan" if kind == "rahasia" else "dianonimkan")
    writes.events.append(Event(ticket.id, now, "hidden", "citizen", data={"kind": kind}, sets=sets))
    writes.mails += desk.mail(ticket, "dirahasiakan", "") if kind == "rahasia" else []
    return writes
