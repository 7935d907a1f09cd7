"""The texts that citizens get: templates in a file, proved to fit one SMS before they are used."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from itertools import accumulate
from pathlib import Path
from typing import Any

from config.toml_reader import Problem, nearest, parse_toml
from parser import gsm7

ONE_SMS = 160  # septets, 3GPP TS 23.040 9.2.3.16
OWN_LANGUAGE = "id"  # what the file is written in; other languages are tables of it
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
    "then": 9,
    "day": 5,
    "days": 3,
    "topic": 24,
    "status": 20,
    "emergency": 3,
    "one_off": 4,
    "nth": 2,
    "page": 5,
}
# Fields that are cut to what is left of an SMS, and the septets that must be left for them: less says nothing.
CUT_FIELDS = {"note": 36, "list": 36, "typed": 18}

# Every text, and the fields that the gateway has at hand for it, besides the short code.
_TICKET = ("code", "agency", "old_agency", "topic", "status", "note", "date", "then", "days", "emergency")
TEMPLATE_FIELDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("diteruskan", "diteruskan_rahasia", "diterima", "darurat"), _TICKET),
    **dict.fromkeys(("tanya_tempat", "darurat_tempat", "sama"), _TICKET),
    **dict.fromkeys(("status_satu", "status_satu_tanpa_batas"), _TICKET),
    "status_daftar": ("list",),
    **dict.fromkeys(("butir", "butir_batas"), ("nth", "day", *_TICKET)),
    "butir_lagi": ("nth",),
    "salah_ketik": ("typed",),
    "tidak_ditemukan": ("code",),
    **dict.fromkeys(("status_kosong", "bantuan", "terlalu_sering", "berhenti", "mulai", "ganti_bahasa"), ()),
    **dict.fromkeys(("ditambah", "dijawab", "dibatalkan", "sudah_ditutup", "tanya_batal", "batal_urung"), _TICKET),
    **dict.fromkeys(("batal_mana", "pertanyaan_mana"), ("list",)),
    "batal_kosong": (),
    **dict.fromkeys(("terima_kasih", "dinilai", "dibuka", "dibuka_jelas", "dibuka_petugas", "masih_berjalan"), _TICKET),
    **dict.fromkeys(("dirahasiakan", "dianonimkan", "lengkap_kosong"), _TICKET),
    "lengkap": ("page", "code", "note"),
    "kode": ("one_off",),
    **dict.fromkeys(("agency_terima", "agency_proses", "agency_selesai", "agency_tanya"), _TICKET),
    **dict.fromkeys(("agency_tunda", "agency_tolak"), _TICKET),
    **dict.fromkeys(("pindah", "kembali", "tak_sampai", "ditugaskan", "status_berubah"), _TICKET),
    **dict.fromkeys(("terlambat_menjawab", "terlambat_selesai", "terlambat_petugas", "macet"), _TICKET),
    **dict.fromkeys(("jawaban_diperiksa", "ditutup_diam"), _TICKET),
    **dict.fromkeys(("tanya_ombudsman", "ke_ombudsman", "tanpa_ombudsman"), _TICKET),
}
STATUS_WORDS = (
    *("diterima", "tunda", "terverifikasi", "terdisposisi", "ditindaklanjuti", "ditanggapi_pelapor"),
    *("selesai", "bukan_wewenang", "diarsipkan", "eskalasi_ombudsman"),
)
# Words that stand in for a field, and how long they may be.
TERM_WIDTH = {
    **dict.fromkeys(("umum", "rahasia", "instansi", "instansi_lama"), 24),
    "isi_rahasia": CUT_FIELDS["note"],
    "terpotong": 18,
    "hari": 27,
}
_WEEK, _WEEKDAY = 7, 3  # words in `hari`, letters in each


class RepliesError(Exception):
    """The file of reply texts cannot be used; ``problems`` has every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Replies:
    """All reply texts of one language, and the way to those of the others."""

    templates: Mapping[str, str]
    status: Mapping[str, str]
    short_code: str
    terms: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Replies] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)  # what is texted to change the language, and to which

    def of(self, language: str) -> Replies:
        """The texts in that language; this one's where there is none of that name (any more)."""
        return self.others.get(language, self)

    def language_asked(self, text: str) -> str | None:
        """The language that a text of nothing but its name asks for."""
        return self.switches.get(_switch(text))

    def render(self, name: str, /, **values: str) -> str:
        """The text of one SMS, at most 160 septets. KeyError for a template or a field that does not exist."""
        template, values = self.templates[name], {"short_code": self.short_code} | values
        fields = _FIELD.findall(template)
        given = {name: _fitted(name, gsm7.fold(values[name])) for name, _ in fields}
        room = self._left(template, given) // max(1, sum(mark != "" for _, mark in fields))
        filled = _FIELD.sub(lambda m: self._cut(m[1], given[m[1]], room) if m[2] else given[m[1]], template)
        return re.sub(r" +", " ", filled).strip()

    def _left(self, template: str, given: Mapping[str, str]) -> int:
        """Septets that a template leaves for its cut fields."""
        fixed = sum(_width(given[name]) for name, mark in _FIELD.findall(template) if not mark)
        return ONE_SMS - _width(_FIELD.sub("", template)) - fixed

    def _cut(self, name: str, text: str, room: int) -> str:
        """An agency's words that are cut end with how to get the rest."""
        return cut(text, room, self.terms.get("terpotong", _ELLIPSIS) if name == "note" else _ELLIPSIS)

    def render_list(self, name: str, items: Sequence[str], shorter: Sequence[str]) -> str:
        """The template with all items; else as many of the shorter ones as fit, and where to go on for the others."""
        room = self._left(self.templates[name], {"short_code": self.short_code})
        tries = [" ".join(items)]
        for count in range(len(shorter), 0, -1):
            tries.append(" ".join((*shorter[:count], *self._more(count + 1, len(shorter)))))
        return self.render(name, list=next((text for text in tries if _width(text) <= room), tries[-1]))

    def _more(self, nth: int, last: int) -> Iterator[str]:
        if nth <= last:
            yield self.render("butir_lagi", nth=str(nth))

    def render_pages(self, name: str, text: str, most: int, **values: str) -> list[str]:
        """All of a long text in the template's field `note`, over at most so many SMS, numbered (1/3) by `page`."""
        given = {"short_code": self.short_code, "page": f"({most}/{most})"} | values
        room = self._left(self.templates[name], given)
        left, pieces = cut(gsm7.fold(text[: most * ONE_SMS]), most * ONE_SMS), list[str]()
        while left and len(pieces) < most:
            piece = cut(left, room, _ELLIPSIS if len(pieces) == most - 1 else "")
            pieces.append(piece)
            left = left[len(piece) :].strip()
        pages = [f"({n}/{len(pieces)})" if len(pieces) > 1 else "" for n in range(1, len(pieces) + 1)]
        return [self.render(name, note=piece, page=page, **values) for piece, page in zip(pieces, pages, strict=True)]


def _fitted(name: str, text: str) -> str:
    """A field within its own width; one that is cut waits for the room that its SMS has left."""
    return text if name in CUT_FIELDS else cut(text, FIELD_WIDTH.get(name, ONE_SMS))


def _switch(text: str) -> str:
    """How a text is looked up among the names of languages: case, punctuation and spaces apart."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def cut(text: str, room: int, end: str = _ELLIPSIS) -> str:
    """The text within `room` septets, cut at a word and ended with `end` where something is left out.

    What GSM-7 cannot say becomes a question mark: one stray character would turn the SMS into UCS-2 of 70 characters.
    """
    text = " ".join(text.split())[: room + 1]  # one more than can fit, however long a mail is
    if gsm7.septets(text) is None:
        text = "".join(c if gsm7.septets(c) is not None else "?" for c in text)
    if _width(text) <= room:
        return text
    ellipsis = (end if 2 * _width(end) <= room else _ELLIPSIS)[:room]
    left = room - _width(ellipsis)
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
    table = _read(path, shown)
    languages = table.pop("bahasa", {})
    problems = _check_language(table, "", whole=True) + _check_languages(languages)
    if problems:
        raise RepliesError([Problem(f"{shown}: {p.where}", p.what) for p in problems])
    own = Replies(_texts(table), table["status"], short_code, table["istilah"])
    others = {tag: _translated(own, words) for tag, words in languages.items() if tag != OWN_LANGUAGE}
    switches = {_switch(word): tag for tag, words in languages.items() for word in words.get("kata", [])}
    return replace(own, others=others, switches=switches)


def _read(path: Path | None, shown: Path) -> dict[str, Any]:
    source = path or resources.files("config") / "data" / "replies.toml"
    try:
        return parse_toml(source.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise RepliesError(
            [Problem(str(shown), f"cannot be read: {e}; correct it, or leave [routing] replies out")]
        ) from e


def _texts(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: text for name, text in table.items() if name not in ("status", "istilah", "kata")}


def _translated(own: Replies, words: Mapping[str, Any]) -> Replies:
    """Another language: what it lacks is said in the first one."""
    return replace(
        own,
        templates={**own.templates, **_texts(words)},
        status={**own.status, **words.get("status", {})},
        terms={**own.terms, **words.get("istilah", {})},
    )


def _check_languages(languages: object) -> list[Problem]:
    if not isinstance(languages, dict) or not all(isinstance(words, dict) for words in languages.values()):
        return [Problem("bahasa", "must be tables that begin with [bahasa.NAME]")]
    problems = []
    for tag, words in languages.items():
        kata = words.get("kata")
        if not isinstance(kata, list) or not kata or not all(isinstance(word, str) and _switch(word) for word in kata):
            problems.append(Problem(f"[bahasa.{tag}] kata", "must list what a citizen texts to choose this language"))
        if tag == OWN_LANGUAGE and len(words) > 1:
            problems.append(Problem(f"[bahasa.{tag}]", "has only kata; the texts themselves stand above, in no table"))
        problems += _check_language(words, f"bahasa.{tag}", whole=False)
    return problems


def _check_language(table: Mapping[str, Any], tag: str, *, whole: bool) -> list[Problem]:
    """Everything about the texts of one language; where it is not the `whole`, the first one stands in."""
    tables = {name: table.get(name, {}) for name in ("status", "istilah")}
    where = {name: ".".join(filter(None, (tag, name))) for name in tables}
    for name, words in tables.items():
        if not isinstance(words, dict):
            return [Problem(where[name], f"must be a table that begins with [{where[name]}]")]
    top = f"[{tag}] " if tag else ""
    texts = _texts(table)
    problems = _check_names(texts, tuple(TEMPLATE_FIELDS), top, whole=whole)
    problems += _check_names(tables["status"], STATUS_WORDS, f"[{where['status']}] ", whole=whole)
    problems += _check_names(tables["istilah"], tuple(TERM_WIDTH), f"[{where['istilah']}] ", whole=whole)
    for name, text in texts.items():
        if name in TEMPLATE_FIELDS and isinstance(text, str):
            problems += [replace(problem, where=top + problem.where) for problem in _check_template(name, text)]
    widths = dict.fromkeys(STATUS_WORDS, FIELD_WIDTH["status"])
    problems += _check_widths(tables["status"], widths, f"[{where['status']}] ")
    return problems + _check_widths(tables["istilah"], TERM_WIDTH, f"[{where['istilah']}] ")


def _check_names(table: Mapping[str, object], wanted: tuple[str, ...], prefix: str, *, whole: bool) -> list[Problem]:
    known = dict.fromkeys(wanted)
    missing = [name for name in wanted if name not in table] if whole else []
    problems = [Problem(f"{prefix}{name}", "is missing; copy it from the shipped file") for name in missing]
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
    known = [f"{{{field}…}}" if field in CUT_FIELDS else f"{{{field}}}" for field in fields]
    if unknown := [shown for _, shown in used if shown not in known]:
        return [Problem(name, f"{unknown[0]} is no field of this text; known here: {' '.join(known)}")]
    bare = _FIELD.sub("", text)
    if not text.strip() or set(bare) & set("{}"):
        return [Problem(name, f"must be a text with fields written like these: {' '.join(known)}")]
    stray = [c for c in bare if gsm7.septets(c) is None]
    if stray:
        what = f"{stray[0]!r} is not in the SMS alphabet (GSM-7) and would more than double the cost"
        return [Problem(name, f"{what}; write it with plain letters")]
    worst = _width(bare) + sum({**FIELD_WIDTH, **CUT_FIELDS}[field] for field, _ in used)
    if worst > ONE_SMS:
        return [Problem(name, f"can take {worst} septets with the longest names; shorten it by {worst - ONE_SMS}")]
    return []


def _check_widths(words: Mapping[str, object], widths: Mapping[str, int], prefix: str) -> list[Problem]:
    problems = []
    for name, text in words.items():
        if not isinstance(text, str) or name not in widths:
            continue
        if (width := gsm7.septets(text)) is None or width > widths[name]:
            problems.append(Problem(f"{prefix}{name}", f"must be GSM-7 and at most {widths[name]} septets"))
        if name == "hari" and (len(text.split()) != _WEEK or max(map(len, text.split())) > _WEEKDAY):
            problems.append(Problem(f"{prefix}{name}", "must be seven words of at most 3 letters, Monday first"))
    return problems
