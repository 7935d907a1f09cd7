"""What the loops ask of a way in and out: receive, acknowledge, send.

TransportError
├── NotSent         certainly not sent
│   ├── Refused     somebody beyond us said no; `do` says what follows
│   └── NotReady    the transport is down: not this SMS's fault
└── FateUnknown     may have been sent: only a delivery report can tell
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from parser.pdu import Concat
from smsd.transports.refusals import Do


@dataclass(frozen=True)
class RawPart:
    """A PDU as the transport got it, and where it still lies (None: nowhere, it was handed over in passing)."""

    pdu: str
    slot: tuple[str, int] | None


@dataclass(frozen=True)
class Batch:
    """What one look at the transport found. `session` ties the slots to the connection they were seen on."""

    session: int
    parts: Sequence[RawPart]


@dataclass(frozen=True)
class Submission:
    """One part to send: at most 160/153 septets or 70/67 UTF-16 units, as parser.gsm7.split cuts them."""

    number: str
    alphabet: Literal["gsm7", "ucs2"]
    text: str
    concat: Concat | None
    valid_s: float | None = None  # how long the network shall try to deliver it; None: as long as it likes


@dataclass(frozen=True)
class TransportState:
    """What the transport last said of itself; None where it has not said it yet."""

    state: Literal["starting", "ready", "lost", "stopped"]
    imei: str | None = None
    signal: int | None = None  # percent
    network: str | None = None
    registered: str | None = None
    sim_used: int | None = None
    sim_size: int | None = None
    error: str | None = None


class TransportError(Exception):
    """A submission did not end with a reference; the message is for operators."""


class NotSent(TransportError):
    """It never got that far; another try can help."""


class Refused(NotSent):
    """The network or the modem said no."""

    def __init__(self, reason: str, do: Do) -> None:
        super().__init__(reason)
        self.do = do


class NotReady(NotSent):
    """The transport is down, which is not this SMS's fault: its tries are not counted, however long it lasts."""


class FateUnknown(TransportError):
    """It was handed over, but no answer came."""


class Transport(Protocol):
    """One way in and out. All three may be called at the same time."""

    name: str

    @property
    def closed_for_sending(self) -> str | None:
        """Why nothing can be sent now; None: something can."""
        ...

    async def receive(self) -> Batch:
        """Waits until there is something, then gives all of it; faults are cured inside, never raised."""
        ...

    async def acknowledge(self, batch: Batch) -> None:
        """Lets the transport forget a batch that is durable; a slot that cannot be freed is seen again."""
        ...

    async def send(self, submission: Submission) -> int:
        """Sends one part and returns its TP-MR; raises NotSent or FateUnknown."""
        ...
