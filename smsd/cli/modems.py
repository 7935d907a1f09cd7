"""modem status."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import click

from config.settings import Settings
from smsd.cli.options import config_option, json_option, show, with_database
from smsd.store.queries import SQL

_COLUMNS = ("name", "state", "updated_at", "signal", "registered", "sim_used", "sim_size", "network", "error")
_SPARE = ("network", "registered", "sim_size", "sim_used")


@click.group()
def modem() -> None:
    """See how the GSM modems are."""


@modem.command()
@json_option
@config_option
def status(as_json: bool, config: Path) -> None:
    """Show what each modem last said of itself; signal is in percent.

    Example: smsd modem status
    """

    async def fetch(_: Settings, pool: asyncpg.Pool) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await pool.fetch(SQL["list_modems"])
        return rows

    nothing = "no modem has reported yet; is `smsd run` running?"
    show(with_database(config, fetch), _COLUMNS, as_json, nothing, spare=_SPARE)
