"""What one number that texts without end costs the others, and how a loop of two machines ends.

    python -m bench.flood [--texts N] [--modems N] [--others N]

The real daemon on simulated modems. First some citizens text one report each, one after the other, and wait for the
answer; then they do so again while one number texts thousands of different reports. At last a machine that
answers every SMS with one of its own meets the gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from bench.torture.town import Town, open_town
from smsd.simulator.network import Subscription

_FLOOD, _MACHINE = "+6281299999999", "+6281288888888"
_BETWEEN_S = 1.0
_IN_THE_AIR = 20
_ANSWERS_AFTER_S = 1.1  # the same text within a second is the same SMS, delivered twice
# Not thanks, which nobody answers: words that read as a report.
_ANSWER = "Nomor ini rusak, layanan air mati di Kota Malang. Hubungi petugas kami di Kantor Kecamatan Lowokwaru."
_LOOP_STILL_S = 20.0


async def answered(town: Town, number: str, text: str, modem: int) -> float:
    """Seconds from the text to the first SMS back."""
    simulator = town.simulators[modem]
    subscriptions = [each.network.subscribe() for each in town.simulators]
    began = time.monotonic()
    simulator.network.text(number, text)

    async def first(subscription: Subscription) -> None:
        async for shown in subscription:
            if shown.number == number:
                return

    waiting = [asyncio.create_task(first(each)) for each in subscriptions]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return time.monotonic() - began


async def ask_in_turn(town: Town, first: int, count: int) -> list[float]:
    """How long each of so many citizens waited, in turn on each modem."""
    citizens = []
    for n in range(first, first + count):
        text = f"Jalan rusak banyak lubang di RT {n} Kec. Lowokwaru Kota Malang."
        modem = n % len(town.simulators)
        citizens.append(asyncio.create_task(answered(town, f"+62812{n:08}", text, modem)))
        await asyncio.sleep(_BETWEEN_S)
    return list(await asyncio.gather(*citizens))


async def flood(town: Town, texts: int) -> None:
    """One number's texts as fast as the first modem takes them; others' texts are not behind all of them in the air."""
    network = town.simulators[0].network
    for n in range(texts):
        while network.waiting >= _IN_THE_AIR:
            await network.changed.wait()
        network.text(_FLOOD, f"Selokan mampet di gang nomor {n} Coblong Kota Bandung.")


def show(what: str, waited: Sequence[float], modems: int) -> None:
    """One line, and one for each modem."""
    print(f"{what}: median {statistics.median(waited):.2f} s, longest {max(waited):.2f} s", flush=True)
    for n in range(modems):
        print(f"    through modem{n}: median {statistics.median(waited[n::modems]):.2f} s")


async def loop_of_machines(town: Town) -> int:
    """How many SMS a machine that answers everything was sent until the gateway fell silent."""
    subscriptions = [each.network.subscribe() for each in town.simulators]
    sent = 0
    last = time.monotonic()

    async def answer(subscription: Subscription) -> None:
        nonlocal sent, last
        async for shown in subscription:
            if shown.number == _MACHINE:
                sent, last = sent + 1, time.monotonic()
                await asyncio.sleep(_ANSWERS_AFTER_S)
                town.simulators[0].network.text(_MACHINE, _ANSWER)

    machine = [asyncio.create_task(answer(each)) for each in subscriptions]
    town.simulators[0].network.text(_MACHINE, _ANSWER)
    while time.monotonic() - last < _LOOP_STILL_S:
        await asyncio.sleep(1)
    for task in machine:
        task.cancel()
    return sent


async def main() -> None:
    """Prints the waiting times, their difference, and the end of the loop."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--modems", type=int, default=2)
    parser.add_argument("--others", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="smsd-flood-") as name:
        async with open_town(Path(name), given.modems, limits="automatic_per_hour = 60") as town:
            database = await asyncpg.connect(town.server.dsn)
            await answered(town, "+628120000000", "Lampu jalan mati di Kota Bandung.", 0)  # all is open and loaded now
            calm = await ask_in_turn(town, 0, given.others)
            show("nobody else texts", calm, given.modems)
            flooding = asyncio.create_task(flood(town, given.texts))
            while await database.fetchval("SELECT count(*) FROM inbound_message") < 100:
                await asyncio.sleep(0.1)
            flooded = await ask_in_turn(town, given.others, given.others)
            sent = await database.fetchval("SELECT count(*) FROM inbound_message") - 2 * given.others
            await flooding
            left = await database.fetchval("SELECT count(*) FROM inbound_message WHERE state = 'new'")
            show(f"while one number texts, up to {sent} of {given.texts} texts", flooded, given.modems)
            print(f"of its texts {left} are still to be handled", flush=True)
            print(
                f"difference of the medians: {statistics.median(flooded) - statistics.median(calm):.2f} s", flush=True
            )
            print(f"a machine that answers everything was sent {await loop_of_machines(town)} SMS, then no more")
            await database.close()


if __name__ == "__main__":
    asyncio.run(main())
