"""Digests: daily to an agency, all reports that wait for it; weekly to its superior, those that are late. Pure.

Both are worst first, and none is part of a report's thread. A confidential report stands there by its number only, and
without a link: whoever reads the agency's mailbox need not be who may answer it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from types import MappingProxyType
from typing import Literal

from parser.ticket_code import show
from smsd.mail.answers import ANSWER_WORDS, answer_link
from smsd.mail.compose import subject_line
from smsd.mail.headers import set_identity, set_sender
from smsd.mail.rendering import set_bodies
from smsd.mail.words import date_words, one_line, short_date

DigestKind = Literal["rekap", "rekap_atasan"]

MOST_SHOWN = 50

_STATUS_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "terdisposisi": "belum dijawab",
        "ditindaklanjuti": "sedang dikerjakan",
        "tunda": "menunggu keterangan pelapor",
        "ditanggapi_pelapor": "pelapor sudah menanggapi",
        "selesai": "menunggu penilaian pelapor",
    }
)


@dataclass(frozen=True, kw_only=True)
class DigestLine:
    """One open report. `status` is the ticket's; `reply_address` that of the dispatch to the agency that handles it."""

    ticket_code: str
    topic_name: str
    place_name: str
    opened_at: datetime
    status: str
    due_on: date | None
    days_left: int | None
    """Working days until `due_on`, 0 on the day itself, negative when late; None where no deadline runs."""
    reply_address: str
    confidential: bool
    agency_name: str = ""
    """In a digest to a superior: whose report it is."""


@dataclass(frozen=True, kw_only=True)
class Digest:
    """Everything a digest says. `agency_name` is the agency that it is about; its superior reads `rekap_atasan`."""

    kind: DigestKind
    agency_name: str
    lines: tuple[DigestLine, ...]
    sender: str
    recipient: str
    reply_address: str
    message_id: str
    opened: int = 0
    """Reports sent to the agency in the last seven days."""
    closed: int = 0
    """Reports closed in the last seven days."""
    open_count: int | None = None
    """All open reports, where `lines` has only the late ones."""

    @property
    def late_count(self) -> int:
        """How many lines are late."""
        return sum(_is_late(line) for line in self.lines)

    @property
    def subject(self) -> str:
        """`[LAPOR] 12 laporan terbuka, 3 terlambat - Dinas PU Kota Malang`."""
        counts = f"{_open_count(self)} laporan terbuka, {self.late_count} terlambat"
        weekly = "Rekap mingguan: " if self.kind == "rekap_atasan" else ""
        return f"[LAPOR] {weekly}{counts} - {one_line(self.agency_name)}"


def compose_digest(digest: Digest, *, now: datetime) -> EmailMessage:
    """The mail for `digest`, dated `now`, whose zone is also the zone of the dates in the text.

    Raises ValueError when an address or a time cannot stand in a mail; text of any kind can.
    """
    if any(moment.tzinfo is None for moment in (now, *(line.opened_at for line in digest.lines))):
        raise ValueError("compose_digest() needs aware times: give now and each opened_at a time zone")
    words = _words(digest, now)
    mail = EmailMessage(policy=SMTP)
    set_sender(
        mail,
        sender=digest.sender,
        name=str(words["agency"]),
        recipient=digest.recipient,
        reply_address=digest.reply_address,
    )
    set_identity(mail, subject=digest.subject, now=now, message_id=digest.message_id)
    set_bodies(mail, "digest", words)
    return mail


def _words(digest: Digest, now: datetime) -> dict[str, object]:
    name = one_line(digest.agency_name)
    weekly = digest.kind == "rekap_atasan"
    lines = sorted(digest.lines, key=_worst_first)
    return {
        "subject": digest.subject,
        "agency": f"Atasan {name}" if weekly else name,
        "headline": "Laporan yang terlambat" if weekly else "Laporan yang menunggu Anda",
        "lead": _WEEKLY_LEAD.format(name=name) if weekly else _DAILY_LEAD,
        "weekly": weekly,
        "today": date_words(now),
        "counts": _counts(digest),
        "rows": tuple(_row(line, now, weekly) for line in lines[:MOST_SHOWN]),
        "more": max(0, len(lines) - MOST_SHOWN),
        "nothing": "Tidak ada laporan yang terlambat." if weekly else "Tidak ada laporan yang terbuka.",
        "answer_words": ", ".join(word.word for word in ANSWER_WORDS),
    }


_DAILY_LEAD = "Inilah laporan warga yang masih terbuka di instansi Anda, yang paling mendesak di atas."
_WEEKLY_LEAD = (
    "Inilah laporan warga di {name} yang sudah lewat batas waktunya, yang paling lama di atas. Anda menerima rekap ini "
    "setiap minggu sebagai atasannya."
)


def _worst_first(line: DigestLine) -> tuple[bool, int, datetime]:
    return (line.days_left is None, line.days_left or 0, line.opened_at)


def _is_late(line: DigestLine) -> bool:
    return line.days_left is not None and line.days_left < 0


def _open_count(digest: Digest) -> int:
    return len(digest.lines) if digest.open_count is None else digest.open_count


def _counts(digest: Digest) -> tuple[tuple[str, int], ...]:
    """The figures above the list; the week's are for those who look at a week."""
    counts = (("Terbuka", _open_count(digest)), ("Terlambat", digest.late_count))
    week = (("Masuk 7 hari terakhir", digest.opened), ("Ditutup 7 hari terakhir", digest.closed))
    return counts + week if digest.kind == "rekap_atasan" else counts


def _row(line: DigestLine, now: datetime, weekly: bool) -> dict[str, object]:
    """One report as the templates show it."""
    subject = subject_line(line.ticket_code, line.topic_name, line.place_name, line.confidential)
    answerable = not (weekly or line.confidential)
    return {
        "when": _when(line, now),
        "late": _is_late(line),
        "soon": line.days_left in (0, 1),
        "code": show(line.ticket_code),
        "what": "Laporan rahasia" if line.confidential else one_line(line.topic_name) or "Laporan warga",
        "details": () if line.confidential else _details(line, now),
        "agency": one_line(line.agency_name),
        "secret": line.confidential,
        "reply_address": line.reply_address if answerable else "",
        "link": answer_link(line.reply_address, subject) if answerable else "",
    }


def _details(line: DigestLine, now: datetime) -> tuple[str, ...]:
    status = _STATUS_WORDS.get(line.status, one_line(line.status.replace("_", " ")))
    since = f"Masuk {short_date(line.opened_at.astimezone(now.tzinfo), now)}, {status}"
    return tuple(filter(None, (one_line(line.place_name), since)))


def _when(line: DigestLine, now: datetime) -> str:
    """How late it is, or how much time is left, with the date."""
    day = f", batas {short_date(line.due_on, now)}" if line.due_on else ""
    match line.days_left:
        case None:
            return "Tanpa batas waktu"
        case 0:
            return "Batas hari ini"
        case days if days < 0:
            return f"Terlambat {-days} hari kerja{day}"
        case days:
            return f"Sisa {days} hari kerja{day}"
