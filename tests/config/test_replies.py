"""The texts that citizens get: every one proved to fit one SMS before it is used."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.replies import (
    CUT_FIELDS,
    FIELD_WIDTH,
    STATUS_WORDS,
    TEMPLATE_FIELDS,
    TERM_WIDTH,
    Replies,
    RepliesError,
    cut,
    load_replies,
)
from parser import gsm7

SHIPPED = (resources.files("config") / "data" / "replies.toml").read_text(encoding="utf-8")
LOADED = load_replies(None, "1708")
WEEK = "[istilah] hari: must be seven words of at most 3 letters, Monday first"
KATA = "kata: must list what a citizen texts to choose this language"
NO_TABLE = "bahasa.jw.status: must be a table that begins with [bahasa.jw.status]"


def replies(**templates: str) -> Replies:
    """Some texts, unchecked."""
    return Replies(templates, {}, "1708")


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """The shipped file with some lines replaced; its path."""

    def write(*changes: tuple[str, str]) -> Path:
        text = SHIPPED
        for old, new in changes:
            lines = [new if line.startswith(old) else line for line in text.splitlines()]
            assert lines != text.splitlines()
            text = "\n".join(lines)
        (tmp_path / "replies.toml").write_text(text, encoding="utf-8")
        return tmp_path / "replies.toml"

    return write


def problems(file: Path) -> list[str]:
    """What is wrong with it, the path left out."""
    with pytest.raises(RepliesError) as told:
        load_replies(file, "1708")
    assert "; ".join(map(str, told.value.problems)) == str(told.value)
    return [str(problem).removeprefix(f"{file}: ") for problem in told.value.problems]


class TestShippedFile:
    def test_it_fits(self) -> None:
        """All templates and status words, and nothing else."""
        loaded = load_replies(None, "1708")
        assert (set(TEMPLATE_FIELDS), set(STATUS_WORDS)) == (set(loaded.templates), set(loaded.status))

    @pytest.mark.parametrize("name", TEMPLATE_FIELDS)
    def test_every_text_fits_with_the_longest_of_everything(self, name: str) -> None:
        """Filled for real, with names as long as they can be."""
        loaded = load_replies(None, "170899")
        values = {f: "W" * FIELD_WIDTH.get(f, 500) for f in TEMPLATE_FIELDS[name]}
        width = gsm7.septets(loaded.render(name, **values))
        assert width is not None
        assert width <= 160

    def test_the_operators_copy_is_the_same(self, written: Any) -> None:
        """Copying the file changes nothing; a byte order mark does no harm."""
        file = written()
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
        assert load_replies(None, "1708") == load_replies(file, "1708")


class TestRender:
    def test_fields_are_filled(self) -> None:
        """Once: what stands in a field is no template."""
        text = replies(x="LAPOR {short_code}: {agency} {code}, {note…}!").render(
            "x", agency="{code}", code="482 130 9764", note="{agency} {short_code}"
        )
        assert "LAPOR 1708: {code} 482 130 9764, {agency} {short_code}!" == text

    def test_gaps_are_closed(self) -> None:
        """An empty field leaves no double space, nor one at the end."""
        assert "a b" == replies(x="a {agency} b {note…}").render("x", agency="", note=" \n ")

    def test_letters_that_sms_cannot_carry_are_replaced(self) -> None:
        """Where there is a likeness by that, else by a question mark; never by 70-character SMS."""
        text = replies(x="{agency}: {note…}").render("x", agency="Dinas Pendidikañ ẞ", note="“áman” – 😷 ﷺ …")
        assert gsm7.septets(text) is not None
        assert 'Dinas Pendidikañ ?: "aman" - ?' in text

    @pytest.mark.parametrize(("name", "missing"), [("y", "y"), ("x", "note")])
    def test_what_does_not_exist_is_an_error(self, name: str, missing: str) -> None:
        """A template that nobody wrote, or a field that nobody gave."""
        with pytest.raises(KeyError, match=missing):
            replies(x="{note…}").render(name)

    def test_two_cut_fields_share_the_room(self) -> None:
        """Neither takes all of it."""
        text = replies(x="{note…} | {typed…}").render("x", note="a " * 200, typed="b " * 200)
        assert (gsm7.septets(text) or 999) <= 160
        assert {"a", "b"} <= set(text)

    @given(
        name=st.sampled_from(sorted(TEMPLATE_FIELDS)),
        values=st.fixed_dictionaries({f: st.text(max_size=400) for f in {*FIELD_WIDTH, *CUT_FIELDS}}),
    )
    def test_it_fits_whatever_the_values(self, name: str, values: dict[str, str]) -> None:
        """Even where a name is longer than reference data may have it."""
        del values["short_code"]
        text = LOADED.render(name, **values)
        assert (gsm7.septets(text) or 999) <= 160

    def test_a_template_that_was_never_checked_is_an_error(self) -> None:
        """load_replies lets none through."""
        with pytest.raises(ValueError, match="not GSM-7"):
            replies(x="“{short_code}”").render("x")

    def test_an_endless_word_costs_no_time(self) -> None:
        """A mail may hold 200,000 characters without a space: this test ends."""
        text = replies(x="{note…}").render("x", note="€" * 200_000)
        assert "€" * 78 + "..." == text


class TestCut:
    @pytest.mark.parametrize(
        ("text", "room", "left"),
        [
            ("lubang di jalan", 15, "lubang di jalan"),
            ("lubang di jalan", 14, "lubang di..."),
            ("lubang di jalan", 12, "lubang di..."),
            ("lubang di jalan", 11, "lubang..."),
            ("lubang di jalan", 8, "luban..."),
            ("  lubang\n\tdi \u00a0 jalan ", 15, "lubang di jalan"),
            ("€€€ €€€", 13, "€€€ €€€"),
            ("€€€ €€€", 12, "€€€..."),
            ("€€€€€€€", 10, "€€€..."),
            ("😷 ok", 10, "? ok"),
            ("lubang", 3, "..."),
            ("lubang", 2, ".."),
            ("lubang", 0, ""),
            ("", 0, ""),
        ],
    )
    def test_examples(self, text: str, room: int, left: str) -> None:
        """At a word if one fits, else inside it."""
        assert left == cut(text, room)

    @given(st.text(max_size=400), st.integers(0, 200))
    def test_it_never_takes_more_room(self, text: str, room: int) -> None:
        """In septets, an extension character being two; cutting once more changes nothing."""
        short = cut(text, room)
        width = gsm7.septets(short)
        assert width is not None
        assert width <= room
        assert short == cut(short, room)

    @given(st.lists(st.text("abc€", min_size=1, max_size=12), min_size=1, max_size=30), st.integers(16, 160))
    def test_it_ends_at_a_word(self, words: list[str], room: int) -> None:
        """What is left is the beginning of the text, in whole words when the first one fits."""
        short = cut(" ".join(words), room)
        if short.endswith("..."):
            kept = short.removesuffix("...").split(" ")
            assert kept == words[: len(kept)] or (len(kept) == 1 and words[0].startswith(kept[0]))
        else:
            assert " ".join(words) == short


class TestWrongFile:
    def test_one_that_is_not_there(self, tmp_path: Path) -> None:
        """With its path."""
        with pytest.raises(RepliesError, match=r"/no.toml: cannot be read: .*No such file"):
            load_replies(tmp_path / "no.toml", "1708")

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"diterima = ", "at end of document|line 1"),
            (b"\xff\xfe", "can't decode byte"),
            (b"a = 'b'\na = 'c'\n", "line 2"),
        ],
    )
    def test_one_that_cannot_be_read(self, tmp_path: Path, content: bytes, why: str) -> None:
        """No TOML, no UTF-8."""
        (tmp_path / "replies.toml").write_bytes(content)
        with pytest.raises(RepliesError, match=f"replies.toml: cannot be read: .*({why})"):
            load_replies(tmp_path / "replies.toml", "1708")

    def test_a_folder(self, tmp_path: Path) -> None:
        """Is no file."""
        assert [
            f"cannot be read: [Errno 21] Is a directory: {str(tmp_path)!r}; correct it, or leave [routing] replies out"
        ] == problems(tmp_path)

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("bantuan = ", "", "bantuan: is missing; copy it from the shipped file"),
            ("bantuan = ", "bantuan = 7", "bantuan: must be a text in quotes"),
            ("bantuan = ", "bantuan = ' '", "bantuan: must be a text with fields written like these: {short_code}"),
            (
                "bantuan = ",
                "bantuan = 'LAPOR {code}'",
                "bantuan: {code} is no field of this text; known here: {short_code}",
            ),
            (
                "diteruskan = ",
                "diteruskan = '{code} {typed…}'",
                "diteruskan: {typed…} is no field of this text; known here: "
                "{short_code} {code} {agency} {old_agency} {topic} {status} {note…} {date} {then} {days} {emergency}",
            ),
            (
                "agency_proses = ",
                "agency_proses = '{code} {note}'",
                "agency_proses: {note} is no field of this text; known here: "
                "{short_code} {code} {agency} {old_agency} {topic} {status} {note…} {date} {then} {days} {emergency}",
            ),
            (
                "salah_ketik = ",
                "salah_ketik = 'nomor {typed...}'",
                "salah_ketik: must be a text with fields written like these: {short_code} {typed…}",
            ),
            (
                "tidak_ditemukan = ",
                "tidak_ditemukan = 'laporan { code }'",
                "tidak_ditemukan: must be a text with fields written like these: {short_code} {code}",
            ),
            (
                "bantuan = ",
                "bantuan = 'tulis “keluhan” Anda'",
                "bantuan: '“' is not in the SMS alphabet (GSM-7) and would more than double the cost; "
                "write it with plain letters",
            ),
            (
                "ditambah = ",
                f"ditambah = '{'x' * 140} {{agency}}'",
                "ditambah: can take 165 septets with the longest names; shorten it by 5",
            ),
            (
                "salah_ketik = ",
                f"salah_ketik = '{'€' * 75} {{typed…}}'",
                "salah_ketik: can take 169 septets with the longest names; shorten it by 9",
            ),
            (
                "tunda = ",
                "tunda = 'menunggu jawaban Anda'",
                "[status] tunda: must be GSM-7 and at most 20 septets",
            ),
            ("tunda = ", "tunda = '…'", "[status] tunda: must be GSM-7 and at most 20 septets"),
            ("tunda = ", "tunda = 1", "[status] tunda: must be a text in quotes"),
            (
                "rahasia = ",
                "rahasia = 'sangat rahasia sekali, sungguh'",
                "[istilah] rahasia: must be GSM-7 and at most 24 septets",
            ),
            ("rahasia = ", "", "[istilah] rahasia: is missing; copy it from the shipped file"),
            (
                "hari = ",
                "hari = 'Sen Sel Rab Kam Jum Sab'",
                "[istilah] hari: must be seven words of at most 3 letters, Monday first",
            ),
            (
                "hari = ",
                "hari = 'Senin Sel Rab Kam Jum Sab M'",
                "[istilah] hari: must be seven words of at most 3 letters, Monday first",
            ),
            ("kata = ", "kata = []", "[bahasa.id] kata: must list what a citizen texts to choose this language"),
            ("kata = ", "kata = ['!']", "[bahasa.id] kata: must list what a citizen texts to choose this language"),
            (
                "kata = ",
                "kata = ['x']\nmulai = 'x'",
                "[bahasa.id]: has only kata; the texts themselves stand above, in no table",
            ),
            ("tunda = ", "", "[status] tunda: is missing; copy it from the shipped file"),
        ],
    )
    def test_each_problem_is_told_with_its_key(self, written: Any, old: str, new: str, problem: str) -> None:
        """And what to do about it."""
        assert [problem] == problems(written((old, new)))

    def test_unknown_names_are_told_with_the_nearest(self, written: Any) -> None:
        """And that the known one is missing."""
        file = written(("bantuan = ", "bantuen = 'x'"), ("tunda = ", "tundaa = 'x'"))
        assert [
            "bantuan: is missing; copy it from the shipped file",
            "bantuen: is no text I know; did you mean bantuan?",
            "[status] tunda: is missing; copy it from the shipped file",
            "[status] tundaa: is no text I know; did you mean tunda?",
        ] == problems(file)

    def test_a_status_that_is_no_table(self, tmp_path: Path) -> None:
        """Told, not tripped over."""
        (tmp_path / "replies.toml").write_text("status = 'x'")
        assert ["status: must be a table that begins with [status]"] == problems(tmp_path / "replies.toml")

    @pytest.mark.parametrize(("line", "instead"), [("[bahasa.id]", ""), ("[bahasa.id]", "[bahasa]\njw = 1")])
    def test_languages_that_are_no_tables(self, written: Any, line: str, instead: str) -> None:
        """Told, not tripped over."""
        file = written((line, instead), ("kata = ", ""))
        if not instead:
            file.write_text("bahasa = 1\n" + file.read_text())
        assert ["bahasa: must be tables that begin with [bahasa.NAME]"] == problems(file)

    def test_an_empty_file_lacks_everything(self, tmp_path: Path) -> None:
        """Each text is named, with the path of the file."""
        (tmp_path / "replies.toml").write_text("")
        told = problems(tmp_path / "replies.toml")
        assert len(TEMPLATE_FIELDS) + len(STATUS_WORDS) + len(TERM_WIDTH) == len(told)
        assert all(each.endswith("is missing; copy it from the shipped file") for each in told)

    def test_every_field_has_a_width_or_is_cut(self) -> None:
        """So that the worst case can be counted."""
        fields = {field for fields in TEMPLATE_FIELDS.values() for field in fields}
        assert set(CUT_FIELDS) == fields - set(FIELD_WIDTH)

    def test_the_file_is_toml_that_people_can_read(self) -> None:
        """Its comments name every field."""
        assert [] == [field for field in FIELD_WIDTH if f"{{{field}}}" not in SHIPPED.partition("\n\n")[0]]
        assert "status" in tomllib.loads(SHIPPED)


class TestPages:
    def test_a_short_text_is_one(self) -> None:
        """Without a number."""
        assert ["Laporan 482 130 9764: Sudah."] == LOADED.render_pages("lengkap", "Sudah.", 6, code="482 130 9764")

    def test_nothing_is_lost(self) -> None:
        """A text over several SMS, numbered, each word once."""
        words = [f"kata{n}" for n in range(60)]
        pages = LOADED.render_pages("lengkap", " ".join(words), 6, code="482 130 9764")
        assert [f"({n}/{len(pages)})" for n in range(1, len(pages) + 1)] == [page[:5] for page in pages]
        assert words == " ".join(page.partition(": ")[2] for page in pages).split()

    @given(st.text(max_size=3000))
    def test_every_page_fits(self, text: str) -> None:
        """Six at most."""
        pages = LOADED.render_pages("lengkap", text, 6, code="482 130 9764")
        assert len(pages) <= 6
        assert all((gsm7.septets(page) or 0) <= 160 for page in pages)


class TestList:
    def test_all_items_where_they_fit(self) -> None:
        """As they are."""
        assert LOADED.render_list("status_daftar", ["1) a.", "2) b."], ["x", "y"]).startswith(
            "LAPOR 1708: 1) a. 2) b. R"
        )

    def test_shorter_ones_where_they_do_not(self) -> None:
        """As many as fit, and where the others are."""
        shorter = [f"{n}) {'x' * 45}." for n in range(1, 6)]
        text = LOADED.render_list("status_daftar", ["y" * 60] * 5, shorter)
        assert " ".join(("LAPOR 1708:", *shorter[:2], "Lainnya: STATUS 3. Rincian: ketik STATUS 1.")) == text

    @given(st.lists(st.text("ab €", max_size=70), max_size=9))
    def test_it_fits_whatever_the_items(self, items: list[str]) -> None:
        """Cut, at the worst."""
        assert (gsm7.septets(LOADED.render_list("batal_mana", items, items)) or 999) <= 160


class TestLanguages:
    JAVANESE = """
[bahasa.jw]
kata = ["BASA JAWA", "Jowo"]
ganti_bahasa = "LAPOR {short_code}: nggih."
[bahasa.jw.status]
selesai = "rampung"
[bahasa.jw.istilah]
hari = "Sen Sel Reb Kem Jum Set Aha"
"""

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        """The shipped file with a second language."""
        (tmp_path / "replies.toml").write_text(SHIPPED + self.JAVANESE, encoding="utf-8")
        return tmp_path / "replies.toml"

    def test_what_it_lacks_is_said_in_the_first(self, file: Path) -> None:
        """Text by text, word by word."""
        loaded = load_replies(file, "1708")
        other = loaded.of("jw")
        assert ("LAPOR 1708: nggih.", "rampung") == (other.render("ganti_bahasa"), other.status["selesai"])
        assert (loaded.templates["bantuan"], loaded.status["tunda"]) == (
            other.templates["bantuan"],
            other.status["tunda"],
        )
        assert ("Aha", "rahasia") == (other.terms["hari"].split()[-1], other.terms["rahasia"])
        assert loaded == loaded.of("id") == loaded.of("su")

    @pytest.mark.parametrize(
        ("text", "language"),
        [("basa jawa", "jw"), ("  JOWO! ", "jw"), ("Bahasa Indonesia", "id"), ("jowo kulo risak", None), ("", None)],
    )
    def test_it_is_asked_for_by_name(self, file: Path, text: str, language: str | None) -> None:
        """Alone, in any spelling of capitals and spaces."""
        assert language == load_replies(file, "1708").language_asked(text)

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("LAPOR", "{x}", "[bahasa.jw] ganti_bahasa: {x} is no field of this text; known here: {short_code}"),
            ("ganti_", "ganti", "[bahasa.jw] gantibahasa: is no text I know; did you mean ganti_bahasa?"),
            ('selesai = "rampung"', 'selesai = 1', "[bahasa.jw.status] selesai: must be a text in quotes"),
            ("Set Aha", "Set", "[bahasa.jw.istilah]" + WEEK.removeprefix("[istilah]")),
            ('kata = ["BASA JAWA", "Jowo"]', "", f"[bahasa.jw] {KATA}"),
            ("[bahasa.jw.status]\nselesai", "status", NO_TABLE),
        ],
    )  # fmt: skip
    def test_it_is_checked_like_the_first(self, file: Path, old: str, new: str, problem: str) -> None:
        """With its place in the file."""
        head, tail = file.read_text().split('[bahasa.jw]\nkata = ["BASA JAWA", "Jowo"]')
        changed = ('[bahasa.jw]\nkata = ["BASA JAWA", "Jowo"]' + tail).replace(old, new)
        file.write_text(head + changed)
        assert [problem] == problems(file)
