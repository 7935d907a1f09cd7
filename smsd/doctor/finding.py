"""What a check says, and what it is given to look at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from config.settings import Settings

Level = Literal["OK", "WARN", "FAIL"]


@dataclass(frozen=True)
class Finding:
    """One line for the operator."""

    level: Level
    seen: str
    cure: str = ""


@dataclass(frozen=True)
class Wishes:
    """What is done only when it is asked for: each leaves something behind."""

    send_mail: str | None = None  # an address that gets a mail
    mail_loop: bool = False  # a mail from here to the reply domain and back in
    nameserver: str | None = None  # address, or address:port, to be asked instead of the system's


@dataclass(frozen=True)
class Check:
    """A name for it, what looks, and how long it may take."""

    name: str
    look: Callable[[Settings, Wishes], Awaitable[list[Finding]]]
    within_s: float = 20.0
    always: bool = False  # tells something even where the configuration cannot be used


def ok(seen: str) -> Finding:
    """All is well."""
    return Finding("OK", seen)


def warn(seen: str, cure: str) -> Finding:
    """It works, but not as it should."""
    return Finding("WARN", seen, cure)


def fail(seen: str, cure: str) -> Finding:
    """It does not work."""
    return Finding("FAIL", seen, cure)
