"""inbox list|show|accept|reject|retry, on mails that an agency sent about a report that came in by SMS."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from smsd import inbox as office
from smsd.cli.inbox import _COLUMNS
from smsd.store.database import open_database
from tests.boxes import is_not

CITIZEN = "+6281230004711"
DONE = "Selamat pagi. Lubang di jalan tersebut sudah kami tambal kemarin sore."
VAGUE = "Mohon maaf, akan kami rapatkan dulu dengan pimpinan."
SLIP = "t-abcdefghjkmnpqrstuv@1708.example"  # one character too few
KEYS = {
    *("id", "received_at", "state", "reason", "error", "ticket", "agency", "sender", "recipient", "subject"),
    *("read_by", "suggestion", "text", "near", "status", "holder"),
}


@pytest.fixture
async def code(texted):
    """A report that is with PUPR-35.73."""
    return await texted()


@pytest.fixture
async def failed(code, mailed, db):
    """A mail that the daemon could not handle; `await failed()` mends the fault."""
    await db.execute(
        f"ALTER TABLE ticket_event ADD CONSTRAINT bug CHECK ({is_not('text', 'Sudah kami tambal, racun.')})"
    )
    await mailed("SELESAI Sudah kami tambal, racun.")

    async def mend():
        await db.execute("ALTER TABLE ticket_event DROP CONSTRAINT bug")

    return mend


@pytest.fixture
def state_of(db):
    """`await state_of(1)`: what the mail has become."""

    async def state(mail_id):
        return await db.fetchval("SELECT state FROM inbound_mail WHERE id = $1", mail_id)

    return state


def events(smsd, code):
    """The report's timeline after it was sent to the agency, without the mails that only came."""
    timeline = smsd.json("ticket", "show", code)["timeline"][3:]
    return [event for event in timeline if event["kind"] not in ("mail_held", "mail_kept")]


def test_says_that_there_is_nothing(smsd):
    """In a sentence, or as an empty document."""
    assert "no mail waits for you\n" == smsd.ok("inbox", "list")
    assert [] == smsd.json("inbox", "list")


class TestList:
    """What waits, and what it would be taken for."""

    async def test_what_waits_is_listed_with_a_suggestion(self, smsd, code, mailed):
        """Oldest first, with the same keys, whether or not its report is known."""
        first, second = await mailed(DONE), await mailed("SELESAI sudah ditambal", to=SLIP)
        listed = smsd.json("inbox", "list")
        assert [KEYS, KEYS] == [row.keys() for row in listed]
        assert [
            (first, "held", "free_text", code, "PUPR-35.73", f"SELESAI {DONE}", DONE, []),
            (
                second,
                "held",
                "near_token",
                None,
                None,
                "SELESAI sudah ditambal",
                "SELESAI sudah ditambal",
                [SLIP[2:21]],
            ),
        ] == [
            tuple(row[key] for key in ("id", "state", "reason", "ticket", "agency", "suggestion", "text", "near"))
            for row in listed
        ]
        assert [True, False] == [row["read_by"] is not None for row in listed]
        assert listed[:1] == smsd.json("inbox", "list", "--limit", "1")

    async def test_the_table_tells_a_mail_by_its_suggestion_else_by_its_words(self, smsd, code, mailed):
        """Words that nobody has understood stand in quotes; what would command a terminal does not reach it."""
        await mailed(DONE)
        await mailed(VAGUE + "\x1b[2J")
        table = smsd.ok("inbox", "list").splitlines()
        assert list(_COLUMNS) == table[0].split()
        assert "SELESAI Selamat pagi. Lubang di jalan" in table[1]
        assert f'"{VAGUE}\ufffd[2J"' in table[2]

    async def test_a_terminal_is_80_columns_wide(self, smsd, code, mailed, on_terminal):
        """The report, its agency and what the mail says are there all the same, put aside or not."""
        await mailed(DONE * 5)
        for options in ([], ["--all"]):
            lines = on_terminal("inbox", "list", *options, "--config", str(smsd.config))
            assert 80 >= max(map(len, lines))
            assert {"id", "reason", "ticket", "agency", "what"} <= set(lines[0].split())
            words = " ".join(" ".join(lines).split())
            assert f"{code} PUPR-35.73 " in words
            assert " SELESAI Selamat pagi." in words
            assert "…" in words

    async def test_all_has_also_what_waits_for_nobody(self, smsd, code, mailed):
        """What was put aside and what machines sent, but not what was taken."""
        machine = await mailed("Saya sedang cuti.", Auto_Submitted="auto-replied")
        await mailed("TERIMA")
        aside, waits = await mailed(VAGUE), await mailed(DONE)
        smsd.ok("inbox", "reject", str(aside))
        assert [(machine, "kept"), (aside, "rejected"), (waits, "held")] == [
            (row["id"], row["state"]) for row in smsd.json("inbox", "list", "--all")
        ]
        assert [waits] == [row["id"] for row in smsd.json("inbox", "list")]
        assert "state" in smsd.ok("inbox", "list", "--all").splitlines()[0]

    async def test_a_mail_that_failed_is_listed_with_its_error(self, smsd, code, failed):
        """It has the report of its address, though the daemon has noted none."""
        (row,) = smsd.json("inbox", "list")
        assert ("quarantined", "quarantined", code, "PUPR-35.73", "pupr@malangkota.example", "Re: laporan") == tuple(
            row[key] for key in ("state", "reason", "ticket", "agency", "sender", "subject")
        )
        assert row["error"].startswith("CheckViolationError: ")
        assert "CheckViolationError: " in smsd.ok("inbox", "list").splitlines()[1]

    async def test_a_mail_that_nobody_can_read_hides_no_other(self, smsd, code, mailed, monkeypatch):
        """Its row is there, without words; the rest is as always."""
        bad, good = await mailed("racun"), await mailed(DONE)
        read_mail = office.read_mail

        def fail(raw, envelope_sender):
            if b"racun" in raw:
                raise RecursionError("too deep")
            return read_mail(raw, envelope_sender)

        monkeypatch.setattr(office, "read_mail", fail)
        assert [
            (bad, "pupr@malangkota.example", "", None),
            (good, "pupr@malangkota.example", DONE, f"SELESAI {DONE}"),
        ] == [tuple(row[key] for key in ("id", "sender", "text", "suggestion")) for row in smsd.json("inbox", "list")]
        assert "(no words)" in smsd.ok("inbox", "show", str(bad))
        smsd.ok("inbox", "accept", str(bad), "--as", "TERIMA")

    async def test_the_citizen_stands_nowhere(self, smsd, texted, mailed):
        """Nor with a confidential report: an operator reads texts, and asks for numbers with a reason."""
        await texted("RAHASIA kepala desa minta pungli di Lowokwaru kota malang")
        mail = await mailed(VAGUE)
        everything = json.dumps([smsd.json("inbox", "list"), smsd.json("inbox", "show", str(mail))])
        assert CITIZEN.removeprefix("+62") not in everything


class TestShow:
    """All about one."""

    async def test_a_slip_tells_which_report_it_may_mean(self, smsd, code, mailed, settings):
        """One character of the address is missing; an operator decides."""
        async with open_database(settings) as pool:
            token = await pool.fetchval("SELECT token FROM dispatch WHERE NOT copy ORDER BY id DESC LIMIT 1")
        mail = await mailed("TERIMA", to=f"t-{token[:-1]}@{settings.mail.reply_domain}")
        assert [code] == smsd.json("inbox", "show", str(mail))["near_reports"]
        assert f"may be about {code}" in " ".join(smsd.ok("inbox", "show", str(mail)).split())

    async def test_its_words_and_what_is_attached(self, smsd, code, mailed):
        """Without what it quotes; attachments by name, type, size and hash; and the command that takes it."""
        mail = await mailed(DONE, files=[("foto \x1b[2J.pdf", b"%PDF-1.7")])
        shown = smsd.json("inbox", "show", str(mail))
        assert KEYS | {"attachments", "near_reports"} == shown.keys()
        (attached,) = shown["attachments"]
        assert {"name", "type", "bytes", "sha256"} == attached.keys()
        assert ("application/pdf", 8, 64) == (attached["type"], attached["bytes"], len(attached["sha256"]))
        printed = " ".join(smsd.ok("inbox", "show", str(mail)).split())
        for words in (f"ticket {code}", "sender pupr@malangkota.example", "(application/pdf, 8 bytes)", DONE):
            assert words in printed
        assert printed.endswith(f"`smsd inbox accept {mail}` takes it as: SELESAI {DONE}")
        assert "\x1b" not in printed

    @pytest.mark.parametrize(
        ("words", "options", "cure"),
        [
            (VAGUE, {}, '`smsd inbox accept 1 --as "SELESAI ..."` takes it as what you write'),
            ("TERIMA", {"to": SLIP}, "`smsd inbox accept 1 --ticket CODE` takes it as: TERIMA"),
        ],
    )
    async def test_what_to_do_next(self, smsd, code, mailed, words, options, cure):
        """A line that can be typed."""
        await mailed(words, **options)
        printed = smsd.ok("inbox", "show", "1")
        assert cure == printed.splitlines()[-1]
        assert (f"{SLIP[:21]}: a reply address with a slip in it" in printed) == bool(options)

    async def test_the_mail_as_it_came(self, smsd, code, mailed, db):
        """Byte for byte."""
        mail = await mailed(VAGUE)
        command = [sys.executable, "-m", "smsd", "inbox", "show", str(mail), "--raw", "--config", str(smsd.config)]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=240, check=True)
        assert await db.fetchval("SELECT raw FROM inbound_mail") == done.stdout

    async def test_colours_only_on_a_terminal(self, smsd, code, mailed):
        """A pipe gets plain text."""
        mail = await mailed(DONE)
        environment = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "NO_COLOR")}
        for command in (["inbox", "list"], ["inbox", "show", str(mail)], ["deadlines"], ["agency", "list"]):
            assert "\x1b" not in smsd.ok(*command, env=environment | {"TERM": "xterm-256color"})

    async def test_a_mail_that_failed_can_be_retried(self, smsd, code, failed):
        """Its error is shown, and so is what it says."""
        printed = " ".join(smsd.ok("inbox", "show", "1").split())
        assert "error CheckViolationError: " in printed
        assert "SELESAI Sudah kami tambal, racun. `smsd inbox retry 1` has it handled again; " in printed

    async def test_nothing_is_proposed_that_would_be_refused(self, smsd, code, mailed):
        """The report is elsewhere, is closed, or the mail is settled."""
        mail = str(await mailed(DONE))

        def proposed():
            return smsd.ok("inbox", "show", mail).splitlines()[-1]

        smsd.ok("ticket", "assign", code, "DLH-35.73")
        assert proposed().startswith("the report is with DLH-35.73, so this is no answer: `smsd ticket note`, ")
        smsd.ok("ticket", "assign", code, "PUPR-35.73")
        smsd.ok("ticket", "status", code, "selesai")
        cure = f"`smsd ticket status {code} ditindaklanjuti` opens it again"
        assert f"the report is closed (selesai): {cure}" == proposed()
        smsd.ok("inbox", "reject", mail)
        assert "smsd" not in proposed()


TAKEN = [
    ("TERIMA", "agency_accepted", "ditindaklanjuti", "agency_terima", ""),
    ("PROSES menunggu alat", "agency_in_progress", "ditindaklanjuti", "agency_proses", "menunggu alat"),
    ("selesai: sudah ditambal", "agency_done", "selesai", "agency_selesai", "sudah ditambal"),
    ("TANYA di RT berapa?", "agency_asked", "tunda", "agency_tanya", "di RT berapa?"),
    ("TUNDA 30/12 menunggu anggaran", "agency_postponed", "ditindaklanjuti", "agency_tunda", "menunggu anggaran"),
    ("TOLAK jalan milik perumahan", "agency_refused", "diarsipkan", "agency_tolak", "jalan milik perumahan"),
]

REFUSED = [
    ([], "nothing is suggested; say what it means with --as, beginning with TERIMA, PROSES, SELESAI, TANYA,"),
    (["--as", "SELESAI"], "SELESAI needs its words behind it, as in `SELESAI ...`"),
    (["--as", "TOLAK"], "TOLAK needs its words behind it, as in `TOLAK ...`"),
    (["--as", "TUNDA besok-besok"], "TUNDA needs a day that is to come behind it, as in `TUNDA 30/12 "),
    (["--as", "TUNDA 1/1/2020"], "TUNDA needs a day that is to come behind it, as in `TUNDA 30/12 "),
    (["--as", "oke siap"], "'oke siap' begins with none of TERIMA, PROSES, SELESAI, TANYA, BUKAN WEWENANG,"),
    (["--as", ""], "'' begins with none of TERIMA, PROSES, SELESAI, TANYA, BUKAN WEWENANG,"),
]


class TestAccept:
    """Taken as the agency's answer, by a person."""

    async def test_as_suggested(self, smsd, code, mailed, state_of):
        """The agency has said it, an operator has taken it, and the citizen is told."""
        mail = await mailed(DONE)
        said = smsd.ok("inbox", "accept", str(mail))
        assert f"mail {mail}: report {code}, PUPR-35.73: SELESAI {DONE}\n" == said
        story = smsd.json("ticket", "show", code)
        (event,) = events(smsd, code)
        assert ("selesai", "agency_done", "agency:PUPR-35.73") == (story["status"], event["kind"], event["actor"])
        assert event["data"]["accepted_by"].startswith("operator:")
        assert (mail, DONE) == (event["data"]["mail"], event["data"]["text"])
        assert f"{DONE} (mail {mail}), accepted by operator:" in " ".join(smsd.ok("ticket", "show", code).split())
        assert ["diteruskan", "agency_selesai"] == [sms["cause"] for sms in story["sms"]]
        assert ("handled", []) == (await state_of(mail), smsd.json("inbox", "list"))

    @pytest.mark.parametrize(("line", "kind", "status", "cause", "note"), TAKEN, ids=[each[0] for each in TAKEN])
    async def test_as_an_operator_writes(self, smsd, code, mailed, line, kind, status, cause, note):
        """Every verb, as an agency writes it; the citizen gets the operator's words."""
        mail = await mailed(VAGUE)
        smsd.ok("inbox", "accept", str(mail), "--as", line)
        story = smsd.json("ticket", "show", code)
        event = next(event for event in events(smsd, code) if event["kind"] == kind)
        assert (status, note) == (story["status"], event["data"].get("text", ""))
        assert cause == story["sms"][-1]["cause"]
        assert note in story["sms"][-1]["text"]

    async def test_bukan_wewenang_sends_it_on(self, smsd, code, mailed):
        """To the agency that the operator names."""
        mail = await mailed(VAGUE)
        smsd.ok("inbox", "accept", str(mail), "--as", "BUKAN WEWENANG DLH-35.73")
        assert "DLH-35.73" == smsd.json("ticket", "show", code)["agency"]
        assert ["agency_declined", "dispatched"] == [event["kind"] for event in events(smsd, code)]

    async def test_what_is_no_answer_changes_nothing(self, smsd, code, mailed, state_of):
        """One line says what is missing."""
        mail = await mailed(VAGUE)
        for arguments, line in REFUSED:
            assert smsd.refused(1, "inbox", "accept", str(mail), *arguments).startswith(f"mail {mail}: {line}")
        assert ("held", []) == (await state_of(mail), events(smsd, code))

    async def test_a_mail_without_a_token_needs_a_report(self, smsd, code, mailed):
        """An operator names it, however it is typed."""
        mail = await mailed("TERIMA", to=SLIP)
        line = smsd.refused(1, "inbox", "accept", str(mail))
        assert f"mail {mail} came to no report's address; name the report with --ticket CODE" == line
        line = smsd.refused(1, "inbox", "accept", str(mail), "--ticket", "4821309764")
        assert "there is no report 4821309764; `smsd ticket list` shows those there are" == line
        assert "is no report number" in smsd.refused(1, "inbox", "accept", str(mail), "--ticket", "")
        shown = f"{code[:3]} {code[3:6]} {code[6:]}"
        assert f"mail {mail}: report {code}, PUPR-35.73: TERIMA\n" == smsd.ok(
            *("inbox", "accept", str(mail), "--ticket", shown)
        )

    async def test_a_closed_report_stays_closed(self, smsd, code, mailed, state_of):
        """Until somebody opens it: then the same mail can be taken."""
        smsd.ok("ticket", "status", code, "selesai")
        mail = await mailed("PROSES masih kami kerjakan")
        cure = f"`smsd ticket status {code} ditindaklanjuti` opens it again"
        assert f"report {code} is closed (selesai); {cure}" == smsd.refused(1, "inbox", "accept", str(mail))
        assert "held" == await state_of(mail)
        smsd.ok("ticket", "status", code, "ditindaklanjuti")
        smsd.ok("inbox", "accept", str(mail))

    @pytest.mark.parametrize("options", [[], ["--ticket"]])
    async def test_who_no_longer_has_the_report_decides_nothing(self, smsd, code, mailed, state_of, db, options):
        """It went elsewhere: what its first agency says is not the second one's word, whoever names the report."""
        mail = await mailed(VAGUE)
        smsd.ok("ticket", "assign", code, "DLH-35.73")
        before = smsd.json("ticket", "show", code)
        cure = "what PUPR-35.73 says of it goes in by `smsd ticket note`, `status` or `assign`"
        line = smsd.refused(1, *("inbox", "accept", str(mail), "--as", "SELESAI beres"), *options, *options and [code])
        assert f"report {code} is with DLH-35.73, not with PUPR-35.73; {cure}" == line
        assert ("held", before) == (await state_of(mail), smsd.json("ticket", "show", code))

    async def test_a_report_that_came_back_can_be_answered_in_the_old_thread(self, smsd, code, mailed):
        """It is with the agency that wrote."""
        mail = await mailed(VAGUE)
        smsd.ok("ticket", "assign", code, "DLH-35.73")
        smsd.ok("ticket", "assign", code, "PUPR-35.73")
        smsd.ok("inbox", "accept", str(mail), "--as", "TERIMA")
        assert "ditindaklanjuti" == smsd.json("ticket", "show", code)["status"]

    async def test_nobody_takes_a_mail_twice(self, smsd, code, mailed):
        """The second hears what it was taken for, and where the first stands."""
        mail = await mailed(VAGUE)
        smsd.ok("inbox", "accept", str(mail), "--as", "PROSES dikerjakan")
        line = f"mail {mail} was taken already, as PROSES of PUPR-35.73; `smsd ticket show {code}` tells by whom"
        assert line == smsd.refused(1, "inbox", "accept", str(mail), "--as", "TERIMA")
        assert line == smsd.refused(1, "inbox", "reject", str(mail))
        assert 1 == len(events(smsd, code))

    async def test_two_operators_at_the_same_moment(self, smsd, code, mailed, db, watcher, until_waiting):
        """One wins, the other is told; the report is changed once."""
        mail = await mailed(VAGUE)
        operators = [{"SUDO_USER": name} for name in ("satu", "dua")]
        async with db.transaction():
            await db.execute("SELECT FROM inbound_mail WHERE id = $1 FOR UPDATE", mail)
            tries = [
                asyncio.create_task(
                    asyncio.to_thread(
                        *(smsd, "inbox", "accept", str(mail), "--as", "SELESAI beres"), env=os.environ | operator
                    )
                )
                for operator in operators
            ]
            await until_waiting(watcher, 2)
        (won, _, _), (lost, _, said) = sorted([await each for each in tries])
        assert (0, 1) == (won, lost)
        assert said.startswith(f"smsd: mail {mail} was taken already, as SELESAI of PUPR-35.73; ")
        (event,) = events(smsd, code)
        assert event["data"]["accepted_by"] in ("operator:satu", "operator:dua")

    async def test_what_waits_for_nobody_is_taken_only_as_an_operator_says(self, smsd, code, mailed, state_of):
        """A machine's words suggest nothing; but a person may have been taken for a machine."""
        mail = await mailed("TERIMA", Auto_Submitted="auto-replied")
        line = smsd.refused(1, "inbox", "accept", str(mail))
        assert line.endswith("; if it is an answer all the same, say with --as what it means")
        assert ("kept", None) == (await state_of(mail), smsd.json("inbox", "show", str(mail))["suggestion"])
        smsd.ok("inbox", "accept", str(mail), "--as", "TERIMA")
        assert "handled" == await state_of(mail)

    async def test_what_was_unclear_before_is_clear_then(self, smsd, code, mailed, state_of):
        """As where the agency itself says it clearly."""
        unclear, clear = await mailed("SELESAI"), await mailed(DONE)
        smsd.ok("inbox", "accept", str(clear))
        assert ("kept", []) == (await state_of(unclear), smsd.json("inbox", "list"))

    async def test_a_mail_that_failed_is_taken(self, smsd, code, failed, state_of):
        """As its words say, or as the operator does: it came to the report's address."""
        smsd.ok("inbox", "accept", "1", "--as", "SELESAI sudah ditambal")
        assert ("handled", "selesai") == (await state_of(1), smsd.json("ticket", "show", code)["status"])

    async def test_what_the_service_has_not_read_yet(self, smsd, code, mailed):
        """It is read first."""
        mail = await mailed("TERIMA", handled=False)
        line = smsd.refused(1, "inbox", "accept", str(mail), "--as", "TOLAK tidak bisa")
        assert f"mail {mail} has just come, and the service has not read it yet; try again in a minute" == line

    async def test_a_confidential_report_stays_so(self, smsd, texted, mailed):
        """Its citizen hears that there is an answer, and not which."""
        code = await texted("RAHASIA kepala desa minta pungli di Lowokwaru kota malang")
        mail = await mailed(VAGUE)
        smsd.ok("inbox", "accept", str(mail), "--as", "PROSES bendahara desa sedang diperiksa")
        sms = smsd.json("ticket", "show", code)["sms"][-1]
        assert "bendahara" not in sms["text"]


class TestReject:
    """Put aside."""

    async def test_it_changes_nothing(self, smsd, code, mailed, state_of):
        """The reason and who gave it stand in the timeline; nobody is told."""
        mail = await mailed(DONE)
        before = smsd.json("ticket", "show", code)
        said = smsd.ok("inbox", "reject", str(mail), "--reason", "bukan\x1b tentang ini")
        assert f"mail {mail}: put aside\n" == said
        (event,) = events(smsd, code)
        assert ("mail_rejected", mail, "bukan\x1b tentang ini") == (
            *(event["kind"], event["data"]["mail"]),
            event["data"]["reason"],
        )
        assert event["actor"].startswith("operator:")
        after = smsd.json("ticket", "show", code)
        for key in ("status", "agency", "due_at", "sms", "mails"):
            assert before[key] == after[key]
        assert "mail_rejected bukan\ufffd tentang ini (mail 1)" in smsd.ok("ticket", "show", code)
        assert "rejected" == await state_of(mail)

    async def test_once(self, smsd, code, mailed):
        """Then it waits no more; but a mistake can be mended."""
        mail = await mailed(DONE)
        smsd.ok("inbox", "reject", str(mail))
        line = smsd.refused(1, "inbox", "reject", str(mail))
        assert f"mail {mail} is put aside already; `smsd inbox list` shows what waits" == line
        smsd.ok("inbox", "accept", str(mail), "--as", f"SELESAI {DONE}")

    async def test_a_mail_of_no_report(self, smsd, code, mailed, state_of):
        """No timeline has it."""
        mail = await mailed(DONE, to=SLIP)
        smsd.ok("inbox", "reject", str(mail), "--reason", "spam")
        assert ("rejected", []) == (await state_of(mail), events(smsd, code))


class TestRetry:
    """What the daemon could not handle."""

    async def test_it_is_handled_when_the_fault_is_mended(self, smsd, code, failed, mailed, state_of):
        """With all tries before it again."""
        await failed()
        assert "mail 1: will be handled again\n" == smsd.ok("inbox", "retry", "1", "1")
        assert "new" == await state_of(1)
        await mailed("Saya sedang cuti.", Auto_Submitted="auto-replied")  # and with it all that is due
        assert ("handled", "selesai") == (await state_of(1), smsd.json("ticket", "show", code)["status"])

    async def test_all_or_none(self, smsd, code, failed, mailed, state_of):
        """What waits for an operator needs no retry."""
        await mailed(VAGUE)
        line = smsd.refused(1, "inbox", "retry", "1", "2")
        assert "mail 2 is not quarantined; `smsd inbox list` shows which are" == line
        assert "quarantined" == await state_of(1)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["show", "7"], "there is no mail 7; `smsd inbox list --all` shows those there are"),
        (["accept", "7"], "there is no mail 7; `smsd inbox list` shows those that wait"),
        (["reject", "7"], "there is no mail 7; `smsd inbox list` shows those that wait"),
        (["retry", "7"], "mail 7 is not quarantined; `smsd inbox list` shows which are"),
    ],
)
def test_says_that_a_mail_does_not_exist(smsd, arguments, line):
    """Exit code 1, one line, the cure."""
    assert line == smsd.refused(1, "inbox", *arguments)


@pytest.mark.parametrize(
    "arguments",
    [["show"], ["show", "x"], ["show", "0"], ["accept", "9" * 20], ["reject"], ["retry"], ["list", "--limit", "0"]],
)
def test_usage_errors(smsd, arguments):
    """One line, exit code 2, and where to read on."""
    line = smsd.refused(2, "inbox", *arguments, config=False)
    assert line.endswith(f"smsd inbox {arguments[0]} --help` shows how")


@pytest.mark.parametrize("command", [["inbox", "list"], ["deadlines"], ["agency", "list"]])
def test_the_database_cannot_be_reached(smsd, command):
    """Exit code 3, one line."""
    text = smsd.config.read_text()
    smsd.config.write_text(
        text.replace(text[text.index("dsn") : text.index("[[modem]]")], 'dsn = "postgresql://x@127.0.0.1:9/x"\n')
    )
    smsd.refused(3, *command)
