"""What the decisions of people teach: words, odds, and the effect on texts that were not learnt from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reference import load_router
from routing.agencies import TRIAGE, Agency, Directory
from routing.classify import Router
from routing.learn import Decided, Effect, Lesson, Proposal, learn
from routing.learn_candidates import HEAVIEST, STEP, find_candidates
from routing.learn_cases import CONFIRMED, MOVED, read_cases
from routing.learn_file import as_toml
from routing.learn_odds import Count, odds
from routing.learn_trial import with_keywords
from routing.learn_words import FILLER, LONGEST, OPENING, name_words, phrases
from routing.places import Gazetteer
from routing.regions import Region
from routing.topics import AgencyType, Topic, TopicIndex

TYPES = tuple(AgencyType(code, "pemda", code, code) for code in ("PUPR", "DLH", "DISTAN", "SETDA"))
ROADS = Topic("jalan", 1, "Jalan", "pengaduan", "kabkota", "PUPR", keywords={"jalan rusak": 4.0, "lubang": 2.0})
WASTE = Topic("sampah", 2, "Sampah", "pengaduan", "kabkota", "DLH", keywords={"sampah": 3.0, "asap": 0.5})
FARMS = Topic("ternak", 3, "Ternak", "pengaduan", "kabkota", "DISTAN", keywords={"sawah": 3.0})

# Said around the matter, so that no two texts are alike.
AROUND = ("sejak lebaran", "kata tetangga", "setiap pagi", "menjelang hujan", "sudah lama", "di kampung kami", "lagi")
PLAIN = (("jalan rusak", "PUPR"), ("tumpukan sampah", "DLH"), ("sawah kering", "DISTAN"))


@pytest.fixture(scope="module")
def small() -> Router:
    """Three topics, one region and the triage desk."""
    places = Gazetteer([Region("35", "Jawa Timur", "province"), Region("35.07", "Malang", "kabupaten")])
    desk = Agency("TRIAGE", "Triase", "Triase", TRIAGE, "", ("triase@desk.example",))
    return Router(TopicIndex([ROADS, WASTE, FARMS], TYPES), places, Directory([desk]))


def told(
    matter: str, agency_type: str, count: int = 24, citizen: str | None = None, moved: bool = True
) -> list[Decided]:
    """Reports of one matter in many words, by as many citizens or by one."""
    return [
        Decided(
            f"{matter}-{i}",
            f"{AROUND[i % len(AROUND)]} {matter} {i}",
            agency_type,
            citizen or f"{matter}{i}",
            moved=moved,
        )
        for i in range(count)
    ]


def past(*more: Sequence[Decided]) -> list[Decided]:
    """What is routed rightly already, and more."""
    return [each for texts in (*(told(*plain) for plain in PLAIN), *more) for each in texts]


# Proposals


def test_proposes_the_word_that_a_topic_lacks(small: Router) -> None:
    """With the topic, a weight, its support, its effect on the texts it was not learnt from, and two examples."""
    lesson = learn(small, past(told("kandang ayam bau", "DISTAN")))
    (proposal,) = lesson.proposals
    assert ("ternak", "DISTAN", None, 24, 24) == (
        *(proposal.topic, proposal.agency_type, proposal.known, proposal.tickets, proposal.citizens),
    )
    assert set(proposal.words.split()) <= {"kandang", "ayam", "bau"}
    assert (24, 0) == proposal.effect[:2]
    assert ("kandang ayam bau-0", "kandang ayam bau-1") == proposal.examples
    assert proposal.weight > 0


def test_tells_what_all_proposals_would_change(small: Router) -> None:
    """Each half of the texts is judged by what the other half alone teaches."""
    lesson = learn(small, past(told("kandang ayam bau", "DISTAN", 48)))
    assert (120, 72, 48, 120) == (lesson.tickets, lesson.right, lesson.effect.right, lesson.right_after)


def test_raises_the_weight_of_a_word_that_weighs_too_little(small: Router) -> None:
    """What is told is the weight it has today, and the new one."""
    lesson = learn(small, past(told("asap jalan rusak", "DLH")))
    (proposal,) = [each for each in lesson.proposals if each.words == "asap"]
    assert ("sampah", 0.5) == (proposal.topic, proposal.known)
    assert proposal.weight > 4.0


def test_does_not_go_beyond_the_heaviest_weight(small: Router) -> None:
    """A word that has it already is no proposal, even where it is not enough."""
    topics = [replace(ROADS, keywords={"jalan rusak": 5.0, "lubang": 4.0}), replace(WASTE, keywords={"asap": HEAVIEST})]
    router = replace(small, topics=TopicIndex(topics, TYPES))
    proposals = learn(router, past(told("asap lubang jalan rusak", "DLH"))).proposals
    assert ("sampah", "asap") not in {(each.topic, each.words) for each in proposals}


def test_proposes_words_that_argue_against_a_topic(small: Router) -> None:
    """A `lubang` with a `tikus` is none in the road; `tikus` says no more than that."""
    material = past(told("lubang tikus dekat tumpukan sawah", "DISTAN"), told("lubang", "PUPR", 48))
    cases = read_cases(replace(small, topics=_farms_are_weak(small)), material, 5)
    found = find_candidates(replace(small, topics=_farms_are_weak(small)), cases, 5)
    against = {each.found.words: each.found for each in found if each.found.against}
    assert ("jalan", "PUPR") == (against["tikus"].topic, against["tikus"].agency_type)
    assert all(each.weight < 0 for each in against.values())


def _farms_are_weak(router: Router) -> TopicIndex:
    return TopicIndex([ROADS, WASTE, replace(FARMS, keywords={"sawah": 1.0})], router.topics.types.values())


def test_a_word_that_helps_as_often_as_it_harms_is_not_proposed(small: Router) -> None:
    """`bau` stands in texts about waste as often."""
    lesson = learn(small, past(told("bau", "DISTAN"), told("sampah bau", "DLH", 48)))
    assert () == tuple(each for each in lesson.proposals if each.effect.wrong >= each.effect.right)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(told("kandang ayam bau", "DISTAN", citizen="one"), id="one citizen"),
        pytest.param(told("kandang ayam bau", "DISTAN", 4), id="too few"),
        pytest.param(told("sekolah", "SETDA"), id="no topic leads there"),
        pytest.param(told("jalan rusak parah", "PUPR"), id="right already"),
        pytest.param([], id="nothing"),
    ],
)
def test_proposes_nothing_without_enough_to_learn_from(small: Router, texts: list[Decided]) -> None:
    """No one citizen teaches the gateway, nor do a handful of reports."""
    assert () == learn(small, past(texts)).proposals


def test_counts_what_it_learns_from(small: Router) -> None:
    """Moved by a person, confirmed by the agency, and left out because no topic leads there."""
    lesson = learn(small, past(told("lubang", "PUPR", 3, moved=False), told("rapat", "SETDA", 2)))
    assert (75, 72, 3, {"SETDA": 2}) == (lesson.tickets, lesson.moved, lesson.confirmed, lesson.left_out)


def test_what_a_person_moved_weighs_more(small: Router) -> None:
    """An agency that finishes a report confirms the guess, but weakly."""
    moved, confirmed = read_cases(small, [*told("a", "DLH", 1), *told("b", "DLH", 1, moved=False)], 5)
    assert (MOVED, CONFIRMED) == (moved.weight, confirmed.weight)


def test_proposes_at_most_as_many_as_asked_for(small: Router) -> None:
    """The clearest ones."""
    material = past(told("kandang bau", "DISTAN"), told("limbah pabrik", "DLH"), told("aspal tipis", "PUPR"))
    assert 3 == len(learn(small, material).proposals)
    assert 2 == len(learn(small, material, most=2).proposals)


def test_gives_the_same_answer_twice_and_changes_nothing(small: Router) -> None:
    """The router that was asked decides as before."""
    material = past(told("kandang ayam bau", "DISTAN"))
    assert learn(small, material) == learn(small, material)
    assert small.classify("kandang ayam bau").agency_type is None


def test_weights_keep_to_the_scale_of_the_topics_file(small: Router) -> None:
    """In steps of a half, at most 5 for a topic or against it."""
    material = past(told("asap jalan rusak lubang", "DLH"), told("kandang ayam bau", "DISTAN"))
    weights = [each.weight for each in learn(small, material).proposals]
    assert weights
    assert all(0 < abs(weight) <= HEAVIEST and weight % STEP == 0 for weight in weights)


def test_a_weight_of_zero_takes_a_word_out(small: Router) -> None:
    """As in the topics' file."""
    (found, *_) = find_candidates(small, read_cases(small, past(told("bau", "DISTAN")), 5), 5)
    changed = with_keywords(small, [found.found._replace(topic="jalan", words="lubang", weight=0.0)])
    assert ("PUPR", None) == (small.classify("lubang").agency_type, changed.classify("lubang").agency_type)


# Words


@given(st.lists(st.sampled_from(("di", "belum", "cair", "rt", "05", "b3", "pak", "a", "lampu", "terima"))))
def test_phrases_are_words_without_filler_at_their_ends(tokens: list[str]) -> None:
    """One to three words of letters, in the order of the text."""
    line = f" {' '.join(tokens)} "
    for phrase in phrases(tokens):
        words = phrase.split()
        assert f" {phrase} " in line
        assert 1 <= len(words) <= LONGEST
        assert all(word.isalpha() and len(word) > 1 for word in words)
        assert not {words[0], words[-1]} & FILLER
        assert words[-1] not in OPENING


def test_a_word_that_turns_the_meaning_opens_a_phrase() -> None:
    """`belum cair` says what neither word says."""
    assert {"cair", "belum cair"} == phrases(["belum", "cair"])


def test_names_are_not_proposed(small: Router) -> None:
    """Neither regions, nor what follows `desa` or `masjid`, whatever else they would teach."""
    lesson = learn(small, past(told("kandang desa bunga mekar malang", "DISTAN")))
    words = {word for each in lesson.proposals for word in each.words.split()}
    assert words
    assert not words & {"bunga", "mekar", "malang"}


def test_a_word_that_topics_know_is_no_name() -> None:
    """`jalan rusak` is no street."""
    texts = [["jalan", "rusak"], ["jalan", "bunga", "mekar"], ["lampu", "mekar"]]
    assert {"bunga", "mekar"} == name_words(texts, {"jalan", "rusak"})


# Odds and effect

counts = st.integers(0, 50).flatmap(lambda n: st.builds(Count, st.integers(0, n).map(float), st.just(float(n))))


@given(counts, counts)
def test_odds_are_finite_and_fair(one: Count, other: Count) -> None:
    """Turned round they have the other sign, and equal groups do not differ."""
    everything = Count(one.holding + other.holding, one.texts + other.texts)
    there, back = odds(one, other, everything), odds(other, one, everything)
    assert all(math.isfinite(each) for each in there)
    assert there == pytest.approx((-back.difference, -back.z))
    assert (0.0, 0.0) == odds(one, one, everything)


def test_odds_grow_with_the_evidence() -> None:
    """The same shares in ten times as many texts are ten times as sure, more or less."""
    few = odds(Count(3, 10), Count(1, 10), Count(4, 20))
    many = odds(Count(30, 100), Count(10, 100), Count(40, 200))
    assert few.z < 1.96 < many.z


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        (0, 0, False),
        (3, 0, False),
        (4, 0, True),
        (7, 1, True),
        (5, 3, False),
        (20, 12, False),
        (60, 30, True),
        (0, 9, False),
    ],
)
def test_an_effect_must_be_more_than_luck(right: int, wrong: int, expected: bool) -> None:
    """By McNemar's test."""
    assert expected is Effect(right, wrong).does_good


# The file


def test_writes_a_topics_file_that_the_configuration_can_name(tmp_path: Path) -> None:
    """The keys are merged with those shipped, and the evidence stands beside them."""
    effect = Effect(9, 1, 2, 3)
    road = Proposal("kubangan kerbau", "jalan-lokal", "PUPR", 2.5, None, 12, 11, 4.2, effect, ("4821309764",))
    known = replace(road, words="jalan rusak", weight=4.5, known=4.0)
    waste = replace(road, words="puntung", topic="sampah", agency_type="DLH", weight=-1.0)
    lesson = Lesson(30, 5, {}, 20, effect, (road, waste, known))
    file = tmp_path / "topics.toml"
    file.write_text(as_toml(lesson))
    topics = load_router(topics=file).topics.topics
    assert (2.5, 4.5) == tuple(topics["jalan-lokal"].keywords[words] for words in ("kubangan kerbau", "jalan rusak"))
    assert -1.0 == topics["sampah"].keywords["puntung"]
    assert "# now 4.0; 12 reports of 11 citizens; tested: 9 become right, 1 wrong; see 4821309764" in file.read_text()
    assert "# new; 12 reports" in file.read_text()
