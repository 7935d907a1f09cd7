"""ticket list|show|assign|status|note, on a report that came in by SMS."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest

from smsd.cli.tickets import _COLUMNS
from smsd.clocks import Clocks
from smsd.office import open_desk
from smsd.writes import SmsLimits

KEYS = {"code", "status", "topic", "place", "agency", "text", "opened_at"}
NO_CODE = "4821309764"  # well-formed, and nobody's


def test_says_that_there_is_nothing(smsd):
    """In a sentence, or as an empty document."""
    assert "no reports\n" == smsd.ok("ticket", "list")
    assert [] == smsd.json("ticket", "list")


async def test_tells_a_report_from_end_to_end(smsd, texted, db):
    """Listed, shown, sent elsewhere, given a status and a remark; the citizen's number stands nowhere."""
    code = await texted()
    (listed,) = smsd.json("ticket", "list")
    assert listed.keys() >= KEYS
    assert (code, "terdisposisi", "jalan-lokal", "35.73.05", "PUPR-35.73") == tuple(
        listed[key] for key in ("code", "status", "topic", "place", "agency")
    )
    table = smsd.ok("ticket", "list").splitlines()
    assert list(_COLUMNS) == table[0].split()
    assert table[1].startswith(f"{code}  terdisposisi  PUPR-35.73")

    shown = f"{code[:3]} {code[3:6]} {code[6:]}"
    assert f"{shown}: noted\n" == smsd.ok("ticket", "note", shown, "sudah ditelepon\x1b[2J")
    assert f"{code}: assigned\n" == smsd.ok("ticket", "assign", code, "PUPR-35.07", "--reason", "lokasi di kabupaten")
    assert f"{code}: selesai\n" == smsd.ok("ticket", "status", code, "selesai", "--note", "sudah ditambal")
    story = smsd.json("ticket", "show", shown)
    assert story.keys() >= KEYS | {"reasons", "timeline", "sms", "mails"}
    kinds = [event["kind"] for event in story["timeline"]]
    assert ["opened", "verified", "dispatched", "noted", "dispatched", "status_set"] == kinds
    assert story["timeline"][3]["actor"].startswith("operator:")
    assert ("selesai", "PUPR-35.07", 3, 2) == (
        *(story["status"], story["agency"]),
        *(len(story["sms"]), len(story["mails"])),
    )
    printed = smsd.ok("ticket", "show", code)
    for words in (
        "because tempat: Kec Lowokwaru",
        "sudah ditelepon\ufffd[2J",
        "-> selesai sudah ditambal",
        "SMS queued",
    ):
        assert words in " ".join(printed.split())
    assert printed.index("citizen opened") < printed.index("SMS queued")
    everything = "".join([printed, *table, str(story), str(listed)])
    assert "81230004711" not in everything.replace(" ", "")
    assert 2 == await db.fetchval("SELECT count(*) FROM dispatch")


async def test_filters_only_when_asked(smsd, texted):
    """By status, agency, topic, place or anything in it, day, number."""
    texts = ("Sampah numpuk di TPS Coblong Kota Bandung", "Mohon perhatian untuk kami.")
    codes = [await texted(), *[await texted(text) for text in texts]]

    def found(*options):
        return [row["code"] for row in smsd.json("ticket", "list", *options)]

    assert codes[::-1] == found()
    assert codes[1:2] == found("--agency", "DLH-32.73")
    assert codes[1:2] == found("--topic", "sampah")
    assert codes[:1] == found("--place", "35.73")
    assert codes[2:] == found("--status", "diterima")
    assert codes[2:] == found("--limit", "1")
    assert codes[::-1] == found("--since", "2026-01-01")
    assert [] == found("--since", "2999-01-01")
    assert [] == found("--place", "35.7")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["show", "123"], "123 is no report number: it has 10 digits, like 482 130 9764"),
        (
            ["show", "4821309765"],
            "4821309765 is mistyped: its check digit does not fit; compare it with the SMS or the mail",
        ),
        (["show", NO_CODE], f"there is no report {NO_CODE}; `smsd ticket list` shows those there are"),
        (["note", NO_CODE, "x"], f"there is no report {NO_CODE}; `smsd ticket list` shows those there are"),
    ],
)
def test_says_that_a_report_does_not_exist(smsd, arguments, line):
    """Exit code 1, one line, the cure."""
    assert line == smsd.refused(1, "ticket", *arguments)


async def test_refuses_an_agency_that_cannot_be_written_to(smsd, texted, tmp_path):
    """Unknown, or without an address; nothing is changed."""
    code = await texted()
    line = smsd.refused(1, "ticket", "assign", code, "Dinas Antah Berantah")
    assert "no single agency is meant by 'Dinas Antah Berantah'; use a code from agencies.csv" == line
    agencies = tmp_path / "agencies.csv"
    agencies.write_text(
        "code,name,short_name,type,region,email\nTRIAGE,Meja Triase,Triase,TRIAGE,,t@triage.example\n"
        "PUPR-35.73,Dinas PU,Dinas PU,PUPR,35.73,\n"
    )
    with smsd.config.open("a") as file:
        file.write('[routing]\nagencies = "agencies.csv"\n')
    line = smsd.refused(1, "ticket", "assign", code, "PUPR-35.73")
    assert "PUPR-35.73 has no mail address; give it one in agencies.csv, or assign TRIAGE" == line
    assert ["opened", "verified", "dispatched"] == [e["kind"] for e in smsd.json("ticket", "show", code)["timeline"]]


async def test_waits_for_whoever_has_the_citizens_phone(smsd, texted, db, watcher, until_waiting):
    """What an SMS or an agency's answer changes at this moment is seen as it will be."""
    code = await texted()
    async with db.transaction():
        await db.execute("SELECT FROM phone FOR NO KEY UPDATE")
        noted = asyncio.create_task(asyncio.to_thread(smsd, "ticket", "note", code, "ditelepon", env=os.environ))
        await until_waiting(watcher, 1)
    assert (0, f"{code}: noted\n", "") == await noted


async def test_is_readable_on_a_narrow_terminal(smsd, texted, on_terminal):
    """80 columns: nothing is broken in the middle of a word, and no report's number is cut."""
    long = "Lampu jalan mati di Kecamatan Kepanjen Kabupaten Malang " + "dan belum juga diganti " * 3
    code = await texted(long)
    for command in (["list"], ["show", code]):
        lines = on_terminal("ticket", *command, "--config", str(smsd.config))
        assert max(map(len, lines)) <= 80
        words = " ".join(" ".join(lines).split())
        assert code in words.replace(" ", "")
        assert "Kepanjen Kabupaten" in words
    assert "due_at" in on_terminal("ticket", "list", "--config", str(smsd.config))[0]


@pytest.fixture
def clock(pool, settings, by_day):
    """`await clock()`: at noon it does what is due, and the report's next step is due.

    `await clock(at)`: it does what is due at that moment, and the steps of deadlines rest.
    """
    clocks = Clocks(pool, open_desk(settings), SmsLimits(60))

    async def tick(at=None):
        async with by_day():
            if at is None:
                await pool.execute("UPDATE ticket SET next_at = now() WHERE next_at IS NOT NULL")
            else:
                ahead = (at - datetime.now(UTC)).total_seconds()
                body = f"SELECT pg_catalog.now() + interval '{ahead} seconds'"
                await pool.execute(
                    f"CREATE OR REPLACE FUNCTION simulated.now() RETURNS timestamptz LANGUAGE sql STABLE AS $${body}$$"
                )
                await pool.execute("UPDATE ticket SET next_at = NULL, next_step = NULL")
            await clocks.step()

    return tick


class TestNext:
    """What happens by itself, when, and why."""

    async def test_each_step_of_a_deadline(self, smsd, texted, clock):
        """The reminder, then who is late, then our staff; the moment is the clock's own."""
        code = await texted()
        steps = []
        for _ in range(4):
            await clock()
            story = smsd.json("ticket", "show", code)
            steps.append(
                [each["what"] for each in story["next"] if each["why"].startswith("first_follow_up is due by ")]
            )
            if steps[-1]:
                assert story["next_at"] in [each["at"] for each in story["next"]]
        late = "the citizen is told who is late, the agency and its superior too"
        assert [
            ["the agency is reminded"],
            [late],
            ["our staff takes it up, the citizen is told"],
            [],
        ] == steps

    async def test_the_ombudsman(self, smsd, texted, clock):
        """From the moment on at which the clock really asks, and no more when it has asked."""
        code = await texted()
        (asked,) = [each for each in smsd.json("ticket", "show", code)["next"] if "Ombudsman" in each["what"]]
        assert "it was opened 60 days before" in asked["why"]
        at = datetime.fromisoformat(asked["at"])
        await clock(at - timedelta(minutes=1))
        assert [] == smsd.json("ticket", "show", code)["questions"]
        await clock(at)
        story = smsd.json("ticket", "show", code)
        assert ["ombudsman"] == [question["kind"] for question in story["questions"]]
        assert ["the question is closed"] == [each["what"] for each in story["next"]]

    async def test_an_open_question(self, smsd, texted, mailed):
        """Until when the citizen may answer it, and what then."""
        code = await texted()
        await mailed("TANYA di RT berapa?")
        story = smsd.json("ticket", "show", code)
        (question,) = story["questions"]
        (waits,) = [each for each in story["next"] if "'jawaban'" in each["why"]]
        assert (question["expires_at"], "the agency goes on with what it has") == (waits["at"], waits["what"])

    async def test_an_unread_answer(self, smsd, texted, mailed, clock):
        """The agency is not late as long as nobody has read it; the citizen is told of the first one alone."""
        code = await texted()
        await clock()
        first, second = await mailed("Akan kami rapatkan dulu."), await mailed("Rapatnya besok siang.")
        story = smsd.json("ticket", "show", code)
        assert [(first, True), (second, False)] == [(each["id"], each["to_tell"]) for each in story["unread"]]
        said = {each["what"]: each for each in story["next"]}
        tell = said["the citizen is told that an answer waits for us"]
        assert story["unread"][0]["due_at"] == tell["at"]
        assert f"nobody has read mail {first}; `smsd inbox show {first}`" == tell["why"]
        held_up = f"nothing, as long as nobody has read mail {first} (`smsd inbox show {first}`); then "
        assert f"{held_up}the agency is reminded" in said
        assert 3 == len(said)
        smsd.ok("inbox", "reject", str(first))
        smsd.ok("inbox", "reject", str(second))
        after = [each["what"] for each in smsd.json("ticket", "show", code)["next"]]
        assert ["the agency is reminded", "the citizen is asked about the Ombudsman"] == after

    async def test_what_is_closed(self, smsd, texted, mailed):
        """Only the citizen's word is awaited."""
        code = await texted()
        await mailed("Akan kami rapatkan dulu.")
        await mailed("SELESAI sudah ditambal")
        (waits,) = smsd.json("ticket", "show", code)["next"]
        assert "it stays closed, and the citizen is told so" == waits["what"]

    async def test_in_order_of_time_and_readable(self, smsd, texted, mailed, clock, on_terminal):
        """The next first; 80 columns."""
        code = await texted()
        await clock()
        await mailed("TANYA di RT berapa?")
        await mailed("Akan kami rapatkan dulu.")
        moments = [each["at"] for each in smsd.json("ticket", "show", code)["next"]]
        assert 4 == len(moments)
        assert sorted(moments, key=datetime.fromisoformat) == moments
        lines = on_terminal("ticket", "show", code, "--config", str(smsd.config))
        assert 80 >= max(map(len, lines))
        assert "the agency goes on with what it has: unless the citizen answers" in " ".join(" ".join(lines).split())
