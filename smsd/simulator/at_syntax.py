"""The grammar of AT command lines and the errors that answer them: pure, values in, values out.

Sources: ITU-T V.250 §5.2 (command lines), 3GPP TS 27.005 §3.2.5 (+CMS ERROR), 3GPP TS 27.007 §9.2 (+CME ERROR).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import Literal

Form = Literal["run", "set", "read", "test"]

# V.250 §5.4.1: a parameter string ends at ';', unless the ';' stands inside double quotes.
_EXTENDED = re.compile(r'([+^$*%#][A-Z0-9]+)(?:(=\?)|(\?)|=((?:"[^"]*"|[^";])*))?(?:;|$)', re.IGNORECASE)
# V.250 §5.3: a letter, or '&' and a letter, and a number that is 0 when left out; S-parameters have a value, too.
_BASIC = re.compile(r"(&?[A-RT-Z])([0-9]*);?|(S)[0-9]+(?:=[0-9]*|\?)", re.IGNORECASE)

# TS 27.007 §9.2: what AT+CMEE=2 makes of the numbers used here.
_CME_TEXTS = {3: "operation not allowed", 30: "no network service", 50: "incorrect parameters"}


class AtError(Exception):
    """A command that fails; the plain ``ERROR`` of V.250."""

    def result(self, error_mode: int) -> str:
        """Give the final result code under the current ``AT+CMEE`` mode."""
        del error_mode
        return "ERROR"


class CmsError(AtError):
    """A message service failure, TS 27.005 §3.2.5; modems show its number whatever ``AT+CMEE`` says."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code

    def result(self, error_mode: int) -> str:
        """Give ``+CMS ERROR: <code>``."""
        del error_mode
        return f"+CMS ERROR: {self.code}"


class CmeError(AtError):
    """An equipment failure, TS 27.007 §9.2, shown as ``AT+CMEE`` asks: not at all, as a number, in words."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code

    def result(self, error_mode: int) -> str:
        """Give ``ERROR``, ``+CME ERROR: <code>`` or ``+CME ERROR: <words>``."""
        shown = {0: "ERROR", 1: f"+CME ERROR: {self.code}"}
        return shown.get(error_mode, f"+CME ERROR: {_CME_TEXTS.get(self.code, 'unknown')}")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a line: ``+CMGL``, ``set``, ``4``."""

    name: str
    form: Form
    arguments: str = ""


def parse_line(line: str) -> list[Command] | None:
    """Read the commands of one line without its CR; None if it does not begin with AT, which modems pass over."""
    if line[:2].upper() != "AT":
        return None
    body, position, commands = line[2:].strip(), 0, []
    while position < len(body):
        command, position = _parse_command(body, position)
        commands.append(command)
    return commands


def _parse_command(body: str, position: int) -> tuple[Command, int]:
    if found := _EXTENDED.match(body, position):
        name, test, read, arguments = found.groups()
        form: Form = "test" if test else "read" if read else "run" if arguments is None else "set"
        return Command(name.upper(), form, arguments or ""), found.end()
    if found := _BASIC.match(body, position):
        return Command((found[1] or found[3]).upper(), "run", found[2] or ""), found.end()
    raise AtError


def fields(arguments: str) -> list[str]:
    """Split ``"SM","SM",1`` at its commas and take the quotes off."""
    return [field.strip() for field in next(csv.reader([arguments], skipinitialspace=True), [])]


def integers(arguments: str, error: AtError) -> list[int | None]:
    """Read comma-separated numbers, None where one is left out (``2,,0``); raise ``error`` for anything else."""
    found: list[int | None] = []
    for field in fields(arguments):
        if field and not (field.isascii() and field.isdigit()):
            raise error
        found.append(int(field) if field else None)
    return found
