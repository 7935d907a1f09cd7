"""The reference data that routing works with: read from files, checked, and put together.

What is shipped lies in `config/data`. An operator's file replaces the agencies, and adds to or overrides the topics, the
aliases of places and the slang. Every problem is told with its file, its line and the cure, and all of them at once.
"""

from __future__ import annotations

import csv
import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from routing.agencies import TRIAGE, Agency, Directory
from routing.classify import Router
from routing.places import Gazetteer
from routing.regions import Region, is_code
from routing.text import Slang, normalise
from routing.topics import KLASSES, LEVELS, AgencyType, Topic, TopicIndex

SHORT_NAME_LETTERS = 24

_SHIPPED = resources.files("config") / "data"

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(?:\.[^@\s,;<>\".]+)+")
_GSM_SAFE = re.compile(r"[A-Za-z0-9 .,:'/()&+-]*")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOML_LINE = re.compile(r"line (\d+)")
# What a key of a topic must be; those in _NEEDED have no default.
_TOPIC_KEYS: Mapping[str, type] = {
    "id": str, "number": int, "name": str, "class": str, "level": str, "local_type": str, "national_type": str,
    "also": list, "confidential": bool, "emergency": str, "keywords": dict, "examples": list,
}  # fmt: skip
_NEEDED = ("number", "name", "class", "level", "keywords")


class ReferenceDataError(Exception):
    """One problem in a reference file: `agencies.csv:17: region '35.7' is no Kemendagri code; write it like 35.07`."""

    def __init__(self, file: str, line: int | None, problem: str, cure: str) -> None:
        super().__init__(file, line, problem, cure)
        self.file, self.line, self.problem, self.cure = file, line, problem, cure

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.problem}; {self.cure}"


def load_router(
    topics: Path | None = None,
    places: Path | None = None,
    agencies: Path | None = None,
    slang: Path | None = None,
) -> Router:
    """Build the router from the shipped data and the operator's files; raises the first `ReferenceDataError`."""
    reference = _read(topics, places, agencies, slang)
    if reference.problems:
        raise reference.problems[0]
    types = reference.types.values()
    gazetteer = Gazetteer(reference.regions.values(), reference.aliases.items(), reference.ordinary, reference.slang)
    return Router(
        topics=TopicIndex(reference.topics, types, reference.slang),
        places=gazetteer,
        agencies=Directory(reference.agencies, types, gazetteer.label),
        slang=reference.slang,
    )


def check_reference(
    topics: Path | None = None,
    places: Path | None = None,
    agencies: Path | None = None,
    slang: Path | None = None,
) -> list[ReferenceDataError]:
    """Return all that is wrong with the reference data, nothing if it is fine."""
    return _read(topics, places, agencies, slang).problems


@dataclass(slots=True)
class _Reference:
    """What has been read so far, and what was wrong with it."""

    problems: list[ReferenceDataError] = field(default_factory=list)
    types: dict[str, AgencyType] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    ordinary: list[str] = field(default_factory=list)
    slang: Slang = field(default_factory=dict)
    topics: list[Topic] = field(default_factory=list)
    agencies: list[Agency] = field(default_factory=list)


def _read(topics: Path | None, places: Path | None, agencies: Path | None, slang: Path | None) -> _Reference:
    """Read every file; later ones are checked against earlier ones."""
    data = _Reference()
    data.slang = {**_slang(data, _SHIPPED / "slang.csv"), **(_slang(data, slang) if slang else {})}
    data.types = dict(_types(data, _SHIPPED / "agency_types.csv"))
    data.regions = dict(_regions(data, _SHIPPED / "regions.csv"))
    data.ordinary = [row.get("word") for row in _table(data, _SHIPPED / "ordinary_words.csv", ("word",))]
    for aliases in (_SHIPPED / "aliases.csv", places):
        if aliases is not None:
            data.aliases.update(_aliases(data, aliases))
    data.topics = list(_topics(data, _SHIPPED / "topics.toml", topics))
    data.agencies = list(_agencies(data, agencies or _SHIPPED / "agencies.csv"))
    return data


# Files


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a table, able to complain about itself."""

    data: _Reference
    file: str
    line: int
    values: Mapping[str, str]

    def get(self, column: str) -> str:
        return self.values.get(column, "")

    def complain(self, problem: str, cure: str) -> None:
        self.data.problems.append(ReferenceDataError(self.file, self.line, problem, cure))


def _named(source: Traversable | Path) -> str:
    """A file's name for messages: the path an operator gave, the bare name of what is shipped."""
    return source.name if source == _SHIPPED / source.name else str(source)


def _text(data: _Reference, source: Traversable | Path) -> str | None:
    """Read a text file in UTF-8, with or without a byte order mark."""
    try:
        return source.read_bytes().decode("utf-8-sig")
    except OSError as error:
        problem, line, cure = f"cannot be read: {error.strerror}", None, "check the path and the rights"
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem, cure = f"byte 0x{error.object[error.start]:02x} is not UTF-8", "save the file as UTF-8"
    data.problems.append(ReferenceDataError(_named(source), line, problem, cure))
    return None


def _table(data: _Reference, source: Traversable | Path, columns: tuple[str, ...]) -> Iterator[_Row]:
    """Read a CSV file with a header and yield its rows; more columns than asked for are fine."""
    text = _text(data, source)
    if text is None:
        return
    file = _named(source)
    records = _records(data, file, text)
    _, header = next(records, (1, []))
    header = [each.lower() for each in header]
    missing = [column for column in columns if column not in header]
    if missing:
        problem = f"has no column {', '.join(missing)}" if text.strip() else "is empty"
        data.problems.append(ReferenceDataError(file, 1, problem, f"the first line must name {','.join(columns)}"))
        return
    for line, values in records:
        row = _Row(data, file, line, dict(zip(header, values, strict=False)))
        if len(values) == len(header):
            yield row
        else:
            problem = f"has {len(values)} fields, not {len(header)}"
            row.complain(problem, "put quotes around a text with a separator in it")


def _records(data: _Reference, file: str, text: str) -> Iterator[tuple[int, list[str]]]:
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
        data.problems.append(ReferenceDataError(file, reader.line_num, f"is no CSV: {error}", "mend the line"))


def _nearest(word: str, known: Iterable[str]) -> str:
    """The cure for an unknown word: the known one it looks like, or where they are listed."""
    choices = list(known)
    close = difflib.get_close_matches(word, choices, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"use one of {', '.join(choices[:12])}" + ", ..." * (len(choices) > 12)


# Tables


def _slang(data: _Reference, source: Traversable | Path) -> Slang:
    """Slang words and what they stand for."""
    slang: dict[str, tuple[str, ...]] = {}
    for row in _table(data, source, ("slang", "formal")):
        word, formal = normalise(row.get("slang")).tokens, normalise(row.get("formal")).tokens
        if len(word) != 1 or not formal:
            row.complain(
                f"'{row.get('slang')}' is not one word with a meaning",
                "write one word, a comma, and what it stands for",
            )
        elif word[0] in slang:
            row.complain(f"'{word[0]}' stands here twice", "leave one of the lines out")
        else:
            slang[word[0]] = formal
    return slang


def _types(data: _Reference, source: Traversable) -> Iterator[tuple[str, AgencyType]]:
    """The types of agencies."""
    for row in _table(data, source, ("agency_type", "level", "name", "short_name", "words")):
        code = row.get("agency_type")
        words = tuple(word.strip() for word in row.get("words").split(";") if word.strip())
        yield code, AgencyType(code, row.get("level"), row.get("name"), row.get("short_name"), words)


def _regions(data: _Reference, source: Traversable) -> Iterator[tuple[str, Region]]:
    """Provinces, kabupaten, kota and kecamatan."""
    for row in _table(data, source, ("code", "name", "kind")):
        code, kind = row.get("code"), row.get("kind")
        yield code, Region(code, row.get("name"), kind)


def _aliases(data: _Reference, source: Traversable | Path) -> Iterator[tuple[str, str]]:
    """Other names for regions."""
    for row in _table(data, source, ("alias", "code")):
        words = normalise(row.get("alias")).tokens
        if not words:
            row.complain("the alias is empty", "write a word that people use for the region")
        elif len(words) == 1 and words[0] in data.slang:
            means = " ".join(data.slang[words[0]])
            row.complain(
                f"alias '{words[0]}' is slang for '{means}'", "choose another alias, or take it out of the slang"
            )
        elif _is_known_region(row, row.get("code"), "code"):
            yield row.get("alias").lower(), row.get("code")


def _is_known_region(row: _Row, code: str, column: str) -> bool:
    """Complain unless the code is that of a region."""
    if not is_code(code):
        row.complain(f"{column} '{code}' is no Kemendagri code", f"write it like {_dotted(code)}")
    elif code not in row.data.regions:
        alike = (each for each in row.data.regions if len(each) == len(code) and each[:2] == code[:2])
        row.complain(f"{column} '{code}' is the code of no region", _nearest(code, alike))
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


# Agencies


def _agencies(data: _Reference, source: Traversable | Path) -> Iterator[Agency]:
    """The agencies; one of them must be the triage desk."""
    seen: dict[str, int] = {}
    triage = False
    before = len(data.problems)
    for row in _table(data, source, ("code", "name", "short_name", "type", "region", "email")):
        code, kind = row.get("code").upper(), row.get("type")
        if code in seen:
            row.complain(f"code '{code}' stands in line {seen[code]} already", "give each agency a code of its own")
        seen.setdefault(code, row.line)
        triage = triage or kind == TRIAGE
        if _agency_is_fine(row):
            yield Agency(
                row.get("code"),
                row.get("name"),
                row.get("short_name"),
                kind,
                row.get("region"),
                row.get("email") or None,
            )
    if not triage and (seen or len(data.problems) == before):
        file = _named(source)
        cure = "add a line like TRIAGE,Petugas triase,Petugas 1708,TRIAGE,,triase@example.go.id"
        data.problems.append(ReferenceDataError(file, None, "has no agency of type TRIAGE", cure))


def _agency_is_fine(row: _Row) -> bool:
    """Complain of everything that is wrong with one agency."""
    before = len(row.data.problems)
    for column in ("code", "name", "short_name"):
        if not row.get(column):
            row.complain(f"{column} is empty", "fill it in")
    short = row.get("short_name")
    if len(short) > SHORT_NAME_LETTERS:
        row.complain(
            f"short_name '{short}' has {len(short)} letters", f"shorten it to {SHORT_NAME_LETTERS}, it must fit an SMS"
        )
    if not _GSM_SAFE.fullmatch(short):
        row.complain(f"short_name '{short}' has a character that SMS cannot carry", "use plain letters and digits")
    _check_type_and_region(row)
    email = row.get("email")
    if email and not _EMAIL.fullmatch(email):
        row.complain(f"email '{email}' is no address", "write one address like dinas@kota.example, or leave it empty")
    return len(row.data.problems) == before


def _check_type_and_region(row: _Row) -> None:
    kind, region = row.get("type"), row.get("region")
    known = row.data.types.get(kind)
    if known is None:
        row.complain(f"type '{kind}' is unknown", _nearest(kind, row.data.types))
    elif kind == TRIAGE and (region or not row.get("email")):
        row.complain("the triage desk serves all regions and needs a mailbox", "leave region empty and fill in email")
    elif known.level == "pemda" and not region:
        row.complain(f"region is empty, but {kind} is local", "write the Kemendagri code of the region it serves")
    if region:
        _is_known_region(row, region, "region")


# Topics


def _topics(data: _Reference, shipped: Traversable, own: Path | None) -> Iterator[Topic]:
    """The shipped topics with the operator's added: of the same id his keys override, his keywords are merged in."""
    tables: dict[str, dict[str, Any]] = {}
    rows: dict[str, _Row] = {}
    for source in (shipped, own):
        for row, table in _topic_tables(data, source) if source is not None else ():
            old = tables.get(table["id"], {})
            keywords = {**old.get("keywords", {}), **table.get("keywords", {})}
            tables[table["id"]] = {**old, **table, "keywords": keywords}
            rows[table["id"]] = row
    for id_, table in tables.items():
        if _topic_is_fine(rows[id_], table):
            yield _topic(table)


def _topic_tables(data: _Reference, source: Traversable | Path) -> Iterator[tuple[_Row, dict[str, Any]]]:
    """The [[topic]] tables of one file with the line each begins in; keys are checked here, values later."""
    text = _text(data, source)
    file = _named(source)
    try:
        document = tomllib.loads(text) if text is not None else {"topic": []}
    except tomllib.TOMLDecodeError as error:
        at = _TOML_LINE.search(str(error))
        data.problems.append(
            ReferenceDataError(file, int(at[1]) if at else None, f"is no TOML: {error}", "mend the line")
        )
        return
    lines = [number for number, line in enumerate((text or "").splitlines(), 1) if line.strip() == "[[topic]]"]
    topics = document.get("topic")
    if not isinstance(topics, list) or set(document) != {"topic"} or not all(isinstance(each, dict) for each in topics):
        data.problems.append(
            ReferenceDataError(file, 1, "must hold [[topic]] tables and nothing else", "see config/data/topics.toml")
        )
        return
    for index, table in enumerate(topics):
        row = _Row(data, file, lines[index] if index < len(lines) else 1, {})
        if _keys_are_fine(row, table):
            yield row, table


def _keys_are_fine(row: _Row, table: Mapping[str, Any]) -> bool:
    """Complain of keys that are unknown or of the wrong type."""
    before = len(row.data.problems)
    for key, value in table.items():
        if key not in _TOPIC_KEYS:
            row.complain(f"key '{key}' is unknown", _nearest(key, _TOPIC_KEYS))
        elif not _is_of_kind(value, _TOPIC_KEYS[key]):
            row.complain(f"{key} has a value of the wrong kind", f"compare {key} in config/data/topics.toml")
    if not _SLUG.fullmatch(str(table.get("id", ""))):
        row.complain(f"id '{table.get('id', '')}' is no name for a topic", "write small letters and digits joined by -")
    return len(row.data.problems) == before


def _is_of_kind(value: object, kind: type) -> bool:
    """Tell whether a value is what a key asks for: true is no number, and lists hold texts."""
    if isinstance(value, list):
        return kind is list and all(isinstance(each, str) for each in value)
    return type(value) is kind


def _topic_is_fine(row: _Row, table: Mapping[str, Any]) -> bool:
    """Complain of values that make no sense."""
    before = len(row.data.problems)
    for key in _NEEDED:
        if key not in table:
            row.complain(f"topic '{table['id']}' has no {key}", "add it; a new topic needs " + ", ".join(_NEEDED))
    for key, known in (("class", KLASSES), ("level", LEVELS)):
        if table.get(key, known[0]) not in known:
            row.complain(f"{key} '{table[key]}' is unknown", _nearest(table[key], known))
    name = table.get("name", "")
    if len(name) > SHORT_NAME_LETTERS or not _GSM_SAFE.fullmatch(name):
        row.complain(f"name '{name}' does not fit an SMS", f"use at most {SHORT_NAME_LETTERS} plain letters")
    if not str(table.get("emergency", "0")).isdigit():
        row.complain(f"emergency '{table['emergency']}' is no number to call", 'write it like emergency = "112"')
    types = [table.get("local_type"), table.get("national_type"), *table.get("also", ())]
    for each in types:
        if each is not None and each not in row.data.types:
            row.complain(f"agency type '{each}' is unknown", _nearest(str(each), row.data.types))
    if not any(types):
        row.complain(f"topic '{table['id']}' names no agency type", "add local_type or national_type")
    for word, weight in table["keywords"].items():
        if not normalise(word).tokens or isinstance(weight, bool) or not isinstance(weight, int | float):
            row.complain(f"keyword '{word}' needs a word and a number", 'write it like "jalan rusak" = 3.0')
    return len(row.data.problems) == before


def _topic(table: Mapping[str, Any]) -> Topic:
    """Put a checked table into the dataclass; a weight of 0 takes a shipped keyword out."""
    return Topic(
        id=table["id"],
        number=table["number"],
        name=table["name"],
        klass=table["class"],
        level=table["level"],
        local_type=table.get("local_type"),
        national_type=table.get("national_type"),
        also=tuple(table.get("also", ())),
        confidential=table.get("confidential", False),
        emergency=table.get("emergency"),
        keywords={word: float(weight) for word, weight in table["keywords"].items() if weight},
        examples=tuple(table.get("examples", ())),
    )
