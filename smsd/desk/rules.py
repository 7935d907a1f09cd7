"""What all decisions at the desk share: its rules and words, who gets a mail, and how an SMS about a ticket reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.replies import Replies
from parser import ticket_code
from parser.agency_mail import new_token
from parser.privacy import mask_names, mask_numbers
from routing.agencies import Agency
from routing.classify import Router
from routing.deadlines import Deadlines
from smsd.writes import ClosedQuestion, Event, NewDispatch, NewMail, NewQuestion, NewSms, Writes

CLOSED = frozenset({"selesai", "diarsipkan"})
ANSWER, STATUS = 0, 1  # priorities of an SMS
_WITH_AGENCY = frozenset({"terdisposisi", "ditindaklanjuti"})


@dataclass(frozen=True)
class Phone:
    """Who writes. `wrong_codes` counts guesses at codes within a day."""

    id: int
    language: str = "id"
    quiet: bool = False
    wrong_codes: int = 0


@dataclass(frozen=True)
class Ticket:
    """A row of `desk_ticket`. `dispatch_id` is the one that runs, None while it is with nobody."""

    id: int
    code: str
    phone_id: int
    status: str
    klass: str
    topic: str | None
    place: str | None
    agency: str
    due_at: datetime | None
    text: str
    confidential: bool
    anonymous: bool
    message_id: int | None
    opened_at: datetime
    language: str
    dispatch_id: int | None
    declined: int  # how often an agency has said that it is not competent
    reopened: int  # how often the citizen has said that it is not done
    last_answer: str | None
    answered_at: datetime | None


@dataclass(frozen=True)
class Patience:
    """How long we wait for a citizen, and how many slips we take for slips."""

    join_texts: timedelta = timedelta(seconds=90)
    hold_texts: timedelta = timedelta(seconds=20)
    place_wait: timedelta = timedelta(hours=24)
    wrong_codes_per_day: int = 5


@dataclass(frozen=True)
class Desk:
    """The rules and words of one installation. `choose(n)` gives a random number below n."""

    router: Router
    replies: Replies
    deadlines: Deadlines
    zone: ZoneInfo
    reply_domain: str
    choose: Callable[[int], int]
    patience: Patience = field(default_factory=Patience)

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
        triage = agency.code == self.triage.code
        event = Event(
            *(ticket_id, now, "dispatched", actor, None if triage else "terdisposisi", agency.code),
            due_at=self.first_answer_due(agency, now),
            due_for="verify" if triage else "first_follow_up",
            data={"dispatch": dispatch_id, "reasons": [mask_numbers(reason) for reason in reasons]},
        )
        return self._send(event, agency, dispatch_id, "disposisi")

    def copy(self, ticket_id: int, agency: Agency, now: datetime, dispatch_id: int, reason: str) -> Writes:
        """An agency gets to know of a ticket that another one answers for; it has nothing to do."""
        data = {"dispatch": dispatch_id, "agency": agency.code, "reasons": [reason]}
        return self._send(Event(ticket_id, now, "copied", "gateway", data=data), agency, dispatch_id, "tembusan")

    def _send(self, event: Event, agency: Agency, dispatch_id: int, kind: str) -> Writes:
        assert agency.email is not None, "callers choose agencies that have an address"
        token, copy = new_token(self.choose), kind == "tembusan"
        dispatch = NewDispatch(dispatch_id, event.ticket_id, agency.code, agency.email, token, event.at, copy)
        mail = NewMail(dispatch_id, kind, "", self.message_id())
        return Writes(events=[event], dispatches=[dispatch], mails=[mail])

    def first_answer_due(self, agency: Agency, now: datetime) -> datetime:
        """Until when something must come back from an agency, or from the triage desk."""
        triage = agency.code == self.triage.code
        due = self.deadlines.verify_due if triage else self.deadlines.first_follow_up_due
        return due(now, self.zone)

    def mail(self, ticket: Ticket, kind: str, extra_text: str) -> list[NewMail]:
        """A mail to the agency that has the ticket; none while nobody has it."""
        if ticket.dispatch_id is None:
            return []
        return [NewMail(ticket.dispatch_id, kind, self.outward(ticket, extra_text), self.message_id())]

    @staticmethod
    def outward(ticket: Ticket, text: str) -> str:
        """A citizen's words as they may leave for an agency."""
        return mask_names(mask_numbers(text)) if ticket.anonymous else mask_numbers(text)

    def message_id(self) -> str:
        """A Message-ID of our own (RFC 5322 section 3.6.4)."""
        return f"<{new_token(self.choose)}@{self.reply_domain}>"

    # ---------------------------------------------------------------- questions

    @staticmethod
    def ask(ticket: Ticket, kind: str, now: datetime, until: datetime) -> Writes:
        """From now on a text of the citizen's may be the answer to this."""
        return Writes(questions=[NewQuestion(ticket.phone_id, ticket.id, kind, now, until)])

    @staticmethod
    def close(ticket: Ticket, now: datetime, *kinds: str) -> Writes:
        """The citizen has answered these questions."""
        return Writes(closed=[ClosedQuestion(ticket.id, now, "answered", kind) for kind in kinds])

    @staticmethod
    def close_all(ticket: Ticket, now: datetime) -> Writes:
        """Something else has happened to the ticket: what was asked about it matters no more."""
        return Writes(closed=[ClosedQuestion(ticket.id, now, "overtaken")])

    def reply_window(self, now: datetime) -> datetime:
        """Until when a citizen may answer."""
        return self.deadlines.reply_window_due(now, self.zone)

    # ---------------------------------------------------------------- what citizens read

    def say(self, phone: Phone, name: str, **values: str) -> Writes:
        """An SMS about no ticket, in answer to a text."""
        return self.send(phone.id, None, name, [self.replies.of(phone.language).render(name, **values)])

    @staticmethod
    def send(phone_id: int, ticket_id: int | None, name: str, texts: Iterable[str], priority: int = ANSWER) -> Writes:
        """These texts as SMS."""
        return Writes(sms=[NewSms(phone_id, ticket_id, name, text, priority) for text in texts])

    def say_about(
        self,
        ticket: Ticket,
        name: str,
        priority: int = ANSWER,
        *,
        to: Phone | None = None,
        agency: Agency | None = None,
        status: str | None = None,
        note: str = "",
        due: datetime | None = None,
        emergency: str = "",
    ) -> Writes:
        """An SMS about a ticket: as it is, but for what the arguments say has just changed.

        It goes to the phone that filed it, unless `to` says otherwise.
        """
        replies = self.replies.of(to.language if to else ticket.language)
        due = due or ticket.due_at
        text = replies.render(
            name,
            **self._names(ticket, replies, agency, note),
            code=ticket_code.show(ticket.code),
            status=replies.status[status or ticket.status],
            date=self.day(due, replies) if due else "",
            days=str(self.deadlines.verify),
            emergency=emergency,
        )
        return self.send(to.id if to else ticket.phone_id, ticket.id, name, [text], priority)

    def list_item(self, ticket: Ticket, nth: int, replies: Replies, *, short: bool) -> str:
        """A report in a list: how far it is; unless it shall be short, who has it until when."""
        due = ticket.due_at if ticket.status in _WITH_AGENCY and not short else None
        local = due.astimezone(self.zone) if due else None
        return replies.render(
            "butir_batas" if local else "butir",
            **self._names(ticket, replies, None, ""),
            nth=str(nth),
            status=replies.status[ticket.status],
            day=f"{local.day}/{local.month}" if local else "",
        )

    def _names(self, ticket: Ticket, replies: Replies, agency: Agency | None, note: str) -> dict[str, str]:
        """What tells the content of a report. Phones are shared, so of a confidential one none of it is told."""
        terms = replies.terms
        if ticket.confidential:
            return {
                "topic": terms["rahasia"],
                "agency": terms["instansi"],
                "old_agency": terms["instansi_lama"],
                "note": terms["isi_rahasia"] if note else "",
            }
        topic = self.router.topics.topics.get(ticket.topic) if ticket.topic else None
        old_agency = self.short_name(ticket.agency)
        return {
            "topic": topic.name if topic else terms["umum"],
            "agency": agency.short_name if agency else old_agency,
            "old_agency": old_agency,
            "note": _sentence(note),
        }

    def short_name(self, code: str) -> str:
        """How an SMS calls the agency; its code where the agencies' file no longer knows it."""
        agency = self.router.agencies.get(code)
        return agency.short_name if agency else code

    def day(self, moment: datetime, replies: Replies | None = None) -> str:
        """`Jum 12/6`."""
        local = moment.astimezone(self.zone)
        week = (replies or self.replies).terms["hari"].split()
        return f"{week[local.weekday()]} {local.day}/{local.month}"


def _sentence(note: str) -> str:
    """An agency's words with a full stop, for our own follow them."""
    note = note.strip()
    return f"{note}." if note[-1:].isalnum() else note
