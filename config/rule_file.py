"""Files of rules in TOML: the tables of what is shipped with an operator's own laid over them, key by key.

The values are checked by the modules that know what a rule means; here it is read, merged by id, and checked for keys.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from config.data_files import SHIPPED, Problems, ReferenceDataError, Row, named, nearest, read_text
from config.toml_reader import parse_toml

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOML_LINE = re.compile(r"line (\d+)")


Rule = dict[str, Any]
"""A table as it was written: keys and values."""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """How a file of rules is written: its shipped name, the name of its tables, and what each key must be."""

    name: str
    table: str
    keys: Mapping[str, type]
    needed: Collection[str]
    lists: str  # a table of lists beside the rules, under this name; an operator's are added

    def read(self, problems: Problems, own: Path | None) -> tuple[list[tuple[Row, Rule]], dict[str, list[str]]]:
        """The rules, each with where it was last written, and the lists; problems are noted, faulty rules left out."""
        rules: dict[str, tuple[Row, Rule]] = {}
        lists: dict[str, list[str]] = {}
        for source in (SHIPPED / self.name, own):
            document = _document(problems, source) if source is not None else None
            if source is None or document is None or not self._is_in_shape(problems, source, document):
                continue
            for key, values in document.get(self.lists, {}).items():
                lists[key] = [*lists.get(key, ()), *values]
            for row, rule in self._rules(problems, source, document):
                _, old = rules.get(rule["id"], (row, {}))
                rules[rule["id"]] = row, {**old, **rule}
        return [(row, rule) for row, rule in rules.values() if self._is_whole(row, rule)], lists

    def _is_in_shape(self, problems: Problems, source: Traversable | Path, document: Rule) -> bool:
        """Complain unless there are only tables of rules, and lists of texts."""
        rules, lists = document.get(self.table, []), document.get(self.lists, {})
        fine = (
            set(document) <= {self.table, self.lists}
            and isinstance(rules, list)
            and all(isinstance(each, dict) for each in rules)
            and isinstance(lists, dict)
            and all(_is_of_kind(each, list) for each in lists.values())
        )
        if not fine:
            problem = f"must hold [[{self.table}]] tables, a table [{self.lists}] of lists, and nothing else"
            problems.append(ReferenceDataError(named(source), 1, problem, f"see config/data/{self.name}"))
        return fine

    def _rules(self, problems: Problems, source: Traversable | Path, document: Rule) -> Iterator[tuple[Row, Rule]]:
        """The tables of one file with the line each begins in."""
        text = read_text(problems, source) or ""
        lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == f"[[{self.table}]]"]
        for index, rule in enumerate(document.get(self.table, [])):
            row = Row(problems, named(source), lines[index] if index < len(lines) else 1, {})
            if self._keys_are_fine(row, rule):
                yield row, rule

    def _keys_are_fine(self, row: Row, rule: Rule) -> bool:
        """Complain of keys that are unknown or of the wrong type."""
        before = len(row.problems)
        for key, value in rule.items():
            if key not in self.keys:
                row.complain(f"key '{key}' is unknown", nearest(key, self.keys))
            elif not _is_of_kind(value, self.keys[key]):
                row.complain(f"{key} has a value of the wrong kind", f"compare {key} in config/data/{self.name}")
        if not _SLUG.fullmatch(str(rule.get("id", ""))):
            row.complain(f"id '{rule.get('id', '')}' is no name", "write small letters and digits joined by -")
        return len(row.problems) == before

    def _is_whole(self, row: Row, rule: Rule) -> bool:
        """Complain of a rule that lacks what it needs, after the operator's keys are laid over the shipped ones."""
        missing = [key for key in self.needed if key not in rule]
        if missing:
            row.complain(f"{self.table} '{rule['id']}' has no {', '.join(missing)}", "add it")
        return not missing


def _document(problems: Problems, source: Traversable | Path) -> Rule | None:
    text = read_text(problems, source)
    if text is None:
        return None
    try:
        return parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        at = _TOML_LINE.search(str(error))
        line = int(at[1]) if at else None
        problems.append(ReferenceDataError(named(source), line, f"is no TOML: {error}", "mend the line"))
        return None


def _is_of_kind(value: object, kind: type) -> bool:
    """Tell whether a value is what a key asks for: true is no number, 3 is one with a fraction, lists hold texts."""
    if isinstance(value, list):
        return kind is list and all(isinstance(each, str) for each in value)
    return type(value) is kind or (kind is float and type(value) is int)
