"""The figures of one month of a district, lived through in simulated time and counted by hand.

March 2026: the 18th to the 24th are joint leave, Nyepi and Lebaran. `make year` counts a whole year by another program.
"""

import random
import tempfile
import warnings
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from bench.year.district import DISTRICT, open_district
from bench.year.recount import differences
from smsd.report.figures import NotBegun, Scope, begin_reading, document, read_figures
from smsd.report.open_data import read_open_data
from smsd.report.period import Period

WIB = ZoneInfo("Asia/Jakarta")
MARCH = Period(2026, 3)
ROADS, TRASH = "PUPR-35.07", "DLH-35.07"
MORNINGS = [2, 4, 5, 6, 9, 12, 13, 16, 17, 26, 27, 30, 31]


class Month:
    """The district and what its people do."""

    def __init__(self, district):
        self.district = district
        self.phones = {}

    async def at(self, day, hour, month=3):
        """All that the gateway does by then, every morning included."""
        for morning in MORNINGS:
            moment = datetime(2026, 3, morning, 8, tzinfo=WIB)
            if self.district.clock < moment < datetime(2026, month, day, hour, tzinfo=WIB):
                await self._settle(moment)
        await self._settle(datetime(2026, month, day, hour, tzinfo=WIB))

    async def _settle(self, moment):
        await self.district.set(moment)
        await self.district.settle()

    async def texts(self, name, words):
        """A citizen's SMS, and all that follows of it."""
        if name not in self.phones:
            self.phones[name] = await self.district.new_phone()
        await self.district.text(self.phones[name], words)
        await self.district.settle()

    async def answers(self, name, words):
        """The agency that has the citizen's report answers."""
        code = await self.district.pool.fetchval("SELECT code FROM ticket WHERE phone_id = $1", self.phones[name])
        shown = f"{code[:3]} {code[3:6]} {code[6:]}"
        letter = next(each for each in self.district.post.letters if shown in each.subject)
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = letter.recipient, letter.reply_to
        mail["Subject"], mail["Message-ID"] = f"Re: {letter.subject}", make_msgid(domain="malangkab.example")
        mail.set_content(words)
        await self.district.mail(letter.recipient, letter.reply_to, mail.as_bytes())
        await self.district.settle()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district():
    """At the beginning of April, after this March.

    2  six report roads, one something confidential           5  the first five roads SELESAI
    4  TERIMA for the roads                                    6  three YA, one BELUM, one silent
    17 five report trash                                       26 PROSES for it
    """
    with tempfile.TemporaryDirectory(prefix="smsd-test-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the server's package would have an XDG_RUNTIME_DIR, and does without
        async with open_district(Path(folder), datetime(2026, 3, 2, 7, tzinfo=WIB), random.Random(1708)) as opened:
            month = Month(opened)
            await month.at(2, 9)
            for n in range(6):
                place = "Singosari" if n else "Dau"
                await month.texts(f"road {n}", f"jalan rusak parah banyak lubang di {place} kab malang")
            await month.texts("secret", "tolong pungli di kantor kelurahan Lawang kab malang, diminta 200 ribu")
            await month.at(4, 10)
            for n in range(6):
                await month.answers(f"road {n}", "TERIMA")
            await month.at(5, 10)
            for n in range(5):
                await month.answers(f"road {n}", "SELESAI Sudah kami tambal.")
            await month.at(6, 10)
            for n in range(3):
                await month.texts(f"road {n}", "YA")
                await month.texts(f"road {n}", str(n + 2))
            await month.texts("road 3", "BELUM, masih sama saja")
            await month.at(17, 9)
            for n in range(5):
                await month.texts(f"trash {n}", "sampah menumpuk di Turen kab malang bau sekali")
            await month.at(26, 10)
            for n in range(5):
                await month.answers(f"trash {n}", "PROSES Akan kami angkut.")
            await month.at(1, 12, month=4)
            yield opened


async def read(district, scope, price=250):
    """The figures as `--json` has them."""
    async with (
        district.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        reading = await begin_reading(connection, district.settings, district.desk.router, scope)
        return document(await read_figures(reading, price), district.settings.zone)


@pytest.mark.asyncio(loop_scope="module")
class TestMarch:
    """Each figure as counted by hand."""

    async def test_what_happened(self, district):
        """The confidential report is in none of them: one can be told from none."""
        reports = (await read(district, Scope(MARCH)))["reports"]
        expected = {"opened": 11, "closed": 5, "confirmed": 3, "not_done": 1, "closed_by_silence": 1, "reopened": 1}
        assert expected == {name: reports[name] for name in expected}
        # of roads 3 (again open) and 5 the agency is reminded; 3 is late on the 16th, and taken up on the 27th
        expected = {"reminded": 2, "late": 1, "overdue": 1, "open": 7, "cancelled": 0, "person": 0}
        assert expected == {name: reports[name] for name in expected}

    async def test_agencies(self, district):
        """Monday to Wednesday is 2 working days, the 17th to the 26th too; a road's deadline ran out on the 31st."""
        agencies = (await read(district, Scope(MARCH)))["agencies"]
        roads, trash = agencies["rows"]
        assert (ROADS, TRASH) == (roads["agency"], trash["agency"])
        keys = ("received", "answered", "answer_days_median", "answer_days_p90", "deadlines", "late", "reminders")
        assert [6, 6, 2, 2, 13, 2, 2] == [roads[key] for key in keys]
        assert [5, 5, 2, 2, 5, 0, 0] == [trash[key] for key in keys]
        assert [11, 11, 2, 2, 18, 2, 2] == [agencies["all"][key] for key in keys]
        assert (5, 3, 3) == (roads["finished"], roads["finish_days_median"], roads["finish_days_p90"])
        assert (0, None, None) == (trash["finished"], trash["finish_days_median"], trash["finish_days_p90"])

    async def test_topics_places_and_days(self, district):
        """Rows of five at least; so that Dau with one is not told, Turen goes with it."""
        figures = await read(district, Scope(MARCH))
        assert {"jalan-lokal": 6, "sampah": 5} == {row["code"]: row["opened"] for row in figures["topics"]["rows"]}
        assert ("kecamatan", 6) == (figures["places"]["by"], figures["places"]["others"])
        assert ["Kec Singosari"] == [row["name"] for row in figures["places"]["rows"]]
        by_day = {str(each["from"]): (each["opened"], each["closed"]) for each in figures["volume"]}
        assert {"2026-03-02": (6, 0), "2026-03-05": (0, 5), "2026-03-17": (5, 0)} == {
            day: counts for day, counts in by_day.items() if any(counts)
        }
        assert 31 == len(by_day)

    async def test_satisfaction_and_sms(self, district):
        """Three marks are too few to be told; the confidential report's SMS are paid for too."""
        figures = await read(district, Scope(MARCH), price=300)
        assert {"stars": None, "answers": 3, "mean": None} == figures["satisfaction"]
        sent = await district.pool.fetchval("SELECT count(*) FROM outbox_sms WHERE created_at < '2026-04-01 00:00+07'")
        assert (sent, sent * 300) == (figures["sms"]["sent_parts"], figures["sms"]["cost"])
        assert 19 == figures["sms"]["received"]  # 7 and 5 reports, 3 YA with a mark each, 1 BELUM

    async def test_of_one_place_or_agency(self, district):
        """Only what is with it; nobody knows its SMS."""
        trash = await read(district, Scope(MARCH, agency=TRASH))
        assert (5, 0, None) == (trash["reports"]["opened"], trash["reports"]["closed"], trash["sms"])
        assert [TRASH] == [row["agency"] for row in trash["agencies"]["rows"]]
        turen = await read(district, Scope(MARCH, place="35.07.09"))
        assert (5, [TRASH]) == (turen["reports"]["opened"], [row["agency"] for row in turen["agencies"]["rows"]])
        assert 11 == (await read(district, Scope(MARCH, place=DISTRICT)))["reports"]["opened"]

    @pytest.mark.parametrize(
        "scope", [Scope(MARCH), Scope(Period(2026)), Scope(MARCH, place="35.07.09"), Scope(MARCH, agency=ROADS)]
    )
    async def test_another_program_counts_the_same(self, district, scope):
        """The one of `make year`, which walks the timelines."""
        async with district.pool.acquire() as connection:
            assert [] == await differences(connection, district.settings, district.desk.router, scope)

    async def test_a_month_with_nothing(self, district):
        """Is told as such, and one that lies ahead is refused."""
        february = await read(district, Scope(Period(2026, 2)))
        assert {0} == set(february["reports"].values())
        assert ([], []) == (february["topics"]["rows"], february["agencies"]["rows"])
        with pytest.raises(NotBegun):
            await read(district, Scope(Period(2026, 5)))

    async def test_a_month_that_is_not_over(self, district):
        """Ends now: no day ahead is drawn, and no deadline ahead is judged."""
        april = await read(district, Scope(Period(2026, 4)))
        assert datetime(2026, 4, 1, 12, tzinfo=WIB) == april["until"]
        assert 1 == len(april["volume"])
        assert 0 == april["agencies"]["all"]["deadlines"]

    async def test_open_data(self, district):
        """All eleven; five that are the same in everything, and no cell of six that are not."""
        async with district.pool.acquire() as connection:
            reading = await begin_reading(connection, district.settings, district.desk.router, Scope(MARCH))
            data = await read_open_data(reading)
        rows = {tuple(row[n] for n in (0, 1, 3, 5, 7)): int(row[-1]) for row in data.rows}
        assert 11 == rows["2026-03", "semua", "semua", "semua", "semua"]
        assert 11 == rows["2026-03", "semua", DISTRICT, "semua", "semua"]
        assert all(count >= 5 for count in rows.values())
        assert not [row for row in rows if "pungli" in row[1] or "INSPEKTORAT" in row[3]]
