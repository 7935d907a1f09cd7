"""Ticket codes: ten digits shown 3-3-4, nine of them random and a Damm check digit.

The first digit is never one that begins a phone number (08, 62) or 1708, so that a code cannot be mistaken for one.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

FIRST_DIGITS = "234579"

# H. M. Damm, Total anti-symmetrische Quasigruppen (2004): the quasigroup of order 10 whose check digit finds every
# single wrong digit and every swap of neighbours.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

# Whatever is neither letter nor digit: spaces, dots, slashes, brackets, and the marks that chat programs put around.
SEPARATOR = r"(?:(?!\|)[\W_])"
DIGIT = "[0-9OolI|]"

# Ten digits as thumbs write them. A code begins with neither 0 nor 1, so no letter stands for its first digit.
SHAPE = rf"[{FIRST_DIGITS}](?:{SEPARATOR}*+{DIGIT}){{9}}(?![^\W_])"

_WHOLE = re.compile(rf"{SEPARATOR}*+({SHAPE}){SEPARATOR}*+")
_LOOKALIKES = str.maketrans("OolI|", "00111")
# Thousands are set apart as in 2.500.000.000: that is a sum of money, unless the check digit is right.
_MONEY = re.compile(r"[0-9](?:\.[0-9]{3}){3}")


@dataclass(frozen=True, slots=True)
class Code:
    """A ticket code whose check digit is right; whether there is such a ticket is another question."""

    digits: str


@dataclass(frozen=True, slots=True)
class Slip:
    """Ten digits that look like a ticket code and have the wrong check digit."""

    digits: str


def new_code(choose: Callable[[int], int]) -> str:
    """A random code; `choose(n)` gives a number from 0 to n-1, as secrets.randbelow does."""
    digits = FIRST_DIGITS[choose(len(FIRST_DIGITS))] + "".join(str(choose(10)) for _ in range(8))
    return digits + str(_damm(digits))


def show(code: str) -> str:
    """The code as people read it: 482 130 9764."""
    return f"{code[:3]} {code[3:6]} {code[6:]}"


def check(code: str) -> bool:
    """Whether these are ten plain digits that new_code could have given."""
    return len(code) == 10 and code.isascii() and code.isdigit() and code[0] in FIRST_DIGITS and _damm(code) == 0


def read_code(text: str) -> Code | Slip | None:
    """What a text that should be nothing but a code says; None where it does not look like one.

    Digits of any script, O or o for 0, and l, I or | for 1; anything that is no letter may stand between them.
    """
    found = _WHOLE.fullmatch(plain_digits(text))
    if not found:
        return None
    digits = read_digits(found[1])
    if check(digits):
        return Code(digits)
    return None if _MONEY.fullmatch(found[1]) else Slip(digits)


def plain_digits(text: str, is_digit: Callable[[str], bool] = str.isdecimal) -> str:
    """The text, as long as it was, with the digits of every script as 0 to 9; str.isdigit takes `²` for one too."""
    if text.isascii():
        return text
    foreign = [char for char in set(text) if not char.isascii() and is_digit(char)]
    return text.translate({ord(char): str(unicodedata.digit(char)) for char in foreign}) if foreign else text


def read_digits(typed: str) -> str:
    """The digits in what matched DIGIT and SEPARATOR, the letters that stand for one included."""
    return re.sub(r"[^0-9]", "", typed.translate(_LOOKALIKES))


def _damm(digits: str) -> int:
    """The interim digit after all digits: the check digit to append, 0 where it is already there and right."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim
