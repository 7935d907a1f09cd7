"""A GsmModem on a simulated one. Opening costs libGammu four seconds of its own sleeps: few sessions, long stories."""

import asyncio
import contextlib
import dataclasses
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.settings import Modem
from parser.pdu import decode_pdu
from smsd.simulator.simulator import open_simulator
from smsd.transports.base import Submission
from smsd.transports.gsm import open_gsm_modem
from smsd.transports.gsm_process import Deadlines

_QUICK_CALLS = Deadlines(open_s=12, list_s=2, send_s=2, status_s=2, delete_s=2, close_s=1)
QUICK = dataclasses.replace(_QUICK_CALLS, reopen_first_s=0.1, reopen_most_s=0.5, empties_first_s=0.5, send_waits_s=0.5)
PATIENCE_S = 12


class Session:
    """A GsmModem with its receive loop, as the daemon would run it, on a simulated modem."""

    def __init__(self, modem, simulator, states):
        self.modem, self.simulator, self.states = modem, simulator, states
        self.batches = asyncio.Queue()
        self.keep = False  # do not acknowledge

    async def receive_all(self):
        """For ever."""
        while True:
            batch = await self.modem.receive()
            await self.batches.put(batch)
            if not self.keep:
                await self.modem.acknowledge(batch)

    async def batch(self):
        """The next one."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.batches.get()

    async def texts(self, count):
        """The texts of the next so many parts."""
        found = []
        while len(found) < count:
            found += [decode_pdu(part.pdu).text for part in (await self.batch()).parts if part.slot]
        return found

    async def until(self, state, *, count=1):
        """Waits until the modem said so, so many times."""
        async with asyncio.timeout(PATIENCE_S):
            while sum(told.state == state for told in self.states) < count:
                await asyncio.sleep(0.01)
        return [told for told in self.states if told.state == state][count - 1]

    async def until_closed(self, reason):
        """Waits until sending is closed for that reason; None: until it is open."""
        async with asyncio.timeout(PATIENCE_S):
            while (said := self.modem.closed_for_sending) != reason and not (said and reason and reason in said):
                await asyncio.sleep(0.01)

    async def ready(self):
        """Waits until a child is up and has found the SIM empty."""
        async with asyncio.timeout(PATIENCE_S):
            await self.modem._up.wait()
            await self.modem._drained.wait()

    async def send(self, text, number="+6281230000001", alphabet="gsm7", concat=None, valid_s=None):
        """The reference of one part."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.modem.send(Submission(number, alphabet, text, concat, valid_s))

    def shown(self, number="+6281230000001"):
        """What that phone has shown."""
        return [text.text for text in self.simulator.network.inbox(number)]

    @property
    def child(self):
        """The process of libGammu."""
        return self.modem._child._process


@asynccontextmanager
async def open_session(folder, *, pin_file=None, poll_s=60.0, deadlines=QUICK, plugged=True, **simulated):
    """A session on a simulated modem that is plugged in, or not yet."""
    async with open_simulator(link=folder / "modem0", **simulated) as simulator:
        if not plugged:
            simulator.vanish()
        settings = Modem("modem0", Path(folder / "modem0"), pin_file=pin_file, poll_s=poll_s)
        states = []
        async with open_gsm_modem(
            settings, lambda name, state: states.append(state), lambda within_s: None, deadlines
        ) as modem:
            session = Session(modem, simulator, states)
            receiving = asyncio.create_task(session.receive_all())
            try:
                yield session
            finally:
                receiving.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await receiving
        assert "stopped" == states[-1].state


@pytest.fixture
def session_in(tmp_path):
    """`async with session_in(sim_slots=5) as session`."""
    return lambda **options: open_session(tmp_path, **options)
