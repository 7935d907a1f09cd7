"""What breaks when, drawn from the seed, and how long it takes until work goes on."""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from bench.torture.mail import FAULTS
from bench.torture.town import Event, Town, cut_connections
from smsd.cli.progress import progress
from smsd.kill_points import POINTS
from smsd.tell import Tell

# Signs that the daemon does its work again.
_WORKS = frozenset({"sms.received", "ticket.opened", "sms.handled", "sms.sent", "mail.accepted", "ticket.answered"})
_MODEM_WORKS = frozenset({"modem.ready", "sms.received", "sms.sent"})
_ROUND_S = 10.0  # of life after the start, at most; libGammu alone takes 4 s of them to open a modem
_POINT_S = 12.0  # to come to the point of a kill; then it is killed anyway
_RECOVERY_S = 180.0  # for signs of work to be seen
_TELL_EVERY = 10


@dataclass(frozen=True)
class Plan:
    """How often each thing breaks."""

    kills: int
    database_kills: int
    database_cuts: int
    database_freezes: int
    unplugs: int
    silences: int
    mail_outages: int


class Faults:
    """`recovery` has, by kind of fault, the seconds from the mending to the next sign of work.

    Where there was none to see, for nothing waited for it or the daemon was killed before, there is None.
    """

    def __init__(self, town: Town, chance: random.Random) -> None:
        self.recovery: dict[str, list[float | None]] = defaultdict(list)
        self._town = town
        self._chance = chance
        self._database = asyncio.Lock()
        self._mail = asyncio.Lock()
        self._modems = [asyncio.Lock() for _ in town.simulators]

    async def rounds(self, plan: Plan, load: Callable[[float], Coroutine[None, None, None]]) -> None:
        """One round for each kill: load and other faults at the same time, and in the end the kill."""
        rounds = max(plan.kills, 1)
        others = self._spread(plan, rounds)
        with progress("rounds", rounds) as step:
            await self._rounds(plan, rounds, others, load, step)

    async def _rounds(
        self,
        plan: Plan,
        rounds: int,
        others: list[list[Callable[[], Coroutine[None, None, None]]]],
        load: Callable[[float], Coroutine[None, None, None]],
        step: Tell,
    ) -> None:
        armed, died = False, time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(rounds):
                for work in (load(_ROUND_S), *(fault() for fault in others[number])):
                    group.create_task(work)
                if plan.kills:
                    kind = "SIGKILL at a named point" if armed else "SIGKILL at any moment"
                    armed, died = await self._kill(armed, died)
                    group.create_task(self._recovered(kind, died))
                else:
                    await asyncio.sleep(_ROUND_S)
                step(1)
                if number % _TELL_EVERY == _TELL_EVERY - 1 and not sys.stderr.isatty():
                    print(f"{number + 1} of {rounds} rounds", file=sys.stderr, flush=True)

    def _spread(self, plan: Plan, rounds: int) -> list[list[Callable[[], Coroutine[None, None, None]]]]:
        """The other faults, each in a round that is drawn."""
        kinds = (
            (plan.database_kills, self._kill_database),
            (plan.database_cuts, self._cut_database),
            (plan.database_freezes, self._freeze_database),
            (plan.unplugs, self._unplug),
            (plan.silences, self._silence),
            (plan.mail_outages, self._break_mail),
        )
        spread: list[list[Callable[[], Coroutine[None, None, None]]]] = [[] for _ in range(rounds)]
        for count, fault in kinds:
            for _ in range(count):
                spread[self._chance.randrange(rounds)].append(fault)
        return spread

    # ---------------------------------------------------------------- the faults

    async def _kill(self, armed: bool, died: float) -> tuple[bool, float]:
        """Kills the process, or lets it come to its point; whether the next one has a point, and when this one died."""
        daemon = self._town.daemon
        arms_next = self._chance.random() < 0.5
        point = f"{self._chance.choice(list(POINTS))}:{self._chance.randint(1, 6)}" if arms_next else ""
        moment_s = self._chance.uniform(0, _ROUND_S)
        began = await daemon.heard(died, lambda event: event["event"] == "smsd.started", _RECOVERY_S)
        daemon.kill_next_at(point)
        ended = await daemon.heard(began or died, _ended, _POINT_S if armed else moment_s)
        if ended is not None:
            return arms_next, ended
        now = time.monotonic()
        daemon.kill()
        return arms_next, await daemon.heard(now, _ended, _RECOVERY_S) or now

    async def _kill_database(self) -> None:
        await self._some_time()
        async with self._database:
            self._town.server.kill()
            await asyncio.sleep(self._chance.uniform(0.5, 5))
            await asyncio.to_thread(self._town.server.start)
        await self._recovered("PostgreSQL killed", time.monotonic())

    async def _cut_database(self) -> None:
        await self._some_time()
        async with self._database:
            await cut_connections(self._town.server)
        await self._recovered("connections cut", time.monotonic())

    async def _freeze_database(self) -> None:
        await self._some_time()
        async with self._database:
            self._town.server.freeze()
            await asyncio.sleep(self._chance.uniform(2, 8))
            self._town.server.thaw()
        await self._recovered("PostgreSQL frozen", time.monotonic())

    async def _unplug(self) -> None:
        await self._some_time()
        number = self._chance.randrange(len(self._modems))
        async with self._modems[number]:
            self._town.simulators[number].vanish()
            await asyncio.sleep(self._chance.uniform(0.5, 5))
            self._town.simulators[number].plug_in()
        await self._recovered("modem unplugged", time.monotonic(), modem=number)

    async def _silence(self) -> None:
        await self._some_time()
        number = self._chance.randrange(len(self._modems))
        async with self._modems[number]:
            self._town.simulators[number].modem.hang()
            await asyncio.sleep(self._chance.uniform(2, 8))
            self._town.simulators[number].modem.recover()
        await self._recovered("modem silent", time.monotonic(), modem=number)

    async def _break_mail(self) -> None:
        await self._some_time()
        async with self._mail:
            await self._town.mail.break_down(self._chance.choice(FAULTS))
            await asyncio.sleep(self._chance.uniform(1, 8))
            await self._town.mail.mend()
        await self._recovered("mail server broken", time.monotonic(), signs=frozenset({"mail.accepted"}))

    async def _some_time(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, _ROUND_S))

    async def _recovered(
        self, kind: str, since: float, *, modem: int | None = None, signs: frozenset[str] = _WORKS
    ) -> None:
        """Notes when work goes on, on that modem if one is given; not where the daemon is killed before it does."""
        name = f"modem{modem}"

        def sign(event: Event) -> bool:
            if modem is None:
                return event["event"] in signs
            return event.get("modem") == name and event["event"] in _MODEM_WORKS

        works = asyncio.create_task(self._town.daemon.heard(since, sign, _RECOVERY_S))
        killed = asyncio.create_task(self._town.daemon.heard(since, _ended, _RECOVERY_S))
        await asyncio.wait((works, killed), return_when=asyncio.FIRST_COMPLETED)
        at = works.result() if works.done() else None
        self.recovery[kind].append(at - since if at is not None else None)
        works.cancel()
        killed.cancel()

    def lines(self) -> list[tuple[str, str, str, str]]:
        """Kind, how often, median and longest recovery in seconds, for the table."""
        rows = []
        for kind, times in sorted(self.recovery.items()):
            seen = [each for each in times if each is not None]
            median, longest = (f"{statistics.median(seen):.1f}", f"{max(seen):.1f}") if seen else ("-", "-")
            rows.append((kind, str(len(times)), median, longest))
        return rows


def _ended(event: Event) -> bool:
    return bool(event["event"] == "torture.ended")
