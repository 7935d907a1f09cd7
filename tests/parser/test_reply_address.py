"""Tokens that somebody retyped with a slip: seen by an operator, and never taken for the right one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.reply_address import TOKEN_ALPHABET, find_token, near_tokens

TOKEN = "abcdefghjkmnpqrstuvw"
DOMAIN = "1708.example"


@pytest.mark.parametrize(
    ("address", "near"),
    [
        (f"t-{TOKEN[:-1]}@{DOMAIN}", TOKEN[:-1]),
        (f"t-{TOKEN}x@{DOMAIN}", f"{TOKEN}x"),
        (f"t-{TOKEN[:5]}.{TOKEN[5:]}@{DOMAIN}", TOKEN),
        (f"t-{TOKEN[:-2]}l0@{DOMAIN}", f"{TOKEN[:-2]}l0"),
        (f"T{TOKEN.upper()}@{DOMAIN.upper()}", TOKEN),
        (f"t_{TOKEN}@{DOMAIN}.", TOKEN),
    ],
)
def test_slips(address: str, near: str) -> None:
    """Dots, dashes, a character too few or too many, l for 1 and o for 0."""
    assert [near] == near_tokens([address], DOMAIN)
    assert find_token([address], DOMAIN) is None


@pytest.mark.parametrize(
    "address",
    [
        f"t-{TOKEN}@{DOMAIN}",
        f"t-{TOKEN[:-1]}@x.example",
        f"lapor@{DOMAIN}",
        f"tanya@{DOMAIN}",
        f"t-abc@{DOMAIN}",
        "",
        "@",
    ],
)
def test_what_is_none(address: str) -> None:
    """The real thing, another domain, other addresses of ours."""
    assert [] == near_tokens([address], DOMAIN)


@given(st.text(st.sampled_from(TOKEN_ALPHABET), min_size=20, max_size=20), st.integers(0, 19))
def test_a_token_with_a_letter_left_out_is_near(token: str, at: int) -> None:
    """Wherever it was."""
    assert [token[:at] + token[at + 1 :]] == near_tokens([f"t-{token[:at]}{token[at + 1 :]}@{DOMAIN}"], DOMAIN)


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_recipients(recipients: list[str]) -> None:
    """Never an error, and never a real token."""
    for near in near_tokens(recipients, DOMAIN):
        assert find_token(recipients, DOMAIN) != near or near not in recipients
