"""The desa and kelurahan of a kabupaten or kota, found in a text that is known to speak of it.

Names of villages repeat all over the country (83,762 villages, 63,688 names), and many are ordinary words. So they are
looked up only inside a region that is known already, and only where the words around a name call it a place.

The names wait as text, one line a kecamatan, and are taken apart when their kabupaten or kota is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

from routing.mentions import HOUSING, KIND_BEFORE, NEAR, STREET, THINGS
from routing.regions import lies_in

# Words that say outright of the name after them that it is a village's.
VILLAGE = frozenset({"desa", "ds", "kelurahan", "kel", "lurah", "kades", "nagari", "gampong", "pekon"})

_NOT_GSM = re.compile(r"[^A-Za-z0-9 .,'/()-]")
_LETTERS = str.maketrans("", "", " '’`\"-./(),")
_MOST_WORDS = 4
_SHORTEST = 4
_KEPT = 128  # kabupaten and kota whose villages stay taken apart, about 50 kB each
_LEADS = VILLAGE | NEAR


class Village(NamedTuple):
    """A desa or kelurahan: its name, the word for its kind, and the code of its kecamatan."""

    name: str
    kind: str
    kecamatan: str

    @property
    def plain(self) -> str:
        """The name in letters that an SMS can carry."""
        return _NOT_GSM.sub("", self.name)


class VillageMention(NamedTuple):
    """A village's name in a text: the villages it may be, and whether a word before says outright that it is one."""

    start: int
    end: int
    words: str
    villages: tuple[Village, ...]
    outright: bool

    def inside(self, code: str) -> VillageMention:
        """The same mention, with only those villages that lie in a region."""
        return self._replace(villages=tuple(each for each in self.villages if lies_in(each.kecamatan, code)))


class Villages:
    """All villages, by kabupaten and kota.

    `lines` has for each kabupaten or kota (its code) the lines of its kecamatan: `35.73.05 Desa;Desa|Kelurahan`.
    """

    def __init__(self, lines: Mapping[str, Sequence[str]] | None = None) -> None:
        self._lines = lines or {}
        self._names = lru_cache(_KEPT)(self._read)

    def of(self, kabkota: str) -> Mapping[str, Sequence[Village]]:
        """Return the villages of a kabupaten or kota by the letters of their names; several may share a name."""
        return self._names(kabkota)

    def _read(self, kabkota: str) -> dict[str, list[Village]]:
        found: dict[str, list[Village]] = {}
        for line in self._lines.get(kabkota, ()):
            kecamatan, _, names = line.partition(" ")
            for kind, part in zip(("Desa", "Kel"), names.split("|"), strict=True):
                villages = map(Village, part.split(";"), repeat(kind), repeat(kecamatan))
                for letters, village in zip(part.lower().translate(_LETTERS).split(";"), villages, strict=True):
                    found.setdefault(letters, []).append(village)
        found.pop("", None)  # a kecamatan without desa, or without kelurahan
        return found


def find_villages(
    tokens: Sequence[str],
    names: Mapping[str, Sequence[Village]],
    places: AbstractSet[tuple[int, int]],
    ordinary: AbstractSet[str],
) -> list[VillageMention]:
    """Find the names of villages that the words around them call a place.

    `places` are the spans of other names of places in the text: a village stands beside its kecamatan in an address.
    """
    found: list[VillageMention] = []
    taken = {place for start, end in places for place in range(start, end)}
    for start, end in _spans(tokens, places):
        villages = names.get("".join(tokens[start:end]))
        if villages is not None:
            outright = start > 0 and tokens[start - 1] in VILLAGE
            if outright or (taken.isdisjoint(range(start, end)) and _may_be_meant(tokens, start, end, ordinary)):
                words = " ".join(tokens[start - outright : end])
                found.append(VillageMention(start, end, words, tuple(villages), outright))
    return _widest(found)


def _spans(tokens: Sequence[str], places: AbstractSet[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where a village's name may stand: behind `desa` or `di`, beside another place, or as the whole of a text."""
    size = len(tokens)
    starts = {place for place, token in enumerate(tokens, 1) if token in _LEADS}
    starts.update(end for _, end in places)
    if size <= _MOST_WORDS:
        starts.add(0)
    for start in starts:
        yield from ((start, end) for end in range(start + 1, min(start + _MOST_WORDS, size) + 1))
    for end, _ in places:
        yield from ((start, end) for start in range(max(end - _MOST_WORDS, 0), end))


def _may_be_meant(tokens: Sequence[str], start: int, end: int, ordinary: AbstractSet[str]) -> bool:
    """Whether a name without `desa` before it, where a place would stand, is not that of something else."""
    before = tokens[start - 1] if start else ""
    after = tokens[end] if end < len(tokens) else ""
    if before in STREET or before in THINGS or before in KIND_BEFORE or after in HOUSING:
        return False
    return sum(map(len, tokens[start:end])) >= _SHORTEST and " ".join(tokens[start:end]) not in ordinary


def _widest(found: Sequence[VillageMention]) -> list[VillageMention]:
    """Leave out names inside longer ones: in Dukuh Kupang Barat there is no Dukuh Kupang."""
    kept: list[VillageMention] = []
    for mention in sorted(found, key=lambda each: (each.start, -each.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept
