"""How the demo shows what happens: phones, reports, mails."""

from __future__ import annotations

import asyncpg
from rich.console import Console

from parser import gsm7
from smsd.cli.options import show
from smsd.demo.mailbox import Letter, Mailbox
from smsd.demo.script import Answer, Heading, Settle, Step, Text
from smsd.simulator.network import Subscription
from smsd.store.queries import SQL


async def follow_phones(subscription: Subscription, out: Console) -> None:
    """Prints every SMS that a phone shows, as it comes; for ever."""
    async for shown in subscription:
        print_sms(out, shown.number, "<", shown.text.text)


async def follow_mails(mailbox: Mailbox, out: Console) -> None:
    """Prints the heading of every mail, as it comes; for ever."""
    shown = 0
    while True:
        for letter in mailbox.letters[shown:]:
            print_mail(letter, out, full=False)
        shown = len(mailbox.letters)
        await mailbox.arrived.wait()


def print_step(out: Console, step: Step) -> None:
    """What is about to be played."""
    match step:
        case Text():
            print_sms(out, step.by, ">", step.text + _particulars(step))
        case Answer():
            print_sms(out, "its agency", "@", f"{step.words}   (mail, on the report of {step.report_of})")
        case Heading():
            out.print(f"\n{step.words}", style="bold", markup=False)
        case Settle():
            pass


def _particulars(step: Text) -> str:
    """How it travels, where that is out of the ordinary."""
    found = []
    if gsm7.septets(step.text) is None:
        found.append("UCS-2")
    if step.order:
        found.append(f"{len(step.order)} parts, arriving {', '.join(map(str, step.order))}")
    if step.copies > 1:
        found.append(f"delivered {step.copies} times")
    return f"   ({'; '.join(found)})" if found else ""


def print_sms(out: Console, number: str, arrow: str, text: str) -> None:
    """`+62812… > text` is what a citizen sent, `<` what the phone got, `@` what an agency answers."""
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
