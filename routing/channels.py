"""The word a text begins with to say whom it is for: `BDG`, `KAB. NGANJUK`, `LAPORJABAR`, `#LAPOR`, `Kemensos#`.

Channel words are hints, never commands, and they are data. They are taken out of the text that the agency reads, but
only where they cannot be the beginning of a sentence: `Kota Malang dan Batu macet` stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from enum import Enum
from typing import NamedTuple, assert_never

from routing.regions import lies_in
from routing.writings import GLUED_AFTER, GLUED_BEFORE, Writing

# Letters and digits make a word; what stands before the first, within one of several words, and after one.
_WORD = re.compile(r"[^\W_]+")
_LEAD = re.compile(r"[\s\"'“”‘’*#.,:;/|()\[\]!_-]*")
_GAP = re.compile(r"[\s.#:,;/|!_-]*")
_HARD = re.compile(r"[#:;|\n]")
_SOFT = re.compile(r"[,/!_-]")
_MOST_IN_A_ROW = 6

# A region's name with these in front begins a sentence too, unless both are in capitals; with `KAB.` it does not.
_WRITTEN_OUT = frozenset({"kota", "kabupaten", "prov", "provinsi"})
_AUTHORITY = frozenset({"pemkot", "pemkab", "pemprov"})

# Words that join the first word to what follows, so that it is part of a sentence: `BDG dan Cimahi`.
_JOINS = frozenset({
    "dan", "dn", "sama", "serta", "atau", "dengan", "dgn", "itu", "ini", "adalah", "yang", "yg", "ke", "bukan",
})  # fmt: skip
# Words that go on about a report: `laporan saya belum dibalas`, `lapor polisi`.
_GOES_ON = _JOINS | frozenset({
    "saya", "sy", "sya", "aku", "kami", "kita", "warga", "masyarakat", "kemarin", "kmrn", "tadi", "dulu", "lagi",
    "tidak", "tdk", "gak", "ga", "nggak", "belum", "blm", "sudah", "sdh", "udah", "masih", "sedang", "akan", "mau",
    "kepada", "pada", "di", "dari", "lewat", "via", "melalui", "tentang", "soal", "terkait", "bahwa", "kalau", "untuk",
    "polisi", "polsek", "polres", "rt", "rw", "lurah", "satpam", "pajak", "spt", "diri", "kehilangan", "terus",
})  # fmt: skip
# Words with which a complaint begins, so that `lapor` before them says nothing more.
_OPENS = frozenset({
    "ada", "tolong", "tlg", "selamat", "assalamualaikum", "ass", "yth", "halo", "kenapa", "knp", "kapan", "jalan",
    "jln", "jl", "lampu", "pju", "air", "banjir", "sampah", "listrik", "got", "jembatan", "pohon", "macet", "pungli",
    "parkir", "trotoar", "saluran",
})  # fmt: skip
# What is written behind a name with a dash: `PLN-nya`.
_CLITICS = frozenset({"nya", "ku", "mu", "an", "kan"})


class Channel(NamedTuple):
    """What a text begins with: the channel word as written, what it says, and the rest of the text."""

    words: str
    place: str | None
    agency_type: str | None
    rest: str


class ChannelWord(NamedTuple):
    """A channel word of the operator's: the region or the type of agency it stands for, or neither.

    A `common` one begins sentences too (`PLN mati lampu`) and is only taken for a channel word where a separator or
    its neighbours show it.
    """

    words: tuple[str, ...]
    region: str | None = None
    agency_type: str | None = None
    common: bool = False


class _Stand(Enum):
    """How a word is taken: always, as a call to report, as a body's name, as a region's or as several regions' name."""

    OUTRIGHT = 0
    CALL = 1
    BODY = 2
    NAME = 3
    SHARED = 4


class _Entry(NamedTuple):
    """What a channel word says and how it is taken."""

    stand: _Stand
    place: str | None = None
    agency_type: str | None = None


class _Found(NamedTuple):
    """A channel word in a text: where it stands, what separates it from the next word, and where that begins."""

    start: int
    end: int
    gap: str
    next: int
    entry: _Entry
    hashed: bool


class Channels:
    """All channel words: the operator's, and the names of provinces, kabupaten and kota in all their writings.

    Words in `kept` are no channel words here: the operator said so.
    """

    def __init__(
        self, words: Iterable[ChannelWord] = (), regions: Iterable[Writing] = (), kept: Iterable[str] = ()
    ) -> None:
        entries = _region_entries(regions)
        for each in words:
            entry = _Entry(_stand(each), each.region, each.agency_type)
            entries[" ".join(each.words)] = entries["".join(each.words)] = entry
        for word in kept:
            entries.pop(word, None)
        self._entries = entries
        self._calls = tuple(sorted((word for word, each in entries.items() if each.stand is _Stand.CALL), key=len))
        self._longest: dict[str, int] = {}
        for spelling in entries:
            first, size = spelling.partition(" ")[0], spelling.count(" ") + 1
            self._longest[first] = max(size, self._longest.get(first, 0))

    def read(self, text: str) -> Channel:
        """Take the channel word off the text; without one `words` is empty and `rest` is the text."""
        taken = self._taken(text) if self._may_begin(text) else []
        places = {found.entry.place for found in taken if found.entry.place is not None}
        types = {found.entry.agency_type for found in taken if found.entry.agency_type is not None}
        place = max(places, key=len, default=None)
        at_odds = len(types) > 1 or any(not lies_in(place or "", each) for each in places)
        if not taken or at_odds:  # two words that contradict each other are the beginning of a sentence
            return Channel("", None, None, text)
        return Channel(text[taken[0].start : taken[-1].end], place, next(iter(types), None), text[taken[-1].next :])

    def _may_begin(self, text: str) -> bool:
        """Whether the first word may belong to a channel word; most texts are done with here."""
        first = _WORD.match(text, _end_of(_LEAD, text, 0))
        return first is not None and self._known(first[0].lower())

    def _known(self, word: str) -> bool:
        return word in self._longest or word.startswith(self._calls)

    def _taken(self, text: str) -> list[_Found]:
        """The channel words at the beginning of a text that may leave it: none after one that stays."""
        found = list(self._found(text))
        leaves: list[bool] = []
        for at in range(len(found) - 1, -1, -1):
            before = found[at - 1] if at else None
            behind = found[at + 1] if leaves and leaves[-1] else None
            leaves.append(self._leaves(text, found[at], before, behind))
        leaves.reverse()
        return found[: leaves.index(False)] if False in leaves else found

    def _found(self, text: str) -> Iterator[_Found]:
        """The channel words that stand at the beginning one behind the other, whether they may leave or not."""
        at = _end_of(_LEAD, text, 0)
        hashed = "#" in text[:at]
        for _ in range(_MOST_IN_A_ROW):
            found = self._at(text, at, hashed)
            if found is None:
                return
            yield found
            at, hashed = found.next, "#" in found.gap

    def _at(self, text: str, at: int, hashed: bool = False) -> _Found | None:
        """The longest channel word that begins here."""
        best: tuple[_Entry, int] | None = None
        words: list[str] = []
        for word, end in _words(text, at):
            words.append(word)
            entry = self._entries.get(" ".join(words).lower())
            if entry is None and len(words) == 1:
                entry = self._called(word.lower(), hashed)
            if entry is not None:
                best = _as_written(entry, words), end
            if len(words) >= self._longest.get(words[0].lower(), 1):
                break
        if best is None:
            return None
        entry, end = best
        after = _end_of(_GAP, text, end)
        return _Found(at, end, text[end:after], after, entry, hashed)

    def _called(self, word: str, hashed: bool) -> _Entry | None:
        """What a call to report glued to something says: `LAPORJABAR` is Jabar, `#LAPORwalikota` only calls."""
        calls = [call for call in self._calls if word.startswith(call)]
        for call in calls:
            named = self._entries.get(word.removeprefix(call))
            if named is not None and named.stand is not _Stand.CALL:
                return named if named.stand is _Stand.SHARED else named._replace(stand=_Stand.OUTRIGHT)
        return _Entry(_Stand.OUTRIGHT) if calls and hashed else None

    def _leaves(self, text: str, found: _Found, before: _Found | None, behind: _Found | None) -> bool:
        """Whether a channel word leaves the text; `behind` is the next one if that leaves, else None."""
        stand = found.entry.stand
        if stand is _Stand.SHARED:
            return False
        if found.next == len(text) or _HARD.search(found.gap):
            return True
        if behind is not None:
            return stand is not _Stand.BODY or behind.entry.stand is _Stand.CALL
        following = _WORD.match(text, found.next)
        word = following[0] if following else ""
        if _SOFT.search(found.gap):
            return self._leaves_before_comma(text, found, word.lower())
        return self._leaves_before_blank(text, found, before, word)

    def _leaves_before_comma(self, text: str, found: _Found, word: str) -> bool:
        """`BDG, jalan rusak` and `PLN - mati lampu`, but not `Surabaya-Malang` or `PLN, PDAM`."""
        if found.entry.stand is _Stand.BODY:
            return "-" in found.gap and " " in found.gap
        return word not in _CLITICS and not self._is_region(text, found.next)

    def _leaves_before_blank(self, text: str, found: _Found, before: _Found | None, word: str) -> bool:
        """Only what nobody begins a sentence with."""
        lower = word.lower()
        after_call = before is not None and before.entry.stand is _Stand.CALL
        match found.entry.stand:
            case _Stand.OUTRIGHT:
                return lower not in _JOINS
            case _Stand.NAME:
                return after_call and lower not in _GOES_ON and not self._is_region(text, found.next)
            case _Stand.BODY | _Stand.SHARED:
                return False
            case _Stand.CALL:
                shouted = text[found.start : found.end].isupper() and not word.isupper()
                marked = found.hashed or shouted or lower in _OPENS or (before is not None and not after_call)
                return marked and lower not in _GOES_ON
            case never:
                assert_never(never)

    def _is_region(self, text: str, at: int) -> bool:
        found = self._at(text, at)
        return found is not None and (found.entry.place is not None or found.entry.stand is _Stand.SHARED)


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _words(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The first words from here with their ends, as long as only blanks and full stops stand between them."""
    word = _WORD.match(text, at)
    while word is not None:
        yield word[0], word.end()
        at = _end_of(_GAP, text, word.end())
        if text[word.end() : at].strip(" .\t"):
            return
        word = _WORD.match(text, at)


def _stand(word: ChannelWord) -> _Stand:
    """How an operator's word is taken."""
    if not word.common:
        return _Stand.OUTRIGHT
    if word.region is not None:
        return _Stand.NAME
    return _Stand.CALL if word.agency_type is None else _Stand.BODY


def _as_written(entry: _Entry, words: list[str]) -> _Entry:
    """A region's kind and name as two words begin a sentence too, in small letters: `Kota Malang dan Batu macet`."""
    first = words[0].lower()
    if len(words) == 1 or entry.place is None or entry.stand is not _Stand.OUTRIGHT:
        return entry
    shouted = all(word.isupper() for word in words)
    is_name = first in _AUTHORITY or (first in _WRITTEN_OUT and not shouted)
    return entry._replace(stand=_Stand.NAME) if is_name else entry


def _region_entries(writings: Iterable[Writing]) -> dict[str, _Entry]:
    """The ways to write a province, kabupaten or kota."""
    names: dict[str, set[str]] = {}
    outright: dict[str, set[str]] = {}
    for words, name in writings:
        for spelling in {" ".join(words), "".join(words)}:
            (outright if name.rank > 1 else names).setdefault(spelling, set()).add(name.code)
            for with_kind in _with_kind(spelling, name.kind) if name.rank < 2 else ():
                outright.setdefault(with_kind, set()).add(name.code)
    entries = {word: _meaning(_Stand.NAME, codes) for word, codes in names.items()}
    return entries | {word: _meaning(_Stand.OUTRIGHT, codes) for word, codes in outright.items()}


def _meaning(stand: _Stand, codes: Set[str]) -> _Entry:
    return _Entry(stand, *codes) if len(codes) == 1 else _Entry(_Stand.SHARED)


def _with_kind(spelling: str, kind: str) -> Iterator[str]:
    for before in GLUED_BEFORE[kind]:
        yield from (f"{before} {spelling}", f"{before}{spelling}")
    yield from (f"{spelling} {GLUED_AFTER[kind]}", f"{spelling}{GLUED_AFTER[kind]}")
