"""An agency's answer by mail: who sent it, to which ticket's address, whether a person wrote it, and what it says."""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email import policy
from email.headerregistry import HeaderRegistry
from email.message import Message
from email.parser import BytesHeaderParser
from functools import partial
from itertools import islice
from typing import Any, Literal

from parser.agency_verb import Accept, Ask, Done, FreeText, NeedsExplanation, NotOurs, Process, Verb, read_verb
from parser.mail_text import REPLY_MARKER, best_text, clean, cut_quotes, tolerant

__all__ = [
    "LOOP_HEADER",
    "REPLY_MARKER",
    "Accept",
    "AgencyMail",
    "Ask",
    "Done",
    "FreeText",
    "NeedsExplanation",
    "NotOurs",
    "Process",
    "Verb",
    "find_token",
    "new_token",
    "read_mail",
    "read_verb",
]

LOOP_HEADER = "X-SMSD-Loop"

# No l, i, o, 0 or 1: officers retype addresses.
TOKEN_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
TOKEN_LENGTH = 20

Automatic = Literal["bounce", "auto-reply", "own"]

_RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "To", "Cc", "Resent-To")
_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]@]{1,64}@[^\s<>,;:\"'()\[\]@]{1,255}")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")

_ROBOT_HEADERS = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-auto-response", "x-mail-autoreply")
_ROBOT_PRECEDENCE = frozenset(("bulk", "junk", "auto_reply"))
_BOUNCE_SENDERS = ("mailer-daemon@", "postmaster@")
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery status notification|mail delivery (?:failed|failure)|returned mail|failure notice"
    r"|delivery (?:has )?failed|tidak (?:dapat )?terkirim|gagal terkirim|pengiriman (?:pesan )?gagal",
    re.IGNORECASE,
)
_AWAY_SUBJECT = re.compile(
    r"balasan otomatis|jawaban otomatis|sedang cuti|di luar kantor|dinas luar|out of (?:the )?office"
    r"|automatic reply|auto[- ]?(?:reply|response)|autoreply",
    re.IGNORECASE,
)
# A person who answers keeps our subject behind Re:, which may speak of an officer on leave.
_ANSWERED_SUBJECT = re.compile(r"\s*(?:re|bls|balas|fw|fwd|trs)\s*:", re.IGNORECASE)


# The standard library's time grows with the square of a header's length: half a minute for 800 kB of encoded words.
_MAX_HEADER = 10_000
# And it takes minutes for a hundred thousand headers of one name. Postfix keeps 100 kB of headers, a bounce a few more.
_MAX_HEAD = 256 * 1024
_MAX_OF_ONE_NAME = 50
# A part takes it half a millisecond, and 20 MB have room for two million. What could be read stands in the first ones.
_MAX_PARTS = 1000
_PART = re.compile(rb"\n--")
_registry = HeaderRegistry()
_DECODING = policy.default.clone(header_factory=lambda name, value: _registry(name, value[:_MAX_HEADER]))


@dataclass(frozen=True, slots=True)
class AgencyMail:
    """A mail as far as it concerns a ticket; addresses are lower-case."""

    message_id: str | None
    sender: str
    recipients: tuple[str, ...]
    subject: str
    in_reply_to: str | None
    automatic: Automatic | None
    text: str
    answer: str


def read_mail(raw: bytes, envelope_sender: str | None = None) -> AgencyMail:
    """What a mail says; never fails, whatever the bytes. An empty envelope sender is known to be a robot's."""
    message = _parse(raw)
    sender = next(iter(_addresses(message, "From")), "")
    subject = " ".join(" ".join(_values(message, "Subject")).split())
    text = best_text(message)
    return AgencyMail(
        message_id=_message_id(message, "Message-ID"),
        sender=sender,
        recipients=tuple(dict.fromkeys(a for name in _RECIPIENT_HEADERS for a in _addresses(message, name))),
        subject=subject,
        in_reply_to=_message_id(message, "In-Reply-To"),
        automatic=_automatic(message, sender, subject, envelope_sender),
        text=text,
        answer=cut_quotes(text),
    )


def _parse(raw: bytes) -> Message[Any, Any]:
    """The message, read by the first parser that gets through it; the last one reads no more than the headers."""
    raw = _with_few_parts(_with_short_head(raw))
    for rules in (_DECODING, policy.compat32):
        message: Message[Any, Any] | None = tolerant(partial(_parse_by, rules, raw), None)
        if message is not None:
            return message
    return BytesHeaderParser(policy=policy.compat32).parsebytes(raw)


def _with_short_head(raw: bytes) -> bytes:
    """The mail without the headers that are too many to be of use."""
    ends = [end for end in (raw.find(b"\n\n"), raw.find(b"\r\n\r\n")) if end >= 0]
    end = min(ends, default=len(raw))
    return raw if end <= _MAX_HEAD else raw[: max(0, raw.rfind(b"\n", 0, _MAX_HEAD))] + raw[end:]


def _with_few_parts(raw: bytes) -> bytes:
    """The mail up to where it has more parts than anybody sends."""
    next_one = next(islice(_PART.finditer(raw), _MAX_PARTS, None), None)
    return raw[: next_one.start()] if next_one else raw


def _parse_by(rules: Any, raw: bytes) -> Message[Any, Any]:
    return email.message_from_bytes(raw, policy=rules)


def _values(message: Message[Any, Any], name: str) -> list[str]:
    """All values of a header, decoded where they can be, else as they stand there."""
    as_written = _values_as_written(message, name)
    values: list[str] = tolerant(lambda: [str(value) for value in _parsed(message, name)], as_written)
    return [clean(value) for value in values]


def _values_as_written(message: Message[Any, Any], name: str) -> list[str]:
    return [str(value)[:_MAX_HEADER] for _, value in _raw_headers(message, name)]


def _raw_headers(message: Message[Any, Any], name: str) -> list[tuple[str, Any]]:
    same = ((key, value) for key, value in message.raw_items() if key.lower() == name.lower())
    return list(islice(same, _MAX_OF_ONE_NAME))


def _parsed(message: Message[Any, Any], name: str) -> list[Any]:
    """The values of a header as objects of the standard library."""
    return [message.policy.header_fetch_parse(key, value) for key, value in _raw_headers(message, name)]


def _addresses(message: Message[Any, Any], name: str) -> list[str]:
    """All addresses in a header, display names left out."""
    parsed: list[str] = tolerant(lambda: _parsed_addresses(message, name), [])
    written = _values_as_written(message, name)
    return [clean(address).lower() for address in parsed or _ADDRESS.findall("\n".join(written))]


def _parsed_addresses(message: Message[Any, Any], name: str) -> list[str]:
    """As the standard library reads them: a display name that looks like an address does not deceive it."""
    headers = _parsed(message, name)
    return [str(a.addr_spec) for header in headers for a in getattr(header, "addresses", ()) if "@" in a.addr_spec]


def _message_id(message: Message[Any, Any], name: str) -> str | None:
    """The first identifier in angle brackets, else the whole value, None without any."""
    value = " ".join(_values(message, name)).strip()
    found = _MESSAGE_ID.search(value)
    return found[0] if found else value or None


def _automatic(message: Message[Any, Any], sender: str, subject: str, envelope: str | None) -> Automatic | None:
    """Which robot wrote it, None for a person: we, a mail server (RFC 3464), or an answering machine (RFC 3834)."""
    if _values(message, LOOP_HEADER):
        return "own"
    if _is_report(message) or sender.startswith(_BOUNCE_SENDERS) or _values(message, "X-Failed-Recipients"):
        return "bounce"
    if _is_auto_reply(message, subject):
        return "auto-reply"
    # RFC 3834 section 3.3 lets answering machines have an empty envelope sender too, so this comes last.
    is_bounce = envelope in ("", "<>") or _is_bounce_subject(subject)
    return "bounce" if is_bounce else None


def _is_report(message: Message[Any, Any]) -> bool:
    """A multipart/report on delivery (RFC 6522); one on reading (RFC 8098) is what an answering machine sends."""
    if tolerant(message.get_content_type, "") != "multipart/report":
        return False
    return tolerant(lambda: str(message.get_param("report-type", "")), "").lower() != "disposition-notification"


def _is_auto_reply(message: Message[Any, Any], subject: str) -> bool:
    """Any of the signs that answering machines give; `Auto-Submitted: no` is a person's (RFC 3834 section 5)."""
    if tolerant(message.get_content_type, "") == "multipart/report":
        return True
    submitted = [value.partition(";")[0].strip().lower() for value in _values(message, "Auto-Submitted")]
    if any(value not in ("", "no") for value in submitted):
        return True
    if any(value.strip().lower() in _ROBOT_PRECEDENCE for value in _values(message, "Precedence")):
        return True
    if any(key.lower().startswith(_ROBOT_HEADERS) for key, _ in message.raw_items()):
        return True
    return not _ANSWERED_SUBJECT.match(subject) and bool(_AWAY_SUBJECT.search(subject))


def _is_bounce_subject(subject: str) -> bool:
    return not _ANSWERED_SUBJECT.match(subject) and bool(_BOUNCE_SUBJECT.search(subject))


def new_token(choose: Callable[[int], int]) -> str:
    """A random token for one ticket, agency and dispatch; `choose(n)` gives a number from 0 to n-1."""
    return "".join(TOKEN_ALPHABET[choose(len(TOKEN_ALPHABET))] for _ in range(TOKEN_LENGTH))


def find_token(recipients: Iterable[str], domain: str) -> str | None:
    """The token of the first address `t-<token>@<domain>`, in any case."""
    pattern = re.compile(rf"t-([{TOKEN_ALPHABET}]{{{TOKEN_LENGTH}}})@{re.escape(domain)}", re.IGNORECASE)
    for recipient in recipients:
        if found := pattern.fullmatch(recipient.strip()):
            return found[1].lower()
    return None
