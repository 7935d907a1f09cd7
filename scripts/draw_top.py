#!/usr/bin/env python3
"""The picture of `smsd top` in the documents: some busy days of a simulated district, as the terminal shows them."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import io
import os
import random
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from rich.console import Console
from rich.terminal_theme import MONOKAI

ROOT = Path(__file__).resolve().parent.parent
sys.path += [str(ROOT), str(ROOT / "scripts")]

import draw_mails  # noqa: E402

from bench.year.district import Air, District, open_district  # noqa: E402
from bench.year.expected import ZONE  # noqa: E402
from bench.year.people import Agenda, People  # noqa: E402
from parser.pdu import encode_deliver  # noqa: E402
from smsd.loops import Bell  # noqa: E402
from smsd.modem_board import ModemBoard  # noqa: E402
from smsd.parts import Arrived, PartStore  # noqa: E402
from smsd.send_sms import SmsSender  # noqa: E402
from smsd.top.screen import Look, screen  # noqa: E402
from smsd.top.snapshot import Snapshot, take_snapshot  # noqa: E402
from smsd.transports.base import TransportState  # noqa: E402

SIZE = (124, 33)  # columns, lines
_START = datetime(2026, 6, 1, 6, tzinfo=ZONE)  # a Monday
_END = datetime(2026, 6, 18, 10, 42, tzinfo=ZONE)
_MODEMS = {
    "telkomsel": TransportState("ready", None, 71, "TELKOMSEL", "home", 3, 50),
    "indosat": TransportState("ready", None, 52, "INDOSAT", "home", 1, 30),
    "xl": TransportState("lost", error="nothing at /dev/serial/by-id/usb-xl; is it plugged in?"),
}
_RUSH = timedelta(minutes=45)  # before the end: played minute by minute, and not hour by hour
_MARGIN_PX = 12
_COLUMN_PX = 8.43  # of DejaVu Sans Mono at 14 px

_PAGE = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0;background:#0c0c0c">
<pre style="margin:0;padding:{margin}px;font:14px/18px 'DejaVu Sans Mono',monospace;color:#d9d9d9">{code}</pre>"""


class Town(District):
    """A district whose citizens' SMS come in through the modems, in turn."""

    async def text(self, phone_id: int, words: str) -> None:
        """An SMS of a citizen, as a PDU."""
        sealed = await self.pool.fetchval("SELECT address_sealed FROM phone WHERE id = $1", phone_id)
        number = self.seal.open(sealed, "phone").decode()
        modem = ("telkomsel", "telkomsel", "indosat")[phone_id % 3]
        pdu = encode_deliver(number, words, self.clock + timedelta(milliseconds=phone_id))
        await PartStore(self.pool, self.seal).store([Arrived(modem, pdu)])


async def _in_turn(senders: list[SmsSender]) -> int:
    return sum([await sender.step() for sender in senders])


async def play(folder: Path, reports: int, seed: int) -> Snapshot:
    """Seventeen days of the district, and what `smsd top` sees at their end."""
    chance = random.Random(seed)
    async with open_district(folder, _START, random.Random(seed)) as plain:
        town = Town(**{each.name: getattr(plain, each.name) for each in dataclasses.fields(District)})
        senders = [
            SmsSender(Air(name), town.pool, town.seal, owner=name, attempts=3, valid=timedelta(hours=72))
            for name in ("telkomsel", "indosat")
        ]
        town.steps = {**plain.steps, "sms out": lambda: _in_turn(senders)}
        board, agenda = ModemBoard(town.pool, Bell()), Agenda()
        people = People(town, chance, agenda)
        people.plan_reports(reports, _START, (_END - _START).days + 1)
        now = _START
        while now <= _END:
            rush = now >= _END - _RUSH
            await town.set(now)
            for name, state in _MODEMS.items():
                board.tell(name, state)
            await board.step()
            await agenda.do(now)
            for _ in range(chance.randrange(3) if rush else 0):
                await people.report()
            await town.settle()
            await people.look()
            now += timedelta(minutes=1) if rush else min(timedelta(hours=1), _END - _RUSH - now)
        return await take_snapshot(town.pool, ZONE, town.settings.gateway.parts_wait_s)


def page(snapshot: Snapshot, columns: int, lines: int) -> str:
    """The screen as a page for a browser, drawn by what draws it on a terminal."""
    out = Console(
        record=True, file=io.StringIO(), width=columns, height=lines, force_terminal=True, color_system="truecolor"
    )
    out.print(screen(snapshot, Look(blocks=True, silent_s=180, every_s=2), None, columns, lines))
    return _PAGE.format(
        margin=_MARGIN_PX, code=out.export_html(inline_styles=True, code_format="{code}", theme=MONOKAI)
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "top.png")
    parser.add_argument("--reports", type=int, default=900, help="texts of citizens in seventeen days")
    parser.add_argument("--columns", type=int, default=SIZE[0])
    parser.add_argument("--lines", type=int, default=SIZE[1])
    given = parser.parse_args()
    program = draw_mails.browser()
    os.environ["TZ"] = str(ZONE)
    time.tzset()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with tempfile.TemporaryDirectory(prefix="smsd-top-") as folder:
        snapshot = asyncio.run(play(Path(folder), given.reports, seed=1708))
    width = round(given.columns * _COLUMN_PX) + 2 * _MARGIN_PX
    draw_mails.take(program, page(snapshot, given.columns, given.lines), width, given.out.resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
