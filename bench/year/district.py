"""The gateway of one district, its stages run by hand in simulated time, and the mail server that its agencies read."""

from __future__ import annotations

import asyncio
import csv
import email.policy
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from pathlib import Path

import asyncpg
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.year.clock import make_database, set_clock
from config.data_files import SHIPPED
from config.settings import Database, Gateway, Mail, Routing, Settings
from smsd.bounce import RefusedMails
from smsd.clocks import Clocks
from smsd.desk.rules import Desk
from smsd.digests import DigestWriter
from smsd.handle_mail import MailHandler, MailKeeper
from smsd.handle_sms import Limits, SmsHandler
from smsd.mail.lmtp import ReceivedMail
from smsd.mail.smtp import SmtpSettings, open_mailer
from smsd.office import open_desk
from smsd.send_mail import Addresses, MailSender
from smsd.send_sms import SmsSender
from smsd.store.database import open_pool
from smsd.store.queries import SQL
from smsd.store.seal import Seal, load_seal, make_key_file
from smsd.store.throwaway import throwaway_postgres
from smsd.transports.base import Batch, Submission
from smsd.writes import SmsLimits

DISTRICT = "35.07"  # Kabupaten Malang
DOMAIN = "1708.example"
_MANY = 1_000_000


@dataclass
class Air:
    """The network: every SMS arrives at once."""

    name: str = "modem0"
    closed_for_sending: str | None = None
    sent: int = 0

    async def receive(self) -> Batch:
        """Nothing comes this way."""
        await asyncio.Event().wait()
        raise AssertionError

    async def acknowledge(self, batch: Batch) -> None:
        """Nothing came."""

    async def send(self, submission: Submission) -> int:
        """Its TP-MR."""
        self.sent += 1
        return self.sent % 256


@dataclass(frozen=True, order=True)
class Letter:
    """What an official sees of a mail before opening it, and whether it says that something is not done."""

    subject: str
    recipient: str
    envelope_sender: str
    reply_to: str
    message_id: str
    not_done: bool


@dataclass
class Post:
    """The agencies' mail server. `refuses` has the reply to RCPT for mailboxes that take nothing."""

    refuses: dict[str, str] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """aiosmtpd's hook."""
        if reply := self.refuses.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook."""
        assert isinstance(envelope.content, bytes)
        head = BytesHeaderParser(policy=email.policy.default).parsebytes(envelope.content)
        headers = [str(head[name]).strip() for name in ("Subject", "Reply-To", "Message-ID")]
        not_done = b"belum beres" in envelope.content
        subject, *others = headers
        sender = str(envelope.mail_from)
        self.letters += [Letter(subject, to, sender, *others, not_done) for to in envelope.rcpt_tos]
        return "250 2.0.0 Ok"


@dataclass
class District:
    """All stages; `settle` lets them work until nothing is left to do at this moment."""

    pool: asyncpg.Pool
    desk: Desk
    settings: Settings
    post: Post
    keeper: MailKeeper
    seal: Seal
    steps: Mapping[str, Callable[[], Awaitable[int]]]
    clock: datetime
    done: Counter[str] = field(default_factory=Counter)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def set(self, now: datetime) -> None:
        """From now on it is this moment."""
        self.clock = now
        await set_clock(self.pool, now)

    async def settle(self) -> None:
        """Until a whole round finds nothing."""
        busy = True
        while busy:
            busy = False
            for name, step in self.steps.items():
                while count := await step():
                    self.done[name] += count
                    busy = True

    async def text(self, phone_id: int, words: str) -> None:
        """An SMS of a citizen, as the receiving stage leaves it."""
        await self.pool.execute(
            "INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at)"
            " VALUES ($1, 'modem0', $2, true, $3)",
            *(phone_id, words, self.clock),
        )

    async def new_phone(self) -> int:
        """A citizen who has not written before."""
        number = f"+62812{next(self.numbers):08d}".encode()
        hashed, sealed = self.seal.hash(number, "phone"), self.seal.close(number, "phone")
        row = await self.pool.fetch(SQL["find_or_add_phones"], [hashed], [sealed], [True])
        return int(row[0]["id"])

    async def mail(self, sender: str, recipient: str, raw: bytes) -> None:
        """A mail as the LMTP server hands it over."""
        await self.keeper.store(ReceivedMail(sender, recipient, raw))


@asynccontextmanager
async def open_district(folder: Path, start: datetime, chance: random.Random) -> AsyncIterator[District]:
    """Everything up, at that moment; numbers of reports and reply addresses come from `chance`."""
    async with AsyncExitStack() as stack:
        folder.chmod(0o755)  # as root the server runs as another user
        server = await stack.enter_async_context(throwaway_postgres(folder / "postgres", "fsync=off"))
        await make_database(server.dsn, start)
        post = Post()
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: SMTP(post, hostname="mx.example", loop=loop), "127.0.0.1", 0)
        post.port = listener.sockets[0].getsockname()[1]
        await stack.enter_async_context(listener)
        settings = Settings(
            path=folder / "smsd.toml",
            mail=Mail(host="127.0.0.1", port=post.port, tls="none", reply_domain=DOMAIN),
            gateway=Gateway(state_dir=folder),
            database=Database(dsn=server.dsn),
            routing=Routing(agencies=write_agencies(folder / "agencies.csv"), home=DISTRICT),
        )
        pool = await stack.enter_async_context(open_pool(settings))
        smtp = SmtpSettings("127.0.0.1", post.port, "none", connections=4)
        mailer = await stack.enter_async_context(open_mailer(smtp))
        make_key_file(folder / "smsd.key")
        seal = load_seal(folder / "smsd.key")
        desk = replace(open_desk(settings), choose=chance.randrange)
        limits = Limits(SmsLimits(_MANY, _MANY), attempts=1)
        addresses = Addresses(settings.mail.sender, DOMAIN)
        sms = SmsSender(Air(), pool, seal, owner="year", attempts=3, valid=timedelta(hours=72))
        steps = {
            "sms in": SmsHandler(pool, desk, limits).step,
            "mail in": MailHandler(pool, desk, limits).step,
            "refused": RefusedMails(pool, desk, limits).step,
            "clocks": Clocks(pool, desk, limits.sms).step,
            "digests": DigestWriter(pool, desk, settings.mail.digest_time).step,
            "mail out": MailSender(mailer, pool, desk, addresses, owner="year", attempts=3, at_once=4).step,
            "sms out": sms.step,
        }
        yield District(pool, desk, settings, post, MailKeeper(pool), seal, steps, start)


def write_agencies(path: Path) -> Path:
    """The district's agencies, with second mailboxes, superiors and a liaison here and there."""
    with SHIPPED.joinpath("agencies.csv").open(encoding="utf-8") as shipped:
        rows = [row for row in csv.DictReader(shipped) if row["region"] in (DISTRICT, "35", "")]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "superior_email", "liaison_email"])
        writer.writeheader()
        for row in rows:
            name = row["code"].lower().replace("_", "-")
            extra = {"superior_email": f"atasan.{name}@malangkab.example" if row["region"] == DISTRICT else ""}
            extra["liaison_email"] = f"rahasia.{name}@malangkab.example" if row["type"] in ("DISDIK", "DISHUB") else ""
            if row["email"]:
                row["email"] += f"; kedua.{row['email']}" if row["region"] == DISTRICT else ""
            writer.writerow(row | extra)
    return path
