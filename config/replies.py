"""The texts that citizens get: templates in a file, proved to fit one SMS before they are used."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import accumulate
from pathlib import Path

from config.toml_reader import Problem, nearest
from parser import gsm7

ONE_SMS = 160  # septets, 3GPP TS 23.040 9.2.3.16
_FIELD = re.compile(r"\{(\w+)(…?)\}")
_ELLIPSIS = "..."

# The longest that each field can become, in septets; reference data is held to the same bounds, and what is longer
# all the same is cut.
FIELD_WIDTH = {
    "short_code": 6,
    "code": 12,
    "agency": 24,
    "old_agency": 24,
    "date": 9,
    "days": 3,
    "topic": 24,
    "status": 20,
    "emergency": 3,
}
_CUT_FIELDS = frozenset({"note", "daftar", "typed"})
_LEAST_CUT = 18  # septets that must be left for a field that is cut: less says nothing

# Every text, and the fields that the gateway has at hand for it, besides the short code.
_OPENED = ("code", "agency", "date", "days", "emergency")
_TICKET = ("code", "agency", "old_agency", "topic", "status", "note", "date", "days")
TEMPLATE_FIELDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("diteruskan", "diterima", "darurat"), _OPENED),
    **dict.fromkeys(("status_satu", "status_satu_tanpa_batas"), _TICKET),
    "status_daftar": ("daftar",),
    "salah_ketik": ("typed",),
    "tidak_ditemukan": ("code",),
    **dict.fromkeys(("status_kosong", "bantuan"), ()),
    **dict.fromkeys(("ditambah", "dibatalkan", "sudah_ditutup"), _TICKET),
    **dict.fromkeys(("agency_terima", "agency_proses", "agency_selesai", "agency_tanya"), _TICKET),
    **dict.fromkeys(("pindah", "kembali", "ditugaskan", "status_berubah"), _TICKET),
}
STATUS_WORDS = (
    *("diterima", "tunda", "terverifikasi", "terdisposisi", "ditindaklanjuti", "ditanggapi_pelapor"),
    *("selesai", "bukan_wewenang", "diarsipkan", "eskalasi_ombudsman"),
)


class RepliesError(Exception):
    """The file of reply texts cannot be used; ``problems`` has every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Replies:
    """All reply texts of one language."""

    templates: Mapping[str, str]
    status: Mapping[str, str]
    short_code: str

    def render(self, name: str, /, **values: str) -> str:
        """The text of one SMS, at most 160 septets. KeyError for a template or a field that does not exist."""
        template, values = self.templates[name], {"short_code": self.short_code} | values
        given = {k: cut(gsm7.fold(v), FIELD_WIDTH.get(k, ONE_SMS)) for k, v in values.items()}
        fields = _FIELD.findall(template)
        left = ONE_SMS - _width(_FIELD.sub("", template)) - sum(_width(given[f]) for f, mark in fields if not mark)
        room = left // max(1, sum(mark != "" for _, mark in fields))
        filled = _FIELD.sub(lambda m: cut(given[m[1]], room) if m[2] else given[m[1]], template)
        return re.sub(r" +", " ", filled).strip()


def cut(text: str, room: int) -> str:
    """The text within `room` septets, cut at a word and ended with three dots where something is left out.

    What GSM-7 cannot say becomes a question mark: one stray character would turn the SMS into UCS-2 of 70 characters.
    """
    text = " ".join(text.split())[: room + 1]  # one more than can fit, however long a mail is
    text = "".join(c if gsm7.septets(c) is not None else "?" for c in text)
    if _width(text) <= room:
        return text
    ellipsis = _ELLIPSIS[:room]
    left = room - len(ellipsis)
    heads = [head for head in accumulate(text.split(" "), "{} {}".format) if _width(head) <= left]
    return (heads[-1] if heads else _first_septets(text, left)) + ellipsis


def _first_septets(text: str, room: int) -> str:
    while _width(text) > room:
        text = text[:-1]
    return text


def _width(text: str) -> int:
    """Septets of a text that is GSM-7 already."""
    width = gsm7.septets(text)
    if width is None:
        raise ValueError(f"not GSM-7: {text!r}")
    return width


def load_replies(path: Path | None, short_code: str) -> Replies:
    """The shipped texts, or the operator's file; RepliesError with every problem."""
    shown = path or Path("replies.toml")
    source = path or resources.files("config") / "data" / "replies.toml"
    try:
        table = tomllib.loads(source.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise RepliesError([Problem(str(shown), f"cannot be read: {e}")]) from e
    status = table.pop("status", {})
    if not isinstance(status, dict):
        raise RepliesError([Problem(f"{shown}: status", "must be a table that begins with [status]")])
    problems = _check_names(table, tuple(TEMPLATE_FIELDS), "") + _check_names(status, STATUS_WORDS, "[status] ")
    texts = {name: text for name, text in table.items() if name in TEMPLATE_FIELDS and isinstance(text, str)}
    problems += [problem for name, text in texts.items() for problem in _check_template(name, text)]
    problems += _check_status_words(status)
    if problems:
        raise RepliesError([Problem(f"{shown}: {p.where}", p.what) for p in problems])
    return Replies(table, status, short_code)


def _check_names(table: Mapping[str, object], wanted: tuple[str, ...], prefix: str) -> list[Problem]:
    known = dict.fromkeys(wanted)
    problems = [Problem(f"{prefix}{n}", "is missing; copy it from the shipped file") for n in wanted if n not in table]
    for name, text in table.items():
        if name not in known:
            problems.append(Problem(f"{prefix}{name}", f"is no text I know; {nearest(name, known)}"))
        elif not isinstance(text, str):
            problems.append(Problem(f"{prefix}{name}", "must be a text in quotes"))
    return problems


def _check_template(name: str, text: str) -> list[Problem]:
    """Known fields, GSM-7 only, and within one SMS in its worst case."""
    used = [(field, f"{{{field}{mark}}}") for field, mark in _FIELD.findall(text)]
    fields = ("short_code", *TEMPLATE_FIELDS[name])
    known = [f"{{{field}…}}" if field in _CUT_FIELDS else f"{{{field}}}" for field in fields]
    if unknown := [shown for _, shown in used if shown not in known]:
        return [Problem(name, f"{unknown[0]} is no field of this text; known here: {' '.join(known)}")]
    bare = _FIELD.sub("", text)
    if not text.strip() or set(bare) & set("{}"):
        return [Problem(name, f"must be a text with fields written like these: {' '.join(known)}")]
    stray = [c for c in bare if gsm7.septets(c) is None]
    if stray:
        return [Problem(name, f"{stray[0]!r} is not in the SMS alphabet (GSM-7) and would more than double the cost")]
    worst = _width(bare) + sum(FIELD_WIDTH.get(field, _LEAST_CUT) for field, _ in used)
    if worst > ONE_SMS:
        return [Problem(name, f"can take {worst} septets with the longest names; shorten it by {worst - ONE_SMS}")]
    return []


def _check_status_words(status: Mapping[str, object]) -> list[Problem]:
    return [
        Problem(f"[status] {name}", f"must be GSM-7 and at most {FIELD_WIDTH['status']} septets")
        for name, text in status.items()
        if isinstance(text, str) and ((width := gsm7.septets(text)) is None or width > FIELD_WIDTH["status"])
    ]
