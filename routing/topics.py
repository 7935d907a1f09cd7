"""What a complaint is about: topics with weighted words, and agencies named in the text.

Every distinct keyword found adds its weight to its topic, once; a keyword inside a longer one does not count. A topic's
points go to the agency types that are competent for it, and a named addressee (`dishub`, `bpjs`) adds to its own type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from routing.phrases import Hit, Phrases, longest
from routing.text import NO_SLANG, Normal, Slang, normalise

LEVELS = ("kabkota", "provinsi", "nasional")
KLASSES = ("pengaduan", "pengawasan")

# A keyword "jalan + rusak" is found when both parts stand within this many words, in any order.
WINDOW = 7
PAIR = "+"

# How much of a topic's points goes to the first, the second and every later type that is competent for it.
SHARES = (1.0, 0.4, 0.25)
# Naming an agency is a strong hint but no proof: people write to the Dishub about holes in the road.
HINT_WEIGHT = 2.0

# Points taken for a rival even where there is none: one weak word alone convinces nobody.
DOUBT = 1.5

_SUFFIXES = ("nya", "lah", "kah", "pun", "ku", "mu")


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
    """A matter citizens complain about, and who is competent for it."""

    id: str
    number: int
    name: str
    klass: str
    level: str
    local_type: str | None = None
    national_type: str | None = None
    also: tuple[str, ...] = ()
    confidential: bool = False
    emergency: str | None = None
    keywords: Mapping[str, float] = field(default_factory=dict)
    examples: tuple[str, ...] = ()

    @property
    def agency_types(self) -> tuple[str, ...]:
        """The competent types, the one to ask first in front."""
        local, national = self.local_type, self.national_type
        pair = (national, local) if self.level == "nasional" else (local, national)
        return tuple(each for each in (*pair, *self.also) if each is not None)


class Keyword(NamedTuple):
    """What is stored with a phrase: points for a topic, or for an agency type that is named, or one half of a pair."""

    words: str
    weight: float
    topic: str | None = None
    agency_type: str | None = None
    pair: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a text says: points for topics and agency types, and the words they came from.

    `own` leaves out what a type gets only as second in line: a ministry behind the local agency is no rival to it.
    """

    topics: Mapping[str, float]
    types: Mapping[str, float]
    own: Mapping[str, float]
    words: Mapping[str, tuple[str, ...]]
    hints: Mapping[str, tuple[str, ...]]

    def ranking(self) -> list[tuple[str, float]]:
        """Agency types with any points, best first; equals in alphabetical order, so that answers are stable."""
        positive = [(code, points) for code, points in self.types.items() if points > 0]
        return sorted(positive, key=lambda each: (-each[1], each[0]))

    def confidence(self, agency_type: str) -> float:
        """How far a type is ahead of its strongest rival, between 0 and 1."""
        points = self.types.get(agency_type, 0.0)
        rival = max((each for code, each in self.own.items() if code != agency_type), default=0.0)
        return round(points / (points + rival + DOUBT), 3) if points > 0 else 0.0


class TopicIndex:
    """All topics and agency types, ready to weigh texts."""

    def __init__(self, topics: Iterable[Topic], types: Iterable[AgencyType], slang: Slang = NO_SLANG) -> None:
        self.topics: Mapping[str, Topic] = {topic.id: topic for topic in topics}
        self.types: Mapping[str, AgencyType] = {each.code: each for each in types}
        self._shares = {each.id: _shares(each) for each in self.topics.values()}
        self._phrases: Phrases[Keyword] = Phrases(self._entries(slang))

    def _entries(self, slang: Slang) -> Iterable[tuple[tuple[str, ...], Keyword]]:
        for topic in self.topics.values():
            for phrase, weight in topic.keywords.items():
                yield from _topic_entries(topic.id, phrase, weight, slang)
        for each in self.types.values():
            for phrase in each.words:
                words = normalise(phrase, slang)
                yield words.tokens, Keyword(words.text, HINT_WEIGHT, agency_type=each.code)

    def weigh(self, normal: Normal) -> Evidence:
        """Weigh a text: one pass over its words, then sums."""
        found = self._found(longest(self._phrases.find(normal.tokens, self._stem)))
        topics: dict[str, float] = {}
        words: dict[str, list[str]] = {}
        hints: dict[str, list[str]] = {}
        own: dict[str, float] = {}
        for keyword in found:
            if keyword.topic is not None:
                topics[keyword.topic] = topics.get(keyword.topic, 0.0) + keyword.weight
                words.setdefault(keyword.topic, []).append(keyword.words)
            elif keyword.agency_type is not None:
                own[keyword.agency_type] = own.get(keyword.agency_type, 0.0) + keyword.weight
                hints.setdefault(keyword.agency_type, []).append(keyword.words)
        types = dict(own)
        for topic, points in topics.items():
            for rank, (agency_type, share) in enumerate(self._shares[topic] if points > 0 else ()):
                types[agency_type] = types.get(agency_type, 0.0) + points * share
                if rank == 0:
                    own[agency_type] = own.get(agency_type, 0.0) + points
        return Evidence(topics, types, own, _frozen(words), _frozen(hints))

    def best_topic(self, evidence: Evidence, agency_type: str) -> Topic | None:
        """Return the topic that gives this type of agency most of its points, if any does."""
        mine = [
            (points * share, topic)
            for topic, points in evidence.topics.items()
            for each, share in (self._shares[topic] if points > 0 else ())
            if each == agency_type
        ]
        return self.topics[max(mine)[1]] if mine else None

    def _found(self, hits: list[Hit[Keyword]]) -> Iterable[Keyword]:
        """Every distinct keyword once, pairs only when both halves are near each other."""
        singles: dict[Keyword, None] = {}
        halves: dict[Keyword, list[Hit[Keyword]]] = {}
        for hit in hits:
            for keyword in hit.values:
                if keyword.pair is None:
                    singles[keyword] = None
                else:
                    halves.setdefault(keyword, []).append(hit)
        return [*singles, *_pairs(halves)]

    def _stem(self, token: str) -> str:
        """Take an enclitic off a word no keyword knows: `jalannya` is jalan."""
        for suffix in _SUFFIXES:
            if token.endswith(suffix) and token[: -len(suffix)] in self._phrases:
                return token[: -len(suffix)]
        return token


def _shares(topic: Topic) -> tuple[tuple[str, float], ...]:
    return tuple((each, SHARES[min(rank, len(SHARES) - 1)]) for rank, each in enumerate(topic.agency_types))


def _topic_entries(topic: str, phrase: str, weight: float, slang: Slang) -> Iterable[tuple[tuple[str, ...], Keyword]]:
    """One entry for a phrase, two for a pair (`jalan + rusak`)."""
    parts = [normalise(part, slang) for part in phrase.split(PAIR)]
    if len(parts) == 1:
        yield parts[0].tokens, Keyword(parts[0].text, weight, topic)
        return
    pair = (parts[0].text, parts[1].text)
    for part in parts[:2]:
        yield part.tokens, Keyword(part.text, weight, topic, pair=pair)


def _pairs(halves: Mapping[Keyword, list[Hit[Keyword]]]) -> Iterable[Keyword]:
    """The pairs whose halves stand within the window of each other."""
    for first, hits in halves.items():
        assert first.pair is not None
        if first.words != first.pair[0]:
            continue
        others = halves.get(first._replace(words=first.pair[1]), [])
        if any(abs(one.start - other.start) <= WINDOW for one in hits for other in others):
            yield first._replace(words=" ... ".join(first.pair))


def _frozen(words: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(each) for key, each in words.items()}
