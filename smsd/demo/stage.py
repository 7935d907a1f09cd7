"""Sets the stage: configuration, simulated modem, mailbox, and `smsd run` as a process of its own."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from config.settings import Settings, load_settings
from smsd.demo.mailbox import Mailbox, open_mailbox
from smsd.simulator.simulator import Simulator, open_simulator
from smsd.store.database import open_database
from smsd.store.queries import SQL

_CODE = re.compile(r"\b\d{3} \d{3} \d{4}\b")
_START_S = 120.0  # on a machine that is busy with other things; a service that ends is noticed at once
_STOP_S = 30.0
_GLANCE_S = 0.1
_OWN_SIGNAL_S = 3.0

_CONFIG = """\
# Written by `smsd demo`: everything on this machine, nothing leaves it.
[gateway]
state_dir = "."
[database]
dsn = "embedded"
[[modem]]
name = "modem0"
device = "modem0"
poll_s = 2.0
[mail]
host = "127.0.0.1"
port = {smtp_port}
tls = "none"
lmtp_listen = "127.0.0.1:{lmtp_port}"
[log]
format = "json"
"""


class StageError(Exception):
    """The service is not up, or the play cannot go on; the message says where to look."""


@dataclass(frozen=True)
class Stage:
    """Everything that a play needs."""

    settings: Settings
    simulator: Simulator
    mailbox: Mailbox
    pool: asyncpg.Pool
    lmtp: tuple[str, int]
    process: asyncio.subprocess.Process
    log: Path

    async def hold(self, play: Coroutine[None, None, None]) -> None:
        """Runs a play to its end; StageError if the service ends before."""
        playing, ending = asyncio.ensure_future(play), asyncio.ensure_future(self.process.wait())
        try:
            await asyncio.wait((playing, ending), return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                await asyncio.sleep(_OWN_SIGNAL_S)  # Ctrl-C reaches both of us, and a busy machine tells us last
                raise StageError(f"the service ended by itself; the end of its log, {self.log}:\n{_tail(self.log)}")
            await playing
        finally:
            for task in (playing, ending):
                task.cancel()
            await asyncio.gather(playing, ending, return_exceptions=True)

    async def settled(self) -> None:
        """Waits until nothing is under way: on the air, in the database, or at the mail server."""
        while True:
            await self.simulator.drained()
            work = await self.pool.fetchrow(SQL["open_work"])
            if not any(work.values()) and not self.simulator.network.waiting:
                return
            await asyncio.sleep(_GLANCE_S)

    async def code_of(self, number: str, nth: int = 1) -> str:
        """The number, 3-3-4, of the n-th report that a phone was told; -1 is the latest."""
        while True:
            texts = [text.text for text in self.simulator.network.inbox(number)]
            codes: list[str] = list(dict.fromkeys(code for text in texts for code in _CODE.findall(text)))
            if len(codes) >= abs(nth):
                return codes[nth - 1 if nth > 0 else nth]
            await self.simulator.network.changed.wait()


@asynccontextmanager
async def open_stage(folder: Path) -> AsyncIterator[Stage]:
    """Everything up and running; StageError if the daemon does not come up."""
    lmtp = ("127.0.0.1", _free_port())
    async with open_mailbox() as mailbox, open_simulator(link=folder / "modem0", latency_s=0.05) as simulator:
        config = folder / "smsd.toml"
        config.write_text(_CONFIG.format(smtp_port=mailbox.port, lmtp_port=lmtp[1]), encoding="utf-8")
        settings = load_settings(config)
        log = folder / "smsd.log"
        async with open_database(settings) as pool, _daemon(config, log) as process:
            await _until_modem_ready(pool, process, log)
            yield Stage(settings, simulator, mailbox, pool, lmtp, process, log)


@asynccontextmanager
async def _daemon(config: Path, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "smsd", "run", "--config", str(config)),
            stdout=file,
            stderr=file,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(_STOP_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _until_modem_ready(pool: asyncpg.Pool, process: asyncio.subprocess.Process, log: Path) -> None:
    try:
        async with asyncio.timeout(_START_S):
            while process.returncode is None:
                if any(row["state"] == "ready" for row in await pool.fetch(SQL["list_modems"])):
                    return
                await asyncio.sleep(_GLANCE_S)
    except TimeoutError:
        pass
    raise StageError(f"the service did not start; the end of its log, {log}:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
