"""Why a mail was not sent, and what to do next; what servers and networks do is translated here, once.

    MailError                 .retryable, .retry_after_s, .operator_sentence, .code, .status, .text, .stage
    ├── MailRefused           the server said no for good (5xx): retrying is useless          retryable = False
    ├── MailDeferred          not now (4xx, greylisting, a lost connection): later            retryable = True
    │   └── MailUnavailable   no mail at all can leave: unreachable, TLS, login, full disk    retryable = True
    └── MailUncertain         lost after DATA: perhaps sent; again with the same Message-ID   retryable = True

Sources: RFC 5321 (SMTP replies, 4.2), 3463 (status codes), 4954 (AUTH).
"""

import re
import socket
import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from aiosmtplib import SMTPResponseException

Stage = Literal["sender", "recipient", "data"]

FULL_MAILBOX_RETRY_S = 24 * 3600.0
LONGEST_RETRY_AFTER_S = 24 * 3600.0
_AGAIN = "it is tried again by itself"


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
    """No mail at all can be sent at present, whatever it says: unreachable server, TLS or login fault, 4xx at MAIL."""


class MailUncertain(MailError):
    """The connection was lost after DATA began, so the mail may have been sent: retry with the same Message-ID."""

    retryable = True


def unready(exc: SMTPResponseException, server: str) -> MailUnavailable:
    """The server answers, but not with the hoped-for reply, before any mail was begun."""
    reply = f"{exc.code} {one_line(exc.message)}"
    if exc.code in _LOGIN_CODES:
        sentence = f"mail server {server} rejects the login ({reply}); check [mail] user and password_file"
    else:
        sentence = f"mail server {server} is not ready ({reply}); check [mail] host, port and tls"
    return MailUnavailable(sentence, code=exc.code, text=one_line(exc.message))


def unreachable(exc: Exception, server: str, timeout_s: float) -> MailUnavailable:
    """There is no session to be had, for a reason that the network, TLS or name resolution gives."""
    cause = exc.__cause__ if isinstance(exc.__cause__, OSError) else exc
    match cause:
        case ssl.SSLCertVerificationError():
            sentence = (
                f"the certificate of mail server {server} is not trusted ({cause.verify_message}); "
                "set [mail] tls_ca_file to the authority that signed it, or [mail] host to a name in it"
            )
        case ssl.SSLError():
            sentence = (
                f"TLS with mail server {server} fails ({cause.reason or cause}); "
                'check [mail] tls: "tls" belongs to port 465, "starttls" to 25 and 587'
            )
        case TimeoutError():
            sentence = f"mail server {server} does not answer within {timeout_s:g} s; check [mail] host, port and tls"
        case _:
            sentence = f"cannot reach mail server {server} ({_reason(cause)}); check [mail] host and port"
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
            return one_line(str(cause))


def from_loss(stage: Stage, exc: Exception, server: str) -> MailError:
    """A connection lost before DATA sent nothing; one lost later may have (RFC 5321 section 4.1.1.4)."""
    how = "stopped answering" if isinstance(exc, TimeoutError) else "hung up"
    if stage == "data":
        return MailUncertain(f"mail server {server} {how} after DATA; perhaps the mail was sent", stage=stage)
    return MailDeferred(f"mail server {server} {how} before taking the mail; {_AGAIN}", stage=stage)


_LOGIN_CODES = frozenset({530, 534, 535, 538})
"""RFC 4954 section 6 (454, a temporary fault of the login, is not among them)."""

WHAT: Mapping[Stage, str] = MappingProxyType(
    {"sender": "the sender", "recipient": "the recipient", "data": "the message"}
)
CURES: Mapping[Stage, str] = MappingProxyType(
    {
        "sender": "check [mail] sender and reply_domain",
        "recipient": "check the address of the agency",
        "data": "ask the operator of the mail server why",
    }
)
_POLICY_CURE = "ask the operator of the mail server to let us send there, or check [mail] host and user"

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


def from_reply(stage: Stage, code: int, text: str, server: str) -> MailError:
    """The meaning of a reply that is not the hoped-for one: RFC 5321 section 4.2.1, refined by RFC 3463."""
    reply = f"{code} {text}"
    if code < 400:  # also -1, a reply that is none
        return _from_nonsense(stage, code, text, server)
    if code in _LOGIN_CODES and stage == "sender":
        sentence = f"mail server {server} wants a login ({reply}); check [mail] tls, user and password_file"
        return MailUnavailable(sentence, code=code, text=text, stage=stage)
    status = enhanced_status(text)
    if status in {"4.2.2", "5.2.2"}:
        # RFC 3463 section 3.3: a full mailbox is "a persistent transient failure", whatever the first digit says.
        sentence = f"the mailbox of the recipient is full ({reply}); tell the agency"
        return MailDeferred(sentence, code=code, text=text, stage=stage, retry_after_s=FULL_MAILBOX_RETRY_S)
    if code < 500 and stage == "sender":
        # The server knows nothing of the mail yet: its disk is full, its signer is down, it cannot look up our domain.
        sentence = f"mail server {server} takes no mail now ({reply}); look at its log"
        return MailUnavailable(sentence, code=code, text=text, stage=stage)
    if code < 500:
        sentence = f"mail server {server} asks to try later ({reply}); {_AGAIN}"
        return MailDeferred(sentence, code=code, text=text, stage=stage, retry_after_s=retry_after_s(text))
    # RFC 3463 section 3.8: X.7.X is a matter of policy, such as "relay access denied", and not of the address.
    cure = _POLICY_CURE if status and status.startswith("5.7.") else CURES[stage]
    sentence = f"mail server {server} refuses {WHAT[stage]} ({reply}); {cure}"
    return MailRefused(sentence, code=code, text=text, stage=stage)


def _from_nonsense(stage: Stage, code: int, text: str, server: str) -> MailError:
    sentence = f"mail server {server} gives an answer that is not SMTP ({code} {text})"
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


def one_line(text: str) -> str:
    """What a server said, fit for a log line: printable, one line, of bounded length."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:500]
