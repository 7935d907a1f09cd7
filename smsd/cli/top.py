"""top: what is going on, live."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from pathlib import Path

import asyncpg
import click
from rich.console import Console

from config.settings import Settings, load_settings
from smsd.cli.options import config_option, console, json_option, show_json, with_database
from smsd.store.database import open_pool, verify_database
from smsd.top.live import watch
from smsd.top.screen import Look, whole
from smsd.top.snapshot import Snapshot, take_snapshot

_STATEMENT_S = 10.0
_LEAST_SILENT_S = 180.0
_MISSED = 3  # status readings after which a modem counts as mute


@click.command()
@click.option(
    "--interval",
    type=click.FloatRange(0.2, 3600),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often the database is asked.",
)
@click.option("--once", is_flag=True, help="Print it once, and end. So it is also where there is no terminal.")
@json_option
@config_option
def top(interval: float, once: bool, as_json: bool, config: Path) -> None:
    """Watch modems, traffic, queues and late agencies, live.

    Reads the database and nothing else, so it runs on any host that reaches it, and changes nothing. What is red needs
    you. q or Ctrl-C ends it.

    Example: smsd top --once | mail -s "1708 this morning" me@example.org
    """
    if as_json:
        show_json(dataclasses.asdict(with_database(config, _take)))
    elif once or not _is_live_terminal():
        settings = load_settings(config)
        out = console()
        with out.capture() as drawn:
            out.print(whole(with_database(config, _take), _look(settings, interval, out)))
        click.echo("\n".join(line.rstrip() for line in drawn.get().splitlines()))
    else:
        asyncio.run(_live(load_settings(config), interval, console()))


async def _take(settings: Settings, pool: asyncpg.Pool) -> Snapshot:
    return await take_snapshot(pool, settings.zone, settings.gateway.parts_wait_s)


async def _live(settings: Settings, interval: float, out: Console) -> None:
    async with open_pool(settings, statement_s=_STATEMENT_S) as pool:
        verified = False

        async def take() -> Snapshot:
            nonlocal verified
            if not verified:  # it may be away when we begin, and another one when it is back
                await verify_database(settings, pool)
                verified = True
            return await _take(settings, pool)

        await watch(take, _look(settings, interval, out), out)


def _look(settings: Settings, interval: float, out: Console) -> Look:
    status_s = max((modem.status_s for modem in settings.modems), default=0.0)
    return Look(out.encoding.startswith("utf"), max(_LEAST_SILENT_S, _MISSED * status_s), interval)


def _is_live_terminal() -> bool:
    return sys.stdout.isatty() and not console().is_dumb_terminal
