"""What an agency decides, in the first line of its answer.

    answer  = TERIMA
            | PROSES [ note ]
            | SELESAI explanation
            | TANYA question
            | BUKAN WEWENANG [ agency ]

A verb counts where it cannot be part of a polite sentence: written in capitals, or with a colon, dash, comma or full
stop behind it, or alone on its line. `Terima kasih atas laporannya` and `Selesaikan segera` are free text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass


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
class NeedsExplanation:
    """SELESAI or TANYA without the words that the citizen must get."""

    verb: str


@dataclass(frozen=True, slots=True)
class FreeText:
    """No verb: a person has to read it."""


Verb = Accept | Process | Done | NotOurs | Ask | NeedsExplanation | FreeText

_MARKS = " .,;:!-–—*_\"'"
# A dash is a mark only where it joins no word: `PROSES-nya lambat` is a sentence.
_MARK = r"[*_\"']*(?:[*_\s]*(?:[:,.;!–—]|-+(?=\s|$)|\s-+))*"
_VERB = re.compile(
    rf"[\s*_\"'#]*(?P<verb>TERIMA|PROSES|SELESAI|TANYA|BUKAN\s+(?:WEWENANG|KEWENANGAN))(?!-*[^\W_])"
    rf"(?P<mark>{_MARK})(?P<rest>.*)",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"\b(?:terima\s*kasih|makasih|trims|thanks|salam|demikian|mohon maklum|hormat kami|ya|pak|bu|bapak|ibu)\b|\W+",
    re.IGNORECASE,
)
_OURSELVES = re.compile(
    r"(?:(?:instansi|dinas|kantor|badan|unit|bidang)\s+)?(?:kami|kita)\b[\s,.;:\-–—]*", re.IGNORECASE
)
_LEADING_TO = re.compile(
    r"(?:(?:tetapi|tapi|namun|melainkan|mohon|harap|silakan|silahkan|agar|dapat|bisa|lebih tepat|itu|adalah)\b"
    r"|(?:di)?(?:teruskan|alihkan|sampaikan|tujukan)\b|(?:ke)?wewenang(?:an)?\b|ke(?:pada)?\b|milik\b|untuk\b)"
    r"[\s,.;:\-–—]*",
    re.IGNORECASE,
)
# Mail programs wrap plain text at 65 to 80 characters; a line this long goes on in the next.
_WRAPPED_AT = 60


def read_verb(answer: str) -> Verb:
    """The verb in the first line that is not empty; FreeText wherever it could be a sentence."""
    lines = answer.strip().splitlines()
    found = _VERB.fullmatch(lines[0].strip()) if lines else None
    if not found:
        return FreeText()
    verb = " ".join(found["verb"].split())
    rest = found["rest"].strip(" \t*_")
    if not (verb.isupper() or found["mark"].strip("*_\"' ") or _is_alone(verb, rest)):
        return FreeText()
    return _RULES[verb.upper().split()[0]](rest, lines)


def _is_alone(verb: str, rest: str) -> bool:
    """Nothing follows the verb; `bukan wewenang kami` says no more than the verb does."""
    return not rest or (" " in verb and bool(_OURSELVES.fullmatch(rest)))


def _accept(rest: str, _: list[str]) -> Verb:
    """TERIMA, and nothing else on the line: `TERIMA KASIH` thanks, it does not accept."""
    return FreeText() if rest.strip(_MARKS) else Accept()


def _process(rest: str, lines: list[str]) -> Verb:
    """PROSES and perhaps a note."""
    return Process(_paragraph(rest, lines))


def _done(rest: str, lines: list[str]) -> Verb:
    """SELESAI and what was done; a greeting explains nothing."""
    explanation = _paragraph(rest, lines)
    return Done(explanation) if _says_something(explanation) else NeedsExplanation("SELESAI")


def _ask(rest: str, lines: list[str]) -> Verb:
    """TANYA and the question."""
    question = _paragraph(rest, lines)
    return Ask(question) if _says_something(question) else NeedsExplanation("TANYA")


def _not_ours(rest: str, _: list[str]) -> Verb:
    """BUKAN WEWENANG and the agency that is competent, without the words that only lead to it."""
    agency = _OURSELVES.sub("", rest, count=1) if _OURSELVES.match(rest) else rest
    while leading := _LEADING_TO.match(agency):
        agency = agency[leading.end() :]
    return NotOurs(agency.strip(_MARKS))


_RULES: dict[str, Callable[[str, list[str]], Verb]] = {
    "TERIMA": _accept,
    "PROSES": _process,
    "SELESAI": _done,
    "TANYA": _ask,
    "BUKAN": _not_ours,
}


def _paragraph(rest: str, lines: list[str]) -> str:
    """The rest of the verb's line, and the lines below while the one above looks wrapped; all of them up to a blank
    line where the verb stands alone."""
    taken = [rest] if rest else []
    wrapped = len(lines[0]) >= _WRAPPED_AT
    for line in lines[1:]:
        if not line.strip() or (rest and not wrapped):
            break
        taken.append(line.strip())
        wrapped = len(line) >= _WRAPPED_AT
    return " ".join(taken)


def _says_something(text: str) -> bool:
    return bool(_COURTESY.sub("", text))
