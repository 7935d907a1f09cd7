"""The process that owns one modem: ``python -m smsd.transports.gsm_child``.

It speaks JSON lines. On standard input: first its settings (not an argument, for they hold the PIN and `ps` shows
arguments), then requests, ``{"id", "do", ...}``; on standard output one answer each,
``{"id", "ok": ...}`` or ``{"id", "error", ...}``, and events at any time: ``ready``, ``failed``, and those of the tap,
``arrived``, ``passed``, ``registration``, ``submitting``, ``line_lost``. It has no deadlines of its own: libGammu can
block for minutes, so the parent kills it instead.
It ends when its standard input does, or with its parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from typing import Any

import gammu

from smsd.transports.line_tap import LineTap, open_tap

_PR_SET_PDEATHSIG = 1  # prctl(2)
_ME_OFFSET = 100000  # libGammu's flat folder 0 counts the phone memory from here (at-sms.c, GSM_PHONE_MAXSMSINFOLDER)
_FREE_TIMEOUT_S = 5.0
_CODING = {"gsm7": "Default_No_Compression", "ucs2": "Unicode_No_Compression"}

Answer = dict[str, Any]


class Channel:
    """The pipe to the parent; the tap's thread and the main thread both write to it."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()

    def tell(self, message: Answer) -> None:
        """Writes one line whole."""
        data = json.dumps(message).encode() + b"\n"
        with self._lock:
            while data:
                data = data[os.write(self._fd, data) :]


class ModemDriver:
    """One libGammu session and what the parent may ask of it."""

    def __init__(self, tap: LineTap, machine: Any, smsc: str | None) -> None:
        self._tap = tap
        self._machine = machine
        self._smsc = smsc

    def list(self, _: Answer) -> Answer:
        """All received SMS of the first memory that holds any, as raw PDUs. libGammu walks SM, then ME."""
        where: dict[str, Any] = {"Start": True}
        while True:
            self._tap.take()
            try:
                found = self._machine.GetNextSMS(Folder=0, **where)
            except gammu.ERR_EMPTY:
                return {"parts": []}
            except gammu.GSMError:
                # One unreadable PDU makes libGammu give up on the listing, but the tap has seen all of it.
                if parts := self._listed():
                    return {"parts": parts}
                raise
            if parts := self._listed():
                return {"parts": parts}
            where = {"Location": found[-1]["Location"]}  # a draft, left on the SIM by a telephone: look behind it

    def _listed(self) -> Sequence[tuple[str, int, str]]:
        exchange = self._tap.take()
        memory = exchange.memory() or "SM"
        return [(memory, index, pdu) for index, pdu in exchange.listed()]

    def delete(self, request: Answer) -> Answer:
        """Frees slots; tells which could not be freed."""
        return {"kept": [slot for slot in request["slots"] if not self._free(*slot)]}

    def _free(self, memory: str, index: int) -> bool:
        location = index + (_ME_OFFSET if memory == "ME" else 0)
        try:
            self._machine.DeleteSMS(Folder=0, Location=location)
            return True
        except gammu.ERR_EMPTY:
            return True
        except gammu.ERR_TIMEOUT:
            raise
        except gammu.GSMError:
            # libGammu reads before it deletes, and so cannot delete what it cannot read.
            return "\r\nOK\r\n" in self._tap.ask(f"AT+CMGD={index}", _FREE_TIMEOUT_S)

    def send(self, request: Answer) -> Answer:
        """Submits one part with a delivery report asked for."""
        message = {
            "Number": request["number"],
            "Text": request["text"],
            "SMSC": self._centre(request["valid_s"]),
            "Type": "Status_Report",
            "Class": -1,
            "Coding": _CODING[request["alphabet"]],
        }
        if request["udh"]:
            message["UDH"] = {"Type": "UserUDH", "Text": bytes.fromhex(request["udh"])}
        self._tap.take()
        try:
            return {"reference": self._machine.SendSMS(message)}
        except gammu.GSMError as e:
            exchange = self._tap.take()
            refusal = exchange.refusal()
            fate = "refused" if refusal else "unknown" if exchange.submitted() else "not_sent"
            return {"fate": fate, "reason": refusal or _explain(e)}

    def _centre(self, valid_s: float | None) -> Answer:
        """The message centre, and how long it shall try. libGammu takes the validity only beside a number."""
        if self._smsc is None and (number := self._try(lambda: self._machine.GetSMSC(Location=1)).get("Number")):
            self._smsc = number
        if self._smsc is None:
            return {"Location": 1}
        return {"Number": self._smsc, "Validity": "Max" if valid_s is None else f"{max(5, round(valid_s / 60))}M"}

    def status(self, _: Answer) -> Answer:
        """Signal in percent, network, registration, and how full the SIM is; None for what the modem cannot tell."""
        network = self._try(self._machine.GetNetworkInfo)
        memory = self._try(self._machine.GetSMSStatus)
        signal = self._try(self._machine.GetSignalQuality).get("SignalPercent", -1)
        return {
            "signal": signal if signal >= 0 else None,
            "network": network.get("NetworkName") or network.get("NetworkCode"),
            "registered": network.get("State"),
            "sim_used": memory["SIMUsed"] + memory["PhoneUsed"] if memory else None,
            "sim_size": memory["SIMSize"] + memory["PhoneSize"] if memory else None,
        }

    def _try(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except (gammu.ERR_NOTSUPPORTED, gammu.ERR_NOTIMPLEMENTED, gammu.ERR_UNKNOWN, gammu.ERR_UNKNOWNRESPONSE):
            return {}


class PinRefused(Exception):
    """The SIM did not take the PIN: after three wrong ones it locks itself, so nobody must try this one again."""


def connect(tap: LineTap, pin: str | None) -> Any:
    """A libGammu session on the tap's end, PIN given, notifications asked for; gammu.GSMError if it fails."""
    machine = gammu.StateMachine()
    with tempfile.NamedTemporaryFile("w", suffix=".gammurc") as file:
        # From a file: SetConfig() leaves the notification parameters at zero, and SetIncomingSMS then fails.
        file.write(f"[gammu]\ndevice = {tap.path}\nconnection = at115200\nmodel = at\n")
        file.flush()
        machine.ReadConfig(Filename=file.name)
    machine.Init()
    _unlock(machine, pin)
    # Without a callback python-gammu 3.5.1 dereferences a null pointer at the first notification it sees.
    machine.SetIncomingCallback(lambda *_: None)
    with contextlib.suppress(gammu.ERR_NOTSUPPORTED, gammu.ERR_UNKNOWN):  # then the poll alone finds what comes
        machine.SetIncomingSMS(True)
    return machine


def _unlock(machine: Any, pin: str | None) -> None:
    match machine.GetSecurityStatus():
        case "PIN" if pin is None:
            raise ValueError("the SIM asks for its PIN; name a pin_file for this modem")
        case "PIN":
            try:
                machine.EnterSecurityCode("PIN", pin)
            except gammu.GSMError as e:
                raise PinRefused(f"the SIM refused the PIN: {_explain(e)}") from e
        case "PUK":
            raise ValueError("the SIM is locked and asks for its PUK; unlock it in a telephone")


def _explain(error: Exception) -> str:
    """libGammu's own sentence, where and code."""
    detail = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    if not detail:
        return str(error) or type(error).__name__
    return f"{detail.get('Text', '')} ({type(error).__name__} in {detail.get('Where', '?')})"


def serve(driver: ModemDriver, channel: Channel) -> None:
    """Answers requests until standard input ends. A libGammu error is an answer; anything else ends the process."""
    actions: dict[str, Callable[[Answer], Answer]] = {
        "list": driver.list,
        "delete": driver.delete,
        "send": driver.send,
        "status": driver.status,
    }
    for line in sys.stdin:
        request = json.loads(line)
        try:
            channel.tell({"id": request["id"], "ok": actions[request["do"]](request)})
        except (gammu.GSMError, TimeoutError) as e:
            channel.tell({"id": request["id"], "error": _explain(e)})


def main() -> int:
    """Opens the line and the modem, then serves."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for quiet in (signal.SIGINT, signal.SIGTERM):
        signal.signal(quiet, signal.SIG_IGN)  # the parent decides when; a terminal's Ctrl-C reaches us too
    channel = Channel(os.dup(1))
    os.dup2(2, 1)  # libGammu prints to standard output now and then
    if not (line := sys.stdin.readline()):
        return 0
    settings = json.loads(line)
    if os.getppid() != settings["parent"]:  # it died before prctl() was called: no signal will come for that
        return 0
    try:
        with open_tap(settings["device"], settings["connection"], channel.tell) as tap:
            machine = connect(tap, settings["pin"])
            channel.tell({"event": "ready", "imei": machine.GetIMEI()})
            serve(ModemDriver(tap, machine, settings["smsc"]), channel)
            machine.Terminate()
    except (gammu.GSMError, OSError, ValueError, PinRefused) as e:
        channel.tell({"event": "failed", "error": _explain(e), "pin_refused": isinstance(e, PinRefused)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
