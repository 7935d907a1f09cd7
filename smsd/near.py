"""Which open report a mail may be about whose address was retyped with a slip: for an operator, who decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import asyncpg
from rapidfuzz.distance import OSA

from smsd.store.queries import SQL

MOST_SLIPS = 2  # two random tokens of 20 characters differ in about 19


def reports_near(near: Iterable[str], open_tokens: Mapping[str, str]) -> list[str]:
    """The codes of the reports whose token is at most two slips from one of `near`, the nearest first.

    `near` comes from `near_tokens`; `open_tokens` has the code of each. A slip is a character too many, too few or
    another one, or two that changed places.
    """
    found = dict[str, int]()
    for typed in near:
        for token, code in open_tokens.items():
            slips = OSA.distance(typed, token, score_cutoff=MOST_SLIPS)
            if slips <= MOST_SLIPS:
                found[code] = min(slips, found.get(code, slips))
    return sorted(found, key=lambda code: (found[code], code))


async def open_tokens(connection: asyncpg.Connection | asyncpg.Pool) -> dict[str, str]:
    """Of each token to which an agency may still answer, the code of its report."""
    return {row["token"]: row["code"] for row in await connection.fetch(SQL["open_tokens"])}
