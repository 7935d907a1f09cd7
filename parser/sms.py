"""What a citizen's text means. Free text is always a complaint; a word is a command only in a strict shape.

    command   = status | help | add | cancel | code
    status    = STATUS_WORD [ number from 1 to 9 | code ]      nothing else in the text
    help      = HELP_WORD                                      nothing else in the text
    add       = ADD_WORD code text
    cancel    = CANCEL_WORD code                               nothing else in the text
    code      = [ LABEL ] a ticket code whose check digit is right, nothing else in the text

Case, punctuation around words and courtesy behind a code do not matter. So `Status BPJS saya diblokir`, `Cek air di
kampung kami`, `Bantuan belum cair` and `Batal` alone are complaints.
"""

import re
from dataclasses import dataclass

from parser import ticket_code


@dataclass(frozen=True, slots=True)
class Complaint:
    """Anything that is no command."""

    text: str


@dataclass(frozen=True, slots=True)
class Status:
    """How far is it: of the ticket with this code, of number `index` in the citizen's list, or of all of them."""

    code: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Help:
    """What can I do here."""


@dataclass(frozen=True, slots=True)
class Add:
    """More to say on a ticket."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """The citizen takes the ticket back."""

    code: str


@dataclass(frozen=True, slots=True)
class Slip:
    """A command with a number that was meant to be a ticket code and is none."""

    command: str
    typed: str


Intent = Complaint | Status | Help | Add | Cancel | Slip

# What people write for a command, misspellings included; a space stands for any space or punctuation.
STATUS_WORDS = (
    "status",
    "status laporan",
    "status laporan saya",
    "status aduan",
    "status pengaduan",
    "cek",
    "cek status",
    "cek status laporan",
    "cek status laporan saya",
    "cek laporan",
    "cek laporan saya",
    "cek aduan",
    "chek",
    "check",
    "cek sts",
    "sts",
    "stts",
    "sttus",
    "statu",
    "statuss",
    "setatus",
    "stat us",
    "progres",
    "progress",
    "sampai mana",
    "sampe mana",
    "sudah sampai mana",
    "sdh sampai mana",
)
HELP_WORDS = ("bantuan", "help", "info", "cara", "format", "menu", "petunjuk", "cara lapor", "cara melapor")
ADD_WORDS = (
    "tambah",
    "tambahan",
    "tambahkan",
    "tmbah",
    "tmbh",
    "tambh",
    "tmbahan",
    "tmbhan",
    "susulan",
    "lengkapi",
    "melengkapi",
)
CANCEL_WORDS = (
    "batal",
    "batalkan",
    "btal",
    "btl",
    "batal laporan",
    "batalkan laporan",
    "cabut",
    "cabut laporan",
    "salah kirim",
)
_LABELS = ("id", "no", "nmr", "nomor", "nomer", "kode", "tiket", "laporan", "lap", "aduan", "info", "tanya")
_COURTESY = ("pak", "bu", "bpk", "ibu", "min", "admin", "kak", "ya", "dong", "tolong", "mohon", "terima kasih")
_MORE_COURTESY = ("terimakasih", "makasih", "trims", "trm ksh", "tks", "thx")

_GAP = r"[\s.,:;#*/=_()<>\"'!?\-–—]"


def _any(words: tuple[str, ...]) -> str:
    """A pattern for any of the words in any case, the longest first."""
    longest_first = sorted(words, key=len, reverse=True)
    return "(?i:" + "|".join(word.replace(" ", _GAP + "+") for word in longest_first) + ")"


# A digit or two too few or too many, or a wrong first one. What begins with 0 is a phone number, perhaps a swindler's.
_MISCOUNTED = rf"[1-9](?:{ticket_code.SEPARATOR}*{ticket_code.DIGIT}){{7,11}}"
_LABEL = rf"(?:{_any(_LABELS)}{_GAP}*)*"
_NUMBER = rf"{_LABEL}(?P<number>{ticket_code.SHAPE})"
_CLOSING = rf"(?:{_GAP}+{_any(_COURTESY + _MORE_COURTESY)})*{_GAP}*"

_STATUS = re.compile(
    rf"{_GAP}*{_any(STATUS_WORDS)}(?:{_GAP}*{_NUMBER}{_CLOSING}|{_GAP}+(?P<index>[1-9]){_GAP}*|{_GAP}*)"
)
_HELP = re.compile(rf"{_GAP}*{_any(HELP_WORDS)}{_GAP}*|\s*[?]+\s*")
_ADD = re.compile(rf"{_GAP}*{_any(ADD_WORDS)}{_GAP}*{_NUMBER}(?P<text>.*)", re.DOTALL)
_CANCEL = re.compile(rf"{_GAP}*{_any(CANCEL_WORDS)}{_GAP}*{_NUMBER}{_CLOSING}")
_CODE = re.compile(rf"{_GAP}*{_NUMBER}{_CLOSING}")
_WRONG_NUMBER = re.compile(
    rf"{_GAP}*(?:(?P<status>{_any(STATUS_WORDS)})|{_any(CANCEL_WORDS)}){_GAP}*{_LABEL}(?P<number>{_MISCOUNTED}){_GAP}*"
)
_LEADING_GAP = re.compile(r"[\s.,:;#=*\-–—]*")


def read_sms(text: str) -> Intent:
    """What the citizen wants; a Complaint wherever no rule fits the whole text."""
    for rule in (_status, _help, _add, _cancel, _code, _wrong_number):
        if intent := rule(text):
            return intent
    return Complaint(text.strip())


def _status(text: str) -> Intent | None:
    """A word for status, alone or with a code or a list number from 1 to 9, and nothing else."""
    found = _STATUS.fullmatch(text)
    if not found:
        return None
    if found["index"]:
        return Status(index=int(found["index"]))
    if not found["number"]:
        return Status()
    code = _valid(found["number"])
    return Status(code) if code else Slip("STATUS", found["number"])


def _help(text: str) -> Intent | None:
    """A word for help, or a question mark, and nothing else."""
    return Help() if _HELP.fullmatch(text) else None


def _add(text: str) -> Intent | None:
    """A word for add, a code, and what is to be added; without that, how to add is what the citizen must know."""
    found = _ADD.fullmatch(text)
    if not found:
        return None
    code = _valid(found["number"])
    if not code:
        return Slip("TAMBAH", found["number"])
    addition = _LEADING_GAP.sub("", found["text"], count=1).rstrip()
    return Add(code, addition) if addition else Help()


def _cancel(text: str) -> Intent | None:
    """A word for cancel and a code, and nothing else."""
    found = _CANCEL.fullmatch(text)
    if not found:
        return None
    code = _valid(found["number"])
    return Cancel(code) if code else Slip("BATAL", found["number"])


def _code(text: str) -> Intent | None:
    """A code and nothing else asks for its status; a wrong one may be any number, so it is left to a person."""
    found = _CODE.fullmatch(text)
    code = _valid(found["number"]) if found else None
    return Status(code) if code else None


def _wrong_number(text: str) -> Intent | None:
    """A word for status or cancel and a number that is nearly a code, and nothing else: no complaint is that short."""
    found = _WRONG_NUMBER.fullmatch(text)
    return Slip("STATUS" if found["status"] else "BATAL", found["number"]) if found else None


def _valid(typed: str) -> str | None:
    """The ten digits of a code that was typed without a slip."""
    code = ticket_code.read_code(typed)
    return code.digits if isinstance(code, ticket_code.Code) else None


def is_robot_sender(sender: str) -> bool:
    """Whether no person with a phone is behind a sender: a name, or fewer than 8 digits. Never answer one."""
    digits = sender.removeprefix("+")
    return len(digits) < 8 or not (digits.isascii() and digits.isdigit())
