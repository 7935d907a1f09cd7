"""The program; see the package."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import smtplib
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

import bench.postfix
from bench.postfix import inbound, outbound
from bench.postfix.instance import why_not
from bench.postfix.world import Missed, World, open_world


@dataclass(frozen=True)
class Scenario:
    """One row of the table. Those after the first build on it; the order is that of the table."""

    what: str
    expected: str
    play: Callable[[World], Awaitable[str]]


SCENARIOS = (
    Scenario("out: relayed to the agency's server", "arrives, queue id kept", outbound.relay),
    Scenario("out: notices are asked for", "NOTIFY passed on", outbound.notices_asked_for),
    Scenario("out: mailbox full, 552 5.2.2", "bounce stored", outbound.full_mailbox),
    Scenario("out: mailbox vanished, 550 5.1.1", "bounce stored", outbound.vanished_mailbox),
    Scenario("out: domain vanished", "bounce stored", outbound.vanished_domain),
    Scenario("out: greylisting, 450 once", "arrives once", outbound.greylisting),
    Scenario("out: over quota, 452 4.2.2", "delay, then failure stored", outbound.over_quota),
    Scenario("out: Postfix's disk is full", "waits, no try counted", outbound.full_disk),
    Scenario("out: notices and the tickets", "no status changes", outbound.no_status_from_notices),
    Scenario("in: an agency answers TERIMA", "ticket ditindaklanjuti", inbound.answer),
    Scenario("in: one mail to two tickets", "a row for each", inbound.two_tickets),
    Scenario("in: daemon stopped, an hour of mail", "none lost, none twice", inbound.stopped),
    Scenario("in: daemon killed during LMTP", "none lost, none twice", inbound.killed),
    Scenario("in: database away", "4xx, delivered later", inbound.database_away),
    Scenario("in: attachment of 10 MB", "stored whole", inbound.large),
    Scenario("in: as large as Postfix allows", "stored", inbound.largest),
    Scenario("in: attachment of 25 MB", "552 to the sender's server", inbound.too_large),
    Scenario("in: 25 MB, Postfix allows too much", "sender gets a notice", inbound.too_large_for_us),
    Scenario("in: other recipients", "refused at RCPT", inbound.strangers),
    Scenario("in: unknown and mistyped tokens", "held, not bounced", inbound.unknown_token),
    Scenario("in: SMTPUTF8 and 8BITMIME", "stored unchanged", inbound.smtputf8),
    Scenario("in: a line of 8,000 bytes", "stored uncut", inbound.long_line),
    Scenario("in: bare LF, smuggling", "one mail", inbound.bare_line_feeds),
    Scenario("at the end", "nothing is left", inbound.nothing_left),
)


async def play(folder: Path, *, tcp: bool) -> bool:
    """All scenarios; whether each was as expected."""
    table = Table("what", "expected", "seen", "s")
    good = True
    began = time.monotonic()
    async with open_world(folder, tcp=tcp) as world:
        for scenario in SCENARIOS:
            since = time.monotonic()
            try:
                seen = await scenario.play(world)
            except (Missed, smtplib.SMTPException, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                good, seen = False, f"FAILED: {error or type(error).__name__}"
            took = time.monotonic() - since
            print(f"{took:6.1f} s  {scenario.what}: {seen}", file=sys.stderr, flush=True)
            table.add_row(scenario.what, scenario.expected, seen, f"{took:.1f}")
    out = Console(highlight=False, markup=False, width=140)
    out.print(table)
    over = "TCP" if tcp else "a Unix socket"
    out.print(f"{len(SCENARIOS)} scenarios, LMTP over {over}, {time.monotonic() - began:.0f} s in all")
    return good


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(prog="python -m bench.postfix", description=bench.postfix.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--lmtp", choices=("unix", "tcp"), default="unix", help="how Postfix hands mail to the daemon")
    given = parser.parse_args()
    if reason := why_not():
        print(reason, file=sys.stderr)
        return 3
    # A short path, for a socket's has at most 107 bytes; and one that Postfix's own user may enter.
    folder = Path(tempfile.mkdtemp(prefix="smsd-postfix-"))
    if not asyncio.run(play(folder, tcp=given.lmtp == "tcp")):
        print(f"the logs are {folder}/postfix/mail.log and {folder}/smsd.log")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
