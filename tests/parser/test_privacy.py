"""Numbers that tell who somebody is do not leave the gateway."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser import ticket_code
from parser.privacy import MASK, mask_numbers


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
            "Laporan 4821309764, dekat KM 12",
            "meteran 482 130 9765",
            "RT 03 RW 04 No 12 Jl Mawar",
            "tanggal 12-05-2026 pukul 08.30",
            "Rp 1.500.000.000 untuk 250 rumah",
            "Rp1500000",
            "SMS ke 1708 atau telepon 112",
            "ID pelanggan 512345678901",
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
        """However it is written."""
        rest = iter(digits)
        code = ticket_code.new_code(lambda below: next(rest) % below)
        text = f"Laporan {ticket_code.show(code) if spaced else code} selesai."
        assert text == mask_numbers(text)


@given(st.text(st.sampled_from("0123456789 .-+8x"), max_size=60))
def test_no_long_number_is_left(text: str) -> None:
    """Whatever the text, no mobile number and no 13 digits in a row remain."""
    masked = mask_numbers(text)
    runs = "".join(char if char.isdigit() else " " for char in masked).split()
    assert not [run for run in runs if len(run) >= 13 or (run.startswith("08") and 9 < len(run) < 13)]


@given(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    """A masked text has nothing left to mask."""
    assert mask_numbers(text) == mask_numbers(mask_numbers(text))
