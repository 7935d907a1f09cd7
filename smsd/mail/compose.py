"""What a mail to an agency says: a `Dispatch` in, an `EmailMessage` out. Pure.

The reader is an official on a phone with a hundred other mails. So: what, where, since when, the citizen's own words,
why it came to this office, by when, and how to answer, all by answering the mail.

Headers follow RFC 5322 (3.6.4 for threading) and RFC 3834 section 5 (automatic mail says that it is automatic).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from parser.agency_mail import LOOP_HEADER, REPLY_MARKER
from parser.ticket_code import show

Kind = Literal["disposisi", "tembusan", "tambahan", "dibuka", "dirahasiakan", "dibatalkan", "bantuan"]

# Mails that ask for nothing: no date, and no words to answer with.
NO_ANSWER: frozenset[Kind] = frozenset({"tembusan", "dibatalkan"})

MARKER = f"== {REPLY_MARKER} =="
"""First line of every mail: what an official writes stands above it, whatever the mail program quotes below."""

LOOP_VALUE = "1708"
"""Our own mail, should it ever come back to us, is known by the loop header and never answered."""

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
ZONES: Mapping[timedelta, str] = MappingProxyType(
    {timedelta(hours=7): "WIB", timedelta(hours=8): "WITA", timedelta(hours=9): "WIT"}
)


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

    @property
    def subject(self) -> str:
        """`[LAPOR 482 130 9764] Jalan rusak - Kota Malang`, the same in the whole thread but for `Re: `.

        A confidential report keeps its topic out of the subject: subjects show on lock screens and in mail lists.
        """
        code = show(self.ticket_code)
        about = " - ".join(part for part in (_one_line(self.topic_name), _one_line(self.place_name)) if part)
        # Email's header classes decode an encoded word (RFC 2047) in what they are given, and a line end encoded in it
        # becomes a header of the attacker's (CVE-2024-6923). Taken apart, it is text.
        words = "Laporan rahasia" if self.confidential else about.replace("=?", "= ?") or "Laporan warga"
        return f"{'' if self.kind in ('disposisi', 'tembusan') else 'Re: '}[LAPOR {code}] {words}"


@dataclass(frozen=True)
class Verb:
    """One word an agency may answer with: the word, what follows it, what it means, an example."""

    word: str
    argument: str
    meaning: str
    example: str

    def link(self, dispatch: Dispatch) -> str:
        """A mailto: link (RFC 6068) to the reply address, with the subject and the word filled in."""
        subject = "Re: " + dispatch.subject.removeprefix("Re: ")
        body = f"{self.word} " if self.argument else self.word
        to = quote(dispatch.reply_address, safe="@")
        return f"mailto:{to}?subject={quote(subject, safe='')}&body={quote(body, safe='')}"


VERBS = (
    Verb("TERIMA", "", "Laporan kami terima dan akan kami periksa.", ""),
    Verb("PROSES", "keterangan", "Sedang kami kerjakan.", "PROSES Petugas meninjau lokasi hari Rabu."),
    Verb("SELESAI", "penjelasan", "Sudah kami tangani.", "SELESAI Sudah diperbaiki tadi pagi."),
    Verb(
        "BUKAN WEWENANG",
        "instansi yang berwenang",
        "Bukan urusan instansi kami.",
        "BUKAN WEWENANG Dinas Bina Marga Provinsi",
    ),
    Verb("TANYA", "pertanyaan untuk pelapor", "Kami perlu keterangan dari pelapor.", "TANYA Di dekat bangunan apa?"),
)

HEADLINES: Mapping[Kind, str] = MappingProxyType(
    {
        "disposisi": "Laporan warga untuk Anda",
        "tembusan": "Tembusan untuk pengawasan",
        "tambahan": "Keterangan baru dari pelapor",
        "dibuka": "Pelapor: belum beres",
        "dirahasiakan": "Laporan kini rahasia",
        "dibatalkan": "Laporan dibatalkan pelapor",
        "bantuan": "Jawaban Anda belum terbaca",
    }
)

LEADS: Mapping[Kind, str] = MappingProxyType(
    {
        "disposisi": "Seorang warga melapor lewat SMS ke 1708. Laporannya kami teruskan kepada Anda.",
        "tembusan": "Seorang warga melapor lewat SMS ke 1708. Instansi yang berwenang sudah menerima laporan ini. Anda "
        "mendapat tembusannya untuk diketahui, jadi email ini tidak perlu dijawab.",
        "tambahan": "Pelapor menambah keterangan untuk laporan yang sudah kami teruskan kepada Anda.",
        "dibuka": "Pelapor menyatakan masalahnya belum beres, jadi laporan ini kami buka lagi. Mohon ditangani.",
        "dirahasiakan": "Pelapor meminta laporan ini dirahasiakan. Penanganannya tetap berjalan.",
        "dibatalkan": "Pelapor mencabut laporan ini. Anda tidak perlu menindaklanjutinya dan tidak perlu membalas.",
        "bantuan": "Terima kasih sudah menjawab. Jawaban itu belum bisa kami teruskan kepada pelapor, karena baris "
        "pertamanya belum seperti salah satu cara di bawah ini. Mohon kirim sekali lagi.",
    }
)

EXTRA_TITLES: Mapping[Kind, str] = MappingProxyType(
    {
        **dict.fromkeys(("disposisi", "tembusan", "dirahasiakan"), "Tambahan"),
        "tambahan": "Keterangan baru",
        "dibuka": "Yang belum beres",
        "dibatalkan": "Pesan pelapor",
        "bantuan": "Jawaban Anda",
    }
)


def compose(dispatch: Dispatch, *, now: datetime) -> EmailMessage:
    """The mail for `dispatch`, dated `now`, whose zone is also the zone of the times in the text.

    Raises ValueError when an address or a time cannot stand in a mail; text of any kind can.
    """
    if now.tzinfo is None or dispatch.opened_at.tzinfo is None:
        raise ValueError("compose() needs aware times: give now and opened_at a time zone")
    mail = EmailMessage(policy=SMTP)
    _set_headers(mail, dispatch, now)
    words = _words(dispatch, now)
    # Quoted-printable by name: the SMTP policy would choose raw 8-bit, which not every relay carries (RFC 6152).
    mail.set_content(_render("mail.txt.j2", words), cte="quoted-printable")
    mail.add_alternative(_render("mail.html.j2", words), subtype="html", cte="quoted-printable")
    return mail


def _set_headers(mail: EmailMessage, dispatch: Dispatch, now: datetime) -> None:
    mail["From"] = _address(*parseaddr(_one_line(dispatch.sender)))
    mail["To"] = _address(dispatch.agency_name, dispatch.recipient)
    mail["Reply-To"] = _address("", dispatch.reply_address)
    mail["Subject"] = dispatch.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = _message_id(dispatch.message_id)
    if dispatch.thread_id != dispatch.message_id:
        # The root is never sent; every mail of a ticket refers to it, so that clients make one thread of them.
        mail["In-Reply-To"] = _message_id(dispatch.thread_id)
        mail["References"] = _message_id(dispatch.thread_id)
    # RFC 3834 section 5: an answer to one mail is auto-replied, everything else of ours auto-generated.
    mail["Auto-Submitted"] = "auto-replied" if dispatch.kind == "bantuan" else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail[LOOP_HEADER] = LOOP_VALUE


def _words(dispatch: Dispatch, now: datetime) -> dict[str, object]:
    """What the templates say, cleaned of everything that a mail program could stumble over."""
    answers = () if dispatch.kind in NO_ANSWER else VERBS
    return {
        "marker": MARKER,
        "subject": dispatch.subject,
        "agency": _one_line(dispatch.agency_name),
        "headline": HEADLINES[dispatch.kind],
        "lead": LEADS[dispatch.kind],
        "request": _request(dispatch, now),
        "confidential": dispatch.confidential,
        "facts": _facts(dispatch, now),
        "extra_title": EXTRA_TITLES[dispatch.kind],
        "extra_lines": _lines(dispatch.extra_text),
        "text_lines": _lines(dispatch.text),
        "reasons": tuple(reason for reason in map(_one_line, dispatch.reasons) if reason),
        "answers": tuple((verb, verb.link(dispatch)) for verb in answers),
        "code": show(dispatch.ticket_code),
    }


def _facts(dispatch: Dispatch, now: datetime) -> tuple[tuple[str, str], ...]:
    return (
        ("Nomor", show(dispatch.ticket_code)),
        ("Perihal", _one_line(dispatch.topic_name) or "belum digolongkan"),
        ("Tempat", _one_line(dispatch.place_name) or "tidak disebut pelapor"),
        ("Masuk", moment_words(dispatch.opened_at.astimezone(now.tzinfo))),
    )


def _request(dispatch: Dispatch, now: datetime) -> str:
    """The one thing we ask for, with its date; nothing when there is nothing to do."""
    if dispatch.kind in NO_ANSWER:
        return ""
    if dispatch.due_on is None:
        return "Mohon segera dijawab."
    day = date_words(dispatch.due_on)
    if dispatch.due_on < now.date():
        return f"Batas jawaban sudah lewat: {day}. Mohon segera dijawab."
    if dispatch.due_on == now.date():
        return f"Mohon jawaban hari ini, {day}."
    return f"Mohon jawaban paling lambat {day}."


def date_words(day: date) -> str:
    """`Jumat, 12 Juni 2026`. Own tables, because the locale of a server is nothing to rely on."""
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_words(moment: datetime) -> str:
    """`Senin, 8 Juni 2026, pukul 09.14 WIB`, in the zone that `moment` carries."""
    zone = ZONES.get(moment.utcoffset() or timedelta(), f"UTC{moment:%z}")
    return f"{date_words(moment)}, pukul {moment:%H.%M} {zone}"


_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _safe(char: str) -> str:
    """`char`, or what stands for it: controls and direction marks rearrange what is read, surrogates are no text."""
    match unicodedata.category(char):
        case "Cc":
            return ""
        case "Cs":
            return "\ufffd"
        case _:
            return "" if char in _BIDI else char


def _one_line(text: str) -> str:
    """`text` as one line, for a header or a label: all white space, line ends of every kind included, is one space."""
    return " ".join("".join(map(_safe, " ".join(text.split()))).split())


def _lines(text: str) -> tuple[str, ...]:
    """The lines of `text`, each made safe, without empty ones at either end."""
    return tuple(_one_line(line) for line in text.strip().splitlines())


_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_MESSAGE_ID = re.compile(r"(?=.{5,76}$)<[!-;=?-~]+@[!-;=?-~]+>")


_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."=?]')


def _address(name: str, address: str) -> Address:
    """A mailbox for a header (RFC 5322 section 3.4), its name made safe; the address must be a plain one.

    The name loses the characters that would need quotes: CPython forgets the quotes where it folds a long header
    (CVE-2025-1795), and a comma without them makes two mailboxes out of "Dinas Pekerjaan Umum, Penataan Ruang".
    """
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is not a mail address; write it as name@example.go.id")
    return Address(_one_line(_SPECIALS.sub(" ", name)), addr_spec=address)


def _message_id(value: str) -> str:
    """`value`, which must be one `<left@right>` in printable ASCII (RFC 5322 section 3.6.4).

    At most 76 characters: what does not fit into a line of a header CPython writes as an RFC 2047 encoded word, which
    no mail program takes for a Message-ID.
    """
    if not _MESSAGE_ID.fullmatch(value):
        raise ValueError(f"{value!r} is not a Message-ID; write it as <id@domain>, in at most 76 characters")
    return value


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("smsd.mail", "templates"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(name: str, words: Mapping[str, object]) -> str:
    return _templates().get_template(name).render(words)
