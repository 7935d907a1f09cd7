"""modem status, and the simulated modem."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import asyncpg
import click

from config.settings import Settings
from smsd.cli.options import config_option, json_option, show, with_database
from smsd.simulator.control import run_simulator
from smsd.store.queries import SQL

_COLUMNS = ("name", "state", "updated_at", "signal", "registered", "sim_used", "sim_size", "network", "error")


@click.group()
def modem() -> None:
    """The GSM modems."""


@modem.command()
@json_option
@config_option
def status(as_json: bool, config: Path) -> None:
    """What each modem last said of itself. Signal in percent."""

    async def fetch(_: Settings, pool: asyncpg.Pool) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await pool.fetch(SQL["list_modems"])
        return rows

    show(with_database(config, fetch), _COLUMNS, as_json, "no modem has reported yet; is `smsd run` running?")


@click.group()
def simulate() -> None:
    """Stand-ins for what is not at hand."""


@simulate.command("modem")
@click.option("--link", type=click.Path(path_type=Path), required=True, help="Name to give the modem's device.")
@click.option("--control", type=click.Path(path_type=Path), required=True, help="Unix socket to drive it by.")
@click.option("--sim-slots", type=click.IntRange(1, 255), default=50, show_default=True, help="Slots on the SIM.")
@click.option("--latency", type=click.FloatRange(min=0), default=0.0, show_default=True, help="Seconds to a phone.")
def simulate_modem(link: Path, control: Path, sim_slots: int, latency: float) -> None:
    """A GSM modem on a pseudo-terminal, with a network behind it, for any gateway to be tried on.

    The control socket takes JSON lines; `{"do": "help"}` lists them.
    """

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_simulator(link, control, sim_slots=sim_slots, latency_s=latency, stop=stop)

    asyncio.run(serve())
