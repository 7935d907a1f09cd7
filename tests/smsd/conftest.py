"""A stage for the loops: a transport that plays a script, PDUs as phones send them, a cable to PostgreSQL to be cut."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import email.policy
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope

from bench.year.clock import make_database
from config.settings import Settings
from parser import gsm7
from parser.pdu import Concat, encode_deliver
from routing.agencies import Directory
from smsd.desk.rules import Desk
from smsd.handle_sms import Limits, SmsHandler
from smsd.loops import Bell, Stop
from smsd.mail.smtp import SmtpSettings, open_mailer
from smsd.parts import PartStore
from smsd.receive import Drainer, Intake, Receiver
from smsd.send_mail import Addresses, MailSender
from smsd.send_sms import SmsSender
from smsd.spool import Spool, open_spool
from smsd.store.queries import SCHEMA
from smsd.store.seal import Seal
from smsd.store.throwaway import Throwaway, throwaway_postgres
from smsd.transports.base import Batch, RawPart, Submission
from smsd.writes import SmsLimits, put_together

SENT_AT = datetime(2026, 8, 3, 9, 14, tzinfo=timezone(timedelta(hours=7)))
QUICK = ("fsync=off", "full_page_writes=off")  # what is committed survives a kill, though not a power cut
_numbers = itertools.count(1)


@dataclass
class ScriptedTransport:
    """A Transport that hands out the batches it is given, and answers each submission with the next outcome.

    Without an outcome left it answers with references from 1 on. `on_acknowledge` and `on_send` look in from outside.
    """

    name: str = "modem0"
    batches: asyncio.Queue[Batch] = field(default_factory=asyncio.Queue)
    acknowledged: list[Batch] = field(default_factory=list)
    outcomes: list[int | Exception] = field(default_factory=list)
    sent: list[Submission] = field(default_factory=list)
    on_acknowledge: Callable[[Batch], Awaitable[None]] | None = None
    on_send: Callable[[Submission], Awaitable[None]] | None = None
    references: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    closed_for_sending: str | None = None

    async def receive(self) -> Batch:
        """The next batch; waits for ever when there is none."""
        return await self.batches.get()

    async def acknowledge(self, batch: Batch) -> None:
        """Remembers it."""
        if self.on_acknowledge:
            await self.on_acknowledge(batch)
        self.acknowledged.append(batch)

    async def send(self, submission: Submission) -> int:
        """The next outcome."""
        self.sent.append(submission)
        if self.on_send:
            await self.on_send(submission)
        outcome = self.outcomes.pop(0) if self.outcomes else next(self.references)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def batch(*pdus: str, session: int = 1) -> Batch:
    """What one look at a SIM finds."""
    return Batch(session, [RawPart(pdu, ("SM", slot)) for slot, pdu in enumerate(pdus, 1)])


@pytest.fixture(scope="session")
def scripted() -> type[ScriptedTransport]:
    """Makes a ScriptedTransport."""
    return ScriptedTransport


@pytest.fixture(scope="session")
def batch_of() -> Callable[..., Batch]:
    """Makes a Batch of PDUs."""
    return batch


# ---------------------------------------------------------------- phones


def new_number() -> str:
    """The number of a phone that no other test uses."""
    return f"+62812{next(_numbers):08d}"


@pytest.fixture
def number() -> str:
    """A citizen's number."""
    return new_number()


@pytest.fixture(scope="session")
def another_number() -> Callable[[], str]:
    """More citizens' numbers."""
    return new_number


def cut(text: str, alphabet: Literal["gsm7", "ucs2"], size: int) -> list[str]:
    """Cuts as careless phones do: at so many UTF-16 units, through surrogate pairs, or at so many characters."""
    if alphabet == "gsm7":
        return [text[at : at + size] for at in range(0, len(text), size)]
    units = text.encode("utf-16-be")
    return [units[at : at + 2 * size].decode("utf-16-be", "surrogatepass") for at in range(0, len(units), 2 * size)]


def long_sms(
    sender: str,
    text: str,
    *,
    reference: int = 77,
    bits: Literal[8, 16] = 8,
    sent_at: datetime = SENT_AT,
    size: int | None = None,
) -> list[str]:
    """The PDUs of one long SMS, in order, `size` units each."""
    alphabet: Literal["gsm7", "ucs2"] = "ucs2" if gsm7.septets(text) is None else "gsm7"
    texts = cut(text, alphabet, size or (140 if alphabet == "gsm7" else 66))
    return [
        encode_deliver(sender, part, sent_at, alphabet=alphabet, concat=Concat(reference, bits, number, len(texts)))
        for number, part in enumerate(texts, 1)
    ]


@pytest.fixture(scope="session")
def long_pdus() -> Callable[..., list[str]]:
    """Cuts a long text into PDUs."""
    return long_sms


# ---------------------------------------------------------------- the gateway's stages on one database


@dataclass
class Stage:
    """The stages between modem and outbox, each run by hand, and looks into what they left."""

    pool: asyncpg.Pool
    seal: Seal
    desk: Desk
    intake: Intake
    drainer: Drainer
    limits: Limits = field(default_factory=lambda: Limits(SmsLimits(60), attempts=3))

    async def receive(self, *batches: Sequence[str], transport: str = "modem0") -> ScriptedTransport:
        """Hands batches of PDUs to a Receiver; returns when all are acknowledged, and none waits in the spool."""
        modem, stop = ScriptedTransport(transport), Stop()

        async def stop_after_last(_: Batch) -> None:
            if modem.batches.empty():
                stop.ask()

        modem.on_acknowledge = stop_after_last
        for pdus in batches:
            modem.batches.put_nowait(batch(*pdus))
        async with asyncio.timeout(60):
            await Receiver(modem, self.intake).run(stop)
            while await self.drainer.step():
                pass
        return modem

    async def handle(self) -> int:
        """Handles all SMS that are due."""
        handler, steps = SmsHandler(self.pool, self.desk, self.limits), 0
        while await handler.step():
            steps += 1
        return steps

    async def text(self, sender: str, *texts: str, sent_at: datetime = SENT_AT) -> None:
        """One SMS after the other, received in one batch and handled."""
        moments = (sent_at + timedelta(seconds=n) for n in itertools.count())
        await self.receive([encode_deliver(sender, text, at) for text, at in zip(texts, moments, strict=False)])
        await self.handle()

    def sender(
        self,
        transport: ScriptedTransport,
        *,
        owner: str = "here",
        attempts: int = 8,
        valid: timedelta = timedelta(hours=72),
        clock: Callable[[], float] = time.monotonic,
    ) -> SmsSender:
        """A sender through that transport."""
        return SmsSender(transport, self.pool, self.seal, owner=owner, attempts=attempts, valid=valid, clock=clock)

    async def rows(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        """What a query gives, as dicts."""
        return [dict(row) for row in await self.pool.fetch(sql, *arguments)]

    async def column(self, sql: str, *arguments: Any) -> list[Any]:
        """The first column of what a query gives."""
        return [row[0] for row in await self.pool.fetch(sql, *arguments)]

    async def value(self, sql: str, *arguments: Any) -> Any:
        """The one value that a query gives."""
        return await self.pool.fetchval(sql, *arguments)

    async def said(self, kind: str) -> list[dict[str, Any]]:
        """The data of all events of that kind."""
        rows = await self.pool.fetch("SELECT * FROM ticket_event WHERE kind = $1 ORDER BY id", kind)
        return [put_together(row)["data"] for row in rows]

    async def due_now(self) -> None:
        """Lets the time pass until everything that was postponed is due."""
        for table in ("inbound_message", "outbox_sms", "outbox_mail", "inbound_mail"):
            await self.pool.execute(f"UPDATE {table} SET due_at = now() - interval '1 second' WHERE due_at > now()")
        await self.pool.execute("UPDATE inbound_message SET held_until = now() WHERE held_until > now()")

    async def phone(self, number: str) -> int:
        """The id of a citizen's phone, known or new."""
        hashed = self.seal.hash(number.encode(), "phone")
        await self.pool.execute(
            "INSERT INTO phone (address_hash, address_sealed, answerable) VALUES ($1, $2, true) ON CONFLICT DO NOTHING",
            *(hashed, self.seal.close(number.encode(), "phone")),
        )
        return int(await self.value("SELECT id FROM phone WHERE address_hash = $1", hashed))

    async def queue_sms(self, number: str, text: str = "Halo", **columns: Any) -> int:
        """An SMS that waits to be sent; its id."""
        values = {"phone_id": await self.phone(number), "cause": "bantuan", "text": text, **columns}
        names, places = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
        sql = f"INSERT INTO outbox_sms ({names}) VALUES ({places}) RETURNING id"
        return int(await self.value(sql, *values.values()))

    async def sms(self, sms_id: int) -> dict[str, Any]:
        """One row of outbox_sms."""
        (row,) = await self.rows("SELECT * FROM outbox_sms WHERE id = $1", sms_id)
        return row


_NOON = """
CREATE SCHEMA simulated;
CREATE FUNCTION simulated.now() RETURNS timestamptz LANGUAGE sql STABLE AS
    $$ SELECT pg_catalog.now() + interval '%d seconds' $$
"""


ByDay = Callable[[], AbstractAsyncContextManager[None]]


@pytest_asyncio.fixture
async def by_day(pool: asyncpg.Pool) -> ByDay:
    """Within its block statements see the database's clock at the next noon in Jakarta: at night many things rest.

    What columns get by default is the real time.
    """
    local = (await pool.fetchval("SELECT now()")).astimezone(ZoneInfo("Asia/Jakarta"))
    noon = local.replace(hour=12, minute=0) + timedelta(days=local.hour >= 12)
    await pool.execute(_NOON % (noon - local).total_seconds())
    name = await pool.fetchval("SELECT current_database()")

    @contextlib.asynccontextmanager
    async def day() -> AsyncIterator[None]:
        await pool.execute(f'ALTER DATABASE "{name}" SET search_path = simulated, pg_catalog, public')
        await pool.expire_connections()
        yield
        await pool.execute(f'ALTER DATABASE "{name}" RESET search_path')
        await pool.expire_connections()

    return day


@pytest.fixture
def spool(settings: Settings, seal: Seal) -> Spool:
    """In the test's state_dir."""
    return open_spool(settings.gateway.state_dir, seal, most_bytes=1_000_000)


@pytest.fixture
def intake_on(seal: Seal, spool: Spool) -> Callable[[asyncpg.Pool], Intake]:
    """Makes the way from a transport into a database, with that spool."""
    return lambda pool: Intake(PartStore(pool, seal), spool, Bell())


@pytest.fixture
def drainer_on(seal: Seal, spool: Spool) -> Callable[[asyncpg.Pool], Drainer]:
    """Makes the way from that spool into a database."""
    return lambda pool: Drainer(PartStore(pool, seal), spool)


@pytest.fixture
def stage(
    pool: asyncpg.Pool,
    seal: Seal,
    desk: Desk,
    intake_on: Callable[[asyncpg.Pool], Intake],
    drainer_on: Callable[[asyncpg.Pool], Drainer],
) -> Stage:
    """The stages on this test's database."""
    return Stage(pool, seal, desk, intake_on(pool), drainer_on(pool))


@pytest_asyncio.fixture
async def watcher(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A second connection to the test's database: sees only what is committed."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


Until = Callable[[asyncpg.Connection, int], Awaitable[None]]


@pytest.fixture(scope="session")
def until_waiting() -> Until:
    """Returns when so many sessions of the test's database wait for a lock."""

    async def until(watcher: asyncpg.Connection, sessions: int) -> None:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        async with asyncio.timeout(60):  # a command loads all of routing first
            while await watcher.fetchval(sql) < sessions:
                await watcher.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the activity of its start
                await asyncio.sleep(0.005)

    return until


# ---------------------------------------------------------------- the way to the database


@dataclass
class Cable:
    """A line between the pool and PostgreSQL's socket that can be cut and mended."""

    socket: Path
    port: int = 0
    connected: bool = True
    refused: asyncio.Event = field(default_factory=asyncio.Event)
    _pairs: list[asyncio.StreamWriter] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self) -> None:
        """Every connection breaks, and no new one is made."""
        self.connected = False
        self.refused.clear()
        for writer in self._pairs:
            writer.transport.abort()
        self._pairs.clear()

    def mend(self) -> None:
        """New connections go through again."""
        self.connected = True

    async def join(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        """Relays one connection."""
        if not self.connected:
            near.transport.abort()
            self.refused.set()
            return
        far_reader, far = await asyncio.open_unix_connection(str(self.socket))
        self._pairs += [near, far]
        for reader, writer in ((near_reader, far), (far_reader, near)):
            task = asyncio.create_task(_relay(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@pytest_asyncio.fixture
async def cable(dsn: str) -> AsyncIterator[Cable]:
    """Between `far_settings` and the server."""
    folder = parse_qs(urlsplit(dsn).query)["host"][0]
    cable = Cable(Path(folder) / ".s.PGSQL.5432")
    server = await asyncio.start_server(cable.join, "127.0.0.1", 0)
    cable.port = server.sockets[0].getsockname()[1]
    yield cable
    cable.cut()
    server.close()


@pytest.fixture
def far_settings(settings: Settings, dsn: str, cable: Any) -> Settings:
    """The test's database as it is reached over the cable."""
    name = urlsplit(dsn).path
    far = dataclasses.replace(settings.database, dsn=f"postgresql://postgres@127.0.0.1:{cable.port}{name}")
    return dataclasses.replace(settings, database=far)


@pytest_asyncio.fixture
async def own_server() -> AsyncIterator[Throwaway]:
    """A server of this test's own, with our schema: it may be killed and frozen."""
    with tempfile.TemporaryDirectory(prefix="smsd-test-") as folder:
        async with throwaway_postgres(Path(folder) / "postgres", *QUICK) as server:
            connection = await asyncpg.connect(server.dsn)
            await connection.execute(SCHEMA)
            await connection.close()
            yield server


# ---------------------------------------------------------------- other agencies, another time


@pytest.fixture(scope="session")
def with_agencies() -> Callable[..., Desk]:
    """The desk, with other facts of some agencies: `with_agencies(desk, {"PUPR-35.07": {"emails": (…)}})`."""

    def changed(desk: Desk, changes: Mapping[str, Mapping[str, Any]]) -> Desk:
        agencies = [dataclasses.replace(each, **changes.get(each.code, {})) for each in desk.router.agencies]
        directory = Directory(agencies, desk.router.topics.types.values(), desk.router.places.label)
        return dataclasses.replace(desk, router=dataclasses.replace(desk.router, agencies=directory))

    return changed


@pytest.fixture
def simulated(empty_dsn: str) -> Callable[[datetime], Awaitable[str]]:
    """Makes a database with our schema whose time stands still until `set_clock` puts it forward."""

    async def make(start: datetime) -> str:
        await make_database(empty_dsn, start)
        return empty_dsn

    return make


# ---------------------------------------------------------------- a mail server

DROP = "drop the connection"


@dataclass(frozen=True)
class Taken:
    """A mail as the server got it, whether or not it said so."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """Parsed."""
        return BytesParser(policy=email.policy.default).parsebytes(self.raw)

    @property
    def everything(self) -> str:
        """All headers, encoded words decoded, and all text parts."""
        message = self.message
        headers = [f"{name}: {value}" for name, value in message.items()]
        bodies = [str(p.get_content()) for p in message.walk() if p.get_content_maintype() == "text"]
        return "\n".join([*headers, *bodies, str(self.sender), str(self.recipient), self.raw.decode()])


@dataclass
class MailServer:
    """An SMTP server that answers DATA with the replies it is given, one by one; then all is well."""

    replies: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    port: int = 0
    on_data: Callable[[], Awaitable[None]] | None = None

    async def handle_DATA(self, server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken += [Taken(str(envelope.mail_from), recipient, content) for recipient in envelope.rcpt_tos]
        if self.on_data:
            await self.on_data()
        reply = self.replies.pop(0) if self.replies else f"250 2.0.0 Ok: queued as 4F{len(self.taken):04X}"
        if reply == DROP:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return reply


@pytest_asyncio.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    """The way out to the agencies."""
    mail_server, loop = MailServer(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mail_server, hostname="mx.example", loop=loop), "127.0.0.1", 0)
    mail_server.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mail_server


@pytest_asyncio.fixture
async def mail_sender(mail_server: MailServer, stage: Stage) -> AsyncIterator[Callable[..., MailSender]]:
    """Makes senders through that server."""
    async with open_mailer(SmtpSettings("127.0.0.1", mail_server.port, "none", timeout_s=10)) as mailer:

        def make(**changes: Any) -> MailSender:
            given = {"owner": "here", "attempts": 5, "at_once": 2} | changes
            through, pool = given.pop("mailer", mailer), given.pop("pool", stage.pool)
            addresses = Addresses("LAPOR! 1708 <lapor@1708.example>", stage.desk.reply_domain)
            return MailSender(through, pool, stage.desk, addresses, **given)

        yield make
