"""Where a complaint happened: the region a text names, or the regions it may mean.

Names are not unique: 26 belong to a kabupaten and a kota, hundreds of kecamatan share theirs, others are ordinary words
(`batu`, `selesai`) or streets (`Jl. Surabaya di Malang`). So every mention is first read with the words around it; then
each kabupaten or kota that could be meant collects points from all mentions, and wins alone or not at all. Villages
come last: inside a region that is known they tell its kecamatan, and between two they may tell which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from routing.mentions import Mention, Names, Role, read_mentions
from routing.regions import Region, Regions, is_kabkota, is_kecamatan, kabkota_of, lies_in, province_of
from routing.text import NO_SLANG, Normal, Slang, normalise
from routing.villages import VillageMention, Villages, find_villages
from routing.writings import writings_of

# How strongly a mention speaks for a kabupaten or kota. Nobody wins with less than POSSIBLE. What is named `di ...` or
# with its kind beats what was known before, a name alone does not.
SURE, KNOWN_BEFORE, LIKELY, POSSIBLE, FITS, FAINT = 4.0, 3.25, 3.0, 2.0, 1.0, 0.5
# A kecamatan's name without the word before it is taken for a place only if it is at least this long.
MIN_LETTERS = 5
# Among how many regions a village may tell which one is meant; each has to be looked through.
_MOST_CANDIDATES = 24


class PlaceMatch(NamedTuple):
    """What was found: one region, at most a kecamatan, or none with the candidates; the village in it; and why."""

    code: str | None
    name: str
    level: str | None
    matched: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    village: str = ""


NOWHERE = PlaceMatch(None, "", None)


class Gazetteer:
    """All regions with all ways to write them, and the villages inside them."""

    def __init__(
        self,
        regions: Iterable[Region],
        aliases: Iterable[tuple[str, str]] = (),
        ordinary: Iterable[str] = (),
        slang: Slang = NO_SLANG,
        villages: Villages | None = None,
    ) -> None:
        self.regions = Regions(regions)
        self._ordinary = frozenset(normalise(word).text for word in ordinary)
        self._villages = villages or Villages()
        self._names = Names(writings_of(self.regions, aliases, slang))

    def label(self, code: str) -> str:
        """Name a region for a reader, in GSM-7: `Kab Malang`, `Kec Lowokwaru, Kota Malang`, `Jawa Timur`."""
        return self.regions.label(code)

    def find(self, normal: Normal, within: str | None = None) -> PlaceMatch:
        """Find the region a text speaks of; `within` is the region known before, from a channel word."""
        tokens = normal.tokens
        mentions = read_mentions(tokens, self._names, self._ordinary)
        if within is not None and within in self.regions:
            known = Mention("", (within,), known_before=True)
            if not mentions:
                return self._refined(tokens, within, (known,))
            mentions = [*self._inside(mentions, within), known]
        if not mentions:
            return NOWHERE
        here = [mention for mention in mentions if mention.role is Role.HERE]
        origins = [mention for mention in mentions if mention.role is Role.ORIGIN]
        found = self._weighed(tokens, here, origins) if here else NOWHERE
        if found is NOWHERE and origins:
            found = self._weighed(tokens, origins, ())
        return _only_passing(mentions) if found is NOWHERE else found

    def _inside(self, mentions: Iterable[Mention], within: str) -> Iterator[Mention]:
        """Read names for what lies in the region known before, where it has such a kecamatan or village."""
        kabkota = kabkota_of(within)
        for mention in mentions:
            inside = tuple(code for code in mention.codes if lies_in(code, within))
            if inside:
                yield mention if inside == mention.codes else mention.of(inside)
            elif mention.explicit or kabkota is None or mention.letters not in self._villages.of(kabkota):
                yield mention

    def _weighed(self, tokens: Sequence[str], mentions: Sequence[Mention], origins: Sequence[Mention]) -> PlaceMatch:
        """Weigh the mentions against each other; where somebody comes from helps only to decide between equals."""
        points = _points(mentions, origins, self.regions)
        if not points:
            return self._province(mentions)
        best = max(points.values())
        winners = tuple(sorted(code for code, each in points.items() if each == best))
        if len(winners) > 1:
            codes = tuple(_the_kecamatan(code, mentions) or code for code in winners)
            winners = self._told_by_village(tokens, mentions, codes)
        return self._refined(tokens, winners[0], mentions) if len(winners) == 1 else self._undecided(winners, mentions)

    def _told_by_village(
        self, tokens: Sequence[str], mentions: Sequence[Mention], codes: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Of several regions keep those with a village that the text names: `desa Dadapan kec Tanjungsari`."""
        if len(codes) > _MOST_CANDIDATES:
            return codes
        having = tuple(code for code in codes if self._villages_in(tokens, mentions, code))
        return having if having else codes

    def _villages_in(self, tokens: Sequence[str], mentions: Sequence[Mention], code: str) -> list[VillageMention]:
        """The villages of a kabupaten, kota or kecamatan that the text names."""
        kabkota = kabkota_of(code) or ""
        names = self._villages.of(kabkota)
        if not names:
            return []
        here = (each for each in mentions if not each.known_before)
        places = {each.span for each in here if any(one.startswith(kabkota) for one in each.codes)}
        found = find_villages(tokens, names, places, self._ordinary)
        inside = (each.inside(code) for each in found)
        return [each for each in inside if each.villages]

    def _refined(self, tokens: Sequence[str], code: str, mentions: Sequence[Mention]) -> PlaceMatch:
        """Go from a kabupaten or kota to the kecamatan and village that the text names in it."""
        kabkota = kabkota_of(code)
        if kabkota is None:
            return self._decided(code, mentions)
        kecamatan = code if is_kecamatan(code) else _the_kecamatan(kabkota, mentions)
        village = _the_village(self._villages_in(tokens, mentions, kabkota), kecamatan)
        if village is not None:
            return self._decided(village.villages[0].kecamatan, mentions, village)
        return self._decided(kecamatan or kabkota, mentions)

    def _province(self, mentions: Sequence[Mention]) -> PlaceMatch:
        """Return the one province named, else the one known before."""
        named = dict.fromkeys(code for mention in mentions for code in mention.provinces() if not mention.known_before)
        known = dict.fromkeys(code for mention in mentions for code in mention.provinces())
        for codes in (tuple(named), tuple(known)):
            if len(codes) == 1:
                return self._decided(codes[0], mentions)
        return self._undecided(tuple(known), mentions) if known else NOWHERE

    def _decided(self, code: str, mentions: Sequence[Mention], named: VillageMention | None = None) -> PlaceMatch:
        region = self.regions.get(code)
        assert region is not None
        label = self.label(code)
        words = _words(mentions, (code, kabkota_of(code) or code, province_of(code)))
        village = ""
        if named is not None:
            village = named.villages[0].plain
            label = f"{named.villages[0].kind} {village}, {label}"
            words = (named.words, *words)
        said = f' (disebut "{", ".join(words)}")' if words else " (dari kata awal pesan)"
        reason = f"tempat: {label}{said}"
        return PlaceMatch(code, label, region.kind, words, (), (reason,), village)

    def _undecided(self, codes: tuple[str, ...], mentions: Sequence[Mention]) -> PlaceMatch:
        words = _words(mentions, codes)
        labels = " atau ".join(self.label(code) for code in codes[:4])
        reason = f'tempat belum pasti: "{", ".join(words)}" bisa berarti {labels}'
        return PlaceMatch(None, "", None, words, codes, (reason,))


def _only_passing(mentions: Sequence[Mention]) -> PlaceMatch:
    """Say that places are named, but only as the end of a way; nothing is known of where the matter is."""
    words = tuple(dict.fromkeys(mention.words for mention in mentions if mention.role is Role.PASSING))
    if not words:
        return NOWHERE
    return PlaceMatch(
        None, "", None, words, (), (f'tempat belum pasti: "{", ".join(words)}" hanya disebut sambil lalu',)
    )


def _points(mentions: Sequence[Mention], origins: Sequence[Mention], regions: Regions) -> dict[str, float]:
    """Let every kabupaten and kota that could be meant collect points from all mentions."""
    points: dict[str, float] = {}
    faint: set[str] = set()
    for mention in mentions:
        for code, weight in _claims(mention, regions):
            if weight > FAINT or code not in faint:  # what hardly counts does not count for more by being repeated
                points[code] = points.get(code, 0.0) + weight
                if weight <= FAINT:
                    faint.add(code)
    provinces = {code for mention in mentions for code in mention.provinces()}
    homes = {code for mention in origins for code, _ in _claims(mention, regions)}
    return {
        code: each + FITS * (province_of(code) in provinces) + FITS * (code in homes)
        for code, each in points.items()
        if each + FITS * (province_of(code) in provinces) >= POSSIBLE
    }


def _claims(mention: Mention, regions: Regions) -> Iterator[tuple[str, float]]:
    """Which kabupaten and kota a mention speaks for, and how strongly.

    A bare name that is a province's too (`Jambi`) speaks for the province, one that is a kecamatan's too (`Nganjuk`)
    for the kabupaten.
    """
    kabkota = [code for code in mention.codes if is_kabkota(code)]
    if mention.provinces():
        return
    if kabkota:
        weight = _kabkota_weight(mention, len(kabkota)) + FAINT * mention.near
        yield from ((code, weight) for code in kabkota)
        return
    owners = dict.fromkeys(code[:5] for code in mention.codes)
    weight = _kecamatan_weight(mention, len(owners), regions)
    yield from ((code, weight) for code in owners)


def _kabkota_weight(mention: Mention, candidates: int) -> float:
    """How strongly the name of a kabupaten or kota speaks for it."""
    if mention.known_before:
        return KNOWN_BEFORE
    if mention.explicit:
        return SURE
    if mention.smaller or mention.partial or (mention.ordinary and not mention.near):
        return FAINT
    return LIKELY if candidates == 1 else POSSIBLE


def _kecamatan_weight(mention: Mention, owners: int, regions: Regions) -> float:
    """How strongly the name of a kecamatan speaks for the kabupaten or kota it lies in."""
    if mention.known_before:
        return KNOWN_BEFORE
    if mention.explicit:
        return LIKELY if owners == 1 else POSSIBLE
    if mention.ordinary:
        return 0.0
    if mention.is_doubtful or len(mention.words) < MIN_LETTERS:
        return FAINT
    region = regions.get(mention.codes[0])
    unique = owners == 1 and region is not None and region.namesakes == 0
    named = mention.near or (len(mention.letters) > MIN_LETTERS and not mention.is_a_side)
    return POSSIBLE if unique and named else FITS


def _the_kecamatan(kabkota: str, mentions: Sequence[Mention]) -> str | None:
    """The one kecamatan of this kabupaten or kota that is named; one called so outright goes first."""
    by_strength: tuple[dict[str, None], ...] = ({}, {}, {})
    for mention in mentions:
        mine = [code for code in mention.codes if is_kecamatan(code) and kabkota_of(code) == kabkota]
        unsure = not mention.explicit and (mention.ordinary or mention.is_doubtful)
        if len(mine) != 1 or kabkota in mention.codes or unsure:
            continue
        strength = 2 if mention.known_before else 0 if mention.explicit else 1
        by_strength[strength][mine[0]] = None
    for found in by_strength:
        if found:
            return next(iter(found)) if len(found) == 1 else None
    return None


def _the_village(mentions: Sequence[VillageMention], kecamatan: str | None) -> VillageMention | None:
    """The mention of the one village meant, one called so outright first; in the kecamatan, if that is named."""
    for outright in (True, False):
        inside = [each.inside(kecamatan) if kecamatan else each for each in mentions if each.outright is outright]
        villages = {village for each in inside for village in each.villages}
        if villages:
            return next(each for each in inside if each.villages) if len(villages) == 1 else None
    return None


def _words(mentions: Iterable[Mention], codes: Sequence[str]) -> tuple[str, ...]:
    """The words in the text that speak of these regions."""
    touching = (m for m in mentions if any(one == other for one in m.codes for other in codes))
    return tuple(dict.fromkeys(mention.words for mention in touching if mention.words))
