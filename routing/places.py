"""Where a complaint happened: the region a text names, or the regions it may mean.

Names are not unique: 26 belong to a kabupaten and a kota, hundreds of kecamatan share theirs, others are ordinary words
(`batu`, `selesai`) or streets (`Jl. Surabaya di Malang`). So every mention is first read with the words around it; then
each kabupaten or kota that could be meant collects points from all mentions, and wins alone or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from routing.mentions import KIND_BEFORE, Mention, Name, read_mentions
from routing.phrases import Phrases
from routing.regions import Region, Regions, is_kabkota, is_kecamatan, kabkota_of, province_of
from routing.text import NO_SLANG, Normal, Slang, normalise

# How strongly a mention speaks for a kabupaten or kota. Nobody wins with less than POSSIBLE.
SURE, LIKELY, KNOWN_BEFORE, POSSIBLE, FITS, FAINT = 4.0, 3.0, 2.5, 2.0, 1.0, 0.5
# A kecamatan's name without the word before it is taken for a place only if it is at least this long.
MIN_LETTERS = 5

# How regions are written as one word, in channel words and web addresses: `bandungkab`, `pemkotmalang`.
GLUED_BEFORE = {
    "province": ("prov", "pemprov"),
    "kabupaten": ("kab", "kabupaten", "pemkab"),
    "kota": ("kota", "pemkot"),
}
GLUED_AFTER = {"province": "prov", "kabupaten": "kab", "kota": "kota"}


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """What was found: one region, or none with the candidates, and why."""

    code: str | None
    name: str
    level: str | None
    matched: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


NOWHERE = PlaceMatch(None, "", None)


Writing = tuple[tuple[str, ...], Name]


class Gazetteer:
    """All regions with all ways to write them."""

    def __init__(
        self,
        regions: Iterable[Region],
        aliases: Iterable[tuple[str, str]] = (),
        ordinary: Iterable[str] = (),
        slang: Slang = NO_SLANG,
    ) -> None:
        self.regions = Regions(regions)
        self._ordinary = frozenset(normalise(word).text for word in ordinary)
        known = dict.fromkeys((*self._own_names(slang), *self._alias_names(aliases, slang)))
        self._channels = _channels(known)
        self._phrases: Phrases[Name] = Phrases(known)

    def _own_names(self, slang: Slang) -> Iterator[Writing]:
        for region in self.regions:
            for words in writings(region.name, slang):
                if words[0] not in KIND_BEFORE or len(words) > 1:  # Kec Kota: "kec. kota" names no one in particular
                    yield words, Name(region.code, region.kind)
            for word in glued(region):
                yield (word,), Name(region.code, region.kind, explicit=True)

    def _alias_names(self, aliases: Iterable[tuple[str, str]], slang: Slang) -> Iterator[Writing]:
        for alias, code in aliases:
            region = self.regions.get(code)
            if region is not None:
                yield normalise(alias, slang).tokens, Name(code, region.kind, explicit=True)

    def label(self, code: str) -> str:
        """Name a region for a reader, in GSM-7: `Kab Malang`, `Kec Lowokwaru, Kota Malang`, `Jawa Timur`."""
        return self.regions.label(code)

    def channel(self, word: str) -> str | None:
        """Return the region a channel word stands for (`BDG`, `KAB. NGANJUK`, `Bandungkab`, `LAPORJABAR`), if any."""
        glued_word = "".join(normalise(word).tokens)
        return self._channels.get(glued_word) or self._channels.get(glued_word.removeprefix("lapor"))

    def find(self, normal: Normal, within: str | None = None) -> PlaceMatch:
        """Find the region a text speaks of; `within` is the region known before, from a channel word."""
        mentions = read_mentions(normal.tokens, self._phrases, self._ordinary)
        if within is not None and within in self.regions:
            mentions.append(Mention("", (within,), known_before=True))
        points = _points(mentions)
        if not points:
            return self._province(mentions)
        best = max(points.values())
        winners = sorted(code for code, each in points.items() if each == best)
        codes = tuple(_the_kecamatan(code, mentions) or code for code in winners)
        return self._decided(codes[0], mentions) if len(codes) == 1 else self._undecided(codes, mentions)

    def _province(self, mentions: Sequence[Mention]) -> PlaceMatch:
        """Return the one province named, else the one known before."""
        named = dict.fromkeys(code for mention in mentions for code in mention.provinces() if not mention.known_before)
        known = dict.fromkeys(code for mention in mentions for code in mention.provinces())
        for codes in (tuple(named), tuple(known)):
            if len(codes) == 1:
                return self._decided(codes[0], mentions)
        return self._undecided(tuple(known), mentions) if known else NOWHERE

    def _decided(self, code: str, mentions: Sequence[Mention]) -> PlaceMatch:
        region = self.regions.get(code)
        assert region is not None
        label = self.label(code)
        words = _words(mentions, (code, kabkota_of(code) or code, province_of(code)))
        said = f' (disebut "{", ".join(words)}")' if words else " (dari kata awal pesan)"
        return PlaceMatch(code, label, region.kind, words, (), (f"tempat: {label}{said}",))

    def _undecided(self, codes: tuple[str, ...], mentions: Sequence[Mention]) -> PlaceMatch:
        words = _words(mentions, codes)
        labels = " atau ".join(self.label(code) for code in codes[:4])
        reason = f'tempat belum pasti: "{", ".join(words)}" bisa berarti {labels}'
        return PlaceMatch(None, "", None, words, codes, (reason,))


def _channels(writings: Iterable[Writing]) -> dict[str, str]:
    """The glued words that can mean one province, kabupaten or kota only, without regard to kecamatan."""
    explicit: dict[str, set[str]] = {}
    plain: dict[str, set[str]] = {}
    for words, name in writings:
        if name.kind != "kecamatan":
            (explicit if name.explicit else plain).setdefault("".join(words), set()).add(name.code)
    return {word: next(iter(codes)) for word, codes in {**plain, **explicit}.items() if len(codes) == 1}


def _points(mentions: Sequence[Mention]) -> dict[str, float]:
    """Let every kabupaten and kota that could be meant collect points from all mentions."""
    points: dict[str, float] = {}
    for mention in mentions:
        for code, weight in _claims(mention):
            points[code] = points.get(code, 0.0) + weight
    provinces = {code for mention in mentions for code in mention.provinces()}
    supported = {code: each + FITS * (province_of(code) in provinces) for code, each in points.items()}
    return {code: each for code, each in supported.items() if each >= POSSIBLE}


def _claims(mention: Mention) -> Iterator[tuple[str, float]]:
    """Which kabupaten and kota a mention speaks for, and how strongly.

    A bare name that is a province's too (`Jambi`) speaks for the province, one that is a kecamatan's too (`Nganjuk`)
    for the kabupaten.
    """
    kabkota = [code for code in mention.codes if is_kabkota(code)]
    if mention.provinces():
        return
    if kabkota:
        weight = _kabkota_weight(mention, len(kabkota)) + FAINT * mention.after_di
        yield from ((code, weight) for code in kabkota)
        return
    owners = dict.fromkeys(kabkota_of(code) or "" for code in mention.codes)
    weight = _kecamatan_weight(mention, len(owners))
    yield from ((code, weight) for code in owners)


def _kabkota_weight(mention: Mention, candidates: int) -> float:
    """How strongly the name of a kabupaten or kota speaks for it."""
    if mention.known_before:
        return KNOWN_BEFORE
    if mention.explicit:
        return SURE
    if mention.ordinary and not mention.after_di:
        return FAINT
    return LIKELY if candidates == 1 else POSSIBLE


def _kecamatan_weight(mention: Mention, owners: int) -> float:
    """How strongly the name of a kecamatan speaks for the kabupaten or kota it lies in."""
    if mention.known_before:
        return KNOWN_BEFORE
    if mention.explicit:
        return LIKELY if owners == 1 else POSSIBLE
    if mention.ordinary:
        return 0.0
    if mention.smaller or len(mention.words) < MIN_LETTERS:
        return FAINT
    return POSSIBLE if owners == 1 else FITS


def _the_kecamatan(kabkota: str, mentions: Sequence[Mention]) -> str | None:
    """The one kecamatan of this kabupaten or kota that is named; one called so outright goes first."""
    by_strength: tuple[dict[str, None], ...] = ({}, {}, {})
    for mention in mentions:
        mine = [code for code in mention.codes if is_kecamatan(code) and kabkota_of(code) == kabkota]
        if len(mine) != 1 or kabkota in mention.codes or (mention.ordinary and not mention.explicit):
            continue
        strength = 2 if mention.known_before else 0 if mention.explicit else 1
        by_strength[strength][mine[0]] = None
    for found in by_strength:
        if found:
            return next(iter(found)) if len(found) == 1 else None
    return None


def _words(mentions: Iterable[Mention], codes: Sequence[str]) -> tuple[str, ...]:
    """The words in the text that speak of these regions."""
    touching = (m for m in mentions if any(one == other for one in m.codes for other in codes))
    return tuple(dict.fromkeys(mention.words for mention in touching if mention.words))


def writings(name: str, slang: Slang = NO_SLANG) -> Iterator[tuple[str, ...]]:
    """The ways to write a name: in full, in one word, and either side of a slash or bracket.

    A text's words have been through the slang table, and a name of several words must meet them there; a name of one
    word that is slang (`Ngapa` is why) would only be found where it is not meant.
    """
    whole = normalise(name).tokens
    yield whole
    if len(whole) > 1:
        yield normalise(name, slang).tokens
        glued_name = "".join(whole)
        if len(glued_name) > MIN_LETTERS:
            yield (glued_name,)
    parts = re.split(r"[/()]", name)
    for part in parts if len(parts) > 1 else ():
        words = normalise(part).tokens
        if sum(map(len, words)) >= MIN_LETTERS:
            yield words


def glued(region: Region) -> Iterator[str]:
    """The ways to write a province, kabupaten or kota, with its kind, as one word."""
    if region.kind in GLUED_AFTER:
        name = "".join(normalise(region.name).tokens)
        yield from (word + name for word in GLUED_BEFORE[region.kind])
        yield name + GLUED_AFTER[region.kind]
