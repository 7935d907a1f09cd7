"""What a citizen's text means. Free text is always a complaint; a word is a command only in a strict shape.

    answer    = see sms_answer                              only while a question to the number is open
    about     = WORD [ target ]                             nothing else in the text
                WORD: STATUS, BATAL, RAHASIA, ANONIM, LENGKAP, BUKA; STATUS takes a one-off number behind a code
                STATUS and BATAL may stand behind a greeting
    alone     = BANTUAN | STOP | MULAI | KODE | question marks      nothing else in the text
    add       = ADD_WORD code text
              | ADD_WORD ( "no" index | index separator ) text
              | ADD_WORD separator text                     the last report
    code      = [ LABEL ] code [ one-off ]                  nothing else in the text: its status
    complaint = [ mark ] text                               see sms_secrecy

`target` is a ticket code or a number from 1 to 9, see sms_target. Case, punctuation around words and courtesy behind
them do not matter. So `Status BPJS saya diblokir`, `Cek air di kampung kami`, `Bantuan belum cair` and `Tambah 2 armada
bus` are complaints.
"""

import re
from collections.abc import Callable

from parser.intents import (
    Add,
    Cancel,
    Complaint,
    Expect,
    Full,
    Help,
    Hide,
    Intent,
    No,
    OneOff,
    Rating,
    Reopen,
    Resume,
    Secrecy,
    Slip,
    Status,
    Stop,
    Yes,
)
from parser.sms_answer import is_bare_answer, read_answer
from parser.sms_secrecy import read_complaint
from parser.sms_target import Target, about, read_code, read_one_off, targets
from parser.sms_words import commands, is_closed, is_courtesy, skip_opening
from parser.ticket_code import plain_digits

__all__ = [
    "Add",
    "Cancel",
    "Complaint",
    "Expect",
    "Full",
    "Help",
    "Hide",
    "Intent",
    "No",
    "OneOff",
    "Rating",
    "Reopen",
    "Resume",
    "Secrecy",
    "Slip",
    "Status",
    "Stop",
    "Yes",
    "is_bare_answer",
    "is_courtesy",
    "is_robot_sender",
    "read_sms",
]

# Commands about a ticket, and what they mean with or without one.
_ABOUT: dict[str, Callable[[str | None, int | None], Intent]] = {
    "BATAL": Cancel,
    "RAHASIA": lambda code, index: Hide("rahasia", code, index),
    "ANONIM": lambda code, index: Hide("anonim", code, index),
    "LENGKAP": Full,
    "BUKA": Reopen,
}
# Commands that stand alone. Who says that something is to be added or new and says no more must be told how.
_ALONE: dict[str, Intent] = {
    "BANTUAN": Help(),
    "TAMBAH": Help(),
    "LENGKAPI": Help(),
    "BARU": Help(),
    "STOP": Stop(),
    "MULAI": Resume(),
    "KODE": OneOff(),
}

_NO_WORD = re.compile(r"[\W_]*")
_LEADING_GAP = re.compile(r"[\s.,:;#=*/)\]>\-–—]*+")
# A number from the list, and no quantity: `no 2 lubangnya`, `#2 lubangnya`; `2: lubangnya`, `2) lubangnya`.
_NUMBERED = re.compile(r"[\s:]*+(?:(?i:nomor|nomer|nmr|no)[\s.:#]*+|#)([1-9])(?!\w|[.,]\d)")
_LISTED = re.compile(r"\s*+[:#\-]?\s*+([1-9])[^\S\n]*+(?:[.:#)\n](?!\d)|[,\-–—](?!\s*\d))")
# `tambah-tambah` is no separator.
_SET_APART = re.compile(r"[^\S\n]*+(?:[:#\n]|[-–—](?!(?i:tamb)))")


def read_sms(text: str, expects: frozenset[Expect] = frozenset()) -> Intent:
    """What the citizen wants; a Complaint wherever no rule fits the whole text. `expects`: the questions that are open.

    A code alone goes first: `4 821 309 764` begins like a rating.
    """
    plain = plain_digits(text)
    code = _code(plain)
    if isinstance(code, Status):
        return code
    intent = read_answer(plain, expects) or _command(plain) or code or _question(plain) or _greeted(plain)
    return intent or read_complaint(text)


def _command(text: str) -> Intent | None:
    """What the longest command word says that the rest of the text fits."""
    for word, end in commands(text):
        rule = _RULES.get(word, _about_or_alone)
        if intent := rule(word, text, end):
            return intent
    return None


def _greeted(text: str) -> Intent | None:
    """A command about a report behind a greeting (`pak, status laporan saya`); other words there begin a sentence."""
    at = skip_opening(text)
    intent = _command(text[at:]) if at else None
    return intent if isinstance(intent, Status | Cancel | Slip | OneOff) else None


def _about_or_alone(word: str, text: str, at: int) -> Intent | None:
    """A word that stands alone or with a ticket."""
    make = _ABOUT.get(word)
    if is_closed(text, at):
        return make(None, None) if make else _ALONE[word]
    return about(text, at, word, make) if make else None


def _status(word: str, text: str, at: int) -> Intent | None:
    """A word for status, alone, with a number from the list, or with a code and perhaps a one-off number."""
    if is_closed(text, at):
        return Status()
    for target in targets(text, at):
        if intent := _status_of(word, text, target):
            return intent
    return None


def _status_of(word: str, text: str, target: Target) -> Intent | None:
    one_off, end = (None, target.end) if target.index else read_one_off(text, target.end)
    if not is_closed(text, end):
        return None
    return Slip(word, target.slip) if target.slip else Status(target.code, target.index, one_off)


def _add(word: str, text: str, at: int) -> Intent | None:
    """A word for add, a ticket or a separator, and what is to be added."""
    if is_closed(text, at):
        return _ALONE[word]
    target = read_code(text, at)
    if target and target.code:
        return _added(text, target.end, code=target.code)
    if listed := _NUMBERED.match(text, at) or _LISTED.match(text, at):
        return _added(text, listed.end(), index=int(listed[1]))
    if target:
        return Slip("TAMBAH", target.slip)
    if about(text, at, word, lambda code, index: Help()) == Help():
        return Help()
    apart = _SET_APART.match(text, at) if word == "TAMBAH" else None
    return _added(text, apart.end()) if apart else None


def _added(text: str, at: int, code: str | None = None, index: int | None = None) -> Intent:
    """The words from there on; without any, how to add is what the citizen must know."""
    addition = _LEADING_GAP.sub("", text[at:], count=1).rstrip()
    return Help() if is_closed(addition, 0) else Add(addition, code, index)


def _code(text: str) -> Intent | None:
    """A code and nothing else asks for its status."""
    target = read_code(text, 0)
    return _status_of("STATUS", text, target) if target else None


def _question(text: str) -> Intent | None:
    """Question marks and nothing else."""
    return Help() if "?" in text and _NO_WORD.fullmatch(text) else None


_RULES: dict[str, Callable[[str, str, int], Intent | None]] = {"STATUS": _status, "TAMBAH": _add, "LENGKAPI": _add}


def is_robot_sender(sender: str) -> bool:
    """Whether no person with a phone is behind a sender: a name, or fewer than 8 digits. Never answer one."""
    digits = sender.removeprefix("+")
    return len(digits) < 8 or not (digits.isascii() and digits.isdigit())
