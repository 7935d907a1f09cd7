"""simulate modem: the simulated modem."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from smsd.simulator.control import run_simulator


@click.group()
def simulate() -> None:
    """Stand in for what is not at hand."""


@simulate.command("modem")
@click.option("--link", type=click.Path(path_type=Path), required=True, help="Name to give the modem's device.")
@click.option("--control", type=click.Path(path_type=Path), required=True, help="Unix socket to drive it by.")
@click.option("--sim-slots", type=click.IntRange(1, 255), default=50, show_default=True, help="Slots on the SIM.")
@click.option("--latency", type=click.FloatRange(min=0), default=0.0, show_default=True, help="Seconds to a phone.")
def simulate_modem(link: Path, control: Path, sim_slots: int, latency: float) -> None:
    """Simulate a GSM modem with a network behind it.

    It answers on a pseudo-terminal, for any gateway to be tried on.

    The control socket takes JSON lines; `{"do": "help"}` lists them.

    Example: smsd simulate modem --link ./modem0 --control ./modem0.sock
    """

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_simulator(link, control, sim_slots=sim_slots, latency_s=latency, stop=stop)

    asyncio.run(serve())
