"""How the demo shows what happens: phones, reports, mails."""

from __future__ import annotations

import asyncpg
from rich.console import Console

from smsd.cli.options import show
from smsd.demo.mailbox import Letter, Mailbox
from smsd.simulator.network import Subscription
from smsd.store.queries import SQL


async def follow_phones(subscription: Subscription, out: Console) -> None:
    """Prints every SMS that a phone shows, as it comes; for ever."""
    async for shown in subscription:
        print_sms(out, shown.number, "<", shown.text.text)


def print_sms(out: Console, number: str, arrow: str, text: str) -> None:
    """`+62812… > text` is what a citizen sent, `<` what the phone got."""
    out.print(f"{number:>15} {arrow} {text}", markup=False, style="green" if arrow == "<" else None, soft_wrap=True)


async def print_tickets(pool: asyncpg.Pool, out: Console) -> None:
    """All reports, oldest first."""
    out.print("\nReports", style="bold")
    rows = list(reversed(await pool.fetch(SQL["list_tickets"], None, None, None, None, None, None)))
    show(rows, ("code", "status", "agency", "topic", "place"), False, "no reports")


def print_mails(mailbox: Mailbox, out: Console) -> None:
    """Every mail by its heading, the first in full."""
    out.print(f"\nMails to agencies ({len(mailbox.letters)})", style="bold")
    for number, letter in enumerate(mailbox.letters):
        print_mail(letter, out, full=number == 0)


def print_mail(letter: Letter, out: Console, *, full: bool) -> None:
    """One mail as its reader's mail program would list or show it."""
    out.print(f"  {letter.recipient:<28} {letter.message['Subject']}", markup=False, soft_wrap=True)
    if full:
        for line in letter.text.splitlines():
            out.print(f"    | {line}", markup=False, soft_wrap=True)
