"""Pictures of `smsd report` on a simulated year, taken in a browser at two widths: `docs/images/report-*.png`."""

from __future__ import annotations

import argparse
import asyncio
import html
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg

from bench.year.district import DISTRICT
from scripts.draw_mails import ROOT, browser, run
from smsd.store.throwaway import throwaway_postgres

PERIOD = "2026"
WIDTHS = {"report-desktop": (1200, 2070), "report-phone": (400, 1990)}  # CSS pixels; below that it is cut
# `make year` hands texts over without the parts they came in; each of them fits one.
_PARTS = """
INSERT INTO inbound_part
    (phone_id, transport, identity, pdu_sealed, part_number, part_count, sent_at, received_at, message_id)
SELECT phone_id, transport, int8send(id), '', 1, 1, sent_at, received_at, id FROM inbound_message
ON CONFLICT (identity) DO NOTHING
"""


def live(folder: Path, tickets: int) -> None:
    """A year of the simulated district; its database stays in the folder."""
    command = [sys.executable, "-m", "bench.year", "--tickets", str(tickets), "--folder", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT)


async def report(year: Path, page: Path) -> None:
    """`smsd report` on that database."""
    async with throwaway_postgres(year / "postgres", "fsync=off") as server:
        connection = await asyncpg.connect(server.dsn)
        await connection.execute(_PARTS)
        await connection.execute("UPDATE clock SET at = '2027-01-01 08:00+07'")  # when the year is over
        await connection.close()
        config = page.with_name("smsd.toml")
        config.write_text(
            f'[gateway]\nstate_dir = "{year}"\n[database]\ndsn = "{server.dsn}"\n[mail]\nhost = "127.0.0.1"\n'
            f'[routing]\nagencies = "{year / "agencies.csv"}"\nhome = "{DISTRICT}"\n',
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "smsd", "report", PERIOD, "--output", str(page), "--config", str(config)]
        await asyncio.to_thread(subprocess.run, command, check=True)


def take(program: str, page: Path, width: int, height: int, out: Path) -> None:
    """The top of the page. In a frame, because a window lays a page out at 500 px or more."""
    around = page.with_name("around.html")
    source = html.escape(page.read_text(encoding="utf-8"), quote=True)
    frame = f'<iframe style="border:0;width:{width}px;height:{height}px" srcdoc="{source}"></iframe>'
    around.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">{frame}', encoding="utf-8")
    run(program, f"--window-size={width},{height}", f"--screenshot={out}", around.as_uri())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--year", metavar="FOLDER", type=Path, help="of a `make year` that is over; else one is lived")
    parser.add_argument("--tickets", type=int, default=500, help="reports of the year that is lived")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=ROOT / "docs" / "images")
    given = parser.parse_args()
    program = browser()
    with tempfile.TemporaryDirectory(prefix="smsd-report-") as folder:
        Path(folder).chmod(0o755)  # as root the server runs as another user
        page = Path(folder) / "report.html"
        year = (given.year or Path(folder) / "year").resolve()
        if given.year is None:
            live(year, given.tickets)
        asyncio.run(report(year, page))
        for name, (width, height) in WIDTHS.items():
            take(program, page, width, height, given.out.resolve() / f"{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
