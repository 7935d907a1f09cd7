"""What a citizen's answer does: to the agency's question, to whether it is done, to how satisfied they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parser.intents import No, Rating, Yes
from routing.classify import Decision
from routing.text import normalise
from smsd.desk.reports import complete_place, with_more
from smsd.desk.rules import ANSWER, CLOSED, Desk, Ticket
from smsd.desk.talk import Handled, Ids, Inbound, Talk
from smsd.writes import Event, Writes

REOPENED_MOST = 2  # how often the same agency gets a ticket back; then a person looks at it first
_SHORT = 8  # words: as many as "di depan pasar desa X kecamatan Y kabupaten Z" has
# A short text that begins like this says where, even if the landmark in it (a school, a market) is also a topic.
_WHERE = frozenset(
    ("di", "depan", "dekat", "samping", "sebelah", "belakang", "seberang", "jalan", "gang", "rt", "rw", "dusun", "desa")
    + ("kampung", "kelurahan", "kecamatan", "kabupaten", "kota", "provinsi", "perumahan", "komplek")
)
# Said while we wait to hear whether it is done, about the same matter: it is not.
_NOT_DONE = frozenset({"belum", "masih", "tetap"})
# Nobody has asked the citizen anything yet, or the Ombudsman may be asked: more words change no status.
_UNCHANGED_BY_WORDS = frozenset({"diterima", "bukan_wewenang", "eskalasi_ombudsman"})
# Statuses in which no deadline of the agency's runs: the citizen's words begin a new one, elsewhere the old one stays.
_WAITING = CLOSED | {"tunda"}


def take_answer(
    desk: Desk, talk: Talk, message: Inbound, text: str, decision: Decision, now: datetime, ids: Ids
) -> Handled | None:
    """Free words as the answer to the latest question that they can answer; None where they are a matter of their own.

    `decision` is what they would be as a report.
    """
    for question in talk.questions:
        ticket = talk.ticket(question.ticket_id)
        if ticket is None:
            continue
        other = is_another_matter(desk, ticket, decision)
        if question.kind == "tempat" and says_where(desk, ticket, text, decision):
            writes = complete_place(desk, ticket, message, text, with_more(ticket, text), now, ids)
            return Handled("answer", writes, ticket.id)
        if question.kind in ("jawaban", "kurang") and not other:
            name = "dijawab" if question.kind == "jawaban" else "ditambah"
            return Handled("answer", add_words(desk, ticket, message, text, now, name), ticket.id)
        if question.kind == "beres" and not other and _NOT_DONE & set(_words(desk, text)):
            return Handled("no", reopen(desk, ticket, message, text, now, ids), ticket.id)
    return None


def is_another_matter(desk: Desk, ticket: Ticket, decision: Decision) -> bool:
    """Whether a text would be sent somewhere for a topic that is not the ticket's."""
    clear = decision.topic is not None and decision.confidence >= desk.router.route_from
    return clear and decision.topic != ticket.topic


def says_where(desk: Desk, ticket: Ticket, text: str, decision: Decision) -> bool:
    """Whether a text answers the question for the place.

    One that begins with a word for a place does, if it is short. Any other that is about another matter, clearly or at
    length, does not, for its place is that matter's: "lampu jalan mati di Kepanjen". What is left does if it names a
    place, is short, or is about the ticket's own matter: then it is the citizen's last word on it, and a person reads.
    """
    words = _words(desk, text)
    short = len(words) <= _SHORT
    if short and words and words[0] in _WHERE:
        return True
    of_another = decision.topic is not None and decision.topic != ticket.topic and not short
    if is_another_matter(desk, ticket, decision) or (of_another and words[0] not in _WHERE):
        return False
    found = desk.router.places.find(normalise(text, desk.router.slang), None)
    return short or found.code is not None or bool(found.ambiguous) or decision.topic == ticket.topic is not None


def _words(desk: Desk, text: str) -> Sequence[str]:
    return normalise(text, desk.router.slang).tokens


def add_words(desk: Desk, ticket: Ticket, message: Inbound, text: str, now: datetime, name: str) -> Writes:
    """More words on a ticket reach the agency, and wake a ticket that waited for them or was closed."""
    waiting = ticket.status in _WAITING
    writes = desk.say_about(ticket, name)
    writes.events.append(
        Event(
            *(ticket.id, now, "citizen_added", "citizen"),
            status=None if ticket.status in _UNCHANGED_BY_WORDS else "ditanggapi_pelapor",
            due_at=desk.first_answer_due(desk.agency_of(ticket), ticket, now) if waiting else None,
            due_for=desk.awaits(ticket) if waiting else None,
            data={"text": text, "message": message.id},
        )
    )
    writes.add(desk.close(ticket, now, "jawaban", "kurang", "beres", "nilai"))
    writes.mails += desk.mail(ticket, "tambahan", text)
    return writes


def reopen(desk: Desk, ticket: Ticket, message: Inbound, text: str, now: datetime, ids: Ids) -> Writes:
    """The citizen says that it is not done: back to the same agency, twice at most, then to a person.

    An agency that has refused would refuse again: there a person decides at once.

    Without a `text` the citizen is asked what is missing.
    """
    due = desk.first_answer_due(desk.agency_of(ticket), ticket, now)
    event = Event(ticket.id, now, "reopened", "citizen", "ditanggapi_pelapor", due_at=due, due_for=desk.awaits(ticket))
    event.data.update({"text": text, "message": message.id})
    writes = desk.close_all(ticket, now)
    writes.events.append(event)
    if ticket.reopened >= REOPENED_MOST or ticket.dispatch_id is None or ticket.closed_by == "agency_refused":
        reason = "pelapor menyatakan laporannya belum beres" + (f": {desk.outward(ticket, text)}" if text else "")
        writes.add(desk.dispatch(ticket, desk.triage_box, now, "gateway", next(ids.dispatches), [reason]))
        writes.add(desk.say_about(ticket, "dibuka_petugas"))
        return writes
    writes.mails += desk.mail(ticket, "dibuka", text)
    writes.add(desk.say_about(ticket, "dibuka_jelas" if text else "dibuka", ANSWER, due=due))
    if not text:
        writes.add(desk.ask(ticket, "kurang", now, desk.listen_until(ticket, now)))
    return writes


# ---------------------------------------------------------------- YA, BELUM, 1 to 4


def pointed_at(talk: Talk, asked: Sequence[Ticket], answer: Yes | No) -> Ticket | None:
    """Which of the tickets that were asked about an answer means; None where nobody can tell."""
    if answer.code is not None:
        return next((ticket for ticket in asked if ticket.code == answer.code), None)
    if answer.index is not None:
        return next((ticket for ticket in talk.tickets[answer.index - 1 : answer.index] if ticket in asked), None)
    return asked[0] if len(asked) == 1 else None


def confirm(desk: Desk, ticket: Ticket, message: Inbound, now: datetime) -> Writes:
    """YA, it is done: thanks, and how satisfied are you?"""
    writes = desk.close(ticket, now, "beres")
    writes.events.append(Event(ticket.id, now, "confirmed", "citizen", data={"message": message.id}))
    writes.add(desk.say_about(ticket, "terima_kasih"))
    writes.add(desk.ask(ticket, "nilai", now, desk.listen_until(ticket, now)))
    return writes


def rate(desk: Desk, talk: Talk, message: Inbound, rating: Rating, now: datetime) -> Handled:
    """1 to 4 for the ticket that is named, else for the one that was asked about last."""
    asked = talk.asked("nilai")
    named = [ticket for ticket in asked if ticket.code == rating.code]
    listed = [t for t in talk.tickets[rating.index - 1 : rating.index] if t in asked] if rating.index else []
    ticket = (*named, *listed, *asked)[0]
    writes = desk.close(ticket, now, "nilai")
    data = {"stars": rating.stars, "message": message.id}
    writes.events.append(Event(ticket.id, now, "rated", "citizen", data=data))
    writes.add(desk.say_about(ticket, "dinilai"))
    return Handled("rating", writes)
