"""YA, BELUM and 1 to 4 while a question is open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.sms import Complaint, Expect, Intent, No, Rating, Slip, Status, Yes, is_bare_answer, read_sms
from parser.sms_words import ANSWERS

CODE = "4821309764"
BOTH: frozenset[Expect] = frozenset({"ya", "nilai"})
FIXED: frozenset[Expect] = frozenset({"ya"})
RATED: frozenset[Expect] = frozenset({"nilai"})


class TestYesAndNo:
    @pytest.mark.parametrize(
        "text",
        [
            *(
                "YA",
                "y",
                "ya.",
                "iyaaa",
                "yes",
                "sudah",
                "sdh",
                "udah",
                "beres",
                "sdh beres",
                "sudah beres",
                "oke sudah",
            ),
            *(
                "setuju",
                "betul",
                "ya pak",
                "sudah terima kasih",
                "inggih",
                "nggih",
                "sampun",
                "uwis",
                "muhun",
                "parantos",
            ),
        ],
    )
    def test_yes(self, text: str) -> None:
        """Javanese and Sundanese too, with courtesy behind it."""
        assert Yes() == read_sms(text, FIXED)

    @pytest.mark.parametrize(
        "text",
        [
            *("BELUM", "blm", "blum", "belom", "tidak", "tdk", "gak", "ga", "nggak", "enggak", "ndak", "no", "No!"),
            *("belum beres", "tidak jadi", "belum min", "dereng", "durung", "teu acan", "acan", "belum ada perbaikan"),
        ],
    )
    def test_no(self, text: str) -> None:
        """Javanese and Sundanese too, with courtesy behind it."""
        assert No() == read_sms(text, FIXED)

    @pytest.mark.parametrize(("word", "meaning"), [("YA", Yes()), ("BELUM", No())])
    def test_every_phrase_works(self, word: str, meaning: Intent) -> None:
        """No entry of the table is dead; without a question it is a text like any other."""
        phrases = ANSWERS[word]
        assert [] == [phrase for phrase in phrases if read_sms(phrase, FIXED) != meaning]
        assert [] == [phrase for phrase in phrases if read_sms(phrase) != Complaint(phrase)]

    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("YA 2", Yes(index=2)),
            ("ya no 2 pak", Yes(index=2)),
            ("BELUM 482 130 9764", No(CODE)),
            ("belum 482 130 9765", Slip("BELUM", "482 130 9765")),
            ("no 2", Complaint("no 2")),
            ("no 482 130 9764", Status(CODE)),
        ],
    )
    def test_of_one_of_two_questions(self, text: str, intent: Intent) -> None:
        """A number from the list or a code says of which; `no` before a number is no answer."""
        assert intent == read_sms(text, FIXED)

    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("belum, lampunya masih mati", No(text="lampunya masih mati")),
            ("belum pak, masih gelap", No(text="masih gelap")),
            ("BELUM. masih gelap ", No(text="masih gelap")),
            ("belum, ada yang bocor lagi", No(text="ada yang bocor lagi")),
            ("ya - tapi masih bau", Yes(text="tapi masih bau")),
            ("sudah: tinggal satu lampu", Yes(text="tinggal satu lampu")),
        ],
    )
    def test_with_more_behind_a_separator(self, text: str, intent: Intent) -> None:
        """What the citizen adds is not lost."""
        assert intent == read_sms(text, FIXED)

    @pytest.mark.parametrize(
        "text",
        [
            "belum ada perbaikan jalan di desa kami",
            "Ya tolong jalan kami",
            "sudah 2 minggu air mati",
            "tidak ada air di rt 3",
            "yang rusak jalan desa",
            "3",
        ],
    )
    def test_sentences_are_reports(self, text: str) -> None:
        """The same words at the beginning of a sentence answer nothing, and a rating answers another question."""
        assert Complaint(text) == read_sms(text, FIXED)


class TestRating:
    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            *(
                ("1", Rating(1)),
                ("4!", Rating(4)),
                (" 3 pak", Rating(3)),
                ("4 puas", Rating(4)),
                ("nilai 3", Rating(3)),
            ),
            *(
                ("bintang 4", Rating(4)),
                ("2, kurang puas", Rating(2)),
                ("1 sangat kecewa min", Rating(1)),
                ("３", Rating(3)),
            ),
            *(("sangat puas", Rating(4)), ("Kecewa", Rating(1)), ("puas, terima kasih", Rating(3))),
            *(("nilai 3 no 2", Rating(3, index=2)), ("4 482 130 9764", Rating(4, CODE))),
            ("4 482 130 9765", Slip("NILAI", "482 130 9765")),
        ],
    )
    def test_what_was_asked(self, text: str, intent: Intent) -> None:
        """A number from 1 to 4 or its name, alone, with the mood behind it or the ticket it is about."""
        assert intent == read_sms(text, RATED)

    @pytest.mark.parametrize(
        "text", ["0", "5", "12", "1 minggu air mati", "4 rumah roboh", "kecewa sekali pada lurah", "ya"]
    )
    def test_anything_else(self, text: str) -> None:
        """Is no rating."""
        assert Complaint(text) == read_sms(text, RATED)

    def test_a_code_goes_first(self) -> None:
        """A code whose first digit stands apart begins like a rating."""
        assert Status(CODE) == read_sms("4 821 309 764", BOTH)


class TestIsBareAnswer:
    @pytest.mark.parametrize(
        "text", ["YA", "belum", "3", "9.", "no 2", "ya pak", "YA 2", "sudah terima kasih", "puas", "٣"]
    )
    def test_never_a_report(self, text: str) -> None:
        """A yes, a no or a digit, and nothing else."""
        assert is_bare_answer(text)

    @pytest.mark.parametrize(
        "text", ["", "10", "belum, masih gelap", "ya tolong", "STATUS", "3 rumah roboh", "jalan rusak"]
    )
    def test_other_texts(self, text: str) -> None:
        """Anything with words of its own."""
        expected = text == "ya tolong"  # courtesy behind it
        assert expected == is_bare_answer(text)

    @given(st.text(), st.sampled_from([frozenset[Expect](), FIXED, RATED, BOTH]))
    def test_never_fails(self, text: str, expects: frozenset[Expect]) -> None:
        """Where nothing is expected nothing is answered."""
        answered = isinstance(read_sms(text, expects), Yes | No | Rating)
        assert (is_bare_answer(text) or bool(expects)) >= answered
