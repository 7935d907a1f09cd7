"""The daemon: what `smsd run` opens, starts, waits for and closes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog
from prometheus_client import CollectorRegistry

from config.settings import Settings
from smsd import told
from smsd.clock_step import take_back_the_future
from smsd.expire import expire_sms
from smsd.gauges import Gauges
from smsd.handle_mail import MailKeeper
from smsd.loops import Bell, Pulse, Stop, wait_any, work_through
from smsd.mail.lmtp import LmtpServer, ReceivedMail, open_lmtp
from smsd.mail.smtp import open_mailer
from smsd.metrics_server import open_metrics_page
from smsd.modem_board import ModemBoard
from smsd.notify import feed_watchdog, notify
from smsd.office import smtp_settings
from smsd.parts import PartStore, join_overdue
from smsd.receive import Drainer, Intake, Receiver
from smsd.rotation import follow_key
from smsd.rulebook import open_rulebook
from smsd.send_mail import LEASE_S as MAIL_LEASE_S
from smsd.send_sms import LEASE_S as SMS_LEASE_S
from smsd.send_sms import SmsSender
from smsd.share import Share, only_one
from smsd.spool import Spool, open_spool
from smsd.status_line import StatusLine
from smsd.store.database import (
    CONNECTION_ERRORS,
    DatabaseAway,
    StoreError,
    key_file_of,
    open_pool,
    verify_database,
)
from smsd.store.seal import KeyFileError, Seal
from smsd.transports.gsm import GsmModem, open_gsm_modem
from smsd.work import Work, reload_when_asked, sms_valid

log = structlog.get_logger()

_DATABASE_PATIENCE_S = 3.0  # at the start; then the modems are served without it
_DATABASE_AGAIN_S = 5.0
# A server that takes longer for one statement hangs. Ours take milliseconds; what waits for an operator's lock, or for
# a disk that is busy with a backup, is undone and tried again. Migrations and the command `smsd` have no such limit.
_STATEMENT_S = 15.0
_SHORT_STEP_S = 60.0  # a step that only talks to the database
_LISTEN_AGAIN_S = 1.0
_LAST_WORDS_S = 2.0
_CUT_S = 1.0
_CLOSING_S = 3.0  # of the shutdown budget: for modems, mail and database to be closed once the loops have ended


@dataclass(frozen=True)
class _Loop:
    """A loop to be: its name, one step of it, the table whose news wake it, and how long a step may take."""

    name: str
    step: Callable[[], Awaitable[int]]
    table: str
    longest_step_s: float = _SHORT_STEP_S


async def run(
    settings: Settings, share: Share, stop: Stop, reload: asyncio.Event, metrics: CollectorRegistry | None = None
) -> None:
    """The life of the daemon. Returns after a clean stop; raises StoreError, or whatever bug ended a loop.

    `metrics` has what is counted from the log's events; what waits is added here.
    """
    bell, pulse = Bell(), Pulse()
    with only_one(share.folder) as owner:
        rules = open_rulebook(settings)
        key_file = key_file_of(settings)
        async with (
            _open_database(settings, key_file) as pool,
            open_mailer(smtp_settings(settings)) as mailer,
            _open_board(pool, bell) as board,
            _open_modems(share, board, pulse) as modems,
        ):
            seal = key_file()
            spool = open_spool(share.folder, seal, settings.gateway.spool_mb * 1_000_000)
            parts = PartStore(pool, seal)
            intake = Intake(parts, spool, bell, verified=False)
            attempts, valid = settings.limits.sms_attempts, sms_valid(settings)
            senders = [SmsSender(m, pool, seal, owner=owner, attempts=attempts, valid=valid) for m in modems]
            work = Work(rules, pool, mailer, owner, senders)

            async def take_up() -> None:
                """What must be so before anything is written to the database."""
                await verify_database(settings, pool)
                await work.send_mail.release()
                for sender in senders:
                    await sender.release()
                intake.verified = True

            loops = [
                _Loop("spool", Drainer(parts, spool).step, "spool"),
                _Loop("modem states", board.step, "modem"),
                _Loop("key", lambda: follow_key(pool, seal), "sealing_key"),
                _Loop("clock", lambda: _join_gaps(work.rules.settings, pool, seal, spool), "clock"),
                *_by_the_rules(work, pool),
                *(_Loop(f"send {s.name}", s.step, "outbox_sms", SMS_LEASE_S) for s in senders),
            ]
            receivers = [Receiver(modem, intake, _beat(pulse, f"receive {modem.name}")) for modem in modems]
            status = StatusLine([m.name for m in modems], board, spool, pulse)
            async with (
                _open_lmtp(share, work, MailKeeper(pool)) as lmtp,
                _open_metrics(share, metrics, Gauges(pool, modems, spool, pulse)) as page,
            ):
                names = [modem.name for modem in modems]
                log.info("smsd.started", lmtp=lmtp and lmtp.address, modems=names, metrics=page)
                helpers = [
                    _listen(pool, bell),
                    feed_watchdog(pulse, status.text),
                    status.watch(pool, settings.zone),
                ]

                def reloads() -> Coroutine[None, None, None]:
                    """Not before we are ready: a reload ends with the same word."""
                    return reload_when_asked(reload, settings, work, status)

                with _told_alone():
                    await _until_stopped(settings, take_up, loops, receivers, helpers, reloads, pool, bell, pulse, stop)
    log.info("smsd.stopped")


def _by_the_rules(work: Work, pool: asyncpg.Pool) -> list[_Loop]:
    """The loops that decide: each step asks anew what decides now."""
    return [
        _Loop("send mail", lambda: work.send_mail.step(), "outbox_mail", MAIL_LEASE_S),
        _Loop("handle sms", lambda: work.handle_sms.step(), "inbound_message"),
        _Loop("handle mail", lambda: work.handle_mail.step(), "inbound_mail"),
        _Loop("refused mail", lambda: work.refused_mail.step(), "outbox_mail"),
        _Loop("clocks", lambda: work.clocks.step(), "ticket"),
        _Loop("digests", lambda: work.digests.step(), "digest"),
        _Loop("expire sms", lambda: expire_sms(pool, sms_valid(work.rules.settings)), "clock"),
        _Loop("retention", lambda: work.retention.step(), "clock"),
        _Loop("clock set back", lambda: take_back_the_future(pool), "clock"),
    ]


async def _join_gaps(settings: Settings, pool: asyncpg.Pool, seal: Seal, spool: Spool) -> int:
    """Not while the missing part may be in the spool. From another process's it comes late, and fills the gap."""
    return 0 if spool else await join_overdue(pool, seal, timedelta(seconds=settings.gateway.parts_wait_s))


async def _until_stopped(
    settings: Settings,
    take_up: Callable[[], Awaitable[None]],
    loops: Sequence[_Loop],
    receivers: Sequence[Receiver],
    helpers: Sequence[Coroutine[None, None, None]],
    reloads: Callable[[], Coroutine[None, None, None]],
    pool: asyncpg.Pool,
    bell: Bell,
    pulse: Pulse,
    stop: Stop,
) -> None:
    """Runs all loops; after the stop they finish what is in hand, and are cut short when the budget is spent."""
    try:
        async with AsyncExitStack() as stack, asyncio.timeout(None) as budget, asyncio.TaskGroup() as group:
            helping = [group.create_task(helper) for helper in helpers]
            for receiver in receivers:
                group.create_task(receiver.run(stop), name=f"receive {receiver.name}")
            await _until_taken_up(take_up, stop)
            for loop in loops:
                group.create_task(
                    work_through(
                        loop.name,
                        loop.step,
                        wake=bell.listen(loop.table),
                        stop=stop,
                        pulse=pulse,
                        longest_step_s=loop.longest_step_s,
                    ),
                    name=loop.name,
                )
            await _all_beating(pulse, [loop.name for loop in loops], stop)
            notify("READY=1")
            helping.append(group.create_task(reloads()))
            await stop.event.wait()
            notify("STOPPING=1")
            log.info("smsd.stopping", budget_s=settings.gateway.shutdown_s)
            clock = asyncio.get_running_loop()
            for_loops_s = max(settings.gateway.shutdown_s - _CLOSING_S, settings.gateway.shutdown_s / 2)
            budget.reschedule(clock.time() + for_loops_s)
            # A statement that is broken off is waited for; not on a server that hangs.
            stack.callback(clock.call_later(for_loops_s + _CUT_S, pool.terminate).cancel)
            for helper in helping:
                helper.cancel()
    except TimeoutError:
        # Safe: what was cut is a row with a lease or a claim that the database has undone.
        log.warning("smsd.stop_cut_short", budget_s=settings.gateway.shutdown_s)


async def _until_taken_up(take_up: Callable[[], Awaitable[None]], stop: Stop) -> None:
    """Tries until the database is there, or the stop comes. Meanwhile the modems are served, so we are ready."""
    while not stop:
        try:
            await take_up()
            return
        except (DatabaseAway, *CONNECTION_ERRORS) as e:
            notify("READY=1")
            log.error("database.missing", error=str(e) or type(e).__name__, again_in_s=_DATABASE_AGAIN_S)
            await wait_any((stop.event,), _DATABASE_AGAIN_S)


@contextmanager
def _told_alone() -> Iterator[None]:
    """What an operator must mend leaves the task group as itself, and becomes one line and an exit code."""
    try:
        yield
    except BaseExceptionGroup as group:
        if told := group.subgroup((StoreError, KeyFileError)):
            raise told.exceptions[0] from None
        raise


async def _all_beating(pulse: Pulse, names: Sequence[str], stop: Stop) -> None:
    """Ready means that every loop has come round once."""
    while not stop and not pulse.beats.keys() >= set(names):
        await wait_any((stop.event,), 0.02)


async def _listen(pool: asyncpg.Pool, bell: Bell) -> None:
    """For ever: rings the bell when any process leaves new work. The loops' own poll is the net under this."""
    while True:
        try:
            async with pool.acquire() as connection:
                await _hear(connection, bell)
        except CONNECTION_ERRORS as e:
            log.debug("database.not_listening", error=str(e))
        await asyncio.sleep(_LISTEN_AGAIN_S)


async def _hear(connection: asyncpg.Connection, bell: Bell) -> None:
    """Until the connection is lost."""
    lost = asyncio.Event()
    connection.add_termination_listener(lambda *_: lost.set())

    def ring(_connection: object, _pid: int, _channel: str, table: object) -> None:
        bell.ring(str(table))

    def tell(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        told.hear(str(payload))

    await connection.add_listener("smsd_work", ring)
    await connection.add_listener(told.CHANNEL, tell)
    try:
        bell.ring_all()  # what came while nobody listened
        await lost.wait()
    finally:
        await connection.remove_listener("smsd_work", ring)
        await connection.remove_listener(told.CHANNEL, tell)


# ---------------------------------------------------------------- what is opened


@asynccontextmanager
async def _open_database(settings: Settings, seal: Callable[[], Seal]) -> AsyncIterator[asyncpg.Pool]:
    """A pool on the database, which must be ours if it answers; if it does not, the modems are served without it."""
    async with open_pool(settings, statement_s=_STATEMENT_S, seal=seal) as pool:
        try:
            await verify_database(settings, pool, patience_s=_DATABASE_PATIENCE_S)
        except DatabaseAway as e:
            log.error("database.missing", error=str(e))
        yield pool


@asynccontextmanager
async def _open_board(pool: asyncpg.Pool, bell: Bell) -> AsyncIterator[ModemBoard]:
    """Writes down the modems' last words after they are closed."""
    board = ModemBoard(pool, bell)
    try:
        yield board
    finally:
        with contextlib.suppress(*CONNECTION_ERRORS):
            async with asyncio.timeout(_LAST_WORDS_S):
                await board.step()


@asynccontextmanager
async def _open_modems(share: Share, board: ModemBoard, pulse: Pulse) -> AsyncIterator[list[GsmModem]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(open_gsm_modem(modem, board.tell, _beat(pulse, f"receive {modem.name}")))
            for modem in share.modems
        ]


@asynccontextmanager
async def _open_metrics(share: Share, metrics: CollectorRegistry | None, gauges: Gauges) -> AsyncIterator[str | None]:
    registry = metrics or CollectorRegistry()
    registry.register(gauges)
    async with open_metrics_page(share.metrics_listen, registry, gauges.look) as page:
        yield page


def _beat(pulse: Pulse, name: str) -> Callable[[float], None]:
    return lambda within_s: pulse.beat(name, within_s)


@asynccontextmanager
async def _open_lmtp(share: Share, work: Work, keeper: MailKeeper) -> AsyncIterator[LmtpServer | None]:
    """Where agencies' answers come in, if they come in here."""
    if not share.takes_mail:
        yield None
        return
    async with open_lmtp(
        work.rules.settings.mail.lmtp_listen,
        keeper.store,
        accepts=lambda address: _domain(address) == work.rules.settings.mail.reply_domain.lower(),
        on_error=_tell_lmtp_error,
    ) as lmtp:
        yield lmtp


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _tell_lmtp_error(error: Exception, mail: ReceivedMail | None) -> None:
    """The MTA was told to keep the mail."""
    log.error("mail.not_stored", error=type(error).__name__, bytes=len(mail.raw) if mail else None)
