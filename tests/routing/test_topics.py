"""What a text is about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.classify import Router
from routing.text import Slang, normalise
from routing.topics import (
    ADDRESSED,
    CHANNEL_WEIGHT,
    LANDMARK,
    TO_LOCAL,
    AgencyType,
    Evidence,
    Footing,
    Topic,
    TopicIndex,
    confidence_of,
    spelled_out,
)

TYPES = (
    AgencyType("PUPR", "pemda", "Dinas Pekerjaan Umum", "Dinas PU", ("dinas pu",)),
    AgencyType("DISHUB", "pemda", "Dinas Perhubungan", "Dishub", ("dishub", "perhubungan")),
    AgencyType("POLRI", "nasional", "Kepolisian", "Polri", ("polisi",)),
    AgencyType("KEMENPUPR", "nasional", "Kementerian PU", "Kementerian PU"),
)
ROAD = Topic(
    "jalan",
    3,
    "Jalan",
    "pengaduan",
    "kabkota",
    "PUPR",
    "KEMENPUPR",
    also=("DISHUB",),
    keywords={"jalan rusak": 4.0, "jalan + rusak": 2.0, "lubang": 1.0, "lampu": -3.0},
)
TRAFFIC = Topic(
    "lalin", 35, "Lalu lintas", "pengaduan", "kabkota", "DISHUB", keywords={"polisi tidur": 3.0, "macet": 3.0}
)
TOLL = Topic("tol", 1, "Tol", "pengaduan", "nasional", "PUPR", "KEMENPUPR", keywords={"tol": 4.0})
CRIME = Topic("kriminal", 38, "Kriminal", "pengaduan", "nasional", None, "POLRI", keywords={"begal": 4.0})
INDEX = TopicIndex([ROAD, TRAFFIC, TOLL, CRIME], TYPES)

FIRST = 1.6  # what the first word of a text counts


def weigh(text: str, footing: Footing = "placed", type_hint: str | None = None, index: TopicIndex = INDEX) -> Evidence:
    """Weigh a text and round its points, so that they can be compared."""
    found = index.weigh(normalise(text), footing, type_hint)
    rounded = (
        {key: round(points, 3) for key, points in each.items()} for each in (found.topics, found.types, found.own)
    )
    return Evidence(*rounded, found.found, found.keywords)


def test_a_keyword_gives_its_points_once() -> None:
    """Saying it three times makes it no truer; where it counts most, it counts."""
    assert {"jalan": FIRST} == weigh("lubang lubang lubang").topics
    assert [(3, 4, 1.522)] == [
        (mark.start, mark.end, round(mark.points, 3)) for mark in weigh("depan lubang itu lubang").marks
    ]


@pytest.mark.parametrize(("words_before", "expected"), [(0, 1.6), (1, 1.571), (20, 1.3), (40, 1.2), (200, 1.055)])
def test_early_words_count_more(words_before: int, expected: float) -> None:
    """People begin with the matter; far behind, a word counts what its weight says."""
    assert {"jalan": expected} == weigh("kata " * words_before + "lubang").topics


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("kata dekat lubang", LANDMARK),
        ("dekat kata lubang", LANDMARK),
        ("dekat kata kata lubang", 1.0),
        ("kata kata lubang dekat", 1.0),
        ("kata depannya lubang", LANDMARK),
    ],
)
def test_landmarks_count_little(text: str, share: float) -> None:
    """`jalan rusak depan puskesmas` is no matter of the puskesmas."""
    at = text.split().index("lubang")
    expected = share * (1 + 0.6 * 40 / (40 + 2 * at))
    assert {"jalan": pytest.approx(expected, abs=0.001)} == weigh(text).topics


def test_a_longer_phrase_hides_the_shorter_inside() -> None:
    """In `polisi tidur` there are no police."""
    assert [("DISHUB", 4.8)] == weigh("polisi tidur terlalu tinggi").ranking()
    assert [("POLRI", 4.8)] == weigh("polisi suka tidur").ranking()


def test_points_are_shared_among_the_competent() -> None:
    """The first in line gets all, the second and the others a part; only the first has them of its own."""
    found = weigh("jalan rusak")
    assert [("PUPR", 6.4), ("KEMENPUPR", 2.56), ("DISHUB", 1.6)] == found.ranking()
    assert {"PUPR": 6.4} == found.own


LOCAL, NATIONAL = "PUPR", "KEMENPUPR"


@pytest.mark.parametrize(
    ("level", "footing", "expected"),
    [
        ("kabkota", "nowhere", (LOCAL, NATIONAL)),
        ("kabkota", "placed", (LOCAL, NATIONAL)),
        ("kabkota", "home", (LOCAL, NATIONAL)),
        ("provinsi", "nowhere", (LOCAL, NATIONAL)),
        ("provinsi", "placed", (LOCAL, NATIONAL)),
        ("provinsi", "home", (LOCAL, NATIONAL)),
        ("nasional", "nowhere", (NATIONAL, LOCAL)),
        ("nasional", "placed", (NATIONAL, LOCAL)),
        ("nasional", "home", (LOCAL, NATIONAL)),
        ("berjenjang", "nowhere", (NATIONAL, LOCAL)),
        ("berjenjang", "placed", (LOCAL, NATIONAL)),
        ("berjenjang", "home", (LOCAL, NATIONAL)),
    ],
)
def test_level_and_place_say_who_is_asked_first(level: str, footing: Footing, expected: tuple[str, str]) -> None:
    """A national matter is the ministry's, unless a city's own gateway is asked; a shared one is told by the place."""
    topic = Topic("t", 1, "T", "pengaduan", level, LOCAL, NATIONAL, also=("DISHUB",), keywords={"tol": 5.0})
    assert (*expected, "DISHUB") == topic.agency_types(footing)
    found = weigh("tol", footing, index=TopicIndex([topic], TYPES))
    assert [(expected[0], 8.0), (expected[1], 3.2), ("DISHUB", 2.0)] == found.ranking()


def test_a_topic_may_be_of_one_type_only() -> None:
    """Whom nobody named gets no points, and who is named twice gets them once."""
    twice = Topic("t", 1, "T", "pengaduan", "nasional", "PUPR", "POLRI", also=("POLRI", "DISHUB"))
    assert ("POLRI", "PUPR", "DISHUB") == twice.agency_types()
    assert ("DISHUB",) == TRAFFIC.agency_types("home")
    assert ("POLRI",) == CRIME.agency_types("nowhere")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jalan depan rumah saya rusak", 2.0 * FIRST),
        ("rusak sudah lama jalan itu", 2.0 * FIRST),
        ("jalan dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas duabelas rusak", 2.0 * FIRST),
        ("jalan dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas duabelas tigabelas rusak", 0.0),
        ("jalan itu bagus", 0.0),
        ("rusak", 0.0),
    ],
)
def test_a_pair_counts_when_its_halves_are_near(text: str, expected: float) -> None:
    """`jalan + rusak`: within twelve words, in any order."""
    assert round(expected, 3) == weigh(text).topics.get("jalan", 0.0)


@pytest.mark.parametrize(
    ("text", "paired"),
    [
        ("jalan desa ini rusak parah", True),
        ("rusak parah jalan desa ini", True),
        ("jalan rusak parah", False),
        ("jalan sepi ini rusak parah", False),
        ("akses jalan ini rusak parah", False),
    ],
)
def test_a_longer_phrase_is_the_half_it_hides(text: str, *, paired: bool) -> None:
    """Of the same topic, where it speaks for it and has one half in it only: `jalan rusak` is no pair of itself."""
    words = {"jalan + rusak": 3.0, "rusak parah": 1.0, "jalan desa": 1.0, "jalan rusak": 1.0, "jalan sepi": -1.0}
    roads = Topic("t", 1, "T", "pengaduan", "kabkota", "PUPR", keywords=words)
    other = Topic("u", 2, "U", "pengaduan", "kabkota", "DISHUB", keywords={"akses jalan": 1.0})
    found = {mark.keyword.words for mark in weigh(text, index=TopicIndex([roads, other], TYPES)).marks}
    assert paired == ("jalan ... rusak" in found)


def test_a_pair_is_shown_whole() -> None:
    """Both halves in one mark, from the first word to the last."""
    (mark,) = weigh("katanya rusak sudah lama jalan itu").marks
    assert (1, 5, "jalan ... rusak") == (mark.start, mark.end, mark.keyword.words)


def test_one_line_may_stand_for_many_keywords() -> None:
    """`petugas | pegawai + kasar` is two pairs; each counts once, and they add up."""
    rude = Topic(
        "t", 1, "T", "pengaduan", "kabkota", "PUPR", keywords={"petugas|pegawai negeri + kasar": 2.0, "a | b": 1.0}
    )
    index = TopicIndex([rude], TYPES)
    assert ["petugas ... kasar", "pegawai negeri ... kasar", "a", "b"] == [each.words for each in index.keywords[:4]]
    assert {"t": 3.2} == weigh("petugas kasar petugas kasar", index=index).topics
    assert {"t": 6.4} == weigh("kasar petugas dan pegawai negeri", index=index).topics
    assert {"t": 1.6} == weigh("b", index=index).topics
    assert [("jalan", "rusak")] == spelled_out("jalan+rusak")


def test_a_word_is_no_pair_with_itself() -> None:
    """`rumah + rumah` needs two of them."""
    twice = TopicIndex([Topic("t", 1, "T", "pengaduan", "kabkota", "PUPR", keywords={"rumah + rumah": 2.0})], TYPES)
    assert {} == weigh("rumah saya", index=twice).topics
    assert {"t": 3.2} == weigh("rumah ke rumah", index=twice).topics


def test_negative_words_argue_against() -> None:
    """A topic below zero gives nobody points, and what speaks against it is no word for it."""
    found = weigh("lampu dan lubang")
    assert [] == found.ranking()
    assert {"jalan": -3.255} == found.topics
    assert ("lubang",) == found.words_for(topic="jalan")


def test_a_named_agency_is_a_hint() -> None:
    """It adds points to its type, more for a national one, and is kept apart from the topic's words."""
    found = weigh("dishub polisi jalan rusak")
    assert ("dishub",) == found.words_for(agency_type="DISHUB")
    assert ("jalan rusak",) == found.words_for(topic="jalan")
    assert () == found.words_for(agency_type="PUPR")
    assert {"DISHUB": 3.2, "POLRI": 4.714} == {code: found.own[code] for code in ("DISHUB", "POLRI")}


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("yth dishub", ADDRESSED),
        ("kepada kepala dinas dishub", ADDRESSED),
        ("kepada bapak pimpinan kantor dishub", 1.0),
        ("dishub kepada", 1.0),
    ],
)
def test_an_addressee_is_meant_more(text: str, share: float) -> None:
    """Who stands within three words behind `kepada` or `yth`."""
    at = text.split().index("dishub")
    assert pytest.approx(2.0 * share * (1 + 24 / (40 + 2 * at)), abs=0.001) == weigh(text).types["DISHUB"]


def test_an_addressed_matter_counts_as_ever() -> None:
    """Only agencies are addressed."""
    assert weigh("kata lubang").topics == weigh("kepada lubang").topics


def test_a_channel_word_names_a_type() -> None:
    """`PLN# ...` is the sender's own addressee, whatever the text says."""
    assert {"POLRI": CHANNEL_WEIGHT} == weigh("halo", type_hint="POLRI").types
    assert {"POLRI": CHANNEL_WEIGHT + 4.8} == weigh("polisi", type_hint="POLRI").own
    assert {} == weigh("halo").types


def test_who_writes_to_the_mayor_means_no_matter_of_the_state() -> None:
    """A topic without a local agency counts less; one with a local agency does not."""
    assert round(4.0 * 1.6 * TO_LOCAL, 3) == weigh("begal pak bupati").types["POLRI"]
    assert 6.4 == weigh("begal pak lurah").types["POLRI"]
    assert 6.4 == weigh("tol pak bupati").types["KEMENPUPR"]
    assert {"kriminal": 6.4} == weigh("begal pak bupati").topics


def test_words_are_read_as_they_are_meant() -> None:
    """`macetnya` is macet, and a word that is none of ours stays what it is."""
    assert {"lalin": 4.8} == weigh("macetnya parah, tanyanya lagi").topics


def test_good_words_are_no_slips_of_a_keyword() -> None:
    """Unless they are named as ordinary, one letter makes a keyword of them."""
    assert {"DISHUB": 3.2} == weigh("perhubungam").types
    assert {} == weigh("perhubungam", index=TopicIndex([], TYPES, ordinary=["perhubungam"])).types


def test_accounts_are_read_by_their_beginning() -> None:
    """`dishubkotabdg` names the Dishub; `dinas pu` is two words, and opens none."""
    assert {"DISHUB": 3.2} == weigh("dishubkotabdg").types
    assert {} == weigh("dinaskotabdg").types


def test_other_topics_are_read_the_same_way() -> None:
    """Slang, ordinary words and the names of agencies stay."""
    index = TopicIndex([ROAD], TYPES, Slang({"mct": ("macet",)}), ["perhubungam"]).with_topics([TRAFFIC])
    assert ["lalin"] == list(index.topics)
    assert {"lalin": 4.8} == weigh("macet", index=index).topics
    assert {"POLRI": 4.714} == weigh("perhubungam polisi", index=index).types
    jam = Topic("x", 1, "X", "pengaduan", "kabkota", "DISHUB", keywords={"mct": 1.0})
    assert {"x": 1.6} == weigh("macet", index=index.with_topics([jam])).topics


def test_the_best_topic_is_one_of_that_agency() -> None:
    """Asked for the Dishub, the road does not answer."""
    found = weigh("jalan rusak, macet, tol")
    assert TRAFFIC == INDEX.best_topic(found, "DISHUB")
    assert TOLL == INDEX.best_topic(found, "KEMENPUPR")
    assert INDEX.best_topic(found, "POLRI") is None
    assert INDEX.best_topic(weigh("lampu"), "PUPR") is None


def test_at_home_another_topic_may_be_the_best() -> None:
    """The toll road is first the city's own agency's there, and elsewhere behind the road."""
    found = weigh("jalan rusak dekat tol")
    assert (ROAD, ROAD) == (INDEX.best_topic(found, "PUPR"), INDEX.best_topic(found, "PUPR", "home"))
    found = weigh("tol kata macet jalan rusak")
    assert (ROAD, TOLL) == (INDEX.best_topic(found, "PUPR"), INDEX.best_topic(found, "PUPR", "home"))


def test_confidence_grows_with_the_lead_over_rivals() -> None:
    """The ministry behind the local agency is no rival; another agency is, and so is each that may be competent."""
    alone, contested = weigh("jalan rusak"), weigh("jalan rusak macet")
    assert 0.81 == alone.confidence("PUPR")
    assert 0.646 == alone.confidence("PUPR", others=2)
    assert contested.confidence("PUPR") < alone.confidence("PUPR")
    assert 0.0 == alone.confidence("POLRI")


@given(st.floats(0.01, 100), st.floats(0, 100), st.integers(0, 5))
def test_nobody_is_ever_certain(points: float, rival: float, others: int) -> None:
    """More points make surer, a rival and others less sure; it stays below one."""
    found = confidence_of(points, rival, others)
    assert 0 <= found < 1
    assert confidence_of(points + 1, rival, others) >= found
    assert confidence_of(points, rival + 1, others) <= found
    assert confidence_of(points, rival, others + 1) <= found
    assert 0.0 == confidence_of(-points, rival, others) == confidence_of(0.0, rival, others)


def test_keywords_meet_the_text_after_slang() -> None:
    """A keyword is normalised like the text it is looked for in, and shown so."""
    slang = Slang({"rsk": ("rusak",), "pak": ("bapak",)})
    road = Topic("jalan", 3, "Jalan", "pengaduan", "kabkota", "PUPR", keywords={"jalan rsk": 4.0, "pak + rsk": 1.0})
    index = TopicIndex([road], TYPES, slang)
    assert {"jalan": 6.4} == weigh("jalan rusak", index=index).topics
    assert {"jalan": 1.6} == weigh("bapak itu rusak", index=index).topics
    assert ["jalan rusak", "bapak ... rusak"] == [each.words for each in index.keywords[:2]]


@given(
    st.lists(
        st.sampled_from(
            [
                "jalan",
                "rusak",
                "lampu",
                "polisi",
                "tidur",
                "macet",
                "dishub",
                "tol",
                "x",
                "depan",
                "yth",
                "bupati",
                "begal",
            ]
        ),
        max_size=30,
    ),
    st.sampled_from(["nowhere", "placed", "home"]),
    st.sampled_from([None, *(each.code for each in TYPES)]),
)
def test_any_text_is_weighed(words: list[str], footing: Footing, type_hint: str | None) -> None:
    """Rankings fall and hold only positive points, confidence stays below 1, and marks lie in the text."""
    found = INDEX.weigh(normalise(" ".join(words)), footing, type_hint)
    points = [each for _, each in found.ranking()]
    assert sorted(points, reverse=True) == points
    assert all(each > 0 for each in points)
    assert all(0 <= found.confidence(each.code) < 1 for each in TYPES)
    assert all(found.own[code] <= found.types[code] + 1e-9 for code in found.own)
    assert all(0 <= mark.start < mark.end <= len(words) for mark in found.marks)


# What is shipped


def keywords(router: Router) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every keyword of every topic with its one or two phrases as they are written."""
    for topic in router.topics.topics.values():
        for keyword in topic.keywords:
            yield from ((topic.id, way) for way in spelled_out(keyword))


def test_no_shipped_keyword_stands_twice_in_a_topic(router: Router) -> None:
    """Two that are one after slang, or a pair and the same turned round, would both give their points."""
    seen: dict[tuple[str, ...], str] = {}
    twice = []
    for topic, parts in keywords(router):
        key = (topic, *sorted(normalise(part, router.slang).text for part in parts))
        written = " + ".join(part.strip() for part in parts)
        if key in seen:
            twice.append(f"{topic}: {seen[key]} = {written}")
        seen[key] = written
    assert [] == twice


def test_no_shipped_keyword_becomes_a_word_of_two_letters(router: Router) -> None:
    """Slang may turn an abbreviation into a word that stands everywhere."""
    short = [
        f"{topic}: {part.strip()}"
        for topic, parts in keywords(router)
        for part in parts
        if len(normalise(part, router.slang).text) <= 2 and normalise(part) != normalise(part, router.slang)
    ]
    assert [] == short


def test_no_shipped_keyword_is_a_word_that_says_nothing(router: Router) -> None:
    """`yg`, and what slang makes of it, stand in every text."""
    empty = {"yang", "dan", "di", "ke", "ada", "tidak", "sudah", "belum", "sama", "pada", "bukan", "saya", "kami"}
    found = [
        f"{topic}: {parts[0].strip()}"
        for topic, parts in keywords(router)
        if len(parts) == 1 and normalise(parts[0], router.slang).text in empty
    ]
    assert [] == found


def test_shipped_keywords_have_one_phrase_or_two(router: Router) -> None:
    """`a + b`; an empty half, or a third one, would never be found."""
    odd = [
        f"{topic}: {parts}"
        for topic, parts in keywords(router)
        if len(parts) > 2 or not all(normalise(part).tokens for part in parts)
    ]
    assert [] == odd


def test_every_row_of_the_table_has_a_topic(router: Router) -> None:
    """Rows 1 to 44, and two examples for each topic."""
    topics = list(router.topics.topics.values())
    assert set(range(1, 45)) <= {each.number for each in topics}
    assert [] == [each.id for each in topics if len(each.examples) < 2]
