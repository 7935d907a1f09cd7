"""What stands around the daemon: modems with their networks, a database server, a mail server. Each can be broken."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from bench.torture.mail import MailServer, open_mail_server
from smsd.simulator.simulator import Simulator, open_simulator
from smsd.store.seal import make_key_file
from smsd.store.throwaway import Throwaway, throwaway_postgres

Event = dict[str, Any]

_CONFIG = """\
[gateway]
state_dir = "."
shutdown_s = 20
[database]
dsn = "{dsn}"
[mail]
host = "127.0.0.1"
port = {port}
tls = "none"
lmtp_listen = "{lmtp}"
[limits]
{limits}
{sections}
[log]
format = "json"
{modems}"""
_MODEM = """\
[[modem]]
name = "{name}"
device = "{name}"
poll_s = 2.0
"""
_RESTART_S = 0.2  # what systemd waits before it starts a service again


class Daemon:
    """`smsd run`, started again whenever it ends, as systemd does; what it tells is kept for who waits for it."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config = config
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._heard: deque[tuple[float, Event]] = deque(maxlen=10_000)
        self._waiting: dict[asyncio.Future[float], Callable[[Event], bool]] = {}
        self._wanted = True
        self._next_kill_at = ""
        self.starts = 0
        self.died_at: Counter[str] = Counter()  # kill points, and how often it died there
        self._killed = False
        self.page: str | None = None  # host and port of its figures, once it has started

    async def run(self) -> None:
        """Until stop(), after which it may run again."""
        self._wanted = True
        with self._log.open("ab") as log:
            while self._wanted:
                point, self._next_kill_at = self._next_kill_at, ""
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "smsd", "run", "--config", str(self._config)),
                    stderr=asyncio.subprocess.PIPE,
                    env=os.environ | {"SMSD_KILL_AT": point, "PYTHONUNBUFFERED": "1"},
                    limit=1 << 24,
                )
                self.starts, self._killed = self.starts + 1, False
                assert self._process.stderr is not None
                async for line in self._process.stderr:
                    log.write(line)
                    log.flush()
                    self._hear(line)
                ended = await self._process.wait()
                if point and ended == -signal.SIGKILL and not self._killed:
                    self.died_at[point.partition(":")[0]] += 1
                self._hear(json.dumps({"event": "torture.ended", "code": ended}).encode())
                await asyncio.sleep(_RESTART_S)

    def _hear(self, line: bytes) -> None:
        try:
            at, event = time.monotonic(), json.loads(line)
        except ValueError:  # the last words of a process that died in the middle of a line
            return
        if event.get("event") == "smsd.started":
            self.page = event.get("metrics")
        self._heard.append((at, event))
        for told, wanted in self._waiting.items():
            if not told.done() and wanted(event):
                told.set_result(at)

    async def heard(self, since: float, wanted: Callable[[Event], bool], within_s: float) -> float | None:
        """When it first told something after `since`, in seconds of the monotonic clock; None if it has not in time."""
        for at, event in self._heard:
            if at > since and wanted(event):
                return at
        told: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[told] = wanted
        try:
            return await asyncio.wait_for(told, within_s)
        except TimeoutError:
            return None
        finally:
            del self._waiting[told]

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        if self._process and self._process.returncode is None:
            self._killed = True
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def kill_next_at(self, point: str) -> None:
        """The next process dies at a point of smsd.kill_points, `name:count`."""
        self._next_kill_at = point

    async def stop(self) -> float:
        """SIGTERM; how long it took to leave."""
        self._wanted = False
        began = time.monotonic()
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
        return time.monotonic() - began


async def cut_connections(server: Throwaway) -> None:
    """Ends all connections, some of them in the middle of a transaction."""
    with contextlib.suppress(OSError, asyncpg.PostgresError):
        connection = await asyncpg.connect(server.dsn)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        await connection.close()


class Town:
    """All of it."""

    def __init__(
        self, folder: Path, server: Throwaway, simulators: list[Simulator], mail: MailServer, daemon: Daemon
    ) -> None:
        self.folder = folder
        self.server = server
        self.simulators = simulators
        self.mail = mail
        self.daemon = daemon

    @property
    def key_file(self) -> Path:
        """That opens what stands in its database."""
        return self.folder / "smsd.key"

    @property
    def lmtp(self) -> Path:
        """Where the daemon takes mail."""
        return self.folder / "lmtp.sock"


@asynccontextmanager
async def open_town(
    folder: Path, modems: int, *, limits: str = "", sections: str = "", lmtp: str = "", smtp_port: int = 0
) -> AsyncIterator[Town]:
    """Everything is up, the daemon being started.

    `limits` are lines of that section, `sections` are further ones. Where `smtp_port` is given, the daemon hands its
    mail over there, and not to the town's mail server; where `lmtp` is, it takes mail there.
    """
    async with AsyncExitStack() as stack:
        folder.chmod(0o755)  # as root the server runs as another user
        server = await stack.enter_async_context(throwaway_postgres(folder / "postgres"))
        mail = await stack.enter_async_context(open_mail_server())
        names = [f"modem{n}" for n in range(modems)]
        simulators = [await stack.enter_async_context(open_simulator(link=folder / name)) for name in names]
        config = folder / "smsd.toml"
        config.write_text(
            _CONFIG.format(
                dsn=server.dsn,
                port=smtp_port or mail.port,
                lmtp=lmtp or f"unix:{folder}/lmtp.sock",
                limits=limits,
                sections=sections,
                modems="".join(_MODEM.format(name=name) for name in names),
            )
        )
        make_key_file(folder / "smsd.key")
        await _init(config)
        daemon = Daemon(config, folder / "smsd.log")
        running = asyncio.create_task(daemon.run())
        try:
            yield Town(folder, server, simulators, mail, daemon)
        finally:
            await daemon.stop()
            await running


async def _init(config: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "smsd", "db", "init", "--config", str(config)), stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait():
        raise SystemExit("smsd db init failed")
