"""The names of regions in a text, read with the words around them.

`kec. sukun` is a kecamatan and `Jl. Sukun` a street; `pemkab malang` names the kabupaten and `walikota malang` the
city.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from routing.phrases import Hit, Phrases, longest
from routing.regions import is_province

# Words that say of the name after them what it is.
KIND_BEFORE = {
    "kabupaten": "kabupaten", "kab": "kabupaten", "pemkab": "kabupaten", "bupati": "kabupaten",
    "kota": "kota", "pemkot": "kota", "walikota": "kota", "kotamadya": "kota", "kodya": "kota", "kt": "kota",
    "kecamatan": "kecamatan", "kec": "kecamatan", "camat": "kecamatan",
    "provinsi": "province", "propinsi": "province", "prov": "province", "pemprov": "province", "gubernur": "province",
}  # fmt: skip
# The same said after the name, as in `bandung kab`.
KIND_AFTER = {"kabupaten": "kabupaten", "kab": "kabupaten"}

STREET = frozenset({"jalan", "jl", "jln", "gang", "gg", "lorong", "boulevard", "flyover", "tol", "raya", "poros"})
# A name after these is that of something smaller, which may lie anywhere: a village, a river, a mosque, a company.
SMALLER = frozenset({
    "kelurahan", "kel", "desa", "ds", "dusun", "kampung", "lurah", "kades", "perumahan", "kompleks", "nagari",
    "taman", "pondok", "villa", "masjid", "mushola", "musala", "universitas", "univ", "kampus", "sekolah", "sma",
    "smk", "smp", "sd", "sdn", "sakit", "rsud", "klinik", "puskesmas", "sungai", "kali", "waduk", "jembatan",
    "pasar", "mall", "toko", "warung", "dealer", "hotel", "pt", "cv", "bank", "spbu", "stasiun", "terminal", "halte",
    "gedung", "makam", "bapak", "ibu", "saudara", "nama", "oleh",
})  # fmt: skip


class Name(NamedTuple):
    """A way to write a region: which one, of which kind, and whether this writing can mean no other."""

    code: str
    kind: str
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: the regions it may mean, and what the words around it say."""

    words: str
    codes: tuple[str, ...]
    explicit: bool = False
    ordinary: bool = False
    smaller: bool = False
    after_di: bool = False
    known_before: bool = False

    def provinces(self) -> tuple[str, ...]:
        """The provinces among what the name may mean."""
        return tuple(code for code in self.codes if is_province(code))


def read_mentions(tokens: Sequence[str], names: Phrases[Name], ordinary: AbstractSet[str]) -> list[Mention]:
    """Read every name of a region in the text; names of streets are left out.

    `Jl. Raya Kediri Malang` is one street: a name right after a street's name belongs to it.
    """
    mentions: list[Mention] = []
    street_end = -1
    for hit in longest(names.find(tokens)):
        if hit.start and (tokens[hit.start - 1] in STREET or hit.start == street_end):
            street_end = hit.end
            continue
        mention = _read(tokens, hit, ordinary)
        if mention is not None:
            mentions.append(mention)
    return mentions


def _read(tokens: Sequence[str], hit: Hit[Name], ordinary: AbstractSet[str]) -> Mention | None:
    """Read one name with the word before and the word after it."""
    before = tokens[hit.start - 1] if hit.start else ""
    after = tokens[hit.end] if hit.end < len(tokens) else ""
    kind = KIND_BEFORE.get(before) or KIND_AFTER.get(after)
    words = " ".join(tokens[hit.start : hit.end])
    fitting = [name for name in hit.values if name.kind == kind]
    if kind == "kecamatan" and not fitting:
        return None  # a kecamatan the list does not know is not the kabupaten of the same name
    chosen = fitting or [name for name in hit.values if name.explicit] or hit.values
    is_ordinary = words in ordinary
    # "camat ibu ..." speaks of a person, not of the kecamatan Ibu.
    said = bool(fitting) and not (is_ordinary and before == "camat")
    return Mention(
        words=f"{before} {words}" if fitting and before in KIND_BEFORE else words,
        codes=tuple(dict.fromkeys(name.code for name in chosen)),
        explicit=said or (not is_ordinary and any(name.explicit for name in chosen)),
        ordinary=is_ordinary,
        smaller=before in SMALLER,
        after_di=before == "di",
    )
