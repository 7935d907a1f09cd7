"""Dates as Indonesians write them, and texts of strangers made fit for a mail. Pure."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
ZONES: Mapping[timedelta, str] = MappingProxyType(
    {timedelta(hours=7): "WIB", timedelta(hours=8): "WITA", timedelta(hours=9): "WIT"}
)

MOST_LINES = 500
"""A text of more lines is cut: nobody reads on, and some mail programs hang."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def date_words(day: date) -> str:
    """`Jumat, 12 Juni 2026`. Own tables, because the locale of a server is nothing to rely on."""
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date, today: date) -> str:
    """`12 Juni`, with the year where it is another one than that of `today`."""
    return f"{day.day} {MONTHS[day.month - 1]}" + ("" if day.year == today.year else f" {day.year}")


def moment_words(moment: datetime) -> str:
    """`Senin, 8 Juni 2026, pukul 09.14 WIB`, in the zone that `moment` carries."""
    return f"{date_words(moment)}, pukul {moment:%H.%M} {zone_word(moment)}"


def zone_word(moment: datetime) -> str:
    """`WIB`, `WITA`, `WIT`, or the offset of any other zone."""
    return ZONES.get(moment.utcoffset() or timedelta(), f"UTC{moment:%z}")


def one_line(text: str) -> str:
    """`text` as one line, for a header or a label: all white space, line ends of every kind included, is one space."""
    return " ".join("".join(map(_safe, " ".join(text.split()))).split())


def clean_lines(text: str) -> tuple[str, ...]:
    """The lines of `text`, each made safe, without empty ones at either end; at most MOST_LINES, and how many more."""
    lines = text.strip().splitlines()
    cut = len(lines) - MOST_LINES
    more = (f"[{cut} baris lagi tidak dimuat]",) if cut > 0 else ()
    return (*map(one_line, lines[:MOST_LINES]), *more)


def _safe(char: str) -> str:
    """`char`, or what stands for it: controls and direction marks rearrange what is read, surrogates are no text."""
    match unicodedata.category(char):
        case "Cc":
            return ""
        case "Cs":
            return "\ufffd"
        case _:
            return "" if char in _BIDI else char
