"""routing learn: from reports that people moved, and from an older archive."""

import csv

import pytest

from smsd.store.queries import SQL

MOVED, UNMOVED = "operator:dewan", "gateway"
AROUND = ("sejak lebaran", "kata tetangga", "setiap pagi", "menjelang hujan", "sudah lama", "di kampung kami", "lagi")
ROWS = [
    *((f"{AROUND[i % 7]} kubangan kerbau meluber {i}", "DISTAN") for i in range(24)),
    *((f"{AROUND[i % 7]} jalan berlubang {i}", "PUPR") for i in range(24)),
]


@pytest.fixture
def archive(tmp_path):
    """A CSV of decided complaints."""
    path = tmp_path / "arsip.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("text", "agency_type"), *ROWS])
    return path


@pytest.fixture
async def report(db):
    """`await report(text, events)`: a report of a citizen's own, and what befell it; its code."""

    async def write(text, *events, confidential=False):
        number = await db.fetchval("SELECT count(*) FROM ticket")
        hashed = number.to_bytes(4, "big")
        phone = await db.fetchval(
            "INSERT INTO phone (address_hash, address_sealed, answerable) VALUES ($1, $1, true) RETURNING id", hashed
        )
        code = f"4{number:09}"
        ticket = await db.fetchval(
            "INSERT INTO ticket (code, phone_id, text, class, confidence, reasons)"
            " VALUES ($1, $2, $3, 'pengaduan', 0.5, $4) RETURNING id",
            *(code, phone, text, []),
        )
        for kind, actor, agency, named in events:
            await db.execute(
                "INSERT INTO ticket_event (ticket_id, kind, actor, agency, words) VALUES ($1, $2, $3, $4, $5)",
                *(ticket, kind, actor, agency, {"named": named} if named else None),
            )
        return code

    return write


def sent(agency, actor=UNMOVED):
    """It goes to an agency."""
    return ("dispatched", actor, agency, None)


def says(agency, kind, named=None):
    """The agency answers."""
    return (f"agency_{kind}", f"agency:{agency}", None, named)


ROAD, FARM, DESK = "PUPR-35.73", "DISTAN-35.73", "TRIAGE"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([sent(ROAD)], ()),
        ([sent(ROAD), says(ROAD, "accepted")], ()),
        ([sent(ROAD), says(ROAD, "done")], (ROAD, False)),
        ([sent(ROAD), sent(FARM, MOVED)], (FARM, True)),
        ([sent(DESK), sent(FARM, MOVED)], (FARM, True)),
        ([sent(ROAD), sent(FARM, MOVED), says(FARM, "declined", ""), sent(DESK)], ()),
        ([sent(ROAD), says(ROAD, "declined", "distan"), sent(FARM)], ()),
        ([sent(ROAD), says(ROAD, "declined", "distan"), sent(FARM), says(FARM, "accepted")], (FARM, True)),
        ([sent(ROAD), says(ROAD, "declined", "distan"), sent(FARM), says(FARM, "in_progress")], (FARM, True)),
        ([sent(DESK), sent(FARM)], ()),
        ([sent(DESK), sent(FARM), says(FARM, "done")], (FARM, False)),
    ],
)
async def test_takes_a_report_where_a_person_settled_the_agency(db, report, events, expected):
    """Moved by an operator, named by one agency and taken up by the other, or finished where the gateway sent it."""
    code = await report("kubangan", *events)
    rows = await db.fetch(SQL["decided_tickets"], None)
    assert [expected] * bool(expected) == [(row["agency"], row["moved"]) for row in rows]
    assert {(code, "kubangan")} >= {(row["code"], row["text"]) for row in rows}


async def test_learns_from_the_reports_that_people_moved(smsd, report, tmp_path):
    """Shown with its effect, written to a file that `smsd check` accepts, and never over another."""
    agency = {"DISTAN": FARM, "PUPR": ROAD}
    for text, agency_type in ROWS:
        await report(text, sent(DESK), sent(agency[agency_type], MOVED))
    await report("dikembalikan ke meja", sent(ROAD), sent(DESK, MOVED))
    out = tmp_path / "usulan.toml"
    lines = smsd.ok("routing", "learn", "--out", str(out)).splitlines()
    assert ["words", "right", "wrong", "weight", "reports", "topic"] == lines[0].split()
    assert "48 decided reports, 48 of them moved by a person; 50.0% go right." in lines
    assert f"Written to {out}." == lines[-1]
    refused = smsd.refused(1, "routing", "learn", "--out", str(out))
    assert f"{out} exists and is not overwritten; name another file" == refused
    refused = smsd.refused(1, "routing", "learn", "--out", str(tmp_path / "nowhere" / "usulan.toml"))
    assert "is no folder that you may write to; name another file" in refused
    with smsd.config.open("a") as file:
        file.write('[routing]\ntopics = "usulan.toml"\n')
    assert "usulan.toml" not in "".join(smsd("check")[1:])
    after = smsd.json("routing", "learn", "--since", "2026-01-01")
    assert (48, 48, []) == tuple(after[key] for key in ("reports", "right", "proposals"))


def test_learns_from_an_archive(smsd, archive):
    """No database is asked; examples are the numbers of lines, and no text is shown."""
    learnt = smsd.json("routing", "learn", "--from", str(archive))
    assert {"reports", "moved", "confirmed", "left_out", "right", "right_after", "effect", "proposals"} == learnt.keys()
    (first, *_) = learnt["proposals"]
    assert ("DISTAN", None, 24, ["2", "3"]) == tuple(
        first[key] for key in ("agency_type", "known", "tickets", "examples")
    )
    assert {"right", "wrong", "to_person", "from_person"} == first["effect"].keys()
    assert "lebaran" not in str(learnt)


def test_says_what_is_missing(smsd, archive, tmp_path):
    """In sentences, and without a file."""
    out = tmp_path / "usulan.toml"
    assert smsd.ok("routing", "learn", "--out", str(out)).startswith("Nothing to learn from yet: no report has been")
    few = smsd.ok("routing", "learn", "--from", str(archive), "--min", "40", "--out", str(out))
    assert "a word needs 40 that speak for it, of 3 citizens" in " ".join(few.split())
    archive.write_text("agency_type,text\nBAPPEDA,rapat rencana\n,tanpa jenis\n")
    left = smsd.ok("routing", "learn", "--from", str(archive)).splitlines()[-1]
    assert "Left out, for no topic leads to these agency types: no type 1, BAPPEDA 1." == left
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"text\nabc\n", "has no column agency_type; its first line must name text,agency_type"),
        (b"", "has no column text and agency_type; its first line must name text,agency_type"),
        (b"text,agency_type\n\xff\xfe,PUPR\n", "is no CSV in UTF-8"),
    ],
)
def test_says_what_is_wrong_with_an_archive(smsd, archive, content, line):
    """One line, with the cure."""
    archive.write_bytes(content)
    assert line in smsd.refused(1, "routing", "learn", "--from", str(archive))


def test_is_readable_on_a_narrow_terminal(smsd, archive, on_terminal):
    """80 columns."""
    lines = on_terminal("routing", "learn", "--from", str(archive), "--config", str(smsd.config))
    assert max(map(len, lines)) <= 80
    assert ["words", "right", "wrong", "weight", "reports", "topic"] == lines[0].split()
