"""report: a page, JSON and open data of reports that came in by SMS."""

import csv
import json
import os
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from smsd.store.queries import REPORT_SQL

TODAY = datetime.now(ZoneInfo("Asia/Jakarta")).date()
MONTH = f"{TODAY:%Y-%m}"
KEYS = {
    *("period", "from", "until", "made_at", "timezone", "region", "agency", "least", "reports", "volume", "channels"),
    *("classes", "topics", "places", "agencies", "staff", "satisfaction", "sms", "mailboxes"),
}
ROAD = "jln rusak parah di Lowokwaru kota malang, byk lubang, RT {}"
SECRET = "RAHASIA pungli di kelurahan Dinoyo kota malang diminta 500 ribu, orangnya pakai baju nomor {}"


@pytest.fixture
async def roads(texted, another_number):
    """Six reports about roads, and two that are confidential; their codes."""
    codes = [await texted(ROAD.format(n), sender=another_number()) for n in range(6)]
    return [*codes, *[await texted(SECRET.format(n), sender=another_number()) for n in range(2)]]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Where a page goes that nobody names a place for."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


async def test_every_query_can_be_prepared(db):
    """PostgreSQL itself checks names and types against schema.sql."""
    for sql in REPORT_SQL.values():
        await db.prepare(sql)


async def test_writes_a_page(smsd, roads, tmp_path):
    """Named after the number and the period, for everybody to read, and whole."""
    assert f"laporan-1708-{MONTH}.html\n" == smsd.ok("report", MONTH)
    (page,) = (tmp_path / "here").iterdir()
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert text.endswith("</html>")
    assert "<strong>6</strong> <span>laporan masuk" in text
    assert os.stat(page).st_mode & 0o444 == 0o444 & ~_umask()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


async def test_neither_page_nor_data_has_a_word_a_number_or_a_code(smsd, roads, tmp_path):
    """Of what citizens wrote, and nothing of what is confidential."""
    smsd.ok("report", MONTH, "--output", str(tmp_path / "p.html"), "--open-data", str(tmp_path / "data"))
    told = "".join(path.read_text() for path in (tmp_path / "p.html", *(tmp_path / "data").iterdir()))
    for word in (*roads, "62812", "lubang", "byk", "Dinoyo", "pungli", "INSPEKTORAT"):
        assert word not in told, word


async def test_says_the_same_as_json(smsd, roads, tmp_path):
    """Under keys that stay; no page is written then. A year has what its month has, by weeks."""
    figures = smsd.json("report", MONTH)
    assert KEYS == figures.keys()
    assert (MONTH, 6, 0) == (figures["period"], figures["reports"]["opened"], figures["reports"]["closed"])
    assert [{"code": "jalan-lokal", "name": "Jalan dan jembatan", "opened": 6, "before": None}] == (
        figures["topics"]["rows"]
    )
    assert ["PUPR-35.73"] == [row["agency"] for row in figures["agencies"]["rows"]]
    assert (8, 8) == (figures["sms"]["received"], figures["sms"]["received_parts"])
    year = smsd.json("report", MONTH[:4])
    assert figures["reports"] == year["reports"]
    assert 6 == sum(each["opened"] for each in year["volume"])
    assert all(each["to"] <= f"{MONTH[:4]}-12-31" for each in year["volume"])
    assert not list((tmp_path / "here").iterdir())


async def test_of_confidential_reports_five_are_told_and_fewer_are_not(smsd, roads, texted, another_number):
    """In the total only."""
    for n in range(3, 6):
        await texted(SECRET.format(n), sender=another_number())
    figures = smsd.json("report", MONTH)
    assert 11 == figures["reports"]["opened"]
    assert 6 == sum(each["opened"] for each in figures["volume"])
    assert {"pengaduan": 6} == figures["classes"]


async def test_open_data_is_a_table_with_its_meaning(smsd, roads, tmp_path):
    """The columns are those of the metadata; a file is named there as it is called."""
    folder = tmp_path / "data" / "2026"
    said = smsd.ok("report", MONTH, "--open-data", str(folder)).splitlines()
    name = f"laporan-1708-{MONTH}.csv"
    assert [
        f"laporan-1708-{MONTH}.html",
        *(str(folder / n) for n in (name, f"{name}-metadata.json", "README.md")),
    ] == said
    metadata = json.loads((folder / f"{name}-metadata.json").read_text())
    with (folder / name).open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert (name, head) == (metadata["url"], [column["name"] for column in metadata["tableSchema"]["columns"]])
    assert [MONTH, *["semua"] * 7, "6"] == rows[0]
    key = [head.index(column) for column in metadata["tableSchema"]["primaryKey"]]
    assert len(rows) == len({tuple(row[n] for n in key) for row in rows})
    assert all(f"| `{column}` |" in (folder / "README.md").read_text() for column in head)


def test_says_what_it_cannot_do(smsd, tmp_path):
    """One line each, with the cure."""
    assert "there is no region 99; write a Kemendagri code like 35, 35.07 or 35.07.24" == (
        smsd.refused(1, "report", MONTH, "--region", "99")
    )
    assert "there is no agency NONE; `smsd agency list` shows those with open reports" == (
        smsd.refused(1, "report", MONTH, "--agency", "NONE")
    )
    assert "2098 has not begun yet; name a month or a year that has" == smsd.refused(1, "report", "2098")
    assert "'Oktober' is no month and no year; write one like 2026-10 or 2026" in smsd.refused(2, "report", "Oktober")
    said = smsd.refused(2, "report", MONTH, "--open-data", str(tmp_path), "--region", "35")
    assert said.startswith("--open-data is of all reports; leave out --agency and --region")


def test_leaves_nothing_half_done(smsd, tmp_path):
    """A place that cannot be written to is named; what was there before stays."""
    missing = tmp_path / "missing" / "p.html"
    said = smsd.refused(1, "report", MONTH, "--output", str(missing))
    assert f"{missing} cannot be written (No such file or directory); name another place" in said
    (tmp_path / "file").write_text("")
    said = smsd.refused(1, "report", MONTH, "--open-data", str(tmp_path / "file" / "data"), "--output", "p.html")
    assert "data cannot be made (Not a directory); name another folder with --open-data" in said
    assert ["p.html"] == os.listdir(tmp_path / "here")


def test_is_of_the_last_month_that_is_over(smsd, tmp_path):
    """When none is named; and there is nothing in it."""
    name = smsd.ok("report", "--language", "en").strip()
    assert re.fullmatch(r"laporan-1708-20\d\d-\d\d\.html", name)
    assert name < f"laporan-1708-{MONTH}.html"
    assert "There are no reports in this period." in (tmp_path / "here" / name).read_text()
