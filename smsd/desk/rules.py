"""What all decisions at the desk share: its rules and words, who gets a mail, and how an SMS about a ticket reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from config.replies import Replies
from parser import ticket_code
from parser.agency_mail import new_token
from parser.privacy import mask_numbers
from routing.agencies import Agency
from routing.classify import Router
from routing.deadlines import Deadlines
from smsd.writes import Event, NewDispatch, NewMail, NewSms, Writes

_WEEKDAYS = ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min")
CLOSED = frozenset({"selesai", "diarsipkan"})
ANSWER, STATUS = 0, 1  # priorities of an SMS


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

    @property
    def triage(self) -> Agency:
        """The desk where a person decides."""
        return self.router.agencies.triage

    def mailbox(self, code: str) -> tuple[Agency, list[str]]:
        """The agency itself, or the triage desk where it cannot be written to, and the reason for that."""
        agency = self.router.agencies.get(code)
        if agency is not None and agency.email is not None:
            return agency, []
        name = agency.name if agency else code
        return self.triage, [f"{name} belum punya alamat surel, jadi petugas kami yang meneruskan"]

    def dispatch(
        self, ticket_id: int, agency: Agency, now: datetime, actor: str, dispatch_id: int, reasons: Sequence[str]
    ) -> Writes:
        """The ticket goes to an agency, which is told why: its event, the dispatch and the mail.

        An agency must follow up in time; at the triage desk the status stays, and it is verified again.
        """
        assert agency.email is not None, "callers choose agencies that have an address"
        token = new_token(self.choose)
        triage = agency.code == self.triage.code
        event = Event(
            *(ticket_id, now, "dispatched", actor, None if triage else "terdisposisi", agency.code),
            due_at=self.first_answer_due(agency, now),
            due_for="verify" if triage else "first_follow_up",
            data={"dispatch": dispatch_id, "reasons": [mask_numbers(reason) for reason in reasons]},
        )
        return Writes(
            events=[event],
            dispatches=[NewDispatch(dispatch_id, ticket_id, agency.code, agency.email, token, now)],
            mails=[NewMail(dispatch_id, "disposisi", "", self.message_id())],
        )

    def first_answer_due(self, agency: Agency, now: datetime) -> datetime:
        """Until when something must come back from an agency, or from the triage desk."""
        triage = agency.code == self.triage.code
        due = self.deadlines.verify_due if triage else self.deadlines.first_follow_up_due
        return due(now, self.zone)

    def mail(self, ticket: Ticket, kind: str, extra_text: str) -> list[NewMail]:
        """A mail to the agency that has the ticket; none while nobody has it."""
        if ticket.dispatch_id is None:
            return []
        return [NewMail(ticket.dispatch_id, kind, extra_text, self.message_id())]

    def message_id(self) -> str:
        """A Message-ID of our own (RFC 5322 section 3.6.4)."""
        return f"<{new_token(self.choose)}@{self.reply_domain}>"

    def say(self, phone_id: int, name: str, **values: str) -> Writes:
        """An SMS about no ticket, in answer to a command."""
        return Writes(sms=[NewSms(phone_id, None, name, self.replies.render(name, **values), ANSWER)])

    def say_about(
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
            agency=agency.short_name if agency else self.short_name(ticket.agency),
            old_agency=self.short_name(ticket.agency),
            topic=topic.name if topic else "umum",
            status=self.replies.status[status or ticket.status],
            note=note,
            date=self.day(due) if due else "",
            days=str(self.deadlines.verify),
        )
        return Writes(sms=[NewSms(ticket.phone_id, ticket.id, name, text, priority)])

    def short_name(self, code: str) -> str:
        """How an SMS calls the agency; its code where the agencies' file no longer knows it."""
        agency = self.router.agencies.get(code)
        return agency.short_name if agency else code

    def day(self, moment: datetime) -> str:
        """`Jum 12/6`."""
        local = moment.astimezone(self.zone)
        return f"{_WEEKDAYS[local.weekday()]} {local.day}/{local.month}"
