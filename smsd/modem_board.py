"""Keeps the table `modem` in step with what the transports say of themselves."""

from __future__ import annotations

from dataclasses import astuple

import asyncpg

from smsd.loops import Bell
from smsd.store.queries import SQL
from smsd.transports.base import TransportState


class ModemBoard:
    """Takes states at any time; `step` writes the newest of each down."""

    def __init__(self, pool: asyncpg.Pool, bell: Bell) -> None:
        self._pool = pool
        self._bell = bell
        self._news: dict[str, TransportState] = {}
        self.states: dict[str, TransportState] = {}  # the newest of each

    def tell(self, name: str, state: TransportState) -> None:
        """A transport's state changed; maybe it can send now what has waited for it."""
        self._news[name] = self.states[name] = state
        self._bell.ring("modem")
        self._bell.ring("outbox_sms")

    async def step(self) -> int:
        """Writes what changed; how many that were. What cannot be written now stays news."""
        for name, state in list(self._news.items()):
            await self._pool.execute(SQL["upsert_modem"], name, *astuple(state))
            if self._news[name] is state:
                del self._news[name]
        return 0
