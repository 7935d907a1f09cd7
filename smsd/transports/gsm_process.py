"""The daemon's end of the pipe to gsm_child.py: questions with deadlines, answers, and what the modem says unasked."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True)
class Deadlines:
    """Seconds that things may take. What outlives one of the first six is killed with its process.

    Generous for a slow modem at 9,600 baud, yet far below libGammu's own (CMGL 500 s, CPMS 200 s).
    """

    open_s: float = 60.0
    list_s: float = 45.0
    send_s: float = 60.0
    status_s: float = 60.0
    delete_s: float = 10.0
    delete_each_s: float = 1.0
    close_s: float = 2.0
    reopen_first_s: float = 1.0
    reopen_most_s: float = 60.0
    # Emptying the SIM goes before sending, for a full SIM loses texts to the network's whim; but not for ever.
    empties_first_s: float = 2.0
    # How long a look at the modem may take before senders go elsewhere.
    send_waits_s: float = 10.0


DEADLINES = Deadlines()

_Read = TypeVar("_Read")
_ODD = (ValueError, KeyError, TypeError, AttributeError)  # what comes of reading an answer that is not as agreed


class ModemFault(Exception):
    """The modem or its process failed; it must be closed and opened anew."""


class ModemProcess:
    """One run of gsm_child.py and the questions under way in it."""

    def __init__(
        self, process: asyncio.subprocess.Process, session: int, arrived: asyncio.Event, close_s: float
    ) -> None:
        self.session = session
        self.passed: list[str] = []  # PDUs that were handed over in passing
        self.submissions = 0  # PDUs that have gone out to the modem
        self.pin_refused = False
        self.registration_changed = False  # the modem said so since somebody last asked for its status
        self.ready: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._process = process
        self._arrived = arrived
        self._close_s = close_s
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._unanswered: set[int] = set()  # also what nobody waits for any more
        self._fault: str | None = None
        self._reader = asyncio.create_task(self._read(), name="modem-answers")

    async def call(
        self, deadline_s: float, do: str, read: Callable[[dict[str, Any]], _Read], **arguments: Any
    ) -> _Read:
        """One answer, as `read` takes it; ModemFault if libGammu failed, the deadline passed, the process is gone or
        what it says makes no sense."""
        if self._fault:
            raise ModemFault(self._fault)
        number = next(self._ids)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._unanswered.add(number)
        self.write({"id": number, "do": do, **arguments})
        try:
            async with asyncio.timeout(deadline_s):
                answer = await future
        except TimeoutError:
            self._fail(f"no answer to {do} within {deadline_s:g} s")
            raise ModemFault(self._fault) from None
        finally:
            self._waiting.pop(number, None)
        try:
            return read(answer)
        except _ODD as e:
            self._fail(f"the modem process answered {do} with what I cannot read: {type(e).__name__}: {e}")
            raise ModemFault(self._fault) from e

    def write(self, message: dict[str, Any]) -> None:
        """Hands one line to the child; a broken pipe is noticed by the reader."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def close(self) -> None:
        """Lets it take leave of the modem, briefly; then kills it. All it said is taken in by then."""
        assert self._process.stdin is not None
        # In the middle of a call of libGammu it cannot take leave, and nobody knows when that ends.
        patience_s = 0.0 if self._fault or self._unanswered else self._close_s
        self._fault = self._fault or "the modem is being closed"
        self._process.stdin.close()
        try:
            async with asyncio.timeout(patience_s):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        finally:
            await asyncio.wait((self._reader,), timeout=self._close_s)
            self._reader.cancel()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            async for line in self._process.stdout:
                self._take(json.loads(line))
            self._fail("the modem process ended")
        except _ODD as e:  # also a line longer than the pipe's limit
            self._fail(f"the modem process said what I cannot read: {type(e).__name__}: {e}")

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._take_answer(message)
        else:
            self._take_event(message)

    def _take_answer(self, message: dict[str, Any]) -> None:
        self._unanswered.discard(message["id"])
        future = self._waiting.get(message["id"])
        if future and not future.done():
            if "ok" in message:
                future.set_result(message["ok"])
            else:
                future.set_exception(ModemFault(message["error"]))

    def _take_event(self, message: dict[str, Any]) -> None:
        match message["event"]:
            case "arrived":
                self._arrived.set()
            case "passed":
                self.passed.append(message["pdu"])
                self._arrived.set()
            case "registration":
                self.registration_changed = True
                self._arrived.set()
            case "submitting":
                self.submissions += 1
            case "ready":
                if not self.ready.done():
                    self.ready.set_result(message["imei"])
            case "failed" | "line_lost":
                self.pin_refused = message.get("pin_refused", False)
                self._fail(message["error"])

    def _fail(self, reason: str) -> None:
        self._fault = self._fault or reason
        self._arrived.set()
        unanswered: list[asyncio.Future[Any]] = [self.ready, *self._waiting.values()]
        for future in unanswered:
            if not future.done():
                future.set_exception(ModemFault(self._fault))


async def start_process(settings: dict[str, Any], session: int, arrived: asyncio.Event, close_s: float) -> ModemProcess:
    """Starts gsm_child.py with its settings; `arrived` is set whenever there is reason to look at the modem."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "smsd.transports.gsm_child"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
    except OSError as e:  # too many files or processes, no memory
        raise ModemFault(f"the modem process cannot be started ({e.strerror or e})") from e
    child = ModemProcess(process, session, arrived, close_s)
    child.write(settings | {"parent": os.getpid()})
    return child
