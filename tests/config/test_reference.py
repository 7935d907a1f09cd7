"""Reading the reference data and telling what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.reference import ReferenceDataError, check_reference, load_router
from routing.text import normalise

HEADER = "code,name,short_name,type,region,email"
TRIAGE = "TRIAGE,Petugas triase,Petugas 1708,TRIAGE,,triase@pusat.example"
ROAD = "PUPR-35.07,Dinas PU Kabupaten Malang,Dinas PU Kab Malang,PUPR,35.07,pu@malangkab.example"
TOPIC = """
[[topic]]
id = "sapi-lepas"
number = 90
name = "Sapi lepas"
class = "pengaduan"
level = "kabkota"
local_type = "DISTAN"
keywords = { "sapi lepas" = 6.0 }
"""


def agencies(folder: Path, *lines: str, header: str = HEADER) -> Path:
    """An operator's agencies.csv; it always has a triage desk unless the test says otherwise."""
    file = folder / "agencies.csv"
    file.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return file


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def problems(**files: Path) -> list[str]:
    """What is wrong, one line each, with the folder cut off."""
    folders = [f"{file.parent}/" for file in files.values()]
    return [str(each).removeprefix(folders[0]) for each in check_reference(**files)]


def test_the_shipped_data_is_without_fault() -> None:
    """Nothing to complain about, and the router can be built."""
    assert [] == check_reference()
    assert "PUPR" == load_router().classify("jalan rusak").agency_type


def test_own_agencies_replace_those_shipped(tmp_path: Path) -> None:
    """Only the operator's agencies are there, and more columns than needed are fine."""
    file = agencies(tmp_path, TRIAGE + ",x", ROAD + ",y", header=HEADER + ",catatan")
    router = load_router(agencies=file)
    assert ["TRIAGE", "PUPR-35.07"] == [each.code for each in router.agencies]
    assert "PUPR-35.07" == router.classify("jalan rusak kab malang").agency
    assert "TRIAGE" == router.classify("mati lampu").agency


@pytest.mark.parametrize(
    ("encoding", "separator", "newline"), [("utf-8", ",", "\n"), ("utf-8-sig", ";", "\r\n"), ("utf-8-sig", ",", "\n")]
)
def test_what_spreadsheets_write_is_read(tmp_path: Path, encoding: str, separator: str, newline: str) -> None:
    """A byte order mark, semicolons, and the line ends of Windows are tolerated."""
    file = tmp_path / "agencies.csv"
    text = newline.join((HEADER, TRIAGE, "", ROAD)).replace(",", separator)
    file.write_bytes(text.encode(encoding))
    assert [] == check_reference(agencies=file)
    assert 2 == len(load_router(agencies=file).agencies)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "X,Dinas,Dinas,PUPR,35.7,a@b.example",
            "region '35.7' is no Kemendagri code; write it like 35.07",
        ),
        ("X,Dinas,Dinas,PUPR,3507,a@b.example", "region '3507' is no Kemendagri code; write it like 35.07"),
        ("X,Dinas,Dinas,PUPR,Malang,a@b.example", "region 'Malang' is no Kemendagri code; write it like 35.07"),
        ("X,Dinas,Dinas,PUPR,35.99,a@b.example", "region '35.99' is the code of no region; did you mean 35.79?"),
        ("X,Dinas,Dinas,PUPRR,35.07,a@b.example", "type 'PUPRR' is unknown; did you mean PUPR?"),
        (
            "X,Dinas,Dinas,PUPR,,a@b.example",
            "region is empty, but PUPR is local; write the Kemendagri code of the region it serves",
        ),
        (
            "X,Dinas,Dinas,PUPR,35.07,dinas",
            "email 'dinas' is no address; write one address like dinas@kota.example, or leave it empty",
        ),
        (
            "X,Dinas,Dinas,PUPR,35.07,a@b",
            "email 'a@b' is no address; write one address like dinas@kota.example, or leave it empty",
        ),
        (",Dinas,Dinas,PUPR,35.07,a@b.example", "code is empty; fill it in"),
        ("X,,Dinas,PUPR,35.07,a@b.example", "name is empty; fill it in"),
        ("X,Dinas,,PUPR,35.07,a@b.example", "short_name is empty; fill it in"),
        (
            "X,Dinas,Dinas Pekerjaan Umum Kab Malang,PUPR,35.07,a@b.example",
            "short_name 'Dinas Pekerjaan Umum Kab Malang' has 31 letters; shorten it to 24, it must fit an SMS",
        ),
        (
            "X,Dinas,Dinas “PU”,PUPR,35.07,a@b.example",
            "short_name 'Dinas “PU”' has a character that SMS cannot carry; use plain letters and digits",
        ),
        (
            "T2,Triase,Triase,TRIAGE,35.07,t@b.example",
            "the triage desk serves all regions and needs a mailbox; leave region empty and fill in email",
        ),
        ("X,Dinas,Dinas,PUPR,35.07", "has 5 fields, not 6; put quotes around a text with a separator in it"),
        (
            "triage,Dinas,Dinas,PUPR,35.07,a@b.example",
            "code 'TRIAGE' stands in line 2 already; give each agency a code of its own",
        ),
    ],
)
def test_a_wrong_agency_is_named_with_line_and_cure(tmp_path: Path, line: str, expected: str) -> None:
    """`agencies.csv:3:`, what is wrong, what to write."""
    assert [f"agencies.csv:3: {expected}"] == problems(agencies=agencies(tmp_path, TRIAGE, line))


def test_an_agency_without_mailbox_is_allowed(tmp_path: Path) -> None:
    """Its complaints go to the triage desk."""
    router = load_router(agencies=agencies(tmp_path, TRIAGE, "PLN,PT PLN,PLN,PLN,,"))
    assert "TRIAGE" == router.classify("mati lampu").agency


def test_a_directory_needs_a_triage_desk(tmp_path: Path) -> None:
    """Without one nobody would read what cannot be routed."""
    expected = (
        "agencies.csv: has no agency of type TRIAGE; "
        "add a line like TRIAGE,Petugas triase,Petugas 1708,TRIAGE,,triase@example.go.id"
    )
    assert [expected] == problems(agencies=agencies(tmp_path, ROAD))
    assert [expected] == problems(agencies=agencies(tmp_path))


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """One run of `smsd check` is enough."""
    found = problems(
        agencies=agencies(tmp_path, TRIAGE, "X,Dinas,Dinas,PUPRR,35.7,dinas"),
        places=written(tmp_path, "places.csv", "alias,code\nmalgkab,35.7\n"),
    )
    assert ["places.csv:2", "agencies.csv:3", "agencies.csv:3", "agencies.csv:3"] == [
        each.partition(": ")[0] for each in found
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "agencies.csv:1: is empty; the first line must name code,name,short_name,type,region,email"),
        (
            b"code,name\n",
            "agencies.csv:1: has no column short_name, type, region, email; "
            "the first line must name code,name,short_name,type,region,email",
        ),
        (
            b"code,name,short_name,type,region,email\nX,Caf\xe9,,,,\n",
            "agencies.csv:2: byte 0xe9 is not UTF-8; save the file as UTF-8",
        ),
    ],
)
def test_a_file_that_is_no_table_is_one_problem(tmp_path: Path, content: bytes, expected: str) -> None:
    """Empty, without its columns, or in another encoding."""
    file = tmp_path / "agencies.csv"
    file.write_bytes(content)
    assert [expected] == problems(agencies=file)


def test_a_field_without_end_is_told(tmp_path: Path) -> None:
    """A quote left open swallows the rest of the file; the csv module gives up at 128 KiB."""
    file = written(tmp_path, "agencies.csv", f'{HEADER}\n"' + "x" * 140_000)
    (found, *_) = problems(agencies=file)
    assert found.startswith("agencies.csv:2: is no CSV: field larger than field limit")


def test_a_topics_file_of_something_else_is_told(tmp_path: Path) -> None:
    """`topic` must hold tables."""
    expected = "topics.toml:1: must hold [[topic]] tables and nothing else; see the files in config/data/topics"
    assert [expected] == problems(topics=written(tmp_path, "topics.toml", "topic = [1]\n"))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The path an operator mistyped."""
    expected = "agencies.csv: cannot be read: No such file or directory; check the path and the rights"
    assert [expected] == problems(agencies=tmp_path / "agencies.csv")


def test_loading_raises_the_first_problem(tmp_path: Path) -> None:
    """The error carries file, line, problem and cure apart."""
    with pytest.raises(ReferenceDataError) as caught:
        load_router(agencies=agencies(tmp_path, TRIAGE, "X,Dinas,Dinas,PUPR,35.7,a@b.example"))
    error = caught.value
    assert (str(tmp_path / "agencies.csv"), 3) == (error.file, error.line)
    assert ("region '35.7' is no Kemendagri code", "write it like 35.07") == (error.problem, error.cure)
    assert "\n" not in str(error)


def test_own_places_add_aliases(tmp_path: Path) -> None:
    """A landmark or a channel word of the town; the shipped ones stay."""
    router = load_router(places=written(tmp_path, "places.csv", "alias,code\nalun alun bunder,35.73\n"))
    assert "35.73" == router.classify("sampah menumpuk di Alun-Alun Bunder").place
    assert "32.73" == router.places.find(normalise("di bdg macet", router.slang)).code


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("..,35.73", "places.csv:2: the alias is empty; write a word that people use for the region"),
        ("pusat kota,35.731", "places.csv:2: code '35.731' is no Kemendagri code; write it like 35.07"),
        ("yg,35.73", "places.csv:2: alias 'yg' is slang for 'yang'; choose another alias, or take it out of the slang"),
    ],
)
def test_a_wrong_alias_is_told(tmp_path: Path, line: str, expected: str) -> None:
    """Empty, for no region, or never to be found."""
    assert [expected] == problems(places=written(tmp_path, "places.csv", f"alias,code\n{line}\n"))


def test_a_home_that_does_not_exist_is_told() -> None:
    """The region of a local gateway must be one."""
    (found,) = check_reference(home="35.731")
    assert str(found).startswith("[routing] home: '35.731' is the code of no region; ")


CHANNELS = """
word;region;agency_type;common
HALO WALI;35.73;;
bdg;32.04;;
sby;-;;
pdam;;;
Mas Bup;;;yes
"""


def test_own_channel_words_add_to_the_shipped(tmp_path: Path) -> None:
    """A new word, one that means another region here, one that is none here, one that is only taken off."""
    channels = load_router(channels=written(tmp_path, "channels.csv", CHANNELS.lstrip())).channels
    read = {
        text: channels.read(text) for text in ("halowali lampu", "BDG lampu", "SBY lampu", "PDAM air", "Masbup, air")
    }
    assert ["35.73", "32.04", None, None, None] == [found.place for found in read.values()]
    assert ["halowali", "BDG", "", "PDAM", "Masbup"] == [found.words for found in read.values()]
    assert "35.78" == channels.read("kotasby lampu").place


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("#,,,", "2: the word is empty; write the word that texts begin with"),
        (
            "halo,35.731,,",
            "2: region '35.731' is the code of no region; "
            "write a code of regions.csv like 35.07, or - if this is no channel word here",
        ),
        (
            "halo,,DINAS,",
            "2: agency_type 'DINAS' is unknown; use one of agency_types.csv, or leave it empty",
        ),
        (
            "halo,,TRIAGE,",
            "2: agency_type 'TRIAGE' is unknown; use one of agency_types.csv, or leave it empty",
        ),
        ("halo,,,Yess", "2: common 'Yess' is neither yes nor no; did you mean yes?"),
        ("halo,,,\nHA LO,,,", "3: 'HA LO' stands in line 2 already; leave one of the lines out"),
    ],
)
def test_a_wrong_channel_word_is_told(tmp_path: Path, line: str, expected: str) -> None:
    """Empty, twice, or for what does not exist."""
    file = written(tmp_path, "channels.csv", f"word,region,agency_type,common\n{line}\n")
    assert [f"channels.csv:{expected}"] == problems(channels=file)


def test_own_slang_adds_to_the_shipped(tmp_path: Path) -> None:
    """Words of the region are spelled out before anything is matched."""
    router = load_router(slang=written(tmp_path, "slang.csv", "slang;formal\nembuh;jalan rusak\n"))
    assert "jalan-lokal" == router.classify("EMBUH").topic


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "dua kata,x",
            "slang.csv:2: 'dua kata' is not one word with a meaning; write one word, a comma, and what it stands for",
        ),
        (
            "kata,",
            "slang.csv:2: 'kata' is not one word with a meaning; write one word, a comma, and what it stands for",
        ),
        ("kata,a\nKATA,b", "slang.csv:3: 'kata' stands here twice; leave one of the lines out"),
    ],
)
def test_wrong_slang_is_told(tmp_path: Path, lines: str, expected: str) -> None:
    """One word, one meaning."""
    assert [expected] == problems(slang=written(tmp_path, "slang.csv", f"slang,formal\n{lines}\n"))


def test_a_new_topic_is_added(tmp_path: Path) -> None:
    """What this region complains of and others do not."""
    found = load_router(topics=written(tmp_path, "topics.toml", TOPIC)).classify("sapi lepas di kota bandung")
    assert ("sapi-lepas", "DISTAN-32.73") == (found.topic, found.agency)


def test_a_shipped_topic_is_overridden_key_by_key(tmp_path: Path) -> None:
    """Here street lights belong to the PU; keywords are merged, and a weight of 0 takes one out."""
    text = '[[topic]]\nid = "lampu-jalan"\nlocal_type = "PUPR"\n[topic.keywords]\n"obor" = 6.0\n"pju" = 0\n'
    router = load_router(topics=written(tmp_path, "topics.toml", text))
    topic = router.topics.topics["lampu-jalan"]
    assert ("PUPR", "Lampu jalan") == (topic.local_type, topic.name)
    assert (6.0, True, False) == (topic.keywords["obor"], "lampu jalan" in topic.keywords, "pju" in topic.keywords)
    assert "PUPR" == router.classify("lampu jalan mati").agency_type


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("class", "clas"), ["2: key 'clas' is unknown; did you mean class?"]),
        (
            ("number = 90", 'number = "x"'),
            ["2: number has a value of the wrong kind; compare number in config/data/topics"],
        ),
        (
            ("number = 90", "number = true"),
            ["2: number has a value of the wrong kind; compare number in config/data/topics"],
        ),
        (
            ("sapi-lepas", "Sapi Lepas"),
            ["2: id 'Sapi Lepas' is no name for a topic; write small letters and digits joined by -"],
        ),
        (('id = "sapi-lepas"', ""), ["2: id '' is no name for a topic; write small letters and digits joined by -"]),
        (
            ("number = 90", ""),
            ["2: topic 'sapi-lepas' has no number; add it; a new topic needs number, name, class, level, keywords"],
        ),
        (("pengaduan", "aduan"), ["2: class 'aduan' is unknown; did you mean pengaduan?"]),
        (("kabkota", "negara"), ["2: level 'negara' is unknown; use one of kabkota, provinsi, nasional, berjenjang"]),
        (
            ("Sapi lepas", "Sapi lepas di jalan umum kota"),
            ["2: name 'Sapi lepas di jalan umum kota' does not fit an SMS; use at most 24 plain letters"],
        ),
        (("DISTAN", "DISTN"), ["2: agency type 'DISTN' is unknown; did you mean DISTAN?"]),
        (
            ('local_type = "DISTAN"', ""),
            ["2: topic 'sapi-lepas' names no agency type; add local_type or national_type"],
        ),
        (
            ("6.0", '"tinggi"'),
            ["2: keyword 'sapi lepas' needs a word and a number; write it like \"jalan rusak\" = 3.0"],
        ),
        (
            ('"sapi lepas" =', '"?" ='),
            ["2: keyword '?' needs a word and a number; write it like \"jalan rusak\" = 3.0"],
        ),
        (
            ("number = 90", "number = 90\nalso = [1]"),
            ["2: also has a value of the wrong kind; compare also in config/data/topics"],
        ),
        (
            ("[[topic]]", "[[topik]]"),
            ["1: must hold [[topic]] tables and nothing else; see the files in config/data/topics"],
        ),
        (("number = 90", "number = "), ["4: is no TOML: Invalid value (at line 4, column 10); mend the line"]),
    ],
)
def test_a_wrong_topic_is_told(tmp_path: Path, change: tuple[str, str], expected: list[str]) -> None:
    """With the line its table begins in."""
    file = written(tmp_path, "topics.toml", TOPIC.replace(*change))
    assert [f"topics.toml:{each}" for each in expected] == problems(topics=file)


def test_a_topics_file_that_ends_too_early_is_told(tmp_path: Path) -> None:
    """Not every TOML error has a line."""
    (found,) = problems(topics=written(tmp_path, "topics.toml", 'topic = [{id = "x"'))
    assert found.startswith("topics.toml") and "is no TOML" in found


def test_topics_may_be_written_inline(tmp_path: Path) -> None:
    """Without [[topic]] headings the line is the first."""
    file = written(tmp_path, "topics.toml", 'topic = [{ id = "x-y", number = 91 }]\n')
    assert {"topics.toml:1"} == {each.partition(": ")[0] for each in problems(topics=file)}


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_file_is_checked_without_a_crash(tmp_path: Path, content: bytes) -> None:
    """Whatever an operator names as his file: problems, never an exception."""
    file = tmp_path / "any"
    file.write_bytes(content)
    found = check_reference(topics=file, places=file, agencies=file, slang=file, channels=file)
    assert found
    assert all("\n" not in str(each) for each in found)
