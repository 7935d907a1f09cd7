"""What happens to a ticket, as a person at the complaints desk would decide it: values in, rows to write out.

Nothing here reads or writes anything; the loops and the commands do, in one transaction with what caused it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from config.replies import Replies
from parser import agency_mail, ticket_code
from parser.agency_mail import new_token
from parser.privacy import mask_numbers
from parser.sms import Add, Cancel, Complaint, Help, Intent, Slip, Status
from routing.agencies import Agency
from routing.classify import Decision, Router
from routing.deadlines import Deadlines
from smsd.writes import Event, NewDispatch, NewMail, NewSms, NewTicket, Writes

_WEEKDAYS = ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min")
CLOSED = frozenset({"selesai", "diarsipkan"})
_LISTED_MOST = 3  # reports that a bare STATUS tells of; more do not fit one SMS
ANSWER, STATUS, REMINDER = 0, 1, 2  # priorities of an SMS


@dataclass(frozen=True)
class Inbound:
    """An SMS of a citizen, joined."""

    id: int
    phone_id: int
    text: str


@dataclass(frozen=True)
class Ticket:
    """A ticket as the desk needs it. `dispatch_id` is the one that runs, None while it is with nobody."""

    id: int
    code: str
    phone_id: int
    status: str
    klass: str
    topic: str | None
    agency: str
    due_at: datetime | None
    dispatch_id: int | None


@dataclass(frozen=True)
class Desk:
    """The rules and words of one installation. `choose(n)` gives a random number below n."""

    router: Router
    replies: Replies
    deadlines: Deadlines
    zone: ZoneInfo
    reply_domain: str
    choose: Callable[[int], int]

    # ------------------------------------------------------------ citizens

    def open_ticket(
        self, message: Inbound, decision: Decision, now: datetime, ids: Iterator[int], dispatch_ids: Iterator[int]
    ) -> Writes:
        """A complaint becomes a ticket, goes to an agency or to triage, and is acknowledged by one SMS."""
        agency, why = self._mailbox(decision.agency)
        ticket = NewTicket(
            id=next(ids),
            code=ticket_code.new_code(self.choose),
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
                due_at=self.deadlines.verify_due(now, self.zone),
                due_for="verify",
            )
        )
        routed = agency.code != self.triage.code
        if routed:
            verified = {"confidence": round(decision.confidence, 3)}
            writes.events.append(Event(ticket.id, now, "verified", "gateway", "terverifikasi", data=verified))
        writes.add(self._dispatch(ticket.id, agency, now, "gateway", next(dispatch_ids), ticket.reasons))
        name = "darurat" if decision.emergency else "diteruskan" if routed else "diterima"
        writes.sms.append(
            NewSms(
                *(message.phone_id, ticket.id, name),
                self.replies.render(
                    name,
                    code=ticket_code.show(ticket.code),
                    agency=agency.short_name,
                    date=self._day(self.deadlines.first_follow_up_due(now, self.zone)),
                    days=str(self.deadlines.verify),
                    emergency=decision.emergency or "",
                ),
                ANSWER,
            )
        )
        return writes

    def answer(self, message: Inbound, intent: Intent, tickets: Sequence[Ticket], now: datetime) -> Writes:
        """A command of a citizen; `tickets` are the phone's own, newest first."""
        match intent:
            case Help():
                return self._say(message.phone_id, None, "bantuan")
            case Slip(typed=typed):
                return self._say(message.phone_id, None, "salah_ketik", typed=typed)
            case Status(code=None, index=None):
                return self._tell_all(message.phone_id, tickets)
            case Status(index=int(index)):
                if index > len(tickets):
                    return self._say(message.phone_id, None, "status_kosong")
                return self._tell(tickets[index - 1])
            case Status(code=code) | Add(code=code) | Cancel(code=code):
                ticket = next((t for t in tickets if t.code == code), None)
                if ticket is None:
                    return self._say(message.phone_id, None, "tidak_ditemukan", code=ticket_code.show(code or ""))
                return self._about(ticket, message, intent, now)
            case Complaint():
                raise ValueError("a complaint is no command; open_ticket() takes it")
            case _:
                assert_never(intent)

    def _about(self, ticket: Ticket, message: Inbound, intent: Status | Add | Cancel, now: datetime) -> Writes:
        match intent:
            case Status():
                return self._tell(ticket)
            case Add(text=text):
                return self._add(ticket, text, message.id, now)
            case Cancel():
                return self._cancel(ticket, message.id, now)
            case _:
                assert_never(intent)

    def _tell_all(self, phone_id: int, tickets: Sequence[Ticket]) -> Writes:
        if not tickets:
            return self._say(phone_id, None, "status_kosong")
        if len(tickets) == 1:
            return self._tell(tickets[0])
        lines = [f"{ticket_code.show(t.code)} {self.replies.status[t.status]}." for t in tickets[:_LISTED_MOST]]
        return self._say(phone_id, None, "status_daftar", daftar=" ".join(lines))

    def _tell(self, ticket: Ticket) -> Writes:
        name = "status_satu" if ticket.due_at else "status_satu_tanpa_batas"
        return self._say_about(ticket, name, ANSWER)

    def _add(self, ticket: Ticket, text: str, message_id: int, now: datetime) -> Writes:
        status = "ditanggapi_pelapor" if ticket.status != "diterima" else None
        data = {"text": text, "message": message_id}
        writes = self._say_about(ticket, "ditambah", ANSWER)
        writes.events.append(
            Event(
                *(ticket.id, now, "citizen_added", "citizen", status),
                due_at=self.deadlines.first_follow_up_due(now, self.zone) if status else None,
                due_for="first_follow_up" if status else None,
                data=data,
            )
        )
        writes.mails += self._mail(ticket, "tambahan", mask_numbers(text))
        return writes

    def _cancel(self, ticket: Ticket, message_id: int, now: datetime) -> Writes:
        if ticket.status in CLOSED:
            return self._say_about(ticket, "sudah_ditutup", ANSWER)
        writes = self._say_about(ticket, "dibatalkan", ANSWER)
        data = {"reason": "dibatalkan pelapor", "message": message_id}
        writes.events.append(Event(ticket.id, now, "cancelled", "citizen", "diarsipkan", due_for="none", data=data))
        writes.mails += self._mail(ticket, "dibatalkan", "")
        return writes

    # ------------------------------------------------------------ agencies

    def agency_answer(
        self, ticket: Ticket, verb: agency_mail.Verb, now: datetime, mail_id: int, dispatch_ids: Iterator[int]
    ) -> Writes:
        """The first line of an agency's mail becomes a status and an SMS; FreeText and NeedsExplanation do not."""
        actor = f"agency:{ticket.agency}"
        data: dict[str, Any] = {"mail": mail_id}
        match verb:
            case agency_mail.Accept():
                return self._take_up(ticket, "agency_terima", "", actor, now, data)
            case agency_mail.Process(note=note):
                return self._take_up(ticket, "agency_proses", note, actor, now, data)
            case agency_mail.Done(explanation=note):
                event = Event(ticket.id, now, "agency_done", actor, "selesai", due_for="none", data=data | {"text": note})
                return self._tell_change(ticket, event, "agency_selesai", note)
            case agency_mail.Ask(question=note):
                due = self.deadlines.reply_window_due(now, self.zone)
                event = Event(
                    *(ticket.id, now, "agency_asked", actor, "tunda", None, due, "reply", data | {"text": note}),
                )
                return self._tell_change(ticket, event, "agency_tanya", note)
            case agency_mail.NotOurs(agency=named):
                return self._not_ours(ticket, named, actor, now, data, dispatch_ids)
            case agency_mail.FreeText() | agency_mail.NeedsExplanation():
                raise ValueError(f"{type(verb).__name__} changes no ticket; an operator reads it")
            case _:
                assert_never(verb)

    def help_mail(self, ticket: Ticket, verb: str) -> Writes:
        """One helpful mail back to an agency whose verb lacks its explanation."""
        return Writes(mails=self._mail(ticket, "bantuan", verb))

    def _take_up(
        self, ticket: Ticket, name: str, note: str, actor: str, now: datetime, data: dict[str, Any]
    ) -> Writes:
        kind = "agency_accepted" if name == "agency_terima" else "agency_in_progress"
        due = self.deadlines.deadline_for(ticket.klass, now, self.zone)
        data = data | {"text": note} if note else data
        event = Event(ticket.id, now, kind, actor, "ditindaklanjuti", None, due, "finish", data)
        return self._tell_change(ticket, event, name, note, due)

    def _not_ours(
        self,
        ticket: Ticket,
        named: str,
        actor: str,
        now: datetime,
        data: dict[str, Any],
        dispatch_ids: Iterator[int],
    ) -> Writes:
        """To the agency that was named, where it can be told and reached; else to the triage desk."""
        found = self.router.agencies.find_by_words(named) if named else None
        agency, _ = self._mailbox(found.code if found else self.triage.code)
        if agency.code == ticket.agency:
            agency = self.triage
        data, verify = data | {"named": named}, self.deadlines.verify_due(now, self.zone)
        declined = Event(ticket.id, now, "agency_declined", actor, "bukan_wewenang", None, verify, "verify", data)
        writes = Writes(events=[declined])
        reason = f"{self._short_name(ticket.agency)}: bukan wewenang kami, wewenang {named or 'instansi lain'}"
        writes.add(self._dispatch(ticket.id, agency, now, "gateway", next(dispatch_ids), [reason]))
        name = "kembali" if agency is self.triage else "pindah"
        due = self.deadlines.first_follow_up_due(now, self.zone)
        writes.add(self._say_about(ticket, name, STATUS, agency=agency, due=due))
        return writes

    # ------------------------------------------------------------ operators

    def assign(
        self, ticket: Ticket, agency: Agency, why: str, actor: str, now: datetime, dispatch_ids: Iterator[int]
    ) -> Writes:
        """A person sends the ticket to an agency; ValueError if that agency has no address."""
        if agency.email is None:
            raise ValueError(f"{agency.code} has no mail address; give it one in agencies.csv, or assign {self.triage.code}")
        reasons = [why] if why else []
        writes = self._dispatch(ticket.id, agency, now, actor, next(dispatch_ids), reasons)
        due = self.deadlines.first_follow_up_due(now, self.zone)
        writes.add(self._say_about(ticket, "ditugaskan", STATUS, agency=agency, due=due))
        return writes

    def set_status(self, ticket: Ticket, status: str, note: str, actor: str, now: datetime) -> Writes:
        """A person changes the status; the citizen is told, with the note."""
        closed = "none" if status in CLOSED else None
        event = Event(ticket.id, now, "status_set", actor, status, due_for=closed, data={"text": note})
        writes = self._say_about(ticket, "status_berubah", STATUS, status=status, note=mask_numbers(note))
        writes.events.append(event)
        return writes

    def note(self, ticket: Ticket, text: str, actor: str, now: datetime) -> Writes:
        """A remark for colleagues: nobody is told."""
        return Writes(events=[Event(ticket.id, now, "noted", actor, data={"text": text})])

    # ------------------------------------------------------------ shared

    @property
    def triage(self) -> Agency:
        """The desk where a person decides."""
        return self.router.agencies.triage

    def _mailbox(self, code: str) -> tuple[Agency, list[str]]:
        """The agency itself, or the triage desk where it cannot be written to, and the reason for that."""
        agency = self.router.agencies.get(code)
        if agency is not None and agency.email is not None:
            return agency, []
        name = agency.name if agency else code
        return self.triage, [f"{name} belum punya alamat surel, jadi petugas kami yang meneruskan"]

    def _dispatch(
        self, ticket_id: int, agency: Agency, now: datetime, actor: str, dispatch_id: int, reasons: Sequence[str]
    ) -> Writes:
        assert agency.email is not None, "callers choose agencies that have an address"
        token = new_token(self.choose)
        triage = agency.code == self.triage.code
        event = Event(
            *(ticket_id, now, "dispatched", actor, None if triage else "terdisposisi", agency.code),
            due_at=None if triage else self.deadlines.first_follow_up_due(now, self.zone),
            due_for=None if triage else "first_follow_up",
            data={"dispatch": dispatch_id, "reasons": list(reasons)},
        )
        return Writes(
            events=[event],
            dispatches=[NewDispatch(dispatch_id, ticket_id, agency.code, agency.email, token, now)],
            mails=[NewMail(dispatch_id, "disposisi", "", self._message_id())],
        )

    def _mail(self, ticket: Ticket, kind: str, extra_text: str) -> list[NewMail]:
        if ticket.dispatch_id is None:
            return []
        return [NewMail(ticket.dispatch_id, kind, extra_text, self._message_id())]

    def _message_id(self) -> str:
        return f"<{new_token(self.choose)}@{self.reply_domain}>"

    def _say(self, phone_id: int, ticket_id: int | None, name: str, **values: str) -> Writes:
        return Writes(sms=[NewSms(phone_id, ticket_id, name, self.replies.render(name, **values), ANSWER)])

    def _tell_change(
        self, ticket: Ticket, event: Event, name: str, note: str, due: datetime | None = None
    ) -> Writes:
        writes = self._say_about(ticket, name, STATUS, note=mask_numbers(note), due=due)
        writes.events.append(event)
        return writes

    def _say_about(
        self,
        ticket: Ticket,
        name: str,
        priority: int,
        *,
        agency: Agency | None = None,
        status: str | None = None,
        note: str = "",
        due: datetime | None = None,
    ) -> Writes:
        """An SMS about a ticket: as it is, but for what the arguments say has just changed."""
        topic = self.router.topics.topics.get(ticket.topic) if ticket.topic else None
        due = due or ticket.due_at
        text = self.replies.render(
            name,
            code=ticket_code.show(ticket.code),
            agency=agency.short_name if agency else self._short_name(ticket.agency),
            old_agency=self._short_name(ticket.agency),
            topic=topic.name if topic else "umum",
            status=self.replies.status[status or ticket.status],
            note=note,
            date=self._day(due) if due else "",
            days=str(self.deadlines.verify),
        )
        return Writes(sms=[NewSms(ticket.phone_id, ticket.id, name, text, priority)])

    def _short_name(self, code: str) -> str:
        agency = self.router.agencies.get(code)
        return agency.short_name if agency else code

    def _day(self, moment: datetime) -> str:
        """`Jum 12/6`."""
        local = moment.astimezone(self.zone)
        return f"{_WEEKDAYS[local.weekday()]} {local.day}/{local.month}"
