"""A day as officials write it: 30/6, 30-06-2026, 30.6.26, 30 Juni, 30 Juni 2026, 30 June 2026, 2026-06-30."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari jan january",
            "februari feb pebruari peb february",
            "maret mar march mrt",
            "april apr",
            "mei may",
            "juni jun june",
            "juli jul july",
            "agustus agu ags agt aug august",
            "september sep sept",
            "oktober okt october oct",
            "november nov nopember nop",
            "desember des december dec",
        ),
        1,
    )
    for name in names.split()
}
_WORDS = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = re.compile(
    r"(?<![\w/.-])(?:(?P<iso_year>\d{4})-(?P<iso_month>\d{1,2})-(?P<iso_day>\d{1,2})"
    r"|(?P<day>\d{1,2})(?:st|nd|rd|th)?"
    rf"(?:\s*(?P<mark>[/.-])\s*(?P<month>\d{{1,2}})(?:(?P=mark)(?P<year>\d{{4}}|\d{{2}})(?!\d))?"
    rf"|[\s-]*(?P<word>{_WORDS})\b\.?(?:[\s-]*(?P<word_year>\d{{4}}|2\d)\b)?))(?![\w/])",
    re.IGNORECASE,
)
# A day without a year is the next such day; one that is nearly a year off has just gone by.
_AHEAD = timedelta(days=183)


_UNTIL = re.compile(
    r"(?:(?:sampai|hingga|s\s*[/.]?\s*d\.?|dengan|ke|menjadi|until|till?|to|tanggal|tgl\.?|hari"
    r"|senin|selasa|rabu|kamis|jum'?at|sabtu|minggu)(?![^\W\d_])[\s,.:]*)*",
    re.IGNORECASE,
)
_UNTIL_LATER = re.compile(
    r"\b(?:sampai|hingga|s/d|until|tanggal|tgl)\b(?:\s+(?:dengan|tanggal|tgl))?\.?\s*", re.IGNORECASE
)


def find_day(text: str, today: date) -> date | None:
    """The first day in a text, None where there is none or no such day (31 June)."""
    found = _DAY.search(text)
    return _day(found, today) if found else None


def split_day(words: str, today: date) -> tuple[date | None, str]:
    """The day that words begin with, else the one that they end with behind a word that leads to it; and the others.

    `sampai 30 Juni, menunggu anggaran` and `menunggu anggaran sampai 30 Juni` say the same.
    """
    start = _UNTIL.match(words).end()  # type: ignore[union-attr]  # it matches everything
    if found := _DAY.match(words, start):
        return _day(found, today), words[found.end() :]
    for leading in _UNTIL_LATER.finditer(words):
        found = _DAY.match(words, leading.end())
        if found and not words[found.end() :].strip(" .,;)!"):
            return _day(found, today), words[: leading.start()]
    return None, words


def _day(found: re.Match[str], today: date) -> date | None:
    day = int(found["iso_day"] or found["day"])
    month = _MONTHS[found["word"].lower()] if found["word"] else int(found["iso_month"] or found["month"])
    year = found["iso_year"] or found["year"] or found["word_year"]
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        return _next(day, month, today)
    except ValueError:
        return None


def _next(day: int, month: int, today: date) -> date:
    """This year's, or next year's where that is near."""
    this_year = date(today.year, month, day)
    if this_year >= today:
        return this_year
    next_year = date(today.year + 1, month, day)
    return next_year if next_year - today <= _AHEAD else this_year
