"""What a broken modem costs: how soon it is noticed and works again, what the others lose, how long a stop takes.

    python bench/modem_faults.py [--fault-s N] [--window-s N]

Real parts, each a process of its own, as in bench/intake.py: one `smsd simulate modem` a fault, PostgreSQL, `smsd run`
with its deadlines as shipped. Every modem gets another fault, all at once; one stays whole, and its throughput is
measured before and while two others hang. `noticed` is the time from the fault to the event that tells it, `back` the
time from its mending to the first text received again (sent again, where only sending was hurt).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import asyncpg
from intake import Modem, command, connect

from config.settings import load_settings
from smsd.demo.mailbox import open_mailbox
from smsd.office import open_seal
from smsd.store.database import open_database
from smsd.store.seal import Seal

_PATIENCE_S = 240.0

_CONFIG = """\
[gateway]
state_dir = "."
[database]
dsn = "embedded"
[mail]
host = "127.0.0.1"
port = {port}
tls = "none"
lmtp_listen = "unix:{folder}/lmtp.sock"
[log]
format = "json"
"""
_MODEM = '[[modem]]\nname = "{name}"\ndevice = "{name}"\npin_file = "{name}.pin"\n'


@dataclass
class Town:
    """What is around the gateway."""

    folder: Path
    pool: asyncpg.Pool
    seal: Seal
    modems: dict[str, Modem]
    numbers: int = field(default=0)

    async def queue(self, modem: str, count: int) -> None:
        """SMS that only this modem may send, each to another number."""
        for _ in range(count):
            self.numbers += 1
            number = f"+62813{self.numbers:08}".encode()
            phone = await self.pool.fetchval(
                "INSERT INTO phone (address_hash, address_sealed, answerable) VALUES ($1, $2, true) RETURNING id",
                *(self.seal.hash(number, "phone"), self.seal.close(number, "phone")),
            )
            await self.pool.execute(
                "INSERT INTO outbox_sms (phone_id, cause, text, transport) VALUES ($1, 'bench', 'Halo', $2)",
                phone,
                modem,
            )

    def event_at(self, modem: str, names: tuple[str, ...], after: float) -> float | None:
        """When the log first told one of these of the modem."""
        for line in (self.folder / "log").read_text().splitlines():
            with contextlib.suppress(ValueError, KeyError):
                event = json.loads(line)
                at = datetime.fromisoformat(event["timestamp"]).timestamp()
                if event["event"] in names and event["modem"] == modem and at >= after:
                    return at
        return None

    async def until_event(self, modem: str, *names: str, after: float = 0.0) -> float:
        """The same, as soon as it is there."""
        async with asyncio.timeout(_PATIENCE_S):
            while (at := self.event_at(modem, names, after)) is None:
                await asyncio.sleep(0.1)
        return at

    async def received(self, modem: str) -> int:
        """Parts that came through it."""
        count: int = await self.pool.fetchval("SELECT count(*) FROM inbound_part WHERE transport = $1", modem)
        return count

    async def submits(self, modem: str) -> int:
        """SMS that it has sent."""
        return int(str((await self.modems[modem].ask(do="status"))["submits"]))


Act = Callable[[Town, str], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """How to break a modem, how to mend it, and the event that tells."""

    what: str
    break_it: Act
    mend: Act
    told_by: str = "modem.lost"
    back_by: str | None = None  # None: a text comes in


def _sets(**settings: object) -> Act:
    async def act(town: Town, modem: str) -> None:
        await town.modems[modem].ask(do="set", **settings)

    return act


async def _hang_listing(town: Town, modem: str) -> None:
    await town.modems[modem].ask(do="set", hang_in="+CMGL")
    await town.modems[modem].ask(do="text", **{"from": "+6281299999999", "text": "satu"})


async def _hang_submission(town: Town, modem: str) -> None:
    await town.modems[modem].ask(do="set", hang_in="+CMGS")
    await town.queue(modem, 1)


async def _hang_unasked(town: Town, modem: str) -> None:
    await town.modems[modem].ask(do="set", silent=True)


async def _kill_child(town: Town, modem: str) -> None:
    """The process that has this modem's line open."""
    device = os.path.realpath(town.folder / modem)
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            is_child = b"smsd.transports.gsm_child" in (process / "cmdline").read_bytes()
            if is_child and any(os.path.realpath(fd) == device for fd in (process / "fd").iterdir()):
                os.kill(int(process.name), signal.SIGKILL)


async def _nothing(_town: Town, _modem: str) -> None:
    """It mends itself."""


async def _wrong_pin(town: Town, modem: str) -> None:
    (town.folder / f"{modem}.pin").write_text("9999")
    await town.modems[modem].ask(do="set", pin="1234", plugged=False)
    await town.modems[modem].ask(do="set", plugged=True)


async def _right_pin(town: Town, modem: str) -> None:
    (town.folder / f"{modem}.pin").write_text("1234")


async def _refuse_all(town: Town, modem: str) -> None:
    await town.modems[modem].ask(do="set", refuse_all=38)
    await town.queue(modem, 4)


_FAULTS = (
    Fault("silent while idle", _hang_unasked, _sets(silent=False)),
    Fault("silent in a listing", _hang_listing, _sets(silent=False)),
    Fault("silent in a submission", _hang_submission, _sets(silent=False)),
    Fault("unplugged", _sets(plugged=False), _sets(plugged=True)),
    Fault("rubbish on the line", _sets(rubbish=True), _sets(silent=False)),
    Fault("child killed", _kill_child, _nothing),
    Fault("wrong PIN", _wrong_pin, _right_pin),
    Fault("refuses everything", _refuse_all, _sets(refuse_all=None), "modem.refuses", "modem.sends_again"),
    Fault("no network", _sets(registration=2), _sets(registration=1), "modem.no_network"),
)
_WHOLE = "modem0"  # the modem that stays so


async def measure(town: Town, modem: str, fault: Fault, fault_s: float) -> tuple[float | None, float]:
    """Seconds until it was noticed (None: it passed unnoticed), and from its mending until the modem worked again."""
    begun = time.time()
    await fault.break_it(town, modem)
    noticing = asyncio.create_task(town.until_event(modem, fault.told_by, after=begun))
    await asyncio.sleep(0 if fault.mend is _nothing else fault_s)
    if fault.told_by != "modem.lost" or fault.mend is _right_pin:
        await noticing  # mended by somebody who was told
    mended = time.time()
    before = await town.received(modem)
    await fault.mend(town, modem)
    if fault.back_by:
        back = await town.until_event(modem, fault.back_by, after=mended)
    else:
        await town.modems[modem].ask(do="text", **{"from": "+6281277777777", "text": f"lagi {modem}"})
        async with asyncio.timeout(_PATIENCE_S):
            while await town.received(modem) == before:
                await asyncio.sleep(0.1)
        back = time.time()
    if not noticing.done():
        noticing.cancel()
        return None, back - mended
    return noticing.result() - begun, back - (mended if fault.mend is not _nothing else begun)


async def throughput(town: Town, window_s: float) -> float:
    """SMS a minute that the whole modem sends."""
    before, begun = await town.submits(_WHOLE), time.monotonic()
    await asyncio.sleep(window_s)
    return (await town.submits(_WHOLE) - before) * 60 / (time.monotonic() - begun)


async def run(folder: Path, fault_s: float, window_s: float) -> None:
    """Starts everything, measures, prints."""
    names = [_WHOLE, *(f"modem{n}" for n in range(1, len(_FAULTS) + 1))]
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(open_mailbox())
        modems = {}
        for name in names:
            (folder / f"{name}.pin").write_text("")
            arguments = ("simulate", "modem", "--link", str(folder / name), "--control", str(folder / f"{name}.sock"))
            await stack.enter_async_context(command(*arguments))
            modems[name] = Modem(*await connect(folder / f"{name}.sock"))
        config = folder / "smsd.toml"
        headings = "".join(_MODEM.format(name=name) for name in names)
        config.write_text(_CONFIG.format(port=mailbox.port, folder=folder) + headings)
        settings = load_settings(config)
        pool = await stack.enter_async_context(open_database(settings))
        daemon = await stack.enter_async_context(command("run", "--config", str(config), log=folder / "log"))
        town = Town(folder, pool, open_seal(settings), modems)
        for name in names:
            await town.until_event(name, "modem.ready")
        await town.queue(_WHOLE, int(window_s * 6))
        await asyncio.sleep(3)

        alone = await throughput(town, window_s)
        await _hang_listing(town, "modem2")
        await _hang_submission(town, "modem3")
        beside = await throughput(town, window_s)
        print(f"one modem sends {alone:.0f} SMS/min, {beside:.0f} while two others hang: {beside / alone - 1:+.1%}")
        for name in ("modem2", "modem3"):
            await town.until_event(name, "modem.lost")
            mended = time.time()
            await modems[name].ask(do="set", silent=False)
            await town.until_event(name, "modem.ready", after=mended)

        print(f"\n| fault, lasting {fault_s:g} s | noticed after s | back after s |\n|---|---|---|")
        found = await asyncio.gather(
            *(measure(town, name, fault, fault_s) for name, fault in zip(names[1:], _FAULTS, strict=True))
        )
        for fault, (noticed, back) in zip(_FAULTS, found, strict=True):
            print(f"| {fault.what} | {'-' if noticed is None else f'{noticed:.1f}'} | {back:.1f} |")

        await _hang_listing(town, "modem2")
        await _hang_submission(town, "modem3")
        await asyncio.sleep(5)
        begun = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        code = await daemon.wait()
        budget_s = settings.gateway.shutdown_s
        print(f"\nstop while two hang: {time.monotonic() - begun:.1f} s of {budget_s:g} s, exit code {code}")


async def main() -> None:
    """One run in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--fault-s", type=float, default=20.0, help="how long a fault lasts before it is mended")
    parser.add_argument("--window-s", type=float, default=30.0, help="how long throughput is measured")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="smsd-bench-") as name:
        await run(Path(name), given.fault_s, given.window_s)


if __name__ == "__main__":
    asyncio.run(main())
