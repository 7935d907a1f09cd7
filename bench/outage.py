"""How soon all is right again after the database was away: 5,000 SMS over 3 modems arrive while PostgreSQL is stopped.

    python bench/outage.py [--sms N] [--modems N] [--numbers N] [--longer-s N] [--at-start]

Real parts, each a process of its own: simulated modems, a PostgreSQL that is stopped and started, and `smsd run`.
Every number texts over all modems, the next SMS when the one before has left its modem, so that there is an order to
keep. The clock runs from PostgreSQL taking connections again until every SMS is a message. Then each must be there
exactly once, and each number's in order. With --at-start the gateway is started while the database is away. Exits with
1 if anything is not so, or takes longer than a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
from intake import Modem, command, connect, on_modem

from smsd.demo.mailbox import open_mailbox
from smsd.store.throwaway import Throwaway, connect_with_key, throwaway_postgres

_TARGET_S = 60.0
_LONGEST_S = 1800.0

_CONFIG = """\
[gateway]
state_dir = "."
[database]
dsn = "{dsn}"
{modems}
[mail]
host = "127.0.0.1"
port = {mail}
tls = "none"
lmtp_listen = "unix:{folder}/lmtp.sock"
[log]
format = "json"
"""


async def main() -> None:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sms", type=int, default=5000)
    parser.add_argument("--modems", type=int, default=3)
    parser.add_argument("--numbers", type=int, default=100)
    parser.add_argument("--longer-s", type=float, default=0, help="stay away so long after the last SMS")
    parser.add_argument("--at-start", action="store_true", help="start the gateway while the database is away")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="smsd-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root the server runs as another user
        async with throwaway_postgres(folder / "postgres") as server:
            problems = await measure(folder, server, given)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


async def measure(folder: Path, server: Throwaway, given: argparse.Namespace) -> list[str]:
    """What was not as it should be."""
    names = [f"modem{n}" for n in range(given.modems)]
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(open_mailbox())
        modems = [await _open_modem(stack, folder, name) for name in names]
        config = folder / "smsd.toml"
        tables = "".join(f'[[modem]]\nname = "{name}"\ndevice = "{name}"\n' for name in names)
        config.write_text(_CONFIG.format(dsn=server.dsn, modems=tables, mail=mailbox.port, folder=folder))
        async with command("db", "init", "--config", str(config)) as init:
            await init.wait()
        run = command("run", "--config", str(config), log=folder / "log")
        if not given.at_start:
            await stack.enter_async_context(run)
            await _until_ready(folder / "log", given.modems)
        await asyncio.to_thread(server.stop)
        if given.at_start:
            await stack.enter_async_context(run)
        began = time.monotonic()
        await _send(modems, given.sms, given.numbers)
        arrived_s = time.monotonic() - began
        kept = sum(
            json.loads(line)["parts"] for line in (folder / "log").read_text().splitlines() if '"spool.kept"' in line
        )
        print(f"away: {given.sms} SMS left {given.modems} modems in {arrived_s:.1f} s, {kept} for the disk", flush=True)
        await asyncio.sleep(given.longer_s)
        await asyncio.to_thread(server.start)
        took_s = await _until_messages(server, given.sms)
        print(f"back: all {given.sms} are messages after {took_s:.1f} s ({given.sms / took_s:.0f}/s)", flush=True)
        problems = await _compare(server, given.sms, folder / "smsd.key")
    if took_s > _TARGET_S:
        problems.append(f"slow: more than {_TARGET_S:g} s")
    return problems


async def _open_modem(stack: AsyncExitStack, folder: Path, name: str) -> Modem:
    control = folder / f"{name}.control"
    arguments = ("simulate", "modem", "--link", folder / name, "--control", control)
    await stack.enter_async_context(command(*map(str, arguments)))
    reader, writer = await connect(control)
    stack.callback(writer.close)
    return Modem(reader, writer)


async def _until_ready(log: Path, modems: int) -> None:
    async with asyncio.timeout(_LONGEST_S):
        while log.read_text().count("modem.ready") < modems:
            await asyncio.sleep(0.1)


async def _send(modems: Sequence[Modem], sms: int, numbers: int) -> None:
    """In rounds: in each, every number texts once, over one modem and in the next round over another."""
    for first in range(0, sms, numbers):
        for n in range(first, min(first + numbers, sms)):
            modem = modems[(n + n // numbers) % len(modems)]
            await modem.ask(do="text", **{"from": f"+62812000{n % numbers:05}", "text": f"STATUS laporan {n:05}"})
        async with asyncio.timeout(_LONGEST_S):
            while any([await on_modem(modem) for modem in modems]):
                await asyncio.sleep(0.01)


async def _until_messages(server: Throwaway, sms: int) -> float:
    began = time.monotonic()
    connection = await asyncpg.connect(server.dsn)
    async with asyncio.timeout(_LONGEST_S):
        while await connection.fetchval("SELECT count(*) FROM inbound_message") < sms:
            await asyncio.sleep(0.05)
    took_s = time.monotonic() - began
    await connection.close()
    return took_s


async def _compare(server: Throwaway, sms: int, key_file: Path) -> list[str]:
    """What is lost, there twice, or not in order."""
    connection = await connect_with_key(server.dsn, key_file)
    rows = await connection.fetch("SELECT phone_id, text FROM inbound_message ORDER BY id")
    quarantined = await connection.fetchval("SELECT count(*) FROM quarantine")
    await connection.close()
    by_phone = defaultdict(list)
    for row in rows:
        by_phone[row["phone_id"]].append(int(re.findall("[0-9]+", row["text"])[-1]))
    found = [n for ns in by_phone.values() for n in ns]
    counts = {
        "lost": len(set(range(sms)) - set(found)),
        "repeated": len(found) - len(set(found)),
        "numbers out of order": sum(ns != sorted(ns) for ns in by_phone.values()),
        "quarantined": quarantined,
    }
    print("found: " + ", ".join(f"{count} {what}" for what, count in counts.items()), flush=True)
    return [f"wrong: {count} {what}" for what, count in counts.items() if count]


if __name__ == "__main__":
    asyncio.run(main())
