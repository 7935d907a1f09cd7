"""The GSM modem: a child process around libGammu, supervised with hard deadlines.

libGammu is C, can block for minutes and hold the interpreter while it does; so it lives in gsm_child.py, and what
outlives its deadline here is killed and started anew, with growing delay, for as long as it takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential

from config.settings import Modem, read_secret
from smsd.transports.base import Batch, FateUnknown, NotReady, NotSent, RawPart, Refused, Submission, TransportState
from smsd.transports.gsm_process import DEADLINES, Deadlines, ModemFault, ModemProcess, start_process
from smsd.transports.refusals import Do, explain_refusal

log = structlog.get_logger()


_MOST_COUNT = 32_767  # a smallint of the database
# What libGammu says of a modem that has no network.
_NOT_REGISTERED = frozenset({"NoNetwork", "RequestingNetwork", "RegistrationDenied"})


class GsmModem:
    """A Transport (see base.py). Open it with open_gsm_modem()."""

    def __init__(
        self,
        settings: Modem,
        tell_state: Callable[[str, TransportState], None],
        alive: Callable[[float], None],
        deadlines: Deadlines,
    ) -> None:
        self.name = settings.name
        self.state = TransportState("starting")
        self._settings = settings
        self._tell_state = tell_state
        self._alive = alive
        self._deadlines = deadlines
        self._child: ModemProcess | None = None
        self._line = asyncio.Lock()  # libGammu does one thing at a time
        self._arrived = asyncio.Event()  # look at the modem now: it announced something, or it failed
        self._up = asyncio.Event()  # a child is ready
        self._drained = asyncio.Event()  # the SIM was empty at the last look
        self._looking_since = 0.0  # while a look is under way
        self._closing: set[asyncio.Task[None]] = set()
        self._sessions = itertools.count(1)
        self._status_due = 0.0
        self._refused_pin: str | None = None

    # ------------------------------------------------------------ Transport

    @property
    def closed_for_sending(self) -> str | None:
        """See base.Transport."""
        if self._child is None:
            return "the modem is not ready"
        if self._looking_since and time.monotonic() - self._looking_since > self._deadlines.send_waits_s:
            return "the modem does not answer"
        return _no_network(self.state.registered)

    async def receive(self) -> Batch:
        """See base.Transport. This is also where a failed modem is closed and reopened."""
        try:
            return await self._receive()
        except asyncio.CancelledError:
            self._drained.set()  # nobody empties the SIM any more: who has an SMS in hand need not wait for it
            raise

    async def _receive(self) -> Batch:
        while True:
            child = self._child or await self._reopen()
            self._alive(self._longest_look_s())
            try:
                if batch := await self._look(child):
                    return batch
            except ModemFault as e:
                await self._drop(child, str(e))
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll_s):
                    await self._arrived.wait()

    async def acknowledge(self, batch: Batch) -> None:
        """See base.Transport. Slots of an earlier session are left: they may hold something else by now."""
        slots = [part.slot for part in batch.parts if part.slot]
        child = self._child
        if not slots or child is None or child.session != batch.session:
            return
        try:
            async with self._line:
                deadline_s = self._deadlines.delete_s + self._deadlines.delete_each_s * len(slots)
                kept = await child.call(deadline_s, "delete", lambda answer: list(answer["kept"]), slots=slots)
        except ModemFault as e:
            await self._drop(child, str(e))
            return
        if kept:
            log.warning("modem.slot_not_freed", modem=self.name, slots=kept)

    async def send(self, submission: Submission) -> int:
        """See base.Transport."""
        child = await self._ready_to_send()
        request = {
            "number": submission.number,
            "text": submission.text,
            "alphabet": submission.alphabet,
            "udh": _concatenation_header(submission).hex(),
            "valid_s": submission.valid_s,
        }
        try:
            async with self._line_for_sending():
                before = child.submissions
                outcome = await child.call(self._deadlines.send_s, "send", _outcome, **request)
        except ModemFault as e:
            await self._drop(child, str(e))  # first, for only a dead process sends nothing more
            if child.submissions > before:
                raise FateUnknown(str(e)) from e
            raise NotSent(str(e)) from e
        if isinstance(outcome, int):
            return outcome
        if isinstance(outcome, Refused):
            await self._react(child, outcome)
        raise outcome

    async def _react(self, child: ModemProcess, refused: Refused) -> None:
        """What a refusal says of the modem itself."""
        match refused.do:
            case Do.REOPEN:
                await self._drop(child, str(refused))
            case Do.WAIT:
                self._status_due = 0.0  # has it lost its network?
                self._arrived.set()
            case Do.GIVE_UP | Do.RETRY:
                pass

    # ------------------------------------------------------------ the child's life

    async def close(self) -> None:
        """Takes leave of the modem."""
        child, self._child = self._child, None
        self._up.clear()
        if child:
            await child.close()
        await asyncio.gather(*self._closing)
        self._set_state(dataclasses.replace(self.state, state="stopped"))

    async def _reopen(self) -> ModemProcess:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(ModemFault),
            wait=wait_exponential(self._deadlines.reopen_first_s, self._deadlines.reopen_most_s),
            reraise=True,
        ):
            with attempt:
                self._alive(self._deadlines.open_s + 2 * self._deadlines.reopen_most_s)
                self._child = await self._open()
        assert self._child is not None
        self._status_due = 0.0
        self._up.set()
        return self._child

    async def _open(self) -> ModemProcess:
        """A child whose modem is ready; ModemFault, after it was told to everybody."""
        try:
            pin = self._read_pin()
            child = await self._start_process(pin)
            imei = await self._until_ready(child, pin)
        except ModemFault as e:
            self._lost(str(e))
            raise
        self._set_state(TransportState("ready", imei=imei and _printable(imei)))
        log.info("modem.ready", modem=self.name, device=str(self._settings.device))
        return child

    async def _until_ready(self, child: ModemProcess, pin: str | None) -> str | None:
        """The IMEI; a child that does not get that far is closed."""
        try:
            async with asyncio.timeout(self._deadlines.open_s):
                return await child.ready
        except TimeoutError:
            await child.close()
            raise ModemFault(f"the modem did not answer within {self._deadlines.open_s:g} s") from None
        except BaseException:
            self._refused_pin = pin if child.pin_refused else None
            await child.close()
            raise

    def _read_pin(self) -> str | None:
        """The SIM's PIN; ModemFault rather than the one that the SIM has just refused: three such lock it."""
        file = self._settings.pin_file
        try:
            pin = read_secret(file, f"{self.name}-pin")
        except (OSError, UnicodeDecodeError) as e:
            raise ModemFault(f"the PIN in pin_file cannot be read ({e})") from e
        if pin is not None and pin == self._refused_pin:
            raise ModemFault("the SIM refused the PIN; it is not tried again, for three wrong ones lock the SIM")
        return pin

    async def _start_process(self, pin: str | None) -> ModemProcess:
        settings = self._settings
        how = {
            "device": str(settings.device),
            "connection": settings.connection,
            "smsc": settings.smsc,
            "pin": pin,
        }
        return await start_process(how, next(self._sessions), self._arrived, self._deadlines.close_s)

    async def _drop(self, child: ModemProcess, reason: str) -> None:
        """Closes a child that failed; the next receive() opens another."""
        if self._child is child:
            self._child = None
            self._up.clear()
            self._lost(reason)
        self._arrived.set()
        closing = asyncio.create_task(child.close(), name="modem-closing")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        await asyncio.shield(closing)  # a stop may cut us short, but leaves no process behind

    def _lost(self, reason: str) -> None:
        reason = _printable(reason)
        cure = _cure(reason, str(self._settings.device))
        log.warning("modem.lost", modem=self.name, error=reason, cure=cure)
        self._set_state(TransportState("lost", error=f"{reason}; {cure}"))

    def _set_state(self, state: TransportState) -> None:
        self.state = state
        self._tell_state(self.name, state)

    # ------------------------------------------------------------ one look at the modem

    async def _look(self, child: ModemProcess) -> Batch | None:
        self._arrived.clear()
        async with self._line, self._looking():
            if time.monotonic() >= self._status_due or child.registration_changed:
                await self._read_status(child)
            listed = await child.call(self._deadlines.list_s, "list", _listed)
        passed, child.passed = child.passed, []
        parts = [RawPart(pdu, None) for pdu in passed] + listed
        self._drained.clear() if listed else self._drained.set()
        return Batch(child.session, parts) if parts else None

    async def _read_status(self, child: ModemProcess) -> None:
        child.registration_changed = False
        before = self.state
        now = await child.call(self._deadlines.status_s, "status", lambda answer: _state(before, answer))
        no_network = _no_network(now.registered)
        # Without a network nothing is sent, so its return is looked for more often.
        self._status_due = time.monotonic() + (self._settings.poll_s if no_network else self._settings.status_s)
        self._set_state(dataclasses.replace(now, error=no_network))
        if no_network and not before.error:
            cure = "look at the aerial, the signal and the SIM; what waits is sent by other modems, or when it is back"
            log.warning("modem.no_network", modem=self.name, error=no_network, cure=cure)
        if before.error and not no_network:
            log.info("modem.network_back", modem=self.name, network=now.network)
        if _is_full(now) and not _is_full(before):
            cure = "what the network holds back comes as slots are freed; if it stays, see modem.slot_not_freed"
            log.warning("modem.sim_full", modem=self.name, slots=now.sim_size, cure=cure)

    def _longest_look_s(self) -> float:
        """Until receive() comes round again, with one who sends and one who frees slots holding the line before us."""
        most = self._deadlines
        return most.list_s + most.status_s + 2 * most.send_s + self._settings.poll_s

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[None]:
        self._looking_since = time.monotonic()
        try:
            yield
        finally:
            self._looking_since = 0.0

    @asynccontextmanager
    async def _line_for_sending(self) -> AsyncIterator[None]:
        """The line; NotReady where a look at a silent modem holds it: another modem may send meanwhile."""
        try:
            async with asyncio.timeout(self._deadlines.send_waits_s):
                await self._line.acquire()
        except TimeoutError:
            raise NotReady("the modem does not answer") from None
        try:
            yield
        finally:
            self._line.release()

    async def _ready_to_send(self) -> ModemProcess:
        """Waits for the modem, and a little for the SIM to be empty."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._deadlines.empties_first_s):
                await self._up.wait()
                await self._drained.wait()
        if self._child is None:
            raise NotReady("the modem is not ready")
        return self._child


@asynccontextmanager
async def open_gsm_modem(
    settings: Modem,
    tell_state: Callable[[str, TransportState], None],
    alive: Callable[[float], None],
    deadlines: Deadlines = DEADLINES,
) -> AsyncIterator[GsmModem]:
    """A modem that opens at the first receive(), and is closed on the way out.

    `tell_state` hears of every change; `alive` is called at least as often as the seconds it is given.
    """
    modem = GsmModem(settings, tell_state, alive, deadlines)
    try:
        yield modem
    finally:
        await modem.close()


def _concatenation_header(submission: Submission) -> bytes:
    """UDH with information element 0x00, 8-bit reference (3GPP TS 23.040 9.2.3.24.1)."""
    concat = submission.concat
    return bytes([5, 0, 3, concat.reference & 0xFF, concat.count, concat.number]) if concat else b""


def _listed(answer: dict[str, Any]) -> list[RawPart]:
    return [RawPart(str(pdu), (str(memory), int(index))) for memory, index, pdu in answer["parts"]]


def _outcome(answer: dict[str, Any]) -> int | Refused | NotSent | FateUnknown:
    """The reference, or why there is none."""
    if "reference" in answer:
        return int(answer["reference"])
    reason = _printable(str(answer["reason"]))
    match answer["fate"]:
        case "refused":
            refusal = explain_refusal(reason)
            return Refused(refusal.reason, refusal.do)
        case "not_sent":
            return NotSent(reason)
        case _:
            return FateUnknown(reason)


def _state(before: TransportState, answer: dict[str, Any]) -> TransportState:
    """The state with what the modem says of itself now, whatever rubbish that is: the database takes not all of it."""
    said: dict[str, Any] = {key: answer[key] and _printable(str(answer[key])) for key in ("network", "registered")}
    said |= {key: answer[key] if _is_count(answer[key]) else None for key in ("signal", "sim_used", "sim_size")}
    return dataclasses.replace(before, **said)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= _MOST_COUNT


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


def _no_network(registered: str | None) -> str | None:
    return f"the modem is not registered with a network ({registered})" if registered in _NOT_REGISTERED else None


def _is_full(state: TransportState) -> bool:
    return bool(state.sim_size) and state.sim_used == state.sim_size


def _cure(reason: str, device: str) -> str:
    """What an operator can do about it, in half a sentence."""
    if "No such file" in reason:
        return f"is the modem plugged in, and is {device} its name? `ls -l /dev/serial/by-id`"
    if "Permission denied" in reason:
        return f"may this user open {device}? add it to the group that owns it (often dialout)"
    if "in use" in reason:
        return f"`fuser -v {device}` shows which; stop it"
    if "refused the PIN" in reason:
        return "write the right one into pin_file"
    if "PIN" in reason:
        return "put the SIM's PIN into a file and name it as pin_file"
    return "trying again; if it stays, unplug the modem and plug it in again"
