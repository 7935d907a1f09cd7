"""What SQL can still tell of a box: how long its content is."""

from __future__ import annotations

from smsd.store.seal import BOX_BYTES


def is_not(column: str, text: str) -> str:
    """A condition that a box with that text does not fulfil, nor any other text of its length."""
    return f"length(({column}).box) <> {BOX_BYTES + 1 + len(text.encode())}"
