"""What a complaint is about: topics with weighted words, and agencies named in the text.

Every distinct keyword found adds its weight to its topic, once; a keyword inside a longer one does not count. What
stands early counts more, for people begin with the matter; what names a landmark (`depan sekolah`) counts little. A
topic's points go to the agency types that are competent for it, and a named addressee (`dishub`, `bpjs`) adds to its
own type.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import product
from typing import Literal, NamedTuple

from routing.phrases import Hit, Phrases
from routing.spelling import Spelling
from routing.text import NO_SLANG, Normal, Slang, normalise

LEVELS = ("kabkota", "provinsi", "nasional", "berjenjang")
KLASSES = ("pengaduan", "pengawasan", "informasi", "aspirasi")

Footing = Literal["nowhere", "placed", "home"]
"""What is known of the place: nothing, a region, or that this gateway is that region's own."""

# A keyword "jalan + rusak" is found when both parts stand within this many words, in any order; "aspal | cor" is two.
WINDOW = 12
PAIR, EITHER = "+", "|"
APART = " ... "  # between the halves of a pair, where people read it

# How much of a topic's points goes to the first, the second and every later type that is competent for it.
SHARES = (1.0, 0.4, 0.25)
# Naming an agency is a strong hint but no proof: people write to the Dishub about holes in the road. Who names a
# ministry or a state company means it more often.
HINT_WEIGHT = {"pemda": 2.0, "nasional": 3.0}

# A channel word that names an agency is the sender's own addressee.
CHANNEL_WEIGHT = 4.0

# The first word counts 1.6 times, one after 40 words 1.2 times.
EARLY, EARLY_WORDS = 0.6, 40
# Behind these words stands where it is, not what it is: `jalan rusak depan puskesmas`.
LANDMARK, LANDMARK_WORDS = 0.3, 2
_BEFORE_LANDMARKS = frozenset({
    "depan", "dekat", "samping", "sebelah", "belakang", "seberang", "muka", "arah", "sekitar", "pertigaan",
    "perempatan", "simpang", "menuju", "sebrang", "pinggir", "timur", "barat", "utara", "selatan", "depannya",
})  # fmt: skip

# Who writes to a mayor or a governor seldom means a matter of the state's.
TO_LOCAL = 0.7
_LOCAL_LEADERS = frozenset({
    "pemprov", "pemkot", "pemkab", "pemda", "walikota", "wali", "wakot", "bupati", "wabup", "gubernur", "wagub",
})  # fmt: skip

# An agency named as addressee (`Kepada Yth. Kepala Dinas ...`) is meant more than one that is merely named.
ADDRESSED, ADDRESSED_WORDS = 1.7, 3
_BEFORE_ADDRESSEES = frozenset({"kepada", "yth", "ysh", "kpd", "kepala", "kadis", "dear"})

_NOWHERE: frozenset[int] = frozenset()

# Points taken for a rival even where there is none: one weak word alone convinces nobody.
DOUBT = 1.5
# And for each other type that may be competent for the same topic: who it is, differs from place to place.
OTHERS = 1.0


@dataclass(frozen=True, slots=True)
class AgencyType:
    """A kind of agency, in the words routing answers with: `PUPR`, `DISHUB`, `PLN`."""

    code: str
    level: str
    name: str
    short_name: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A matter citizens complain about, and who is competent for it.

    `level` says whose matter it is: the kabupaten's or kota's, the province's, a national body's, or (`berjenjang`) the
    local agency's where the place is known and the national body's where it is not. `conduct` marks matters that are
    an office's own behaviour.
    """

    id: str
    number: int
    name: str
    klass: str
    level: str
    local_type: str | None = None
    national_type: str | None = None
    also: tuple[str, ...] = ()
    confidential: bool = False
    conduct: bool = False
    keywords: Mapping[str, float] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()

    def agency_types(self, footing: Footing = "placed") -> tuple[str, ...]:
        """The competent types, the one to ask first in front; a city's own gateway asks its own agency first."""
        first_local = {"nasional": footing == "home", "berjenjang": footing != "nowhere"}.get(self.level, True)
        local_first = (self.local_type, self.national_type)
        pair = local_first if first_local else local_first[::-1]
        return tuple(dict.fromkeys(each for each in (*pair, *self.also) if each is not None))


class Keyword(NamedTuple):
    """Points for a topic, or for an agency type that is named.

    `words` is how it is shown to people.
    """

    words: str
    weight: float
    topic: str | None = None
    agency_type: str | None = None


class Meaning(NamedTuple):
    """What a phrase means, by the numbers of keywords: those it is, and the pairs it is one or the other half of."""

    whole: tuple[int, ...]
    first: frozenset[int]
    second: frozenset[int]


Finding = tuple[float, int, int]
"""Points, first word, the word after the last."""


class Mark(NamedTuple):
    """A keyword in a text: its first word, the word after its last, and the points it gave."""

    start: int
    end: int
    keyword: Keyword
    points: float


class Evidence(NamedTuple):
    """What a text says: points for topics and agency types, and the keywords they came from.

    `own` leaves out what a type gets only as second in line: a ministry behind the local agency is no rival to it.
    `found` has, for the number of each keyword, its points, its first word and the word after its last.
    """

    topics: Mapping[str, float]
    types: Mapping[str, float]
    own: Mapping[str, float]
    found: Mapping[int, Finding]
    keywords: Sequence[Keyword]

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The keywords in the text."""
        return tuple(
            Mark(start, end, self.keywords[number], points) for number, (points, start, end) in self.found.items()
        )

    def ranking(self) -> list[tuple[str, float]]:
        """Agency types with any points, best first; equals in alphabetical order, so that answers are stable."""
        positive = [(code, points) for code, points in self.types.items() if points > 0]
        return sorted(positive, key=lambda each: (-each[1], each[0]))

    def words_for(self, topic: str | None = None, agency_type: str | None = None) -> tuple[str, ...]:
        """The words that spoke for a topic, or that named a type of agency."""
        mine: dict[str, None] = {}
        keywords = self.keywords
        for number, finding in self.found.items():
            keyword = keywords[number]
            if keyword.topic == topic and keyword.agency_type == agency_type and finding[0] > 0:
                mine[keyword.words] = None
        return tuple(mine)

    def confidence(self, agency_type: str, others: int = 0) -> float:
        """How far a type is ahead of its strongest rival, between 0 and 1; `others` may be competent as well."""
        points = self.types.get(agency_type, 0.0)
        rival = max((each for code, each in self.own.items() if code != agency_type), default=0.0)
        return confidence_of(points, rival, others)


def confidence_of(points: float, rival: float, others: int) -> float:
    """How sure points are against a rival's, where so many others may be competent as well."""
    return round(points / (points + rival + DOUBT + OTHERS * others), 3) if points > 0 else 0.0


def spelled_out(phrase: str) -> list[tuple[str, ...]]:
    """Every keyword that one line stands for: `petugas | pegawai + kasar` is two pairs."""
    return list(product(*(part.split(EITHER) for part in phrase.split(PAIR))))


class TopicIndex:
    """All topics and agency types, ready to weigh texts."""

    def __init__(
        self,
        topics: Iterable[Topic],
        types: Iterable[AgencyType],
        slang: Slang = NO_SLANG,
        ordinary: Collection[str] = (),
    ) -> None:
        self.topics: Mapping[str, Topic] = {topic.id: topic for topic in topics}
        self.types: Mapping[str, AgencyType] = {each.code: each for each in types}
        self._slang, self._ordinary = slang, ordinary
        footings: tuple[Footing, ...] = ("nowhere", "placed", "home")
        self._shares = {
            footing: {each.id: _shares(each, footing) for each in self.topics.values()} for footing in footings
        }
        self.keywords: list[Keyword] = []
        self._phrases: Phrases[Meaning] = Phrases(self._meanings(slang))
        names = (normalise(word).tokens for each in self.types.values() for word in each.words)
        openings = {tokens[0] for tokens in names if len(tokens) == 1}
        self.spelling = Spelling(self._phrases.words, ordinary, openings)

    def with_topics(self, topics: Iterable[Topic]) -> TopicIndex:
        """Return an index of other topics, all else being equal."""
        return TopicIndex(topics, self.types.values(), self._slang, self._ordinary)

    def _meanings(self, slang: Slang) -> Iterable[tuple[tuple[str, ...], Meaning]]:
        """Every phrase with the keywords it is, or is a half of (`jalan + rusak`).

        A longer phrase for the same topic stands in for the half that it hides: `jalan desa ... rusak parah`.
        """
        meanings: dict[tuple[str, ...], tuple[list[int], list[int], list[int]]] = {}
        written = list(self._keywords(slang))
        for number, (keyword, parts) in enumerate(written):
            self.keywords.append(keyword)
            roles = (0,) if len(parts) == 1 else (1, 2)
            for role, part in zip(roles, parts, strict=False):
                meanings.setdefault(part, ([], [], []))[role].append(number)
        for phrase, number, role in _stand_ins(written):
            meanings[phrase][role].append(number)
        for tokens, (whole, first, second) in meanings.items():
            yield tokens, Meaning(tuple(whole), frozenset(first), frozenset(second))

    def _keywords(self, slang: Slang) -> Iterable[tuple[Keyword, list[tuple[str, ...]]]]:
        """Every keyword with its one or two phrases."""
        for topic in self.topics.values():
            for phrase, weight in topic.keywords.items():
                for way in spelled_out(phrase):
                    parts = [normalise(part, slang) for part in way]
                    shown = APART.join(part.text for part in parts)
                    yield Keyword(shown, weight, topic.id), [part.tokens for part in parts]
        for each in self.types.values():
            for phrase in each.words:
                words = normalise(phrase, slang)
                yield Keyword(words.text, HINT_WEIGHT[each.level], agency_type=each.code), [words.tokens]

    def weigh(self, normal: Normal, footing: Footing = "placed", type_hint: str | None = None) -> Evidence:
        """Weigh a text: one pass over its words, then sums; a channel word may have named a type of agency."""
        tokens = self.spelling.read(normal.tokens)
        keywords = self.keywords
        found = _findings(self._phrases.find(tokens), tokens, keywords)
        topics: dict[str, float] = {}
        own: dict[str, float] = {} if type_hint is None else {type_hint: CHANNEL_WEIGHT}
        for number, (points, _, _) in found.items():
            _, _, topic, agency_type = keywords[number]
            if topic is not None:
                topics[topic] = topics.get(topic, 0.0) + points
            elif agency_type is not None:
                own[agency_type] = own.get(agency_type, 0.0) + points
        types = dict(own)
        shares = self._shares[footing]
        to_local = not _LOCAL_LEADERS.isdisjoint(tokens)
        for topic, points in topics.items():
            if points > 0:
                if to_local and self.topics[topic].local_type is None:
                    points *= TO_LOCAL
                for rank, (agency_type, share) in enumerate(shares[topic].items()):
                    types[agency_type] = types.get(agency_type, 0.0) + points * share
                    if rank == 0:
                        own[agency_type] = own.get(agency_type, 0.0) + points
        return Evidence(topics, types, own, found, keywords)

    def best_topic(self, evidence: Evidence, agency_type: str, footing: Footing = "placed") -> Topic | None:
        """Return the topic that gives this type of agency most of its points, if any does."""
        shares = self._shares[footing]
        mine = [
            (points * shares[topic][agency_type], topic)
            for topic, points in evidence.topics.items()
            if points > 0 and agency_type in shares[topic]
        ]
        return self.topics[max(mine)[1]] if mine else None


def _stand_ins(
    written: Sequence[tuple[Keyword, list[tuple[str, ...]]]],
) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """The longer phrases that hide a half of a pair of their own topic: each with the pair's number and which half.

    One that speaks against the topic hides it for good, and one with both halves in it is no pair of itself.
    """
    longer: dict[tuple[str | None, str], list[tuple[str, ...]]] = {}
    for keyword, parts in written:
        if len(parts) == 1 and len(parts[0]) > 1 and keyword.weight > 0:
            for word in parts[0]:
                longer.setdefault((keyword.topic, word), []).append(parts[0])
    for number, (keyword, parts) in enumerate(written):
        for half in (0, 1) if len(parts) == 2 else ():
            for phrase in longer.get((keyword.topic, parts[half][0]), ()):
                if _within(parts[half], phrase) and not _within(parts[1 - half], phrase):
                    yield phrase, number, half + 1


def _within(part: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    """Whether a phrase has the words of another inside it, side by side."""
    size = len(part)
    return any(phrase[at : at + size] == part for at in range(len(phrase) - size + 1))


def _shares(topic: Topic, footing: Footing) -> dict[str, float]:
    types = topic.agency_types(footing)
    return {each: SHARES[min(rank, len(SHARES) - 1)] for rank, each in enumerate(types)}


def _findings(hits: Sequence[Hit[Meaning]], tokens: Sequence[str], keywords: Sequence[Keyword]) -> dict[int, Finding]:
    """Every distinct keyword once, where it counts most; pairs only when both halves are near each other."""
    found: dict[int, Finding] = {}
    first: set[int] = set()
    second: set[int] = set()
    landmarks = _behind(_BEFORE_LANDMARKS, LANDMARK_WORDS, tokens)
    addressed = _behind(_BEFORE_ADDRESSEES, ADDRESSED_WORDS, tokens)
    for start, end, (meaning,) in hits:
        whole, pairs_begun, pairs_ended = meaning
        if pairs_begun:
            first |= pairs_begun
        if pairs_ended:
            second |= pairs_ended
        if not whole:
            continue
        factor = _factor(start, landmarks)
        for number in whole:
            _, weight, _, agency_type = keywords[number]
            points = weight * factor
            if addressed and agency_type is not None and start in addressed:
                points *= ADDRESSED
            old = found.get(number)
            if old is None or abs(points) > abs(old[0]):
                found[number] = (points, start, end)
    for number in sorted(first & second):
        near = _near(number, hits)
        if near is not None:
            start, end = near
            found[number] = (keywords[number].weight * _factor(start, landmarks), start, end)
    return found


def _behind(words: AbstractSet[str], reach: int, tokens: Sequence[str]) -> frozenset[int]:
    """The places that lie within reach behind one of the words; none in most texts."""
    if words.isdisjoint(tokens):
        return _NOWHERE
    starts = [at for at, token in enumerate(tokens) if token in words]
    return frozenset(at + step for at in starts for step in range(1, reach + 1))


def _factor(start: int, landmarks: AbstractSet[int]) -> float:
    """How much a keyword counts where it stands."""
    early = 1.0 + EARLY * EARLY_WORDS / (EARLY_WORDS + 2 * start)
    return early * LANDMARK if start in landmarks else early


def _near(number: int, hits: Sequence[Hit[Meaning]]) -> tuple[int, int] | None:
    """Where both halves of a pair stand within the window of each other, the first such place."""
    others = [(start, end) for start, end, (meaning,) in hits if number in meaning.second]
    for start, end, (meaning,) in hits:
        if number in meaning.first:
            for other, its_end in others:
                if other != start and abs(start - other) <= WINDOW:
                    return min(start, other), max(end, its_end)
    return None
