"""What the first line of an agency's mail does to a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, assert_never

from parser import agency_mail
from parser.privacy import mask_numbers
from routing.deadlines import end_of_day
from smsd.desk.rules import STATUS, Desk, Mailbox, Ticket
from smsd.writes import Event, Writes

DECLINED_MOST = 2  # after so many agencies have said that they are not competent a person decides, whomever they name


def agency_answer(
    desk: Desk, ticket: Ticket, verb: agency_mail.Verb, now: datetime, mail_id: int, dispatch_ids: Iterator[int]
) -> Writes:
    """The first line of an agency's mail becomes a status and an SMS; FreeText and NeedsExplanation do not."""
    actor = f"agency:{ticket.agency}"
    data: dict[str, Any] = {"mail": mail_id}
    match verb:
        case agency_mail.Accept():
            return _take_up(desk, ticket, "agency_terima", "", actor, now, data)
        case agency_mail.Process(note=note):
            return _take_up(desk, ticket, "agency_proses", note, actor, now, data)
        case agency_mail.Done(explanation=note):
            event = Event(ticket.id, now, "agency_done", actor, "selesai", due_for="none", data=data | {"text": note})
            return _ask_citizen(desk, ticket, event, "agency_selesai", note, "beres")
        case agency_mail.Refuse(reason=note):
            return _refuse(desk, ticket, note, actor, now, data)
        case agency_mail.Postpone(until=until, reason=note):
            return _postpone(desk, ticket, until, note, actor, now, data)
        case agency_mail.Ask(question=note):
            due = desk.reply_window(ticket, now)
            event = Event(
                *(ticket.id, now, "agency_asked", actor, "tunda", None, due, "reply", data | {"text": note}),
            )
            return _ask_citizen(desk, ticket, event, "agency_tanya", note, "jawaban")
        case agency_mail.NotOurs(agency=named):
            return _not_ours(desk, ticket, named, actor, now, data, dispatch_ids)
        case agency_mail.FreeText() | agency_mail.NeedsExplanation() | agency_mail.UnknownVerb():
            raise ValueError(f"{type(verb).__name__} changes no ticket; an operator reads it")
        case _:
            assert_never(verb)


def help_mail(desk: Desk, ticket: Ticket, verb: str) -> Writes:
    """One helpful mail back to an agency whose verb lacks what must stand behind it."""
    return Writes(mails=desk.mail(ticket, "bantuan", verb))


def _take_up(
    desk: Desk, ticket: Ticket, name: str, note: str, actor: str, now: datetime, data: dict[str, Any]
) -> Writes:
    """The deadline to finish runs from the first such word: an agency cannot put it off by saying PROSES again."""
    kind = "agency_accepted" if name == "agency_terima" else "agency_in_progress"
    due = _finish_due(desk, ticket, now)
    data = data | {"text": note} if note else data
    event = Event(ticket.id, now, kind, actor, "ditindaklanjuti", None, due, "finish", data)
    return _tell_change(desk, ticket, event, name, note, due)


def _finish_due(desk: Desk, ticket: Ticket, now: datetime) -> datetime:
    """The deadline to finish that runs already, else the one that begins now."""
    running = ticket.due_at if ticket.due_for == "finish" else None
    return running or desk.finish_due(ticket, now)


def _postpone(
    desk: Desk, ticket: Ticket, until: date, note: str, actor: str, now: datetime, data: dict[str, Any]
) -> Writes:
    """The agency names its own day. The citizen is told; the clock follows only as far as the limit goes."""
    promised = end_of_day(until, desk.zone_of(ticket))
    due = min(promised, _finish_due(desk, ticket, now))
    data = data | {"text": note, "until": until.isoformat()}
    event = Event(ticket.id, now, "agency_postponed", actor, "ditindaklanjuti", None, due, "finish", data)
    return _tell_change(desk, ticket, event, "agency_tunda", note, promised)


def _refuse(desk: Desk, ticket: Ticket, note: str, actor: str, now: datetime, data: dict[str, Any]) -> Writes:
    """Closed with the reason; the citizen may object, and then a person decides."""
    event = Event(*(ticket.id, now, "agency_refused", actor, "diarsipkan"), due_for="none", data=data | {"text": note})
    writes = desk.close_all(ticket, now)
    writes.add(_tell_change(desk, ticket, event, "agency_tolak", note))
    return writes


def _not_ours(
    desk: Desk,
    ticket: Ticket,
    named: str,
    actor: str,
    now: datetime,
    data: dict[str, Any],
    dispatch_ids: Iterator[int],
) -> Writes:
    """To the agency that was named, where it can be told and reached; else to the triage desk."""
    triage = ticket.agency == desk.triage.code  # a person names the agency: that is no agency that declines
    data = data | {"named": named} | ({"by_triage": True} if triage else {})
    box, why = _named(desk, ticket, named)
    agency = box.agency
    if agency.code == ticket.agency:  # the triage desk itself must name an agency that can be reached
        writes = help_mail(desk, ticket, f"BUKAN WEWENANG {mask_numbers(named)}".rstrip())
        writes.events.append(Event(ticket.id, now, "agency_declined", actor, data=data))
        return writes
    writes = desk.close_all(ticket, now)
    writes.events.append(Event(ticket.id, now, "agency_declined", actor, "bukan_wewenang", data=data))
    reason = f"{desk.short_name(ticket.agency)}: bukan wewenang kami, wewenang {named or 'instansi lain'}"
    writes.add(desk.dispatch(ticket, box, now, "gateway", next(dispatch_ids), [reason, *why]))
    name = "ditugaskan" if triage else "kembali" if agency.code == desk.triage.code else "pindah"
    writes.add(desk.say_about(ticket, name, STATUS, agency=agency, due=desk.first_answer_due(agency, ticket, now)))
    return writes


def _named(desk: Desk, ticket: Ticket, named: str) -> tuple[Mailbox, list[str]]:
    """Where the agency that is meant can be reached, and why there; the triage desk where it is no good one."""
    if ticket.agency != desk.triage.code and ticket.declined + 1 >= DECLINED_MOST:
        why = f"{ticket.declined + 1} instansi menyatakan bukan wewenangnya, mohon petugas memutuskan"
        return desk.triage_box, [why]
    found = desk.router.agencies.find_near(named, ticket.place) if named else None
    box = desk.mailbox(found.code, confidential=ticket.confidential) if found else desk.triage_box
    return (desk.triage_box, box.reasons) if box.agency.code == ticket.agency else (box, [])


def _ask_citizen(desk: Desk, ticket: Ticket, event: Event, name: str, note: str, kind: str) -> Writes:
    """A change that the citizen has to say something to."""
    writes = desk.close_all(ticket, event.at)
    writes.add(_tell_change(desk, ticket, event, name, note))
    writes.add(desk.ask(ticket, kind, event.at, desk.listen_until(ticket, event.at)))
    return writes


def _tell_change(desk: Desk, ticket: Ticket, event: Event, name: str, note: str, due: datetime | None = None) -> Writes:
    writes = desk.say_about(ticket, name, STATUS, note=mask_numbers(note), due=due)
    writes.events.append(event)
    return writes
