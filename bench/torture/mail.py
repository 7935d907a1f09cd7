"""A mail server that can be broken in five ways, and the record of what it took."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, Literal

from aiosmtpd.smtp import SMTP as SmtpProtocol
from aiosmtpd.smtp import Envelope

Fault = Literal["", "away", "later", "greylist", "silent", "drops"]
"""Nothing listens; 451 to all; 451 to the first try; no answer to DATA; takes a mail and hangs up unanswered."""

FAULTS: tuple[Fault, ...] = ("away", "later", "greylist", "silent", "drops")


@dataclass(frozen=True)
class Letter:
    """A mail as an agency got it."""

    recipient: str
    message: EmailMessage

    @property
    def id(self) -> str:
        """Its Message-ID."""
        return str(self.message["Message-ID"]).strip()


@dataclass
class MailServer:
    """`taken` has every mail that was answered with 250, or taken before the line was cut, in order.

    `refusals` has, by recipient, what each next RCPT is answered until there are no more.
    """

    port: int = 0
    fault: Fault = ""
    taken: list[Letter] = field(default_factory=list)
    arrived: asyncio.Queue[Letter] = field(default_factory=asyncio.Queue)
    refusals: dict[str, Iterator[str]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _silent: list[asyncio.Transport] = field(default_factory=list)
    _mended: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    async def handle_RCPT(  # noqa: N802
        self, _server: object, _session: object, envelope: Envelope, address: str, _options: object
    ) -> str:
        """aiosmtpd's hook."""
        if refusal := next(self.refusals.get(address, iter(())), ""):
            return refusal
        if self.fault == "later" or (self.fault == "greylist" and address not in self._seen):
            self._seen.add(address)
            return "451 4.7.1 Greylisted, please try again in 2 seconds"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: Any, _session: object, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook."""
        if self.fault == "silent":
            self._silent.append(server.transport)
            await self._mended.wait()
        content = envelope.content
        assert isinstance(content, bytes), "the server is made with decode_data=False"
        message = BytesParser(policy=default).parsebytes(content)
        for recipient in envelope.rcpt_tos:
            letter = Letter(recipient, message)
            self.taken.append(letter)
            self.arrived.put_nowait(letter)
        if self.fault == "drops":
            server.transport.abort()
        return f"250 2.0.0 Ok: queued as T{len(self.taken)}"

    async def break_down(self, fault: Fault) -> None:
        """From now on, until mend()."""
        self.fault = fault
        self._mended = asyncio.Event()
        if fault == "away" and self._server:
            self._server.close()
            self._server = None

    async def mend(self) -> None:
        """As before; connections that got no answer are cut, as by a restart."""
        self.fault = ""
        for transport in self._silent:
            transport.abort()
        self._silent.clear()
        self._mended.set()
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                lambda: SmtpProtocol(self, decode_data=False, loop=loop), "127.0.0.1", self.port
            )
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """For good."""
        if self._server:
            self._server.close()


@asynccontextmanager
async def open_mail_server() -> AsyncIterator[MailServer]:
    """Listens on a free port of this machine."""
    server = MailServer()
    await server.mend()
    try:
        yield server
    finally:
        await server.close()
