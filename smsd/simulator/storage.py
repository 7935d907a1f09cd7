"""A message memory of the modem: numbered slots that hold PDUs (3GPP TS 27.005 §3.1, ``<mem>`` and ``<index>``)."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

# TS 27.005 §3.1 <stat>; the others (stored unsent, stored sent) never arise: AT+CMGW is not offered.
REC_UNREAD = 0
REC_READ = 1


@dataclass(slots=True)
class Stored:
    """One PDU in a slot, and whether it was read."""

    pdu: str
    state: int = REC_UNREAD


class Storage:
    """``size`` slots, numbered from 1; a new message takes the lowest free one, as SIM cards do."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self._slots: dict[int, Stored] = {}
        self._free = list(range(1, size + 1))

    @property
    def used(self) -> int:
        """How many slots hold a message."""
        return len(self._slots)

    def store(self, pdu: str) -> int | None:
        """Put a PDU into the lowest free slot and give its number; None when all are taken."""
        if not self._free:
            return None
        index = heapq.heappop(self._free)
        self._slots[index] = Stored(pdu)
        return index

    def read(self, index: int) -> Stored | None:
        """Give what is in a slot."""
        return self._slots.get(index)

    def delete(self, index: int) -> bool:
        """Free a slot; False if it was free already."""
        if self._slots.pop(index, None) is None:
            return False
        heapq.heappush(self._free, index)
        return True

    def occupied(self) -> list[tuple[int, Stored]]:
        """List what is stored, by slot number."""
        return sorted(self._slots.items(), key=lambda item: item[0])


def tpdu_octets(pdu: str) -> int:
    """Count the octets after the SMSC address, the ``<length>`` of TS 27.005 §3.1; 0 for what is not a PDU."""
    try:
        octets = bytes.fromhex(pdu)
    except ValueError:
        return 0
    return max(0, len(octets) - 1 - octets[0]) if octets else 0
