"""The mobile network behind the simulated modem: the short message centre and the phones of the citizens.

Towards the modem it keeps what a real SMSC keeps: a text waits, first in first out, until the modem is registered and
has a free slot (3GPP TS 23.040 §3.2.6, memory available). From the modem it takes SMS-SUBMITs, shows them on phones
after ``latency_s`` and sends a status report back when one was asked for (TS 23.040 §3.2.9).

Trouble is scripted on plain attributes: ``refuse`` and ``report_status`` by number, ``refuse_all`` for every number,
``signal``, ``latency_s``; and on :meth:`Network.set_registration`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from weakref import WeakSet

from parser.pdu import Submit, decode_submit, encode_status_report
from smsd.simulator.composing import Alphabet, Bits, compose
from smsd.simulator.phones import Phone, Text, canonical, lookup

# TS 27.007 §7.2 <stat>.
REGISTERED_HOME = 1
REGISTERED_ROAMING = 5

# TS 27.005 §3.2.5.
NO_NETWORK_SERVICE = 331

# TS 23.040 §9.2.3.15: 0 to 0x1F say that the message arrived; 0x20 and up that it did not, or not yet.
_FIRST_FAILED_STATUS = 0x20


class Refused(Exception):
    """The network does not take a message; ``code`` is the ``+CMS ERROR`` number the modem shows."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Receiver(Protocol):
    """The modem as the network sees it."""

    def receive(self, pdu: str) -> bool:
        """Take an SMS-DELIVER; False if there is no room or no answer now."""

    def report(self, pdu: str) -> bool:
        """Take an SMS-STATUS-REPORT; False if there is no answer now."""

    def registration_changed(self) -> None:
        """Note that ``registration`` is another now."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An event: a phone shows a text."""

    number: str
    text: Text


class Subscription:
    """An asynchronous iterator over what phones show from its making on; it ends with the network."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Shown | None] = asyncio.Queue()

    def put(self, event: Shown | None) -> None:
        """Add an event; None is the last."""
        self._events.put_nowait(event)

    def __aiter__(self) -> AsyncIterator[Shown]:
        return self

    async def __anext__(self) -> Shown:
        event = await self._events.get()
        if event is None:
            raise StopAsyncIteration
        return event


class Network:
    """The SMSC and the phones. Everything here is called from the event loop's thread.

    ``changed`` is set, and replaced by a new event, whenever the modem may have taken or freed something and
    whenever an SMS has reached its phone: check, then ``await network.changed.wait()``, then check again.
    """

    def __init__(self, *, clock: Callable[[], datetime], latency_s: float = 0.0, own_number: str | None = None) -> None:
        self.latency_s = latency_s
        self.own_number = own_number  # of the modem's SIM: what is sent to it comes back
        self.signal = 17
        self.refuse: dict[str, int] = {}
        self.refuse_all: int | None = None
        self.report_status: dict[str, int] = {}
        self.raw_submits: list[str] = []
        self.changed = asyncio.Event()
        self._clock = clock
        self._registration = REGISTERED_HOME
        self._receiver: Receiver | None = None
        self._texts: deque[str] = deque()
        self._reports: deque[str] = deque()
        self._phones: dict[str, Phone] = {}
        self._references = itertools.count(1)
        self._timers: set[asyncio.TimerHandle] = set()
        self._delayed = 0
        self._subscriptions: WeakSet[Subscription] = WeakSet()

    # -- citizens ------------------------------------------------------------------------------------------------

    def text(
        self,
        sender: str,
        text: str,
        *,
        alphabet: Alphabet | None = None,
        order: Sequence[int] | None = None,
        copies: int = 1,
        sent_at: datetime | None = None,
        reference: int | None = None,
        bits: Bits = 8,
        delay_s: float = 0.0,
    ) -> None:
        """Send a text to the gateway as a citizen would; ValueError says what is wrong with the arguments.

        ``order`` numbers the parts of a long text from 1 in the order they arrive: a part may be left out (lost) or
        named twice. ``copies`` delivers the whole of it that many times, with identical PDUs, as an SMSC does that
        missed an acknowledgement. ``reference`` and ``bits`` are those of the concatenation header.
        """
        if reference is None:
            reference = next(self._references)
        moment = sent_at or self._clock()
        pdus = compose(sender, text, moment, alphabet=alphabet, reference=reference, bits=bits)
        self._queue([*_ordered(pdus, order)] * copies, delay_s)

    def inject(self, pdu: str, *, delay_s: float = 0.0) -> None:
        """Deliver a PDU as it is, broken ones too; only what would break the modem's lines is a ValueError."""
        if not (pdu.isascii() and pdu.isprintable()):
            raise ValueError("the PDU holds characters that no modem prints: write one line of hexadecimal digits")
        self._queue([pdu], delay_s)

    def inbox(self, number: str) -> tuple[Text, ...]:
        """Give what a citizen's phone has shown, long messages joined, oldest first."""
        phone = self._phones.get(canonical(number))
        return phone.shown if phone else ()

    def subscribe(self) -> Subscription:
        """Follow what phones show from now on: ``async for shown in network.subscribe()``."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        return subscription

    # -- the modem -----------------------------------------------------------------------------------------------

    @property
    def registration(self) -> int:
        """Whether the modem is registered: the ``<stat>`` of ``AT+CREG?``."""
        return self._registration

    @property
    def is_registered(self) -> bool:
        """Whether messages pass."""
        return self._registration in (REGISTERED_HOME, REGISTERED_ROAMING)

    def set_registration(self, stat: int) -> None:
        """Lose the network (0, 2, 3, 4) or come back to it (1, 5)."""
        self._registration = stat
        if self._receiver:
            self._receiver.registration_changed()
        self.memory_available()

    @property
    def waiting(self) -> int:
        """How many messages and reports the modem has not taken yet."""
        return len(self._texts) + len(self._reports) + self._delayed

    def attach(self, receiver: Receiver) -> None:
        """Make a modem the one that gets the gateway's messages."""
        self._receiver = receiver
        self.memory_available()

    def memory_available(self) -> None:
        """Deliver what waits, as long as the modem takes it (RP-SMMA, TS 23.040 §3.2.6)."""
        receiver = self._receiver
        if receiver and self.is_registered:
            while self._reports and receiver.report(self._reports[0]):
                self._reports.popleft()
            while self._texts and receiver.receive(self._texts[0]):
                self._texts.popleft()
        self._note_change()

    def submit(self, pdu: str, reference: int) -> None:
        """Take an SMS-SUBMIT from the modem, which numbered it; Refused or PduError if it cannot be delivered."""
        submit = decode_submit(pdu)
        code = lookup(self.refuse, submit.recipient) if self.refuse_all is None else self.refuse_all
        if code is not None:
            raise Refused(code)
        self.raw_submits.append(pdu)
        sent_at = self._clock()
        self._later(self.latency_s, lambda: self._arrive(submit, reference, sent_at))

    def _arrive(self, submit: Submit, reference: int, sent_at: datetime) -> None:
        status = lookup(self.report_status, submit.recipient) or 0
        if status < _FIRST_FAILED_STATUS:
            self._show(submit)
        if submit.report_requested:
            report = encode_status_report(submit.recipient, reference, sent_at, self._clock(), status)
            self._reports.append(report)
        self.memory_available()

    def _show(self, submit: Submit) -> None:
        phone = self._phones.setdefault(canonical(submit.recipient), Phone())
        text = phone.take(submit, self._clock())
        if text is None:
            return
        for subscription in self._subscriptions:
            subscription.put(Shown(submit.recipient, text))
        if self.own_number is not None and canonical(submit.recipient) == canonical(self.own_number):
            self.text(self.own_number, text.text)

    # -- time ----------------------------------------------------------------------------------------------------

    def _queue(self, pdus: Sequence[str], delay_s: float) -> None:
        if delay_s <= 0:
            self._texts.extend(pdus)
            self.memory_available()
            return
        self._delayed += len(pdus)
        self._later(delay_s, lambda: self._queue_delayed(pdus))

    def _queue_delayed(self, pdus: Sequence[str]) -> None:
        self._delayed -= len(pdus)
        self._queue(pdus, 0)

    def _later(self, delay_s: float, act: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(delay_s, run)
        self._timers.add(timer)

    def _note_change(self) -> None:
        # Whoever waits holds the old event; whoever comes later waits for the next change.
        self.changed.set()
        self.changed = asyncio.Event()

    def close(self) -> None:
        """Forget what is on its way and end the subscriptions."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for subscription in self._subscriptions:
            subscription.put(None)


def _ordered(pdus: Sequence[str], order: Sequence[int] | None) -> list[str]:
    if order is None:
        return list(pdus)
    wrong = [number for number in order if not 1 <= number <= len(pdus)]
    if wrong:
        raise ValueError(f"order names part {wrong[0]}, but the text has {len(pdus)}: number the parts from 1")
    return [pdus[number - 1] for number in order]
