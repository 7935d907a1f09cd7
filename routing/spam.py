"""Texts that are no citizen's business with the state: promotion, fraud, machines talking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpamVerdict:
    """`kind` is "" for a citizen's text, else `penipuan`, `promo` or `robot`; the reasons are sentences."""

    kind: str
    score: float
    reasons: tuple[str, ...] = ()


class SpamFilter:
    """All marks of spam."""

    def judge(self, text: str) -> SpamVerdict:
        """Say whether a text is spam, and why."""
        return SpamVerdict("", 0.0)
