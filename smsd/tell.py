"""How work that takes long says how far it has come."""

from __future__ import annotations

from typing import Protocol


class Tell(Protocol):
    """Hears how much has been done since it heard last, and, where that is known by now, of how much in all."""

    def __call__(self, done: int, of: int | None = None) -> None:
        """Returns at once."""


def silent(done: int, of: int | None = None) -> None:
    """Tells nobody."""
