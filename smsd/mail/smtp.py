"""Mail out over SMTP: a few sessions kept open and used again, and errors that carry what to do next.

    MailError                 .retryable, .retry_after_s, .operator_sentence, .code, .status, .text, .stage
    ├── MailRefused           the server said no for good (5xx): retrying is useless          retryable = False
    ├── MailDeferred          not now (4xx, greylisting, a lost connection): later            retryable = True
    │   └── MailUnavailable   no mail at all can leave: unreachable, TLS, login               retryable = True
    └── MailUncertain         lost after DATA: perhaps sent; again with the same Message-ID   retryable = True

Sources: RFC 5321 (SMTP; 4.5.3.2 timeouts), 3463 (status codes), 3461 (DSN), 3207 (STARTTLS), 4954 (AUTH).
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import MappingProxyType
from typing import ClassVar, Literal

from aiosmtplib import SMTP, SMTPException, SMTPResponse, SMTPResponseException

Stage = Literal["sender", "recipient", "data"]

QUIT_TIMEOUT_S = 2.0
"""How long a goodbye may take. All sessions say it at once, so this also bounds how long closing the mailer takes."""

FULL_MAILBOX_RETRY_S = 24 * 3600.0
LONGEST_RETRY_AFTER_S = 24 * 3600.0


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


class MailError(Exception):
    """A mail was not sent. `operator_sentence` says why, and the cure where there is one; never parse it."""

    retryable: ClassVar[bool]

    def __init__(
        self,
        operator_sentence: str,
        *,
        code: int | None = None,
        text: str = "",
        stage: Stage | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(operator_sentence)
        self.operator_sentence = operator_sentence
        self.code = code
        self.text = text
        self.status = enhanced_status(text)
        self.stage = stage
        self.retry_after_s = retry_after_s


class MailRefused(MailError):
    """The server refused for good. `stage` tells whose fault it is: our sender, the recipient, or the message."""

    retryable = False


class MailDeferred(MailError):
    """Not now; the same mail may be sent later, not before `retry_after_s` if that is given."""

    retryable = True


class MailUnavailable(MailDeferred):
    """No mail at all can be sent at present, whatever it says: unreachable server, TLS or login fault."""


class MailUncertain(MailError):
    """The connection was lost after DATA began, so the mail may have been sent: retry with the same Message-ID."""

    retryable = True


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
        return Accepted(_one_line(response.message), queue_id(response.message))

    async def _recover(self, client: SMTP, error: MailError) -> None:
        """Keep a session whose server only said no to this mail; close it after anything else."""
        if not client.is_connected:
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
    dsn = client.supports_extension("dsn")
    size = [f"SIZE={len(letter.content)}"] if client.supports_extension("size") else []
    with _talking("sender", settings):
        await client.mail(
            _checked(letter.sender) if letter.sender else "", options=[*size, *(["RET=HDRS"] if dsn else [])]
        )
    with _talking("recipient", settings):
        await client.rcpt(_checked(letter.recipient), options=["NOTIFY=FAILURE,DELAY"] if dsn else [])
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
        raise _unready(exc, settings) from exc
    except (SMTPException, OSError, ValueError) as exc:
        raise _unreachable(exc, settings) from exc


def _unready(exc: SMTPResponseException, settings: SmtpSettings) -> MailUnavailable:
    reply = f"{exc.code} {_one_line(exc.message)}"
    if exc.code in _LOGIN_CODES:
        sentence = f"mail server {settings.address} rejects the login ({reply}); check [mail] user and password_file"
    else:
        sentence = f"mail server {settings.address} is not ready ({reply}); check [mail] host, port and tls"
    return MailUnavailable(sentence, code=exc.code, text=_one_line(exc.message))


def _unreachable(exc: Exception, settings: SmtpSettings) -> MailUnavailable:
    cause = exc.__cause__ if isinstance(exc.__cause__, OSError) else exc
    at = settings.address
    match cause:
        case ssl.SSLCertVerificationError():
            sentence = (
                f"the certificate of mail server {at} is not trusted ({cause.verify_message}); "
                "set [mail] tls_ca_file to the authority that signed it, or [mail] host to a name in it"
            )
        case ssl.SSLError():
            sentence = (
                f"TLS with mail server {at} fails ({cause.reason or cause}); "
                'check [mail] tls: "tls" belongs to port 465, "starttls" to 25 and 587'
            )
        case TimeoutError():
            sentence = (
                f"mail server {at} does not answer within {settings.timeout_s:g} s; check [mail] host, port and tls"
            )
        case _:
            sentence = f"cannot reach mail server {at} ({_reason(cause)}); check [mail] host and port"
    return MailUnavailable(sentence)


def _reason(cause: BaseException) -> str:
    match cause:
        case ConnectionRefusedError():
            return "connection refused"
        case socket.gaierror():
            return "host name not found"
        case OSError(strerror=str(strerror)):
            return strerror.lower()
        case _:
            return _one_line(str(cause))


@contextmanager
def _talking(stage: Stage, settings: SmtpSettings) -> Iterator[None]:
    """Translate what can go wrong in a mail transaction."""
    try:
        yield
    except SMTPResponseException as exc:
        raise _from_reply(stage, exc.code, _one_line(exc.message), settings) from exc
    except ValueError as exc:
        cure = "" if stage == "data" else f"; {_CURES[stage]}"
        raise MailRefused(
            f"{_WHAT[stage]} cannot be written in SMTP ({_one_line(str(exc))}){cure}", stage=stage
        ) from exc
    except (SMTPException, OSError) as exc:
        raise _from_loss(stage, exc, settings) from exc


def _from_loss(stage: Stage, exc: Exception, settings: SmtpSettings) -> MailError:
    """A connection lost before DATA sent nothing; one lost later may have (RFC 5321 section 4.1.1.4)."""
    how = "stopped answering" if isinstance(exc, TimeoutError) else "hung up"
    if stage == "data":
        return MailUncertain(f"mail server {settings.address} {how} after DATA; perhaps the mail was sent", stage=stage)
    return MailDeferred(f"mail server {settings.address} {how} before taking the mail", stage=stage)


_LOGIN_CODES = frozenset({530, 534, 535, 538})
"""RFC 4954 section 6 (454, a temporary fault of the login, is not among them)."""

_WHAT: Mapping[Stage, str] = MappingProxyType(
    {"sender": "the sender", "recipient": "the recipient", "data": "the message"}
)
_CURES: Mapping[Stage, str] = MappingProxyType(
    {
        "sender": "check [mail] sender and reply_domain",
        "recipient": "check the address of the agency",
        "data": "ask the operator of the mail server why",
    }
)
_POLICY_CURE = "ask the operator of the mail server to let us send there, or check [mail] host and user"

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


def _from_reply(stage: Stage, code: int, text: str, settings: SmtpSettings) -> MailError:
    """The meaning of a reply that is not the hoped-for one: RFC 5321 section 4.2.1, refined by RFC 3463."""
    reply = f"{code} {text}"
    if code < 400:  # also -1, a reply that is none
        return _from_nonsense(stage, code, text, settings)
    if code in _LOGIN_CODES and stage == "sender":
        sentence = f"mail server {settings.address} wants a login ({reply}); check [mail] tls, user and password_file"
        return MailUnavailable(sentence, code=code, text=text, stage=stage)
    status = enhanced_status(text)
    if status in {"4.2.2", "5.2.2"}:
        # RFC 3463 section 3.3: a full mailbox is "a persistent transient failure", whatever the first digit says.
        sentence = f"the mailbox of the recipient is full ({reply}); tell the agency"
        return MailDeferred(sentence, code=code, text=text, stage=stage, retry_after_s=FULL_MAILBOX_RETRY_S)
    if code < 500:
        sentence = f"mail server {settings.address} asks to try later ({reply})"
        return MailDeferred(sentence, code=code, text=text, stage=stage, retry_after_s=retry_after_s(text))
    # RFC 3463 section 3.8: X.7.X is a matter of policy, such as "relay access denied", and not of the address.
    cure = _POLICY_CURE if status and status.startswith("5.7.") else _CURES[stage]
    sentence = f"mail server {settings.address} refuses {_WHAT[stage]} ({reply}); {cure}"
    return MailRefused(sentence, code=code, text=text, stage=stage)


def _from_nonsense(stage: Stage, code: int, text: str, settings: SmtpSettings) -> MailError:
    sentence = f"mail server {settings.address} gives an answer that is not SMTP ({code} {text})"
    kind = MailUncertain if stage == "data" else MailDeferred
    return kind(f"{sentence}; check [mail] host and port", code=code, text=text, stage=stage)


def enhanced_status(text: str) -> str | None:
    """The RFC 3463 status that a reply begins with, as `5.1.1`."""
    found = _STATUS.match(text)
    return found[0] if found else None


_CLOCK = re.compile(r"\b(\d{1,2}):(\d\d):(\d\d)\b")
_COUNT = re.compile(r"\b(\d{1,5}) ?(s|sec|secs|seconds?|min|mins|minutes?|h|hours?)\b", re.IGNORECASE)
_UNIT_S = {"s": 1, "m": 60, "h": 3600}


def retry_after_s(text: str) -> float | None:
    """The delay that a greylisting server names in its reply: `come back in 00:05:00`, `try again in 300 seconds`."""
    if clock := _CLOCK.search(text):
        hours, minutes, seconds = map(int, clock.groups())
        return min(hours * 3600.0 + minutes * 60 + seconds, LONGEST_RETRY_AFTER_S)
    if count := _COUNT.search(text):
        return min(float(count[1]) * _UNIT_S[count[2][0].lower()], LONGEST_RETRY_AFTER_S)
    return None


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


def _one_line(text: str) -> str:
    """What a server said, fit for a log line: printable, one line, of bounded length."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:500]
