"""The topics: what is shipped, and what an operator's own file adds or changes."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from config.data_files import (
    GSM_SAFE,
    SHIPPED,
    SHORT_NAME_LETTERS,
    Problems,
    ReferenceDataError,
    Row,
    named,
    nearest,
    read_text,
)
from config.toml_reader import parse_toml
from routing.text import normalise
from routing.topics import KLASSES, LEVELS, Topic, spelled_out

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOML_LINE = re.compile(r"line (\d+)")
# What a key of a topic must be; those in _NEEDED have no default.
_TOPIC_KEYS: Mapping[str, type] = {
    "id": str, "number": int, "name": str, "class": str, "level": str, "local_type": str, "national_type": str,
    "also": list, "confidential": bool, "conduct": bool, "keywords": dict, "examples": list, "counter_examples": list,
}  # fmt: skip
_MOST_PARTS = 2  # of a keyword, with + between
_NEEDED = ("number", "name", "class", "level", "keywords")


def read_topics(problems: Problems, types: Collection[str], own: Path | None) -> Iterator[Topic]:
    """The shipped topics with the operator's added: of the same id his keys override, his keywords are merged in."""
    tables: dict[str, dict[str, Any]] = {}
    rows: dict[str, Row] = {}
    for source in (*shipped_files(), *([own] if own else [])):
        for row, table in _topic_tables(problems, source):
            old = tables.get(table["id"], {})
            keywords = {**old.get("keywords", {}), **table.get("keywords", {})}
            tables[table["id"]] = {**old, **table, "keywords": keywords}
            rows[table["id"]] = row
    for id_, table in tables.items():
        if _topic_is_fine(rows[id_], table, types):
            yield _topic(table)


def shipped_files() -> list[Traversable]:
    """The files of shipped topics, one for each field of administration, in alphabetical order."""
    files = (file for file in (SHIPPED / "topics").iterdir() if file.name.endswith(".toml"))
    return sorted(files, key=lambda file: file.name)


def _topic_tables(problems: Problems, source: Traversable | Path) -> Iterator[tuple[Row, dict[str, Any]]]:
    """The [[topic]] tables of one file with the line each begins in; keys are checked here, values later."""
    text = read_text(problems, source)
    file = named(source)
    try:
        document = parse_toml(text) if text is not None else {"topic": []}
    except tomllib.TOMLDecodeError as error:
        at = _TOML_LINE.search(str(error))
        problems.append(ReferenceDataError(file, int(at[1]) if at else None, f"is no TOML: {error}", "mend the line"))
        return
    lines = [number for number, line in enumerate((text or "").splitlines(), 1) if line.strip() == "[[topic]]"]
    topics = document.get("topic")
    if not isinstance(topics, list) or set(document) != {"topic"} or not all(isinstance(each, dict) for each in topics):
        problems.append(
            ReferenceDataError(
                file, 1, "must hold [[topic]] tables and nothing else", "see the files in config/data/topics"
            )
        )
        return
    seen: set[str] = set()
    for index, table in enumerate(topics):
        row = Row(problems, file, lines[index] if index < len(lines) else 1, {})
        if table.get("id") in seen:
            row.complain(f"topic '{table['id']}' stands in this file twice", "put both tables into one")
        elif _keys_are_fine(row, table):
            seen.add(table["id"])
            yield row, table


def _keys_are_fine(row: Row, table: Mapping[str, Any]) -> bool:
    """Complain of keys that are unknown or of the wrong type."""
    before = len(row.problems)
    for key, value in table.items():
        if key not in _TOPIC_KEYS:
            row.complain(f"key '{key}' is unknown", nearest(key, _TOPIC_KEYS))
        elif not _is_of_kind(value, _TOPIC_KEYS[key]):
            row.complain(f"{key} has a value of the wrong kind", f"compare {key} in config/data/topics")
    if not _SLUG.fullmatch(str(table.get("id", ""))):
        row.complain(f"id '{table.get('id', '')}' is no name for a topic", "write small letters and digits joined by -")
    return len(row.problems) == before


def _is_of_kind(value: object, kind: type) -> bool:
    """Tell whether a value is what a key asks for: true is no number, and lists hold texts."""
    if isinstance(value, list):
        return kind is list and all(isinstance(each, str) for each in value)
    return type(value) is kind


def _topic_is_fine(row: Row, table: Mapping[str, Any], types: Collection[str]) -> bool:
    """Complain of values that make no sense."""
    before = len(row.problems)
    for key in _NEEDED:
        if key not in table:
            row.complain(f"topic '{table['id']}' has no {key}", "add it; a new topic needs " + ", ".join(_NEEDED))
    for key, known in (("class", KLASSES), ("level", LEVELS)):
        if table.get(key, known[0]) not in known:
            row.complain(f"{key} '{table[key]}' is unknown", nearest(table[key], known))
    name = table.get("name", "")
    if len(name) > SHORT_NAME_LETTERS or not GSM_SAFE.fullmatch(name):
        row.complain(f"name '{name}' does not fit an SMS", f"use at most {SHORT_NAME_LETTERS} plain letters")
    _check_types(row, table, types)
    for word, weight in table["keywords"].items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight):
            row.complain(f"keyword '{word}' needs a word and a number", 'write it like "jalan rusak" = 3.0')
        if not all(_can_be_found(way) for way in spelled_out(word)):
            row.complain(f"keyword '{word}' can never be found", 'write a word, or two with + between: "jalan + rusak"')
    return len(row.problems) == before


def _can_be_found(parts: tuple[str, ...]) -> bool:
    """Whether a keyword is one phrase or a pair, and no part of it is empty."""
    return len(parts) <= _MOST_PARTS and all(normalise(part).tokens for part in parts)


def _check_types(row: Row, table: Mapping[str, Any], known: Collection[str]) -> None:
    """A topic names at least one agency type, and only known ones."""
    types = [table.get("local_type"), table.get("national_type"), *table.get("also", ())]
    for each in types:
        if each is not None and each not in known:
            row.complain(f"agency type '{each}' is unknown", nearest(str(each), known))
    if not any(types) and not table.get("conduct"):
        row.complain(f"topic '{table['id']}' names no agency type", "add local_type or national_type")


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
        conduct=table.get("conduct", False),
        keywords={word: float(weight) for word, weight in table["keywords"].items() if weight},
        examples=tuple(table.get("examples", ())),
        counter_examples=tuple(table.get("counter_examples", ())),
    )
