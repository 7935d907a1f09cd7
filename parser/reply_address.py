"""The address that an answer comes back to: `t-<token>@<domain>`, a token for each ticket, agency and dispatch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

# No l, i, o, 0 or 1: officers retype addresses.
TOKEN_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
TOKEN_LENGTH = 20

# How many characters somebody who retypes a token leaves out or adds.
_MAX_SLIPS = 3
_RETYPED = re.compile(r"t([a-z0-9]*)")


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


def near_tokens(recipients: Iterable[str], domain: str) -> list[str]:
    """What looks like a token that was retyped with a slip, cleaned of dots, dashes and spaces.

    For an operator, who compares it with the tokens that are open: it is never a match by itself. A real token is not
    among them.
    """
    recipients = [recipient.strip().lower() for recipient in recipients]
    found = (_retyped(recipient, domain.lower()) for recipient in recipients if not find_token([recipient], domain))
    return list(dict.fromkeys(token for token in found if token))


def _retyped(recipient: str, domain: str) -> str | None:
    local, _, host = recipient.rpartition("@")
    if host.rstrip(".") != domain:
        return None
    found = _RETYPED.fullmatch(re.sub(r"[-_.\s–—]+", "", local))
    return found[1] if found and abs(len(found[1]) - TOKEN_LENGTH) <= _MAX_SLIPS else None
