"""ticket list|show|assign|status|note, on a report that came in by SMS."""

import pytest

from smsd.cli.tickets import _COLUMNS

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
        (["show", "4821309765"], "4821309765 is mistyped: its check digit does not fit"),
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
