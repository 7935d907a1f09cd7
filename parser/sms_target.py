"""Which ticket a command is about: a code, a number from the citizen's own list, or a slip of the thumb.

target    = [ LABEL ] ( code | miscounted | index )
code      = ten digits, typed as people type them; a slip where the check digit is wrong
miscounted= a digit or two too few or too many, or a wrong first one
index     = 1 to 9
one-off   = [ "kode" ] 4 digits, behind a code
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parser import ticket_code
from parser.intents import Intent, Slip
from parser.sms_words import is_closed

_LABELS = (
    *("id", "no", "nmr", "nomor", "nomer", "kode", "tiket", "resi", "ref"),
    *("laporan", "lap", "aduan", "pengaduan", "saya", "info", "tanya"),
)

# What may stand between; a plus begins a phone number.
_GAP = r"(?:(?!\+)[\W_])*+"
_LABEL = rf"(?i:(?:(?:{'|'.join(_LABELS)})(?![^\W\d_]){_GAP})*+)"
_DIGITS = rf"(?:{ticket_code.SEPARATOR}*+{ticket_code.DIGIT})"
_END = r"(?![^\W_])"

_LEAD = re.compile(_GAP + _LABEL)
_CODE = re.compile(ticket_code.SHAPE)
# What begins with 0 is a phone number, perhaps a swindler's.
_MISCOUNTED = re.compile(rf"[1-9]{_DIGITS}{{7,11}}{_END}")
_INDEX = re.compile(rf"[1-9]{_END}")
_LONG_GAP = re.compile(rf"{ticket_code.SEPARATOR}{{2,}}|[^\w|.\-/]")
_ONE_OFF = re.compile(rf"(?:{_GAP}(?i:kode){_GAP}|[\W_]++)({ticket_code.DIGIT}{_DIGITS}{{3}}){_END}")


@dataclass(frozen=True, slots=True)
class Target:
    """One way to read what stands behind a command word; one of code, index and slip is given. `end`: where it ends.

    A slip is at most 23 characters long, for the citizen to see it again.
    """

    end: int
    code: str | None = None
    index: int | None = None
    slip: str = ""


def targets(text: str, at: int) -> Iterator[Target]:
    """Every way to read a ticket from there on, the surest first."""
    if found := read_code(text, at):
        yield found
    start = _start(text, at)
    if miscounted := _MISCOUNTED.match(text, start):
        yield Target(miscounted.end(), slip=_as_shown(miscounted[0]))
    if index := _INDEX.match(text, start):
        yield Target(index.end(), index=int(index[0]))


def about(text: str, at: int, command: str, make: Callable[[str | None, int | None], Intent]) -> Intent | None:
    """What `make` makes of the ticket named there, or a Slip; None where none is named or anything else follows."""
    for target in targets(text, at):
        if is_closed(text, target.end):
            return Slip(command, target.slip) if target.slip else make(target.code, target.index)
    return None


def read_code(text: str, at: int) -> Target | None:
    """Ten digits from there on, with a right check digit or a wrong one; None where none or a sum of money stands."""
    found = _CODE.match(text, _start(text, at))
    match ticket_code.read_code(found[0]) if found else None:
        case ticket_code.Code(digits=digits) if found:
            return Target(found.end(), code=digits)
        case ticket_code.Slip() if found:
            return Target(found.end(), slip=_as_shown(found[0]))
        case _:
            return None


def read_one_off(text: str, at: int) -> tuple[str | None, int]:
    """The 4 digits from there on and where they end; None and `at` where there are none."""
    found = _ONE_OFF.match(text, at)
    return (ticket_code.read_digits(found[1]), found.end()) if found else (None, at)


def _as_shown(typed: str) -> str:
    """What was typed, fit for a reply: a space where anything long or strange stood between two digits."""
    return _LONG_GAP.sub(" ", typed)


def _start(text: str, at: int) -> int:
    """Where the number itself begins, behind punctuation and words like `no` and `laporan`."""
    found = _LEAD.match(text, at)
    return found.end() if found else at
