"""The grammar of control requests: which keys each takes and of what kind. Pure."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_LONGEST_DELAY_S = 86_400.0


class RequestError(ValueError):
    """A request that cannot be carried out; the sentence says what to write instead."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value must be: a test, and the words for it."""

    fits: Callable[[Any], bool]
    words: str


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a request."""

    kind: Kind
    required: bool = False


def _is_whole(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def _whole(lowest: int, highest: int) -> Kind:
    return Kind(lambda value: _is_whole(value, lowest, highest), f"a whole number from {lowest} to {highest}")


def _one_of(*values: object) -> Kind:
    def fits(value: object) -> bool:
        return any(value == allowed and type(value) is type(allowed) for allowed in values)

    return Kind(fits, " or ".join(json.dumps(value) for value in values))


def _or_null(kind: Kind) -> Kind:
    return Kind(lambda value: value is None or kind.fits(value), f"{kind.words}, or null")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_part_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_whole(item, 1, 255) for item in value)


_STRING = Kind(lambda value: isinstance(value, str), "a string")
_FILLED = Kind(lambda value: isinstance(value, str) and value != "", "a string that is not empty")
_BOOL = Kind(lambda value: isinstance(value, bool), "true or false")
_SECONDS = Kind(
    lambda value: _is_number(value) and 0 <= value <= _LONGEST_DELAY_S,
    f"a number of seconds up to {_LONGEST_DELAY_S:g}",
)
_PARTS = Kind(_is_part_list, "a list of part numbers like [3, 1, 2]")

KEYS: dict[str, dict[str, Key]] = {
    "text": {
        "from": Key(_FILLED, required=True),
        "text": Key(_STRING, required=True),
        "alphabet": Key(_one_of("gsm7", "ucs2", None)),
        "order": Key(_or_null(_PARTS)),
        "copies": Key(_whole(1, 1000)),
        "reference": Key(_or_null(_whole(0, 65_535))),
        "bits": Key(_one_of(8, 16)),
        "delay_s": Key(_SECONDS),
    },
    "inject": {"pdu": Key(_FILLED, required=True), "delay_s": Key(_SECONDS)},
    "inbox": {"number": Key(_FILLED, required=True)},
    "status": {},
    "set": {
        "signal": Key(_whole(0, 99)),
        "registration": Key(_whole(0, 5)),
        "silent": Key(_BOOL),
        "plugged": Key(_BOOL),
        "latency_s": Key(_SECONDS),
        "send_latency_s": Key(_SECONDS),
        "hang_in": Key(_one_of("+CMGL", "+CMGS", None)),
        "rubbish": Key(_BOOL),
        "pin": Key(_or_null(_FILLED)),
        "refuse_all": Key(_or_null(_whole(0, 511))),
    },
    "refuse": {"number": Key(_FILLED, required=True), "code": Key(_or_null(_whole(0, 511)), required=True)},
    "report": {"number": Key(_FILLED, required=True), "status": Key(_or_null(_whole(0, 255)), required=True)},
    "watch": {},
    "wait": {"empty": Key(_one_of(True), required=True), "timeout_s": Key(_SECONDS, required=True)},
}


def parse_request(line: bytes) -> tuple[str, dict[str, Any]]:
    """Read one line: what to do, and the checked keys of it; RequestError names what is wrong."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        raise RequestError('this is not JSON: write one object a line, like {"do": "status"}') from None
    if not isinstance(request, dict):
        raise RequestError('this is not an object: write something like {"do": "status"}')
    action = request.pop("do", None)
    if not isinstance(action, str) or action not in KEYS:
        raise RequestError(f'"do" is {json.dumps(action)}: write one of {", ".join(KEYS)}')
    _check(action, request)
    return action, request


def _check(action: str, request: dict[str, Any]) -> None:
    keys = KEYS[action]
    for name, value in request.items():
        if name not in keys:
            raise RequestError(f'"{action}" knows no key "{name}": {_known(name, list(keys))}')
        if not keys[name].kind.fits(value):
            raise RequestError(f'"{name}" is {json.dumps(value)}: write {keys[name].kind.words}')
    missing = [name for name, key in keys.items() if key.required and name not in request]
    if missing:
        raise RequestError(f'"{action}" needs the key "{missing[0]}": {keys[missing[0]].kind.words}')


def _known(name: str, keys: list[str]) -> str:
    if not keys:
        return "it takes none"
    nearest = difflib.get_close_matches(name, keys, n=1)
    return f'did you mean "{nearest[0]}"?' if nearest else f"write {', '.join(keys)}"
