"""How fast complaints come off the modem: 1,000 wait in the network, the SIM has 50 slots, the modem answers at once.

    python bench/intake.py [--complaints N] [--sim-slots N] [--rounds N] [--dsn DSN]

Real parts, each a process of its own: `smsd simulate modem`, PostgreSQL (embedded, or --dsn to an empty database),
`smsd run`, and a mail server. The clock runs from the modem being ready until the last complaint has left the modem,
is stored, and has its ticket and its answer queued; most name a place, and have their mail queued too, the others are
asked for theirs. For scale it prints, measured on the same machine, how fast libGammu alone reads and deletes from the
same modem when nothing is stored.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import asyncpg

from config.settings import load_settings
from smsd.demo.mailbox import open_mailbox
from smsd.store.database import open_database

_WHAT = ("jalan rusak banyak lubang", "lampu jalan mati", "sampah menumpuk bau", "air pdam mati", "ktp belum jadi")
_WHERE = (
    "Kec. Lowokwaru Kota Malang",
    "Kepanjen Kab Malang",
    "Coblong Kota Bandung",
    "Wonokromo Surabaya",
    "Kec. Klojen Kota Malang",
)
_LONGEST_S = 300.0

_CONFIG = """\
[gateway]
state_dir = "."
[database]
dsn = "{dsn}"
[[modem]]
name = "modem0"
device = "modem0"
[mail]
host = "127.0.0.1"
port = {port}
tls = "none"
lmtp_listen = "unix:{folder}/lmtp.sock"
[limits]
automatic_per_hour = 1000
"""

# What libGammu alone can do: walk and delete, storing nothing. The floor that any gateway on it stands on.
_GAMMU_ALONE = """
import gammu, json, sys, time
machine = gammu.StateMachine()
machine.ReadConfig(Filename=sys.argv[1])
machine.Init()
start, read = time.perf_counter(), 0
while read < int(sys.argv[2]):
    try:
        message = machine.GetNextSMS(Folder=0, Start=True)[0]
    except gammu.ERR_EMPTY:
        continue
    while True:
        machine.DeleteSMS(Folder=0, Location=message["Location"])
        read += 1
        try:
            message = machine.GetNextSMS(Folder=0, Location=message["Location"])[0]
        except gammu.ERR_EMPTY:
            break
print(read / (time.perf_counter() - start))
"""


class Modem:
    """The simulated modem, through its control socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, **request: object) -> dict[str, object]:
        """One request, one answer."""
        self._writer.write(json.dumps(request).encode() + b"\n")
        answer: dict[str, object] = json.loads(await self._reader.readline())
        if not answer["ok"]:
            raise SystemExit(f"the simulator refused {request}: {answer['error']}")
        return answer

    async def fill(self, complaints: Sequence[tuple[str, str]]) -> None:
        """Puts the complaints into the network."""
        for number, text in complaints:
            await self.ask(do="text", **{"from": number, "text": text})


@asynccontextmanager
async def simulated_modem(folder: Path, slots: int) -> AsyncIterator[Modem]:
    """`smsd simulate modem`, with its device at folder/modem0."""
    control = folder / "control"
    arguments = ("simulate", "modem", "--link", folder / "modem0", "--control", control, "--sim-slots", str(slots))
    async with command(*map(str, arguments)):
        reader, writer = await connect(control)
        yield Modem(reader, writer)
        writer.close()


async def connect(control: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the simulator's control socket, once it listens: the file is there a moment earlier."""
    async with asyncio.timeout(_LONGEST_S):
        while True:
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                return await asyncio.open_unix_connection(control)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def command(*arguments: str, log: Path | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    """Runs `smsd ...` beside us."""
    with open(log or os.devnull, "wb") as output:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "smsd", *arguments, stderr=output)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


def make_complaints(count: int) -> list[tuple[str, str]]:
    """As many texts, each by another number."""
    chosen = random.Random(1708)
    return [
        (f"+62812{n:08}", f"tlg {chosen.choice(_WHAT)} di {chosen.choice(_WHERE)} sudah {n % 90 + 1} hari")
        for n in range(count)
    ]


async def measure_gammu(folder: Path, complaints: Sequence[tuple[str, str]], slots: int) -> float:
    """SMS a second through libGammu alone."""
    config = folder / "gammurc"
    config.write_text(f"[gammu]\ndevice = {folder / 'modem0'}\nconnection = at115200\nmodel = at\n")
    async with simulated_modem(folder, slots) as modem:
        await modem.fill(complaints)
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", _GAMMU_ALONE, str(config), str(len(complaints))],
            capture_output=True,
            check=True,
        )
    return float(done.stdout)


async def measure_smsd(
    folder: Path, complaints: Sequence[tuple[str, str]], slots: int, dsn: str
) -> tuple[float, float]:
    """Complaints a second through the whole of smsd, and which share of them has a mail to an agency."""
    async with open_mailbox() as mailbox, simulated_modem(folder, slots) as modem:
        config = folder / "smsd.toml"
        config.write_text(_CONFIG.format(dsn=dsn, port=mailbox.port, folder=folder))
        await modem.fill(complaints)
        async with (
            open_database(load_settings(config)) as pool,
            command("run", "--config", str(config), log=folder / "log") as daemon,
        ):
            handled, mails = await answered(pool), await mailed(pool)
            async with asyncio.timeout(_LONGEST_S):
                while await answered(pool) - handled < len(complaints) or await on_modem(modem):
                    if daemon.returncode is not None:
                        raise SystemExit((folder / "log").read_text()[-2000:])
                    await asyncio.sleep(0.02)
            end = time.time()
            sent_on = (await mailed(pool) - mails) / len(complaints)
            return len(complaints) / (end - ready_at(folder / "log")), sent_on


async def answered(pool: asyncpg.Pool) -> int:
    """Messages that were handled and have an SMS that answers them."""
    count: int = await pool.fetchval(
        """SELECT least((SELECT count(*) FROM inbound_message WHERE state = 'handled'),
                        (SELECT count(*) FROM outbox_sms))"""
    )
    return count


async def mailed(pool: asyncpg.Pool) -> int:
    """Tickets that were sent on; one that was asked for its place is not, yet."""
    count: int = await pool.fetchval("SELECT count(DISTINCT ticket_id) FROM dispatch")
    return count


async def on_modem(modem: Modem) -> int:
    """SMS that are still on the SIM, or wait for a place on it."""
    status = await modem.ask(do="status")
    return int(str(status["waiting"])) + int(str(status["on_sim"]))


def ready_at(log: Path) -> float:
    """When the daemon said that its modem was ready, in seconds since 1970."""
    for line in log.read_text().splitlines():
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if event["event"] == "modem.ready":
                return datetime.fromisoformat(event["timestamp"]).timestamp()
    raise SystemExit(f"the modem was never ready; see {log}")


async def main() -> None:
    """Prints one line a round, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--complaints", type=int, default=1000)
    parser.add_argument("--sim-slots", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dsn", default="embedded", help="another database than the embedded one; it must be empty")
    given = parser.parse_args()
    complaints = make_complaints(given.complaints)
    for number in range(1, given.rounds + 1):
        with tempfile.TemporaryDirectory(prefix="smsd-bench-") as name:
            alone = await measure_gammu(Path(name), complaints, given.sim_slots)
            whole, sent_on = await measure_smsd(Path(name), complaints, given.sim_slots, given.dsn)
        print(
            f"round {number}: {given.complaints} complaints, {given.sim_slots} slots: smsd {whole:.0f}/s "
            f"(read, stored, ticket and answer queued, {sent_on:.0%} with their mail); libGammu alone {alone:.0f}/s "
            f"(read and deleted only); ratio {whole / alone:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    asyncio.run(main())
