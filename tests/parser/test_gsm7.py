"""The GSM 7 bit default alphabet, as TS 23.038 has it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser import gsm7
from parser.gsm7_tables import LOCKING_SHIFT, SINGLE_SHIFT

WRITABLE = [char for char in gsm7.ALPHABET if char != "\x1b"] + list(gsm7.EXTENSION.values())
gsm_texts = st.text(st.sampled_from(WRITABLE), max_size=400)
septet_strings = st.binary(max_size=300).map(lambda octets: bytes(octet & 0x7F for octet in octets))


class TestFold:
    @pytest.mark.parametrize(
        ("typed", "folded"),
        [
            ("“Jalan” itu ‘rusak’", "\"Jalan\" itu 'rusak'"),
            ("RT 3 – RW 4 — Dinoyo", "RT 3 - RW 4 - Dinoyo"),
            ("belum juga…", "belum juga..."),
            ("air\u00a0mati\tlagi", "air mati lagi"),
            ("• lampu", "- lampu"),
            ("kan\u200bal\ufeff", "kanal"),
            ("Curaçao, São, ê", "Curacao, Sao, e"),
            ("e\u0301", "é"),
            ("ＫＴＰ ﬁlm", "KTP film"),
            ("½ km²", "1/2 km2"),
            ("Łódź", "Lodz"),
        ],
    )
    def test_writes_the_obvious_equivalent(self, typed: str, folded: str) -> None:
        """Signs that phones put in by themselves do not cost the citizen or us a UCS-2 message."""
        assert folded == gsm7.fold(typed)

    @pytest.mark.parametrize("text", ["😀", "ꦱꦸꦫꦧꦪ", "улица", "@£$é à\n€[]"])
    def test_leaves_what_has_no_equivalent_or_needs_none(self, text: str) -> None:
        """Other scripts, emoji and the alphabet itself stay as they are."""
        assert text == gsm7.fold(text)

    @given(st.text())
    def test_twice_is_once(self, text: str) -> None:
        """A folded text has nothing left to fold."""
        assert gsm7.fold(text) == gsm7.fold(gsm7.fold(text))

    @given(gsm_texts)
    def test_keeps_what_is_in_the_alphabet(self, text: str) -> None:
        """No character that GSM-7 can write is made poorer."""
        assert text == gsm7.fold(text)


class TestEncodeAndDecode:
    @pytest.mark.parametrize(
        ("text", "septets"),
        [
            ("@", b"\x00"),
            ("Lampu", b"Lampu"),
            ("Δ_Φ", b"\x10\x11\x12"),
            ("à", b"\x7f"),
            ("€", b"\x1b\x65"),
            ("[x]", b"\x1b\x3cx\x1b\x3e"),
            ("\f", b"\x1b\x0a"),
            ("", b""),
        ],
    )
    def test_pinned_codes(self, text: str, septets: bytes) -> None:
        """Codes looked up in TS 23.038 sections 6.2.1 and 6.2.1.1, both ways."""
        assert (septets, text) == (gsm7.encode(text), gsm7.decode(septets))

    @given(gsm_texts)
    def test_what_is_encoded_is_decoded(self, text: str) -> None:
        """Every text in the alphabet survives."""
        assert text == gsm7.decode(gsm7.encode(text))

    def test_the_error_names_character_and_position(self) -> None:
        """An operator can see which sign made a text expensive."""
        with pytest.raises(gsm7.GsmEncodeError, match=r"'😀' at position 3") as caught:
            gsm7.encode("abc😀d😀")
        assert ("😀", 3) == (caught.value.character, caught.value.position)

    def test_the_escape_itself_cannot_be_written(self) -> None:
        """U+001B is no character of the alphabet: alone it would swallow the next one."""
        with pytest.raises(gsm7.GsmEncodeError):
            gsm7.encode("\x1b")

    @pytest.mark.parametrize(
        ("septets", "text"),
        [
            (b"a\x1b", "a "),
            (b"\x1b\x1ba", " a"),
            (b"\x1bA", "A"),
            (b"\x1b\x00", "@"),
            (b"a\xff", "a\N{REPLACEMENT CHARACTER}"),
        ],
    )
    def test_lenient_with_unknown_escapes(self, septets: bytes, text: str) -> None:
        """Default table after an unknown escape, a space for one that leads nowhere."""
        assert text == gsm7.decode(septets)

    @given(st.binary())
    def test_decoding_never_fails(self, octets: bytes) -> None:
        """Any bytes give some text, and never an escape character."""
        assert "\x1b" not in gsm7.decode(octets)


class TestSeptets:
    @pytest.mark.parametrize(("text", "count"), [("", 0), ("abc", 3), ("a€", 3), ("ñ", 1), ("ê", None), ("😀", None)])
    def test_counts_or_says_none(self, text: str, count: int | None) -> None:
        """Extension characters count twice; None where GSM-7 cannot write the text."""
        assert count == gsm7.septets(text)


class TestPack:
    @pytest.mark.parametrize(
        ("text", "packed"),
        [
            ("hello", "E8329BFD06"),
            ("hi", "E834"),
            ("1234567", "31D98C56B3DD00"),
            ("12345678", "31D98C56B3DD70"),
            ("", ""),
        ],
    )
    def test_pinned_octets(self, text: str, packed: str) -> None:
        """Packed by hand: the second septet's low bit is the first octet's high bit, and so on."""
        assert packed == gsm7.pack(gsm7.encode(text)).hex().upper()

    def test_fill_bits_shift_the_text(self) -> None:
        """One fill bit, as behind a six-octet header: A, 1000001, becomes 10000010."""
        assert b"\x82" == gsm7.pack(b"A", fill_bits=1)

    @given(septet_strings, st.integers(0, 6))
    def test_what_is_packed_is_unpacked(self, septets: bytes, fill: int) -> None:
        """For every length and number of fill bits."""
        assert septets == gsm7.unpack(gsm7.pack(septets, fill), len(septets), fill)

    @given(septet_strings, st.integers(0, 6))
    def test_packing_is_bits_in_a_row(self, septets: bytes, fill: int) -> None:
        """The fast way gives what the definition gives."""
        bits = sum(septet << (fill + 7 * n) for n, septet in enumerate(septets))
        assert bits == int.from_bytes(gsm7.pack(septets, fill), "little")

    @given(septet_strings, st.integers(0, 6))
    def test_takes_no_octet_more_than_needed(self, septets: bytes, fill: int) -> None:
        """Octets are the bits divided by eight, rounded up."""
        assert -(-(7 * len(septets) + fill) // 8) == len(gsm7.pack(septets, fill))

    def test_unpack_ignores_what_follows(self) -> None:
        """Only as many septets as asked for."""
        assert b"hello" == gsm7.unpack(bytes.fromhex("E8329BFD06FFFF"), 5)

    def test_unpack_refuses_short_data(self) -> None:
        """Septets that are not there are not made up."""
        with pytest.raises(ValueError, match="do not fit into 5 octets"):
            gsm7.unpack(bytes.fromhex("E8329BFD06"), 6)


class TestSplit:
    @pytest.mark.parametrize(
        ("text", "alphabet", "lengths"),
        [
            ("", "gsm7", [0]),
            ("a" * 160, "gsm7", [160]),
            ("a" * 161, "gsm7", [153, 8]),
            ("a" * 306, "gsm7", [153, 153]),
            ("a" * 307, "gsm7", [153, 153, 1]),
            ("€" * 80, "gsm7", [80]),
            ("a" * 152 + "€" * 10, "gsm7", [152, 10]),
            ("ê" * 70, "ucs2", [70]),
            ("ê" * 71, "ucs2", [67, 4]),
            ("😀" * 35, "ucs2", [35]),
            ("😀" * 36, "ucs2", [33, 3]),
        ],
    )
    def test_fills_each_part(self, text: str, alphabet: str, lengths: list[int]) -> None:
        """160 and 153 septets, 70 and 67 UTF-16 units; no escape or surrogate pair is cut."""
        segments = gsm7.split(text)
        assert (alphabet, lengths) == (segments.alphabet, [len(part) for part in segments.parts])

    @given(st.one_of(gsm_texts, st.text(max_size=300)))
    def test_loses_nothing(self, text: str) -> None:
        """The parts together are the text."""
        assert text == "".join(gsm7.split(text).parts)

    @given(gsm_texts)
    def test_every_gsm_part_fits(self, text: str) -> None:
        """No part is longer than its SMS."""
        parts = gsm7.split(text).parts
        limit = 160 if len(parts) == 1 else 153
        assert all((gsm7.septets(part) or 0) <= limit for part in parts)

    @given(st.text(st.sampled_from("ê😀a"), max_size=300).map(lambda text: text + "ê"))
    def test_every_ucs2_part_fits(self, text: str) -> None:
        """Counted in UTF-16 units, as the network counts."""
        parts = gsm7.split(text).parts
        limit = 70 if len(parts) == 1 else 67
        assert all(len(part.encode("utf-16-be")) // 2 <= limit for part in parts)


# National language identifiers (TS 23.038 section 6.2.1.2.4) and what Unicode calls their scripts.
TURKISH, SPANISH, PORTUGUESE, HINDI, URDU = 1, 2, 3, 6, 13
INDIC = {
    4: "BENGALI", 5: "GUJARATI", HINDI: "DEVANAGARI", 7: "KANNADA", 8: "MALAYALAM", 9: "ORIYA", 10: "GURMUKHI",
    11: "TAMIL", 12: "TELUGU",
}  # fmt: skip


class TestNationalTables:
    def test_all_are_there(self) -> None:
        """Thirteen languages; Spanish has no locking shift table."""
        assert set(range(1, 14)) == set(SINGLE_SHIFT)
        assert set(range(1, 14)) - {SPANISH} == set(LOCKING_SHIFT)

    @pytest.mark.parametrize("table", [*LOCKING_SHIFT.values(), *SINGLE_SHIFT.values()])
    def test_each_has_128_codes_and_each_letter_once(self, table: str) -> None:
        """But for a few signs that the annex itself has twice."""
        letters = [char for char in table if char not in " ¡^*"]
        assert (128, sorted(set(letters))) == (len(table), sorted(letters))

    @pytest.mark.parametrize("table", LOCKING_SHIFT.values())
    def test_what_every_locking_table_shares(self, table: str) -> None:
        """Line ends, the escape, digits and small letters stand where the default alphabet has them."""
        shared = [0x0A, 0x0D, 0x1B, 0x20, 0x21, 0x2C, 0x2E, *range(0x30, 0x3C), 0x3F, *range(0x61, 0x7B)]
        assert [gsm7.ALPHABET[code] for code in shared] == [table[code] for code in shared]

    @pytest.mark.parametrize("table", SINGLE_SHIFT.values())
    def test_what_every_single_table_shares(self, table: str) -> None:
        """The brackets and the euro of the default extension table."""
        shared = [code for code in gsm7.EXTENSION if code != 0x14]
        assert [gsm7.EXTENSION[code] for code in shared] == [table[code] for code in shared]

    @pytest.mark.parametrize(("language", "script"), INDIC.items())
    def test_indic_tables_hold_their_own_script(self, language: int, script: str) -> None:
        """In the order of Unicode from A on, which all scripts of India share."""
        own = [char for char in LOCKING_SHIFT[language] if ord(char) > 0x7F]
        assert {script} == {unicodedata.name(char).split()[0] for char in own}
        letters = [
            char for char in LOCKING_SHIFT[language][:0x61] if ord(char) > 0x7F and " LETTER " in unicodedata.name(char)
        ]
        assert f"{script} LETTER A" == unicodedata.name(letters[0])
        assert sorted(letters[:40]) == letters[:40]

    @pytest.mark.parametrize("language", [*INDIC, URDU])
    def test_digits_of_their_own_script(self, language: int) -> None:
        """Ten in a row, the escape's code left out."""
        digits = [char for char in SINGLE_SHIFT[language] if ord(char) > 0x7F and char.isdecimal()]
        assert list(range(10)) == [unicodedata.decimal(char) for char in digits]

    @pytest.mark.parametrize(
        ("septets", "locking", "single", "text"),
        [
            ("1B53 1B49 1B63", 0, TURKISH, "Şİç"),
            ("0B 07 1C 1D 40 60", TURKISH, TURKISH, "ĞıŞşİç"),
            ("1B41 1B49 1B6F 09", 0, SPANISH, "ÁÍóÇ"),
            ("5B 1B61 7B 12", PORTUGUESE, PORTUGUESE, "ÃÂãª"),
            ("01 02 03", 4, 0, "\u0982\u0983\u0985"),
            ("42 3E 56 1B1C", HINDI, HINDI, "\u092e\u092b\u0944\u0966"),
            ("00 01 02 1B1C", URDU, URDU, "\u0627\u0622\u0628\u06f0"),
            ("1B65 1B28 61", HINDI, 0, "€{a"),
            ("1B61 1B1B 1B", 0, TURKISH, "a  "),
            ("61 1B65 C1", 0x70, 0x71, "a€\ufffd"),
            ("80 61", HINDI, 0, "\ufffda"),
        ],
    )
    def test_texts(self, septets: str, locking: int, single: int, text: str) -> None:
        """A code that a single table lacks is read in the locking one; languages of nobody are the default alphabet."""
        assert text == gsm7.decode_national(bytes.fromhex(septets), locking, single)

    @given(st.binary(max_size=100))
    def test_without_a_language_it_is_the_default_alphabet(self, octets: bytes) -> None:
        """Whatever the octets."""
        assert gsm7.decode(octets) == gsm7.decode_national(octets, 0, 0)
