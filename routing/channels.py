"""The word a text begins with to say whom it is for: `BDG`, `KAB. NGANJUK`, `LAPORJABAR`, `#LAPOR`, `Kemensos`.

Channel words are hints, never commands, and they are data. They are taken out of the text that the agency reads.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Channel:
    """What a text begins with: the channel word as written, what it says, and the rest of the text."""

    words: str
    place: str | None
    agency_type: str | None
    rest: str


class Channels:
    """All channel words."""

    def read(self, text: str) -> Channel:
        """Take the channel word off the text; without one `words` is empty and `rest` is the text."""
        return Channel("", None, None, text)
