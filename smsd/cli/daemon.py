"""run, check, db: the service itself."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

import click
import structlog
from prometheus_client import CollectorRegistry, disable_created_metrics

from config.reference import ReferenceDataError
from config.replies import RepliesError
from config.settings import Settings, SettingsError, load_settings
from config.toml_reader import Problem
from smsd import journal
from smsd.app import run as run_daemon
from smsd.cli.options import NotSo, config_option, json_option, show_json
from smsd.cli.progress import progress
from smsd.loops import Stop
from smsd.mail.lmtp import ListenError, parse_listen
from smsd.metrics import Metrics
from smsd.rulebook import check_rules
from smsd.share import Share, share_of
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
from smsd.tell import Tell
from smsd.transports.line_tap import SPEEDS

log = structlog.get_logger()


@click.command()
@click.option("--modem", "modem_name", metavar="NAME", help="Serve this modem alone: one with own_process = true.")
@config_option
def run(modem_name: str | None, config: Path) -> None:
    """Run the gateway until SIGTERM or Ctrl-C.

    systemd does this (`systemctl start smsd`); by hand it is for trying a configuration. SIGHUP makes it read its
    rules anew.

    Example: smsd run --config ./smsd.toml
    """
    settings = load_settings(config)
    share = share_of(settings, modem_name)
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a series for each series, that nobody asks for
    metrics = Metrics(CollectorRegistry())
    journal.configure(settings.log.level, settings.log.format, observe=metrics.observe)
    try:
        asyncio.run(_run(settings, share, metrics.registry))
    except ListenError as e:
        raise StoreError(str(e)) from e
    except (StoreError, KeyFileError, SettingsError, ReferenceDataError, RepliesError):
        raise
    except Exception as e:  # a bug: systemd starts us again, and the database remembers
        cure = "report this with the lines above it; systemd starts smsd again"
        log.error("smsd.crashed", exc_info=e, cure=cure)
        raise SystemExit(1) from None


async def _run(settings: Settings, share: Share, metrics: CollectorRegistry) -> None:
    stop, reload = Stop(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.ask)
    # The same signal comes when a terminal is closed: who runs us there wants us gone with it.
    loop.add_signal_handler(signal.SIGHUP, stop.ask if os.isatty(0) else reload.set)
    await run_daemon(settings, share, stop, reload, metrics)


@click.command()
@click.option("--rules", is_flag=True, help="Only what `systemctl reload` reads anew: not modems, mail and database.")
@json_option
@config_option
def check(rules: bool, as_json: bool, config: Path) -> None:
    """Say all that is wrong with the configuration.

    Each problem has its place and its cure. Looks at every key, at the files that it names, at the modems' devices
    and at the database. Exits with 1 if anything is wrong; changes nothing, and the service may run meanwhile.

    Example: smsd check --config ./new.toml
    """
    problems = _problems(config, (check_rules,) if rules else _CHECKS)
    if as_json:
        show_json({"config": str(config), "problems": [{"where": each.where, "what": each.what} for each in problems]})
    else:
        for problem in problems:
            click.echo(f"smsd: {problem}", err=True)
    if problems:
        raise SystemExit(1)
    if not as_json:
        click.echo(f"{config}: fine")


def _problems(config: Path, checks: Iterable[Callable[[Settings], list[Problem]]]) -> list[Problem]:
    try:
        settings = load_settings(config)
    except SettingsError as e:
        return list(e.problems)
    return [problem for find in checks for problem in find(settings)]


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
    check_rules,
    _check_modems,
    _check_lmtp,
    _check_database,
)


@click.group()
def db() -> None:
    """Create the database's tables, or bring them up to date."""


@db.command("init")
@json_option
@config_option
def db_init(as_json: bool, config: Path) -> None:
    """Create the tables in an empty database, and the key.

    Once, when the gateway is installed. The key seals numbers and texts: back it up,
    apart from the database, for without it nothing can be read and nobody be answered.

    Example: smsd db init
    """
    settings = load_settings(config)
    asyncio.run(_init(settings))
    key = find_key_file(settings.privacy.key_file, settings.gateway.state_dir)
    if as_json:
        show_json({"version": SCHEMA_VERSION, "key": str(key)})
        return
    click.echo(f"schema version {SCHEMA_VERSION} created; key {key}: back it up, without it nothing can be read")


async def _init(settings: Settings) -> None:
    key = find_key_file(settings.privacy.key_file, settings.gateway.state_dir)
    async with open_unverified(settings) as pool:
        if (found := await schema_version(pool)) is not None:
            raise NotSo(
                f"the database has a schema already (version {found}); nothing was changed, see `smsd db upgrade`"
            )
        ensure_key_file(key)
        await init_schema(pool)


@db.command("upgrade")
@json_option
@config_option
def db_upgrade(as_json: bool, config: Path) -> None:
    """Bring the tables of an older version up to date.

    After a newer smsd was installed, with the service stopped and the database backed up. Each step is done whole or
    not at all; run again, it goes on where it was.

    Example: systemctl stop smsd && smsd db upgrade && systemctl start smsd
    """
    settings = load_settings(config)

    async def upgrade(tell: Tell) -> list[int]:
        async with open_unverified(settings) as pool:
            return await upgrade_schema(pool, key_file_of(settings), tell=tell)

    with progress("sealing what was written", quiet=as_json) as tell:
        done = asyncio.run(upgrade(tell))
    if as_json:
        show_json({"version": done[-1] if done else SCHEMA_VERSION, "applied": done})
        return
    click.echo(f"upgraded to schema version {done[-1]}" if done else f"schema version {SCHEMA_VERSION}: up to date")
