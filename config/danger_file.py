"""The rules for texts of people in danger: what is shipped, and what an operator's own file adds or changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.data_files import Problems, Row
from config.rule_file import RuleFile
from routing.danger import Danger, DangerRule
from routing.text import Slang, normalise

_FILE = RuleFile(
    name="danger.toml",
    table="danger",
    keys={
        "id": str,
        "number": str,
        "words": list,
        "nearby": list,
        "unless": list,
        "examples": list,
        "counter_examples": list,
    },
    needed=("number", "words", "examples", "counter_examples"),
    lists="general",
)
_EMERGENCY_NUMBER_LENGTHS = range(3, 4)  # what a reply has room for


@dataclass(frozen=True, slots=True)
class DangerRules:
    """What the danger rules are built from: the rules in their order, and the words that argue against all of them."""

    rules: tuple[DangerRule, ...]
    unless: tuple[str, ...]


def load_danger(own: Path | None, slang: Slang) -> Danger:
    """Build the rules from the shipped file and the operator's; raises the first `ReferenceDataError`."""
    problems: Problems = []
    read = read_danger(problems, own)
    if problems:
        raise problems[0]
    return Danger(read.rules, read.unless, slang)


def read_danger(problems: Problems, own: Path | None) -> DangerRules:
    """Read the shipped rules with the operator's added: of the same id his keys override."""
    rules, lists = _FILE.read(problems, own)
    fine = tuple(_rule(rule) for row, rule in rules if _rule_is_fine(row, rule))
    return DangerRules(fine, tuple(lists.get("unless", ())))


def _rule_is_fine(row: Row, rule: Mapping[str, Any]) -> bool:
    """Complain of values that make no sense."""
    before = len(row.problems)
    number = rule["number"]
    if not number.isdigit() or len(number) not in _EMERGENCY_NUMBER_LENGTHS:
        row.complain(f"number '{number}' is no emergency number", 'write three digits, like number = "112"')
    for key in ("words", "nearby", "unless"):
        if not all(normalise(phrase).tokens for phrase in rule.get(key, ())):
            row.complain(f"a phrase in {key} is empty", "write a word in it, or take it out")
    return len(row.problems) == before


def _rule(rule: Mapping[str, Any]) -> DangerRule:
    lists = {key: tuple(value) for key, value in rule.items() if isinstance(value, list)}
    return DangerRule(id=rule["id"], number=rule["number"], **lists)
