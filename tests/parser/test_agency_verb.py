"""What an agency decides in the first line of its answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.agency_verb import Accept, Ask, Done, FreeText, NeedsExplanation, NotOurs, Process, Verb, read_verb

LONG = "SELESAI petugas kami sudah mengganti dua lampu dan satu tiang yang miring di depan"


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
            "SELESAIKAN",
            "Selesai sudah pekerjaan kami kemarin",
            "Proses sedang berjalan",
            "proses-nya menunggu anggaran",
            "PROSES-nya menunggu anggaran",
            "Tanya dulu ke bagian umum",
            "Tanyakan ke warga",
            "Bukan kewenangan kami sepenuhnya tetapi akan kami bantu",
            "Bukan main jauhnya lokasi itu",
            "Yth. Admin 1708\nSELESAI lampu sudah diganti",
            "Sudah SELESAI",
            "Baik",
            "PROSESI adat menutup jalan itu",
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
        ],
    )
    def test_with_a_question(self, answer: str, question: str) -> None:
        """What the citizen will be asked."""
        assert Ask(question) == read_verb(answer)

    @pytest.mark.parametrize("answer", ["TANYA", "Tanya:", "TANYA\n\nDi RT berapa?", "TANYA - - - - - - - -"])
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


VERBS = (Accept, Process, Done, NotOurs, Ask, NeedsExplanation, FreeText)


@given(st.text())
def test_any_answer_is_read(text: str) -> None:
    """Nothing an agency writes stops the loop."""
    assert isinstance(read_verb(text), VERBS)


@given(st.sampled_from(["TERIMA", "PROSES", "SELESAI", "TANYA", "BUKAN WEWENANG"]), st.text(max_size=40))
def test_any_rest_is_read(verb: str, rest: str) -> None:
    """Nothing behind a verb does either."""
    read: Verb = read_verb(f"{verb} {rest}")
    assert isinstance(read, VERBS)
