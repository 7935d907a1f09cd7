"""The town of make torture with a Postfix between the daemon and the agencies, and what the scenarios do there."""

from __future__ import annotations

import asyncio
import itertools
import re
import smtplib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TypeVar

import asyncpg

from bench.postfix.instance import Postfix, make_socket_folder, open_postfix
from bench.torture.town import Town, open_town
from smsd.store.throwaway import connect_with_key

REPLY_DOMAIN = "1708.example"
OUTSIDE = "127.0.0.2"
"""Where mail from the world comes from: an address that may not relay."""

GOOD, GREY = "pupr@dinas.example", "pupr@greylisting.example"
FULL, BUSY, GONE, VANISHED = "pupr@full.example", "pupr@busy.example", "pupr@gone.example", "pupr@vanished.example"
_PLACES = {
    GOOD: ("35.73", "Kota Malang"),
    GREY: ("32.73", "Kota Bandung"),
    FULL: ("35.78", "Kota Surabaya"),
    BUSY: ("33.74", "Kota Semarang"),
    GONE: ("73.71", "Kota Makassar"),
    VANISHED: ("34.71", "Kota Yogyakarta"),
}
_ROUTED = ("dinas.example", "greylisting.example", "full.example", "busy.example", "gone.example")

# An hour is played in seconds.
IMPATIENT = {"queue_run_delay": "2s", "minimal_backoff_time": "2s", "maximal_backoff_time": "4s"}
PATIENT = {"queue_run_delay": "300s", "minimal_backoff_time": "300s", "maximal_backoff_time": "1200s"}
SHORT_LIVED = {"delay_warning_time": "4s", "maximal_queue_lifetime": "15s", "bounce_queue_lifetime": "15s"}
LONG_LIVED = {"delay_warning_time": "4h", "maximal_queue_lifetime": "5d", "bounce_queue_lifetime": "5d"}

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
PATIENCE_S = 240
"""Far more than anything takes: a machine may be slow and busy."""

_POLL_S = 0.2
_CLIENTS = 4  # that send mail at a time

T = TypeVar("T")


class Missed(Exception):
    """Not what was expected; the text says what was seen."""


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """What `look` finds, as soon as it finds something; Missed if it has not in time."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := await look()):
        if time.monotonic() > deadline:
            raise Missed(f"not within {PATIENCE_S} s: {what}")
        await asyncio.sleep(_POLL_S)
    return found


def expect(holds: object, otherwise: str) -> None:
    """Missed, unless it holds."""
    if not holds:
        raise Missed(otherwise)


@dataclass(frozen=True)
class Report:
    """A citizen's report that an agency has been told of."""

    ticket_id: int
    dispatch_id: int
    address: str
    reply_to: str


@dataclass(frozen=True)
class Stored:
    """A row of inbound_mail, with the first bytes of the mail, and how many events it caused."""

    id: int
    message_id: str
    state: str
    outcome: str | None
    dispatch_id: int | None
    envelope_sender: str
    size: int
    start: bytes
    events: int


@dataclass
class World:
    """All of it."""

    town: Town
    postfix: Postfix
    database: asyncpg.Connection
    reports: dict[str, Report] = field(default_factory=dict)
    _daemon: asyncio.Task[None] | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    # ---------------------------------------------------------------- out

    async def open_reports(self) -> None:
        """A citizen of each city texts about a road; returns when all mails have left the daemon."""
        for address in _PLACES:
            self.text(address, "Jalan rusak banyak lubang")

        async def sent() -> bool:
            # Not a count of mails: the first bounces bring letters to the triage desk before the last has left.
            return await self.database.fetchval(
                "SELECT array_agg(dispatch.address) @> $1 FROM outbox_mail"
                " JOIN dispatch ON dispatch.id = dispatch_id WHERE state = 'sent'",
                [*_PLACES],
            )

        await until(sent, "a mail to each agency")
        # Officials read before they answer, and nobody waits for them here.
        await self.database.execute("UPDATE outbox_mail SET sent_at = sent_at - interval '1 hour'")
        for row in await self.database.fetch("SELECT id, ticket_id, address, token FROM dispatch"):
            reply_to = f"t-{row['token']}@{REPLY_DOMAIN}"
            self.reports[row["address"]] = Report(row["ticket_id"], row["id"], row["address"], reply_to)

    def text(self, address: str, what: str) -> None:
        """Another citizen reports something that this agency is competent for."""
        number = f"+6281200000{next(self._numbers):03}"
        self.town.simulators[0].network.text(number, f"{what} di {_PLACES[address][1]}, sudah lama begini.")

    async def queue_id(self, report: Report) -> str:
        """Postfix's name for the report's mail, as the daemon has kept it."""
        response = await self.database.fetchval(
            "SELECT response FROM outbox_mail WHERE dispatch_id = $1 ORDER BY id", report.dispatch_id
        )
        found = re.search(r"queued as (\w+)", response or "")
        expect(found, f"no queue id in the response {response!r}")
        assert found
        return found[1]

    async def status(self, report: Report) -> str:
        """The ticket's."""
        return str(await self.database.fetchval("SELECT status FROM ticket WHERE id = $1", report.ticket_id))

    # ---------------------------------------------------------------- in

    def answer(self, report: Report, words: str, *more: str) -> EmailMessage:
        """The agency's answer to a report, and to `more` addresses."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = report.address
        mail["To"] = ", ".join((report.reply_to, *more))
        mail["Subject"] = "Re: [LAPOR]"
        mail["Message-ID"] = f"<{next(self._numbers)}@{report.address.rpartition('@')[2]}>"
        mail.set_content(f"{words}\n")
        return mail

    async def send(self, mails: Sequence[EmailMessage]) -> list[str]:
        """From outside to Postfix, over a few connections; the Message-IDs."""
        shares = [mails[n::_CLIENTS] for n in range(_CLIENTS)]
        await asyncio.gather(*(asyncio.to_thread(self._send, share) for share in shares if share))
        return [str(mail["Message-ID"]) for mail in mails]

    def _send(self, mails: Sequence[EmailMessage]) -> None:
        with self.client() as client:
            for mail in mails:
                client.send_message(mail)

    def client(self) -> smtplib.SMTP:
        """A connection from outside; it greets."""
        client = smtplib.SMTP("127.0.0.1", self.postfix.port, source_address=(OUTSIDE, 0), timeout=60)
        client.ehlo("mail.dinas.example")
        return client

    async def stored(self) -> list[Stored]:
        """All mails that the daemon took."""
        rows = await self.database.fetch(
            "SELECT id, state, outcome, dispatch_id, envelope_sender, raw,"
            " (SELECT count(*) FROM ticket_event WHERE (data->>'mail')::bigint = inbound_mail.id) AS events"
            " FROM inbound_mail ORDER BY id"
        )
        found = []
        for row in map(dict, rows):
            raw = row.pop("raw")
            start = raw[:16_000]
            match = _MESSAGE_ID.search(start)
            found.append(Stored(**row, size=len(raw), start=start, message_id=match[1].decode() if match else ""))
        return found

    async def settled(self, message_ids: Sequence[str]) -> list[Stored]:
        """The rows of these mails, each there once, read, and in its ticket's timeline once at most; Missed if not."""

        async def read() -> list[Stored] | None:
            rows = [row for row in await self.stored() if row.message_id in wanted]
            ready = {row.message_id for row in rows if row.state != "new"}
            return rows if ready == wanted else None

        wanted = set(message_ids)
        rows = await until(read, f"{len(wanted)} mails stored and read")
        expect(len(rows) == len(wanted), f"{len(rows)} rows for {len(wanted)} mails")
        expect(all(row.state != "quarantined" for row in rows), "a mail in quarantine")
        expect(all(row.events <= 1 for row in rows), "a mail handled twice")
        return rows

    async def notice(self, report: Report, action: str, status: str) -> Stored:
        """The delivery notice (RFC 3464) that came back for a report's mail."""
        marks = (f"Action: {action}".encode(), f"Status: {status}".encode())

        async def read() -> Stored | None:
            for row in await self.stored():
                if row.dispatch_id == report.dispatch_id and all(mark in row.start for mark in marks):
                    return row if row.state != "new" else None
            return None

        row = await until(read, f"a notice with {action}, {status}")
        expect(row.state != "quarantined", "the notice is in quarantine")
        expect(row.envelope_sender == "", f"the notice has the sender {row.envelope_sender}")
        return row

    # ---------------------------------------------------------------- the daemon

    async def stop_daemon(self) -> None:
        """As `systemctl stop smsd`."""
        await self.town.daemon.stop()

    async def start_daemon(self) -> None:
        """As `systemctl start smsd`; returns when it takes mail."""
        since = time.monotonic()
        self._daemon = asyncio.create_task(self.town.daemon.run())
        ready = await self.town.daemon.heard(since, lambda event: event.get("event") == "smsd.started", PATIENCE_S)
        expect(ready, f"the daemon did not start within {PATIENCE_S} s")

    async def connect(self) -> None:
        """To the database, again after it was away."""
        await self.database.close()
        self.database = await connect_with_key(self.town.server.dsn, self.town.key_file)

    async def close(self) -> None:
        """What start_daemon and connect have opened."""
        await self.town.daemon.stop()
        if self._daemon:
            await self._daemon
        await self.database.close()


def _agencies(file: Path) -> str:
    """Writes the agencies of this world; the section that names the file."""
    rows = ["code,name,short_name,type,region,email", "TRIAGE,Petugas 1708,Petugas 1708,TRIAGE,,petugas@dinas.example"]
    rows += [
        f"PUPR-{region},Dinas Pekerjaan Umum {city},Dinas PU {city},PUPR,{region},{address}"
        for address, (region, city) in _PLACES.items()
    ]
    file.write_text("\n".join(rows) + "\n")
    return f'[routing]\nagencies = "{file.name}"'


def _misbehave(town: Town) -> None:
    town.mail.refusals = {
        FULL: itertools.repeat("552 5.2.2 Mailbox full"),
        BUSY: itertools.repeat("452 4.2.2 Over quota"),
        GONE: itertools.repeat("550 5.1.1 User unknown"),
        GREY: iter(["450 4.7.1 Greylisted, come back in a minute"]),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def open_world(folder: Path, *, tcp: bool) -> AsyncIterator[World]:
    """Everything is up, and nobody has texted yet; `tcp` says how Postfix hands mail to the daemon."""
    postfix = Postfix(folder / "postfix", _free_port())
    sockets = folder / "run"
    make_socket_folder(sockets)
    listen = f"127.0.0.1:{_free_port()}" if tcp else f"unix:{sockets}/lmtp.sock"
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(
            open_town(
                folder,
                modems=1,
                limits="automatic_per_hour = 1000",
                sections=_agencies(folder / "agencies.csv"),
                lmtp=listen,
                smtp_port=postfix.port,
            )
        )
        _misbehave(town)
        routes = dict.fromkeys(_ROUTED, f"smtp:[127.0.0.1]:{town.mail.port}")
        postfix.write(f"inet:{listen}" if tcp else listen, routes, IMPATIENT | SHORT_LIVED)
        await stack.enter_async_context(open_postfix(postfix))
        world = World(town, postfix, await connect_with_key(town.server.dsn, town.key_file))
        stack.push_async_callback(world.close)
        yield world
