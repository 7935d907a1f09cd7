"""deadlines: what is late or due next, by agency."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import click

from config.settings import Settings
from routing.zones import zone_of
from smsd.cli.completion import complete_agency
from smsd.cli.options import config_option, json_option, limit_option, show, with_database
from smsd.store.queries import SQL

_COLUMNS = ("agency", "code", "due_at", "days_left", "next_step", "next_at", "status", "due_for")
_SPARE = ("status", "next_at", "next_step")


@click.command()
@click.option("--agency", metavar="CODE", shell_complete=complete_agency, help="Only with this agency.")
@click.option("--late", is_flag=True, help="Only what is late.")
@limit_option
@json_option
@config_option
def deadlines(agency: str | None, late: bool, limit: int | None, as_json: bool, config: Path) -> None:
    """List the deadlines that run, by agency, the worst first.

    days_left are working days, negative when late; next_step is what the gateway does by itself, at next_at.

    Example: smsd deadlines --late
    """

    async def fetch(settings: Settings, pool: asyncpg.Pool) -> list[dict[str, Any]]:
        rows = await pool.fetch(SQL["list_deadlines"], agency, late, limit)
        return [_with_days(row, settings) for row in rows]

    show(with_database(config, fetch), _COLUMNS, as_json, "no deadline runs", spare=_SPARE)


def _with_days(row: asyncpg.Record, settings: Settings) -> dict[str, Any]:
    facts = dict(row)
    now: datetime = facts.pop("now")
    zone = zone_of(facts["place"], settings.zone)
    return facts | {"days_left": settings.deadlines.working_days_between(now, facts["due_at"], zone)}
