"""The line that `systemctl status` shows: is it well, what waits, how much was there today."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import asyncpg

from smsd.loops import Pulse
from smsd.modem_board import ModemBoard
from smsd.notify import notify
from smsd.spool import Spool
from smsd.store.database import CONNECTION_ERRORS
from smsd.store.queries import SQL

_LOOK_S = 5.0


class StatusLine:
    """Knows what the daemon knows without asking, and asks the database now and then."""

    def __init__(self, modems: Sequence[str], board: ModemBoard, spool: Spool, pulse: Pulse) -> None:
        self._modems = modems
        self._board = board
        self._spool = spool
        self._pulse = pulse
        self._counts: asyncpg.Record | None = None  # None: the database is away
        self.reload_refused = False

    def text(self) -> str:
        """The line."""
        return "; ".join(self._pieces())

    async def watch(self, pool: asyncpg.Pool, zone: ZoneInfo) -> None:
        """For ever: systemd is told whenever the line changes."""
        told = None
        while True:
            try:
                self._counts = await pool.fetchrow(SQL["status_counts"], zone.key)
            except (*CONNECTION_ERRORS, asyncpg.UndefinedTableError):  # the loops say so; this only shows it
                self._counts = None
            if (text := self.text()) != told:
                notify(f"STATUS={text}")
                told = text
            await asyncio.sleep(_LOOK_S)

    def _pieces(self) -> Iterator[str]:
        if late := self._pulse.late():
            yield f"STUCK: {', '.join(late)}"
        yield self._modem_states()
        if self._counts:
            yield _waiting(self._counts["sms"], self._counts["mails"])
        yield "database ok" if self._counts else "the database is away"
        if self._spool:
            yield f"{_many(self._spool.parts, 'SMS part')} on the disk"
        if self._counts:
            yield f"{_many(self._counts['reports'], 'report')} today"
        if self.reload_refused:
            yield "the last reload was refused, the journal says why"

    def _modem_states(self) -> str:
        told = {name: self._board.states.get(name) for name in self._modems}
        states = {name: state.state if state else "starting" for name, state in told.items()}
        others = [f"{name} {state}" for name, state in states.items() if state != "ready"]
        ready = f"{len(states) - len(others)} of {_many(len(states), 'modem')} ready"
        return f"{ready} ({', '.join(others)})" if others else ready


def _waiting(sms: int, mails: int) -> str:
    waiting = [text for count, text in ((sms, f"{sms} SMS"), (mails, _many(mails, "mail"))) if count]
    return f"{' and '.join(waiting)} waiting" if waiting else "nothing waiting"


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
