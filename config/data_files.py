"""Reading reference files: CSV and text, every problem noted with its file, its line and the cure."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from routing.regions import Region, is_code

SHIPPED = resources.files("config") / "data"

# What a name may be that citizens get by SMS.
SHORT_NAME_LETTERS = 24
GSM_SAFE = re.compile(r"[A-Za-z0-9 .,:'/()&+-]*")


class ReferenceDataError(Exception):
    """One problem in a reference file: `agencies.csv:17: region '35.7' is no Kemendagri code; write it like 35.07`."""

    def __init__(self, file: str, line: int | None, problem: str, cure: str) -> None:
        super().__init__(file, line, problem, cure)
        self.file, self.line, self.problem, self.cure = file, line, problem, cure

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.problem}; {self.cure}"


Problems = list[ReferenceDataError]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, able to complain about itself."""

    problems: Problems
    file: str
    line: int
    values: Mapping[str, str]

    def get(self, column: str) -> str:
        """Return the value in a column, "" where it is empty."""
        return self.values.get(column, "")

    def complain(self, problem: str, cure: str) -> None:
        """Note what is wrong with this row."""
        self.problems.append(ReferenceDataError(self.file, self.line, problem, cure))


def named(source: Traversable | Path) -> str:
    """A file's name for messages: the path an operator gave, the bare name of what is shipped."""
    return source.name if source == SHIPPED / source.name else str(source)


def read_text(problems: Problems, source: Traversable | Path) -> str | None:
    """Read a text file in UTF-8, with or without a byte order mark."""
    try:
        return source.read_bytes().decode("utf-8-sig")
    except OSError as error:
        problem, line, cure = f"cannot be read: {error.strerror}", None, "check the path and the rights"
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem, cure = f"byte 0x{error.object[error.start]:02x} is not UTF-8", "save the file as UTF-8"
    problems.append(ReferenceDataError(named(source), line, problem, cure))
    return None


def read_table(problems: Problems, source: Traversable | Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Read a CSV file with a header and yield its rows; more columns than asked for are fine."""
    text = read_text(problems, source)
    if text is None:
        return
    file = named(source)
    records = _records(problems, file, text)
    _, header = next(records, (1, []))
    header = [each.lower() for each in header]
    missing = [column for column in columns if column not in header]
    if missing:
        problem = f"has no column {', '.join(missing)}" if text.strip() else "is empty"
        problems.append(ReferenceDataError(file, 1, problem, f"the first line must name {','.join(columns)}"))
        return
    for line, values in records:
        row = Row(problems, file, line, dict(zip(header, values, strict=False)))
        if len(values) == len(header):
            yield row
        else:
            problem = f"has {len(values)} fields, not {len(header)}"
            row.complain(problem, "put quotes around a text with a separator in it")


def _records(problems: Problems, file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Split CSV into lines and fields, empty lines left out; the separator is `,` or `;`, whichever the header has."""
    header, _, _ = text.partition("\n")
    separator = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator)
    try:
        for values in reader:
            stripped = [value.strip() for value in values]
            if any(stripped):
                yield reader.line_num, stripped
    except csv.Error as error:
        problems.append(ReferenceDataError(file, reader.line_num, f"is no CSV: {error}", "mend the line"))


def nearest(word: str, known: Iterable[str]) -> str:
    """The cure for an unknown word: the known one it looks like, or where they are listed."""
    choices = list(known)
    close = difflib.get_close_matches(word, choices, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"use one of {', '.join(choices[:12])}" + ", ..." * (len(choices) > 12)


def is_known_region(row: Row, code: str, column: str, regions: Mapping[str, Region]) -> bool:
    """Complain unless the code is that of a region."""
    if not is_code(code):
        row.complain(f"{column} '{code}' is no Kemendagri code", f"write it like {_dotted(code)}")
    elif code not in regions:
        alike = (each for each in regions if len(each) == len(code) and each[:2] == code[:2])
        row.complain(f"{column} '{code}' is the code of no region", nearest(code, alike))
    else:
        return True
    return False


def _dotted(code: str) -> str:
    """What a code was meant to be: `3507` and `35.7` are 35.07."""
    parts = [part.zfill(2) for part in re.findall(r"\d+", code)]
    digits = "".join(parts)
    pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
    fine = pairs and len(pairs) <= 3 and all(len(pair) == 2 for pair in pairs)
    return ".".join(pairs) if fine else "35.07"
