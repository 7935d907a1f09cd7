"""The control socket: lets any program play the citizens and the network, so that any gateway can be tried.

A Unix socket; each request is one line of JSON, and so is each answer: ``{"ok": true, …}`` or ``{"ok": false, "error":
"…"}``, whose sentence says what to write instead. A connection takes any number of requests, one after the other.

``{"do": "text", "from": "+6281230000001", "text": "…"}``
    Send a text to the gateway. Optional: ``alphabet`` (``"gsm7"``, ``"ucs2"``, null), ``order`` (``[3, 1, 2]``: the
    order in which the parts of a long text arrive; leave one out to lose it), ``copies`` (deliver it so many times),
    ``reference`` and ``bits`` (8 or 16) of the concatenation header, ``delay_s``.
``{"do": "inject", "pdu": "0791…"}``
    Deliver a PDU as it is, broken ones too. Optional: ``delay_s``.
``{"do": "inbox", "number": "+6281230000001"}``
    → ``texts``: ``[{"at": "2026-01-31T08:15:00+07:00", "text": "…"}]``, what that phone has shown.
``{"do": "status"}``
    → ``waiting`` (in the network), ``on_sim``, ``sim_slots``, ``signal``, ``registration``, ``submits`` (SMS the
    gateway has sent), ``silent``, ``device``.
``{"do": "set", "signal": 17}``
    Change the network or the modem: ``signal`` (0 to 31, 99), ``registration`` (``<stat>`` of AT+CREG?: 1 is home, 2
    searching), ``silent`` (true: the modem stops answering), ``plugged`` (false: the device vanishes), ``latency_s``,
    ``send_latency_s``, ``hang_in`` (``"+CMGL"``, ``"+CMGS"``: it hangs in the middle of the next such command),
    ``rubbish`` (true: it answers nothing but rubbish), ``pin`` (the SIM asks for it; null: it asks for none),
    ``refuse_all`` (answer every SMS with that ``+CMS ERROR``; null takes it back).
``{"do": "refuse", "number": "+6281230000001", "code": 38}``
    Answer SMS to that number with ``+CMS ERROR: 38``; ``"code": null`` takes it back.
``{"do": "report", "number": "+6281230000001", "status": 70}``
    Give delivery reports for that number this TP-ST (3GPP TS 23.040 §9.2.3.15); null takes it back.
``{"do": "watch"}``
    From now on also write ``{"event": "text", "to": "…", "at": "…", "text": "…"}`` for each text that a phone shows.
``{"do": "wait", "empty": true, "timeout_s": 30}``
    Answer when nothing waits in the network nor on the SIM; not ok if that takes longer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from smsd.simulator.control_syntax import RequestError, parse_request
from smsd.simulator.network import Shown, Subscription
from smsd.simulator.simulator import Simulator, open_simulator

Answer = Mapping[str, object]

# A request is a text of at most 255 parts; this is more than the longest of them in \\u escapes.
_LINE_BYTES = 1 << 20


def _text(simulator: Simulator, request: dict[str, Any]) -> Answer:
    simulator.network.text(request.pop("from"), request.pop("text"), **request)
    return {"waiting": simulator.network.waiting}


def _inject(simulator: Simulator, request: dict[str, Any]) -> Answer:
    simulator.network.inject(request.pop("pdu"), **request)
    return {"waiting": simulator.network.waiting}


def _inbox(simulator: Simulator, request: dict[str, Any]) -> Answer:
    texts = simulator.network.inbox(request["number"])
    return {"texts": [{"at": text.at.isoformat(), "text": text.text} for text in texts]}


def _status(simulator: Simulator, request: dict[str, Any]) -> Answer:
    del request
    network = simulator.network
    return {
        "waiting": network.waiting,
        "on_sim": simulator.on_sim,
        "sim_slots": simulator.modem.equipment.storages["SM"].size,
        "signal": network.signal,
        "registration": network.registration,
        "submits": len(network.raw_submits),
        "silent": simulator.modem.is_silent,
        "device": simulator.device,
    }


def _set(simulator: Simulator, request: dict[str, Any]) -> Answer:
    for key, value in request.items():
        _SETTINGS[key](simulator, value)
    return {}


def _set_signal(simulator: Simulator, value: int) -> None:
    simulator.network.signal = value


def _set_registration(simulator: Simulator, value: int) -> None:
    simulator.network.set_registration(value)


def _set_silent(simulator: Simulator, value: bool) -> None:
    if value:
        simulator.modem.hang()
    else:
        simulator.modem.recover()


def _set_plugged(simulator: Simulator, value: bool) -> None:
    if value:
        simulator.plug_in()
    else:
        simulator.vanish()


def _set_latency(simulator: Simulator, value: float) -> None:
    simulator.network.latency_s = value


def _set_send_latency(simulator: Simulator, value: float) -> None:
    simulator.modem.send_latency_s = value


def _set_hang_in(simulator: Simulator, value: str | None) -> None:
    simulator.modem.hang_in = value


def _set_rubbish(simulator: Simulator, value: bool) -> None:
    simulator.modem.talks_rubbish = value


def _set_pin(simulator: Simulator, value: str | None) -> None:
    simulator.modem.equipment.ask_for_pin(value)


def _set_refuse_all(simulator: Simulator, value: int | None) -> None:
    simulator.network.refuse_all = value


_SETTINGS: dict[str, Callable[[Simulator, Any], None]] = {
    "signal": _set_signal,
    "registration": _set_registration,
    "silent": _set_silent,
    "plugged": _set_plugged,
    "latency_s": _set_latency,
    "send_latency_s": _set_send_latency,
    "hang_in": _set_hang_in,
    "rubbish": _set_rubbish,
    "pin": _set_pin,
    "refuse_all": _set_refuse_all,
}


def _script(table: dict[str, int], number: str, value: int | None) -> None:
    if value is None:
        table.pop(number, None)
    else:
        table[number] = value


def _refuse(simulator: Simulator, request: dict[str, Any]) -> Answer:
    _script(simulator.network.refuse, request["number"], request["code"])
    return {}


def _report(simulator: Simulator, request: dict[str, Any]) -> Answer:
    _script(simulator.network.report_status, request["number"], request["status"])
    return {}


async def _wait(simulator: Simulator, request: dict[str, Any]) -> Answer:
    timeout_s = request["timeout_s"]
    try:
        async with asyncio.timeout(timeout_s):
            await simulator.drained()
    except TimeoutError:
        left = f"{simulator.network.waiting} wait in the network, {simulator.on_sim} on the SIM"
        raise RequestError(f"not empty after {timeout_s} s, {left}: is a gateway reading the modem?") from None
    return {}


_HANDLERS: dict[str, Callable[[Simulator, dict[str, Any]], Answer]] = {
    "text": _text,
    "inject": _inject,
    "inbox": _inbox,
    "status": _status,
    "set": _set,
    "refuse": _refuse,
    "report": _report,
}


class _Connection:
    """One client: its requests in turn, and the texts it watches."""

    def __init__(self, simulator: Simulator, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._simulator = simulator
        self._reader = reader
        self._writer = writer
        self._watching: asyncio.Task[None] | None = None
        self._draining = asyncio.Lock()

    async def serve(self) -> None:
        """Answer until the client leaves."""
        try:
            while line := await self._read_line():
                await self._write(await self._answer(line))
        except ConnectionError:
            # The client left in the middle of an answer: nobody to tell.
            pass
        finally:
            if self._watching:
                self._watching.cancel()
            self._writer.close()

    async def _read_line(self) -> bytes:
        try:
            return await self._reader.readline()
        except ValueError:
            await self._write({"ok": False, "error": f"the line is longer than {_LINE_BYTES} bytes: send less at once"})
        # Where the next request begins is not known any more. Closing with input unread would take the answer back.
        self._writer.write_eof()
        while await self._reader.read(_LINE_BYTES):
            pass
        return b""

    async def _answer(self, line: bytes) -> Answer:
        try:
            action, request = parse_request(line)
            return {"ok": True, **await self._do(action, request)}
        except (ValueError, OSError) as error:
            return {"ok": False, "error": str(error)}

    async def _do(self, action: str, request: dict[str, Any]) -> Answer:
        match action:
            case "wait":
                return await _wait(self._simulator, request)
            case "watch":
                if self._watching is None:
                    subscription = self._simulator.network.subscribe()
                    self._watching = asyncio.create_task(self._stream(subscription))
                return {}
        return _HANDLERS[action](self._simulator, request)

    async def _stream(self, subscription: Subscription) -> None:
        with suppress(ConnectionError):
            async for shown in subscription:
                await self._write(_event(shown))

    async def _write(self, answer: Answer) -> None:
        self._writer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        # One at a time: answers and watched texts share the connection.
        async with self._draining:
            await self._writer.drain()


def _event(shown: Shown) -> Answer:
    return {"event": "text", "to": shown.number, "at": shown.text.at.isoformat(), "text": shown.text.text}


@asynccontextmanager
async def open_control(path: Path, simulator: Simulator) -> AsyncIterator[None]:
    """Serve requests on a Unix socket that only its owner may use; it is removed at the end."""
    clients: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_Connection(simulator, reader, writer).serve())
        clients.add(task)
        task.add_done_callback(clients.discard)

    server = await asyncio.start_unix_server(serve, path, limit=_LINE_BYTES)
    try:
        path.chmod(0o600)
        yield
    finally:
        server.close()
        for task in tuple(clients):
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        path.unlink(missing_ok=True)


async def run_simulator(
    link: Path, control: Path, *, sim_slots: int = 50, latency_s: float = 0.0, stop: asyncio.Event
) -> None:
    """Run a simulated modem with its control socket until ``stop`` is set: the command ``smsd simulate modem``."""
    async with (
        open_simulator(link=link, sim_slots=sim_slots, latency_s=latency_s) as simulator,
        open_control(control, simulator),
    ):
        await stop.wait()
