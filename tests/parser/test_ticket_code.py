"""Ticket codes: ten digits with a Damm check digit, typed by thumbs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.ticket_code import FIRST_DIGITS, Code, Slip, check, new_code, read_code, show

choices = st.lists(st.integers(0, 2**32), min_size=9, max_size=9)


def chosen(numbers: list[int]) -> str:
    """A code from nine given numbers in the place of random ones."""
    rest = iter(numbers)
    return new_code(lambda below: next(rest) % below)


codes = choices.map(chosen)


class TestNewCode:
    def test_is_what_was_chosen_and_a_check_digit(self) -> None:
        """The first number chooses among the allowed first digits."""
        assert "4821309764" == chosen([2, 8, 2, 1, 3, 0, 9, 7, 6])

    def test_asks_for_numbers_in_range(self) -> None:
        """One of six first digits and eight more of ten, so that secrets.randbelow fits."""
        asked: list[int] = []

        def lowest(below: int) -> int:
            asked.append(below)
            return 0

        assert ("200000000", [6] + [10] * 8) == (new_code(lowest)[:9], asked)

    @given(codes)
    def test_is_valid(self, code: str) -> None:
        """Every code passes its own check and never begins like a phone number or 1708."""
        assert (True, True, 10) == (check(code), code[0] in FIRST_DIGITS, len(code))


class TestCheck:
    @pytest.mark.parametrize(
        "code", ["", "482130976", "48213097644", "4821309765", "0000000000", "482130976a", "４８２１３０９７６４"]
    )
    def test_refuses_what_no_code_is(self, code: str) -> None:
        """Wrong length, wrong check digit, wrong first digit, no plain digits."""
        assert not check(code)

    @given(codes, st.integers(0, 9), st.integers(1, 9))
    def test_finds_every_single_wrong_digit(self, code: str, place: int, step: int) -> None:
        """What Damm's quasigroup is for."""
        wrong = str((int(code[place]) + step) % 10)
        assert not check(code[:place] + wrong + code[place + 1 :])

    @given(codes, st.integers(0, 8))
    def test_finds_every_swap_of_neighbours(self, code: str, place: int) -> None:
        """The other slip that thumbs make."""
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert (swapped == code) == check(swapped)


class TestShow:
    def test_three_three_four(self) -> None:
        """As it stands in every SMS."""
        assert "482 130 9764" == show("4821309764")


class TestReadCode:
    @pytest.mark.parametrize(
        "typed",
        [
            "4821309764",
            "482 130 9764",
            "482-130-9764",
            "482.130.9764",
            "#482 130 9764",
            " 482  130\u00a09764. ",
            "48213O9764",
            "482 l3o 9764",
            "482 I30 9764",
            "482 |30 9764",
            "4 8 2 1 3 0 9 7 6 4",
            "482–130–9764",
        ],
    )
    def test_as_people_type_it(self, typed: str) -> None:
        """Separators anywhere, letters for digits that look like them."""
        assert Code("4821309764") == read_code(typed)

    def test_a_wrong_check_digit_is_a_slip(self) -> None:
        """The citizen can be told so at once."""
        assert Slip("4821309765") == read_code("482 130 9765")

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "482 130 976",
            "482 130 97644",
            "0812345678",
            "6281234567",
            "1821309764",
            "2.500.000.000",
            "jalan rusak",
            "4821309764 mati",
            "x4821309764",
            "4821309764x",
            "O821309764",
        ],
    )
    def test_anything_else_is_no_code(self, typed: str) -> None:
        """Phone numbers, sums of money and words are not mistaken for a slip."""
        assert read_code(typed) is None

    @given(codes)
    def test_what_is_shown_is_read(self, code: str) -> None:
        """Copying a code from our SMS always works."""
        assert Code(code) == read_code(show(code))

    @given(st.text())
    def test_never_fails(self, text: str) -> None:
        """Any text is a code, a slip or neither."""
        match read_code(text):
            case Code(digits):
                assert check(digits)
            case Slip(digits):
                assert not check(digits)
            case None:
                pass
