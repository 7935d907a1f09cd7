"""Secrecy before a report, in a report and instead of one."""

import pytest

from parser.sms import Complaint, Hide, Intent, read_sms

TEXT = "kades kami minta uang"


class TestMarks:
    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            (f"RAHASIA: {TEXT}", Complaint(TEXT, "rahasia")),
            (f"rahasia: {TEXT}", Complaint(TEXT, "rahasia")),
            (f"Rahasia, {TEXT}", Complaint(TEXT, "rahasia")),
            (f"rahasia. {TEXT}", Complaint(TEXT, "rahasia")),
            (f"rahasia - {TEXT}", Complaint(TEXT, "rahasia")),
            (f"rhs\n{TEXT}", Complaint(TEXT, "rahasia")),
            (f"(RAHASIA) {TEXT}", Complaint(TEXT, "rahasia")),
            (f"RAHASIA {TEXT}", Complaint(TEXT, "rahasia")),
            (f"RAHASIA-{TEXT}", Complaint(TEXT, "rahasia")),
            (f"ANONIM# {TEXT}", Complaint(TEXT, "anonim")),
            (f"ANONIM {TEXT}", Complaint(TEXT, "anonim")),
            (f"BARU: {TEXT}", Complaint(TEXT, new=True)),
            (f"BARU {TEXT}", Complaint(TEXT, new=True)),
            (f"LAPORAN BARU {TEXT}", Complaint(TEXT, new=True)),
            (f"laporan lain: {TEXT}", Complaint(TEXT, new=True)),
            (f"RAHASIA BARU: {TEXT}", Complaint(TEXT, "rahasia", new=True)),
            (f"BARU, anonim: {TEXT}", Complaint(TEXT, "anonim", new=True)),
        ],
    )
    def test_leave_the_text(self, text: str, intent: Intent) -> None:
        """Set apart by a separator or by capitals, a mark is no word of the report."""
        assert intent == read_sms(text)

    @pytest.mark.parametrize(
        ("text", "secrecy"),
        [
            ("RAHASIA KADES KAMI MINTA UANG", "rahasia"),
            ("ANONIM KADES KAMI MINTA UANG", "anonim"),
            ("anonim kades kami minta uang", "anonim"),
            ("Anonim kades kami minta uang", "anonim"),
        ],
    )
    def test_stay_where_they_may_be_a_word(self, text: str, secrecy: str) -> None:
        """Keeping the report secret does no harm; taking a word off could."""
        intent = read_sms(text)
        assert isinstance(intent, Complaint) and (text, secrecy) == (intent.text, intent.secrecy)

    @pytest.mark.parametrize(
        "text",
        [
            "rahasia umum kalau di samsat ada calo",
            "Rahasia umum di samsat ada calo",
            "RAHASIA umum di samsat ada calo",
            "RAHASIA UMUM DI SAMSAT ADA CALO",
            "Rahasia kades kami terbongkar",
            "rahasia-rahasiaan soal dana desa",
            "Baru kemarin dicor sudah rusak",
            "BARU KEMARIN DICOR SUDAH RUSAK",
            "Laporan baru dijawab setelah sebulan",
            "dokumen rahasia pasien tercecer di puskesmas",
        ],
    )
    def test_sentences_have_none(self, text: str) -> None:
        """Small letters and no separator: a plain complaint."""
        assert Complaint(text) == read_sms(text)


class TestWish:
    @pytest.mark.parametrize(
        "text",
        [
            "kades kami pungli, tolong rahasiakan nama saya",
            "kades kami pungli. Mohon identitas saya dirahasiakan",
            "KADES KAMI PUNGLI MOHON NAMA SAYA JANGAN DISEBUT",
            "jangan sebut nama saya, kades kami pungli",
            "Jangan sebutkan nama saya ya. Kades pungli",
            "kades pungli, jgn disebut nama sy pak",
            "kades pungli, mohon identitas dirahasiakan",
            "kades pungli, rahasiakan identitas pelapor",
            "nama dan nomor saya tolong dirahasiakan, kades pungli",
            "kades pungli, mohon identitas saya sebagai pelapor dapat di rahasiakan",
            "kades pungli. Mohon merahasiakan identitas saya",
            "kades pungli, tolong menjaga kerahasiaan identitas pelapor",
            "kades pungli, mohon identitas pelapor dilindungi",
        ],
    )
    def test_anywhere_in_a_report(self, text: str) -> None:
        """The report is anonymous, its text whole."""
        assert Complaint(text, "anonim") == read_sms(text)

    @pytest.mark.parametrize(
        "text",
        [
            "tolong rahasiakan nama saya",
            "Mohon identitas saya dirahasiakan ya pak",
            "jangan sebut nama saya",
            "rahasiakan nama saya",
        ],
    )
    def test_without_a_report(self, text: str) -> None:
        """Is about the last one."""
        assert Hide("anonim") == read_sms(text)

    def test_beside_a_mark(self) -> None:
        """What was said first counts, for it keeps more secret."""
        text = f"{TEXT}, rahasiakan nama saya"
        assert Complaint(text, "rahasia") == read_sms(f"RAHASIA: {text}")

    @pytest.mark.parametrize(
        "text",
        [
            "identitas pelaku dirahasiakan polisi",
            "data pasien jangan dirahasiakan",
            "dana desa dirahasiakan dari warga",
            "jangan ada pungli di samsat",
            "kerahasiaan data saya tidak dijaga rumah sakit",
            "hutan lindung kami dijarah, siapa melindungi kami",
        ],
    )
    def test_other_secrets(self, text: str) -> None:
        """Are what the complaint is about."""
        assert Complaint(text) == read_sms(text)
