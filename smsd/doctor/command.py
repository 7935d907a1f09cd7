"""doctor: runs all checks at once, and prints a line for each finding."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from config.settings import Mail, Settings, SettingsError, load_settings
from smsd.cli.options import config_option, console, json_option, printable, show_json
from smsd.doctor import database, dns, machine, mail, modems
from smsd.doctor.finding import Check, Finding, Wishes, fail

CHECKS = (
    Check("configuration", machine.look_at_configuration, 60.0),
    Check("permissions", machine.look_at_permissions),
    Check("key", machine.look_at_key),
    Check("database", database.look_at_database),
    Check("modem", modems.look_at_modems, 90.0),
    Check("mail out", mail.look_at_mail_out, 90.0),
    Check("mail in", mail.look_at_mail_in, 90.0),
    Check("DNS", dns.look_at_dns, 60.0),
    Check("disk", machine.look_at_disk, always=True),
    Check("clock", machine.look_at_clock, always=True),
    Check("ModemManager", machine.look_at_modem_manager, always=True),
    Check("service", machine.look_at_service, always=True),
    Check("open files", machine.look_at_open_files, always=True),
)
_COLOURS = {"OK": "green", "WARN": "yellow", "FAIL": "bold red"}


@click.command()
@click.option("--send-mail", metavar="ADDRESS", help="Also send a mail to this address.")
@click.option("--mail-loop", is_flag=True, help="Also send a mail to the reply domain, and wait until it is in.")
@click.option("--nameserver", metavar="IP[:PORT]", help="Ask this name server instead of the machine's.")
@json_option
@config_option
def doctor(send_mail: str | None, mail_loop: bool, nameserver: str | None, as_json: bool, config: Path) -> None:
    """Look at everything the gateway needs, and name the cures.

    Exits with 1 if anything fails.

    Example: smsd doctor --mail-loop
    """
    wishes = Wishes(send_mail, mail_loop, nameserver)
    findings = asyncio.run(examine(config, wishes))
    if as_json:
        show_json([{"check": name, "level": f.level, "seen": f.seen, "cure": f.cure} for name, f in findings])
    else:
        _print(findings)
    if any(finding.level == "FAIL" for _, finding in findings):
        raise SystemExit(1)


async def examine(config: Path, wishes: Wishes) -> list[tuple[str, Finding]]:
    """All checks side by side; without a usable configuration, those that need none."""
    found: list[tuple[str, Finding]] = []
    checks: Sequence[Check] = CHECKS
    try:
        settings = load_settings(config)
    except SettingsError as e:
        cure = "docs/configuration.md has every key"
        found = [("configuration", fail(str(problem), cure)) for problem in e.problems]
        settings = Settings(path=config, mail=Mail(host="127.0.0.1"))
        checks = [check for check in CHECKS if check.always]
    looked = await asyncio.gather(*(_looked(check, settings, wishes) for check in checks))
    return found + [(check.name, f) for check, findings in zip(checks, looked, strict=True) for f in findings]


async def _looked(check: Check, settings: Settings, wishes: Wishes) -> list[Finding]:
    """What it found; one that takes too long is a finding too."""
    try:
        async with asyncio.timeout(check.within_s):
            return await check.look(settings, wishes)
    except TimeoutError:
        return [fail(f"no answer within {check.within_s:g} s", "try again; if it stays, look at what it asks")]


def _print(findings: Sequence[tuple[str, Finding]]) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, finding in findings:
        told = f"{finding.seen}; {finding.cure}" if finding.cure else finding.seen
        table.add_row(Text(finding.level, _COLOURS[finding.level]), name, Text(printable(told)))
    console().print(table)
