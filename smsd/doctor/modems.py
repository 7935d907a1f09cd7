"""Modems, their SIMs and networks: asked with AT, or, where the service holds the line, what it last wrote of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.settings import Modem, Settings
from smsd.doctor.finding import Finding, Wishes, fail, ok, warn
from smsd.doctor.machine import is_running
from smsd.setup.ports import Port, probe
from smsd.store.database import CONNECTION_ERRORS, StoreError, open_database
from smsd.store.queries import SQL

_WEAK = 20  # percent, about -101 dBm: SMS pass, but not all
_OLD_S = 300.0  # the service writes every [[modem]] status_s, 60 s by default
_REGISTERED = frozenset({"HomeNetwork", "RoamingNetwork"})  # libGammu's words
_AERIAL = "move the aerial, or try another network's SIM"


async def look_at_modems(settings: Settings, _: Wishes) -> list[Finding]:
    """One line a modem, or several where several things are wrong."""
    if not settings.modems:
        return [fail("no modem is configured", "a [[modem]] in smsd.toml; `smsd setup` finds it")]
    told = await _told(settings) if is_running(settings) else {}
    return [finding for found in await asyncio.gather(*(_one(m, told) for m in settings.modems)) for finding in found]


async def _told(settings: Settings) -> dict[str, Any]:
    """What the service says of its modems; nothing where the database is away, which another check tells."""
    try:
        async with open_database(settings) as pool:
            return {row["name"]: row for row in await pool.fetch(SQL["list_modems"])}
    except (StoreError, *CONNECTION_ERRORS):
        return {}


async def _one(modem: Modem, told: dict[str, Any]) -> list[Finding]:
    if row := told.get(modem.name):
        return [_named(modem, finding) for finding in _judged_row(row)]
    return [_named(modem, finding) for finding in _judged_port(modem, await asyncio.to_thread(probe, modem.device))]


def _named(modem: Modem, finding: Finding) -> Finding:
    return Finding(finding.level, f"{modem.name}: {finding.seen}", finding.cure)


def _judged_row(row: Any) -> list[Finding]:
    """By what the service wrote."""
    age_s = (datetime.now(UTC) - row["updated_at"]).total_seconds()
    if row["state"] != "ready":
        problem, _sep, cure = (row["error"] or f"is {row['state']}").partition("; ")
        return [fail(problem, cure or "journalctl -u smsd says why")]
    found = list(_network(row["registered"] in _REGISTERED if row["registered"] else None, row["signal"]))
    if row["sim_size"] and row["sim_used"] >= row["sim_size"]:
        found.append(warn(f"all {row['sim_size']} slots of its SIM are taken", "see modem.sim_full in the journal"))
    if age_s > _OLD_S:
        found.append(warn(f"the service last heard of it {age_s / 60:.0f} minutes ago", "systemctl restart smsd"))
    return found or [ok(f"ready, {row['network'] or 'a network'}, signal {_percent(row['signal'])}, by the service")]


def _judged_port(modem: Modem, port: Port) -> list[Finding]:
    """By what the modem answers."""
    if port.error is not None:
        return [fail(f"{port.device}: {port.error}", _cure_of_silence(port))]
    if not port.is_modem:
        return [fail(f"{port.device} answers, but is no modem", "another port of the stick is: `smsd setup` finds it")]
    found = [*_sim(modem, port)]
    if not found:
        found += _network(port.registered, port.signal)
    return found or [ok(f"{port.maker or '?'} {port.model or ''}, SIM ready, signal {_percent(port.signal)}")]


def _cure_of_silence(port: Port) -> str:
    if "in use" in (port.error or ""):
        return f"`fuser -v {port.device}` shows by whom; stop it"
    if not Path(port.device).exists():
        return "is it plugged in, and is that its name? `ls -l /dev/serial/by-id`"
    if "denied" in (port.error or ""):
        return "usermod -aG dialout smsd"
    return "unplug it and plug it in; another port of the same stick may be the right one: `smsd setup` finds it"


def _sim(modem: Modem, port: Port) -> Iterable[Finding]:
    match port.sim:
        case "READY":
            return ()
        case "SIM PIN" if modem.pin_file is not None:
            return ()  # the service gives it
        case "SIM PIN":
            return (fail("the SIM asks for its PIN", "write it to a file, and name that as pin_file of this modem"),)
        case "SIM PUK":
            return (fail("the SIM is locked and asks for its PUK", "unlock it in a telephone"),)
        case None:
            return (fail("there is no SIM, or it does not answer", "put it in, the right way round"),)
        case other:
            return (fail(f"the SIM says {other}", "try it in a telephone"),)


def _network(registered: bool | None, signal: int | None) -> Iterable[Finding]:
    if registered is False:
        return (fail(f"it has no network (signal {_percent(signal)})", f"{_AERIAL}; has the SIM been activated?"),)
    if signal is not None and signal < _WEAK:
        return (warn(f"its signal is weak, {signal} %", _AERIAL),)
    return ()


def _percent(signal: int | None) -> str:
    return "unknown" if signal is None else f"{signal} %"
