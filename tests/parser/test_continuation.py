"""Halves of one text, sent as two SMS."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.continuation import continues, reads_cut, rejoin

LONG = ("Jalan rusak parah di depan pasar " * 5)[:160]


class TestReadsCut:
    @pytest.mark.parametrize(
        "text",
        [
            *(
                "Jalan rusak di",
                "jalan kami rusak karena",
                "LAMPU MATI DAN",
                "jalan rusak yang",
                "sampah di jl.",
                "di dsn",
            ),
            *(
                "dalane rusak lan",
                "jalan butut jeung",
                "air mati sudah",
                "di kec ",
                "jalan rusak,",
                "jalan rusak -",
                "sehari-",
            ),
            *(
                "jalan rusak..",
                "jalan rusak...",
                "jalan rusak…",
                "jalan rusak bersambung",
                "jalan rusak (bersambung)...",
            ),
            *("jalan rusak (1/2)", "1/2 jalan rusak.", "jalan rusak. 1/3", "[1/2] jalan rusak", LONG, LONG[:145]),
            *("ж" * 64, "ж" * 70),
        ],
    )
    def test_something_must_follow(self, text: str) -> None:
        """A word or a mark at the end, or no room for more."""
        assert reads_cut(text)

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "",
                "di",
                "Jalan rusak",
                "Jalan rusak.",
                "Jalan rusak!",
                "kapan diperbaiki?",
                "jalan rusak, terima kasih",
            ),
            *("lampu mati di RT 3 RW 2.", "lampu mati di RT 1/2", "jalan rusak (2/2)", LONG[:144], LONG[:159] + "."),
            *(
                "air tidak ada",
                "petugas belum datang juga",
                "lampu mati minggu lalu",
                "ж" * 63,
                "rumah di jl 5",
                "jl 5.",
            ),
        ],
    )
    def test_nothing_must_follow(self, text: str) -> None:
        """An end of a sentence, or words that can end one."""
        assert not reads_cut(text)


class TestContinues:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("Jalan di desa kami rusak karena", "sering dilewati truk"),
            ("jalan rusak di", "Desa Sukamaju"),
            ("Jalan rusak di RT", "3"),
            (LONG, "Sukamaju belum diperbaiki"),
            ("Jalan rusak di desa kami", "tidak pernah diperbaiki"),
            ("jalan rusak di desa kami", "dan lampunya mati"),
            ("jalan rusak di desa kami", "Sudah 3 bulan"),
            ("jalan rusak di desa kami", "(2/2) Lampunya juga"),
            ("jalan rusak di desa kami", "Lampunya juga 2/2"),
            ("jalan rusak di desa kami", "Lanjutan: lampunya juga"),
            ("jalan rusak (1/2)", "Lampunya juga mati"),
            ("sudah lapor ke", "pak lurah tapi diam saja"),
            ("TAMBAH 482 130 9764 lampunya mati karena", "kabelnya putus"),
        ],
    )
    def test_one_text(self, first: str, second: str) -> None:
        """The first lacks an end and the second a beginning."""
        assert continues(first, second)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("Jalan rusak di desa kami.", "sudah lama"),
            ("Jalan rusak di desa kami", "Lampu di pasar mati"),
            ("jalan rusak di desa kami", "lampu di pasar mati"),
            ("jalan rusak di", "Pak, lampu di pasar mati"),
            ("jalan rusak di", "yth bupati, lampu mati"),
            ("jalan rusak di", "Yang terhormat bupati"),
            ("jalan rusak di", "assalamualaikum lampu mati"),
            ("jalan rusak di", "selamat pagi lampu mati"),
            ("jalan rusak di", "STATUS"),
            ("jalan rusak di", "BARU: lampu mati"),
            ("jalan rusak di", "RAHASIA: lampu mati"),
            ("jalan rusak di", "terima kasih"),
            ("jalan rusak di", ""),
            ("Jalan rusak di desa kami", "ya"),
            ("STATUS", "jalan rusak"),
            ("Ok", "jalan rusak"),
            ("YA", "jalan rusak"),
            ("", "jalan rusak"),
        ],
    )
    def test_two_texts(self, first: str, second: str) -> None:
        """A sentence that ends, a greeting, a command, mere thanks, or no sign at all."""
        assert not continues(first, second)

    @given(st.text(), st.text())
    def test_never_fails(self, first: str, second: str) -> None:
        """Nothing goes on with what has ended."""
        assert not continues(first + " selesai.", second)


class TestRejoin:
    @pytest.mark.parametrize(
        ("first", "second", "whole"),
        [
            ("jalan rusak di", "desa kami", "jalan rusak di desa kami"),
            ("jalan rusak ", " di desa", "jalan rusak di desa"),
            ("jalan rusak (1/2)", "(2/2) di desa", "jalan rusak di desa"),
            ("1/2 jalan rusak", "2/2: di desa", "jalan rusak di desa"),
            ("jalan rusak 1/2", "di desa 2/2", "jalan rusak di desa"),
            ("jalan rusak bersambung...", "sambungan: di desa", "jalan rusak di desa"),
            ("jalan rusak", "lanjutan, di desa", "jalan rusak di desa"),
            ("lampu mati di RT 1/2", "sejak kemarin", "lampu mati di RT 1/2 sejak kemarin"),
            ("macet sehari-", "hari", "macet sehari-hari"),
            ("macet -", "parah", "macet - parah"),
            ("", "jalan rusak", "jalan rusak"),
            ("jalan rusak", "", "jalan rusak"),
        ],
    )
    def test_one_text(self, first: str, second: str, whole: str) -> None:
        """One space between them, and none of the marks that a phone or a thumb put there."""
        assert whole == rejoin(first, second)

    @pytest.mark.parametrize("length", [153, 160])
    def test_a_word_that_a_full_sms_cut(self, length: int) -> None:
        """Is whole again."""
        first = ("jalan rusak parah " * 10)[: length - 4] + "pert"
        assert f"{first}igaan macet" == rejoin(first, "igaan macet")

    def test_in_another_alphabet(self) -> None:
        """A full SMS is shorter there."""
        assert "ж" * 72 == rejoin("ж" * 70, "жж")

    def test_a_full_sms_between_two_words(self) -> None:
        """The space that was cut off is put back."""
        first = ("jalan rusak parah " * 10)[:159] + ","
        assert f"{first} macet" == rejoin(first, "macet")

    @given(st.text("abc de.,", max_size=170), st.text("abc de.,", max_size=40))
    def test_loses_no_letter(self, first: str, second: str) -> None:
        """Only white space may change."""
        assert re.sub(r"\s", "", first + second) == re.sub(r"\s", "", rejoin(first, second))
