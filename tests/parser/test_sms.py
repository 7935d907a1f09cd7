"""What citizens' texts mean: free text is a complaint, commands have a strict shape."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parser import ticket_code
from parser.sms import (
    ADD_WORDS,
    CANCEL_WORDS,
    HELP_WORDS,
    STATUS_WORDS,
    Add,
    Cancel,
    Complaint,
    Help,
    Slip,
    Status,
    is_robot_sender,
    read_sms,
)

CODE = "4821309764"
MISTYPED = "4821309765"


class TestComplaint:
    @pytest.mark.parametrize(
        "text",
        [
            "Status BPJS saya diblokir padahal rutin bayar",
            "status kepegawaian honorer di kantor camat tdk jelas",
            "Cek air di kampung kami, sudah seminggu keruh",
            "cek lagi dong jembatan di dusun kami",
            "Bantuan belum cair",
            "Bantuan beras bulan ini tidak sampai ke RT 04",
            "Tolong jln dpn pasar ditambal",
            "Tambah lampu jalan di desa kami",
            "Tambah 2 petugas loket, antri dari subuh",
            "Tambah 2.500.000.000 untuk jalan desa itu ke mana pak",
            "Tambahan jam buka puskesmas",
            "Batal",
            "BATAL!",
            "Batalkan proyek galian di gang kami",
            "Cabut izin pabrik yang bau itu",
            "Tambah",
            "Info pemadaman listrik kok tidak ada",
            "Progres jembatan mandek",
            "Cara lapor pungli di sekolah gimana",
            "Format KTP saya salah cetak",
            "Salah kirim bansos, tetangga yg kaya dapat",
            "Stop pungli di terminal",
            "Sampai mana perbaikan jalan Sukamaju?",
            "Status 4821309764 belum ada kabar juga, kecewa",
            "BATAL 4821309764 karena sudah diperbaiki warga sendiri",
            "Cek 081200000000 ini nomor penipu bansos",
            "CEK 081200000000",
            "Laporan 482 130 9764 belum beres",
            "4821309765",
            "081200000000",
            "TAMBAH 482 130 976 lampunya dua",
            "KAB. NGANJUK sampah menumpuk di pasar",
            "",
            "...",
            "Sdh 3 bln air PDAM mati 😡",
        ],
    )
    def test_free_text(self, text: str) -> None:
        """Words of a command at the beginning of a sentence are no command."""
        assert Complaint(text) == read_sms(text)

    def test_white_space_around_goes(self) -> None:
        """The words themselves stay as they were written."""
        assert Complaint("Jalan  rusak\ndi RT 3") == read_sms("\n Jalan  rusak\ndi RT 3  ")

    @given(
        st.sampled_from(STATUS_WORDS + ADD_WORDS + CANCEL_WORDS + HELP_WORDS), st.sampled_from(["warga", "jembatan"])
    )
    def test_no_command_word_swallows_a_sentence(self, word: str, noun: str) -> None:
        """Whatever the word, two more words make it a complaint."""
        text = f"{word} {noun} kami"
        assert Complaint(text) == read_sms(text)


class TestStatus:
    @pytest.mark.parametrize(
        "text",
        [
            "STATUS",
            "status",
            "Status?",
            " STATUS. ",
            "Cek",
            "CEK STATUS",
            "sts",
            "Setatus",
            "cek laporan saya",
            "sampai mana??",
            "progres",
            "#STATUS",
            '"STATUS"',
        ],
    )
    def test_alone(self, text: str) -> None:
        """The word, in any case, with any punctuation, asks for all tickets."""
        assert Status() == read_sms(text)

    @pytest.mark.parametrize(
        "text",
        [
            "STATUS 4821309764",
            "status 482 130 9764",
            "Status: 482-130-9764",
            "STATUS#4821309764#",
            "status4821309764",
            "cek no 482 130 9764",
            "Cek laporan nomor 482.130.9764",
            "STS 48213O9764 pak",
            "status 482 130 9764, terima kasih",
            "STATUS\n482 130 9764",
            "status <482 130 9764>",
            "SETATUS 482 l30 9764?",
        ],
    )
    def test_with_a_code(self, text: str) -> None:
        """Labels before the code and courtesy behind it do not matter."""
        assert Status(CODE) == read_sms(text)

    @pytest.mark.parametrize(("text", "index"), [("STATUS 2", 2), ("status 1.", 1), ("Cek 9", 9)])
    def test_with_a_number_from_the_list(self, text: str, index: int) -> None:
        """An SMS with several tickets numbers them 1 to 9."""
        assert Status(None, index) == read_sms(text)

    @pytest.mark.parametrize(
        "text", ["4821309764", "482 130 9764", "#482 130 9764", "ID: 482 130 9764", "no laporan 482-130-9764 pak"]
    )
    def test_a_bare_code(self, text: str) -> None:
        """What people type when they have forgotten the word."""
        assert Status(CODE) == read_sms(text)

    @pytest.mark.parametrize("word", STATUS_WORDS)
    def test_every_word_works_alone_and_with_a_code(self, word: str) -> None:
        """No entry of the table is dead."""
        assert (Status(), Status(CODE)) == (read_sms(word.upper()), read_sms(f"{word} {CODE}"))


class TestHelp:
    @pytest.mark.parametrize("text", [*HELP_WORDS, "BANTUAN", "Bantuan.", "HELP!", "?", " ?? ", "Info"])
    def test_alone(self, text: str) -> None:
        """A word for help, or a question mark, and nothing else."""
        assert Help() == read_sms(text)

    @pytest.mark.parametrize("text", ["TAMBAH 482 130 9764", "susulan 4821309764 ..."])
    def test_an_addition_without_words(self, text: str) -> None:
        """Who adds nothing must be told how to add."""
        assert Help() == read_sms(text)


class TestAdd:
    @pytest.mark.parametrize(
        ("text", "addition"),
        [
            ("TAMBAH 482 130 9764 lampunya ada dua", "lampunya ada dua"),
            ("tmbh 4821309764: dekat masjid", "dekat masjid"),
            ("Susulan #482-130-9764# 3 rumah lagi kena", "3 rumah lagi kena"),
            ("Tambahan no. 482 130 9764, RT 5 juga", "RT 5 juga"),
            ("TAMBAH 4821309764\nbaris satu\nbaris dua ", "baris satu\nbaris dua"),
            ("lengkapi 4821309764 (depan SD) gelap", "(depan SD) gelap"),
        ],
    )
    def test_with_code_and_text(self, text: str, addition: str) -> None:
        """The words behind the code, as they were written."""
        assert Add(CODE, addition) == read_sms(text)

    @pytest.mark.parametrize("word", ADD_WORDS)
    def test_every_word_works(self, word: str) -> None:
        """No entry of the table is dead."""
        assert Add(CODE, "di RT 3") == read_sms(f"{word} {CODE} di RT 3")


class TestCancel:
    @pytest.mark.parametrize(
        "text", ["BATAL 4821309764", "batal 482 130 9764.", "Cabut laporan 482-130-9764 makasih", "btl#4821309764"]
    )
    def test_with_a_code(self, text: str) -> None:
        """Nothing is cancelled without its code."""
        assert Cancel(CODE) == read_sms(text)

    @pytest.mark.parametrize("word", CANCEL_WORDS)
    def test_every_word_works(self, word: str) -> None:
        """No entry of the table is dead."""
        assert Cancel(CODE) == read_sms(f"{word} {CODE}")


class TestSlip:
    @pytest.mark.parametrize(
        ("text", "command", "typed"),
        [
            ("STATUS 4821309765", "STATUS", "4821309765"),
            ("cek 482 130 9765 pak", "STATUS", "482 130 9765"),
            ("TAMBAH 4821309765 lampunya dua", "TAMBAH", "4821309765"),
            ("BATAL 482-130-9765", "BATAL", "482-130-9765"),
            ("STATUS 482 130 976", "STATUS", "482 130 976"),
            ("STATUS 48213097644", "STATUS", "48213097644"),
            ("status 182 130 9764", "STATUS", "182 130 9764"),
            ("batal 48213097", "BATAL", "48213097"),
        ],
    )
    def test_a_number_that_was_meant_to_be_a_code(self, text: str, command: str, typed: str) -> None:
        """The citizen is told of the slip instead of getting a ticket about a number."""
        assert Slip(command, typed) == read_sms(text)


class TestReadSms:
    @given(st.text())
    @example(" " * 5000 + "x")
    @example("status" + " " * 5000 + "x")
    @example("no " * 3000)
    @example("STATUS " + "1 " * 3000)
    @example("TAMBAH 4821309764 x" + " " * 5000 + "y")
    def test_never_fails_and_loses_no_complaint(self, text: str) -> None:
        """Any text has a meaning, and a complaint keeps its words."""
        intent = read_sms(text)
        assert not isinstance(intent, Complaint) or intent.text == text.strip()

    @given(st.lists(st.integers(0, 9), min_size=9, max_size=9), st.sampled_from(["{}", "status {}", "CEK NO {}"]))
    def test_every_code_can_be_asked_for(self, digits: list[int], text: str) -> None:
        """As it stands in our own SMS."""
        rest = iter(digits)
        code = ticket_code.new_code(lambda below: next(rest) % below)
        assert Status(code) == read_sms(text.format(ticket_code.show(code)))


class TestIsRobotSender:
    @pytest.mark.parametrize(
        "sender",
        ["PROMO-TSEL", "BRI", "1708", "16100", "+6281234", "4444444", "", "+", "*123#", "INFO88888888", "٠٨١٢٣٤٥٦٧٨"],
    )
    def test_names_and_short_numbers(self, sender: str) -> None:
        """Nobody reads an answer there, or a robot does."""
        assert is_robot_sender(sender)

    @pytest.mark.parametrize("sender", ["+6281234567890", "081234567890", "62812345678", "02112345678", "12345678"])
    def test_people(self, sender: str) -> None:
        """Whole phone numbers, however they are written."""
        assert not is_robot_sender(sender)
