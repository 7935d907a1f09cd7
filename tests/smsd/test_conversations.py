"""Whole conversations, as a citizen and an agency have them: who says what, what is answered, how the reports stand.

A step is (who, what, answers, statuses). Who: `A` and `B` are two phones, `agency` answers the mail about the newest
report (`agency 1` about the first), `later` lets so many hours pass. Several texts of one step are sent within seconds.
Answers are the names of the reply texts, to `A` unless another phone is named; statuses are those of all reports in the
order they were opened. {1} is the code of the first report, {kode} the last one-off number.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from parser import gsm7
from parser.agency_mail import read_verb
from parser.ticket_code import show
from routing.danger import Danger, DangerRule
from routing.spam import Mark, SpamFilter
from smsd.clocks import Clocks
from smsd.desk.agency import agency_answer
from smsd.desk.rules import Ticket
from smsd.store.queries import SQL
from smsd.writes import SmsLimits, reserve_ids, store

if TYPE_CHECKING:
    from tests.smsd.conftest import ByDay, Stage

Step = tuple[str, "str | list[str]", str, str]

ROAD = "Jalan rusak parah banyak lubang di Lowokwaru Kota Malang."
LIGHTS = "Lampu jalan mati sudah sebulan di Kepanjen Kabupaten Malang."
WASTE = "Sampah menumpuk di TPS Coblong Kota Bandung, bau sekali."
NOWHERE = "Jalan rusak parah banyak lubang di kampung kami."
FIRE = "tolong ada kebakaran rumah sekarang di Lowokwaru Kota Malang."
PRIZE = "Selamat nomor Anda pemenang undian, hubungi kami"

opened = ("A", ROAD, "diteruskan", "terdisposisi")
done = ("agency", "SELESAI Sudah ditambal pagi ini", "agency_selesai", "selesai")
asked = ("A", NOWHERE, "tanya_tempat", "tunda")

CONVERSATIONS: dict[str, list[Step]] = {
    # ---- reading
    "thanks get no answer": [opened, ("A", "Terima kasih banyak", "", "terdisposisi")],
    "yes to nothing gets help": [("A", "YA", "bantuan", "")],
    "a digit to nothing gets help": [("A", "3", "bantuan", "")],
    "help": [("A", "BANTUAN", "bantuan", "")],
    "a slip is told and counts for nothing": [
        *[("A", "STATUS 4821309765", "salah_ketik", "")] * 6,
        ("A", "STATUS 4821309764", "tidak_ditemukan", ""),
    ],
    "fraud opens nothing and gets no answer": [("A", PRIZE, "", ""), ("A", ROAD, "diteruskan", "terdisposisi")],
    "a channel word alone gets help": [("A", "LAPOR", "bantuan", "")],
    "a channel word before a command": [("A", "LAPOR# STATUS", "status_kosong", "")],
    # ---- texts that belong together
    "a cut text waits and is joined": [
        ("A", "Jalan rusak parah banyak lubang di Lowokwaru Kota Malang dan", "", ""),
        ("A soon", "sudah dua orang jatuh minggu ini.", "diteruskan", "terdisposisi"),
    ],
    "a cut text goes on alone when nothing comes": [
        ("A", "Jalan rusak parah banyak lubang di Lowokwaru Kota Malang dan", "", ""),
        ("later", "0.05", "diteruskan", "terdisposisi"),
    ],
    "three texts are one report": [
        (
            "A",
            ["Jalan rusak parah di Lowokwaru Kota Malang dan", "sudah dua orang jatuh karena", "lubangnya dalam."],
            "diteruskan",
            "terdisposisi",
        )
    ],
    "a text that does not go on is a report of its own": [
        (
            "A",
            ["Jalan rusak di Lowokwaru Kota Malang dan", f"Selamat pagi. {LIGHTS}"],
            "diteruskan " * 2,
            "terdisposisi " * 2,
        )
    ],
    "the rest of a report that is open already": [
        ("A", [ROAD.rstrip("."), "dan sudah dua orang jatuh."], "diteruskan", "terdisposisi")
    ],
    "the rest of a report that was acknowledged": [
        ("A", ROAD.rstrip("."), "diteruskan", "terdisposisi"),
        ("sent", "", "", "terdisposisi"),
        ("A soon", "dan sudah dua orang jatuh.", "ditambah", "terdisposisi"),
    ],
    "the place comes in the rest": [
        ("A", NOWHERE.rstrip("."), "tanya_tempat", "tunda"),
        ("A soon", "dan itu di Lowokwaru Kota Malang.", "diteruskan", "terdisposisi"),
    ],
    "the rest does not say where either": [
        ("A", NOWHERE.rstrip("."), "tanya_tempat", "tunda"),
        ("A soon", "dan sudah dua orang jatuh.", "", "tunda"),
        ("A", "Lowokwaru Kota Malang", "diteruskan", "terdisposisi"),
    ],
    "the same text again": [opened, ("A", ROAD.upper(), "sama", "terdisposisi")],
    "the same text again with its code": [opened, ("A", ROAD + " {1}", "sama", "terdisposisi")],
    "the same text a day later": [
        opened,
        ("later", "25", "", "terdisposisi"),
        ("A", ROAD, "diteruskan", "terdisposisi " * 2),
    ],
    "the same text from two phones": [opened, ("B", ROAD, "B:diteruskan", "terdisposisi " * 2)],
    "the same text after it was cancelled": [
        opened,
        ("A", "BATAL 1", "dibatalkan", "diarsipkan"),
        ("A", ROAD, "diteruskan", "diarsipkan terdisposisi"),
    ],
    # ---- where
    "the place is asked once and answered": [asked, ("A", "Lowokwaru Kota Malang", "diteruskan", "terdisposisi")],
    "the answer begins with a word for a place": [
        asked,
        ("A", "desa kami di Kepanjen kab Malang", "diteruskan", "terdisposisi"),
    ],
    "the answer is not understood": [asked, ("A", "dekat rumah pak lurah", "diterima", "diterima")],
    "the place is never asked twice": [
        asked,
        ("A", "di dekat sini", "diterima", "diterima"),
        ("A", "STATUS", "status_satu", "diterima"),
    ],
    "nobody says where": [asked, ("later", "25", "diterima", "diterima"), ("later", "25", "", "diterima")],
    "another report meanwhile": [
        asked,
        ("A", WASTE, "diteruskan", "tunda terdisposisi"),
        ("A", "Lowokwaru Kota Malang", "diteruskan", "terdisposisi terdisposisi"),
    ],
    "TAMBAH says where": [asked, ("A", "TAMBAH {1} Lowokwaru Kota Malang", "diteruskan", "terdisposisi")],
    "cancelled before it was said where": [
        asked,
        ("A", "BATAL {1}", "dibatalkan", "diarsipkan"),
        ("later", "25", "", "diarsipkan"),
    ],
    # ---- danger, secrecy, oversight
    "danger is answered first": [("A", FIRE, "darurat", "terdisposisi")],
    "danger, and where": [
        ("A", "ada kebakaran di kampung kami, tiga rumah terbakar", "darurat_tempat", "tunda"),
        ("A", "Lowokwaru Kota Malang", "diteruskan", "terdisposisi"),
    ],
    "danger, and where, and a person judges of two matters": [
        ("A", "ada kebakaran di kampung kami, jalan rusak, mobil pemadam tidak bisa lewat", "darurat_tempat", "tunda"),
        ("A", "Lowokwaru Kota Malang", "diterima", "diterima"),
    ],
    "RAHASIA before a text": [("A", f"RAHASIA: {ROAD}", "diteruskan_rahasia", "terdisposisi")],
    "RAHASIA afterwards": [
        opened,
        ("A", "RAHASIA", "dirahasiakan", "terdisposisi"),
        ("A", "STATUS", "status_satu", "terdisposisi"),
    ],
    "ANONIM afterwards": [opened, ("A", "ANONIM {1}", "dianonimkan", "terdisposisi")],
    "RAHASIA of nothing": [("A", "RAHASIA", "status_kosong", "")],
    # ---- asking
    "STATUS of nothing, one, several": [
        ("A", "STATUS", "status_kosong", ""),
        opened,
        ("A", "STATUS", "status_satu", "terdisposisi"),
        ("A", LIGHTS, "diteruskan", "terdisposisi " * 2),
        ("A", "STATUS", "status_daftar", "terdisposisi " * 2),
        ("A", "STATUS 2", "status_satu", "terdisposisi " * 2),
        ("A", "STATUS 9", "status_daftar", "terdisposisi " * 2),
        ("A", "{1}", "status_satu", "terdisposisi " * 2),
    ],
    "another phone's report is nobody's": [opened, ("B", "STATUS {1}", "B:tidak_ditemukan", "terdisposisi")],
    "another phone's report with a one-off number": [
        opened,
        ("A", "KODE", "kode", "terdisposisi"),
        ("B", "STATUS {1} {kode}", "B:status_satu", "terdisposisi"),
        ("B", "BATAL {1}", "B:tidak_ditemukan", "terdisposisi"),
    ],
    "a one-off number lives an hour": [
        opened,
        ("A", "KODE", "kode", "terdisposisi"),
        ("later", "1.1", "", "terdisposisi"),
        ("B", "STATUS {1} {kode}", "B:tidak_ditemukan", "terdisposisi"),
    ],
    "three wrong one-off numbers end it": [
        opened,
        ("A", "KODE", "kode", "terdisposisi"),
        *[("B", "STATUS {1} {wrong}", "B:tidak_ditemukan", "terdisposisi")] * 3,
        ("B", "STATUS {1} {kode}", "B:tidak_ditemukan", "terdisposisi"),
    ],
    "KODE of nothing": [("A", "KODE", "status_kosong", "")],
    "five wrong codes a day": [
        opened,
        *[("B", "STATUS {1}", "B:tidak_ditemukan", "terdisposisi")] * 5,
        ("B", "STATUS {1}", "B:terlalu_sering", "terdisposisi"),
        ("B", LIGHTS, "B:diteruskan", "terdisposisi " * 2),
        ("B", "STATUS {2}", "B:status_satu", "terdisposisi " * 2),
        ("A", "STATUS {1}", "status_satu", "terdisposisi " * 2),
        ("later", "25", "", "terdisposisi " * 2),
        ("B", "STATUS {1}", "B:tidak_ditemukan", "terdisposisi " * 2),
    ],
    # ---- more words, and taking back
    "TAMBAH to the last, by number, by code": [
        opened,
        ("A", LIGHTS, "diteruskan", "terdisposisi terdisposisi"),
        ("A", "TAMBAH: tiangnya miring", "ditambah", "terdisposisi ditanggapi_pelapor"),
        ("A", "TAMBAH no 2 lubangnya makin lebar", "ditambah", "ditanggapi_pelapor ditanggapi_pelapor"),
        ("A", "TAMBAH {1} dalam sekali", "ditambah", "ditanggapi_pelapor ditanggapi_pelapor"),
        ("A", "TAMBAH no 7 apa saja", "status_daftar", "ditanggapi_pelapor ditanggapi_pelapor"),
    ],
    "BATAL of nothing": [("A", "BATAL", "batal_kosong", "")],
    "BATAL asks, and YA cancels": [
        opened,
        ("A", "BATAL", "tanya_batal", "terdisposisi"),
        ("A", "YA", "dibatalkan", "diarsipkan"),
        ("A", "YA", "bantuan", "diarsipkan"),
    ],
    "BATAL asks, and TIDAK does not": [
        opened,
        ("A", "BATAL", "tanya_batal", "terdisposisi"),
        ("A", "TIDAK", "batal_urung", "terdisposisi"),
    ],
    "BATAL asks, and nobody answers": [
        opened,
        ("A", "BATAL", "tanya_batal", "terdisposisi"),
        ("later", "25", "", "terdisposisi"),
        ("A", "YA", "bantuan", "terdisposisi"),
    ],
    "BATAL with several lists them": [
        opened,
        ("A", LIGHTS, "diteruskan", "terdisposisi terdisposisi"),
        ("A", "BATAL", "batal_mana", "terdisposisi terdisposisi"),
        ("A", "BATAL 2", "dibatalkan", "diarsipkan terdisposisi"),
        ("A", "BATAL {1}", "sudah_ditutup", "diarsipkan terdisposisi"),
        ("A", "BATAL", "tanya_batal", "diarsipkan terdisposisi"),
    ],
    # ---- the agency asks
    "the agency asks, free words answer": [
        opened,
        ("agency", "TANYA Di depan apa?", "agency_tanya", "tunda"),
        ("A", "depan toko beras, sebelah kiri", "dijawab", "ditanggapi_pelapor"),
        ("A", "BANTUAN", "bantuan", "ditanggapi_pelapor"),
    ],
    "the agency asks, another matter is a report": [
        opened,
        ("agency", "TANYA Di depan apa?", "agency_tanya", "tunda"),
        ("A", WASTE, "diteruskan", "tunda terdisposisi"),
        ("A", "depan toko beras", "dijawab", "ditanggapi_pelapor terdisposisi"),
    ],
    "the agency asks, a bare word answers": [
        opened,
        ("agency", "TANYA Apakah masih rusak?", "agency_tanya", "tunda"),
        ("A", "YA", "dijawab", "ditanggapi_pelapor"),
        ("A", "YA", "bantuan", "ditanggapi_pelapor"),
    ],
    "the agency asks, and the answer comes in pieces": [
        opened,
        ("agency", "TANYA Di depan apa?", "agency_tanya", "tunda"),
        ("A", "Depan toko beras", "dijawab", "ditanggapi_pelapor"),
        ("A soon", "dan sebelah kiri warung", "", "ditanggapi_pelapor"),
    ],
    "the agency asks, BARU is a report": [
        opened,
        ("agency", "TANYA Di depan apa?", "agency_tanya", "tunda"),
        ("A", "BARU Jalan rusak parah banyak lubang di Kepanjen Kabupaten Malang.", "diteruskan", "tunda terdisposisi"),
    ],
    "the agency asks, and nobody answers in time": [
        opened,
        ("agency", "TANYA Di depan apa?", "agency_tanya", "tunda"),
        ("later", "1000", "", "ditindaklanjuti"),
    ],
    # ---- is it done
    "done, rated, thanked once": [
        opened,
        done,
        ("A", "YA", "terima_kasih", "selesai"),
        ("A", "4", "dinilai", "selesai"),
        ("A", "4", "bantuan", "selesai"),
    ],
    "not done: back to the agency, which hears why": [
        opened,
        done,
        ("A", "BELUM", "dibuka", "ditanggapi_pelapor"),
        ("A", "sebelah kanan masih berlubang", "ditambah", "ditanggapi_pelapor"),
    ],
    "not done, and why": [
        opened,
        done,
        ("A", "BELUM, sebelah kanan masih berlubang", "dibuka_jelas", "ditanggapi_pelapor"),
    ],
    "not done, in free words": [
        opened,
        done,
        ("A", "Jalannya masih rusak, lubangnya belum ditambal", "dibuka_jelas", "ditanggapi_pelapor"),
    ],
    "not done for the third time": [
        opened,
        *[done, ("A", "BELUM", "dibuka", "ditanggapi_pelapor")] * 2,
        done,
        ("A", "BELUM, masih sama", "dibuka_petugas", "ditanggapi_pelapor"),
    ],
    "BUKA of one that is closed, and of one that runs": [
        opened,
        ("A", "BUKA", "masih_berjalan", "terdisposisi"),
        done,
        ("A", "BUKA", "dibuka", "ditanggapi_pelapor"),
    ],
    "BUKA of one that never went anywhere": [
        asked,
        ("A", "BATAL {1}", "dibatalkan", "diarsipkan"),
        ("A", "BUKA {1}", "dibuka_petugas", "ditanggapi_pelapor"),
    ],
    "two questions, and which is meant": [
        opened,
        ("A", LIGHTS, "diteruskan", "terdisposisi terdisposisi"),
        ("agency 1", "SELESAI Sudah ditambal", "agency_selesai", "selesai terdisposisi"),
        ("agency 2", "SELESAI Sudah menyala", "agency_selesai", "selesai selesai"),
        ("A", "YA", "pertanyaan_mana", "selesai selesai"),
        ("A", "YA 7", "pertanyaan_mana", "selesai selesai"),
        ("A", "BELUM 1", "dibuka", "selesai ditanggapi_pelapor"),
        ("A", "YA {1}", "terima_kasih", "selesai ditanggapi_pelapor"),
    ],
    "two ratings": [
        opened,
        ("A", LIGHTS, "diteruskan", "terdisposisi terdisposisi"),
        ("agency 1", "SELESAI Sudah ditambal", "agency_selesai", "selesai terdisposisi"),
        ("A", "YA", "terima_kasih", "selesai terdisposisi"),
        ("agency 2", "SELESAI Sudah menyala", "agency_selesai", "selesai selesai"),
        ("A", "YA", "terima_kasih", "selesai selesai"),
        ("A", "4", "dinilai", "selesai selesai"),
        ("A", "1", "dinilai", "selesai selesai"),
    ],
    "two phones do not answer for each other": [
        opened,
        done,
        ("B", "YA", "B:bantuan", "selesai"),
        ("A", "YA", "terima_kasih", "selesai"),
    ],
    # ---- who is competent
    "two agencies decline, then a person decides": [
        opened,
        ("agency", "BUKAN WEWENANG PLN", "pindah", "terdisposisi"),
        ("agency", "BUKAN WEWENANG Dinas Lingkungan Hidup Kota Malang", "kembali", "bukan_wewenang"),
        ("agency", "BUKAN WEWENANG Dinas Lingkungan Hidup Kota Malang", "ditugaskan", "terdisposisi"),
        ("agency", "BUKAN WEWENANG PLN", "kembali", "bukan_wewenang"),
    ],
    # ---- LENGKAP, STOP
    "LENGKAP": [
        ("A", "LENGKAP", "status_kosong", ""),
        opened,
        ("A", "LENGKAP", "lengkap_kosong", "terdisposisi"),
        ("agency", "PROSES " + "Kami periksa bersama warga. " * 12, "agency_proses", "ditindaklanjuti"),
        ("A", "LENGKAP", "lengkap lengkap lengkap", "ditindaklanjuti"),
    ],
    "STOP, then only answers": [
        opened,
        ("A", "STOP", "berhenti", "terdisposisi"),
        ("agency", "TERIMA", "-agency_terima", "ditindaklanjuti"),
        ("A", "STATUS", "status_satu", "ditindaklanjuti"),
        ("A", "MULAI", "mulai", "ditindaklanjuti"),
        ("agency", "PROSES Besok", "agency_proses", "ditindaklanjuti"),
    ],
    "a new report ends STOP": [
        opened,
        ("A", "STOP", "berhenti", "terdisposisi"),
        ("A", LIGHTS, "diteruskan", "terdisposisi terdisposisi"),
        ("agency", "TERIMA", "agency_terima", "terdisposisi ditindaklanjuti"),
    ],
}


@dataclasses.dataclass
class Play:
    """One conversation on a database of its own; each text is sent ten minutes after the one before."""

    stage: Stage
    numbers: dict[str, str]
    sent_at: datetime
    mails: Iterator[int]
    by_day: ByDay

    async def step(self, who: str, what: str | list[str]) -> None:
        """Plays one step."""
        name, _, how = who.partition(" ")
        if name == "later":
            await self._wait(timedelta(hours=float(str(what))))
        elif name == "sent":
            await self.stage.pool.execute("UPDATE outbox_sms SET state = 'sent' WHERE state = 'queued'")
        elif name == "agency":
            await self._answer(str(what), int(how or 0))
        else:
            self.sent_at += timedelta(seconds=20 if how else 600)
            await self._text(self.numbers[name], [what] if isinstance(what, str) else what)
        await self.stage.handle()
        async with self.by_day() if name == "later" else contextlib.nullcontext():
            while await Clocks(self.stage.pool, self.stage.desk, SmsLimits(60)).step():
                pass

    async def _text(self, number: str, texts: list[str]) -> None:
        phone = await self.stage.phone(number)
        codes = await self.stage.column("SELECT code FROM ticket ORDER BY id")
        kode = await self.stage.value("SELECT number FROM one_off")
        names = {str(nth): show(code) for nth, code in enumerate(codes, 1)} | {"kode": kode}
        names["wrong"] = "0000" if kode != "0000" else "1111"
        for text in texts:
            self.sent_at += timedelta(seconds=20) if text is not texts[0] else timedelta()
            for key, value in names.items():
                text = text.replace("{" + key + "}", value or "")
            await self.stage.pool.execute(
                "INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at)"
                " VALUES ($1, 'modem0', $2, true, $3)",
                *(phone, text, self.sent_at),
            )

    async def _answer(self, line: str, nth: int) -> None:
        codes = await self.stage.column("SELECT code FROM ticket ORDER BY id")
        async with self.stage.pool.acquire() as connection, connection.transaction():
            ticket = Ticket(**await connection.fetchrow(SQL["ticket_for_change"], codes[nth - 1]))
            ids = iter(await reserve_ids(connection, "dispatch", 1))
            verb = read_verb(line, date(2026, 6, 9))
            await store(
                connection,
                agency_answer(self.stage.desk, ticket, verb, datetime.now(UTC), next(self.mails), ids),
                SmsLimits(60),
            )

    async def _wait(self, time: timedelta) -> None:
        self.sent_at += time
        for table, columns in {
            "inbound_message": ("received_at", "due_at", "held_until"),
            "question": ("asked_at", "expires_at"),
            "one_off": ("expires_at",),
            "outbox_sms": ("created_at",),
        }.items():
            changes = ", ".join(f"{column} = {column} - $1::interval" for column in columns)
            await self.stage.pool.execute(f"UPDATE {table} SET {changes}", time)

    async def told(self, after: int) -> str:
        """The SMS written since, by their names: with the phone if it is not A, with a minus if they are withheld."""
        a = await self.stage.phone(self.numbers["A"])
        rows = await self.stage.rows("SELECT * FROM outbox_sms ORDER BY id OFFSET $1", after)
        assert all((gsm7.septets(row["text"]) or 999) <= 160 for row in rows)
        return " ".join(
            ("" if row["phone_id"] == a else "B:") + ("-" if row["state"] == "withheld" else "") + row["cause"]
            for row in rows
        )


@pytest.fixture
def play(stage: Stage, another_number: Callable[[], str], by_day: ByDay) -> Play:
    """A stage whose rules know one fraud and one danger, and two phones."""
    fraud = SpamFilter([Mark("undian", "penipuan", 9.0, ("pemenang undian",))])
    fire = Danger([DangerRule("api", "112", ("kebakaran",))])
    router = dataclasses.replace(stage.desk.router, spam=fraud, danger=fire)
    spied = dataclasses.replace(stage, desk=dataclasses.replace(stage.desk, router=router))
    numbers = {"A": another_number(), "B": another_number()}
    return Play(spied, numbers, datetime(2026, 8, 3, 9, 14, tzinfo=UTC), itertools.count(1), by_day)


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(play: Play, name: str) -> None:
    """Each step gets its answers and leaves the reports as the table says; nothing fails, nothing is left waiting."""
    for number, (who, what, answers, statuses) in enumerate(CONVERSATIONS[name], 1):
        before = await play.stage.value("SELECT count(*) FROM outbox_sms")
        await play.step(who, what)
        found = await play.stage.column("SELECT status FROM ticket ORDER BY id")
        assert (number, answers.split(), statuses.split()) == (number, (await play.told(before)).split(), found)
    assert 0 == await play.stage.value("SELECT count(*) FROM inbound_message WHERE attempts > 0")
