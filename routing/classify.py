"""Who is competent for a complaint: the decision, and the reasons that are stored and shown with it.

Domain rules: topic and place decide, a channel word and a named addressee are hints; a local matter without a place is
asked for, not guessed; a complaint about an office never goes to that office alone; in doubt a person decides at the
triage desk, and nothing is ever rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from routing.agencies import Agency, Directory
from routing.channels import Channels
from routing.competence import Competence, footing_of, level_of, region_for
from routing.danger import Danger, DangerVerdict
from routing.klass import COMPLAINT, Classes
from routing.places import Gazetteer, PlaceMatch
from routing.spam import SpamFilter
from routing.text import NO_SLANG, Normal, Slang, normalise
from routing.topics import AgencyType, Evidence, Footing, Topic, TopicIndex, confidence_of

# Below this confidence a person looks first: measured, three to five in ten texts, a third of them guessed wrong.
ROUTE_FROM = 0.63
# Points from which on a text speaks of graft or violence, or of how officials behave, whatever else it speaks of.
SERIOUS = 3.5
# Points from which on a national body is what a text is about.
NAMED = 3.0
# How many further types a state's body counts for, as a doubt, where the local office may be meant as well: measured.
INSTEAD = 3
WORDS_SHOWN = 5
CANDIDATES, CANDIDATES_MOST = 3, 8
# A local government's own coordinator of complaints passes on what it has no mailbox of its own for.
COORDINATOR = "PEMDA_UMUM"
INSPECTORATE, OMBUDSMAN = "INSPEKTORAT", "OMBUDSMAN"

_ON_LEVEL = {"kabkota": "kabupaten/kota", "provinsi": "provinsi", "nasional": "tingkat nasional"}


class Candidate(NamedTuple):
    """A type of agency and its share of all points."""

    agency_type: str
    score: float


# What people complain of most: the runners-up where a text names too few itself. Source: LAPOR! statistics.
COMMONEST = tuple(
    Candidate(code, 0.0) for code in ("PUPR", "DISHUB", "DINSOS", "DLH", "DUKCAPIL", "SATPOLPP", "DISDIK", "DINKES")
)


class Decision(NamedTuple):
    """What was decided about a text.

    `agency` is the triage desk's code where a person must decide (`routed` is false) and where the citizen must say
    where it is (`asks_place`). `oversight` is the agency that gets a copy, for the matter is another one's conduct.
    """

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
    asks_place: bool = False
    oversight: str | None = None
    evidence: Evidence | None = None


class Query(NamedTuple):
    """A text without its channel word, and the region and the type of agency that this may have named."""

    text: str
    place_hint: str | None = None
    type_hint: str | None = None


class _Finding(NamedTuple):
    """What a text is about: the type of agency that leads, its topic, how surely, and all types with their points."""

    kind: AgencyType | None
    topic: Topic | None
    confidence: float
    ranking: tuple[tuple[str, float], ...]


class _Choice(NamedTuple):
    """Who gets it: an agency, or a question to the citizen, or (neither) a person; and why."""

    agency: Agency | None
    reasons: tuple[str, ...]
    asks_place: bool = False


@dataclass(frozen=True, slots=True)
class Router:
    """Everything a decision needs, built once; it holds no state. `home` is the region of a local gateway."""

    topics: TopicIndex
    places: Gazetteer
    agencies: Directory
    slang: Slang = field(default_factory=lambda: NO_SLANG)
    channels: Channels = field(default_factory=Channels)
    spam: SpamFilter = field(default_factory=SpamFilter)
    danger: Danger = field(default_factory=Danger)
    competence: Competence = field(default_factory=Competence)
    classes: Classes = field(default_factory=Classes)
    home: str | None = None
    route_from: float = ROUTE_FROM

    def classify(self, text: str, place_hint: str | None = None, type_hint: str | None = None) -> Decision:
        """Decide who is competent for a text without its channel word, which may have named a region and a type."""
        return self.classify_all([Query(text, place_hint, type_hint)])[0]

    def classify_all(self, queries: Sequence[Query]) -> list[Decision]:
        """Decide about many texts, each step for all of them: what it looks words up in stays near the processor.

        That takes about four fifths of the time of one text after the other.
        """
        normals = [normalise(each.text, self.slang) for each in queries]
        places = [self._place(normal, each.place_hint) for normal, each in zip(normals, queries, strict=True)]
        footings = [footing_of(place, self.home) for place in places]
        weighed = [
            self.topics.weigh(normal, footing, each.type_hint)
            for normal, footing, each in zip(normals, footings, queries, strict=True)
        ]
        dangers = [self.danger.judge(normal.tokens) for normal in normals]
        classes = [self.classes.judge(normal.tokens) for normal in normals]
        return list(map(self._decide, places, footings, weighed, dangers, classes))

    def _decide(
        self, place: PlaceMatch, footing: Footing, evidence: Evidence, danger: DangerVerdict, klass: str
    ) -> Decision:
        """Bring together what was found in a text; `klass` is what its words say where its topic says nothing."""
        finding = self._find(evidence, footing, place)
        choice = self._choose(finding, place)
        serious = [self.topics.topics[id_] for id_, points in evidence.topics.items() if points >= SERIOUS]
        conduct = [each for each in serious if each.conduct]
        oversight, why = self._oversight(finding.kind, place, choice.agency) if conduct else (None, ())
        sure = finding.confidence >= self.route_from
        if oversight is not None and sure and any(each.confidential for each in conduct):
            # Graft in an office goes to those who watch over it, and to nobody else.
            reason = f"menyangkut dugaan pungli: hanya ke {oversight.short_name}"
            choice, oversight = _Choice(oversight, (*choice.reasons[:1], reason)), None
            why = ()
        topic, kind = finding.topic, finding.kind
        return Decision(
            topic=topic.id if topic else None,
            topic_name=topic.name if topic else "",
            place=place.code,
            place_name=place.name,
            agency=(choice.agency or self.agencies.triage).code,
            agency_type=kind.code if kind else None,
            routed=choice.agency is not None or (choice.asks_place and finding.confidence >= self.route_from),
            confidence=finding.confidence,
            candidates=_candidates(finding.ranking),
            reasons=(*_because(evidence, topic, kind), *place.reasons, *choice.reasons, *why, *danger.reasons),
            confidential=any(each.confidential for each in (*serious, *((topic,) if topic else ()))),
            emergency=danger.number,
            klass=_klass(topic, conduct) or klass,
            asks_place=choice.asks_place,
            oversight=oversight.code if oversight else None,
            evidence=evidence,
        )

    def _place(self, normal: Normal, hint: str | None) -> PlaceMatch:
        """Where it is; a local gateway's texts are from there unless they say otherwise."""
        place = self.places.find(normal, hint or self.home)
        if hint is None and place.code is not None and not place.matched:
            return place._replace(reasons=(f"tempat: {place.name} (wilayah layanan ini)",))
        return place

    def _find(self, evidence: Evidence, footing: Footing, place: PlaceMatch) -> _Finding:
        """The type that leads, its topic, and what the local government says about that topic."""
        ranking = evidence.ranking()
        alone = self._conduct_alone(evidence)
        if alone is not None and (not ranking or ranking[0][1] < NAMED):
            return alone
        if not ranking:
            return _Finding(None, None, 0.0, ())
        leader = self._leader(evidence, ranking)
        topic = self.topics.best_topic(evidence, leader, footing)
        confidence = evidence.confidence(leader, _doubts(topic, leader, footing))
        local = self.competence.local_type(topic.id, place.code or self.home) if topic else None
        first = local or leader
        rest = (each for each in ranking if each[0] != first)
        return _Finding(self.topics.types[first], topic, confidence, ((first, ranking[0][1]), *rest))

    def _leader(self, evidence: Evidence, ranking: Sequence[tuple[str, float]]) -> str:
        """The type with most points; but a local inspectorate does not watch over a national body."""
        leader = ranking[0][0]
        if leader == INSPECTORATE:
            for code, _ in ranking[1:]:
                if self.topics.types[code].level == "nasional" and evidence.own.get(code, 0.0) >= NAMED:
                    return code
        return leader

    def _conduct_alone(self, evidence: Evidence) -> _Finding | None:
        """Where a text names no matter and no office, but how officials behave, it is the inspectorate's."""
        found = [
            (points, id_) for id_, points in evidence.topics.items() if points > 0 and self.topics.topics[id_].conduct
        ]
        if not found or INSPECTORATE not in self.topics.types:
            return None
        points, id_ = max(found)
        kind = self.topics.types[INSPECTORATE]
        return _Finding(kind, self.topics.topics[id_], confidence_of(points, 0.0, 0), ((INSPECTORATE, points),))

    def _choose(self, finding: _Finding, place: PlaceMatch) -> _Choice:
        """Find the agency, or say why the citizen must be asked or a person must decide."""
        kind, topic, confidence = finding.kind, finding.topic, finding.confidence
        if kind is None:
            return _Choice(None, ("triase: topik tidak dikenali",))
        level = level_of(kind, topic)
        rule = f"aturan: {topic.name if topic else kind.short_name} ditangani {kind.short_name} {_ON_LEVEL[level]}"
        region = region_for(place, level)
        # Where the local office would be asked first if only it were known which, the citizen is asked, not the state.
        unsure = topic is not None and topic.level == "berjenjang" and confidence < self.route_from
        if (level != "nasional" and region is None) or (unsure and place.code is None):
            return _Choice(None, (rule, "tempat kejadian belum diketahui"), asks_place=True)
        if confidence < self.route_from:
            return _Choice(None, (rule, f"triase: keyakinan hanya {confidence:.0%}"))
        agency = self.agencies.find(kind.code, region, level)
        if agency is None and level != "nasional":
            agency = self.agencies.find(COORDINATOR, region, level)
        if agency is None or not agency.email:
            return _Choice(
                None, (rule, f"triase: belum ada alamat {kind.short_name} untuk {place.name or 'Indonesia'}")
            )
        return _Choice(agency, (rule, f"diteruskan ke {agency.short_name}"))

    def _oversight(
        self, kind: AgencyType | None, place: PlaceMatch, chosen: Agency | None
    ) -> tuple[Agency | None, tuple[str, ...]]:
        """Who watches over the office that is complained of: its inspectorate, the Ombudsman over national bodies."""
        region = place.code or self.home
        local = kind is None or kind.level != "nasional"
        watcher = (
            self.agencies.find(INSPECTORATE, region, "nasional")
            if local
            else self.agencies.find(OMBUDSMAN, None, "nasional")
        )
        if watcher is None or watcher.email is None or watcher == chosen:
            return None, ()
        return watcher, (f"menyangkut perilaku petugas: tembusan ke {watcher.short_name}",)


def _doubts(topic: Topic | None, leader: str, footing: Footing) -> int:
    """What a topic itself leaves open: a local gateway knows who does what at home, elsewhere it differs.

    Each further competent type is a doubt, and a bigger one where the state's body is taken for the local office's.
    """
    if topic is None or footing == "home":
        return 0
    instead = topic.level == "berjenjang" and topic.national_type == leader
    return len(topic.agency_types(footing)) - 1 + INSTEAD * instead


def _klass(topic: Topic | None, conduct: Sequence[Topic]) -> str | None:
    """The class that a topic has of itself: misconduct is a matter for inspection, whatever else a text is about."""
    topics = (*((topic,) if topic else ()), *conduct)
    return next((each.klass for each in topics if each.klass != COMPLAINT), None)


def _candidates(ranking: Sequence[tuple[str, float]]) -> tuple[Candidate, ...]:
    """The types with their share of all points; where the text names too few, the commonest follow with none."""
    total = sum(points for _, points in ranking)
    found = [Candidate(code, round(points / total, 4)) for code, points in ranking[:CANDIDATES_MOST]]
    if len(found) < CANDIDATES:
        named = [code for code, _ in ranking]
        found += [each for each in COMMONEST if each.agency_type not in named][: CANDIDATES - len(found)]
    return tuple(found)


def _because(evidence: Evidence, topic: Topic | None, kind: AgencyType | None) -> tuple[str, ...]:
    """The words that decided, in plain sentences."""
    reasons: list[str] = []
    if topic is not None:
        reasons.append(f"kata {_quoted(evidence.words_for(topic=topic.id))} menunjuk topik {topic.name}")
    named = evidence.words_for(agency_type=kind.code) if kind else ()
    if kind is not None and named:
        reasons.append(f"sebutan {_quoted(named)} menunjuk {kind.short_name}")
    return tuple(reasons)


def _quoted(words: tuple[str, ...]) -> str:
    shown = ", ".join(f'"{each}"' for each in words[:WORDS_SHOWN])
    return f"{shown} dan {len(words) - WORDS_SHOWN} lagi" if len(words) > WORDS_SHOWN else shown
