"""What the clock does to a ticket whose deadline nears or has passed: each step once for each deadline.

A deadline begins with an event. From then on the next step is planned, and each step plans the one after it:

    remind    before the deadline        the agency gets a reminder
    late      the working day after it   the citizen is told who is late and what happens next, the agency and its
                                         superior are told
    overdue   some working days later    the citizen is told that our staff takes it up, which gets a mail

All of them fall on a working day at eight in the morning, where the matter is: nobody's phone rings at midnight.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from routing.deadlines import MORNING
from smsd.desk.rules import CLOSED, STATUS, Desk, Mailbox, Ticket
from smsd.writes import Event, NextStep, Writes

_STEPS = REMIND, LATE, OVERDUE = "remind", "late", "overdue"
_EVENING = time(20)
REMINDERS = 2  # the priority of an SMS that answers nothing
# What is told to the citizen when it is late, by what was awaited.
_LATE_SMS = {"verify": "terlambat_petugas", "first_follow_up": "terlambat_menjawab", "finish": "terlambat_selesai"}


def step(desk: Desk, ticket: Ticket, due_step: str, now: datetime, dispatch_ids: Iterator[int]) -> Writes:
    """Does what is planned for the ticket at this moment, and plans what comes next."""
    if ticket.due_at is None or ticket.due_for not in _LATE_SMS or ticket.status in CLOSED:
        return Writes(next_steps=[NextStep(ticket.id, None, None)])
    if due_step in _STEPS and not is_daytime(now.astimezone(desk.zone_of(ticket))):
        # As after an outage: what should have happened by day happens by day.
        return Writes(next_steps=[NextStep(ticket.id, due_step, _next_morning(desk, ticket, now))])
    if ticket.answer_waits and due_step in _STEPS:
        # It has answered in its own words, and we have not read them: the agency is not the one who is late.
        return Writes(next_steps=[NextStep(ticket.id, due_step, desk.morning(ticket, now, 1))])
    match due_step:
        case "remind":
            writes = _remind(desk, ticket, now)
        case "late":
            writes = _tell_late(desk, ticket, now, dispatch_ids)
        case "overdue":
            writes = _take_up(desk, ticket, now, dispatch_ids)
        case _:
            writes = Writes()
    writes.next_steps.append(_next(desk, ticket, due_step, now))
    return writes


def _next(desk: Desk, ticket: Ticket, after: str, now: datetime) -> NextStep:
    """The step that follows. A reminder whose moment has passed before it was planned is left out."""
    assert ticket.due_at is not None, "only a deadline has steps"
    zone = desk.zone_of(ticket)
    if after not in _STEPS:
        at = desk.deadlines.remind_at(ticket.due_at, _limit(desk, ticket), zone)
        if at > now:
            return NextStep(ticket.id, REMIND, at)
    if after not in (LATE, OVERDUE):
        return NextStep(ticket.id, LATE, desk.morning(ticket, ticket.due_at, 1))
    if after == LATE and ticket.due_for != "verify":
        return NextStep(ticket.id, OVERDUE, _patience_ends(desk, ticket, now))
    return NextStep(ticket.id, None, None)


def _patience_ends(desk: Desk, ticket: Ticket, now: datetime) -> datetime:
    """When our staff takes up what is late now; what was told late has a day at least."""
    assert ticket.due_at is not None, "only a deadline can be missed"
    return max(desk.morning(ticket, ticket.due_at, desk.deadlines.overdue), desk.morning(ticket, now, 1))


def is_daytime(local: datetime) -> bool:
    """Whether a phone may ring that nobody has just texted with; `local` is in the zone where it is."""
    return MORNING <= local.time() < _EVENING


def _next_morning(desk: Desk, ticket: Ticket, now: datetime) -> datetime:
    early = now.astimezone(desk.zone_of(ticket)).time() < MORNING
    return desk.morning(ticket, now, 0 if early else 1)


def _limit(desk: Desk, ticket: Ticket) -> int:
    """The working days that were given."""
    limits = desk.deadlines.of(ticket.agency)
    match ticket.due_for:
        case "verify":
            return limits.verify
        case "first_follow_up":
            return limits.first_follow_up
        case _:
            return limits.days_for(ticket.klass)


def _remind(desk: Desk, ticket: Ticket, now: datetime) -> Writes:
    writes = Writes(events=[Event(ticket.id, now, "reminded", "gateway", data={"due_for": ticket.due_for})])
    writes.mails += desk.mail(ticket, "pengingat", "")
    return writes


def _tell_late(desk: Desk, ticket: Ticket, now: datetime, dispatch_ids: Iterator[int]) -> Writes:
    """Who is late: an agency, or we. What is confidential is not told to a superior who was never to know of it."""
    assert ticket.due_for is not None, "only a deadline can be missed"
    writes = desk.say_about(ticket, _LATE_SMS[ticket.due_for], REMINDERS, then=_patience_ends(desk, ticket, now))
    agency = desk.agency_of(ticket)
    told = agency.superior_email if agency.superior_email not in desk.paused and not ticket.confidential else None
    data = {"due_for": ticket.due_for, "superior": told is not None}
    writes.events.append(Event(ticket.id, now, "late", "gateway", data=data))
    writes.mails += desk.mail(ticket, "terlambat", "")
    if told is not None:
        why = f"batas waktu untuk {agency.short_name} sudah lewat"
        writes.add(desk.copy(ticket, Mailbox(agency, told, []), now, next(dispatch_ids), why, "atasan"))
    return writes


def _take_up(desk: Desk, ticket: Ticket, now: datetime, dispatch_ids: Iterator[int]) -> Writes:
    """The agency keeps its ticket, and our own staff presses on."""
    writes = desk.say_about(ticket, "macet", REMINDERS, then=desk.deadlines.ombudsman_due(ticket.opened_at, desk.zone))
    writes.events.append(Event(ticket.id, now, "overdue", "gateway", data={"due_for": ticket.due_for}))
    why = f"{desk.short_name(ticket.agency)} belum menjawab sesudah ditegur"
    writes.add(desk.copy(ticket, desk.triage_box, now, next(dispatch_ids), why, "macet"))
    return writes


# ---------------------------------------------------------------- sixty days


def ask_about_ombudsman(desk: Desk, ticket: Ticket, now: datetime) -> Writes:
    """Sixty days, and not done: does the citizen want the Ombudsman to have it? Asked once."""
    writes = desk.say_about(ticket, "tanya_ombudsman", STATUS)
    writes.events.append(Event(ticket.id, now, "ombudsman_asked", "gateway"))
    writes.add(desk.ask(ticket, "ombudsman", now, desk.listen_until(ticket, now)))
    return writes


def escalate(desk: Desk, ticket: Ticket, message_id: int, now: datetime, dispatch_ids: Iterator[int]) -> Writes:
    """The Ombudsman gets the whole story; the agency keeps its ticket, and its clock goes on."""
    ombudsman = desk.router.agencies.find("OMBUDSMAN", ticket.place, "nasional")
    box = desk.mailbox(ombudsman.code) if ombudsman else desk.triage_box
    writes = desk.close(ticket, now, "ombudsman")
    data = {"message": message_id}
    writes.events.append(Event(ticket.id, now, "escalated", "citizen", "eskalasi_ombudsman", data=data))
    why = "pelapor meminta Ombudsman memeriksa laporan yang belum selesai setelah 60 hari"
    writes.add(desk.copy(ticket, box, now, next(dispatch_ids), why, "ombudsman"))
    writes.add(desk.say_about(ticket, "ke_ombudsman"))
    return writes


def leave_ombudsman(desk: Desk, ticket: Ticket, message_id: int, now: datetime) -> Writes:
    """The citizen does not want that."""
    writes = desk.close(ticket, now, "ombudsman")
    writes.events.append(Event(ticket.id, now, "ombudsman_declined", "citizen", data={"message": message_id}))
    writes.add(desk.say_about(ticket, "tanpa_ombudsman"))
    return writes


# ---------------------------------------------------------------- silence


def close_by_silence(desk: Desk, ticket: Ticket, now: datetime) -> Writes:
    """The agency has answered, the citizen was asked whether it is done, and says nothing."""
    writes = Writes(events=[Event(ticket.id, now, "closed_by_silence", "gateway", due_for="none")])
    writes.add(desk.say_about(ticket, "ditutup_diam", REMINDERS))
    return writes


def question_unanswered(desk: Desk, ticket: Ticket, now: datetime) -> Writes:
    """The citizen did not answer the agency's question: nothing is closed for that; it goes on with what it has."""
    due = desk.first_answer_due(desk.agency_of(ticket), ticket, now)
    kind, awaits = "question_unanswered", desk.awaits(ticket)
    event = Event(ticket.id, now, kind, "gateway", "ditindaklanjuti", due_at=due, due_for=awaits)
    writes = Writes(events=[event])
    writes.mails += desk.mail(ticket, "tanpa_jawaban", ticket.last_answer or "")
    return writes


def answer_unread(desk: Desk, ticket: Ticket, now: datetime) -> Writes:
    """An agency's free answer has waited too long for an operator: the citizen hears that there is one."""
    writes = desk.say_about(ticket, "jawaban_diperiksa", REMINDERS)
    writes.events.append(Event(ticket.id, now, "answer_unread", "gateway"))
    return writes
