"""The marks of spam: what is shipped, and what an operator's own file adds or changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.data_files import Problems, Row, nearest
from config.rule_file import RuleFile
from routing.spam import CITIZEN, KINDS, Mark, SpamFilter
from routing.spam_words import CLASSES, Spelling, words_of

_KNOWN_KINDS = (*KINDS, CITIZEN)
_FILE = RuleFile(
    name="spam.toml",
    table="mark",
    keys={"id": str, "kind": str, "weight": float, "words": list, "examples": list},
    needed=("kind", "weight", "words", "examples"),
    lists="spelling",
)


@dataclass(frozen=True, slots=True)
class SpamMarks:
    """What the spam filter is built from."""

    marks: tuple[Mark, ...]
    spelling: Spelling


def load_spam(own: Path | None) -> SpamFilter:
    """Build the filter from the shipped marks and the operator's; raises the first `ReferenceDataError`."""
    problems: Problems = []
    read = read_spam(problems, own)
    if problems:
        raise problems[0]
    return SpamFilter(read.marks, read.spelling)


def read_spam(problems: Problems, own: Path | None) -> SpamMarks:
    """Read the shipped marks with the operator's added: of the same id his keys override; weight 0 takes a mark out."""
    rules, lists = _FILE.read(problems, own)
    spelling = {written: word for word, writings in lists.items() for written in writings}
    marks = tuple(_mark(rule) for row, rule in rules if _mark_is_fine(row, rule, spelling) and rule["weight"])
    return SpamMarks(marks, spelling)


def _mark_is_fine(row: Row, rule: Mapping[str, Any], spelling: Spelling) -> bool:
    """Complain of values that make no sense."""
    before = len(row.problems)
    if rule["kind"] not in _KNOWN_KINDS:
        row.complain(f"kind '{rule['kind']}' is unknown", nearest(rule["kind"], _KNOWN_KINDS))
    if rule["weight"] < 0:
        row.complain("weight is below 0", f'write it above 0; kind = "{CITIZEN}" takes points away')
    for phrase in rule["words"]:
        if not phrase.strip():
            row.complain("a phrase in words is empty", "write a word in it, or take it out")
        for part, cure in _misread(phrase, spelling):
            row.complain(f"'{part}' in \"{phrase}\" can never be found", cure)
    return len(row.problems) == before


def _misread(phrase: str, spelling: Spelling) -> Iterator[tuple[str, str]]:
    """The parts of a phrase that are no words to the filter, with the cure for each."""
    for part in phrase.lower().split():
        if part in CLASSES:
            continue
        if part.startswith("<"):
            yield part, nearest(part, CLASSES)
            continue
        read = words_of(part, spelling)
        if len(read) != 1:
            yield part, f"write it as {' '.join(read)}" if read else "take it out"
        elif read[0] in CLASSES:
            yield part, f"write {read[0]}, as which it is read"


def _mark(rule: Mapping[str, Any]) -> Mark:
    return Mark(rule["id"], rule["kind"], float(rule["weight"]), tuple(rule["words"]), tuple(rule["examples"]))
