"""A test SMS from a modem to itself, through the service's own transport: out, back in, and off the SIM."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Coroutine, Sequence

from config.settings import Modem
from parser.pdu import Deliver, PduError, decode_pdu
from smsd.transports.base import Batch, RawPart, Submission, TransportError, TransportState
from smsd.transports.gsm import GsmModem, open_gsm_modem

OPEN_S = 90.0  # to open the modem, give the PIN and find the network
BACK_S = 120.0  # networks mostly take seconds
_GLANCE_S = 0.5
_READINGS = 2


class TrialFailed(Exception):
    """The test SMS did not come back; the message says where it stopped, and the cure."""


async def send_to_itself(settings: Modem, number: str, open_s: float = OPEN_S, back_s: float = BACK_S) -> float:
    """Seconds that an SMS to its own number took; TrialFailed. Other SMS on the SIM stay there for the service."""
    text = f"smsd setup {secrets.token_hex(4)}"
    lost: asyncio.Queue[str] = asyncio.Queue()
    ready: list[TransportState] = []  # when it is opened, and when it has told of its network

    def tell(_: str, state: TransportState) -> None:
        if state.state == "lost":
            lost.put_nowait(state.error or "the modem was lost")
        elif state.state == "ready":
            ready.append(state)

    async with open_gsm_modem(settings, tell, lambda _: None) as modem:
        back = asyncio.create_task(_until_back(modem, text))
        failed = asyncio.create_task(lost.get())
        try:
            await _or_lost(
                _until_registered(modem, ready), failed, open_s, "the modem found no network; look at aerial and SIM"
            )
            began = time.monotonic()
            await _submit(modem, number, text)
            late = f"the SMS was sent, but did not come back within {back_s:g} s; is {_masked(number)} its number?"
            await _or_lost(back, failed, back_s, late)
            return time.monotonic() - began
        finally:
            for task in (back, failed):
                task.cancel()
            await asyncio.gather(back, failed, return_exceptions=True)


async def _submit(modem: GsmModem, number: str, text: str) -> None:
    try:
        await modem.send(Submission(number, "gsm7", text, None))
    except TransportError as e:
        raise TrialFailed(f"the SMS could not be sent: {e}; has the SIM credit, and a message centre (smsc)?") from e


async def _or_lost(
    work: Coroutine[object, object, None] | asyncio.Task[None], failed: asyncio.Task[str], within_s: float, late: str
) -> None:
    """Waits for `work`, at most so long, and no longer than the modem lives."""
    task = work if isinstance(work, asyncio.Task) else asyncio.create_task(work)
    await asyncio.wait((task, failed), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
        return
    task.cancel()
    raise TrialFailed(failed.result() if failed.done() else late)


async def _until_registered(modem: GsmModem, ready: Sequence[TransportState]) -> None:
    while modem.closed_for_sending is not None or len(ready) < _READINGS:  # noqa: ASYNC110  it tells by its state alone
        await asyncio.sleep(_GLANCE_S)


async def _until_back(modem: GsmModem, text: str) -> None:
    """Takes that one SMS off the SIM."""
    while True:
        batch = await modem.receive()
        for part in batch.parts:
            if _says(part, text):
                await modem.acknowledge(Batch(batch.session, [part]))
                return
        await asyncio.sleep(_GLANCE_S)  # citizens' SMS stay where they are, and are seen again at once


def _says(part: RawPart, text: str) -> bool:
    try:
        pdu = decode_pdu(part.pdu)
    except PduError:
        return False
    return isinstance(pdu, Deliver) and pdu.text == text


def _masked(number: str) -> str:
    """The last digits are enough to see a slip."""
    return f"…{number[-4:]}"
