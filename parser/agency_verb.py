"""What an agency decides, in the first line of its answer.

    answer  = TERIMA
            | PROSES [ note ]
            | SELESAI explanation
            | TANYA question
            | BUKAN WEWENANG [ agency ]
            | TUNDA date [ reason ]
            | TOLAK reason

Each has synonyms (parser/agency_words.py), in Indonesian and in English. A verb counts where it cannot be part of a
polite sentence: written in capitals, or with a colon, dash, comma or full stop behind it, or alone on its line. `Terima
kasih atas laporannya` and `Selesaikan segera` are free text. In a line that is all capitals they say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from parser.agency_sentences import (
    decides_nothing,
    is_denied,
    is_for_a_colleague,
    is_no_refusal,
    is_partly_ours,
    is_unfinished,
    takes_it,
)
from parser.agency_words import NO_VERBS, SYNONYMS, Word, is_slip
from parser.dates import split_day


@dataclass(frozen=True, slots=True)
class Accept:
    """TERIMA: the agency is competent and takes the ticket."""


@dataclass(frozen=True, slots=True)
class Process:
    """PROSES: it works on it."""

    note: str


@dataclass(frozen=True, slots=True)
class Done:
    """SELESAI: it is done, and this is what was done."""

    explanation: str


@dataclass(frozen=True, slots=True)
class NotOurs:
    """BUKAN WEWENANG: another agency is competent; empty where the answer does not say which."""

    agency: str


@dataclass(frozen=True, slots=True)
class Ask:
    """TANYA: it needs to know something from the citizen."""

    question: str


@dataclass(frozen=True, slots=True)
class Postpone:
    """TUNDA: it will not be done before that day; the reason may be empty."""

    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """TOLAK: it will not be done, and this is why."""

    reason: str


@dataclass(frozen=True, slots=True)
class NeedsExplanation:
    """SELESAI, TANYA or TOLAK without the words that the citizen must get, TUNDA without a day that is to come."""

    verb: str


@dataclass(frozen=True, slots=True)
class UnknownVerb:
    """A word that stands where a verb should, and is none."""

    word: str


@dataclass(frozen=True, slots=True)
class FreeText:
    """No verb: a person has to read it."""


Verb = Accept | Process | Done | NotOurs | Ask | Postpone | Refuse | NeedsExplanation | UnknownVerb | FreeText

_MARKS = " .,;:!-–—*_\"'"
# A dash is a mark only where it joins no word: `PROSES-nya lambat` is a sentence.
_MARK = r"[*_\"']*(?:[*_\s]*(?:[:,.;!–—…=→]|-+(?=\s|$)|\s-+))*"
_START = r"(?:[^\w>]|_)*"
_LONGEST_FIRST = "|".join(word.replace(" ", r"\s+") for word in sorted(SYNONYMS, key=len, reverse=True))
_VERB = re.compile(
    rf"{_START}(?P<verb>{_LONGEST_FIRST})"
    rf"(?!-*[^\W_])(?P<mark>{_MARK})(?P<rest>.*)",
    re.IGNORECASE,
)
_ANY_WORD = re.compile(
    rf"{_START}(?P<verb>(?:BUKAN\s+|DI\s+LUAR\s+)?[^\W\d_]{{3,20}})(?!-*[^\W_])(?P<mark>{_MARK})(?P<rest>.*)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"<[^<>]{1,60}>\s*")
_COURTESY = re.compile(
    r"\b(?:terima\s*kasih|makasih|trims|thanks|thank you|salam|demikian|mohon maklum|hormat kami|ya|pak|bu|bapak|ibu"
    r"|(?:atas|untuk) (?:laporan|informasi|perhatian)(?:nya)?)\b|\W+",
    re.IGNORECASE,
)
_OURSELVES = re.compile(
    r"(?:(?:instansi|dinas|kantor|badan|unit|bidang)\s+)?(?:kami|kita)\b[\s,.;:\-–—]*", re.IGNORECASE
)
_LEADING_TO = re.compile(
    r"(?:(?:tetapi|tapi|namun|melainkan|mohon|harap|silakan|silahkan|agar|dapat|bisa|lebih tepat|itu|adalah)\b"
    r"|(?:di)?(?:teruskan|alihkan|sampaikan|tujukan)\b|(?:wewenang|kewenangan)\b|ke(?:pada)?\b|milik\b|untuk\b)"
    r"[\s,.;:\-–—]*",
    re.IGNORECASE,
)
_LATEST_YEARS = 5
# Mail programs wrap plain text at 65 to 80 characters; a line this long goes on in the next.
_WRAPPED_AT = 60


@dataclass(frozen=True, slots=True)
class _Line:
    """The first line, taken apart, and those below it."""

    verb: str
    marked: bool
    rest: str
    first: str
    below: list[str]

    @property
    def shouted(self) -> bool:
        """All of it is in capitals, so that those of the verb say nothing."""
        return self.rest.isupper() and len(self.rest.split()) > 1

    @property
    def strict(self) -> bool:
        """Whether the verb cannot be the beginning of a sentence."""
        return self.verb.isupper() or self.marked or not self.rest


def read_verb(answer: str, today: date) -> Verb:
    """The verb in the first line that is not empty; FreeText wherever it could be a sentence.

    `today` is the day that a date must come after.
    """
    lines = answer.strip().splitlines()
    if not lines:
        return FreeText()
    if line := _take_apart(_VERB, lines):
        return _read(SYNONYMS[_plain(line.verb)], line, today)
    line = _take_apart(_ANY_WORD, lines)
    return _read_slip(line, today) if line else FreeText()


def _take_apart(pattern: re.Pattern[str], lines: list[str]) -> _Line | None:
    found = pattern.fullmatch(lines[0].strip())
    if not found:
        return None
    rest = _PLACEHOLDER.sub("", found["rest"].strip(" \t*_"), count=1).strip()
    return _Line(found["verb"], bool(found["mark"].strip("*_\"' ")), rest, lines[0], lines[1:])


def _plain(verb: str) -> str:
    return " ".join(verb.upper().split())


def _read(word: Word, line: _Line, today: date) -> Verb:
    if not line.strict and not (word == "BUKAN WEWENANG" and _OURSELVES.fullmatch(line.rest)):
        return FreeText()
    if decides_nothing(line.rest) or (word != "TANYA" and "?" in line.rest[1:]):
        return FreeText()
    if line.shouted and not line.marked and not _means_it(word, line):
        return FreeText()
    return _RULES[word](line, today)


def _means_it(word: Word, line: _Line) -> bool:
    """Whether a line in capitals cannot be a sentence that begins with the word: `PROSES HUKUM BERJALAN` can."""
    return _plain(line.verb) in ("SELESAI", "BUKAN WEWENANG", "BUKAN KEWENANGAN", "TUNDA") or (
        word == "TANYA" and line.rest.endswith("?")
    )


def _read_slip(line: _Line, today: date) -> Verb:
    """A verb with one slip of the finger, where nothing else can be meant; else a word that tries to be one."""
    verb = _plain(line.verb)
    word = is_slip(verb)
    if word and line.strict and (line.marked or not line.shouted):
        read = _read(word, line, today)
        if line.marked or not line.rest or _fits(word, line.rest, read):
            return read
    return UnknownVerb(verb) if _tries(line, verb) else FreeText()


def _fits(word: Word, rest: str, read: Verb) -> bool:
    """Whether what follows a verb with a slip can follow only that verb: five letters are soon another word."""
    return {
        "TANYA": rest.endswith("?"),
        "TUNDA": isinstance(read, Postpone),
        "TERIMA": False,
        "TOLAK": False,
    }.get(word, True)


def _tries(line: _Line, verb: str) -> bool:
    """One word in capitals, alone or before a colon, as our mails show the verbs."""
    stands_alone = not line.rest or (line.marked and ":" in line.first)
    return line.verb.isupper() and " " not in verb and stands_alone and verb not in NO_VERBS


def _accept(line: _Line, _: date) -> Verb:
    """TERIMA, perhaps with a promise: `TERIMA KASIH` thanks, it does not accept."""
    if not _says_something(line.rest) or takes_it(line.rest, capitals=line.verb.isupper(), marked=line.marked):
        return Accept()
    return FreeText()


def _process(line: _Line, _: date) -> Verb:
    """PROSES and perhaps a note."""
    note = _paragraph(line)
    return FreeText() if is_denied(note, marked=line.marked) else Process(note)


def _done(line: _Line, _: date) -> Verb:
    """SELESAI and what was done; a greeting explains nothing, and a question or a plan is no end."""
    explanation = _paragraph(line)
    if is_unfinished(explanation, marked=line.marked):
        return FreeText()
    return Done(explanation) if _says_something(explanation) else NeedsExplanation("SELESAI")


def _ask(line: _Line, _: date) -> Verb:
    """TANYA and the question, which is for the citizen: `TANYA kabid dulu` is for a colleague."""
    question = _paragraph(line)
    if not line.marked and is_for_a_colleague(line.rest):
        return FreeText()
    return Ask(question) if _says_something(question) else NeedsExplanation("TANYA")


def _not_ours(line: _Line, _: date) -> Verb:
    """BUKAN WEWENANG and the agency that is competent, without the words that only lead to it."""
    if is_partly_ours(line.rest):
        return FreeText()
    ourselves = _OURSELVES.match(line.rest)
    start = ourselves.end() if ourselves else 0
    while leading := _LEADING_TO.match(line.rest, start):
        start = leading.end()
    return NotOurs(line.rest[start:].strip(_MARKS))


def _postpone(line: _Line, today: date) -> Verb:
    """TUNDA and a day to come, before or behind the reason."""
    until, reason = split_day(_paragraph(line), today)
    if until is None or not today < until <= _latest(today):
        return NeedsExplanation("TUNDA")
    return Postpone(until, reason.strip(" ,;:-–—"))


def _latest(today: date) -> date:
    return date(today.year + _LATEST_YEARS, 12, 31)


def _refuse(line: _Line, _: date) -> Verb:
    """TOLAK and why."""
    reason = _paragraph(line)
    if is_no_refusal(reason):
        return FreeText()
    return Refuse(reason) if _says_something(reason) else NeedsExplanation("TOLAK")


_RULES: dict[Word, Callable[[_Line, date], Verb]] = {
    "TERIMA": _accept,
    "PROSES": _process,
    "SELESAI": _done,
    "TANYA": _ask,
    "BUKAN WEWENANG": _not_ours,
    "TUNDA": _postpone,
    "TOLAK": _refuse,
}


def _paragraph(line: _Line) -> str:
    """The rest of the verb's line, and the lines below while the one above looks wrapped; the whole next paragraph
    where the verb stands alone, also behind an empty line, as Outlook writes one between any two lines."""
    taken = [line.rest] if line.rest else []
    below = line.below if taken else _from_first_text(line.below)
    wrapped = len(line.first) >= _WRAPPED_AT
    for text in below:
        if not text.strip() or (line.rest and not wrapped):
            break
        taken.append(text.strip())
        wrapped = len(text) >= _WRAPPED_AT
    return _PLACEHOLDER.sub("", " ".join(taken), count=1).strip()


def _from_first_text(lines: list[str]) -> list[str]:
    first = next((number for number, text in enumerate(lines) if text.strip()), len(lines))
    return lines[first:]


def _says_something(text: str) -> bool:
    return bool(_COURTESY.sub("", text))
