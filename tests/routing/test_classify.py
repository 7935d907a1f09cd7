"""The decision about a text: on rules made for the test, then on what is shipped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.agencies import Agency, Directory
from routing.classify import CANDIDATES, CANDIDATES_MOST, COMMONEST, INSTEAD, Decision, Router
from routing.competence import Competence, LocalRule
from routing.danger import Danger, DangerRule
from routing.klass import Classes
from routing.places import Gazetteer
from routing.regions import Region
from routing.topics import DOUBT, OTHERS, AgencyType, Topic, TopicIndex

TYPES = (
    AgencyType("PUPR", "pemda", "Dinas Pekerjaan Umum", "Dinas PU", ("dinas pu",)),
    AgencyType("DISHUB", "pemda", "Dinas Perhubungan", "Dishub", ("dishub",)),
    AgencyType("DINSOS", "pemda", "Dinas Sosial", "Dinsos"),
    AgencyType("DP3AKB", "pemda", "Dinas Pemberdayaan Perempuan", "DP3A"),
    AgencyType("INSPEKTORAT", "pemda", "Inspektorat Daerah", "Inspektorat"),
    AgencyType("PEMDA_UMUM", "pemda", "Pemerintah daerah", "Pemda"),
    AgencyType("KEMENPUPR", "nasional", "Kementerian Pekerjaan Umum", "Kementerian PU"),
    AgencyType("KEMENSOS", "nasional", "Kementerian Sosial", "Kemensos"),
    AgencyType("POLRI", "nasional", "Kepolisian", "Polri", ("polisi",)),
    AgencyType("KPK_KEJAKSAAN", "nasional", "KPK dan Kejaksaan", "KPK"),
    AgencyType("OMBUDSMAN", "nasional", "Ombudsman", "Ombudsman RI", ("ombudsman",)),
    AgencyType("TRIAGE", "nasional", "Petugas triase", "Petugas 1708"),
)
COMPLAINT, SUPERVISION = "pengaduan", "pengawasan"
TOPICS = (
    Topic("jalan", 3, "Jalan", COMPLAINT, "kabkota", "PUPR", "KEMENPUPR", keywords={"jalan rusak": 5.0}),
    Topic("jalan-prov", 2, "Jalan provinsi", COMPLAINT, "provinsi", "PUPR", keywords={"jalan provinsi": 5.0}),
    Topic("tol", 1, "Jalan tol", COMPLAINT, "nasional", "PUPR", "KEMENPUPR", keywords={"tol": 5.0}),
    Topic("lampu", 4, "Lampu jalan", COMPLAINT, "kabkota", "DISHUB", keywords={"lampu": 5.0, "tiang": 0.5}),
    Topic(
        *("bansos", 16, "Bansos", COMPLAINT, "berjenjang", "DINSOS", "KEMENSOS"),
        keywords={"bansos": 5.0, "kartu": 3.0},
    ),
    Topic("sim", 24, "SIM", COMPLAINT, "nasional", None, "POLRI", keywords={"sim": 4.0}),
    Topic("kdrt", 39, "Kekerasan", COMPLAINT, "kabkota", "DP3AKB", confidential=True, keywords={"dipukuli": 3.0}),
    Topic(
        *("pungli", 30, "Pungli", SUPERVISION, "kabkota", "INSPEKTORAT"),
        also=("KPK_KEJAKSAAN",),
        confidential=True,
        conduct=True,
        keywords={"pungli": 5.0, "setoran": 5.0},
    ),
    Topic("perilaku", 46, "Perilaku petugas", SUPERVISION, "kabkota", conduct=True, keywords={"membentak": 4.0}),
)
REGIONS = (
    Region("31", "DKI Jakarta", "province"),
    Region("31.74", "Jakarta Selatan", "kota"),
    Region("33", "Jawa Tengah", "province"),
    Region("33.01", "Cilacap", "kabupaten"),
    Region("35", "Jawa Timur", "province"),
    Region("35.07", "Malang", "kabupaten"),
    Region("35.07.24", "Singosari", "kecamatan"),
    Region("35.73", "Malang", "kota"),
    Region("35.78", "Surabaya", "kota"),
)


def agency(code: str, email: str | None = "a@b.example") -> Agency:
    """`PUPR-35.07` is the PUPR of 35.07, `POLRI` the one of the country; called by its code."""
    kind, _, region = code.partition("-")
    return Agency(code, code, code, kind, region, (email,) if email else ())


OFFICES = (
    *("PUPR-35.07", "PUPR-35.73", "PUPR-35", "PUPR-31", "DISHUB-35.07", "DINSOS-35.73", "DP3AKB-35.73"),
    *("INSPEKTORAT-35", "INSPEKTORAT-35.73", "INSPEKTORAT-31", "PEMDA_UMUM-35.78", "PEMDA_UMUM-33", "PUPR-35.78"),
    *("KEMENPUPR", "KEMENSOS", "POLRI", "OMBUDSMAN", "TRIAGE"),
)
AGENCIES = Directory([*map(agency, OFFICES), agency("DISHUB-35.73", email=None)])
SMALL = Router(
    topics=TopicIndex(TOPICS, TYPES),
    places=Gazetteer(REGIONS),
    agencies=AGENCIES,
    danger=Danger([DangerRule("api", "112", ("kebakaran",))]),
    classes=Classes([("informasi", "bagaimana cara", 3.0), ("aspirasi", "saya usul", 3.0), (COMPLAINT, "parah", 4.0)]),
)
HOME = replace(SMALL, home="35.78")


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("jalan rusak di kota malang", None, "PUPR-35.73"),
        ("jalan rusak", "35.07", "PUPR-35.07"),
        ("jalan rusak kec singosari", None, "PUPR-35.07"),
        ("jalan provinsi rusak di malang", None, "PUPR-35"),
        ("jalan provinsi di kab malang", None, "PUPR-35"),
        ("jalan rusak di jakarta selatan", None, "PUPR-31"),
        ("jalan rusak", "31", "PUPR-31"),
        ("jalan tol di kota malang", None, "KEMENPUPR"),
        ("jalan tol", None, "KEMENPUPR"),
        ("bansos di kota malang", None, "DINSOS-35.73"),
        ("kartu bansos", None, "KEMENSOS"),
    ],
)
def test_topic_and_place_find_the_agency(text: str, hint: str | None, expected: str) -> None:
    """Level by topic, DKI Jakarta as one, a channel word as place, national bodies without place."""
    found = SMALL.classify(text, hint)
    assert (expected, True, False) == (found.agency, found.routed, found.asks_place)
    assert f"diteruskan ke {expected}" == found.reasons[-1]


@pytest.mark.parametrize(
    ("text", "place"),
    [("jalan rusak", None), ("jalan rusak di malang", None), ("jalan rusak di jawa timur", "35"), ("pungli", None)],
)
def test_the_citizen_is_asked_where_it_is(text: str, place: str | None) -> None:
    """A local matter without a kabupaten or kota; no person is needed for that, and no agency is named yet."""
    found = SMALL.classify(text)
    assert ("TRIAGE", True, True, place) == (found.agency, found.routed, found.asks_place, found.place)
    assert "tempat kejadian belum diketahui" == found.reasons[-1]


def test_who_is_asked_may_need_a_person_as_well() -> None:
    """Where the topic is in doubt, too."""
    found = SMALL.classify("tiang miring")
    assert ("DISHUB", False, True) == (found.agency_type, found.routed, found.asks_place)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("halo apa kabar", "triase: topik tidak dikenali"),
        ("", "triase: topik tidak dikenali"),
        ("tiang di kab malang", "triase: keyakinan hanya 35%"),
        ("jalan rusak di kab cilacap", "triase: belum ada alamat Dinas PU untuk Kab Cilacap"),
        ("lampu di kota malang", "triase: belum ada alamat Dishub untuk Kota Malang"),
    ],
)
def test_in_doubt_a_person_decides(text: str, reason: str) -> None:
    """No topic, no agency, no mailbox or no confidence: the triage desk, and why."""
    found = SMALL.classify(text)
    assert ("TRIAGE", False, False, reason) == (found.agency, found.routed, found.asks_place, found.reasons[-1])


def test_a_national_agency_without_mailbox_is_not_routed_to() -> None:
    """Its complaints go to the triage desk."""
    silent = replace(SMALL, agencies=Directory([agency("TRIAGE"), agency("POLRI", email=None)]))
    found = silent.classify("sim hilang")
    assert ("TRIAGE", "triase: belum ada alamat Polri untuk Indonesia") == (found.agency, found.reasons[-1])


def test_the_operator_sets_from_where_on_nobody_looks() -> None:
    """The same text, two thresholds."""
    text = "tiang di kab malang"
    found = SMALL.classify(text)
    assert found.confidence < SMALL.route_from
    assert "DISHUB-35.07" == replace(SMALL, route_from=found.confidence).classify(text).agency


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lampu di surabaya", "PEMDA_UMUM-35.78"),
        ("jalan rusak di surabaya", "PUPR-35.78"),
        ("jalan provinsi di kab cilacap", "PEMDA_UMUM-33"),
    ],
)
def test_a_coordinator_passes_on_what_has_no_office_here(text: str, expected: str) -> None:
    """Each local government has one; he is of the level that is competent."""
    found = SMALL.classify(text)
    assert (expected, True) == (found.agency, found.routed)


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("jalan rusak", "35.78", "PUPR-35.78"),
        ("jalan rusak di kab malang", "35.07", "PUPR-35.07"),
        ("jalan tol", "35.78", "PUPR-35.78"),
        ("bansos", "35.78", "PEMDA_UMUM-35.78"),
        ("sim hilang", "35.78", "POLRI"),
        ("jalan provinsi", "35.78", "PUPR-35"),
    ],
)
def test_a_local_gateway_is_at_home(text: str, place: str, expected: str) -> None:
    """Without a place it is the gateway's own, and its own offices are asked first."""
    found = HOME.classify(text)
    assert (place, expected, True) == (found.place, found.agency, found.routed)


def test_the_citizen_is_asked_before_the_state_is() -> None:
    """Where the local office comes first once the place is known, a weak text without one goes to no ministry."""
    found = SMALL.classify("bansos")
    assert ("TRIAGE", False, True) == (found.agency, found.routed, found.asks_place)
    assert round(8.0 / (8.0 + DOUBT + OTHERS * (1 + INSTEAD)), 3) == found.confidence


def test_at_home_it_is_known_who_does_what() -> None:
    """Elsewhere every further competent type is a doubt."""
    text = "jalan rusak di surabaya"
    assert (0.842, 0.762) == tuple(round(each.classify(text).confidence, 3) for each in (HOME, SMALL))


RULES = Competence(
    [LocalRule("35.07", "lampu", "PUPR"), LocalRule("35", "bansos", "PUPR"), LocalRule("35.78", "jalan", "DISHUB")]
)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("lampu di kab malang", "PUPR", "PUPR-35.07"),
        ("lampu kec singosari kab malang", "PUPR", "PUPR-35.07"),
        ("lampu di surabaya", "DISHUB", "PEMDA_UMUM-35.78"),
        ("bansos di kota malang", "PUPR", "PUPR-35.73"),
        ("jalan rusak", "DISHUB", "PEMDA_UMUM-35.78"),
    ],
)
def test_a_local_government_says_otherwise(text: str, kind: str, expected: str) -> None:
    """Street lights are Dishub's here and the PU's there; the rule of the home counts where no place is named."""
    found = replace(HOME, competence=RULES).classify(text)
    assert (kind, expected) == (found.agency_type, found.agency)
    assert kind == found.candidates[0].agency_type


def test_the_type_that_leads_without_the_rule_comes_second() -> None:
    """With the same points; the rule's type stands in the list once."""
    found = replace(SMALL, competence=RULES).classify("lampu di kab malang dinas pu")
    assert ["PUPR", "DISHUB"] == [each.agency_type for each in found.candidates[:2]]
    assert found.candidates[0].score == found.candidates[1].score


@pytest.mark.parametrize(
    ("text", "kind", "chosen", "watcher"),
    [
        ("petugas dinas pu membentak warga, jalan rusak di kota malang", "PUPR", "PUPR-35.73", "INSPEKTORAT-35.73"),
        ("petugas dinas pu membentak warga, jalan rusak kab malang", "PUPR", "PUPR-35.07", "INSPEKTORAT-35"),
        ("petugas dinas pu membentak warga, jalan rusak", "PUPR", "TRIAGE", None),
        ("polisi membentak warga, sim dipersulit", "POLRI", "POLRI", "OMBUDSMAN"),
        ("polisi membentak warga, sim dipersulit di kota malang", "POLRI", "POLRI", "OMBUDSMAN"),
        ("ombudsman ombudsman membentak warga", "OMBUDSMAN", "OMBUDSMAN", None),
        ("pungli dan setoran di kota malang", "INSPEKTORAT", "INSPEKTORAT-35.73", None),
        ("jalan rusak di kota malang", "PUPR", "PUPR-35.73", None),
        ("petugas membentak di kab cilacap, jalan rusak", "PUPR", "TRIAGE", None),
    ],
)
def test_who_is_complained_of_never_gets_it_alone(text: str, kind: str, chosen: str, watcher: str | None) -> None:
    """The inspectorate over a local office, the province's where there is no nearer; the Ombudsman over the rest."""
    found = replace(SMALL, route_from=0.3).classify(text)
    assert (kind, chosen, watcher) == (found.agency_type, found.agency, found.oversight)
    assert (watcher is not None) == (
        f"menyangkut perilaku petugas: tembusan ke {watcher}" in found.reasons and bool(found.routed)
    )


def test_a_watcher_without_mailbox_watches_nothing() -> None:
    """Nobody is named who cannot be written to."""
    silent = [each for each in AGENCIES if each.type != "INSPEKTORAT"] + [agency("INSPEKTORAT-35.73", email=None)]
    found = replace(SMALL, agencies=Directory(silent)).classify("petugas membentak warga, jalan rusak di kota malang")
    assert ("PUPR-35.73", None) == (found.agency, found.oversight)


def test_at_home_the_own_inspectorate_watches() -> None:
    """Where no place is named it is the gateway's."""
    found = replace(HOME, home="35.73").classify("petugas membentak warga, jalan rusak")
    assert ("PUPR-35.73", "INSPEKTORAT-35.73") == (found.agency, found.oversight)


@pytest.mark.parametrize(
    ("text", "agency"),
    [("petugas membentak warga di kota malang", "INSPEKTORAT-35.73"), ("petugas membentak warga", "TRIAGE")],
)
def test_conduct_alone_is_the_inspectorates(text: str, agency: str) -> None:
    """No matter and no office is named, but how officials behave."""
    found = SMALL.classify(text)
    assert ("perilaku", "INSPEKTORAT", agency, None) == (found.topic, found.agency_type, found.agency, found.oversight)
    assert ("INSPEKTORAT", 1.0) == (found.candidates[0].agency_type, found.candidates[0].score)


def test_conduct_alone_without_an_inspectorate_is_a_persons() -> None:
    """Where that type does not exist."""
    topics = TopicIndex(TOPICS[-1:], [each for each in TYPES if each.code != "INSPEKTORAT"])
    found = replace(SMALL, topics=topics).classify("petugas membentak warga di kota malang")
    assert (None, None, "TRIAGE") == (found.topic, found.agency_type, found.agency)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("polisi minta setoran dan pungli", "POLRI", "OMBUDSMAN"),
        ("setoran dan pungli sim", "POLRI", "OMBUDSMAN"),
        ("setoran pungli dishub", "INSPEKTORAT", "INSPEKTORAT-35.73"),
        ("jalan rusak dinas pu minta setoran", "PUPR", "INSPEKTORAT-35.73"),
        ("bansos, lampu, dishub dishub: ada pungli", "DISHUB", "INSPEKTORAT-35.73"),
    ],
)
def test_graft_goes_to_those_who_watch_and_to_nobody_else(text: str, kind: str, expected: str) -> None:
    """A local inspectorate does not watch over the police."""
    found = replace(SMALL, route_from=0.0).classify(text + " di kota malang")
    assert (kind, kind) == (found.agency_type, found.candidates[0].agency_type)
    assert (expected, True, None, True) == (found.agency, found.routed, found.oversight, found.confidential)


def test_graft_in_an_office_that_is_a_guess_is_a_persons() -> None:
    """Whose inspectorate, nobody can be sure of; the citizen is protected all the same."""
    found = SMALL.classify("bansos, lampu, dishub dishub: ada pungli di kota malang")
    assert ("TRIAGE", False, True) == (found.agency, found.routed, found.confidential)


def test_graft_says_why_it_goes_there_alone() -> None:
    """The rule is told, and that it was not followed."""
    found = replace(SMALL, route_from=0.0).classify("jalan rusak dinas pu minta setoran di kota malang")
    assert (
        "aturan: Jalan ditangani Dinas PU kabupaten/kota",
        "menyangkut dugaan pungli: hanya ke INSPEKTORAT-35.73",
    ) == found.reasons[-2:]


def test_graft_without_a_place_is_asked_where() -> None:
    """Nobody can watch over an office that nobody knows."""
    found = SMALL.classify("jalan rusak dinas pu minta setoran")
    assert ("TRIAGE", True, None) == (found.agency, found.asks_place, found.oversight)


@pytest.mark.parametrize(
    ("text", "confidential"),
    [
        ("istri dipukuli", True),
        ("lampu lampu jalan rusak, istri dipukuli", True),
        ("jalan rusak jalan rusak, kata kata kata kata kata kata kata kata kata dekat istri dipukuli", False),
        ("jalan rusak", False),
        ("jalan rusak, minta setoran", True),
        ("petugas membentak", False),
    ],
)
def test_graft_and_violence_are_confidential(text: str, confidential: bool) -> None:
    """As the topic, or beside it where the text speaks of it clearly."""
    assert confidential == SMALL.classify(text).confidential


@pytest.mark.parametrize(
    ("text", "klass"),
    [
        ("jalan rusak", COMPLAINT),
        ("bagaimana cara lapor jalan rusak", "informasi"),
        ("saya usul lampu di sini", "aspirasi"),
        ("bagaimana cara, parah", COMPLAINT),
        ("bagaimana cara lapor pungli", SUPERVISION),
        ("bagaimana cara melapor, petugas membentak, jalan rusak", SUPERVISION),
        ("bagaimana cara", "informasi"),
        ("", COMPLAINT),
    ],
)
def test_the_class_is_the_topics_or_that_of_the_words(text: str, klass: str) -> None:
    """Misconduct stays supervisory however it is asked about."""
    assert klass == SMALL.classify(text).klass


def test_danger_has_a_number_to_call() -> None:
    """Whatever the topic, and where there is none."""
    for text in ("kebakaran", "kebakaran, lampu mati di kota malang"):
        found = SMALL.classify(text)
        assert ("112", 'bahaya: "kebakaran" (api), telepon 112') == (found.emergency, found.reasons[-1])
    assert SMALL.classify("jalan rusak").emergency is None


def test_a_channel_word_may_name_the_agency() -> None:
    """`DISHUB# ...` speaks for the Dishub; it is no word of the text."""
    found = SMALL.classify("di kab malang", None, "DISHUB")
    assert (None, "DISHUB", "DISHUB-35.07") == (found.topic, found.agency_type, found.agency)
    assert "aturan: Dishub ditangani Dishub kabupaten/kota" == found.reasons[-2]


def test_runners_up_are_filled_with_the_commonest() -> None:
    """A person always has three to choose from; those not spoken for have no share."""
    found = SMALL.classify("sim hilang")
    assert [("POLRI", 1.0), ("PUPR", 0.0), ("DISHUB", 0.0)] == [(c.agency_type, c.score) for c in found.candidates]
    nobody = SMALL.classify("halo")
    assert COMMONEST[:CANDIDATES] == nobody.candidates


def test_reasons_are_plain_sentences() -> None:
    """Words, addressee, place, rule and agency, as the agency's mail shows them."""
    found = SMALL.classify("Yth dinas pu, jalan rusak parah di kec singosari")
    assert (
        'kata "jalan rusak" menunjuk topik Jalan',
        'sebutan "dinas pu" menunjuk Dinas PU',
        'tempat: Kec Singosari, Kab Malang (disebut "kec singosari")',
        "aturan: Jalan ditangani Dinas PU kabupaten/kota",
        "diteruskan ke PUPR-35.07",
    ) == found.reasons


def test_long_lists_of_words_are_cut() -> None:
    """A mail needs five words, not seven."""
    many = Topic("t", 1, "T", COMPLAINT, "nasional", None, "POLRI", keywords={letter * 2: 1.0 for letter in "abcdefg"})
    found = replace(SMALL, topics=TopicIndex([many], TYPES)).classify("aa bb cc dd ee ff gg")
    assert 'kata "aa", "bb", "cc", "dd", "ee" dan 2 lagi menunjuk topik T' == found.reasons[0]


# What is shipped


def lands(router: Router, topic: Topic, text: str) -> bool:
    """Whether a sentence is read as of this topic, or reaches the same office; one about conduct, its watcher."""
    found = router.classify(text, "35.78")
    if topic.id == found.topic:
        return True
    read = router.topics.topics.get(found.topic or "")
    if topic.conduct:
        office = router.agencies.get(found.oversight or found.agency)
        return office is not None and office.type in {"INSPEKTORAT", "OMBUDSMAN"}
    same_level = read is not None and (read.level == "provinsi") == (topic.level == "provinsi")
    return same_level and found.agency_type == topic.agency_types("placed")[0]


def test_every_shipped_example_reaches_the_office_of_its_topic(router: Router) -> None:
    """What the files promise: the topic itself, or at least the same office."""
    topics = router.topics.topics.values()
    wrong = [f"{each.id}: {text}" for each in topics for text in each.examples if not lands(router, each, text)]
    assert [] == wrong


def test_no_shipped_counter_example_is_taken_for_its_topic(router: Router) -> None:
    """With or without a place."""
    wrong = [
        f"{topic.id}: {text}"
        for topic in router.topics.topics.values()
        for text in topic.counter_examples
        for hint in (None, "35.78")
        if router.classify(text, hint).topic == topic.id
    ]
    assert [] == wrong


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sudah seminggu lampu mati di jalan depan balai desa, gelap", "DISHUB"),
        ("lampu mati di rumah saya dari tadi, token masih ada", "PLN"),
        ("mati lampu terus", "PLN"),
        ("air mati sudah 3 hari", "PDAM"),
        ("air irigasi mati, sawah kering", "DISTAN"),
        ("bpjs saya nonaktif padahal iuran dibayar", "BPJS_KES"),
        ("klaim jht bpjs ditolak", "BPJS_TK"),
        ("bikin sim dipersulit", "POLRI"),
        ("registrasi kartu sim gagal terus", "KOMDIGI"),
        ("polisi tidur terlalu tinggi", "DISHUB"),
        ("kk belum jadi", "DUKCAPIL"),
        ("kip anak saya tidak cair", "KEMENDIKBUD"),
        ("pajak motor mahal di samsat", "BAPENDA_BKAD"),
        ("pajak npwp saya", "KEMENKEU_PAJAK"),
        ("sertifikat tanah belum terbit", "ATR_BPN"),
        ("sertifikat vaksin salah nama", "DINKES"),
        ("guru madrasah belum gajian", "KEMENAG"),
    ],
)
def test_words_with_two_meanings_are_told_apart(router: Router, text: str, expected: str) -> None:
    """The traps of the field: bpjs, lampu mati, air mati, sim, kk, kip, pajak, sertifikat, polisi tidur."""
    assert expected == router.classify(text).agency_type


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("jln rusak kec lowokwaru kota malang", None, "PUPR-35.73"),
        ("jalan provinsi rusak di malang", None, "PUPR-35"),
        ("Ijazah SMK ditahan, kab bojonegoro", None, "DISDIK-35"),
        ("smp negeri menarik uang seragam dari murid, kab bojonegoro", None, "DISDIK-35.22"),
        ("sampah menumpuk di jaksel", None, "DLH-31"),
        ("mati lampu terus di kab nganjuk", None, "PLN"),
        ("jalan rusak di kab cilacap", None, "PEMDA_UMUM-33.01"),
        ("bansos tidak pernah dapat", "35.73.05", "DINSOS-35.73"),
        ("petugas minta uang pelicin di kota malang", None, "INSPEKTORAT-35.73"),
    ],
)
def test_the_shipped_agencies_are_found(router: Router, text: str, hint: str | None, expected: str) -> None:
    """Level by topic, DKI Jakarta as one, a coordinator for every kabupaten and kota."""
    found = router.classify(text, hint)
    assert (expected, True) == (found.agency, found.routed)


def test_at_home_the_shipped_rules_know_the_place(router: Router) -> None:
    """A city's own gateway."""
    found = replace(router, home="35.78").classify("jalan berlubang parah")
    assert ("35.78", "PUPR-35.78", False) == (found.place, found.agency, found.asks_place)


# Whatever is written

WORDS = st.sampled_from(
    "jalan rusak lampu mati di kab kota malang bandung kec lowokwaru sampah bpjs klaim polisi tidur pungli tolong "
    "dishub provinsi tol bansos sim membentak setoran surabaya kepada yth bagaimana cara kebakaran dinas pu".split()
)
TEXT = st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=200)
HINT = st.sampled_from([None, "35.07", "31", "99.99"])
TYPE_HINT = st.sampled_from([None, "DISHUB", "POLRI"])


def check(router: Router, text: str, hint: str | None, type_hint: str | None) -> None:
    """What is true of every decision."""
    found = router.classify(text, hint, type_hint)
    assert isinstance(found, Decision)
    assert found == router.classify(text, hint, type_hint)
    office = router.agencies.get(found.agency)
    assert office is not None
    assert not found.routed or found.asks_place or (office.email and found.agency != "TRIAGE")
    assert found.routed or found.agency == "TRIAGE"
    assert not found.asks_place or (found.agency == "TRIAGE" and found.agency_type is not None)
    assert 0 <= found.confidence < 1
    assert found.reasons
    assert found.place is None or found.place in router.places.regions
    assert found.oversight is None or found.oversight != found.agency
    scores = [each.score for each in found.candidates]
    assert CANDIDATES <= len(scores) <= CANDIDATES_MOST
    assert len(scores) == len({each.agency_type for each in found.candidates})
    assert sorted(scores[1:], reverse=True) == scores[1:]
    if found.agency_type is not None:
        assert found.agency_type == found.candidates[0].agency_type
        assert scores[-1] > 0 or pytest.approx(1.0, abs=0.001) == sum(scores)
        assert sum(scores) < 1.001
    else:
        assert {0.0} == set(scores)


@given(TEXT, HINT, TYPE_HINT, st.sampled_from([None, "35.78", "35"]))
def test_every_text_gets_a_decision(text: str, hint: str | None, type_hint: str | None, home: str | None) -> None:
    """Whatever is written: an agency that exists, a confidence, reasons, and the same answer again."""
    check(replace(SMALL, home=home), text, hint, type_hint)


@given(TEXT, HINT)
def test_the_shipped_rules_decide_every_text(router: Router, text: str, hint: str | None) -> None:
    """The same of thousands of keywords and regions."""
    check(router, text, hint, None)
