"""The decision about a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reference import load_router
from routing.agencies import Agency, Directory
from routing.classify import Decision, Router

EXAMPLES = [(topic.id, text) for topic in load_router().topics.topics.values() for text in topic.examples]


@pytest.mark.parametrize(("topic", "text"), EXAMPLES)
def test_every_example_is_classified_to_its_topic(router: Router, topic: str, text: str) -> None:
    """The example sentences in topics.toml are the promise its editor makes."""
    assert topic == router.classify(text).topic


def test_every_row_of_the_table_has_a_topic(router: Router) -> None:
    """Rows 1 to 44, and two examples for each topic."""
    topics = list(router.topics.topics.values())
    assert set(range(1, 45)) <= {each.number for each in topics}
    assert all(len(each.examples) >= 2 for each in topics)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sudah seminggu lampu mati di jalan depan balai desa, gelap", "DISHUB"),
        ("lampu mati di rumah saya dari tadi, token masih ada", "PLN"),
        ("mati lampu terus", "PLN"),
        ("air mati sudah 3 hari", "PDAM"),
        ("air irigasi mati, sawah kering", "DISTAN"),
        ("bpjs saya nonaktif padahal iuran dibayar", "BPJS_KES"),
        ("bpjs ketenagakerjaan saya tidak bisa diklaim", "BPJS_TK"),
        ("klaim jht bpjs ditolak", "BPJS_TK"),
        ("kis dicabut, dulu pbi", "DINSOS"),
        ("bikin sim dipersulit", "POLRI"),
        ("registrasi kartu sim gagal terus", "KOMDIGI"),
        ("sim card hilang tidak bisa registrasi kartu", "KOMDIGI"),
        ("polisi tidur terlalu tinggi", "DISHUB"),
        ("kk belum jadi", "DUKCAPIL"),
        ("kip anak saya tidak cair", "KEMENDIKBUD"),
        ("kks tidak pernah cair", "DINSOS"),
        ("pajak motor mahal di samsat", "BAPENDA_BKAD"),
        ("pajak npwp saya", "KEMENKEU_PAJAK"),
        ("sertifikat tanah belum terbit", "ATR_BPN"),
        ("sertifikat vaksin salah nama", "DINKES"),
        ("guru madrasah belum gajian", "KEMENAG"),
        ("mts minta pungutan", "KEMENAG"),
    ],
)
def test_words_with_two_meanings_are_told_apart(router: Router, text: str, expected: str) -> None:
    """The traps of the field: bpjs, lampu mati, air mati, sim, kk, kis/kip/kks, pajak, sertifikat, ma, polisi tidur."""
    assert expected == router.classify(text).agency_type


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("jln rusak kec lowokwaru kota malang", None, "PUPR-35.73"),
        ("jln rusak", "35.07", "PUPR-35.07"),
        ("jalan provinsi rusak di malang", None, "PUPR-35"),
        ("Ijazah SMK ditahan, kab bojonegoro", None, "DISDIK-35"),
        ("smp negeri minta uang seragam, kab bojonegoro", None, "DISDIK-35.22"),
        ("sampah menumpuk di jaksel", None, "DLH-31"),
        ("mati lampu terus", None, "PLN"),
        ("mati lampu terus di kab nganjuk", None, "PLN"),
        ("bansos tidak pernah dapat", "35.73.05", "DINSOS-35.73"),
    ],
)
def test_topic_and_place_find_the_agency(router: Router, text: str, hint: str | None, expected: str) -> None:
    """Level by topic, DKI Jakarta as one, a channel word as place, national bodies without place."""
    found = router.classify(text, hint)
    assert (expected, True) == (found.agency, found.routed)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("jalan rusak", "triase: tempat kejadian belum diketahui"),
        ("jalan rusak di malang", "triase: tempat kejadian belum diketahui"),
        ("jalan rusak di jawa timur", "triase: tempat kejadian belum diketahui"),
        ("jalan rusak di kab cilacap", "triase: belum ada alamat Dinas PU untuk Kab Cilacap"),
        ("halo apa kabar", "triase: topik tidak dikenali"),
        ("", "triase: topik tidak dikenali"),
        ("bau di kota bandung", "triase: keyakinan hanya 32%"),
    ],
)
def test_in_doubt_a_person_decides(router: Router, text: str, reason: str) -> None:
    """No topic, no place, no agency or no confidence: the triage desk, and why."""
    found = router.classify(text)
    assert ("TRIAGE", False, reason) == (found.agency, found.routed, found.reasons[-1])


def test_the_type_is_given_even_where_nobody_could_be_found(router: Router) -> None:
    """The triage desk starts from a suggestion."""
    found = router.classify("jalan rusak")
    assert ("PUPR", None, "") == (found.agency_type, found.place, found.place_name)


def test_an_agency_without_mailbox_is_not_routed_to(router: Router) -> None:
    """Its complaints go to the triage desk."""
    agencies = Directory([router.agencies.triage, Agency("PLN", "PLN", "PLN", "PLN", "", None)])
    silent = Router(router.topics, router.places, agencies, router.slang)
    found = silent.classify("mati lampu")
    assert ("TRIAGE", "triase: belum ada alamat PLN untuk Indonesia") == (found.agency, found.reasons[-1])


def test_reasons_are_plain_sentences(router: Router) -> None:
    """Words, place, rule and agency, as the agency's mail shows them."""
    found = router.classify("Yth dishub, lampu jalan mati di kec lowokwaru malang")
    assert (
        'kata "lampu jalan mati" menunjuk topik Lampu jalan',
        'sebutan "dishub" menunjuk Dishub',
        'tempat: Kec Lowokwaru, Kota Malang (disebut "kecamatan lowokwaru, malang")',
        "aturan: Lampu jalan ditangani Dishub kabupaten/kota",
        "diteruskan ke Dishub Kota Malang",
    ) == found.reasons


def test_long_lists_of_words_are_cut(router: Router) -> None:
    """A mail needs five words, not twenty."""
    found = router.classify("sampah, tps, truk sampah, tpa, bau busuk, kotor, kebersihan, tong sampah")
    assert "dan 3 lagi" in found.reasons[0]


def test_an_agency_may_be_known_by_its_name_alone(router: Router) -> None:
    """`tolong pak bpkad` says who, not what."""
    found = router.classify("tolong disampaikan ke kesbangpol kota bandung")
    assert (None, "", "KESBANGPOL", "KESBANGPOL-32.73") == (
        found.topic,
        found.topic_name,
        found.agency_type,
        found.agency,
    )


@pytest.mark.parametrize(
    ("text", "confidential", "emergency", "klass"),
    [
        ("petugas minta uang pelicin", True, None, "pengawasan"),
        ("tetangga dibegal tadi malam", True, "110", "pengaduan"),
        ("anak dipukuli suami tiap malam kdrt", True, "129", "pengaduan"),
        ("dana desa diselewengkan kades", False, None, "pengawasan"),
        ("jalan rusak", False, None, "pengaduan"),
        ("rumah terbakar", False, "113", "pengaduan"),
    ],
)
def test_delicate_topics_are_marked(
    router: Router, text: str, confidential: bool, emergency: str | None, klass: str
) -> None:
    """Graft, crime and violence are confidential; danger has a number to call; misconduct is supervisory."""
    found = router.classify(text)
    assert (confidential, emergency, klass) == (found.confidential, found.emergency, found.klass)


def test_candidates_come_best_first(router: Router) -> None:
    """Their scores are shares of one, and the first is the decision."""
    found = router.classify("sampah menyumbat got, jalan banjir dan lampu jalan mati")
    scores = [each.score for each in found.candidates]
    assert sorted(scores, reverse=True) == scores
    assert len(scores) >= 3
    assert found.agency_type == found.candidates[0].agency_type
    assert pytest.approx(1.0, abs=0.01) == sum(scores)


WORDS = st.sampled_from(
    [
        "jalan",
        "rusak",
        "lampu",
        "mati",
        "di",
        "kab",
        "kota",
        "malang",
        "bandung",
        "kec",
        "lowokwaru",
        "sampah",
        "bpjs",
        "klaim",
        "polisi",
        "tidur",
        "pungli",
        "tolong",
        "dishub",
    ]
)


@given(
    st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=200), st.sampled_from([None, "35.07", "31", "99.99"])
)
def test_every_text_gets_a_decision(text: str, hint: str | None) -> None:
    """Whatever is written: an existing agency, a confidence, reasons, and the same answer again."""
    router = ROUTER
    found = router.classify(text, hint)
    assert isinstance(found, Decision)
    assert found == router.classify(text, hint)
    assert router.agencies.get(found.agency) is not None
    assert found.routed == (found.agency != "TRIAGE")
    assert 0 <= found.confidence < 1
    assert found.reasons
    assert found.place is None or found.place in router.places.regions


ROUTER = load_router()
