"""`smsd spool`: what waits on the disk, told without the database."""

from smsd.parts import Arrived


def test_nothing_waits(smsd):
    """Nor is there a folder."""
    assert "nothing waits\n" == smsd.ok("spool")
    assert {"parts": 0, "files": 0, "since": None, "broken": []} == smsd.json("spool")


async def test_what_waits_and_what_is_broken(smsd, spool, config):
    """Parts, since when, and the files that were set aside; the database is not asked."""
    await spool.keep([Arrived("modem0", "00"), Arrived("modem0", "01")])
    broken = spool._folder / "000000000009-1.broken"
    broken.write_bytes(b"")
    config.write_text(config.read_text().replace("/test_", "/no_such_"))
    said = smsd.ok("spool")
    assert said.startswith("2 SMS parts wait since ")
    assert said.endswith(f"\nbroken: {broken}\n")
    found = smsd.json("spool")
    assert (2, 1, [str(broken)]) == (found["parts"], found["files"], found["broken"])


def test_a_folder_that_cannot_be_read(smsd, spool):
    """With the cure."""
    spool._folder.write_text("")
    assert "cannot be read (Not a directory); run this as the user of the service" in smsd.refused(3, "spool")
