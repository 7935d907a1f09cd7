"""What an agency decides in the first line of its answer."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.agency_verb import (
    Accept,
    Ask,
    Done,
    FreeText,
    NeedsExplanation,
    NotOurs,
    Postpone,
    Process,
    Refuse,
    UnknownVerb,
    Verb,
)
from parser.agency_verb import read_verb as read_verb_on

TODAY = date(2026, 6, 9)

LONG = "SELESAI petugas kami sudah mengganti dua lampu dan satu tiang yang miring di depan"


def read_verb(answer: str) -> Verb:
    """As it is read on the ninth of June 2026."""
    return read_verb_on(answer, TODAY)


class TestFreeText:
    @pytest.mark.parametrize(
        "answer",
        [
            "",
            "\n \n",
            "Terima kasih atas laporannya, akan kami pelajari.",
            "TERIMA KASIH",
            "Terima kasih",
            "terima, segera kami cek",
            "Selesaikan segera ya",
            "Selesai sudah pekerjaan kami kemarin",
            "Proses sedang berjalan",
            "proses-nya menunggu anggaran",
            "PROSES-nya menunggu anggaran",
            "Tanya dulu ke bagian umum",
            "Tanyakan ke warga",
            "Bukan kewenangan kami sepenuhnya tetapi akan kami bantu",
            "Bukan main jauhnya lokasi itu",
            "Yth. Admin 1708\nSELESAI lampu sudah diganti",
            "Sudah hampir SELESAI",
            "Baik",
            "PROSESI adat menutup jalan itu",
            "Proses hukum berjalan",
            "PROSES HUKUM BERJALAN",
            "PROSES hukum berjalan sesuai ketentuan",
            "Tolak ukur kami adalah standar pelayanan minimal",
            "TOLAK UKUR KAMI ADALAH SPM",
            "TOLAK ukur kami adalah SPM",
            "Tolok ukur: SPM",
            "TERIMA KASIH ATAS LAPORANNYA",
            "Terima kasih.",
            "Diterima kasihnya",
            "TANYA DULU KE BAGIAN UMUM",
            "SELESAI belum dapat dipastikan",
            "SELESAI akan dikerjakan besok",
            "SELESAI kapan?",
            "SELESAI atau belum ya?",
            "PROSES belum bisa dilanjutkan",
            "BUKAN KEWENANGAN KAMI, tetapi akan kami bantu",
            "BUKAN WEWENANG KAMI?",
            "HANYA 2 lampu yang rusak?",
            "TANPA izin",
            "TANDA: rambu dipasang 30/6",
            "SUNDA 30/6",
            "PROTES: warga menolak",
            "TUNA netra yang melapor",
            "TERMA kasih",
            "TOLKA ukur",
            "JAWABAN: sudah kami perbaiki",
            "YTH:",
            "Siap, laksanakan",
            "Clear ya pak",
            "Done deal",
        ],
    )
    def test_sentences(self, answer: str) -> None:
        """A polite sentence that begins with a verb word changes no ticket; a person reads it."""
        assert FreeText() == read_verb(answer)


class TestAccept:
    @pytest.mark.parametrize(
        "answer",
        ["TERIMA", "terima", "Terima.", "TERIMA:", "TERIMA -", "*TERIMA*", "\n\n  TERIMA!\n\nBidang Umum", '"TERIMA"'],
    )
    def test_alone_on_its_line(self, answer: str) -> None:
        """Nothing but marks behind it; what follows below does not matter."""
        assert Accept() == read_verb(answer)


class TestSynonyms:
    @pytest.mark.parametrize(
        ("answer", "verb"),
        [
            ("DITERIMA", Accept()),
            ("SIAP DITERIMA", Accept()),
            ("Accepted.", Accept()),
            ("Diterima, terima kasih atas laporannya", Accept()),
            ("TERIMA, akan kami cek", Accept()),
            ("SEDANG DIPROSES", Process("")),
            ("Dalam proses: menunggu alat", Process("menunggu alat")),
            ("In progress - survey", Process("survey")),
            ("TUNTAS lampu diganti", Done("lampu diganti")),
            ("Sudah selesai, lampu diganti", Done("lampu diganti")),
            ("Sudah SELESAI", NeedsExplanation("SELESAI")),
            ("CLEAR lampu diganti", Done("lampu diganti")),
            ("DONE lamp replaced", Done("lamp replaced")),
            ("PERTANYAAN: di RT berapa?", Ask("di RT berapa?")),
            ("TANYA DI RT BERAPA?", Ask("DI RT BERAPA?")),
            ("SELESAI LAMPU DIGANTI", Done("LAMPU DIGANTI")),
            ("BUKAN RANAH KAMI", NotOurs("")),
            ("NOT OURS: PLN", NotOurs("PLN")),
            ("di luar kewenangan kami", NotOurs("")),
            ("DITOLAK bukan jalan umum", Refuse("bukan jalan umum")),
            ("REJECTED: duplicate", Refuse("duplicate")),
            ("SELESAI <penjelasan> lampu diganti", Done("lampu diganti")),
        ],
    )
    def test_other_words_for_the_same(self, answer: str, verb: Verb) -> None:
        """Passive, with a helping word, in English."""
        assert verb == read_verb(answer)

    @pytest.mark.parametrize(
        ("answer", "verb"),
        [
            ("TERMA", Accept()),
            ("Trima.", Accept()),
            ("PROSESS menunggu alat", Process("menunggu alat")),
            ("SELESIA: lampu diganti", Done("lampu diganti")),
            ("SELSAI lampu diganti", Done("lampu diganti")),
            ("TANYAA di RT berapa?", Ask("di RT berapa?")),
            ("BUKAN WEWENAG PLN", NotOurs("PLN")),
            ("TUDA 30/6", Postpone(date(2026, 6, 30), "")),
            ("TOLKA: bukan jalan umum", Refuse("bukan jalan umum")),
        ],
    )
    def test_one_slip_of_the_finger(self, answer: str, verb: Verb) -> None:
        """Where the shape is strict and what follows can follow only that verb."""
        assert verb == read_verb(answer)


class TestUnknownVerb:
    @pytest.mark.parametrize(
        ("answer", "word"),
        [
            ("LANJUT", "LANJUT"),
            ("KOORDINASI: dengan PLN", "KOORDINASI"),
            ("SELESAIKAN", "SELESAIKAN"),
            ("MONITOR\n\nok", "MONITOR"),
        ],
    )
    def test_a_word_where_a_verb_should_be(self, answer: str, word: str) -> None:
        """In capitals, alone or before a colon, as our mails show the verbs."""
        assert UnknownVerb(word) == read_verb(answer)

    @pytest.mark.parametrize(
        "answer", ["Lanjut", "LANJUT saja pak", "OK", "SALAM", "LANJUTKAN PEKERJAAN", "Koordinasi: dengan PLN"]
    )
    def test_words_that_try_nothing(self, answer: str) -> None:
        """Small letters, sentences, greetings."""
        assert FreeText() == read_verb(answer)


class TestPostpone:
    @pytest.mark.parametrize(
        ("answer", "until", "reason"),
        [
            ("TUNDA 30/6 menunggu anggaran", date(2026, 6, 30), "menunggu anggaran"),
            ("TUNDA 30-06-2026", date(2026, 6, 30), ""),
            ("TUNDA 30.6.26, menunggu anggaran", date(2026, 6, 30), "menunggu anggaran"),
            ("TUNDA 2026-06-30 menunggu anggaran", date(2026, 6, 30), "menunggu anggaran"),
            ("Tunda: 30 Juni", date(2026, 6, 30), ""),
            ("TUNDA sampai dengan tanggal 30 Juni 2026 karena hujan", date(2026, 6, 30), "karena hujan"),
            ("TUNDA s.d. Selasa, 30 Juni 2026: hujan", date(2026, 6, 30), "hujan"),
            ("TUNDA menunggu anggaran sampai 30 Juni 2026", date(2026, 6, 30), "menunggu anggaran"),
            ("TUNDA 3 Agt 2026", date(2026, 8, 3), ""),
            ("TUNDA 1/2/2027", date(2027, 2, 1), ""),
            ("POSTPONED until 1 July 2026 rain", date(2026, 7, 1), "rain"),
            ("TUNDA\n30 Juni 2026 hujan", date(2026, 6, 30), "hujan"),
            ("TUNDA 10/6", date(2026, 6, 10), ""),
        ],
    )
    def test_a_day_in_every_form(self, answer: str, until: date, reason: str) -> None:
        """Before or behind the reason, with or without the year."""
        assert Postpone(until, reason) == read_verb(answer)

    def test_a_day_without_a_year_may_be_next_year(self) -> None:
        """In December, January is ahead."""
        assert Postpone(date(2027, 1, 15), "") == read_verb_on("TUNDA 15 Januari", date(2026, 12, 20))

    @pytest.mark.parametrize(
        "answer",
        [
            "TUNDA",
            "TUNDA menunggu anggaran",
            "TUNDA 9/6",
            "TUNDA 30/5",
            "TUNDA 30 Juni 2025",
            "TUNDA 31/6",
            "TUNDA 30/6/2062",
            "TUNDA 3 hari",
            "TUNDA 30/6/2026/7",
            "TUNDA 99/99/9999",
            "TUNDA tahun depan",
        ],
    )
    def test_needs_a_day_to_come(self, answer: str) -> None:
        """Missing, past, today, impossible, or surely a slip."""
        assert NeedsExplanation("TUNDA") == read_verb(answer)


class TestRefuse:
    @pytest.mark.parametrize("answer", ["TOLAK", "Tolak.", "TOLAK, terima kasih"])
    def test_needs_a_reason(self, answer: str) -> None:
        """The citizen must learn why."""
        assert NeedsExplanation("TOLAK") == read_verb(answer)

    def test_with_a_reason(self) -> None:
        """All behind the verb."""
        assert Refuse("bukan jalan umum") == read_verb("TOLAK bukan jalan umum")


class TestProcess:
    @pytest.mark.parametrize(
        ("answer", "note"),
        [
            ("PROSES", ""),
            ("proses.", ""),
            ("PROSES petugas berangkat besok", "petugas berangkat besok"),
            ("Proses: menunggu suku cadang", "menunggu suku cadang"),
            ("proses - menunggu suku cadang", "menunggu suku cadang"),
            ("PROSES\nmenunggu suku cadang", "menunggu suku cadang"),
        ],
    )
    def test_note_is_optional(self, answer: str, note: str) -> None:
        """Whether there is a note or not, the work is under way."""
        assert Process(note) == read_verb(answer)


class TestDone:
    @pytest.mark.parametrize(
        ("answer", "explanation"),
        [
            ("SELESAI lampu sudah diganti", "lampu sudah diganti"),
            ("Selesai: lampu sudah diganti", "lampu sudah diganti"),
            ("selesai, lampu sudah diganti", "lampu sudah diganti"),
            ("Selesai. Lampu sudah diganti", "Lampu sudah diganti"),
            ("selesai – lampu sudah diganti", "lampu sudah diganti"),
            ("SELESAI -lampu sudah diganti", "lampu sudah diganti"),
            ("*SELESAI* lampu sudah diganti", "lampu sudah diganti"),
            ("_SELESAI_: lampu sudah diganti", "lampu sudah diganti"),
            ("SELESAI\nLampu diganti\nkemarin sore\n\nHormat kami\nBidang Lampu", "Lampu diganti kemarin sore"),
            ("SELESAI lampu diganti\nHormat kami", "lampu diganti"),
            (f"{LONG}\npasar.\nHormat kami", f"{LONG.removeprefix('SELESAI ')} pasar."),
        ],
    )
    def test_with_an_explanation(self, answer: str, explanation: str) -> None:
        """On the same line, on the lines below a bare verb, and on where a mail program wrapped it."""
        assert Done(explanation) == read_verb(answer)

    @pytest.mark.parametrize(
        "answer",
        [
            "SELESAI",
            "selesai.",
            "SELESAI -",
            "SELESAI\n\nHormat kami",
            "SELESAI terima kasih",
            "Selesai, terima kasih pak.",
        ],
    )
    def test_needs_an_explanation(self, answer: str) -> None:
        """The citizen must learn what was done; thanks explain nothing."""
        assert NeedsExplanation("SELESAI") == read_verb(answer)


class TestAsk:
    @pytest.mark.parametrize(
        ("answer", "question"),
        [
            ("TANYA di RT berapa?", "di RT berapa?"),
            ("Tanya: di RT berapa?", "di RT berapa?"),
            ("TANYA\nDi RT berapa?", "Di RT berapa?"),
            ("TANYA\n\nDi RT berapa?", "Di RT berapa?"),
        ],
    )
    def test_with_a_question(self, answer: str, question: str) -> None:
        """What the citizen will be asked."""
        assert Ask(question) == read_verb(answer)

    @pytest.mark.parametrize("answer", ["TANYA", "Tanya:", "TANYA\n\n", "TANYA - - - - - - - -"])
    def test_needs_a_question(self, answer: str) -> None:
        """Nobody can answer an empty question."""
        assert NeedsExplanation("TANYA") == read_verb(answer)


class TestNotOurs:
    @pytest.mark.parametrize(
        ("answer", "agency"),
        [
            ("BUKAN WEWENANG Dinas PU Kab Malang", "Dinas PU Kab Malang"),
            ("BUKAN KEWENANGAN PLN.", "PLN"),
            ("Bukan wewenang: Dinas PU", "Dinas PU"),
            ("bukan  wewenang - PLN", "PLN"),
            ("BUKAN WEWENANG KAMI, mohon diteruskan ke Dinas PU", "Dinas PU"),
            ("BUKAN WEWENANG kami tetapi wewenang Kementerian PU", "Kementerian PU"),
            ("BUKAN WEWENANG", ""),
            ("Bukan wewenang kami.", ""),
            ("bukan kewenangan instansi kami", ""),
        ],
    )
    def test_names_the_agency_or_none(self, answer: str, agency: str) -> None:
        """Without the words that only lead to its name."""
        assert NotOurs(agency) == read_verb(answer)


VERBS = (Accept, Process, Done, NotOurs, Ask, Postpone, Refuse, NeedsExplanation, UnknownVerb, FreeText)


@given(st.text())
def test_any_answer_is_read(text: str) -> None:
    """Nothing an agency writes stops the loop."""
    assert isinstance(read_verb(text), VERBS)


@given(
    st.sampled_from(["TERIMA", "PROSES", "SELESAI", "TANYA", "BUKAN WEWENANG", "TUNDA", "TOLAK"]), st.text(max_size=40)
)
def test_any_rest_is_read(verb: str, rest: str) -> None:
    """Nothing behind a verb does either."""
    read: Verb = read_verb(f"{verb} {rest}")
    assert isinstance(read, VERBS)


@given(st.text(st.sampled_from("0123456789/.- junisampe"), max_size=20), st.dates())
def test_any_day_is_read(words: str, today: date) -> None:
    """What is postponed is postponed to a day to come."""
    read = read_verb_on(f"TUNDA {words}", today)
    assert not isinstance(read, Postpone) or read.until > today


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece", ["TUNDA sampai ", "SELESAI - ", "BUKAN ", "mohon ", ". ", "sampai tanggal ", "\n", "<", "*_"]
)
def test_long_answers_take_no_long_time(piece: str) -> None:
    """A line as long as any answer may be."""
    for verb in ("TUNDA", "BUKAN WEWENANG", "SELESAI", "x"):
        read_verb(f"{verb} {(piece * 200_000)[:200_000]}")
