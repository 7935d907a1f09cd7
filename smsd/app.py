"""The daemon: what `smsd run` opens, starts, waits for and closes."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog

from config.settings import Settings
from smsd.bounce import RefusedMails
from smsd.clock_step import take_back_the_future
from smsd.clocks import Clocks
from smsd.desk.rules import Desk
from smsd.digests import DigestWriter
from smsd.erasure import Retention
from smsd.expire import expire_sms
from smsd.handle_mail import MailHandler, MailKeeper, Trust
from smsd.handle_sms import Limits, SmsHandler
from smsd.loops import Bell, Pulse, Stop, wait_any, work_through
from smsd.mail.lmtp import ReceivedMail, open_lmtp
from smsd.mail.smtp import Mailer, open_mailer
from smsd.modem_board import ModemBoard
from smsd.notify import feed_watchdog, notify
from smsd.office import open_desk, sms_limits, smtp_settings
from smsd.parts import PartStore, join_overdue
from smsd.receive import Drainer, Intake, Receiver
from smsd.rotation import follow_key
from smsd.send_mail import LEASE_S as MAIL_LEASE_S
from smsd.send_mail import Addresses, MailSender
from smsd.send_sms import LEASE_S as SMS_LEASE_S
from smsd.send_sms import SmsSender
from smsd.spool import Spool, open_spool
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


class AlreadyRunning(StoreError):
    """Another smsd works in the same state directory."""


@dataclass(frozen=True)
class _Loop:
    """A loop to be: its name, one step of it, the table whose news wake it, and how long a step may take."""

    name: str
    step: Callable[[], Awaitable[int]]
    table: str
    longest_step_s: float = _SHORT_STEP_S


async def run(settings: Settings, stop: Stop) -> None:
    """The life of the daemon. Returns after a clean stop; raises StoreError, or whatever bug ended a loop."""
    bell, pulse = Bell(), Pulse()
    with only_one(settings) as owner:
        desk = open_desk(settings)
        key_file = key_file_of(settings)
        async with (
            _open_database(settings, key_file) as pool,
            open_mailer(smtp_settings(settings)) as mailer,
            _open_board(pool, bell) as board,
            _open_modems(settings, board, pulse) as modems,
            open_lmtp(
                settings.mail.lmtp_listen,
                MailKeeper(pool).store,
                accepts=lambda address: _domain(address) == settings.mail.reply_domain.lower(),
                on_error=_tell_lmtp_error,
            ) as lmtp,
        ):
            seal = key_file()
            spool = open_spool(settings.gateway.state_dir, seal, settings.gateway.spool_mb * 1_000_000)
            parts = PartStore(pool, seal)
            intake = Intake(parts, spool, bell, verified=False)
            valid = timedelta(hours=settings.limits.sms_valid_h)
            senders = [
                SmsSender(modem, pool, seal, owner=owner, attempts=settings.limits.sms_attempts, valid=valid)
                for modem in modems
            ]
            mails = _mail_sender(settings, mailer, pool, desk, owner)

            async def take_up() -> None:
                """What must be so before anything is written to the database."""
                await verify_database(settings, pool)
                await mails.release()
                for sender in senders:
                    await sender.release()
                intake.verified = True

            loops = [
                _Loop("spool", Drainer(parts, spool).step, "spool"),
                _Loop("send mail", mails.step, "outbox_mail", MAIL_LEASE_S),
                _Loop("modem states", board.step, "modem"),
                *_handling(settings, pool, desk),
                _Loop("key", lambda: follow_key(pool, seal), "sealing_key"),
                _Loop("retention", Retention(pool, settings.privacy).step, "clock"),
                _Loop("clock", lambda: _join_gaps(settings, pool, seal, spool), "clock"),
                _Loop("expire sms", lambda: expire_sms(pool, valid), "clock"),
                _Loop("clock set back", lambda: take_back_the_future(pool), "clock"),
                *(_Loop(f"send {s.name}", s.step, "outbox_sms", SMS_LEASE_S) for s in senders),
            ]
            receivers = [Receiver(modem, intake, _beat(pulse, f"receive {modem.name}")) for modem in modems]
            log.info("smsd.started", lmtp=lmtp.address, modems=[m.name for m in modems])
            with _told_alone():
                await _until_stopped(settings, take_up, loops, receivers, pool, bell, pulse, stop)
    log.info("smsd.stopped")


def _handling(settings: Settings, pool: asyncpg.Pool, desk: Desk) -> list[_Loop]:
    """The loops that decide."""
    limits = Limits(sms_limits(settings), settings.limits.message_attempts)
    return [
        _Loop("handle sms", SmsHandler(pool, desk, limits).step, "inbound_message"),
        _Loop("handle mail", MailHandler(pool, desk, limits, Trust(settings.mail.authserv_id)).step, "inbound_mail"),
        _Loop("refused mail", RefusedMails(pool, desk, limits).step, "outbox_mail"),
        _Loop("clocks", Clocks(pool, desk, limits.sms).step, "ticket"),
        _Loop("digests", DigestWriter(pool, desk, settings.mail.digest_time).step, "digest"),
    ]


async def _join_gaps(settings: Settings, pool: asyncpg.Pool, seal: Seal, spool: Spool) -> int:
    """Not while the missing part may be in the spool."""
    return 0 if spool else await join_overdue(pool, seal, timedelta(seconds=settings.gateway.parts_wait_s))


async def _until_stopped(
    settings: Settings,
    take_up: Callable[[], Awaitable[None]],
    loops: Sequence[_Loop],
    receivers: Sequence[Receiver],
    pool: asyncpg.Pool,
    bell: Bell,
    pulse: Pulse,
    stop: Stop,
) -> None:
    """Runs all loops; after the stop they finish what is in hand, and are cut short when the budget is spent."""
    try:
        async with AsyncExitStack() as stack, asyncio.timeout(None) as budget, asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(_listen(pool, bell), name="listen"),
                group.create_task(feed_watchdog(pulse, lambda: f"{len(receivers)} modems"), name="watchdog"),
            ]
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
            await stop.event.wait()
            notify("STOPPING=1")
            log.info("smsd.stopping", budget_s=settings.gateway.shutdown_s)
            clock = asyncio.get_running_loop()
            for_loops_s = max(settings.gateway.shutdown_s - _CLOSING_S, settings.gateway.shutdown_s / 2)
            budget.reschedule(clock.time() + for_loops_s)
            # A statement that is broken off is waited for; not on a server that hangs.
            stack.callback(clock.call_later(for_loops_s + _CUT_S, pool.terminate).cancel)
            for helper in helpers:
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
            notify("READY=1\nSTATUS=the database is away; SMS go to the spool")
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

    await connection.add_listener("smsd_work", ring)
    try:
        bell.ring_all()  # what came while nobody listened
        await lost.wait()
    finally:
        await connection.remove_listener("smsd_work", ring)


# ---------------------------------------------------------------- what is opened


@contextmanager
def only_one(settings: Settings) -> Iterator[str]:
    """Holds the state directory, so that leases named after it are ours alone; yields that name."""
    folder = settings.gateway.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / "smsd.lock", "w")  # noqa: SIM115  closed below, and with it the lock
    except OSError as e:
        raise StoreError(f"[gateway] state_dir {folder} cannot be used ({e.strerror}); create it for this user") from e
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"another smsd already runs in {folder}; stop it, or use another state_dir") from None
        yield f"{socket.gethostname()}:{folder}"


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
async def _open_modems(settings: Settings, board: ModemBoard, pulse: Pulse) -> AsyncIterator[list[GsmModem]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(open_gsm_modem(modem, board.tell, _beat(pulse, f"receive {modem.name}")))
            for modem in settings.modems
        ]


def _beat(pulse: Pulse, name: str) -> Callable[[float], None]:
    return lambda within_s: pulse.beat(name, within_s)


def _mail_sender(settings: Settings, mailer: Mailer, pool: asyncpg.Pool, desk: Desk, owner: str) -> MailSender:
    return MailSender(
        mailer,
        pool,
        desk,
        Addresses(settings.mail.sender, settings.mail.reply_domain),
        owner=owner,
        attempts=settings.limits.mail_attempts,
        at_once=settings.mail.connections,
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _tell_lmtp_error(error: Exception, mail: ReceivedMail | None) -> None:
    """The MTA was told to keep the mail."""
    log.error("mail.not_stored", error=f"{type(error).__name__}: {error}", bytes=len(mail.raw) if mail else None)
