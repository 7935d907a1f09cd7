"""What a report says, in Indonesian and in English, and how each writes numbers and dates."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Literal, cast

from smsd.mail import words as indonesian
from smsd.report.period import Period

Language = Literal["id", "en"]

_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@cache
def sentences(language: Language) -> Mapping[str, str]:
    """Every sentence by its name."""
    text = (resources.files("smsd.report") / "words.toml").read_text(encoding="utf-8")
    return cast(Mapping[str, str], tomllib.loads(text)[language])


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: its sentences, and how it writes numbers and dates."""

    language: Language

    def __call__(self, name: str, /, **values: object) -> str:
        """The sentence of that name."""
        return sentences(self.language)[name].format(**values)

    def number(self, value: float, places: int = 0) -> str:
        """`1.234,5` or `1,234.5`."""
        text = f"{value:,.{places}f}"
        return text.translate({44: ".", 46: ","}) if self.language == "id" else text

    def signed(self, value: int) -> str:
        """With its sign; a change of nothing is `0`."""
        return ("+" if value > 0 else "−" if value < 0 else "") + self.number(abs(value))

    def share(self, part: int, whole: int) -> str:
        """In percent; a dash where there is nothing to share."""
        return f"{self.number(100 * part / whole)}%" if whole else "–"

    def rupiah(self, value: int) -> str:
        """`Rp1.234`."""
        return f"Rp{self.number(value)}"

    def month(self, number: int) -> str:
        """Its name, 1 to 12."""
        months = indonesian.MONTHS if self.language == "id" else _ENGLISH_MONTHS
        return months[number - 1]

    def day(self, day: date) -> str:
        """`3 Oktober 2026`."""
        return f"{day.day} {self.month(day.month)} {day.year}"

    def days(self, first: date, last: date) -> str:
        """One day, or from one to another."""
        return self.day(first) if first == last else f"{first.day} {self.month(first.month)[:3]} – {self.day(last)}"

    def moment(self, moment: datetime) -> str:
        """With the hour and the zone it is given in."""
        hour = f"{moment:%H.%M}" if self.language == "id" else f"{moment:%H:%M}"
        return f"{self.day(moment.date())}, {hour} {indonesian.zone_word(moment)}"

    def period(self, period: Period) -> str:
        """`Oktober 2026` or `2026`."""
        return f"{self.month(period.month)} {period.year}" if period.month else str(period.year)
