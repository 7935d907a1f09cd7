"""backup, restore: one file with all but the key, and a gateway that goes on from it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path

import asyncpg
import click

from config.settings import Settings, load_settings, read_secret
from smsd.backup import CONFIG, DATABASE, SPOOL, Manifest, key_id, read_manifest, unpacked, write_backup
from smsd.cli.options import NotSo, config_option, json_option, show_json, with_database
from smsd.office import open_seal
from smsd.share import folders_of, only_one
from smsd.spool import look_into, put_back, spool_folder
from smsd.store import dump
from smsd.store.database import SCHEMA_VERSION, open_dsn, open_unverified, schema_version
from smsd.store.queries import SQL
from smsd.store.seal import KeyFileError, Seal, find_key_file

_HELD = "from a backup of {made_at}: it may have been sent since"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--key-to", type=click.Path(path_type=Path), help="Also write the key, into this file. Keep it elsewhere."
)
@click.option("--verify", is_flag=True, help="Make no backup: read FILE, and say whether it is whole.")
@json_option
@config_option
def backup(file: Path, key_to: Path | None, verify: bool, as_json: bool, config: Path) -> None:
    """Write all but the key into one file, while the gateway runs.

    Database, SMS that wait on the disk, and configuration.

    Example: smsd backup /var/backups/smsd-monday.tar
    """
    if verify:
        manifest = read_manifest(file, verify=True)
        with unpacked(file) as (_, folder):
            dump.listing(manifest.postgres, folder / DATABASE)
    else:
        manifest = with_database(config, lambda settings, pool: _back_up(settings, pool, file))
        if key_to:
            _copy_key(load_settings(config), key_to)
    if as_json:
        show_json(asdict(manifest))
    else:
        told = f"{manifest.tickets} tickets, made at {manifest.made_at}, for the key {manifest.key_id}"
        click.echo(f"{file}: whole; {told}")


async def _back_up(settings: Settings, pool: asyncpg.Pool, file: Path) -> Manifest:
    if not file.parent.is_dir():
        raise NotSo(f"{file.parent} is no folder; make it, or name another")
    seal = open_seal(settings)
    with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:
        staged = Path(folder)
        # What leaves the spool meanwhile is in the database first, and so in the dump; the other way round it could be
        # in neither.
        _stage_spool(settings, staged / SPOOL)
        _stage_config(settings, staged / CONFIG)
        postgres = await pool.fetchval(SQL["server_version"]) // 10_000
        facts = {
            "smsd": version("smsd-1708"),
            "schema_version": SCHEMA_VERSION,
            "postgres": postgres,
            "key_id": key_id(seal),
            "tickets": await pool.fetchval(SQL["count_tickets"]),
        }
        async with open_dsn(settings) as dsn:
            await asyncio.to_thread(dump.dump, dsn, _password(settings), postgres, staged / DATABASE)
        names = sorted(path for path in staged.rglob("*") if path.is_file())
        return write_backup(file, {str(path.relative_to(staged)): path for path in names}, facts)


def _stage_spool(settings: Settings, folder: Path) -> None:
    folder.mkdir()
    for process in folders_of(settings):
        name = process.name if process != settings.gateway.state_dir else "smsd"
        for kept in look_into(spool_folder(process))[0]:
            with contextlib.suppress(FileNotFoundError):  # the database has it now
                (folder / name).mkdir(exist_ok=True)
                shutil.copyfile(kept.path, folder / name / kept.path.name)


def _stage_config(settings: Settings, folder: Path) -> None:
    """The configuration and what it names, secrets left out; what lies outside its folder by the name of its key."""
    home = settings.path.resolve().parent
    named = {f.name: getattr(settings.routing, f.name) for f in fields(settings.routing)}
    files = {key: value for key, value in named.items() if isinstance(value, Path)}
    for key, file in {"smsd": settings.path.resolve(), **files}.items():
        to = folder / (file.relative_to(home) if file.is_relative_to(home) else Path("elsewhere", key, file.name))
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, to)


def _copy_key(settings: Settings, to: Path) -> None:
    key = find_key_file(settings.privacy.key_file, settings.gateway.state_dir)
    try:
        with open(to, "xb", opener=_private) as file:
            file.write(key.read_bytes())
    except OSError as e:
        raise KeyFileError(f"{to}: the key cannot be written there ({e.strerror}); name a new file elsewhere") from e


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# ---------------------------------------------------------------- restore


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Even if the database holds a gateway already: it is lost.")
@click.option(
    "--outbox",
    type=click.Choice(("hold", "send")),
    default="hold",
    show_default=True,
    help="SMS and mails that waited when the backup was made: keep them for you to look at, or send them.",
)
@click.option("--config-to", type=click.Path(path_type=Path), help="Only write the configuration into this folder.")
@config_option
def restore(file: Path, replace: bool, outbox: str, config_to: Path | None, config: Path) -> None:
    """Put a backup into an empty database.

    The gateway must be stopped, and its key be the one that the backup was made with.

    Example: smsd restore /var/backups/smsd-monday.tar
    """
    if config_to:
        _restore_config(file, config_to)
        return
    settings = load_settings(config)
    seal = open_seal(settings)
    with unpacked(file) as (manifest, folder), _all_stopped(settings):
        _fits(file, manifest, seal)
        held = asyncio.run(_restore(settings, seal, manifest, folder, replace=replace, hold=outbox == "hold"))
    click.echo(f"restored: {manifest.tickets} tickets, as they were at {manifest.made_at}")
    if manifest.schema_version < SCHEMA_VERSION:
        click.echo(f"the tables are of version {manifest.schema_version}; now run `smsd db upgrade`")
    if any(held.values()):
        cure = "`smsd outbox list` shows them, and `smsd outbox retry` sends those that you name"
        click.echo(f"held: {held['sms']} SMS and {held['mails']} mails; {cure}")


def _restore_config(file: Path, to: Path) -> None:
    with unpacked(file) as (manifest, folder):
        names = [Path(name).relative_to(CONFIG) for name in manifest.files if name.startswith(f"{CONFIG}/")]
        if there := [str(to / name) for name in names if (to / name).exists()]:
            raise NotSo(f"{there[0]} is there already; name an empty folder, and compare")
        for name in names:
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / CONFIG / name, to / name)
    click.echo("\n".join(str(to / name) for name in names))


@contextmanager
def _all_stopped(settings: Settings) -> Iterator[None]:
    """No process of this gateway runs, nor can one start meanwhile. What we write here is to be the service's."""
    state_dir = settings.gateway.state_dir
    if state_dir.exists() and state_dir.stat().st_uid != os.geteuid():
        raise NotSo(
            f"{state_dir} belongs to {state_dir.owner()}; run this as that user: sudo -u {state_dir.owner()} smsd …"
        )
    with ExitStack() as stack:
        for folder in folders_of(settings):
            stack.enter_context(only_one(folder))
        yield


def _fits(file: Path, manifest: Manifest, seal: Seal) -> None:
    if manifest.key_id != key_id(seal):
        told = f"{file} was made with the key {manifest.key_id}, and the one here is {key_id(seal)}"
        raise KeyFileError(f"{told}; put back the smsd.key that was kept with it")
    if manifest.schema_version > SCHEMA_VERSION:
        told = f"{file} has tables of version {manifest.schema_version}, this smsd knows only {SCHEMA_VERSION}"
        raise NotSo(f"{told}; install smsd {manifest.smsd} or newer")


async def _restore(
    settings: Settings, seal: Seal, manifest: Manifest, folder: Path, *, replace: bool, hold: bool
) -> Mapping[str, int]:
    """How many SMS and mails are held."""
    async with open_unverified(settings) as pool, open_dsn(settings) as dsn:
        postgres = await pool.fetchval(SQL["server_version"]) // 10_000
        if postgres < manifest.postgres:
            told = f"the backup is of PostgreSQL {manifest.postgres}, this server is {postgres}"
            raise NotSo(f"{told}; restore into PostgreSQL {manifest.postgres} or newer")
        tables = await pool.fetchval(SQL["count_tables"])
        if tables and (not replace or await schema_version(pool) is None):
            cure = "make an empty one (createdb)" + (", or lose what is in it with --replace" if not replace else "")
            raise NotSo(f"the database is not empty ({tables} tables), nothing was changed; {cure}")
        await asyncio.to_thread(
            dump.restore, dsn, _password(settings), postgres, folder / DATABASE, replace=bool(tables)
        )
        await pool.expire_connections()  # the old ones do not know the types of the restored tables
        if sealed := await pool.fetchval(SQL["any_sealed_phone"]):
            seal.open(sealed, "phone")
        spooled = sorted((folder / SPOOL).rglob("*.parts"), key=lambda path: path.name)
        put_back(spool_folder(settings.gateway.state_dir), spooled)
        return await _hold(pool, manifest) if hold else {"sms": 0, "mails": 0}


async def _hold(pool: asyncpg.Pool, manifest: Manifest) -> Mapping[str, int]:
    why = _HELD.format(made_at=manifest.made_at)
    async with pool.acquire() as connection, connection.transaction():
        return {name: len(await connection.fetch(SQL[f"hold_{name}"], why)) for name in ("sms", "mails")}


def _password(settings: Settings) -> str | None:
    return read_secret(settings.database.password_file, "database-password")
