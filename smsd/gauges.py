"""What is so just now: what waits, what is late, how modems and database are. Looked up when Prometheus asks."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from smsd.loops import Pulse
from smsd.spool import Spool
from smsd.store.database import CONNECTION_ERRORS
from smsd.store.queries import SQL
from smsd.transports.base import TransportState

_LOOK_S = 3.0  # a database that needs longer counts as away; Prometheus itself waits for 10
_FRESH_S = 5.0  # several that ask at once cost the database one look
_MODEM_STATES = ("starting", "ready", "lost", "stopped")
_REGISTERED = ("HomeNetwork", "RoamingNetwork")  # as libGammu says it


class Modem(Protocol):
    """What is shown of a transport."""

    name: str
    state: TransportState


@dataclass(frozen=True)
class Snapshot:
    """What the database says; nothing of it where it is away."""

    up: bool = False
    took_s: float = 0.0
    waiting: Sequence[asyncpg.Record] = ()
    tickets: Sequence[asyncpg.Record] = ()
    apart: dict[str, int] = field(default_factory=dict)


class Gauges(Collector):
    """Shows the last look at the database, and the modems, the spool and the loops of this process as they are."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        modems: Sequence[Modem],
        spool: Spool,
        pulse: Pulse,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._modems = modems
        self._spool = spool
        self._pulse = pulse
        self._clock = clock
        self._seen = Snapshot()
        self._seen_at: float | None = None
        self._looking = asyncio.Lock()

    async def look(self) -> None:
        """Asks the database, unless it has just been asked."""
        async with self._looking:
            if self._seen_at is None or self._clock() - self._seen_at >= _FRESH_S:
                self._seen = await self._ask()
                self._seen_at = self._clock()

    async def _ask(self) -> Snapshot:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(_LOOK_S), self._pool.acquire() as connection:
                waiting = await connection.fetch(SQL["waiting_work"])
                tickets = await connection.fetch(SQL["open_tickets"])
                apart = dict(await connection.fetchrow(SQL["kept_apart"]))
        except CONNECTION_ERRORS:
            return Snapshot(took_s=time.perf_counter() - began)
        return Snapshot(True, time.perf_counter() - began, waiting, tickets, apart)

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client: all figures anew, so that what is gone is gone."""
        yield from self._database()
        yield from self._modem_states()
        yield _gauge("smsd_spool_parts", "SMS parts on the disk because the database is away.", value=self._spool.parts)
        yield _gauge("smsd_loops_late", "Loops that did not come round in time.", value=len(self._pulse.late()))

    def _database(self) -> Iterator[Metric]:
        seen = self._seen
        yield _gauge("smsd_database_up", "Whether the database answered.", value=float(seen.up))
        yield _gauge("smsd_database_look_seconds", "How long the database took to say what waits.", value=seen.took_s)
        if not seen.up:
            return
        sizes = _gauge("smsd_queue_size", "How much waits.", "queue")
        ages = _gauge("smsd_queue_oldest_seconds", "For how long the oldest of it has waited.", "queue")
        for row in seen.waiting:
            sizes.add_metric([row["queue"]], row["size"])
            ages.add_metric([row["queue"]], max(0.0, row["oldest_s"]))
        yield from (sizes, ages)
        yield from self._tickets()
        apart = _gauge("smsd_quarantine_size", "What waits in quarantine for an operator.", "what")
        for what in ("sms", "spam", "pdu", "mail"):
            apart.add_metric([what], seen.apart[what])
        yield apart
        paused = seen.apart["paused_mailboxes"]
        yield _gauge("smsd_mailboxes_paused", "Mailboxes of agencies that rest because they bounced.", value=paused)

    def _tickets(self) -> Iterator[Metric]:
        by_status: Counter[str] = Counter()
        late: Counter[str] = Counter(verify=0, first_follow_up=0, finish=0, reply=0)
        for row in self._seen.tickets:
            by_status[row["status"]] += row["open"]
            if row["due_for"]:
                late[row["due_for"]] += row["late"]
        opened = _gauge("smsd_tickets_open", "Reports that are not closed.", "status")
        for status, count in by_status.items():
            opened.add_metric([status], count)
        passed = _gauge("smsd_deadlines_late", "Deadlines that have passed and still run.", "due_for")
        for due_for, count in late.items():
            passed.add_metric([due_for], count)
        yield from (opened, passed)

    def _modem_states(self) -> Iterator[Metric]:
        states = _gauge("smsd_modem_state", "1 for the state in which the modem is.", "modem", "state")
        said = {
            "signal": _gauge("smsd_modem_signal_percent", "The signal, where the modem tells it.", "modem"),
            "sim_used": _gauge("smsd_modem_sim_used", "SMS that lie on the SIM and in the modem.", "modem"),
            "sim_size": _gauge("smsd_modem_sim_size", "How many SMS have room there.", "modem"),
        }
        registered = _gauge("smsd_modem_registered", "Whether the modem has a network.", "modem")
        for modem in self._modems:
            for state in _MODEM_STATES:
                states.add_metric([modem.name, state], float(modem.state.state == state))
            registered.add_metric([modem.name], float(modem.state.registered in _REGISTERED))
            for key, family in said.items():
                value: Any = getattr(modem.state, key)
                if value is not None:
                    family.add_metric([modem.name], value)
        yield from (states, registered, *said.values())


def _gauge(name: str, what: str, *labels: str, value: float | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value, labels=labels or None)
