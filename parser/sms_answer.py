"""YA, BELUM and 1 to 4: what they mean while a question to the number is open, and only then.

answer    = ( YA_WORD | BELUM_WORD ) [ address ] [ target | separator text ]
rating    = [ "nilai" ] 1 to 4 [ mood ] [ target ]        or a mood alone, in the words of the question
"""

import re
from collections.abc import Callable

from parser.intents import Expect, Intent, No, Rating, Yes
from parser.sms_target import about
from parser.sms_words import answers, first_words, is_closed, skip_address
from parser.ticket_code import plain_digits

_Saying = Callable[[str | None, int | None, str], Intent]
_SAYING: dict[str, _Saying] = {"YA": Yes, "BELUM": No}

# The scale as the question gives it.
_MOODS = {"sangat puas": 4, "puas": 3, "kurang puas": 2, "kecewa": 1}
_MOOD = "(?:sangat|sgt|cukup|kurang|krg|tidak|tdk|agak)?[ ]*(?:puas|kecewa|baik|bagus|buruk|jelek)"
_RATING = re.compile(
    rf"[\W_]*+(?:(?:nilai|rating|skor|bintang|angka)[\W_]*+)*+([1-4])(?!\w)(?:[\W_]*+(?:bintang|{_MOOD})(?!\w))?+", re.I
)
_MOOD_ALONE = re.compile(rf"[\W_]*+({'|'.join(sorted(_MOODS, key=len, reverse=True))})(?!\w)", re.I)
_SEPARATOR = re.compile(r"[^\S\n]*+(?:[,.:;!\n]|[-–—](?=\s))[\s.,:;!\-–—]*+")
_NOTHING_OPEN: frozenset[Expect] = frozenset()
_ALL: frozenset[Expect] = frozenset({"ya", "nilai"})
_DIGIT_ALONE = re.compile(r"[\W_]*+(?:(?:no|nomor|nomer|nmr)[\W_]*+)?[1-9](?!\w)", re.I)


def read_answer(text: str, expects: frozenset[Expect] = _NOTHING_OPEN) -> Intent | None:
    """The answer to one of the questions that are open; None where the text answers none of them."""
    if "nilai" in expects and (rating := _rating(text)):
        return rating
    return _said(text) if "ya" in expects else None


def is_bare_answer(text: str) -> bool:
    """Nothing but a yes, a no or a digit from 1 to 9: never a report by itself."""
    text = plain_digits(text)
    digit = _DIGIT_ALONE.match(text)
    if digit and is_closed(text, digit.end()):
        return True
    found = read_answer(text, _ALL)
    return found is not None and not (isinstance(found, Yes | No) and found.text)


def _said(text: str) -> Intent | None:
    """A word for yes or no, alone, with the ticket it is about, or with more behind a separator."""
    for word, end in answers(text):
        if said := _said_with(_SAYING[word], word, text, end):
            return said
    return None


def _said_with(said: _Saying, word: str, text: str, at: int) -> Intent | None:
    if is_closed(text, at):
        return said(None, None, "")
    # `no 2` is number 2, not a no.
    number = first_words(text, 0, 1) == ["no"]
    if not number and (found := about(text, at, word, lambda code, index: said(code, index, ""))):
        return found
    separator = _SEPARATOR.match(text, skip_address(text, at))
    return said(None, None, text[separator.end() :].rstrip()) if separator else None


def _rating(text: str) -> Intent | None:
    """A number from 1 to 4 or its name, alone or with the ticket it is about."""
    found = _RATING.match(text)
    if not found:
        named = _MOOD_ALONE.match(text)
        return Rating(_MOODS[named[1].lower()]) if named and is_closed(text, named.end()) else None
    stars = int(found[1])
    if is_closed(text, found.end()):
        return Rating(stars)
    return about(text, found.end(), "NILAI", lambda code, index: Rating(stars, code, index))
