"""Who lives in the district: citizens who report and answer, officials who do so or not, an operator who reads."""

from __future__ import annotations

import heapq
import itertools
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid

from bench.year.district import District, Letter
from smsd.inbox import NotPossible, accept, reject
from smsd.writes import SmsLimits

_MATTERS = (
    "jalan rusak parah banyak lubang di {place} kab malang",
    "lampu jalan mati di {place} kab malang sudah seminggu",
    "sampah menumpuk di dekat pasar {place} kab malang bau sekali",
    "ktp saya belum jadi jadi sudah 3 bulan di {place} kab malang",
    "air pdam tidak mengalir di {place} kab malang",
    "bansos pkh saya belum cair di {place} kab malang",
    "puskesmas {place} kab malang dokternya tidak ada",
    "saluran air mampet dan banjir di {place} kab malang",
    "tolong pungli di kantor kelurahan {place} kab malang, diminta 200 ribu",
    "rahasia. guru sd negeri {place} kab malang sering tidak masuk",
    "berapa biaya mengurus akta kelahiran di {place} kab malang?",
)
_PLACES = ("Kepanjen", "Singosari", "Lawang", "Turen", "Dampit", "Pakis", "Dau", "Wagir", "Bululawang", "Gondanglegi")
# How an official deals with one report, and how often that is so.
_WAYS = {
    "prompt": 0.46, "dawdles": 0.14, "silent": 0.10, "free": 0.08, "asks": 0.07, "not ours": 0.05,
    "postpones": 0.04, "refuses": 0.03, "away": 0.03,
}  # fmt: skip
_DONE = "SELESAI Sudah kami tangani, petugas sudah ke lokasi."
_AWAY = "Saya sedang cuti."
# What an official of each kind answers, and after how many days at least and at most.
_DEEDS: dict[str, tuple[tuple[float, float, str], ...]] = {
    "prompt": ((1, 3, "TERIMA"), (4, 12, _DONE)),
    "dawdles": ((8, 14, "PROSES Sedang kami jadwalkan."), (24, 80, _DONE)),
    "silent": (),
    "free": ((1, 4, "Baik, akan kami cek ke lapangan dahulu ya."), (9, 20, _DONE)),
    "asks": ((1, 3, "TANYA Di dekat bangunan apa?"), (24, 30, _DONE)),
    "not ours": ((1, 4, "BUKAN WEWENANG Dishub Kab Malang"),),
    "postpones": ((1, 2, "TUNDA {until:%d-%m-%Y} Menunggu alat dari provinsi."), (13, 16, _DONE)),
    "refuses": ((1, 4, "TOLAK Jalan itu milik perumahan dan belum diserahkan."),),
    "away": ((0, 0.1, _AWAY), (2, 4, "TERIMA"), (5, 9, _DONE)),
    "triage": ((1, 6, "BUKAN WEWENANG Dinas PU Kab Malang"),),
}
_CODE = re.compile(r"\[LAPOR (\d{3}) (\d{3}) (\d{4})\]")

Deed = Callable[[], Awaitable[None]]


class Agenda:
    """What somebody will do, by the hour."""

    def __init__(self) -> None:
        self._deeds: list[tuple[datetime, int, Deed]] = []
        self._order = itertools.count()

    def put(self, at: datetime, deed: Deed) -> None:
        """On that hour."""
        heapq.heappush(self._deeds, (at.replace(minute=0, second=0, microsecond=0), next(self._order), deed))

    def next_at(self) -> datetime | None:
        """When the next one is due."""
        return self._deeds[0][0] if self._deeds else None

    async def do(self, now: datetime) -> None:
        """All that is due by now."""
        while self._deeds and self._deeds[0][0] <= now:
            await heapq.heappop(self._deeds)[2]()


class People:
    """All of them; `look` has them read what came since."""

    def __init__(self, district: District, chance: random.Random, agenda: Agenda) -> None:
        self.counts: Counter[str] = Counter()
        self._district = district
        self._chance = chance
        self._agenda = agenda
        self._read_letters = 0
        self._read_sms = 0
        self._read_held = 0
        self._known = set[str]()
        self._gone = {"kedua.dlh@malangkab.example"}  # a mailbox that only bounces afterwards
        district.post.refuses["dlh@malangkab.example"] = "550 5.1.1 user unknown"
        district.post.refuses["pdam@malangkab.example"] = "452 4.2.2 mailbox full"

    def plan_reports(self, count: int, start: datetime, days: int) -> None:
        """So many citizens text some time in the day, on all days alike, in the first `days` days."""
        for _ in range(count):
            at = start + timedelta(days=self._chance.random() * days)
            self._agenda.put(at.replace(hour=self._chance.randrange(6, 21)), self.report)

    async def report(self) -> None:
        """A citizen who has not written before texts now."""
        words = self._chance.choice(_MATTERS).format(place=self._chance.choice(_PLACES))
        await self._district.text(await self._district.new_phone(), words)
        self.counts["reports"] += 1

    async def look(self) -> None:
        """At all letters, SMS and mails that came since."""
        letters = self._district.post.letters
        for letter in sorted(letters[self._read_letters :]):  # several are sent at a time: a seed gives one order
            self._open(letter)
        self._read_letters = len(letters)
        await self._read_phones()
        await self._read_inbox()

    # ---------------------------------------------------------------- officials

    def _open(self, letter: Letter) -> None:
        code = _CODE.search(letter.subject)
        self.counts["letters"] += 1
        if code is None or letter.recipient.startswith("atasan."):
            return
        if letter.recipient in self._gone:
            self._later(1, 1, lambda: self._bounce(letter))
            return
        key = f"{''.join(code.groups())} {letter.recipient}"
        if key not in self._known:
            self._known.add(key)
            self._deal_with(letter)
        elif letter.not_done:
            self._later(24, 72, lambda: self._answer(letter, "SELESAI Sudah kami perbaiki lagi, mohon dicek."))

    def _later(self, least_h: float, most_h: float, deed: Deed) -> None:
        at = self._district.clock + timedelta(hours=self._chance.uniform(least_h, most_h))
        if not 7 <= at.astimezone(self._district.desk.zone).hour <= 16:
            at = at.astimezone(self._district.desk.zone).replace(hour=self._chance.randrange(8, 16))
            at += timedelta(days=1)
        self._agenda.put(at, deed)

    def _deal_with(self, letter: Letter) -> None:
        way = self._chance.choices(list(_WAYS), list(_WAYS.values()))[0]
        if letter.recipient.startswith("triase"):
            way = "triage"
        self.counts[way] += 1
        for least_days, most_days, words in _DEEDS[way]:
            until = (self._district.clock + timedelta(days=12)).astimezone(self._district.desk.zone)
            self._later(24 * least_days, 24 * most_days, self._answering(letter, words.format(until=until)))

    def _answering(self, letter: Letter, words: str) -> Deed:
        away = {"Auto-Submitted": "auto-replied"} if words == _AWAY else {}
        return lambda: self._answer(letter, words, **away)

    async def _answer(self, letter: Letter, words: str, **headers: str) -> None:
        """As an official does by pressing Reply."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = letter.recipient
        mail["To"] = letter.reply_to
        mail["Subject"] = f"Re: {letter.subject.removeprefix('Re: ')}"
        mail["Message-ID"] = make_msgid(domain="malangkab.example")
        mail["In-Reply-To"] = letter.message_id
        for name, value in headers.items():
            mail[name] = value
        mail.set_content(f"{words}\n\nPada hari ini LAPOR! 1708 menulis:\n> == balas di atas baris ini ==\n> isi\n")
        await self._district.mail(letter.recipient, letter.reply_to, mail.as_bytes())

    async def _bounce(self, letter: Letter) -> None:
        """As its server sends it back: multipart/report, RFC 3464."""
        raw = (
            f"From: MAILER-DAEMON@mx.example\r\nTo: {letter.envelope_sender}\r\nSubject: Undelivered Mail\r\n"
            f"Message-ID: {make_msgid(domain='mx.example')}\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nTidak terkirim.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
            f"Final-Recipient: rfc822; {letter.recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {letter.message_id}\r\n\r\n"
            "--b--\r\n"
        )
        await self._district.mail("", letter.envelope_sender, raw.encode())
        self.counts["bounces"] += 1

    # ---------------------------------------------------------------- citizens

    async def _read_phones(self) -> None:
        rows = await self._district.pool.fetch(
            "SELECT id, phone_id, cause FROM outbox_sms WHERE id > $1 AND state = 'sent' ORDER BY id", self._read_sms
        )
        for row in rows:
            self._read_sms = row["id"]
            self.counts[f"sms {row['cause']}"] += 1
            self._react(row["phone_id"], row["cause"])

    def _react(self, phone: int, cause: str) -> None:
        choice = self._chance.random()
        match cause:
            case "agency_selesai":
                words = "YA" if choice < 0.5 else "BELUM, masih sama saja" if choice < 0.68 else ""
            case "terima_kasih":
                words = str(self._chance.randint(1, 4)) if choice < 0.5 else ""
            case "agency_tanya":
                words = "dekat pasar, depan masjid" if choice < 0.6 else ""
            case "tanya_ombudsman":
                words = "YA" if choice < 0.5 else "TIDAK" if choice < 0.7 else ""
            case "agency_tolak":
                words = "BUKA" if choice < 0.3 else ""
            case _:
                words = ""
        if words:
            self._later(1, 9 * 24, lambda: self._district.text(phone, words))

    # ---------------------------------------------------------------- the operator

    async def _read_inbox(self) -> None:
        """Two in three free answers are read within two days; the others wait for two weeks."""
        rows = await self._district.pool.fetch(
            "SELECT id, outcome FROM inbound_mail WHERE id > $1 AND state = 'held' ORDER BY id", self._read_held
        )
        for row in rows:
            self._read_held = row["id"]
            self.counts[f"held {row['outcome']}"] += 1
            late = self._chance.random() < 1 / 3
            self._later(*((10 * 24, 14 * 24) if late else (20, 44)), self._operate(row["id"], row["outcome"]))

    def _operate(self, mail_id: int, outcome: str) -> Deed:
        async def deed() -> None:
            async with self._district.pool.acquire() as connection, connection.transaction():
                try:
                    if outcome == "free_text":
                        await accept(
                            *(connection, self._district.desk, SmsLimits(10**6, 10**6), mail_id),
                            *("PROSES Akan kami cek ke lapangan.", None, "operator:year"),
                        )
                    else:
                        await reject(connection, mail_id, "operator:year", "")
                except NotPossible:
                    self.counts["operator too late"] += 1

        return deed
