"""run, check, db: the service itself."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import click

from config.data_files import nearest
from config.reference import ReferenceDataError, check_reference
from config.replies import RepliesError, load_replies
from config.settings import Settings, load_settings
from config.toml_reader import Problem
from smsd import journal
from smsd.app import run as run_daemon
from smsd.cli.options import NotSo, config_option, progress
from smsd.loops import Stop
from smsd.mail.lmtp import ListenError, parse_listen
from smsd.office import open_router, own_files
from smsd.store.database import (
    SCHEMA_VERSION,
    StoreError,
    init_schema,
    key_file_of,
    open_database,
    open_unverified,
    schema_version,
    upgrade_schema,
)
from smsd.store.seal import KeyFileError, ensure_key_file, find_key_file, load_seal
from smsd.store.seal_all import Tell
from smsd.transports.line_tap import SPEEDS


@click.command()
@config_option
def run(config: Path) -> None:
    """Run the gateway until SIGTERM or Ctrl-C."""
    settings = load_settings(config)
    journal.configure(settings.log.level, settings.log.format)
    try:
        asyncio.run(_run(settings))
    except ListenError as e:
        raise StoreError(str(e)) from e


async def _run(settings: Settings) -> None:
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.ask)
    await run_daemon(settings, stop)


@click.command()
@config_option
def check(config: Path) -> None:
    """Say all that is wrong with the configuration. Exits with 1 if anything is."""
    settings = load_settings(config)
    problems = [problem for find in _CHECKS for problem in find(settings)]
    for problem in problems:
        click.echo(f"smsd: {problem}", err=True)
    if problems:
        raise SystemExit(1)
    click.echo(f"{config}: fine")


def _check_reference(settings: Settings) -> list[Problem]:
    found = check_reference(settings.routing.home, **own_files(settings))
    return [Problem(e.file if e.line is None else f"{e.file}:{e.line}", f"{e.problem}; {e.cure}") for e in found]


def _check_agency_limits(settings: Settings) -> list[Problem]:
    """Limits are for agencies that are there."""
    if not settings.deadlines.agencies:
        return []
    try:
        agencies = open_router(settings).agencies
    except ReferenceDataError:  # told already
        return []
    codes = [agency.code for agency in agencies]
    return [
        Problem(
            f'{settings.path}: [deadlines.agency."{code}"]',
            f"is the code of no agency in agencies.csv; {nearest(code.upper(), codes)}",
        )
        for code in settings.deadlines.agencies
        if agencies.get(code) is None
    ]


def _check_replies(settings: Settings) -> list[Problem]:
    try:
        load_replies(settings.routing.replies, settings.gateway.short_code)
    except RepliesError as e:
        return e.problems
    return []


def _check_modems(settings: Settings) -> list[Problem]:
    missing = "does not exist; is the modem plugged in? `ls -l /dev/serial/by-id` shows what is"
    problems = []
    for modem in settings.modems:
        where = f"{settings.path}: [[modem]] {modem.name}:"
        if not modem.device.exists():
            problems.append(Problem(f"{where} device", f"{modem.device} {missing}"))
        if modem.connection not in SPEEDS:
            problems.append(Problem(f"{where} connection", f"must be one of {', '.join(SPEEDS)}"))
    return problems


def _check_lmtp(settings: Settings) -> list[Problem]:
    try:
        parse_listen(settings.mail.lmtp_listen)
    except ValueError as e:
        return [Problem(f"{settings.path}: [mail] lmtp_listen", str(e))]
    return []


def _check_database(settings: Settings) -> list[Problem]:
    """A server must answer and have our schema; an embedded database is made when it is first used."""
    if settings.database.dsn == "embedded":
        return []
    try:
        asyncio.run(_try_database(settings))
        load_seal(find_key_file(settings.privacy.key_file, settings.gateway.state_dir))
    except (StoreError, KeyFileError) as e:
        return [Problem(f"{settings.path}: [database] dsn", str(e))]
    return []


async def _try_database(settings: Settings) -> None:
    async with open_database(settings):
        pass


_CHECKS: tuple[Callable[[Settings], list[Problem]], ...] = (
    _check_reference,
    _check_agency_limits,
    _check_replies,
    _check_modems,
    _check_lmtp,
    _check_database,
)


@click.group()
def db() -> None:
    """The database: create its tables, or bring them up to date."""


@db.command("init")
@config_option
def db_init(config: Path) -> None:
    """Create the tables in an empty database, and the key that seals numbers and texts."""
    settings = load_settings(config)
    asyncio.run(_init(settings))
    key = find_key_file(settings.privacy.key_file, settings.gateway.state_dir)
    click.echo(f"schema version {SCHEMA_VERSION} created; key {key}: back it up, without it nothing can be read")


async def _init(settings: Settings) -> None:
    key = find_key_file(settings.privacy.key_file, settings.gateway.state_dir)
    async with open_unverified(settings) as pool:
        if (found := await schema_version(pool)) is not None:
            raise NotSo(f"the database has a schema already (version {found}); nothing was changed")
        ensure_key_file(key)
        await init_schema(pool)


@db.command("upgrade")
@config_option
def db_upgrade(config: Path) -> None:
    """Bring the tables of an older version up to date."""
    settings = load_settings(config)

    async def upgrade(tell: Tell) -> list[int]:
        async with open_unverified(settings) as pool:
            return await upgrade_schema(pool, key_file_of(settings), tell=tell)

    with progress("sealing what was written") as tell:
        done = asyncio.run(upgrade(tell))
    click.echo(f"upgraded to schema version {done[-1]}" if done else f"schema version {SCHEMA_VERSION}: up to date")
