"""deadlines: what is late or due next, by agency, on reports that came in by SMS."""

from datetime import UTC, datetime, timedelta

import pytest

from config.settings import load_settings
from routing.zones import zone_of

KEYS = {
    *("agency", "code", "status", "place", "due_for", "due_at", "late", "days_left", "next_step", "next_at"),
}
ROAD = "jln rusak parah di Lowokwaru kota malang, byk lubang"
TRASH = "Sampah numpuk di TPS Coblong Kota Bandung"


@pytest.fixture
async def running(texted, another_number, db):
    """`await running(days, ...)`: reports to the agencies PUPR-35.73 and DLH-32.73 in turn, due after so many days.

    Negative where they are late; their codes.
    """

    async def make(*days):
        codes = []
        for number, each in enumerate(days):
            codes.append(await texted(TRASH if number % 2 else ROAD, sender=another_number()))
            due = datetime.now(UTC) + timedelta(days=each)
            await db.execute("UPDATE ticket SET due_at = $2 WHERE code = $1", codes[-1], due)
        return codes

    return make


def test_says_that_there_is_nothing(smsd):
    """In a sentence, or as an empty document."""
    assert "no deadline runs\n" == smsd.ok("deadlines")
    assert [] == smsd.json("deadlines")


async def test_the_agency_with_the_worst_comes_first(smsd, running, db):
    """With all that it has, the worst first; what is closed has no deadline."""
    roads, trash, more_roads, more_trash, closed, late_trash = await running(3, 20, 40, -30, 1, -1)
    smsd.ok("ticket", "status", closed, "selesai")
    listed = smsd.json("deadlines")
    assert all(KEYS == row.keys() for row in listed)
    late = [row["code"] for row in smsd.json("deadlines", "--late")]
    assert [more_trash, late_trash] == late
    assert [more_trash, late_trash, trash, roads, more_roads] == [row["code"] for row in listed]
    assert ["DLH-32.73"] * 3 + ["PUPR-35.73"] * 2 == [row["agency"] for row in listed]
    assert [True, True, False, False, False] == [row["late"] for row in listed]
    assert [roads, more_roads] == [row["code"] for row in smsd.json("deadlines", "--agency", "pupr-35.73")]
    assert late[:1] == [row["code"] for row in smsd.json("deadlines", "--limit", "1")]


async def test_days_are_working_days_where_the_matter_is(smsd, running):
    """Counted from today; below zero by how many it is late."""
    await running(30, -30)
    deadlines, zone = load_settings(smsd.config).deadlines, load_settings(smsd.config).zone
    late, due = smsd.json("deadlines")
    for row in (late, due):
        at = datetime.fromisoformat(row["due_at"])
        expected = deadlines.working_days_between(datetime.now(UTC), at, zone_of(row["place"], zone))
        assert expected == row["days_left"]
    assert late["days_left"] < -10
    assert due["days_left"] > 10


async def test_is_readable_on_a_narrow_terminal(smsd, running, on_terminal):
    """80 columns: whose, which, until when, how long, and for what."""
    (code,) = await running(-30)
    lines = on_terminal("deadlines", "--config", str(smsd.config))
    assert 80 >= max(map(len, lines))
    assert ["agency", "code", "due_at", "days_left", "next_step", "due_for"] == lines[0].split()
    assert lines[1].startswith(f"PUPR-35.73  {code}")
    assert lines[1].endswith("first_follow_up")
    assert int(lines[1].split()[4]) < 0


def test_usage_errors(smsd):
    """One line, exit code 2, and where to read on."""
    for arguments in (["--limit", "0"], ["DLH"]):
        assert smsd.refused(2, "deadlines", *arguments, config=False).endswith("smsd deadlines --help` shows how")
