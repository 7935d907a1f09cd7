"""What a mail about one report says: a `Dispatch` in, an `EmailMessage` out. Pure.

The reader is an official on a phone with a hundred other mails. So: what we ask and by when, what, where, since when,
the citizen's own words, why it came to this office, and how to answer, all by answering the mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP

from parser.agency_mail import REPLY_MARKER
from parser.privacy import mask_numbers
from parser.ticket_code import show
from smsd.mail.answers import OTHER_WORDS, USUAL_WORDS, AnswerWord, answer_link
from smsd.mail.headers import set_identity, set_sender, set_thread
from smsd.mail.letters import ASKS, LETTERS, Kind, Letter
from smsd.mail.rendering import set_bodies
from smsd.mail.words import clean_lines, date_words, moment_words, one_line, zone_word

__all__ = ["MARKER", "Dispatch", "Kind", "compose", "subject_line"]

MARKER = f"== {REPLY_MARKER} =="
"""First line of every mail: what an official writes stands above it, whatever the mail program quotes below."""

# Of a long timeline the mail itself shows where it began and where it stands; the attachment has all of it.
_FIRST_STEPS, _LAST_STEPS = 3, 5


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """Everything one mail to an agency says. `text` and `extra_text` are masked already; no phone number is in here."""

    kind: Kind
    ticket_code: str
    topic_name: str
    place_name: str
    text: str
    extra_text: str
    opened_at: datetime
    due_on: date | None
    reasons: tuple[str, ...]
    agency_name: str
    confidential: bool
    reply_address: str
    message_id: str
    thread_id: str
    sender: str
    recipient: str
    agency_late: str = ""
    """The agency that is late, or handles the report, in letters to others; empty where it is `agency_name`."""
    late_since: date | None = None
    """The day of the deadline that was missed."""
    timeline: tuple[tuple[datetime, str], ...] = ()
    """All that happened, oldest first; attached, and masked once more."""
    earlier_ids: tuple[str, ...] = ()
    """Message-IDs of earlier mails of this conversation, ours and theirs, oldest first; the last is answered."""

    @property
    def subject(self) -> str:
        """`[LAPOR 482 130 9764] Jalan rusak - Kota Malang`, the same in the whole thread but for `Re: `.

        A confidential report keeps its topic out of the subject: subjects show on lock screens and in mail lists.
        """
        letter = LETTERS[self.kind]
        about = subject_line(self.ticket_code, self.topic_name, self.place_name, self.confidential, letter.about)
        return about if letter.opens_thread else f"Re: {about}"


def subject_line(code: str, topic_name: str, place_name: str, confidential: bool, about: str = "") -> str:
    """The subject of the thread in which an agency answers a report, with `about` before what it is about."""
    what = " - ".join(part for part in (one_line(topic_name), one_line(place_name)) if part)
    return f"[LAPOR {show(code)}] {about}{'Laporan rahasia' if confidential else what or 'Laporan warga'}"


def compose(dispatch: Dispatch, *, now: datetime) -> EmailMessage:
    """The mail for `dispatch`, dated `now`, whose zone is also the zone of the times in the text.

    Raises ValueError when an address or a time cannot stand in a mail; text of any kind can.
    """
    if any(moment.tzinfo is None for moment in (now, dispatch.opened_at, *(at for at, _ in dispatch.timeline))):
        raise ValueError("compose() needs aware times: give now, opened_at and the timeline a time zone")
    words = _words(dispatch, now)
    mail = EmailMessage(policy=SMTP)
    set_sender(
        mail,
        sender=dispatch.sender,
        name=str(words["agency"]),
        recipient=dispatch.recipient,
        reply_address=dispatch.reply_address,
    )
    is_reply = dispatch.kind == "bantuan"
    set_identity(mail, subject=dispatch.subject, now=now, message_id=dispatch.message_id, is_reply=is_reply)
    if dispatch.thread_id != dispatch.message_id:
        set_thread(mail, dispatch.thread_id, dispatch.earlier_ids)
    set_bodies(mail, "mail", words)
    if dispatch.timeline:
        history = "\n".join(_steps(dispatch, now)) + "\n"
        name = f"riwayat-{dispatch.ticket_code}.txt"
        mail.add_attachment(history, subtype="plain", filename=name, cte="quoted-printable")
    return mail


def _words(dispatch: Dispatch, now: datetime) -> dict[str, object]:
    """What the templates say, cleaned of everything that a mail program could stumble over."""
    letter = LETTERS[dispatch.kind]
    fields = _fields(dispatch, now)
    open_here = letter.may_tell_secrets or not dispatch.confidential
    asks = letter.request == ASKS
    return {
        "marker": MARKER,
        "subject": dispatch.subject,
        "agency": letter.to.format_map(fields) or one_line(dispatch.agency_name),
        "headline": letter.headline,
        "lead": letter.lead.format_map(fields),
        "request": _request(dispatch, now) if asks else letter.request.format_map(fields),
        "urgent": asks or "{by}" in letter.request,
        "confidential": dispatch.confidential,
        "open_here": open_here,
        "facts": _facts(dispatch, now, letter, open_here),
        "steps": _short(_steps(dispatch, now)) if open_here else (),
        "extra_title": letter.extra_title,
        "extra_lines": clean_lines(dispatch.extra_text) if open_here else (),
        "text_lines": clean_lines(dispatch.text) if open_here else (),
        "reasons": tuple(filter(None, map(one_line, dispatch.reasons))) if letter.explains else (),
        "notes_title": letter.notes_title,
        "notes": tuple(note.format_map(fields) for note in letter.notes),
        "usual_words": _linked(USUAL_WORDS, dispatch) if asks else (),
        "other_words": _linked(OTHER_WORDS, dispatch) if asks else (),
        "code": show(dispatch.ticket_code),
    }


def _fields(dispatch: Dispatch, now: datetime) -> Mapping[str, object]:
    """What the sentences of a letter have in braces."""
    late_since = dispatch.late_since
    missed = f"Batas waktunya {date_words(late_since)}, {_ago(late_since, now)}." if late_since else ""
    return {
        "late": _handling_agency(dispatch),
        "missed": missed or "Batas waktunya sudah lewat.",
        "age": (now - dispatch.opened_at).days,
        "by": _by(dispatch.due_on, now),
        "code": dispatch.ticket_code,
    }


def _handling_agency(dispatch: Dispatch) -> str:
    return one_line(dispatch.agency_late) or one_line(dispatch.agency_name)


def _linked(words: tuple[AnswerWord, ...], dispatch: Dispatch) -> tuple[tuple[AnswerWord, str], ...]:
    return tuple((word, answer_link(dispatch.reply_address, dispatch.subject, word.prefilled)) for word in words)


def _facts(dispatch: Dispatch, now: datetime, letter: Letter, open_here: bool) -> tuple[tuple[str, str], ...]:
    about = (
        ("Perihal", one_line(dispatch.topic_name) or "belum digolongkan"),
        ("Tempat", one_line(dispatch.place_name) or "tidak disebut pelapor"),
    )
    return (
        *(about if open_here else ()),
        ("Nomor", show(dispatch.ticket_code)),
        ("Masuk", moment_words(dispatch.opened_at.astimezone(now.tzinfo))),
        *((("Ditangani", _handling_agency(dispatch)),) if letter.to else ()),
    )


def _steps(dispatch: Dispatch, now: datetime) -> tuple[str, ...]:
    """The timeline, one line a step: `08-06-2026 09.14 WIB: Laporan diterima`."""
    moments = ((at.astimezone(now.tzinfo), what) for at, what in dispatch.timeline)
    return tuple(f"{at:%d-%m-%Y %H.%M} {zone_word(at)}: {mask_numbers(one_line(what))}" for at, what in moments)


def _short(steps: tuple[str, ...]) -> tuple[str, ...]:
    """The first and the last of many steps, and how many are between."""
    left_out = len(steps) - _FIRST_STEPS - _LAST_STEPS
    if left_out <= 1:
        return steps
    return (*steps[:_FIRST_STEPS], f"... {left_out} langkah lagi ada di lampiran ...", *steps[-_LAST_STEPS:])


def _request(dispatch: Dispatch, now: datetime) -> str:
    """The one thing we ask an agency for, with its date."""
    due_on = dispatch.late_since or dispatch.due_on
    if due_on is None:
        return "Mohon segera dijawab."
    if due_on < now.date():
        return f"Batas jawaban sudah lewat: {date_words(due_on)}. Mohon segera dijawab."
    return f"Mohon jawaban {_by(due_on, now)}."


def _by(due_on: date | None, now: datetime) -> str:
    """By when something should be done, as the end of a sentence."""
    if due_on is None or due_on < now.date():
        return "secepatnya"
    return f"hari ini, {date_words(due_on)}" if due_on == now.date() else f"paling lambat {date_words(due_on)}"


def _ago(day: date, now: datetime) -> str:
    days = (now.date() - day).days
    return f"sudah lewat {days} hari" if days > 0 else "hari ini"
