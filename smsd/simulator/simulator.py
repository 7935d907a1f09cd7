"""The simulator as a whole: a modem on a pseudo-terminal, its SIM, and the network with the citizens' phones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from smsd.simulator.equipment import DEFAULT_IMEI, Equipment, Identity
from smsd.simulator.line import Line, make_line
from smsd.simulator.modem import AtModem
from smsd.simulator.network import Network

_WIB = timezone(timedelta(hours=7), "WIB")


def wall_clock() -> datetime:
    """Give the time of day in Jakarta, where the simulated network stands: SMSCs stamp messages in local time."""
    return datetime.now(_WIB)


class LinkError(OSError):
    """The place for the device link is taken by something that is not ours to replace."""


class Simulator:
    """A modem that programs can open at :attr:`device`, and the network behind it."""

    def __init__(self, network: Network, modem: AtModem, link: Path | None) -> None:
        self.network = network
        self.modem = modem
        self._link = link
        self._line: Line | None = None

    @property
    def device(self) -> str:
        """What to open: the link if there is one, else the pseudo-terminal."""
        if self._link is not None:
            return str(self._link)
        return self._line.device if self._line else ""

    @property
    def on_sim(self) -> int:
        """How many messages lie in the modem's memories."""
        return sum(storage.used for storage in self.modem.equipment.storages.values())

    def plug_in(self) -> None:
        """Make the device appear, with a modem that has just powered on; nothing if it is there."""
        if self._line:
            return
        line = make_line()
        try:
            if self._link is not None:
                _place_link(self._link, line.device)
        except OSError:
            line.close()
            raise
        self._line = line
        line.listen(self.modem.feed)
        self.modem.plug_in(line.write)

    def vanish(self) -> None:
        """Pull the modem's cable: the device is gone, programs that hold it get errors, the SIM keeps its messages."""
        if not self._line:
            return
        self.modem.unplug()
        if self._link is not None and self._link.is_symlink() and str(self._link.readlink()) == self._line.device:
            self._link.unlink()
        self._line.close()
        self._line = None

    async def drained(self) -> None:
        """Wait until the network holds nothing for the modem and every slot is free."""
        while self.network.waiting or self.on_sim:
            await self.network.changed.wait()


def _place_link(link: Path, device: str) -> None:
    """Link to the device, in place of a link whose device is gone."""
    if link.is_symlink() and not link.exists():
        link.unlink()
    try:
        link.symlink_to(device)
    except FileExistsError:
        raise LinkError(f"{link} exists: stop the simulator that uses it, or remove it") from None


@asynccontextmanager
async def open_simulator(
    *,
    link: Path | None = None,
    sim_slots: int = 50,
    me_slots: int = 0,
    latency_s: float = 0.0,
    send_latency_s: float = 0.0,
    imei: str = DEFAULT_IMEI,
    clock: Callable[[], datetime] = wall_clock,
) -> AsyncIterator[Simulator]:
    """Run a simulated modem.

    ``latency_s`` is what an SMS of the gateway's takes to its phone; ``send_latency_s`` what the modem takes from the
    PDU to ``+CMGS``. Everything else is answered at once. See :mod:`smsd.simulator.equipment` for ``me_slots``.
    """
    identity = Identity(imei=imei)
    network = Network(clock=clock, latency_s=latency_s, own_number=identity.own_number)
    equipment = Equipment(network, identity=identity, sim_slots=sim_slots, me_slots=me_slots, clock=clock)
    modem = AtModem(equipment, send_latency_s=send_latency_s)
    simulator = Simulator(network, modem, link)
    simulator.plug_in()
    network.attach(modem)
    try:
        yield simulator
    finally:
        simulator.vanish()
        network.close()
        # One turn of the loop, so that what was scheduled by call_soon finds the modem unplugged rather than the
        # loop gone.
        await asyncio.sleep(0)
