"""Whether our own server found that a mail is from the domain it says: Authentication-Results (RFC 8601)."""

from __future__ import annotations

import re
from typing import Any

import authres

from parser.mail_message import Mail, parse_message
from parser.mail_text import tolerant

_NAME = "Authentication-Results"
_ID = re.compile(r"[ \t\r\n]*(?:\([^()]{0,200}\)[ \t\r\n]*)?\"?([^\s;()\"]{1,255})")
_BY = re.compile(r"\bby[ \t\r\n]+([^\s;()]{1,255})", re.IGNORECASE)
# authres takes the time of the square of a header's length; a server writes a few hundred characters.
_MAX_LENGTH = 4_000
# What says whose mail it is: the property that names the domain that passed.
_PROPERTIES = {
    "dmarc": (("header", "from"),),
    "dkim": (("header", "d"), ("header", "i")),
    "spf": (("smtp", "mailfrom"), ("smtp", "mail")),
}


def authenticated(mail: bytes | Mail, authserv_id: str, sender_domain: str) -> bool:
    """Whether the server `authserv_id` says that the mail is from `sender_domain`: the domain of the From address.

    True for dmarc=pass, or for dkim=pass or spf=pass of that domain or one above it. Only the topmost header is asked,
    and it must be ours: no header of another server and no hop of one may stand above it. A server that writes such
    headers must also remove those that come from outside under its own name (RFC 8601 section 5).
    """
    message = parse_message(mail)
    value = _topmost(message, authserv_id.lower())
    if value is None or not sender_domain:
        return False
    results: list[Any] = tolerant(lambda: _results(value), [])
    return any(_passes(result, sender_domain.lower()) for result in results)


def _topmost(message: Mail, authserv_id: str) -> str | None:
    """The first such header, if it is ours and no other server has handed the mail on above it."""
    for key, value in message.raw_items():
        name = key.lower()
        if name == "received" and not _is_ours(str(value), authserv_id):
            return None
        if name == _NAME.lower():
            found = _ID.match(str(value)[:_MAX_LENGTH])
            return str(value) if found and found[1].lower() == authserv_id else None
    return None


def _is_ours(received: str, authserv_id: str) -> bool:
    """Whether the hop was taken by the server itself, a host below its name, or a filter on the same machine."""
    found = _BY.search(received[:_MAX_LENGTH])
    host = found[1].lower().rstrip(".") if found else ""
    return host in (authserv_id, "localhost") or host.endswith("." + authserv_id)


def _results(value: str) -> list[Any]:
    """The results as authres reads them; it raises for what is no such header."""
    if len(value) > _MAX_LENGTH:
        return []
    unfolded = " ".join(value.split())
    return authres.AuthenticationResultsHeader.parse_value(unfolded).results or []


def _passes(result: Any, sender_domain: str) -> bool:
    names = _PROPERTIES.get(result.method.lower(), ())
    if result.result.lower() != "pass":
        return False
    found = (p.value for p in result.properties if (p.type.lower(), p.name.lower()) in names)
    return any(
        _aligned(domain, sender_domain, exactly=result.method.lower() == "dmarc") for domain in map(_domain, found)
    )


def _domain(value: str) -> str:
    return value.rpartition("@")[2].strip().lower().rstrip(".")


def _aligned(domain: str, sender_domain: str, *, exactly: bool) -> bool:
    """A domain speaks for itself and, but for DMARC, which says whose mail it is, for those below it.

    Not for those above it, as RFC 7489 would have it: a village's server does not speak for its regency.
    """
    return domain == sender_domain or (not exactly and "." in domain and sender_domain.endswith("." + domain))
