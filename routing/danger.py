"""Words of danger: whom to call first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DangerVerdict:
    """The number to call, None where nobody is in danger, and why."""

    number: str | None
    reasons: tuple[str, ...] = ()


class Danger:
    """All words of danger."""

    def judge(self, tokens: Sequence[str]) -> DangerVerdict:
        """Say whether somebody may be in danger."""
        return DangerVerdict(None)
