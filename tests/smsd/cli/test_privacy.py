"""privacy: one number's data shown, corrected, given and erased; on a real database, with a real key."""

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest

from parser.pdu import encode_deliver
from smsd.simulator.simulator import wall_clock
from tests.smsd.cli.conftest import CITIZEN, TEXT

SAID = "Sudah kami tambal dengan aspal dingin."
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture
async def code(texted):
    """A report of CITIZEN's that is with its agency."""
    return await texted()


@pytest.fixture
async def closed(code, mailed, smsd, db):
    """A report that its agency has finished and an operator has closed; all that was to be sent is sent."""
    await mailed(f"SELESAI {SAID}")
    smsd.ok("ticket", "status", code, "diarsipkan", "--note", "selesai semua")
    await sent(db)
    return code


async def sent(db):
    """Whatever waits to be sent has been."""
    await db.execute("UPDATE outbox_mail SET state = 'sent', sent_at = now()")
    await db.execute("UPDATE outbox_sms SET state = 'sent', sent_at = now()")


async def timeline(db, code):
    """Kinds of its events, with who did them."""
    rows = await db.fetch(
        "SELECT kind, actor FROM ticket_event WHERE ticket_id = (SELECT id FROM ticket WHERE code = $1) ORDER BY id",
        code,
    )
    return [(row["kind"], row["actor"].partition(":")[0]) for row in rows]


async def readable(db):
    """All that the database holds for whoever has the key."""
    rows = [await db.fetch(f"SELECT * FROM {row['tablename']}") for row in await db.fetch(TABLES)]
    return str([dict(row) for table in rows for row in table])


class TestReveal:
    async def test_the_number_is_shown_and_the_timeline_keeps_why(self, smsd, code, db):
        """Who has seen it, and for what."""
        assert f"{CITIZEN}\n" == smsd.ok("privacy", "reveal", code, "--reason", "ditelepon petugas lapangan")
        assert ("revealed", "operator") == (await timeline(db, code))[-1]
        event = smsd.json("ticket", "show", code)["timeline"][-1]
        assert {"reason": "ditelepon petugas lapangan"} == event["data"]

    async def test_nobody_sees_it_without_a_reason(self, smsd, code, db):
        """Spaces are none."""
        before = await timeline(db, code)
        assert "is empty; say why" in smsd.refused(2, "privacy", "reveal", code, "--reason", " ")
        assert "Missing option '--reason'" in smsd.refused(2, "privacy", "reveal", code)
        assert before == await timeline(db, code)

    async def test_of_no_report_there_is_none(self, smsd, code):
        """A code that nobody has."""
        assert "there is no report 2000000003" in smsd.refused(1, "privacy", "reveal", "2000000003", "--reason", "x")


class TestExport:
    @pytest.mark.parametrize("spelling", ["ticket", CITIZEN, "0812-3000-4711", "6281230004711"])
    async def test_all_about_one_number(self, smsd, closed, spelling):
        """By the number in any spelling, or by one of its reports: what was said by all sides, and what was done."""
        given = json.loads(smsd.ok("privacy", "export", closed if spelling == "ticket" else spelling))
        assert CITIZEN == given["number"]
        assert [TEXT] == [sms["text"] for sms in given["sms_received"]]
        (ticket,) = given["tickets"]
        assert {"opened", "dispatched", "agency_done", "exported"} <= {event["kind"] for event in ticket["timeline"]}
        assert SAID in [event["data"].get("text") for event in ticket["timeline"]]
        assert 2 <= len(given["sms_sent"])
        assert [f"SELESAI {SAID}"] == [mail["text"].strip() for mail in given["mails_received"]]
        assert [ticket["agency"]] == [each["agency"] for each in given["recipients"]]
        (request,) = given["requests"]
        assert ("access", True) == (request["kind"], request["done_at"] is not None)

    async def test_a_file_is_for_one_pair_of_eyes(self, smsd, closed, tmp_path):
        """And never written over another."""
        path = tmp_path / "data.json"
        assert f"written to {path}" in smsd.ok("privacy", "export", closed, "--output", str(path))
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
        assert CITIZEN == json.loads(path.read_text())["number"]
        assert "name a file that is not there yet" in smsd.refused(
            1, "privacy", "export", closed, "--output", str(path)
        )

    async def test_a_number_that_never_wrote(self, smsd, code, tmp_path):
        """Is told so, and no file is left."""
        path = tmp_path / "data.json"
        told = smsd.refused(1, "privacy", "export", "081298760000", "--output", str(path))
        assert told == "nothing is kept about this number; if it was asked for, that is the answer"
        assert not path.exists()
        assert "that is neither a number" in smsd.refused(1, "privacy", "export", "budi")


class TestCorrect:
    async def test_the_text(self, smsd, code, db):
        """The report says it, the timeline says who did it and why, and the agency is told."""
        smsd.ok("privacy", "correct", code, "--text", "Lampu mati, bukan jalan rusak", "--reason", "salah dengar")
        assert "Lampu mati, bukan jalan rusak" == smsd.json("ticket", "show", code)["text"]
        assert ("corrected", "operator") == (await timeline(db, code))[-1]
        extra = await db.fetchval("SELECT extra_text FROM outbox_mail WHERE kind = 'tambahan'")
        assert "Ralat atas laporan ini:\nLampu mati, bukan jalan rusak" == extra
        (request,) = smsd.json("privacy", "requests", "--all")
        assert ("correction", "done", [code]) == (request["kind"], request["state"], request["tickets"])

    async def test_the_place(self, smsd, code):
        """By its code, which must be one."""
        assert "there is no place 99.99" in smsd.refused(
            1, "privacy", "correct", code, "--place", "99.99", "--reason", "x"
        )
        smsd.ok("privacy", "correct", code, "--place", "35.07", "--reason", "di kabupaten")
        assert "35.07" == smsd.json("ticket", "show", code)["place"]

    async def test_nothing(self, smsd, code):
        """Is no correction."""
        assert "give --text or --place" in smsd.refused(2, "privacy", "correct", code, "--reason", "x")


class TestErase:
    async def test_no_word_and_no_number_is_left_for_whoever_has_the_key(self, smsd, closed, db, seal):
        """Texts, answers, notes, SMS, mails, PDUs; but that it happened, when, and by whom."""
        before = await timeline(db, closed)
        assert TEXT in await readable(db)
        assert SAID in await readable(db)
        said = smsd.ok("privacy", "erase", CITIZEN, "--reason", "diminta orangnya")
        assert "erased: 1 reports, 1 SMS, and the number" in said
        assert "was sent mail about it: ask them to erase that too" in said
        after = await readable(db)
        for words in (TEXT, TEXT[:20], SAID, SAID[:20], "selesai semua", CITIZEN, closed[:3] + " " + closed[3:6]):
            assert words not in after
        assert 0 == await db.fetchval("SELECT count(*) FROM inbound_part")
        assert [*before, ("erased", "operator")] == await timeline(db, closed)
        assert "was erased" in smsd.refused(1, "privacy", "reveal", closed, "--reason", "x")
        assert "was erased" in smsd.refused(1, "privacy", "export", closed)
        assert "nothing is kept about this number" in smsd.refused(1, "privacy", "erase", CITIZEN, "--reason", "x")
        assert "[dihapus]" == smsd.json("ticket", "show", closed)["text"]
        assert "[dihapus]" in smsd.ok("ticket", "show", closed)
        (request,) = smsd.json("privacy", "requests", "--all")
        assert ("erasure", "done") == (request["kind"], request["state"])

    async def test_an_open_report_is_closed_by_a_person_first(self, smsd, code, db):
        """An agency works on it, and the citizen would never hear of it."""
        told = smsd.refused(1, "privacy", "erase", code, "--reason", "x")
        assert f"still open: report {code}; close it first" in told
        assert TEXT in await readable(db)

    async def test_what_is_under_way_ends_first(self, smsd, closed, db):
        """A mail that is being sent has the text in hand."""
        await db.execute("UPDATE outbox_mail SET state = 'sending'")
        assert "are under way; try again in a minute" in smsd.refused(1, "privacy", "erase", closed, "--reason", "x")

    @pytest.mark.parametrize("folder", ["spool", "modems/modem1/spool"])
    async def test_not_while_sms_wait_on_the_disk(self, smsd, closed, tmp_path, folder):
        """The spool of any process may have one of this number's."""
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "000000000001-1.parts").write_bytes(b"x")
        assert "SMS wait in the spool" in smsd.refused(1, "privacy", "erase", closed, "--reason", "x")

    async def test_who_texts_again_is_somebody_new(self, smsd, closed, texted, db):
        """Nothing ties the new report to the old ones."""
        smsd.ok("privacy", "erase", closed, "--reason", "diminta")
        new = await texted("lampu jalan mati di Kepanjen Kabupaten Malang")
        assert new != closed
        assert 2 == await db.fetchval("SELECT count(*) FROM phone")
        assert f"{CITIZEN}\n" == smsd.ok("privacy", "reveal", new, "--reason", "x")

    async def test_nothing_goes_to_an_erased_number(self, smsd, closed, db):
        """Not even when an operator asks for it."""
        sms = await db.fetchval("SELECT max(id) FROM outbox_sms")
        await db.execute("UPDATE outbox_sms SET state = 'withheld' WHERE id = $1", sms)
        smsd.ok("privacy", "erase", closed, "--reason", "diminta")
        assert "was not given up" in smsd.refused(1, "outbox", "retry", f"sms:{sms}")

    async def test_a_pdu_that_nobody_could_read_goes_too(self, smsd, closed, batch_of, intake_on, settings, db, seal):
        """Its bytes have the number; another's stays."""
        for number in (CITIZEN, "+6281298765432"):
            raw = encode_deliver(number, TEXT, wall_clock())[:-4].encode()
            await db.execute(
                "INSERT INTO quarantine (source, digest, raw_sealed, error) VALUES ('pdu', $1, $2, $3)",
                *(seal.hash(raw, "quarantine"), seal.close(raw, "quarantine"), "cut"),
            )
        smsd.ok("privacy", "erase", closed, "--reason", "diminta")
        assert 1 == await db.fetchval("SELECT count(*) FROM quarantine")


class TestRequests:
    async def test_three_times_24_hours(self, smsd, code, db):
        """Noted when it was asked, due 72 hours later, done by doing it."""
        asked = (datetime.now(UTC) - timedelta(days=4)).strftime("%Y-%m-%d")
        said = smsd.ok("privacy", "request", "access", code, "--asked", asked, "--reason", "lewat surat")
        assert said.startswith("request 1: access, due by ")
        (row,) = smsd.json("privacy", "requests")
        assert timedelta(hours=72) == datetime.fromisoformat(row["due_at"]) - datetime.fromisoformat(row["asked_at"])
        assert ("open, LATE", "lewat surat", [code]) == (row["state"], row["reason"], row["tickets"])
        assert "open, LATE" in smsd.ok("privacy", "requests")
        smsd.ok("privacy", "export", code)
        assert "no requests\n" == smsd.ok("privacy", "requests")
        (row,) = smsd.json("privacy", "requests", "--all")
        assert "done, LATE" == row["state"]
        assert 1 == await db.fetchval("SELECT count(*) FROM privacy_request")

    async def test_nobody_asks_in_the_future(self, smsd, code):
        """A slip of the year."""
        day = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d")
        told = smsd.refused(1, "privacy", "request", "erasure", code, "--asked", day, "--reason", "x")
        assert told.startswith("nobody can have asked in the future")

    async def test_it_is_readable_on_a_narrow_terminal(self, smsd, code, on_terminal, config):
        """Within 80 columns."""
        smsd.ok("privacy", "request", "erasure", code, "--reason", "lewat surat tertanggal kemarin")
        lines = on_terminal("privacy", "requests", "--config", str(config))
        assert "erasure" in "".join(lines)
        assert all(len(line) <= 80 for line in lines)


class TestRecord:
    def test_it_says_what_the_configuration_says(self, smsd, config):
        """How long, who answers for it; what is not filled in says so."""
        config.write_text(config.read_text() + '\n[privacy]\nretention_pengaduan = 400\ncontroller = "Dinas Kominfo"\n')
        record = smsd.json("privacy", "record")
        assert "Dinas Kominfo" == record["pengendali"]
        assert "BELUM DIISI" in record["kontak"]
        printed = smsd.ok("privacy", "record")
        assert "retensi pengaduan**: 400 hari sesudah laporan ditutup" in printed
        assert "Pasal 31" in printed
