"""Who is competent for a complaint: the decision, and the reasons that are stored and shown with it.

Domain rules: topic and place decide, a channel word and a named addressee are hints; a local matter without a place is
asked for, not guessed; in doubt a person decides at the triage desk, and nothing is ever rejected.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from routing.agencies import Agency, Directory
from routing.channels import Channels
from routing.places import Gazetteer, PlaceMatch
from routing.regions import JAKARTA, province_of
from routing.spam import SpamFilter
from routing.text import NO_SLANG, Slang, normalise
from routing.topics import AgencyType, Evidence, Topic, TopicIndex

# Below this confidence a person looks first: measured, about half of what lies below is wrong.
ROUTE_FROM = 0.5
WORDS_SHOWN = 5

_ON_LEVEL = {"kabkota": "kabupaten/kota", "provinsi": "provinsi", "nasional": "tingkat nasional"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A type of agency and its share of all points."""

    agency_type: str
    score: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a text. `agency` is the triage desk's code when `routed` is false."""

    topic: str | None
    topic_name: str
    place: str | None
    place_name: str
    agency: str
    agency_type: str | None
    routed: bool
    confidence: float
    candidates: tuple[Candidate, ...]
    reasons: tuple[str, ...]
    confidential: bool
    emergency: str | None
    klass: str
    asks_place: bool = False  # the citizen must say where, before anyone can be found: `agency` is the triage desk's
    oversight: str | None = None  # the agency (its code) that gets a copy, for the matter is another agency's conduct


@dataclass(frozen=True, slots=True)
class Router:
    """Everything a decision needs, built once; it holds no state."""

    topics: TopicIndex
    places: Gazetteer
    agencies: Directory
    slang: Slang = field(default_factory=lambda: NO_SLANG)
    channels: Channels = field(default_factory=Channels)
    spam: SpamFilter = field(default_factory=SpamFilter)
    home: str | None = None  # the region of this gateway, where a text names no other; None: a national gateway
    route_from: float = ROUTE_FROM

    def classify(self, text: str, place_hint: str | None = None, type_hint: str | None = None) -> Decision:
        """Decide who is competent for a text without its channel word, which may have named a region and a type."""
        normal = normalise(text, self.slang)
        evidence = self.topics.weigh(normal)
        place = self.places.find(normal, place_hint)
        ranking = evidence.ranking()
        candidates = _shares(ranking)
        kind = self.topics.types[ranking[0][0]] if ranking else None
        topic = self.topics.best_topic(evidence, kind.code) if kind else None
        confidence = evidence.confidence(kind.code) if kind else 0.0
        agency, why = self._agency(kind, topic, place, confidence)
        return Decision(
            topic=topic.id if topic else None,
            topic_name=topic.name if topic else "",
            place=place.code,
            place_name=place.name,
            agency=(agency or self.agencies.triage).code,
            agency_type=kind.code if kind else None,
            routed=agency is not None,
            confidence=confidence,
            candidates=candidates,
            reasons=(*_because(evidence, topic, kind), *place.reasons, *why),
            confidential=topic is not None and topic.confidential,
            emergency=topic.emergency if topic else None,
            klass=topic.klass if topic else "pengaduan",
        )

    def _agency(
        self, kind: AgencyType | None, topic: Topic | None, place: PlaceMatch, confidence: float
    ) -> tuple[Agency | None, tuple[str, ...]]:
        """Find the agency, or say why a person must decide."""
        if kind is None:
            return None, ("triase: topik tidak dikenali",)
        level = _level(kind, topic)
        rule = f"aturan: {topic.name if topic else kind.short_name} ditangani {kind.short_name} {_ON_LEVEL[level]}"
        region = _region(place, level)
        if level != "nasional" and region is None:
            return None, (rule, "triase: tempat kejadian belum diketahui")
        agency = self.agencies.find(kind.code, region, level)
        if agency is None or not agency.email:
            return None, (rule, f"triase: belum ada alamat {kind.short_name} untuk {place.name or 'Indonesia'}")
        if confidence < self.route_from:
            return None, (rule, f"triase: keyakinan hanya {confidence:.0%}")
        return agency, (rule, f"diteruskan ke {agency.short_name}")


def _level(kind: AgencyType, topic: Topic | None) -> str:
    """The level of government that is competent: a national body's is national whatever the topic's rule."""
    if kind.level == "nasional":
        return "nasional"
    return topic.level if topic and topic.level != "nasional" else "kabkota"


def _region(place: PlaceMatch, level: str) -> str | None:
    """The region to look for an agency in; where only the kab/kota is in doubt, the province may be certain."""
    if place.code is not None:
        too_wide = level == "kabkota" and len(place.code) == len(JAKARTA) and place.code != JAKARTA
        return None if too_wide else place.code
    provinces = {province_of(code) for code in place.ambiguous}
    return provinces.pop() if level == "provinsi" and len(provinces) == 1 else None


def _shares(ranking: list[tuple[str, float]]) -> tuple[Candidate, ...]:
    total = sum(points for _, points in ranking)
    return tuple(Candidate(code, round(points / total, 4)) for code, points in ranking)


def _because(evidence: Evidence, topic: Topic | None, kind: AgencyType | None) -> tuple[str, ...]:
    """The words that decided, in plain sentences."""
    reasons: list[str] = []
    if topic is not None:
        reasons.append(f"kata {_quoted(evidence.words[topic.id])} menunjuk topik {topic.name}")
    if kind is not None and kind.code in evidence.hints:
        reasons.append(f"sebutan {_quoted(evidence.hints[kind.code])} menunjuk {kind.short_name}")
    return tuple(reasons)


def _quoted(words: tuple[str, ...]) -> str:
    shown = ", ".join(f'"{each}"' for each in words[:WORDS_SHOWN])
    return f"{shown} dan {len(words) - WORDS_SHOWN} lagi" if len(words) > WORDS_SHOWN else shown
