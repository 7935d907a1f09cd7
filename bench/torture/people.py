"""Citizens who text and officials who answer mail, each with a record of what was handed over."""

from __future__ import annotations

import asyncio
import random
import re
import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid

from bench.torture.mail import Letter
from bench.torture.town import Town
from smsd.simulator.network import Network

_WHAT = (
    "Jalan rusak banyak lubang", "Lampu jalan mati", "Sampah menumpuk bau", "Air PDAM mati", "KTP belum jadi",
    "Selokan mampet, air meluap kalau hujan", "Pohon tumbang menutup jalan", "Pungutan liar di pasar",
)  # fmt: skip
_WHERE = (
    "Kec. Lowokwaru Kota Malang", "Kepanjen Kab Malang", "Coblong Kota Bandung", "Wonokromo Surabaya",
    "Kec. Klojen Kota Malang", "Kota Semarang",
)  # fmt: skip
_MORE = (
    "Sudah lama begini dan belum ada yang datang.", "Anak sekolah lewat sini tiap pagi.", "Mohon ditindaklanjuti, Pak.",
    "Tetangga juga mengeluh {sudah lapor RT}.", "Kami takut ada korban 😟.", "Terima kasih atas perhatiannya.",
)  # fmt: skip
_LONG = 0.3  # of the texts have several parts
_COPIED = 0.05  # are delivered twice by the network
_ANSWERED = 0.4  # of the mails are answered
_DONE = 0.5  # of the matters that are in hand are said to be done
_TRY_AGAIN_S = 1.0
_LMTP_TIMEOUT_S = 20.0
_ASKED = re.compile(r"YA\b.*\bBELUM")


@dataclass
class Citizens:
    """`texts` has what was handed to the network, by the number that sent it: its report, and its answers."""

    town: Town
    chance: random.Random
    texts: dict[str, list[str]] = field(default_factory=dict)

    async def report(self, count: int, within_s: float) -> None:
        """As many new citizens text one report each, at any moment within that time."""
        moments = sorted(self.chance.uniform(0, within_s) for _ in range(count))
        passed = 0.0
        for moment in moments:
            await asyncio.sleep(moment - passed)
            passed = moment
            self._report_one()

    def _report_one(self) -> None:
        number = f"+62812{len(self.texts):08}"
        text = self.write(number)
        copies = 2 if self.chance.random() < _COPIED else 1
        self._network().text(number, text, copies=copies)
        self.texts[number] = [text]

    def write(self, _number: str) -> str:
        """A report of the citizen with that number, unlike all others."""
        parts = [f"{self.chance.choice(_WHAT)} di RT {len(self.texts)} {self.chance.choice(_WHERE)}."]
        if self.chance.random() < _LONG:
            parts += self.chance.choices(_MORE, k=self.chance.randint(3, 6))
        return " ".join(parts)

    async def answer_questions(self) -> None:
        """For ever: whoever is asked whether all is well says so, once."""
        subscriptions = [simulator.network.subscribe() for simulator in self.town.simulators]

        async def follow(number: int) -> None:
            async for shown in subscriptions[number]:
                if _ASKED.search(shown.text.text) and len(self.texts[shown.number]) == 1:
                    self.texts[shown.number].append("YA")
                    self._network().text(shown.number, "YA")

        await asyncio.gather(*map(follow, range(len(subscriptions))))

    def _network(self) -> Network:
        return self.chance.choice(self.town.simulators).network


@dataclass
class Officials:
    """`answers` has the Message-ID of every answer that the gateway took, and its verb."""

    town: Town
    chance: random.Random
    answers: dict[str, str] = field(default_factory=dict)
    waiting: int = 0

    async def work(self) -> None:
        """For ever: reads the mail and answers some of it."""
        known: set[str] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                letter = await self.town.mail.arrived.get()
                if letter.id not in known and "Reply-To" in letter.message:
                    known.add(letter.id)
                    if self.chance.random() < _ANSWERED:
                        self.waiting += 1
                        group.create_task(self._handle(letter, self.chance.uniform(0, 5)))

    async def _handle(self, letter: Letter, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await self._deliver(letter, "PROSES Petugas kami sedang ke lokasi.")
        if self.chance.random() < _DONE:
            await asyncio.sleep(after_s)
            await self._deliver(letter, "SELESAI Sudah kami perbaiki hari ini.")
        self.waiting -= 1

    async def _deliver(self, letter: Letter, words: str) -> None:
        """As an MTA does: the same mail again and again until it is taken."""
        reply = EmailMessage(policy=SMTP)
        reply["From"] = letter.recipient
        reply["To"] = letter.message["Reply-To"]
        reply["Subject"] = f"Re: {letter.message['Subject']}"
        reply["Message-ID"] = make_msgid(domain=letter.recipient.rpartition("@")[2])
        body = letter.message.get_body(("plain",))
        quoted = "".join(f"> {line}\n" for line in body.get_content().splitlines()) if body else ""
        reply.set_content(f"{words}\n\nLAPOR! 1708 menulis:\n{quoted}")
        content = reply.as_bytes()
        while not await asyncio.to_thread(self._try, letter.recipient, str(reply["To"]), content):
            await asyncio.sleep(_TRY_AGAIN_S)
        self.answers[str(reply["Message-ID"])] = words.partition(" ")[0]

    def _try(self, sender: str, recipient: str, content: bytes) -> bool:
        try:
            server = smtplib.LMTP(str(self.town.lmtp), timeout=_LMTP_TIMEOUT_S)
            try:
                server.sendmail(sender, [recipient], content)
            finally:
                server.close()
        except (OSError, smtplib.SMTPException):
            return False
        return True
