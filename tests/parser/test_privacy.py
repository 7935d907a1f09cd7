"""Numbers that tell who somebody is do not leave the gateway."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser import ticket_code
from parser.privacy import ADDRESS_MASK, MASK, NAME_MASK, mask_names, mask_numbers


class TestMasked:
    @pytest.mark.parametrize(
        "number",
        [
            "3507011234560001",
            "3507 0112 3456 0001",
            "350701-123456-0001",
            "350701.123456.0001",
            "35 07 01 123456 0001",
            "5221123412341234",
            "123456789012345678",
            "081234567890",
            "08123456789",
            "0812345678",
            "0812-3456-7890",
            "0812 3456 7890",
            "0812 - 3456 - 7890",
            "0812.345.678",
            "+6281234567890",
            "+62 812-3456-7890",
            "+62 (812) 3456 7890",
            "6281234567890",
            "62 812 3456 7890",
            "81234567890",
            "+60123456789",
            "3507 - 0112 - 3456 - 0001",
            "3507/0112/3456/0001",
            "1234-01-123456-53-1",
            "1234 01 123456 53 1",
            "512345678901",
            "4821309765",
            "0001234567890",
            "٣٥٠٧٠١١٢٣٤٥٦٠٠٠١",
            "０８１２３４５６７８９０",
            "¹²³⁴⁵⁶⁷⁸⁹⁰",
        ],
    )
    @pytest.mark.parametrize(
        "text", ["{}", "nomor saya {} pak", "WA:{},", "hub {}.", "NIK{}", "hp{}tolong", "({})", "{}\nterima kasih"]
    )
    def test_wherever_they_stand(self, number: str, text: str) -> None:
        """NIK, KK, card and phone numbers in any grouping, glued to letters or not."""
        assert text.format(MASK) == mask_numbers(text.format(number))

    def test_several_in_one_text(self) -> None:
        """Each is masked, and what stands between them stays."""
        text = "KK3507011234560001NIK3507011234560002, WA 081200000000/081300000000"
        assert f"KK{MASK}NIK{MASK}, WA {MASK}/{MASK}" == mask_numbers(text)


class TestKept:
    @pytest.mark.parametrize(
        "text",
        [
            "laporan 482 130 9764 sudah kami terima",
            "meteran 482 130 9765",
            "RT 03 RW 04 No 12 Jl Mawar",
            "tanggal 12-05-2026 pukul 08.30",
            "Rp 1.500.000.000 untuk 250 rumah",
            "Rp1500000",
            "Rp 85.000.000.000 untuk jalan 200 m²",
            "SMS ke 1708 atau telepon 112",
            "ID pelanggan 512345678",
            "UU 25/2009, PermenPANRB 62/2018",
            "kode pos 65144",
            "kantor 0341-551234",
            "",
        ],
    )
    def test_other_numbers(self, text: str) -> None:
        """Ticket codes, dates, sums, customer numbers and addresses say what the matter is."""
        assert text == mask_numbers(text)

    def test_a_ticket_code_beside_a_phone_number(self) -> None:
        """Only the phone number goes."""
        text = "081234567890 482 130 9764 081234567890"
        assert f"{MASK} 482 130 9764 {MASK}" == mask_numbers(text)

    def test_a_count_behind_a_phone_number(self) -> None:
        """A single digit behind a space is no part of the number."""
        assert f"{MASK} 3 rumah" == mask_numbers("081234567890 3 rumah")

    @given(st.lists(st.integers(0, 9), min_size=9, max_size=9), st.booleans())
    def test_every_ticket_code(self, digits: list[int], spaced: bool) -> None:
        """In one piece it becomes what people read, so that no long number is left."""
        rest = iter(digits)
        code = ticket_code.new_code(lambda below: next(rest) % below)
        text = f"Laporan {ticket_code.show(code) if spaced else code} selesai."
        assert f"Laporan {ticket_code.show(code)} selesai." == mask_numbers(text)


# Digits of several scripts, what groups them, a valid code, and letters to be glued to.
NUMBERS = st.lists(
    st.sampled_from([*"0123456789", " ", ".", "-", "+", "8", "x", "Rp ", "٣", "²", "①", "４", "4821309764"]),
    max_size=60,
).map("".join)


@given(NUMBERS | st.text())
def test_no_long_number_is_left(text: str) -> None:
    """Whatever the text, no run of ten digits or more remains, of whatever script."""
    masked = mask_numbers(text)
    runs = "".join(char if char.isdigit() else " " for char in masked).split()
    assert not [run for run in runs if len(run) >= 10 or (run.startswith("08") and len(run) > 9)]


@given(NUMBERS | st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    """A masked text has nothing left to mask."""
    assert mask_numbers(text) == mask_numbers(mask_numbers(text))


class TestMaskNames:
    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            ("nama saya Fulan bin Polan dari RT 3", "nama saya {} dari RT 3"),
            ("Nama saya Fulan, jalan kami rusak", "Nama saya {}, jalan kami rusak"),
            ("NAMA SAYA FULAN DARI DUSUN KRAJAN", "NAMA SAYA {} DARI DUSUN KRAJAN"),
            ("nama saya fulan polan mau lapor", "nama saya {} mau lapor"),
            ("nama sy fulan jln rusak", "nama sy {} jln rusak"),
            ("Nama saya adalah Fulan. Air mati", "Nama saya adalah {}. Air mati"),
            ("Nama: Fulan\nAlamat: RT 3", "Nama: {}\nAlamat: RT 3"),
            ("Nama lengkap = Fulan Polan", "Nama lengkap = {}"),
            ("KTP a.n. Fulan belum jadi", "KTP a.n. {} belum jadi"),
            ("KTP a/n Fulan belum jadi", "KTP a/n {} belum jadi"),
            ("atas nama Fulan Al-Polan belum terbit", "atas nama {} belum terbit"),
            ("saya bernama fulan dari krajan", "saya bernama {} dari krajan"),
            ("Kenalkan saya Fulan warga desa", "Kenalkan saya {} warga desa"),
            ("perkenalkan, nama saya M. Fulan ingin lapor", "perkenalkan, nama saya {} ingin lapor"),
            ("nama saya Fulan dan atas nama Polan", "nama saya {} dan atas nama {}"),
        ],
    )
    def test_what_follows_the_usual_words(self, text: str, masked: str) -> None:
        """In any case, up to what is no part of a name."""
        assert masked.replace("{}", NAME_MASK) == mask_names(text)

    @pytest.mark.parametrize(
        "text",
        [
            "nama saya hilang dari data bansos",
            "NAMA SAYA TIDAK TERDAFTAR",
            "nama saya dicoret, tetangga dapat",
            "atas nama warga RT 3 kami minta lampu",
            "mohon nama saya dirahasiakan",
            "Nama jalan di depan pasar hilang",
            "Pak Fulan bilang jalan diperbaiki",
            "saya bernama",
            "jalan rusak",
            "",
        ],
    )
    def test_other_words_stay(self, text: str) -> None:
        """What happened to a name, whose it is, and names of others."""
        assert text == mask_names(text)

    @pytest.mark.parametrize("address", ["fulan@contoh.id", "fulan.polan+1@surat.contoh.co.id"])
    def test_mail_addresses(self, address: str) -> None:
        """They mostly hold the name."""
        assert f"balas ke {ADDRESS_MASK}, terima kasih" == mask_names(f"balas ke {address}, terima kasih")

    @given(st.text() | st.lists(st.sampled_from(["nama saya", " ", "Fulan", "a.n.", "@x.id", "di"])).map("".join))
    def test_never_fails(self, text: str) -> None:
        """A text without a cue and without an address stays as it is."""
        masked = mask_names(text)
        assert masked == text or NAME_MASK in masked or ADDRESS_MASK in masked


@pytest.mark.parametrize("end", ["", "9764", " 9764", "x"])
@pytest.mark.parametrize(
    "piece", ["976430 ", "1 ", "123-", "4821309764 ", "482 130 9764 ", "08 ", "rp 1.000.", "a.n. ", "a@b."]
)
def test_the_longest_sms_takes_no_longer_than_it_must(piece: str, end: str) -> None:
    """255 parts; where a number is taken off piece by piece they hold everybody up."""
    text, started = (piece * 20_000)[:39_000] + end, process_time()
    masked = mask_numbers(text)
    assert masked == mask_numbers(masked)
    assert "a@b." not in mask_names(masked).replace(ADDRESS_MASK, "")
    assert process_time() - started < 3
