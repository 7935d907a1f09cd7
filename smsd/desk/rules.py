"""What all decisions at the desk share: its rules and words, who gets a mail, and how an SMS about a ticket reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.replies import Replies
from parser import ticket_code
from parser.agency_mail import new_token
from parser.privacy import mask_names, mask_numbers
from routing.agencies import Agency
from routing.classify import Router
from routing.deadlines import MORNING, Deadlines
from routing.regions import is_province
from routing.zones import zone_of
from smsd.writes import ClosedQuestion, Event, NewDispatch, NewMail, NewQuestion, NewSms, Writes

CLOSED = frozenset({"selesai", "diarsipkan"})
INSPECTORATE = "INSPEKTORAT"
# Offices whose own work is what must not be known: they need no liaison for it.
_DISCREET = frozenset({INSPECTORATE, "OMBUDSMAN", "KPK_KEJAKSAAN", "POLRI", "DP3AKB", "TRIAGE"})
ANSWER, STATUS = 0, 1  # priorities of an SMS
_VERIFY, _FOLLOW_UP = "verify", "first_follow_up"
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
    due_for: str | None = None  # what `due_at` is the deadline of: verify, first_follow_up, finish, reply
    closed_by: str | None = None  # the kind of the event that closed it last
    answer_waits: bool = False  # an agency's free answer that nobody has read yet


class Mailbox(NamedTuple):
    """Where a ticket is sent: the agency that answers for it, its address, and why another one than was decided on."""

    agency: Agency
    address: str
    reasons: list[str]


@dataclass(frozen=True)
class Patience:
    """How long we wait for a citizen, and how many slips we take for slips."""

    join_texts: timedelta = timedelta(seconds=90)
    hold_texts: timedelta = timedelta(seconds=20)
    place_wait: timedelta = timedelta(hours=24)
    wrong_codes_per_day: int = 5


@dataclass(frozen=True)
class Desk:
    """The rules and words of one installation. `choose(n)` gives a random number below n.

    `paused` has the addresses that bounced and are not written to for now.
    """

    router: Router
    replies: Replies
    deadlines: Deadlines
    zone: ZoneInfo
    reply_domain: str
    choose: Callable[[int], int]
    patience: Patience = field(default_factory=Patience)
    paused: frozenset[str] = frozenset()

    @property
    def triage(self) -> Agency:
        """The desk where a person decides."""
        return self.router.agencies.triage

    @property
    def triage_box(self) -> Mailbox:
        """Its mailbox; paused or not, for there is nowhere else to go."""
        address = self._address(self.triage) or self.triage.email
        assert address is not None, "a directory whose triage desk has no address is refused"
        return Mailbox(self.triage, address, [])

    def mailbox(self, code: str, *, confidential: bool = False) -> Mailbox:
        """The agency's own, or that of whoever takes its place where it cannot be written to.

        What is confidential goes to the agency's liaison for such matters; where none is named to the inspectorate of
        the same government, and else to the triage desk.
        """
        agency = self.router.agencies.get(code)
        if agency is None:
            return self.triage_box._replace(reasons=[f"{code} tidak ada lagi dalam daftar instansi"])
        if confidential and agency.type not in _DISCREET:
            return self._discreet_box(agency)
        if address := self._address(agency):
            return Mailbox(agency, address, [])
        lack = "tidak dapat menerima surel" if agency.emails else "belum punya alamat surel"
        return self.triage_box._replace(reasons=[f"{agency.name} {lack}, jadi petugas kami yang meneruskan"])

    def _discreet_box(self, agency: Agency) -> Mailbox:
        if agency.liaison_email and agency.liaison_email not in self.paused:
            return Mailbox(agency, agency.liaison_email, [])
        why = f"laporan ini rahasia dan {agency.name} belum menunjuk penghubung untuk laporan rahasia"
        level = "provinsi" if is_province(agency.region) else "kabkota"
        overseer = self.router.agencies.find(INSPECTORATE, agency.region, level) if agency.region else None
        if overseer and (address := self._address(overseer)):
            return Mailbox(overseer, address, [why])
        return self.triage_box._replace(reasons=[why])

    def _address(self, agency: Agency) -> str | None:
        """The first that is not paused."""
        return next((address for address in agency.emails if address not in self.paused), None)

    def dispatch(
        self, ticket: Ticket, box: Mailbox, now: datetime, actor: str, dispatch_id: int, reasons: Sequence[str]
    ) -> Writes:
        """The ticket goes to an agency, which is told why: its event, the dispatch and the mail.

        An agency must follow up in time; at the triage desk the status stays, and it is verified again.
        """
        triage = box.agency.code == self.triage.code
        event = Event(
            *(ticket.id, now, "dispatched", actor, None if triage else "terdisposisi", box.agency.code),
            due_at=self.first_answer_due(box.agency, ticket, now),
            due_for=_VERIFY if triage else _FOLLOW_UP,
            data={"dispatch": dispatch_id, "reasons": [mask_numbers(reason) for reason in (*reasons, *box.reasons)]},
        )
        return self._send(event, box, dispatch_id, "disposisi")

    def redirect(self, ticket: Ticket, box: Mailbox, now: datetime, dispatch_id: int, reason: str) -> Writes:
        """The same agency at another address; its clock goes on."""
        data = {"dispatch": dispatch_id, "agency": box.agency.code, "reasons": [reason]}
        return self._send(Event(ticket.id, now, "redirected", "gateway", data=data), box, dispatch_id, "disposisi")

    def copy(
        self, ticket: Ticket, box: Mailbox, now: datetime, dispatch_id: int, reason: str, kind: str = "tembusan"
    ) -> Writes:
        """Somebody gets to know of a ticket that an agency answers for; they have nothing to do."""
        data = {"dispatch": dispatch_id, "agency": box.agency.code, "kind": kind, "reasons": [reason]}
        event = Event(ticket.id, now, "copied", "gateway", data=data)
        return self._send(event, box, dispatch_id, kind, copy=True)

    def _send(self, event: Event, box: Mailbox, dispatch_id: int, kind: str, *, copy: bool = False) -> Writes:
        token = new_token(self.choose)
        dispatch = NewDispatch(dispatch_id, event.ticket_id, box.agency.code, box.address, token, event.at, copy)
        mail = NewMail(dispatch_id, kind, "", self.message_id())
        return Writes(events=[event], dispatches=[dispatch], mails=[mail])

    def morning(self, ticket: Ticket, moment: datetime, days: int) -> datetime:
        """Eight o'clock, where the matter is, so many working days after that moment."""
        return self.deadlines.morning_after(moment, days, self.zone_of(ticket))

    def agency_of(self, ticket: Ticket) -> Agency:
        """The one that has the ticket; the triage desk where the agencies' file no longer knows it."""
        return self.router.agencies.get(ticket.agency) or self.triage

    def awaits(self, ticket: Ticket) -> str:
        """What is awaited first of whoever has the ticket: that an agency follows up, or our own staff verifies."""
        return _VERIFY if ticket.agency == self.triage.code else _FOLLOW_UP

    # ---------------------------------------------------------------- until when

    def zone_of(self, ticket: Ticket) -> ZoneInfo:
        """The zone in which the ticket's days end: that of its place."""
        return zone_of(ticket.place, self.zone)

    def first_answer_due(self, agency: Agency, ticket: Ticket, now: datetime) -> datetime:
        """Until when something must come back from an agency, or from the triage desk."""
        limits = self.deadlines.of(agency.code)
        due = limits.verify_due if agency.code == self.triage.code else limits.first_follow_up_due
        return due(now, self.zone_of(ticket))

    def finish_due(self, ticket: Ticket, now: datetime) -> datetime:
        """Until when the agency that has the ticket must be done."""
        return self.deadlines.of(ticket.agency).deadline_for(ticket.klass, now, self.zone_of(ticket))

    def reply_window(self, ticket: Ticket, now: datetime) -> datetime:
        """Until when a citizen may answer."""
        return self.deadlines.reply_window_due(now, self.zone_of(ticket))

    def listen_until(self, ticket: Ticket, now: datetime) -> datetime:
        """When a question of now is over: the morning after the window, for what follows may make a phone ring."""
        end = self.reply_window(ticket, now)
        return datetime.combine(end.date() + timedelta(days=1), MORNING, tzinfo=end.tzinfo)

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
        then: datetime | None = None,
        emergency: str = "",
    ) -> Writes:
        """An SMS about a ticket: as it is, but for what the arguments say has just changed, or comes `then`.

        It goes to the phone that filed it, unless `to` says otherwise.
        """
        replies = self.replies.of(to.language if to else ticket.language)
        due = due or ticket.due_at
        text = replies.render(
            name,
            **self._names(ticket, replies, agency, note),
            code=ticket_code.show(ticket.code),
            status=replies.status[status or ticket.status],
            date=self.day(due, self.zone_of(ticket), replies) if due else "",
            then=self.day(then, self.zone_of(ticket), replies) if then else "",
            days=str(self.deadlines.verify),
            emergency=emergency,
        )
        return self.send(to.id if to else ticket.phone_id, ticket.id, name, [text], priority)

    def list_item(self, ticket: Ticket, nth: int, replies: Replies, *, short: bool) -> str:
        """A report in a list: how far it is; unless it shall be short, who has it until when."""
        due = ticket.due_at if ticket.status in _WITH_AGENCY and not short else None
        local = due.astimezone(self.zone_of(ticket)) if due else None
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

    def day(self, moment: datetime, zone: ZoneInfo, replies: Replies | None = None) -> str:
        """`Jum 12/6`."""
        local = moment.astimezone(zone)
        week = (replies or self.replies).terms["hari"].split()
        return f"{week[local.weekday()]} {local.day}/{local.month}"


def _sentence(note: str) -> str:
    """An agency's words with a full stop, for our own follow them."""
    note = note.strip()
    return f"{note}." if note[-1:].isalnum() else note
