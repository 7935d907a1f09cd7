"""The AT interpreter of the simulated modem: bytes from the line in, bytes to the line out.

It keeps the order a program relies on: a command's echo, its information lines, its final result code, and only then
the unsolicited codes (``+CMTI``, ``+CMT``, ``+CDS``, ``+CREG``) that arose meanwhile. They wait through a half-typed
command line and from the ``> `` prompt of ``AT+CMGS`` to its result.

Sources: ITU-T V.250 §5.7 (responses), 3GPP TS 27.005 §3.3.4 (AT+CMGS), §3.4.1 (AT+CNMI).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from parser.pdu import PduError
from smsd.simulator.at_general import GENERAL, Handler, Prompt, Reply, registration
from smsd.simulator.at_messages import INVALID_PARAMETER, MESSAGES
from smsd.simulator.at_syntax import AtError, CmsError, Command, Form, parse_line
from smsd.simulator.equipment import Equipment
from smsd.simulator.network import NO_NETWORK_SERVICE, Refused
from smsd.simulator.storage import tpdu_octets

_HANDLERS: dict[tuple[str, Form], Handler] = {**GENERAL, **MESSAGES}

_CR = b"\r"
_ESC = b"\x1b"

# TS 27.005 §3.3.4: Ctrl-Z sends, ESC cancels.
_PDU_END = re.compile(rb"[\x1a\x1b]")

# What a line says at the wrong speed: every octet there is, none of it an answer.
_RUBBISH = bytes(range(256))

# AT+CNMI <mt> and <ds>.
_TELL_PLACE, _TELL_MESSAGE = 1, 2
_TELL_REPORT = 1


class AtModem:
    """A modem. Give it the line's bytes with :meth:`feed`; it answers through the ``transmit`` it is plugged to."""

    def __init__(self, equipment: Equipment, *, send_latency_s: float = 0.0) -> None:
        self.equipment = equipment
        self.send_latency_s = send_latency_s
        self.is_silent = False
        self.hang_in: str | None = None  # "+CMGL" or "+CMGS": hangs in the middle of the next one
        self.talks_rubbish = False
        self._transmit: Callable[[bytes], None] | None = None
        self._input = bytearray()
        self._echoed = 0
        self._unsolicited: list[str] = []
        self._expected_octets: int | None = None
        self._sending: asyncio.TimerHandle | None = None
        self._reference = 0

    # -- plugging ------------------------------------------------------------------------------------------------

    def plug_in(self, transmit: Callable[[bytes], None]) -> None:
        """Power on with a line to answer on; settings are those of a reset modem."""
        self.equipment.reset()
        self.equipment.pin_wanted = self.equipment.pin is not None
        self._transmit = transmit
        self.equipment.network.memory_available()

    def unplug(self) -> None:
        """Lose line and power in the middle of whatever goes on; an SMS on its way out is not sent."""
        self._transmit = None
        self._forget()

    def hang(self) -> None:
        """Stop answering, receiving and sending, as firmware does that has crashed."""
        self.is_silent = True
        self._forget()

    def recover(self) -> None:
        """Answer again, and sensibly; what was said meanwhile is lost."""
        self.is_silent = self.talks_rubbish = False
        self.hang_in = None
        self.equipment.network.memory_available()

    def _forget(self) -> None:
        self._input.clear()
        self._echoed = 0
        self._unsolicited.clear()
        self._expected_octets = None
        if self._sending:
            self._sending.cancel()
            self._sending = None

    # -- the line ------------------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """Take bytes from the line and answer what they complete."""
        if self.is_silent:
            return
        if self.talks_rubbish:
            self._write(_RUBBISH)
            return
        self._input += data
        while self._sending is None and self._step():
            pass
        self._flush_unsolicited()

    def _step(self) -> bool:
        """Use up one command line or one PDU; False if the input holds none."""
        if self._expected_octets is not None:
            return self._step_pdu(self._expected_octets)
        end = self._input.find(_CR)
        if end < 0:
            self._echo_to(len(self._input))
            return False
        self._echo_to(end + 1)
        # libGammu begins with ESC, to leave a prompt that somebody else may have left open; LF ends a line for people.
        self._run_line(self._take(end).replace(_ESC, b"").strip().decode("ascii", "replace"))
        return True

    def _step_pdu(self, octets: int) -> bool:
        found = _PDU_END.search(self._input)
        if found is None:
            self._echo_to(len(self._input))
            return False
        self._echo_to(found.start())
        is_cancelled = found[0] == _ESC
        pdu = self._take(found.start()).strip().decode("ascii", "replace")
        self._expected_octets = None
        if is_cancelled:
            self._finish("OK")
        else:
            self._send(pdu, octets)
        return True

    def _take(self, end: int) -> bytes:
        """Take the input before ``end`` off, and the terminator that stands there."""
        taken = bytes(self._input[:end])
        del self._input[: end + 1]
        self._echoed = 0
        return taken

    def _echo_to(self, end: int) -> None:
        if self.equipment.settings.echo and end > self._echoed:
            self._write(bytes(self._input[self._echoed : end]))
        self._echoed = end

    def _run_line(self, line: str) -> None:
        try:
            commands = parse_line(line)
            if commands is None:
                return
            replies = [self._run(command) for command in commands]
        except AtError as error:
            self._finish(error.result(self.equipment.settings.error_mode))
            return
        if self.hang_in == "+CMGL" and any(command.name == "+CMGL" for command in commands):
            self._finish("", *(line for reply in replies if not isinstance(reply, Prompt) for line in reply[:1]))
            self.hang()
            return
        prompt = next((reply for reply in replies if isinstance(reply, Prompt)), None)
        if prompt:
            self._expected_octets = prompt.octets
            self._write(b"\r\n> ")
        else:
            self._finish("OK", *(line for reply in replies if not isinstance(reply, Prompt) for line in reply))

    def _run(self, command: Command) -> Reply:
        handler = _HANDLERS.get((command.name, command.form))
        if handler is None:
            raise AtError
        return handler(self.equipment, command.arguments)

    def _finish(self, result: str, *lines: str) -> None:
        information = "".join(("\r\n", "\r\n".join(lines), "\r\n")) if lines else ""
        self._write(f"{information}\r\n{result}\r\n".encode("ascii", "replace"))

    def _write(self, data: bytes) -> None:
        if self._transmit:
            self._transmit(data)

    # -- sending -------------------------------------------------------------------------------------------------

    def _send(self, pdu: str, octets: int) -> None:
        if self.hang_in == "+CMGS":
            self.hang()
        elif tpdu_octets(pdu) != octets:
            self._finish(INVALID_PARAMETER.result(0))
        elif self.send_latency_s > 0:
            loop = asyncio.get_running_loop()
            self._sending = loop.call_later(self.send_latency_s, self._sent_after_latency, pdu)
        else:
            self._submit(pdu)

    def _sent_after_latency(self, pdu: str) -> None:
        self._sending = None
        self._submit(pdu)
        self.feed(b"")

    def _submit(self, pdu: str) -> None:
        reference = self._reference
        try:
            if not self.equipment.is_registered:
                raise Refused(NO_NETWORK_SERVICE)
            self.equipment.network.submit(pdu, reference)
        except Refused as refused:
            self._finish(CmsError(refused.code).result(0))
        except PduError:
            self._finish(INVALID_PARAMETER.result(0))
        else:
            # TP-MR is one octet: TS 23.040 §9.2.3.6.
            self._reference = (reference + 1) % 256
            self._finish("OK", f"+CMGS: {reference}")

    # -- receiving, as the network sees it -----------------------------------------------------------------------

    @property
    def _is_reachable(self) -> bool:
        return self._transmit is not None and not self.is_silent and self.equipment.settings.function == 1

    def receive(self, pdu: str) -> bool:
        """Take an SMS-DELIVER: store it and tell where (mt=1), hand it on unstored (mt=2), or only store it."""
        if not self._is_reachable:
            return False
        mt = self.equipment.settings.indications[1]
        if mt == _TELL_MESSAGE:
            self._tell(f"+CMT: ,{tpdu_octets(pdu)}\r\n{pdu}")
            return True
        storage = self.equipment.receiving
        index = storage.store(pdu)
        if index is not None and mt == _TELL_PLACE:
            self._tell(f'+CMTI: "{storage.name}",{index}')
        return index is not None

    def report(self, pdu: str) -> bool:
        """Take an SMS-STATUS-REPORT: hand it on if the program asked for that (ds=1), else it is lost."""
        if not self._is_reachable:
            return False
        if self.equipment.settings.indications[3] == _TELL_REPORT:
            self._tell(f"+CDS: {tpdu_octets(pdu)}\r\n{pdu}")
        return True

    def registration_changed(self) -> None:
        """Tell the new registration, if the program asked for that."""
        if self._is_reachable and self.equipment.settings.registration_urc:
            self._tell(f"+CREG: {registration(self.equipment)}")

    def _tell(self, line: str) -> None:
        self._unsolicited.append(line)
        # Not at once: this may run inside a command, whose result code comes first.
        asyncio.get_running_loop().call_soon(self._flush_unsolicited)

    def _flush_unsolicited(self) -> None:
        is_busy = bool(self._input) or self._expected_octets is not None or self._sending is not None
        if self._unsolicited and not is_busy:
            lines, self._unsolicited = self._unsolicited, []
            self._write("".join(f"\r\n{line}\r\n" for line in lines).encode("ascii", "replace"))
