"""What the first line of an agency's mail does to a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_never

from parser import agency_mail
from parser.privacy import mask_numbers
from routing.agencies import Agency
from smsd.desk.rules import STATUS, Desk, Ticket
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
        case agency_mail.Ask(question=note):
            due = desk.reply_window(now)
            event = Event(
                *(ticket.id, now, "agency_asked", actor, "tunda", None, due, "reply", data | {"text": note}),
            )
            return _ask_citizen(desk, ticket, event, "agency_tanya", note, "jawaban")
        case agency_mail.NotOurs(agency=named):
            return _not_ours(desk, ticket, named, actor, now, data, dispatch_ids)
        case (
            agency_mail.FreeText()
            | agency_mail.NeedsExplanation()
            | agency_mail.UnknownVerb()
            | agency_mail.Postpone()
            | agency_mail.Refuse()
        ):
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
    running = ticket.due_at if ticket.status == "ditindaklanjuti" else None
    due = running or desk.deadlines.deadline_for(ticket.klass, now, desk.zone)
    data = data | {"text": note} if note else data
    event = Event(ticket.id, now, kind, actor, "ditindaklanjuti", None, due, "finish", data)
    return _tell_change(desk, ticket, event, name, note, due)


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
    agency, why = _named(desk, ticket, named)
    if agency.code == ticket.agency:  # the triage desk itself must name an agency that can be reached
        writes = help_mail(desk, ticket, f"BUKAN WEWENANG {mask_numbers(named)}".rstrip())
        writes.events.append(Event(ticket.id, now, "agency_declined", actor, data=data))
        return writes
    writes = desk.close_all(ticket, now)
    writes.events.append(Event(ticket.id, now, "agency_declined", actor, "bukan_wewenang", data=data))
    reason = f"{desk.short_name(ticket.agency)}: bukan wewenang kami, wewenang {named or 'instansi lain'}"
    writes.add(desk.dispatch(ticket.id, agency, now, "gateway", next(dispatch_ids), [reason, *why]))
    name = "ditugaskan" if triage else "kembali" if agency.code == desk.triage.code else "pindah"
    writes.add(desk.say_about(ticket, name, STATUS, agency=agency, due=desk.first_answer_due(agency, now)))
    return writes


def _named(desk: Desk, ticket: Ticket, named: str) -> tuple[Agency, list[str]]:
    """The agency that is meant, and what must be told of the choice; the triage desk where it is no good one."""
    if ticket.agency != desk.triage.code and ticket.declined + 1 >= DECLINED_MOST:
        return desk.triage, [f"{ticket.declined + 1} instansi menyatakan bukan wewenangnya, mohon petugas memutuskan"]
    found = desk.router.agencies.find_by_words(named) if named else None
    agency, why = desk.mailbox(found.code) if found else (desk.triage, [])
    return (desk.triage, why) if agency.code == ticket.agency else (agency, why)


def _ask_citizen(desk: Desk, ticket: Ticket, event: Event, name: str, note: str, kind: str) -> Writes:
    """A change that the citizen has to say something to."""
    writes = desk.close_all(ticket, event.at)
    writes.add(_tell_change(desk, ticket, event, name, note))
    writes.add(desk.ask(ticket, kind, event.at, desk.reply_window(event.at)))
    return writes


def _tell_change(desk: Desk, ticket: Ticket, event: Event, name: str, note: str, due: datetime | None = None) -> Writes:
    writes = desk.say_about(ticket, name, STATUS, note=mask_numbers(note), due=due)
    writes.events.append(event)
    return writes
