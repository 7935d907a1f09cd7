"""The texts that citizens get: templates in a file, proved to fit one SMS before they are used."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from config.toml_reader import Problem, nearest
from parser import gsm7

ONE_SMS = 160  # septets, 3GPP TS 23.040 9.2.3.16
_FIELD = re.compile(r"\{(\w+)(…?)\}")
_ELLIPSIS = "..."

# The longest that each field can become, in septets; reference data is held to the same bounds.
FIELD_WIDTH = {
    "short_code": 6,
    "code": 12,
    "agency": 24,
    "old_agency": 24,
    "date": 9,
    "days": 2,
    "topic": 24,
    "status": 20,
    "emergency": 3,
}
_CUT_FIELDS = frozenset({"note", "daftar", "typed"})
_LEAST_CUT = 18  # septets that must be left for a field that is cut: less says nothing

TEMPLATE_NAMES = (
    *("diteruskan", "diterima", "darurat", "status_satu", "status_satu_tanpa_batas", "status_daftar", "status_kosong"),
    *("salah_ketik", "tidak_ditemukan", "bantuan", "ditambah", "dibatalkan", "sudah_ditutup"),
    *("agency_terima", "agency_proses", "agency_selesai", "agency_tanya", "pindah", "kembali"),
    *("ditugaskan", "status_berubah"),
)
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
        given = {k: gsm7.fold(v) for k, v in values.items()}
        fixed = _FIELD.sub(lambda m: "" if m[2] else given[m[1]], template)
        room = ONE_SMS - _width(fixed)
        filled = _FIELD.sub(lambda m: cut(given[m[1]], room) if m[2] else given[m[1]], template)
        return re.sub(r" +", " ", filled).strip()


def cut(text: str, room: int) -> str:
    """The text within `room` septets, cut at a word and ended with three dots where something is left out.

    What GSM-7 cannot say becomes a question mark: one stray character would turn the SMS into UCS-2 of 70 characters.
    """
    text = "".join(c if gsm7.septets(c) is not None else "?" for c in " ".join(text.split()))
    if _width(text) <= room:
        return text
    kept = ""
    for word in text.split(" "):
        longer = f"{kept} {word}" if kept else word
        if _width(longer) > room - len(_ELLIPSIS):
            break
        kept = longer
    return (kept or _first_septets(text, room - len(_ELLIPSIS))) + _ELLIPSIS


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
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise RepliesError([Problem(str(shown), f"cannot be read: {e}")]) from e
    status = table.pop("status", {})
    problems = _check_names(table, TEMPLATE_NAMES, "") + _check_names(status, STATUS_WORDS, "[status] ")
    problems += [p for name, text in table.items() if isinstance(text, str) for p in _check_template(name, text)]
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
    used = _FIELD.findall(text)
    unknown = [f for f, mark in used if (f not in _CUT_FIELDS if mark else f not in FIELD_WIDTH)]
    if unknown:
        known = [f"{{{f}}}" for f in FIELD_WIDTH] + [f"{{{f}…}}" for f in sorted(_CUT_FIELDS)]
        return [Problem(name, f"{{{unknown[0]}}} is no field; known: {' '.join(known)}")]
    bare = _FIELD.sub("", text)
    stray = [c for c in bare if gsm7.septets(c) is None]
    if stray:
        return [Problem(name, f"{stray[0]!r} is not in the SMS alphabet (GSM-7) and would more than double the cost")]
    worst = _width(bare) + sum(_LEAST_CUT if mark else FIELD_WIDTH[f] for f, mark in used)
    if worst > ONE_SMS:
        return [Problem(name, f"can take {worst} septets with the longest names; shorten it by {worst - ONE_SMS}")]
    return []


def _check_status_words(status: Mapping[str, object]) -> list[Problem]:
    return [
        Problem(f"[status] {name}", f"must be GSM-7 and at most {FIELD_WIDTH['status']} septets")
        for name, text in status.items()
        if isinstance(text, str) and ((width := gsm7.septets(text)) is None or width > FIELD_WIDTH["status"])
    ]
