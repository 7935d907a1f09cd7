"""Mail out over SMTP: a few sessions, kept open and used again. What goes wrong is a MailError: see `smtp_errors`.

Sources: RFC 5321 (SMTP; 4.5.3.2 timeouts), 3461 (delivery notices), 3207 (STARTTLS), 4954 (AUTH).
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

from aiosmtplib import SMTP, SMTPException, SMTPResponse, SMTPResponseException

from smsd.mail.smtp_errors import (
    CURES,
    WHAT,
    MailDeferred,
    MailError,
    MailRefused,
    MailUnavailable,
    MailUncertain,
    Stage,
    from_loss,
    from_reply,
    one_line,
    unreachable,
    unready,
)

__all__ = [
    "Accepted",
    "MailDeferred",
    "MailError",
    "MailRefused",
    "MailUnavailable",
    "MailUncertain",
    "Mailer",
    "SmtpSettings",
    "open_mailer",
    "queue_id",
    "wire_bytes",
]

QUIT_TIMEOUT_S = 2.0
"""How long a goodbye may take. All sessions say it at once, so this also bounds how long closing the mailer takes."""


@dataclass(frozen=True)
class SmtpSettings:
    """Where mail leaves, and how. `tls_ca_file` replaces the system's certificate authorities."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    connections: int = 2
    timeout_s: float = 30
    idle_s: float = 60
    tls_ca_file: str | None = None
    helo_name: str | None = None
    # RFC 5321 section 4.5.3.2.6 asks for 10 minutes after the final dot: who hangs up earlier sends duplicates. Content
    # filters answer within seconds; two minutes keep a claim on the outbox from running out in the meantime.
    data_timeout_s: float = 120

    @property
    def address(self) -> str:
        """Host and port, as sentences name the server."""
        return f"{self.host}:{self.port}"

    @property
    def longest_send_s(self) -> float:
        """An upper bound for one `send` that need not wait for a free session; a claim on a mail must last longer."""
        # A dead session (MAIL, RCPT), then a new one (opening, MAIL, RCPT, DATA), and one RSET.
        return 6 * self.timeout_s + 2 * self.data_timeout_s


@dataclass(frozen=True)
class Accepted:
    """The server took responsibility for the mail (RFC 5321 section 4.2.5): what it said, and its queue id in that."""

    response: str
    queue_id: str | None


@dataclass(frozen=True)
class _Letter:
    sender: str
    recipient: str
    content: bytes


class Mailer:
    """Sends mail through at most `settings.connections` sessions at a time. Made by `open_mailer`."""

    def __init__(self, settings: SmtpSettings, tls_context: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._tls_context = tls_context
        self._slots = asyncio.Semaphore(settings.connections)
        self._parked: dict[SMTP, asyncio.Task[None]] = {}
        self._expiries: set[asyncio.Task[None]] = set()
        self._closed = False

    async def send(self, message: EmailMessage, *, envelope_sender: str, recipient: str) -> Accepted:
        """Hand `message` to the server for one `recipient`; returns when the server has accepted it.

        Raises a MailError, and nothing else, for whatever the server, the network or the addresses do.
        """
        with _talking("data", self._settings):
            letter = _Letter(envelope_sender, recipient, wire_bytes(message))
        async with self._slots:
            parked = self._unpark()
            if parked is not None:
                try:
                    return await self._deliver(parked, letter)
                except MailDeferred:
                    # Servers hang up on idle clients, and limit the mails per session with a 421. Neither is a failed
                    # attempt at this mail. Nothing was sent yet: after DATA it would be a MailUncertain.
                    if parked.is_connected:
                        raise
            return await self._deliver(await self._connect(), letter)

    async def greet(self) -> None:
        """Open a session, encrypted and logged in, and take leave: no mail is sent. Raises a MailError."""
        await _quit(await self._connect())

    async def _deliver(self, client: SMTP, letter: _Letter) -> Accepted:
        """One mail transaction on `client`, which is parked afterwards if it is still good, and closed if not."""
        try:
            response = await _transact(client, letter, self._settings)
        except MailError as error:
            await self._recover(client, error)
            raise
        except BaseException:
            client.close()  # cancelled in the middle: the server's next reply would answer another mail
            raise
        self._park(client)
        return Accepted(one_line(response.message), queue_id(response.message))

    async def _recover(self, client: SMTP, error: MailError) -> None:
        """Keep a session whose server only said no to this mail; close it after anything else."""
        if not client.is_connected:
            return
        if isinstance(error, MailUnavailable):
            # Servers that read their configuration anew, as Postfix at a reload, do so for new sessions only.
            await _quit(client)
            return
        try:
            if error.code is None or error.code < 400:
                raise SMTPException("the session is out of step")
            await client.rset()
        except BaseException as fault:
            client.close()
            if not isinstance(fault, (SMTPException, OSError)):
                raise
        else:
            self._park(client)

    async def _connect(self) -> SMTP:
        """A new session, greeted, encrypted and logged in as the settings say, within `timeout_s` in all."""
        settings = self._settings
        with _opening(settings):
            client = SMTP(
                hostname=settings.host,
                port=settings.port,
                timeout=settings.timeout_s,
                use_tls=settings.tls == "tls",
                start_tls=False,
                tls_context=self._tls_context,
                local_hostname=settings.helo_name,
            )
            try:
                async with asyncio.timeout(settings.timeout_s):
                    await client.connect()
                    await _secure(client, settings)
                    await _log_in(client, settings)
            except BaseException:
                client.close()
                raise
        return client

    def _unpark(self) -> SMTP | None:
        """The session used last, if one is open: the others may then grow old and be closed."""
        while self._parked:
            client, expiry = self._parked.popitem()
            expiry.cancel()
            if client.is_connected:
                return client
        return None

    def _park(self, client: SMTP) -> None:
        if self._closed:
            client.close()
        elif client.is_connected:
            expiry = asyncio.create_task(self._expire(client))
            self._parked[client] = expiry
            self._expiries.add(expiry)
            expiry.add_done_callback(self._expiries.discard)

    async def _expire(self, client: SMTP) -> None:
        await asyncio.sleep(self._settings.idle_s)
        del self._parked[client]
        await _quit(client)

    async def _close(self) -> None:
        self._closed = True
        expiries = tuple(self._expiries)
        for expiry in expiries:
            expiry.cancel()
        await asyncio.gather(*map(_quit, self._parked), *expiries, return_exceptions=True)
        self._parked.clear()


@asynccontextmanager
async def open_mailer(settings: SmtpSettings) -> AsyncIterator[Mailer]:
    """A Mailer for the length of a block; leaving it closes all sessions within `QUIT_TIMEOUT_S`.

    Opening connects nowhere: a mail server that is down must not keep the gateway from taking SMS.
    Raises MailUnavailable when `tls_ca_file` cannot be read.
    """
    mailer = Mailer(settings, _tls_context(settings))
    try:
        yield mailer
    finally:
        await mailer._close()


def _tls_context(settings: SmtpSettings) -> ssl.SSLContext | None:
    if settings.tls == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.tls_ca_file)
    except OSError as exc:
        fault = f"cannot read certificates from {settings.tls_ca_file} ({exc.strerror or exc})"
        raise MailUnavailable(f"{fault}; check [mail] tls_ca_file") from exc


async def _secure(client: SMTP, settings: SmtpSettings) -> None:
    """Greet, and encrypt with STARTTLS (RFC 3207) if that is wanted; never go on in clear when it is not offered."""
    await client.ehlo()
    if settings.tls != "starttls":
        return
    if not client.supports_extension("starttls"):
        raise MailUnavailable(
            f"mail server {settings.address} does not offer STARTTLS; "
            'check [mail] port, or set [mail] tls to "tls" (port 465) or "none"'
        )
    await client.starttls()
    await client.ehlo()


async def _log_in(client: SMTP, settings: SmtpSettings) -> None:
    if settings.user is None:
        return
    if not client.supported_auth_methods:
        raise MailUnavailable(
            f"mail server {settings.address} does not offer a login here; check [mail] tls, or remove [mail] user"
        )
    await client.login(settings.user, settings.password or "")


async def _transact(client: SMTP, letter: _Letter, settings: SmtpSettings) -> SMTPResponse:
    """One mail transaction, RFC 5321 section 3.3, with delivery notices asked for (RFC 3461 sections 4.1, 4.3)."""
    size = [f"SIZE={len(letter.content)}"] if client.supports_extension("size") else []
    ret, notify = (["RET=HDRS"], ["NOTIFY=FAILURE,DELAY"]) if client.supports_extension("dsn") else ([], [])
    with _talking("sender", settings):
        await client.mail(_checked(letter.sender) if letter.sender else "", options=[*size, *ret])
    with _talking("recipient", settings):
        await client.rcpt(_checked(letter.recipient), options=notify)
    with _talking("data", settings):
        return await client.data(letter.content, timeout=settings.data_timeout_s)


_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")


def _checked(address: str) -> str:
    """`address`, if it is a plain one. aiosmtplib would make do with anything, and write to what it found in there."""
    if not _MAILBOX.fullmatch(address):
        raise ValueError(f"{address!r} is not a mail address")
    return address


async def _quit(client: SMTP) -> None:
    """Say goodbye if the server listens; whatever it answers, the session is closed."""
    try:
        await client.quit(timeout=QUIT_TIMEOUT_S)
    except (SMTPException, OSError):
        pass  # nothing hangs on a goodbye: every mail of this session has been answered
    finally:
        client.close()


@contextmanager
def _opening(settings: SmtpSettings) -> Iterator[None]:
    """Translate what can go wrong before a session is ready; all of it concerns every mail alike."""
    try:
        yield
    except SMTPResponseException as exc:
        raise unready(exc, settings.address) from exc
    except (SMTPException, OSError, ValueError) as exc:
        raise unreachable(exc, settings.address, settings.timeout_s) from exc


@contextmanager
def _talking(stage: Stage, settings: SmtpSettings) -> Iterator[None]:
    """Translate what can go wrong in a mail transaction."""
    try:
        yield
    except SMTPResponseException as exc:
        raise from_reply(stage, exc.code, one_line(exc.message), settings.address) from exc
    except ValueError as exc:
        cure = "" if stage == "data" else f"; {CURES[stage]}"
        raise MailRefused(f"{WHAT[stage]} cannot be written in SMTP ({one_line(str(exc))}){cure}", stage=stage) from exc
    except (SMTPException, OSError) as exc:
        raise from_loss(stage, exc, settings.address) from exc


_QUEUE_IDS = (
    re.compile(r"\bqueued as ([\w.-]+)", re.IGNORECASE),  # Postfix
    re.compile(r"\bid=([\w.-]+)"),  # Exim
    re.compile(r"\bInternalId=(\d+)"),  # Exchange
    re.compile(r"^(?:2\.0\.0 )?(\w{8,}) Message accepted for delivery"),  # Sendmail
    re.compile(r"^(?:2\.0\.0 )?OK +\d+ (\S+) - gsmtp"),  # Google
)


def queue_id(response: str) -> str | None:
    """The server's own name for the mail, for its operator's logs, where the usual servers put it."""
    return next((found[1] for pattern in _QUEUE_IDS if (found := pattern.search(response))), None)


def wire_bytes(message: EmailMessage) -> bytes:
    """`message` as it travels: CRLF, and 7-bit, which every server carries (RFC 5321 section 2.3.8, RFC 6152)."""
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n", cte_type="7bit"))
