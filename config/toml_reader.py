"""Reads a TOML table into a frozen dataclass and collects everything that is wrong with it.

The dataclass is the schema: a field without a default is required, its annotation is the type asked for. Each problem
names the key as it stands in the file (``[[modem]] 2: device``) and the cure. A field's metadata ``key`` is its name in
the file, where that is another. A mapping of dataclasses is read from the tables below its key: ``[a.key."name"]``.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
import types
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TYPE_NAMES = {
    str: "a text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path in quotes",
    date: 'a date in quotes, like "2026-12-28"',
    Mapping: "tables, each under a heading of its own",
}
_SEVERAL = ((tuple, list), (Mapping, dict))  # as annotated, and as TOML has it


def parse_toml(text: str) -> dict[str, Any]:
    """What a TOML file says; TOMLDecodeError for all that is wrong with it.

    tomllib knows two faults by other names: a number of thousands of digits, and values nested hundreds deep. And it
    lets numbers pass that no TOML file may have.
    """
    try:
        table = tomllib.loads(text)
        fine = _are_storable(table)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:
        fine = False
    except RecursionError:
        raise tomllib.TOMLDecodeError("values are nested too deep") from None
    if not fine:
        raise tomllib.TOMLDecodeError("a whole number has more than 64 bits, or a text has the character U+0000")
    return table


def _are_storable(value: object) -> bool:
    """Whether all numbers fit into 64 bits, as TOML demands, and no text holds what neither paths nor tables can."""
    match value:
        case dict():
            return all(map(_are_storable, (*value.keys(), *value.values())))
        case list():
            return all(map(_are_storable, value))
        case str():
            return "\0" not in value
        case int():
            return -(2**63) <= value < 2**63
    return True


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (a key, a file, a line) and what to do about it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class TableReader:
    """Reads tables below one file; paths are taken relative to that file's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def read(self, schema: type[T], table: object, where: str) -> T | None:
        """The dataclass, or None with at least one more problem noted."""
        if not isinstance(table, Mapping):
            self._complain(where, "must be a table of keys and values")
            return None
        before = len(self.problems)
        fields = {key_of(f): f for f in dataclasses.fields(cast(Any, schema))}
        self._refuse_unknown(table, fields, where)
        hints = get_type_hints(schema)
        values = {}
        for name, field in fields.items():
            if name in table:
                values[field.name] = self._value(hints[field.name], table[name], f"{where} {name}")
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                self._complain(f"{where} {name}", "is missing; it must be given")
        return schema(**values) if len(self.problems) == before else None

    def _refuse_unknown(self, table: Mapping[str, object], known: Mapping[str, object], where: str) -> None:
        for key in table:
            if key not in known:
                self._complain(f"{where} {key}", f"is not a key I know; {nearest(key, known)}")

    def _value(self, wanted: Any, value: object, where: str) -> Any:
        if get_origin(wanted) is Literal:
            choices = get_args(wanted)
            if value not in choices:
                self._complain(where, f"must be one of {', '.join(map(repr, choices))}")
            return value
        if get_origin(wanted) in (Union, types.UnionType):
            wanted = next(a for a in get_args(wanted) if a is not type(None))
        if (get_origin(wanted), type(value)) in _SEVERAL:
            return self._several(get_args(wanted), value, where)
        if wanted is Path and isinstance(value, str) and value:
            return self._path(value, where)
        if wanted is date:
            return self._date(value, where)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if not isinstance(value, get_origin(wanted) or wanted) or (wanted is int and isinstance(value, bool)):
            self._complain(
                where, f"must be {_TYPE_NAMES.get(get_origin(wanted) or wanted, 'a list in brackets')}, not {value!r}"
            )
        elif value == "":
            self._complain(where, "is empty; fill it in, or leave the key out")
        return value

    def _several(self, wanted: tuple[Any, ...], values: Any, where: str) -> Any:
        if isinstance(values, list):
            return tuple(self._value(wanted[0], each, where) for each in values)
        below = where.replace("] ", ".")  # [section] key becomes [section.key
        return {name: self._table_named(name, wanted[1], each, below) for name, each in values.items()}

    def _table_named(self, name: str, schema: type[T], table: object, below: str) -> T | None:
        inner = (
            [key for key, value in table.items() if isinstance(value, Mapping)] if isinstance(table, Mapping) else []
        )
        if inner:  # to TOML, PUPR-35.07 without quotes is 07 in PUPR-35
            whole = f"{name}.{inner[0]}"
            self._complain(f"{below}.{whole}]", f'a name with a dot in it needs quotes; write {below}."{whole}"]')
            return None
        return self.read(schema, table, f'{below}."{name}"]')

    def _path(self, value: str, where: str) -> Path:
        try:
            return self.folder / Path(value).expanduser()
        except RuntimeError:
            self._complain(where, f"{value!r} is in the home of a user that does not exist; write the whole path")
            return self.folder

    def _date(self, value: object, where: str) -> date | None:
        """A date in quotes, or as TOML writes it."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str) and _DATE.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self._complain(where, f"{value!r} is no day of the calendar; write it like 2026-12-28")
                return None
        self._complain(where, f"must be {_TYPE_NAMES[date]}, not {value!r}")
        return None

    def _complain(self, where: str, what: str) -> None:
        self.problems.append(Problem(where.rstrip(":"), what))


def key_of(field: dataclasses.Field[Any]) -> str:
    """The key that a field is read from."""
    return str(field.metadata.get("key", field.name))


def nearest(key: str, known: Mapping[str, object]) -> str:
    """A hint at the known key that looks most like the given one."""
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
