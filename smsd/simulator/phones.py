"""The phones of the citizens: they join the parts of long messages and keep what they have shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from parser.pdu import Submit

_NUMBER = re.compile(r"\+?[0-9 ()-]*[0-9]")
_NOT_DIGITS = re.compile(r"[^0-9]+")


@dataclass(frozen=True, slots=True)
class Text:
    """A message as a phone shows it."""

    at: datetime
    text: str


def canonical(number: str) -> str:
    """Write a number so that ``+62 812-3``, ``62812 3`` and ``08123`` are the same phone; short codes stay."""
    if not _NUMBER.fullmatch(number):
        return number
    digits = _NOT_DIGITS.sub("", number)
    return "62" + digits[1:] if digits.startswith("0") else digits


def lookup(table: Mapping[str, int], number: str) -> int | None:
    """Find a number in a table of numbers, however either is written."""
    wanted = canonical(number)
    return next((value for key, value in table.items() if canonical(key) == wanted), None)


class Phone:
    """One citizen's phone."""

    def __init__(self) -> None:
        self._shown: list[Text] = []
        self._parts: dict[tuple[int, int, int], dict[int, Submit]] = {}

    @property
    def shown(self) -> tuple[Text, ...]:
        """What the phone has shown, oldest first."""
        return tuple(self._shown)

    def take(self, submit: Submit, at: datetime) -> Text | None:
        """Accept a message or a part; give the text it makes the phone show, None while parts are missing."""
        parts = self._complete(submit)
        if parts is None:
            return None
        text = Text(at, _joined(parts))
        self._shown.append(text)
        return text

    def _complete(self, submit: Submit) -> Sequence[Submit] | None:
        if submit.concat is None:
            return [submit]
        key = (submit.concat.reference, submit.concat.bits, submit.concat.count)
        parts = self._parts.setdefault(key, {})
        parts[submit.concat.number] = submit
        if len(parts) < submit.concat.count:
            return None
        del self._parts[key]
        return [parts[number] for number in sorted(parts)]


def _joined(parts: Sequence[Submit]) -> str:
    # Characters may be cut between parts (an escape pair, a surrogate pair): join first, decode then.
    if len({part.alphabet for part in parts}) > 1:
        return "".join(part.text for part in parts)
    return replace(parts[0], user_data=b"".join(part.user_data for part in parts)).text
