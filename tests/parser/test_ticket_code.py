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

# What a thumb can type for a digit, and between two.
LOOKALIKES = {"0": "0Oo", "1": "1lI|"}
SCRIPTS = ("0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹")
BETWEEN = ["", "", " ", ".", "-", "/", " - ", "(", ") ", "\n", "#", ",", "\u00a0", "–", "\u200b"]


@st.composite
def typings(draw: st.DrawFn) -> tuple[str, str]:
    """A code, and one way to type it."""
    code = draw(codes)
    script = draw(st.sampled_from(SCRIPTS))
    typed = script[int(code[0])]
    for digit in code[1:]:
        typed += draw(st.sampled_from(BETWEEN)) + draw(
            st.sampled_from(LOOKALIKES.get(digit, digit) + script[int(digit)])
        )
    return code, typed


def digit_places(typed: str) -> list[int]:
    """Where the digits stand, or the letters typed for them."""
    return [at for at, char in enumerate(typed) if char.isdigit() or char in "OolI|"]


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
            "(482) 130-9764",
            "482/130/9764",
            "[482_130_9764]",
            "4.821.309.764",
            "482,130,9764",
            "482\n130\n9764",
            "\u2068482 130 9764\u2069",
            "４８２ １３０ ９７６４",
            "٤٨٢ ١٣٠ ٩٧٦٤",
            "4️⃣8️⃣2️⃣1️⃣3️⃣0️⃣9️⃣7️⃣6️⃣4️⃣",
        ],
    )
    def test_as_people_type_it(self, typed: str) -> None:
        """Separators anywhere, letters for digits that look like them."""
        assert Code("4821309764") == read_code(typed)

    @given(typings())
    def test_survives_every_way_of_typing(self, typing: tuple[str, str]) -> None:
        """Any grouping, letters that look like digits, digits of another script."""
        code, typed = typing
        assert Code(code) == read_code(typed)

    @given(typings(), st.integers(0, 9), st.integers(1, 9))
    def test_no_single_wrong_digit_is_accepted(self, typing: tuple[str, str], place: int, step: int) -> None:
        """However the code is typed."""
        code, typed = typing
        at = digit_places(typed)[place]
        wrong = str((int(code[place]) + step) % 10)
        assert not isinstance(read_code(typed[:at] + wrong + typed[at + 1 :]), Code)

    @given(typings(), st.integers(0, 8))
    def test_no_swap_of_neighbours_is_accepted(self, typing: tuple[str, str], place: int) -> None:
        """However the code is typed, and whatever stands between the two."""
        code, typed = typing
        one, two = digit_places(typed)[place : place + 2]
        swapped = typed[:one] + typed[two] + typed[one + 1 : two] + typed[one] + typed[two + 1 :]
        assert (code[place] == code[place + 1]) == isinstance(read_code(swapped), Code)

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
            "+62 482 130 9764",
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
