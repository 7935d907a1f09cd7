"""What citizens' texts mean: free text is a complaint, commands have a strict shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser import ticket_code
from parser.sms import (
    Add,
    Cancel,
    Complaint,
    Full,
    Help,
    Hide,
    Intent,
    No,
    OneOff,
    Reopen,
    Resume,
    Slip,
    Status,
    Stop,
    Yes,
    is_courtesy,
    is_robot_sender,
    read_sms,
)
from parser.sms_words import COMMANDS

CODE = "4821309764"
SHOWN = "482 130 9764"

# What each command means alone, and with a ticket (none: it takes none).
MEANINGS: dict[str, tuple[Intent, Intent | None]] = {
    "STATUS": (Status(), Status(CODE)),
    "BANTUAN": (Help(), None),
    "TAMBAH": (Help(), Help()),
    "LENGKAPI": (Help(), Help()),
    "BATAL": (Cancel(), Cancel(CODE)),
    "RAHASIA": (Hide("rahasia"), Hide("rahasia", CODE)),
    "ANONIM": (Hide("anonim"), Hide("anonim", CODE)),
    "LENGKAP": (Full(), Full(CODE)),
    "BUKA": (Reopen(), Reopen(CODE)),
    "STOP": (Stop(), None),
    "MULAI": (Resume(), None),
    "KODE": (OneOff(), None),
    "BARU": (Help(), None),
}


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
            "Tolong cek jalan kami",
            "Tambah lampu jalan di desa kami",
            "Tambah 2 petugas loket, antri dari subuh",
            "Tambah 2 armada bus",
            "Tambah 2,5 km aspal lagi",
            "Tambah 2-3 petugas di loket",
            "Tambah 2, 3 petugas di loket",
            "tambah-tambah biaya seragam",
            "Tambah 2.500.000.000 untuk jalan desa itu ke mana pak",
            "Tambahan jam buka puskesmas",
            "Lengkapi sarana sekolah",
            "Lengkapi: meja dan kursi sekolah",
            "Batalkan proyek galian di gang kami",
            "Cabut izin pabrik yang bau itu",
            "Info pemadaman listrik kok tidak ada",
            "Progres jembatan mandek",
            "Cara lapor pungli di sekolah gimana",
            "Format KTP saya salah cetak",
            "Salah kirim bansos, tetangga yg kaya dapat",
            "Stop pungli di terminal",
            "Stop! pabriknya bau",
            "Mulai besok air mati lagi",
            "Kode pos di KTP saya salah",
            "Buka jalan yang ditutup warga",
            "Buka: loket samsat cuma satu",
            "Lengkap sudah penderitaan kami, jalan rusak air mati",
            "Sampai mana perbaikan jalan Sukamaju?",
            "Status 4821309764 belum ada kabar juga, kecewa",
            "Status 2 jalan kami apa",
            "BATAL 4821309764 karena sudah diperbaiki warga sendiri",
            "Cek 081200000000 ini nomor penipu bansos",
            "CEK 081200000000",
            "STATUS +6281200000000",
            "Laporan 482 130 9764 belum beres",
            "081200000000",
            "TAMBAH 482 130 976 lampunya dua",
            "KAB. NGANJUK sampah menumpuk di pasar",
            "Ya tolong jalan kami",
            "YA",
            "3",
            "1 minggu air mati",
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

    @pytest.mark.parametrize("command", COMMANDS)
    def test_no_command_word_swallows_a_sentence(self, command: str) -> None:
        """Whatever the word, two more words make it a complaint."""
        texts = [f"{phrase} jembatan kami" for phrase in COMMANDS[command]]
        intents = [read_sms(text) for text in texts]
        assert texts == [intent.text for intent in intents if isinstance(intent, Complaint) and not intent.new]


class TestCommands:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_word_works_alone(self, command: str) -> None:
        """No entry of the table is dead; courtesy behind it and capitals do not matter."""
        texts = [form for word in COMMANDS[command] for form in (word.upper(), f"{word} pak, terima kasih.")]
        assert [] == [text for text in texts if read_sms(text) != MEANINGS[command][0]]

    @pytest.mark.parametrize("command", [command for command, (_, about) in MEANINGS.items() if about])
    def test_every_word_works_with_a_code(self, command: str) -> None:
        """Those that are about a ticket."""
        texts = [form for word in COMMANDS[command] for form in (f"{word} {SHOWN}", f"{word} no. {SHOWN} min")]
        assert [] == [text for text in texts if read_sms(text) != MEANINGS[command][1]]

    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("Status?", Status()),
            (" STATUS. ", Status()),
            ("sampai mana??", Status()),
            ("#STATUS", Status()),
            ('"STATUS"', Status()),
            ("STATUSSS", Status()),
            ("ＳＴＡＴＵＳ", Status()),
            ("STATUS 😀", Status()),
            ("BANTUAN!", Help()),
            ("?", Help()),
            (" ?? ", Help()),
            ("stop ya pak", Stop()),
        ],
    )
    def test_punctuation_does_not_matter(self, text: str, intent: Intent) -> None:
        """Nor do width, doubled letters or an emoji."""
        assert intent == read_sms(text)

    @pytest.mark.parametrize(
        "text",
        [
            "STATUS 4821309764",
            "Status: 482-130-9764",
            "STATUS#4821309764#",
            "status4821309764",
            "cek no 482 130 9764",
            "Cek laporan nomor 482.130.9764",
            "STS 48213O9764 pak",
            "status 482 130 9764, terima kasih",
            "STATUS\n482 130 9764",
            "status <482 130 9764>",
            "status (482) 130-9764",
            "status 482/130/9764",
            "status 4.821.309.764",
            "status ٤٨٢ ١٣٠ ٩٧٦٤",
            "SETATUS 482 l30 9764?",
            "4821309764",
            "482 130 9764",
            "#482 130 9764",
            "ID: 482 130 9764",
            "KODE 482 130 9764",
            "no laporan 482-130-9764 pak",
        ],
    )
    def test_a_code_asks_for_its_status(self, text: str) -> None:
        """However it is typed, with labels before and courtesy behind it, with the word or without."""
        assert Status(CODE) == read_sms(text)

    @pytest.mark.parametrize(
        "text",
        [
            "STATUS 482 130 9764 1234",
            "STATUS 482 130 9764 KODE 1234",
            "cek 4821309764#1234",
            "482 130 9764 1234",
            "482 130 9764 kode: 1 2 3 4",
            "4821309764 l234 pak",
        ],
    )
    def test_from_another_phone(self, text: str) -> None:
        """A code and the one-off number that KODE gave."""
        assert Status(CODE, one_off="1234") == read_sms(text)

    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("STATUS 2", Status(index=2)),
            ("status 1.", Status(index=1)),
            ("STATUS2", Status(index=2)),
            ("Cek no 9 pak", Status(index=9)),
            ("BATAL 3", Cancel(index=3)),
            ("rahasia no 2", Hide("rahasia", index=2)),
            ("ANONIM 1", Hide("anonim", index=1)),
            ("LENGKAP #4", Full(index=4)),
            ("buka lagi 2", Reopen(index=2)),
        ],
    )
    def test_a_number_from_the_list(self, text: str, intent: Intent) -> None:
        """An SMS with several tickets numbers them 1 to 9."""
        assert intent == read_sms(text)


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
            ("TAMBAH [482 130 9764] gelap", "gelap"),
        ],
    )
    def test_with_a_code(self, text: str, addition: str) -> None:
        """The words behind the code, as they were written."""
        assert Add(addition, code=CODE) == read_sms(text)

    @pytest.mark.parametrize(
        ("text", "addition"),
        [
            ("TAMBAH no 2 lubangnya makin lebar", "lubangnya makin lebar"),
            ("tambah nomor 2: lubangnya", "lubangnya"),
            ("SUSULAN 2: airnya keruh", "airnya keruh"),
            ("susulan 2) airnya keruh", "airnya keruh"),
            ("susulan 2 - airnya keruh", "airnya keruh"),
            ("TAMBAH 2, airnya keruh", "airnya keruh"),
            ("TAMBAH 2\nairnya keruh", "airnya keruh"),
            ("tambah #2 airnya keruh", "airnya keruh"),
            ("TAMBAH#2#airnya keruh", "airnya keruh"),
            ("TAMBAH 2. 3 rumah lagi", "3 rumah lagi"),
            ("LENGKAPI no 2 di RT 5", "di RT 5"),
        ],
    )
    def test_with_a_number_from_the_list(self, text: str, addition: str) -> None:
        """Something must tell the number from a quantity."""
        assert Add(addition, index=2) == read_sms(text)

    @pytest.mark.parametrize(
        "text",
        [
            "SUSULAN: airnya bau",
            "tambah : airnya bau",
            "TAMBAH# airnya bau",
            "TAMBAH-airnya bau",
            "susulan\nairnya bau",
        ],
    )
    def test_to_the_last_report(self, text: str) -> None:
        """The word set apart from the rest."""
        assert Add("airnya bau") == read_sms(text)

    @pytest.mark.parametrize(
        "text", ["TAMBAH", "TAMBAH 482 130 9764", "susulan 4821309764 ...", "TAMBAH 2", "TAMBAH no 2 pak", "tambah:"]
    )
    def test_without_words(self, text: str) -> None:
        """Who adds nothing must be told how to add."""
        assert Help() == read_sms(text)


class TestSlip:
    @pytest.mark.parametrize(
        ("text", "command", "typed"),
        [
            ("STATUS 4821309765", "STATUS", "4821309765"),
            ("cek 482 130 9765 pak", "STATUS", "482 130 9765"),
            ("482 130 9765", "STATUS", "482 130 9765"),
            ("STATUS 482 130 9765 1234", "STATUS", "482 130 9765"),
            ("TAMBAH 4821309765 lampunya dua", "TAMBAH", "4821309765"),
            ("BATAL 482-130-9765", "BATAL", "482-130-9765"),
            ("RAHASIA 482 130 9765", "RAHASIA", "482 130 9765"),
            ("STATUS 482 130 976", "STATUS", "482 130 976"),
            (f"STATUS 482{' ' * 200}130\n\u200b9765", "STATUS", "482 130 9765"),
            ("STATUS ٤٨٢/١٣٠/٩٧٦٥", "STATUS", "482/130/9765"),
            ("STATUS 482 130 976 1234", "STATUS", "482 130 976"),
            ("STATUS 48213097644", "STATUS", "48213097644"),
            ("STATUS 482 130 97 64 12", "STATUS", "482 130 97 64 12"),
            ("status 182 130 9764", "STATUS", "182 130 9764"),
            ("batal 48213097", "BATAL", "48213097"),
        ],
    )
    def test_a_number_that_was_meant_to_be_a_code(self, text: str, command: str, typed: str) -> None:
        """The citizen is told of the slip instead of getting a ticket about a number."""
        assert Slip(command, typed) == read_sms(text)


class TestReadSms:
    @given(st.text() | st.text(st.sampled_from("STATUSTAMBAH YArahasia:#.-12 4821309764\n?")))
    def test_never_fails_and_loses_no_complaint(self, text: str) -> None:
        """Any text has a meaning, and a complaint keeps its words or their end."""
        intent = read_sms(text, frozenset({"ya", "nilai"}))
        assert not isinstance(intent, Complaint) or text.strip().endswith(intent.text)

    @pytest.mark.parametrize(
        "text",
        [
            *(word * 800 for word in ("status ", "sudah, ", "RAHASIA ", "BARU: ", "nama saya ", "rahasiakan ")),
            *(f"{word}{' ' * 5000}x" for word in ("", "status", "tambah", "tambah 4", "RAHASIA", "4", "ya")),
            *("1 " * 2500, "tambah" + " ." * 2500, "no " * 1700, "STATUS " + "1 " * 2500, "a" * 5000, "😀" * 5000),
            *("TAMBAH 4821309764 x" + " " * 5000 + "y", "nama saya " * 500 + "rahasia", "\ud83d" * 3000),
        ],
    )
    def test_long_texts_have_an_end(self, text: str) -> None:
        """A rule that tried all ways to read one of these would not end within the time a test has."""
        assert isinstance(read_sms(text, frozenset({"ya", "nilai"})), Complaint | Add | Help | No | Yes)

    @given(st.lists(st.integers(0, 9), min_size=9, max_size=9), st.sampled_from(["{}", "status {}", "CEK NO {}"]))
    def test_every_code_can_be_asked_for(self, digits: list[int], text: str) -> None:
        """As it stands in our own SMS."""
        rest = iter(digits)
        code = ticket_code.new_code(lambda below: next(rest) % below)
        assert Status(code) == read_sms(text.format(ticket_code.show(code)))


class TestIsCourtesy:
    @pytest.mark.parametrize(
        "text",
        [
            *(
                "terima kasih",
                "Terima kasih banyak atas bantuannya",
                "makasih min",
                "trims",
                "matur nuwun",
                "hatur nuhun",
            ),
            *("ok", "oke siap", "Baik pak", "sip", "ya terima kasih", "sama-sama", "pak", "selamat pagi bu"),
            *("Assalamu'alaikum wr wb", "assalamualaikum", "👍👍", "🙏 makasihhh", "...", ""),
        ],
    )
    def test_needs_no_answer(self, text: str) -> None:
        """Thanks, consent, greetings, emoji and nothing at all."""
        assert is_courtesy(text)

    @pytest.mark.parametrize(
        "text",
        [
            *("tolong", "mohon bantuan", "ya", "ya pak", "sudah", "sudah dibantu", "?", "ok 2", "terima kasih?"),
            *("terima kasih, tapi lampunya masih mati", "selamat siang, jalan kami rusak", "STATUS"),
        ],
    )
    def test_says_something(self, text: str) -> None:
        """A plea, an answer, a question, or words of a report."""
        assert not is_courtesy(text)

    @given(st.text())
    def test_never_fails(self, text: str) -> None:
        """Any text is courtesy or not; none that holds a digit is."""
        assert not (is_courtesy(text) and any(map(str.isdigit, text)))


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
