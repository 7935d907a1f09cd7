"""What an SMS of a citizen comes to: a report, a part of one, an answer, a command; values in, rows out."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from parser.intents import (
    Add,
    Cancel,
    Complaint,
    Full,
    Help,
    Hide,
    No,
    OneOff,
    Rating,
    Reopen,
    Resume,
    Slip,
    Status,
    Stop,
    Yes,
)
from smsd.desk.answers import confirm, pointed_at, rate, reopen, take_answer
from smsd.desk.clock import escalate, leave_ombudsman
from smsd.desk.commands import cancel, change_phone, give_one_off, list_tickets, obey
from smsd.desk.hear import Heard
from smsd.desk.reports import fill_gap, find_repeated, go_on, open_report
from smsd.desk.rules import Desk, Ticket
from smsd.desk.talk import Handled, Ids, Inbound, Talk
from smsd.writes import Writes


def respond(desk: Desk, talk: Talk, heard: Heard, now: datetime, ids: Ids) -> Handled:
    """Everything that one SMS causes."""
    message, phone = heard.message, talk.phone
    match heard.intent:
        case None:
            language = heard.language
            changed = change_phone(desk, phone, "ganti_bahasa", language=language) if language else Writes()
            return Handled(heard.outcome, changed)
        case Complaint() as complaint:
            return _free_text(desk, talk, heard, complaint, now, ids)
        case Status() | Add() | Cancel() | Hide() | Full() | Reopen() as command:
            return obey(desk, talk, message, command, now, ids)
        case Yes() | No() as answer:
            return _yes_or_no(desk, talk, message, answer, now, ids)
        case Rating() as rating:
            return rate(desk, talk, message, rating, now)
        case Help():
            return Handled("help", desk.say(phone, "bantuan"))
        case Slip(typed=typed):
            return Handled("slip", desk.say(phone, "salah_ketik", typed=typed))
        case Stop() | Resume() | OneOff() as wish:
            return _about_the_phone(desk, talk, wish, now)
        case _:
            assert_never(heard.intent)


def _about_the_phone(desk: Desk, talk: Talk, wish: Stop | Resume | OneOff, now: datetime) -> Handled:
    """What concerns no single report."""
    match wish:
        case Stop():
            return Handled("stop", change_phone(desk, talk.phone, "berhenti", quiet=True))
        case Resume():
            return Handled("resume", change_phone(desk, talk.phone, "mulai", quiet=False))
        case OneOff():
            return Handled("one_off", give_one_off(desk, talk, now))
        case _:
            assert_never(wish)


def _free_text(desk: Desk, talk: Talk, heard: Heard, complaint: Complaint, now: datetime, ids: Ids) -> Handled:
    """A text whose gap is filled, the rest of one, the same text again, the answer to a question, spam; else a report.

    What answers a question of ours is never taken for spam: we asked for it.
    """
    message, text = heard.message, complaint.text
    if message.handled and (filled := fill_gap(desk, talk, message, message.handled, text, now, ids)):
        return filled
    own = complaint.new or complaint.secrecy != ""
    if not own and (continued := go_on(desk, talk, message, text, now, ids)):
        return continued
    if ticket := find_repeated(desk, talk, message, text):
        return Handled("repeated", desk.say_about(ticket, "sama"))
    decision = desk.router.classify(text, heard.place, heard.agency_type)
    if not own and (answered := take_answer(desk, talk, message, text, decision, now, ids)):
        return answered
    verdict = desk.router.spam.judge(text)
    if verdict.kind and not message.trusted:
        return Handled(verdict.kind, refused="; ".join(verdict.reasons) or verdict.kind)
    return open_report(desk, talk, message, complaint, decision, now, ids)


def _yes_or_no(desk: Desk, talk: Talk, message: Inbound, answer: Yes | No, now: datetime, ids: Ids) -> Handled:
    """An answer to whether it is done, shall be cancelled, or go to the Ombudsman; where several wait, to which."""
    outcome = type(answer).__name__.lower()
    asked = talk.asked("beres", "batal", "ombudsman")
    ticket = pointed_at(talk, asked, answer)
    if ticket is None:
        return Handled("which", list_tickets(desk, talk, "pertanyaan_mana", asked))
    if talk.is_asked(ticket, "ombudsman") and not talk.is_asked(ticket, "batal"):
        return Handled(outcome, _about_ombudsman(desk, ticket, message, answer, now, ids))
    match talk.is_asked(ticket, "batal"), answer:
        case True, Yes():
            return Handled(outcome, cancel(desk, ticket, message, now))
        case True, No():
            writes = desk.close(ticket, now, "batal")
            writes.add(desk.say_about(ticket, "batal_urung"))
            return Handled(outcome, writes)
        case False, Yes():
            return Handled(outcome, confirm(desk, ticket, message, now))
        case _:
            return Handled(outcome, reopen(desk, ticket, message, answer.text, now, ids))


def _about_ombudsman(desk: Desk, ticket: Ticket, message: Inbound, answer: Yes | No, now: datetime, ids: Ids) -> Writes:
    if isinstance(answer, Yes):
        return escalate(desk, ticket, message.id, now, ids.dispatches)
    return leave_ombudsman(desk, ticket, message.id, now)
