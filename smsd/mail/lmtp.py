"""Mail in over LMTP (RFC 2033): the MTA hands us a mail and hears, per recipient, whether it is stored.

The MTA's queue is our buffer. 250 is said only when `store` has returned; whatever goes wrong on our side is a 4xx, so
that the MTA keeps the mail and comes again. aiosmtpd speaks the protocol, but answers DATA with one reply however many
recipients there are, loses long lines with a 500, and turns our own faults into 500 as well; those three are mended
here. Everything runs in the caller's event loop.

Sources: RFC 2033 (LMTP), 5321 (SMTP), 2034 and 3463 (enhanced status codes), 2920 (pipelining).
"""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from parser.mail_text import clean
from smsd.mail.listening import ListenError, TcpAddress, UnixAddress, listening, parse_listen

__all__ = [
    "ListenError",
    "LmtpServer",
    "ReceivedMail",
    "TcpAddress",
    "UnixAddress",
    "open_lmtp",
    "parse_listen",
]

MAX_BYTES = 20 * 1024 * 1024
GRACE_S = 10.0
"""How long a stop waits for the mails in hand."""

MAX_RECIPIENTS = 100
"""Per mail; RFC 5321 section 4.5.3.1.8 asks for at least so many. Postfix sends 50."""


@dataclass(frozen=True)
class ReceivedMail:
    """One mail for one recipient, as it came. `envelope_sender` is empty for bounces (RFC 5321 section 4.5.5)."""

    envelope_sender: str
    recipient: str
    raw: bytes


Store = Callable[[ReceivedMail], Awaitable[None]]
Accepts = Callable[[str], bool]
OnError = Callable[[Exception, ReceivedMail | None], None]


@dataclass(frozen=True)
class LmtpServer:
    """An open LMTP server; `address` is the real one, the port that the system chose included."""

    address: str


@asynccontextmanager
async def open_lmtp(
    listen: str,
    store: Store,
    *,
    max_bytes: int = MAX_BYTES,
    accepts: Accepts,
    on_error: OnError | None = None,
    grace_s: float = GRACE_S,
) -> AsyncIterator[LmtpServer]:
    """Take mail at `listen` for the length of a block, in the running event loop.

    `store` is awaited once per recipient, and what it raises goes to `on_error` (by default to the loop's exception
    handler) while the MTA hears 451. `accepts` says which recipients exist. Leaving the block stops listening, lets the
    mails in hand be stored for `grace_s`, and closes. Raises ValueError for a bad address, ListenError for a taken one.
    """
    # aiosmtpd logs commands it does not know as they came: with a client out of step, the words of a mail.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    loop = asyncio.get_running_loop()
    desk = _Desk(store, accepts, on_error or _complain_to(loop), max_bytes)
    sessions: _Sessions = {}
    async with listening(parse_listen(listen), lambda: _Session(desk, sessions, loop)) as (server, address):
        try:
            yield LmtpServer(str(address))
        finally:
            server.close()
            await _finish(sessions, grace_s)


def _complain_to(loop: asyncio.AbstractEventLoop) -> OnError:
    def complain(error: Exception, _: ReceivedMail | None) -> None:
        loop.call_exception_handler({"message": "a mail was not stored", "exception": error})

    return complain


@dataclass(frozen=True)
class _Desk:
    """What the sessions share: where mail goes, who exists. The `handle_` methods are aiosmtpd's hooks."""

    store: Store
    accepts: Accepts
    on_error: OnError
    max_bytes: int

    async def handle_EHLO(  # noqa: N802
        self, _server: "_Session", session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Add what RFC 2033 section 4.1 demands; in one piece, so that `push` leaves the lines alone."""
        session.host_name = hostname
        return ["\r\n".join([*responses[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", responses[-1]])]

    async def handle_RCPT(  # noqa: N802
        self, _server: "_Session", _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Who exists is asked before any content is sent (RFC 5321 section 3.3)."""
        try:
            known = self.accepts(address)
        except Exception as error:  # noqa: BLE001  whatever it is, the mail must stay with the MTA
            self.report(error, None)
            return "451 4.3.0 Cannot look up the recipient now, try again later"
        if not known:
            return "550 5.1.1 No such recipient here"
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def take(self, mail: ReceivedMail) -> str:
        """Store `mail`; the reply for its recipient."""
        try:
            await self.store(mail)
        except Exception as error:  # noqa: BLE001  likewise
            self.report(error, mail)
            return "451 4.3.0 Cannot store the mail now, try again later"
        return "250 2.0.0 Stored"

    def report(self, error: Exception, mail: ReceivedMail | None) -> None:
        """Hand `error` to the caller, who must not be able to break the protocol by failing at it."""
        try:
            self.on_error(error, mail)
        except Exception as fault:  # noqa: BLE001  it goes to the loop's handler
            _complain_to(asyncio.get_running_loop())(fault, mail)


_ENHANCED = {
    "221": "2.0.0", "250": "2.0.0", "252": "2.0.0", "454": "4.7.0", "500": "5.5.2", "501": "5.5.4",
    "502": "5.5.1", "503": "5.5.1", "504": "5.5.4", "552": "5.3.4", "555": "5.5.4",
}  # fmt: skip
_PLAIN_REPLY = re.compile(r"(\d{3}) (?![245]\.\d)")


_Sessions = dict["_Session", asyncio.Task[None]]
"""The open sessions, each with the task that serves it."""


class _Session(LMTP):
    """One connection from the MTA."""

    # One reader serves commands and data, and its limit bounds what is buffered. Longer lines of a mail come in pieces
    # (`_next_piece`), so this is no limit for them.
    line_length_limit = 64 * 1024

    def __init__(self, desk: _Desk, sessions: _Sessions, loop: asyncio.AbstractEventLoop) -> None:
        # A host name is given because aiosmtpd would ask the DNS for ours, in the event loop, per connection.
        limit = desk.max_bytes
        super().__init__(desk, data_size_limit=limit, enable_SMTPUTF8=True, hostname="smsd", ident="LMTP", loop=loop)
        # aiosmtpd keeps these limits in its class, where sessions clear and raise each other's.
        self.command_size_limits = defaultdict(lambda: 4096)
        self._desk = desk
        self._sessions = sessions
        self._stopping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the open sessions."""
        super().connection_made(transport)
        assert self._handler_coroutine is not None  # just made
        self._sessions[self] = self._handler_coroutine
        self._handler_coroutine.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._sessions[self]
        error = None if task.cancelled() else task.exception()
        # A client that is gone got no 250 and will come again.
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            self._desk.report(error, None)

    def finish(self) -> None:
        """Say goodbye, now if no mail is in hand, else after it (RFC 5321 section 3.8)."""
        self._stopping = True
        if self.envelope is None or self.envelope.mail_from is None:
            self._hang_up()

    def _hang_up(self) -> None:
        self._writer.write(b"421 4.3.2 Shutting down\r\n")
        self._writer.close()

    def abort(self) -> None:
        """Close at once, whatever is in hand; it was not answered, so it comes again."""
        self._writer.transport.abort()
        self._sessions[self].cancel()

    async def push(self, status: Any) -> None:
        """Send a reply, with the enhanced status code that aiosmtpd's own replies lack (RFC 2034 section 4)."""
        if isinstance(status, str) and (plain := _PLAIN_REPLY.match(status)) and plain[1] in _ENHANCED:
            status = f"{plain[1]} {_ENHANCED[plain[1]]} {status[4:]}"
        await super().push(status)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """aiosmtpd's parser of addresses, which falls over its own feet at a lone `<`."""
        try:
            return super()._getaddr(arg)
        except IndexError:
            return None, None

    async def handle_exception(self, error: Exception) -> str:
        """Our own fault, so nothing permanent: 421, and the MTA comes again with whatever was not answered."""
        if not isinstance(error, ConnectionError):
            self._desk.report(error, None)
        self.loop.call_soon(self._writer.close)  # after the reply, which is written next
        return "421 4.3.0 Internal error, try again later"

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """DATA, answered once per recipient, in the order of the RCPT commands (RFC 2033 section 4.2)."""
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 No valid recipients")
            return
        if arg:
            await self.push("501 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._read_content()
        self._reset_timeout()  # storing has its own time, whatever the transfer took
        await self._answer(self.envelope, content)
        self.envelope = self._create_envelope()
        if self._stopping:
            self._hang_up()

    async def _answer(self, envelope: Envelope, content: bytes | None) -> None:
        # Bytes that are no UTF-8 come as lone surrogates. No database takes them, and the mail is worth more than they.
        sender = "" if envelope.mail_from in (None, "<>") else clean(str(envelope.mail_from))
        for recipient in envelope.rcpt_tos:
            if content is None:
                await self.push(f"552 5.3.4 Mail is larger than {self._desk.max_bytes} bytes")
            else:
                await self.push(await self._desk.take(ReceivedMail(sender, clean(recipient), content)))

    async def _read_content(self) -> bytes | None:
        """The mail without its dots (RFC 5321 section 4.5.2), or None if it is too large; all of it is read.

        Only CRLF ends a line here, so that a bare LF stays what it is and cannot smuggle in an end of data.
        """
        content = bytearray()
        at_line_start, too_large = True, False
        while (piece := await self._next_piece()) != b".\r\n" or not at_line_start:
            if at_line_start and piece.startswith(b"."):
                piece = piece[1:]
            at_line_start = piece.endswith(b"\r\n")
            too_large = too_large or len(content) + len(piece) > self._desk.max_bytes
            if too_large:
                content.clear()
            else:
                content += piece
        return None if too_large else bytes(content)

    async def _next_piece(self) -> bytes:
        """A line with its CRLF, or as much of a very long line as the reader holds."""
        try:
            return await self._reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError as exc:
            return await self._reader.read(exc.consumed)


async def _finish(sessions: _Sessions, grace_s: float) -> None:
    """Let the mails in hand be stored and answered, for `grace_s`; then close. What got no 250 comes again."""
    for session in tuple(sessions):
        session.finish()
    if sessions:
        await asyncio.wait(sessions.values(), timeout=grace_s)
    late = dict(sessions)
    for session in late:
        session.abort()
    await asyncio.gather(*late.values(), return_exceptions=True)
