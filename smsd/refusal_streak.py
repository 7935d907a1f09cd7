"""Tells a modem that refuses everybody from a number that is refused. Pure; the time is an argument.

Several numbers refused in a row, with nothing accepted in between, are the modem's fault: no credit, a barred SIM, a
wrong message centre. It pauses for a growing time; then one SMS tries whether it sends again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

_NUMBERS = 3  # as many different ones in a row
_FIRST_S, _MOST_S = 60.0, 1800.0


class Fault(Enum):
    """Whose fault a refusal is."""

    NUMBER = "the number's, as far as we know"
    MODEM = "the modem's, as has just become clear"
    MODEM_STILL = "the modem's, which has been refusing for a while"


@dataclass
class RefusalStreak:
    """What one modem refused since it last accepted anything."""

    refused_sms: dict[int, int] = field(default_factory=dict)  # id: the tries it had behind it before this modem's
    _phones: set[int] = field(default_factory=set)
    _suspects: set[int] = field(default_factory=set)  # of the last pause: maybe some were refused for their own sake
    _pauses: int = 0
    _until: float = 0.0

    def pausing(self, now: float) -> bool:
        """Whether nothing is to be sent now."""
        return now < self._until

    def accepted(self, phone: int) -> bool:
        """The modem took an SMS; True if that ends a time in which it refused everything."""
        recovered = self._pauses > 0
        self._suspects = (self._suspects | self._phones if recovered else self._suspects) - {phone}
        self.refused_sms.clear()
        self._phones.clear()
        self._pauses, self._until = 0, 0.0
        return recovered

    def refused(self, phone: int, sms: int, tries_before: int, now: float) -> Fault:
        """The modem refused an SMS to that phone."""
        if self._pauses:
            self._phones.add(phone)
            self._pause(now)
            return Fault.MODEM_STILL
        if phone in self._suspects:  # refused again, though the modem sends to others: it is the number
            return Fault.NUMBER
        self._phones.add(phone)
        self.refused_sms.setdefault(sms, tries_before)
        if len(self._phones) < _NUMBERS:
            return Fault.NUMBER
        self._suspects.clear()
        self._pause(now)
        return Fault.MODEM

    def pause_s(self, now: float) -> float:
        """How long nothing is sent from now on."""
        return max(0.0, self._until - now)

    def _pause(self, now: float) -> None:
        self._until = now + min(_FIRST_S * 2.0 ** min(self._pauses, 20), _MOST_S)
        self._pauses += 1
