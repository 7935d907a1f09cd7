"""The shape of every loop, with a real database that goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from smsd import loops
from smsd.loops import Bell, Pulse, Stop, wait_any, work_through

Events = list[dict[str, object]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the monotonic clock shows, for the pulse alone."""
    now = [100.0]
    monkeypatch.setattr(loops.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits a hundredth of what the daemon waits."""
    monkeypatch.setattr(loops, "_AWAY_FIRST_S", 0.005)
    monkeypatch.setattr(loops, "_AWAY_MOST_S", 0.03)
    monkeypatch.setattr(loops, "_POLL_S", 0.01)


async def run(step: Callable[[], Awaitable[int]], stop: Stop, wake: asyncio.Event | None = None) -> Pulse:
    """One loop with this step, until it ends."""
    pulse = Pulse()
    await work_through("test", step, wake=wake or asyncio.Event(), stop=stop, pulse=pulse, longest_step_s=60)
    return pulse


class TestStop:
    def test_it_is_asked_once_and_for_all(self) -> None:
        """Asking again changes nothing."""
        stop = Stop()
        assert not stop
        stop.ask()
        stop.ask()
        assert stop
        assert stop.event.is_set()


class TestPulse:
    def test_a_loop_is_late_after_the_time_it_gave_itself(self, clock: list[float]) -> None:
        """Each by its own word, in alphabetical order."""
        pulse = Pulse()
        pulse.beat("send", 10)
        pulse.beat("clock", 10)
        pulse.beat("handle", 60)
        clock[0] += 10
        assert [] == pulse.late()
        clock[0] += 0.1
        assert ["clock", "send"] == pulse.late()

    def test_a_beat_makes_it_good(self, clock: list[float]) -> None:
        """Late is not for ever."""
        pulse = Pulse()
        pulse.beat("send", 1)
        clock[0] += 2
        pulse.beat("send", 1)
        assert [] == pulse.late()

    def test_a_loop_that_is_done_owes_nothing(self, clock: list[float]) -> None:
        """Ending twice, or without ever having begun, is no error."""
        pulse = Pulse()
        pulse.beat("send", 1)
        clock[0] += 2
        pulse.end("send")
        pulse.end("send")
        assert [] == pulse.late()


class TestBell:
    def test_all_who_listen_to_the_table_wake(self) -> None:
        """And nobody else."""
        bell = Bell()
        one, two, other = bell.listen("outbox_sms"), bell.listen("outbox_sms"), bell.listen("outbox_mail")
        bell.ring("outbox_sms")
        assert [True, True, False] == [one.is_set(), two.is_set(), other.is_set()]

    def test_everybody_can_be_woken(self) -> None:
        """Notices may have been missed."""
        bell = Bell()
        events = [bell.listen(table) for table in ("outbox_sms", "inbound_mail")]
        bell.ring_all()
        assert all(event.is_set() for event in events)

    def test_a_table_that_nobody_minds(self) -> None:
        """A newer process may announce work that this one does not know."""
        Bell().ring("outbox_pigeon")


class TestWaitAny:
    async def test_it_returns_with_the_first(self) -> None:
        """The other events stay as they are, and no task is left behind."""
        one, two = asyncio.Event(), asyncio.Event()
        asyncio.get_running_loop().call_soon(two.set)
        await wait_any((one, two), 60)
        assert [False, True] == [one.is_set(), two.is_set()]
        assert {asyncio.current_task()} == asyncio.all_tasks()

    async def test_it_returns_when_the_time_is_over(self) -> None:
        """With no task left behind."""
        await wait_any((asyncio.Event(), asyncio.Event()), 0.001)
        assert {asyncio.current_task()} == asyncio.all_tasks()

    async def test_it_leaves_no_task_when_it_is_cancelled(self) -> None:
        """As at the end of the shutdown budget."""
        waiting = asyncio.create_task(wait_any((asyncio.Event(), asyncio.Event()), 60))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert {asyncio.current_task()} == asyncio.all_tasks()


class TestWorkThrough:
    async def test_it_works_on_until_there_is_nothing(self, hasty: None) -> None:
        """Then it looks again after the poll; it ends at the stop, and owes no more beats."""
        stop, left, calls = Stop(), [3, 1, 0, 2, 0, 0], []

        async def step() -> int:
            calls.append(left[0])
            if len(left) == 1:
                stop.ask()
            return left.pop(0)

        pulse = await run(step, stop)
        assert [3, 1, 0, 2, 0, 0] == calls
        assert {} == pulse.beats

    async def test_the_bell_wakes_it(self) -> None:
        """Long before the poll."""
        stop, bell, calls = Stop(), Bell(), 0
        wake = bell.listen("outbox_sms")

        async def step() -> int:
            nonlocal calls
            calls += 1
            if calls == 3:
                stop.ask()
            asyncio.get_running_loop().call_later(0.001, bell.ring, "outbox_sms")
            return 0

        await run(step, stop, wake)
        assert 3 == calls

    async def test_news_that_come_during_a_step_are_not_lost(self) -> None:
        """A row that is written after the step has looked, and before it returns."""
        stop, wake, calls = Stop(), asyncio.Event(), 0

        async def step() -> int:
            nonlocal calls
            calls += 1
            stop.ask() if calls == 2 else wake.set()
            return 0

        await run(step, stop, wake)
        assert 2 == calls

    async def test_a_stop_is_looked_at_between_two_steps(self) -> None:
        """However much there is to do; the step in hand is finished."""
        stop, done = Stop(), []

        async def step() -> int:
            stop.ask()
            await asyncio.sleep(0)
            done.append("finished")
            return 1

        await run(step, stop)
        assert ["finished"] == done

    async def test_nothing_begins_after_the_stop(self) -> None:
        """Not even a first step."""
        stop = Stop()
        stop.ask()

        async def step() -> int:
            raise AssertionError("began after the stop")

        assert {} == (await run(step, stop)).beats

    async def test_a_bug_leaves_the_loop(self) -> None:
        """It is not waited out: the process ends, and systemd starts it again."""

        async def step() -> int:
            raise KeyError("a bug")

        with pytest.raises(KeyError, match="a bug"):
            await run(step, Stop())

    async def test_a_statement_that_is_wrong_leaves_the_loop(self, pool: asyncpg.Pool) -> None:
        """The database answers, so it is not away."""

        async def step() -> int:
            return int(await pool.fetchval("SELECT no_such_column"))

        with pytest.raises(asyncpg.UndefinedColumnError):
            await run(step, Stop())

    async def test_the_database_may_go_away(self, pool: asyncpg.Pool, hasty: None, events: Events) -> None:
        """It waits longer and longer, up to a bound; after one good step it begins small again."""
        stop, calls = Stop(), 0

        async def step() -> int:
            nonlocal calls
            calls += 1
            if calls in (5, 7):
                return 1
            if calls == 8:
                stop.ask()
                return 0
            async with pool.acquire() as connection:
                own = await connection.fetchval("SELECT pg_backend_pid()")
                await pool.execute("SELECT pg_terminate_backend($1)", own)
                return len(await connection.fetch("SELECT 1"))

        pulse = await run(step, stop)
        assert [0.005, 0.01, 0.02, 0.03, 0.005] == [event["again_in_s"] for event in events]
        assert {("database.away", "test", "warning")} == {(e["event"], e["loop"], e["log_level"]) for e in events}
        assert all(event["error"] for event in events)
        assert {} == pulse.beats

    async def test_a_stop_ends_the_wait_for_the_database(self, events: Events) -> None:
        """An error without words is named by its kind."""
        stop = Stop()

        async def step() -> int:
            asyncio.get_running_loop().call_soon(stop.ask)
            raise TimeoutError

        await run(step, stop)
        assert ["TimeoutError"] == [event["error"] for event in events]

    async def test_it_gives_its_word_for_as_long_as_a_step_may_take(self, clock: list[float]) -> None:
        """Each round anew, and for the wait for the database too."""
        stop, pulse, words = Stop(), Pulse(), []

        async def step() -> int:
            words.append(pulse.beats["test"])
            clock[0] += 10
            if len(words) == 2:
                asyncio.get_running_loop().call_soon(lambda: words.append(pulse.beats["test"]))
                asyncio.get_running_loop().call_soon(stop.ask)
                raise ConnectionResetError
            return 1

        await work_through("test", step, wake=asyncio.Event(), stop=stop, pulse=pulse, longest_step_s=60)
        assert [(100.0, 65.0), (110.0, 65.0), (120.0, 65.5)] == words
