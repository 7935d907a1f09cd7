"""agency list|resume: who has what to do, and which mailboxes take no mail."""

from datetime import UTC, datetime, timedelta

import pytest

KEYS = {"code", "short_name", "region", "email", "open", "late", "paused"}
PUPR = "pupr@malangkota.example"


@pytest.fixture
def pause(db):
    """`await pause(address, days)`: nothing goes there for so many days, or ever, where they are None."""

    async def write(address, days=None, agency="PUPR-35.73"):
        until = datetime.now(UTC) + timedelta(days=days) if days is not None else datetime.max.replace(tzinfo=UTC)
        sql = "INSERT INTO contact_pause VALUES ($1, $2, now(), $3, 1, '5.1.1', 'no such user')"
        await db.execute(sql, address, agency, until)
        if days is None:
            await db.execute("UPDATE contact_pause SET paused_until = 'infinity' WHERE address = $1", address)

    return write


def test_says_that_there_is_nothing(smsd):
    """In a sentence, or as an empty document."""
    assert "no agency has an open report or a mailbox that bounced\n" == smsd.ok("agency", "list")
    assert "no mailbox is paused\n" == smsd.ok("agency", "list", "--paused")
    assert [] == smsd.json("agency", "list")


async def test_who_has_what_to_do(smsd, texted, another_number, db):
    """Who is late most comes first; what is closed counts no more."""
    await texted()
    late = await texted("Sampah numpuk di TPS Coblong Kota Bandung")
    closed = await texted(sender=another_number())
    smsd.ok("ticket", "status", closed, "selesai")
    await db.execute("UPDATE ticket SET due_at = now() - interval '1 day' WHERE code = $1", late)
    listed = smsd.json("agency", "list")
    assert all(KEYS == row.keys() for row in listed)
    assert [("DLH-32.73", 1, 1, []), ("PUPR-35.73", 1, 0, [])] == [
        tuple(row[key] for key in ("code", "open", "late", "paused")) for row in listed
    ]
    assert ("Dinas PU Kota Malang", "35.73", PUPR) == tuple(listed[1][key] for key in ("short_name", "region", "email"))
    assert listed[:1] == smsd.json("agency", "list", "--limit", "1")
    assert [] == smsd.json("agency", "list", "--paused")


async def test_which_mailboxes_are_paused(smsd, texted, pause):
    """Each with its status, why, and until when; a pause that is over is none."""
    await texted()
    await pause(PUPR, 2)
    await pause("lama@malangkota.example")
    await pause("dulu@malangkota.example", -1)
    await pause("jauh@lain.example", 1, "TIDAK-ADA-LAGI")
    ours, gone = smsd.json("agency", "list", "--paused")
    assert ["lama@malangkota.example", PUPR] == [each["address"] for each in ours["paused"]]
    assert all({"address", "status", "reason", "since", "until"} == each.keys() for each in ours["paused"])
    assert [True, False] == [each["until"] is None for each in ours["paused"]]
    assert ("TIDAK-ADA-LAGI", "", 0) == (gone["code"], gone["short_name"], gone["open"])
    table = " ".join(smsd.ok("agency", "list", "--paused").split())
    assert f"lama@malangkota.example (5.1.1, until resumed); {PUPR} (5.1.1, until " in table


async def test_a_mailbox_is_written_to_again(smsd, pause):
    """However its address is typed; another one stays paused."""
    await pause(PUPR)
    await pause("lama@malangkota.example", 2)
    assert "PUPR@Malangkota.example: written to again\n" == smsd.ok("agency", "resume", "PUPR@Malangkota.example")
    (row,) = smsd.json("agency", "list", "--paused")
    assert ["lama@malangkota.example"] == [each["address"] for each in row["paused"]]
    line = smsd.refused(1, "agency", "resume", PUPR)
    assert f"{PUPR} is not paused; `smsd agency list --paused` shows what is" == line


async def test_is_readable_on_a_narrow_terminal(smsd, texted, pause, on_terminal):
    """80 columns: how much is open and late, and what is paused."""
    await texted()
    await pause(PUPR, 2)
    lines = on_terminal("agency", "list", "--config", str(smsd.config))
    assert 80 >= max(map(len, lines))
    assert {"code", "open", "late", "paused"} <= set(lines[0].split())
    assert f"{PUPR} (5.1.1," in " ".join(" ".join(lines).split())


def test_usage_errors(smsd):
    """One line, exit code 2, and where to read on."""
    for arguments in (["list", "--limit", "0"], ["resume"]):
        line = smsd.refused(2, "agency", *arguments, config=False)
        assert line.endswith(f"smsd agency {arguments[0]} --help` shows how")
