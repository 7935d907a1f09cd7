"""The program; see the package."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import random
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

from bench.torture.faults import Faults, Plan
from bench.torture.people import Citizens, Officials
from bench.torture.town import Town, open_town
from bench.torture.verdict import Verdict, judge
from smsd.store.queries import SQL
from smsd.store.throwaway import connect_with_key

# What breaks all the time must not be given up, nor a citizen be answered less.
_LIMITS = "automatic_per_hour = 1000\nsms_attempts = 1000\nmail_attempts = 1000"
_STILL_S = 150.0  # without any change, after which what waits counts as stuck; an SMS in doubt rests for 30 s


async def torture(folder: Path, given: argparse.Namespace) -> int:
    """Runs it; 0 if every promise holds."""
    chance = random.Random(given.seed)
    began = time.monotonic()
    async with open_town(folder, given.modems, limits=_LIMITS) as town:
        citizens = Citizens(town, random.Random(chance.random()))
        officials = Officials(town, random.Random(chance.random()))
        faults = Faults(town, random.Random(chance.random()))
        people = [asyncio.create_task(citizens.answer_questions()), asyncio.create_task(officials.work())]
        plan = Plan(**{field.name: getattr(given, field.name) for field in dataclasses.fields(Plan)})
        rounds = max(plan.kills, 1)
        shares = iter([given.sms * (n + 1) // rounds - given.sms * n // rounds for n in range(rounds)])
        await faults.rounds(plan, lambda within_s: citizens.report(next(shares), within_s))
        broke = time.monotonic() - began
        database = await connect_with_key(town.server.dsn, town.key_file)
        await still(town, officials, database)
        verdict = await judge(town, citizens, officials, database)
        await database.close()
        stopped_s = await town.daemon.stop()
        for task in people:
            task.cancel()
        ended = await asyncio.gather(*people, return_exceptions=True)
    _print(given, faults, verdict, town, broke, time.monotonic() - began, stopped_s)
    broken = verdict.broken(plan.kills)
    broken += [f"the harness itself: {each!r}" for each in ended if isinstance(each, Exception)]
    for each in broken:
        print(f"BROKEN  {each}")
    if broken:
        print(f"again with --seed {given.seed}; the daemon's log: {folder}/smsd.log")
    return 1 if broken else 0


async def still(town: Town, officials: Officials, database: asyncpg.Connection) -> None:
    """Waits until nothing is under way, or nothing changes any more."""
    last, since = None, time.monotonic()
    while time.monotonic() - since < _STILL_S:
        work = await database.fetchrow(SQL["open_work"])
        on_the_air = [simulator.network.waiting + simulator.on_sim for simulator in town.simulators]
        now = (*work.values(), *on_the_air, officials.waiting, town.mail.arrived.qsize())
        if not any(now):
            return
        if now != last:
            last, since = now, time.monotonic()
        await asyncio.sleep(0.5)


def _print(
    given: argparse.Namespace, faults: Faults, verdict: Verdict, town: Town, broke: float, took: float, stopped: float
) -> None:
    out = Console(highlight=False, width=100)
    out.print("until work went on:")
    table = Table("fault", "times", "median s", "longest s")
    for row in faults.lines():
        table.add_row(*row)
    out.print(table)
    died = ", ".join(f"{point} {count}" for point, count in sorted(town.daemon.died_at.items()))
    out.print(f"died at named points: {died or 'none'}", markup=False)
    out.print(f"seed {given.seed}: {given.sms} reports, {given.modems} modems")
    table = Table("what", "count")
    for field in dataclasses.fields(Verdict):
        table.add_row(field.name.replace("_", " "), str(getattr(verdict, field.name)))
    out.print(table)
    out.print(f"{broke:.0f} s of faults, {took:.0f} s in all, {town.daemon.starts} starts, stop took {stopped:.1f} s")


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(prog="python -m bench.torture", description=(sys.modules["bench.torture"].__doc__))
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seed", type=int, default=1708)
    parser.add_argument("--sms", type=int, default=300, help="reports that citizens text")
    parser.add_argument("--modems", type=int, default=4)
    parser.add_argument("--kills", type=int, default=20, help="SIGKILLs of the daemon, half of them at named points")
    parser.add_argument("--database-kills", type=int, default=3)
    parser.add_argument("--database-cuts", type=int, default=3, help="all connections ended")
    parser.add_argument("--database-freezes", type=int, default=1, help="nothing answers for some seconds")
    parser.add_argument("--unplugs", type=int, default=3, help="modems that vanish and come back")
    parser.add_argument("--silences", type=int, default=1, help="modems that stop answering for some seconds")
    parser.add_argument("--mail-outages", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to work; it stays. Else a temporary one")
    given = parser.parse_args()
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
        return asyncio.run(torture(given.folder, given))
    folder = Path(tempfile.mkdtemp(prefix="smsd-torture-"))
    return asyncio.run(torture(folder, given))


if __name__ == "__main__":
    sys.exit(main())
