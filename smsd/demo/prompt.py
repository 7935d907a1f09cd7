"""The prompt of the demo: text as any number, answer as the agency."""

from __future__ import annotations

import asyncio
import re
import smtplib

from rich.console import Console

from parser import ticket_code
from smsd.demo.mailbox import answer
from smsd.demo.screen import Ask
from smsd.demo.show import print_mail, print_mails, print_tickets
from smsd.demo.stage import Stage

HELP = """\
  081200000001 jalan rusak di Dinoyo Malang   text 1708 as that number, or a name
  > jalannya gelap juga                       text again as the same
  jawab 482 130 9764 SELESAI sudah ditambal   answer its mail, as the agency
  laporan | surat | surat 482 130 9764        list reports; list mails; show one
  selesai                                     leave"""

_TEXT = re.compile(r"(\+?[0-9]{3,15}|[A-Z][A-Z0-9-]{2,10}) +(.+)", re.DOTALL)
_ANSWER = re.compile(r"jawab +((?:\d[ .-]?){10}) *(.+)", re.IGNORECASE | re.DOTALL)
_MAIL = re.compile(r"surat +((?:\d[ .-]?){10})", re.IGNORECASE)


class Prompt:
    """Reads lines until `selesai` or the end of input."""

    def __init__(self, stage: Stage, out: Console, ask: Ask) -> None:
        self._stage = stage
        self._out = out
        self._ask = ask
        self._last = ""

    async def run(self) -> None:
        """Until the user leaves."""
        self._out.print(HELP, markup=False)
        while (line := await self._ask()) is not None:
            line = line.strip()
            if line.lower() in ("selesai", "exit", "quit"):
                return
            if line:
                await self.do(line)

    async def do(self, line: str) -> None:
        """One line of the user's."""
        if line.lower() == "laporan":
            await print_tickets(self._stage.pool, self._out)
        elif line.lower() == "surat":
            print_mails(self._stage.mailbox, self._out)
        elif match := _MAIL.fullmatch(line):
            self._show_mail(match[1])
        elif match := _ANSWER.fullmatch(line):
            await self._answer(match[1], match[2])
        elif line.startswith(">") and self._last:
            self._text(self._last, line[1:].strip())
        elif match := _TEXT.fullmatch(line):
            self._text(match[1], match[2])
        else:
            self._out.print(HELP, markup=False)

    def _text(self, number: str, text: str) -> None:
        self._last = "+62" + number[1:] if number.startswith("08") else number
        try:
            self._stage.simulator.network.text(self._last, text)
        except ValueError as e:
            self._out.print(str(e), markup=False)
            return
        if self._last[0].isalpha():
            self._out.print(f"{self._last} is a name, not a number: nobody can answer it", style="dim", markup=False)

    async def _answer(self, code: str, words: str) -> None:
        shown = ticket_code.show(re.sub(r"\D", "", code))
        try:
            async with asyncio.timeout(5):
                letter = await self._stage.mailbox.about(shown)
        except TimeoutError:
            self._out.print(f"there is no mail about {shown}; `surat` lists those there are", markup=False)
            return
        try:
            await answer(letter, words, self._stage.lmtp)
        except (OSError, smtplib.SMTPException) as e:
            self._out.print(f"the answer was not taken: {e}", markup=False)

    def _show_mail(self, code: str) -> None:
        shown = ticket_code.show(re.sub(r"\D", "", code))
        found = [letter for letter in self._stage.mailbox.letters if shown in letter.message["Subject"]]
        for letter in found:
            print_mail(letter, self._out, full=True)
        if not found:
            self._out.print(f"there is no mail about {shown}; `surat` lists those there are", markup=False)
