"""A mail of any bytes as an object of the standard library, and what its headers say; nothing here ever fails."""

from __future__ import annotations

import email
import re
from email import policy
from email.headerregistry import HeaderRegistry
from email.message import Message
from email.parser import BytesHeaderParser
from functools import lru_cache, partial
from itertools import islice
from typing import Any, TypeAlias

from parser.mail_text import clean, tolerant

Mail: TypeAlias = "Message[Any, Any]"

_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]@]{1,64}@[^\s<>,;:\"'()\[\]@]{1,255}")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")

# The standard library takes the square of a header's length in time: half a second for 10 kB of commas as addresses,
# two seconds for 6 kB of colons as a content type, which every part may have, and which is asked for again and again.
_MAX_HEADER = 4_000
_MAX_CONTENT_HEADER = 1_000
# And it takes minutes for a hundred thousand headers of one name. Postfix keeps 100 kB of headers, a bounce a few more.
_MAX_HEAD = 256 * 1024
_MAX_OF_ONE_NAME = 20
# 20 MB have room for two million parts. What could be read stands in the first ones.
_MAX_PARTS = 200
_PART = re.compile(rb"\n--")
_registry = HeaderRegistry()


def _read_header(name: str, value: str) -> Any:
    """The standard library's object for a header, of no more than it reads in time."""
    return _registry(name, value[: _MAX_CONTENT_HEADER if name.lower().startswith("content-") else _MAX_HEADER])


_DECODING = policy.default.clone(header_factory=lru_cache(maxsize=512)(_read_header))
# To write a message as it came: CPython folds some headers without end. Derived, for a generator reads headers too.
AS_IT_CAME = _DECODING.clone(refold_source="none")


def parse_message(mail: bytes | Mail) -> Mail:
    """The message, read by the first parser that gets through it; the last one reads no more than the headers.

    A message that is read already stays as it is, so that who asks several things of a mail reads it once.
    """
    if isinstance(mail, Message):
        return mail
    raw = _with_few_parts(_with_short_head(mail))
    for rules in (_DECODING, policy.compat32):
        message: Mail | None = tolerant(partial(_parse_by, rules, raw), None)
        if message is not None:
            return message
    return parse_headers(raw)


def parse_headers(raw: bytes) -> Mail:
    """No more than the headers; what is below them stays one text."""
    return BytesHeaderParser(policy=policy.compat32).parsebytes(_with_short_head(raw))


def _with_short_head(raw: bytes) -> bytes:
    """The mail without the headers that are too many to be of use."""
    ends = [end for end in (raw.find(b"\n\n"), raw.find(b"\r\n\r\n")) if end >= 0]
    end = min(ends, default=len(raw))
    return raw if end <= _MAX_HEAD else raw[: max(0, raw.rfind(b"\n", 0, _MAX_HEAD))] + raw[end:]


def _with_few_parts(raw: bytes) -> bytes:
    """The mail up to where it has more parts than anybody sends."""
    next_one = next(islice(_PART.finditer(raw), _MAX_PARTS, None), None)
    return raw[: next_one.start()] if next_one else raw


def _parse_by(rules: Any, raw: bytes) -> Mail:
    return email.message_from_bytes(raw, policy=rules)


def header_values(message: Mail, name: str) -> list[str]:
    """All values of a header, decoded where they can be, else as they stand there."""
    as_written = values_as_written(message, name)
    values: list[str] = tolerant(lambda: [str(value) for value in _parsed(message, name)], as_written)
    return [clean(value) for value in values]


def values_as_written(message: Mail, name: str) -> list[str]:
    """All values of a header as they stand there, cut to a length that can be read."""
    return [str(value)[:_MAX_HEADER] for _, value in _raw_headers(message, name)]


def _raw_headers(message: Mail, name: str) -> list[tuple[str, Any]]:
    same = ((key, value) for key, value in message.raw_items() if key.lower() == name.lower())
    return list(islice(same, _MAX_OF_ONE_NAME))


def _parsed(message: Mail, name: str) -> list[Any]:
    """The values of a header as objects of the standard library."""
    return [message.policy.header_fetch_parse(key, value) for key, value in _raw_headers(message, name)]


def addresses(message: Mail, name: str) -> list[str]:
    """All addresses in a header, in lower case, display names left out."""
    parsed: list[str] = tolerant(lambda: _parsed_addresses(message, name), [])
    written = values_as_written(message, name)
    return [clean(address).lower() for address in parsed or _ADDRESS.findall("\n".join(written))]


def _parsed_addresses(message: Mail, name: str) -> list[str]:
    """As the standard library reads them: a display name that looks like an address does not deceive it."""
    headers = _parsed(message, name)
    return [str(a.addr_spec) for header in headers for a in getattr(header, "addresses", ()) if "@" in a.addr_spec]


def message_id(message: Mail, name: str = "Message-ID") -> str | None:
    """The first identifier in angle brackets, else the whole value, None without any."""
    value = " ".join(header_values(message, name)).strip()
    found = _MESSAGE_ID.search(value)
    return found[0] if found else value or None


def subject_of(message: Mail) -> str:
    """The subject in one line."""
    return " ".join(" ".join(header_values(message, "Subject")).split())


def content_type(message: Mail) -> str:
    """`type/subtype` in lower case; empty where it cannot be read."""
    return tolerant(message.get_content_type, "")
