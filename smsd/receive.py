"""From the transport to where it is durable: the database, or the spool while that is away; only then forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Sequence

import asyncpg
import structlog

from smsd.kill_points import reach
from smsd.loops import Bell, Stop
from smsd.parts import Arrived, PartStore
from smsd.spool import Spool
from smsd.store.database import CONNECTION_ERRORS
from smsd.transports.base import Batch, Transport

log = structlog.get_logger()

_AGAIN_S = 2.0
_STORE_S = 5.0  # a database that needs longer for a batch counts as away: the modem fills meanwhile
_KEEP_S = 120.0  # the longest that keeping may take, with a database that hangs and a slow disk
_PARTS_AT_ONCE = 300  # of the spool, in one transaction


class Intake:
    """Makes parts durable: in the database, or behind what already waits in the spool."""

    def __init__(self, store: PartStore, spool: Spool, bell: Bell, *, verified: bool = True) -> None:
        self._store = store
        self._spool = spool
        self._bell = bell
        self.verified = verified  # before anything is written, the database must have shown that its schema is ours

    async def keep(self, arrived: Sequence[Arrived]) -> bool:
        """Whether they are durable now. If not, nothing is wrong with them, and they may be given again."""
        if self.verified and not self._spool:
            try:
                async with asyncio.timeout(_STORE_S):
                    await self._store.store(arrived)
                return True
            except asyncpg.DeadlockDetectedError:  # two transports waited for each other
                return False
            except CONNECTION_ERRORS as e:
                log.warning("database.away", loop="receive", error=str(e) or type(e).__name__)
        if not await self._spool.keep(arrived):
            return False
        self._bell.ring("spool")
        for name, parts in Counter(one.transport for one in arrived).items():
            log.warning("spool.kept", modem=name, parts=parts, waiting=self._spool.parts)
        return True


class Receiver:
    """Keeps one transport's mail: the loop is `run`."""

    def __init__(self, transport: Transport, intake: Intake, alive: Callable[[float], None] | None = None) -> None:
        self._transport = transport
        self._intake = intake
        self._alive = alive  # is told at least as often as the seconds it is given

    @property
    def name(self) -> str:
        """Of the transport."""
        return self._transport.name

    async def run(self, stop: Stop) -> None:
        """Until the stop. A batch in hand is kept and acknowledged first; an idle wait is broken off."""
        stopping = asyncio.ensure_future(stop.event.wait())
        try:
            while not stop:
                receiving = asyncio.ensure_future(self._transport.receive())
                try:
                    await asyncio.wait((receiving, stopping), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not receiving.done():
                        receiving.cancel()
                        with contextlib.suppress(asyncio.CancelledError):
                            await receiving
                if receiving.done() and not receiving.cancelled():
                    await self._take(receiving.result(), stop)
        finally:
            stopping.cancel()

    async def _take(self, batch: Batch, stop: Stop) -> None:
        """Invariant 1: kept, and only then acknowledged. What cannot be kept stays with the modem, or the network."""
        reach("parts.seen")
        arrived = [Arrived(self.name, part.pdu) for part in batch.parts]
        while not await self._intake.keep(arrived):
            if self._alive:
                self._alive(_KEEP_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_S):
                    await stop.event.wait()
            if stop:
                return
        reach("parts.kept")
        await self._transport.acknowledge(batch)
        reach("parts.forgotten")


class Drainer:
    """Empties the spool into the database, in the order in which it was filled."""

    def __init__(self, store: PartStore, spool: Spool) -> None:
        self._store = store
        self._spool = spool
        self._drained = 0
        self._since: float | None = None

    async def step(self) -> int:
        """Stores the oldest files in one transaction, and only then removes them; how many parts that were."""
        files = await self._spool.first(_PARTS_AT_ONCE)
        arrived = [one for _, content in files for one in content]
        if files:
            self._since = self._since or files[0][0].kept_at
            try:
                await self._store.store(arrived)
            except asyncpg.DeadlockDetectedError:  # once more
                return len(arrived)
            reach("spool.stored")
            await self._spool.forget([kept for kept, _ in files])
            reach("spool.forgotten")
            self._drained += len(arrived)
        if self._since and not self._spool:
            log.info("spool.drained", parts=self._drained, away_s=round(time.time() - self._since))
            self._drained, self._since = 0, None
        return len(arrived)
