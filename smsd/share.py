"""What of the work is this process's: its modems, its folder, and whether agencies' mail comes in here.

Several processes share one database. `smsd run` serves every modem but those with `own_process`, and takes the mail;
`smsd run --modem NAME` serves one of those. Whatever waits in the database any of them does.
"""

from __future__ import annotations

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.data_files import nearest
from config.settings import Modem, Settings, SettingsError
from config.toml_reader import Problem
from smsd.spool import Kept, look_into, spool_folder
from smsd.store.database import StoreError

_MODEMS = "modems"  # the folder, in the state directory, of the folders of processes with a modem of their own


class AlreadyRunning(StoreError):
    """Another smsd does this share of the work."""


@dataclass(frozen=True)
class Share:
    """One process's part. `folder` has its lock and its spool, and its leases are named after it."""

    folder: Path
    modems: tuple[Modem, ...]
    takes_mail: bool
    metrics_listen: str | None


def share_of(settings: Settings, modem_name: str | None) -> Share:
    """The share of the process for one modem, or of the one for all that have none; SettingsError if it has none."""
    state_dir = settings.gateway.state_dir
    if modem_name is None:
        modems = tuple(m for m in settings.modems if not m.own_process)
        return Share(state_dir, modems, takes_mail=True, metrics_listen=settings.metrics.listen)
    modem = next((m for m in settings.modems if m.name == modem_name), None)
    where = f"{settings.path}: [[modem]] {modem_name}"
    if modem is None:
        names = [m.name for m in settings.modems]
        raise SettingsError([Problem(where, f"is not there; {nearest(modem_name, names)}")])
    if not modem.own_process:
        cure = "belongs to `smsd run` without --modem; write own_process = true under it, and restart that too"
        raise SettingsError([Problem(where, cure)])
    return Share(state_dir / _MODEMS / modem.name, (modem,), takes_mail=False, metrics_listen=modem.metrics_listen)


def folders_of(settings: Settings) -> list[Path]:
    """Of every process that serves, or has ever served, this configuration."""
    state_dir = settings.gateway.state_dir
    return [state_dir, *sorted(folder for folder in (state_dir / _MODEMS).glob("*") if folder.is_dir())]


def spooled_by_all(settings: Settings) -> tuple[list[Kept], list[Path]]:
    """What waits on the disk, and what was set aside there, of all these processes; StoreError."""
    waiting, broken = list[Kept](), list[Path]()
    try:
        for folder in folders_of(settings):
            found = look_into(spool_folder(folder))
            waiting += found[0]
            broken += found[1]
    except OSError as e:
        cure = "run this as the user of the service, or root"
        raise StoreError(f"{e.filename} cannot be read ({e.strerror}); {cure}") from e
    return waiting, broken


@contextmanager
def only_one(folder: Path) -> Iterator[str]:
    """Holds a folder, so that leases named after it are ours alone; yields that name."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / "smsd.lock", "w")  # noqa: SIM115  closed below, and with it the lock
    except OSError as e:
        raise StoreError(f"[gateway] state_dir {folder} cannot be used ({e.strerror}); create it for this user") from e
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"another smsd already runs in {folder}; stop it, or use another state_dir") from None
        yield f"{socket.gethostname()}:{folder}"
