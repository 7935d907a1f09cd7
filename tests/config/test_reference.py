"""Reading the reference data and telling what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.reference import ReferenceDataError, check_reference, load_router
from routing.classify import Router
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
            "email 'dinas' is no address; "
            "write addresses like dinas@kota.example, with spaces or ; between them, or leave it empty",
        ),
        (
            "X,Dinas,Dinas,PUPR,35.07,a@b",
            "email 'a@b' is no address; "
            "write addresses like dinas@kota.example, with spaces or ; between them, or leave it empty",
        ),
        (
            "X,Dinas,Dinas,PUPR,35.07,a@b.example; dinas",
            "email 'dinas' is no address; "
            "write addresses like dinas@kota.example, with spaces or ; between them, or leave it empty",
        ),
        (
            'X,Dinas,Dinas,PUPR,35.07,"a@b.example,c@b.example"',
            "email 'a@b.example,c@b.example' is no address; "
            "write addresses like dinas@kota.example, with spaces or ; between them, or leave it empty",
        ),
        (
            "X,Dinas,Dinas,PUPR,35.07,a@b.example c@b.example A@B.example",
            "email 'A@B.example' stands there twice; leave one out",
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
        (
            "T2,Triase,Triase,TRIAGE,,;",
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


def test_an_agency_may_have_more_mailboxes_than_one(tmp_path: Path) -> None:
    """The main address comes first; a superior and a liaison stand in columns that may be missing."""
    file = agencies(
        tmp_path,
        TRIAGE + ",,",
        ROAD + "; pu2@malangkab.example pu3@malangkab.example,sekda@malangkab.example,",
        "PLN,PT PLN,PLN,PLN,,,,liaison@pln.example",
        header=f"{HEADER},superior_email,liaison_email",
    )
    desk, road, power = load_router(agencies=file).agencies
    assert ("triase@pusat.example",) == desk.emails
    assert (None, None) == (desk.superior_email, desk.liaison_email)
    assert ("pu@malangkab.example", "pu2@malangkab.example", "pu3@malangkab.example") == road.emails
    assert ("pu@malangkab.example", "sekda@malangkab.example", None) == (
        *(road.email, road.superior_email, road.liaison_email),
    )
    assert (None, None, "liaison@pln.example") == (power.email, power.superior_email, power.liaison_email)


def test_a_table_with_semicolons_has_spaces_between_addresses(tmp_path: Path) -> None:
    """As a spreadsheet in Indonesian writes it; or the addresses stand in quotes."""
    lines = (HEADER, TRIAGE, ROAD + " pu2@malangkab.example", "PLN,PT PLN,PLN,PLN,,")
    text = "\n".join(lines).replace(",", ";") + '"a@pln.example; b@pln.example"'
    found = load_router(agencies=written(tmp_path, "agencies.csv", text)).agencies
    assert [1, 2, 2] == [len(each.emails) for each in found]


@pytest.mark.parametrize("column", ["superior_email", "liaison_email"])
def test_a_superior_and_a_liaison_have_one_address(tmp_path: Path, column: str) -> None:
    """Nobody would be told which of two got it."""
    file = agencies(tmp_path, TRIAGE + ",", ROAD + ",a@b.example c@b.example", header=f"{HEADER},{column}")
    expected = f"agencies.csv:3: {column} 'a@b.example c@b.example' is no address; "
    assert [expected + "write one like kepala@kota.example, or leave it empty"] == problems(agencies=file)


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


PROVINCE = "PUPR-35,Dinas PU Provinsi,Dinas PU Jatim,PUPR,35,pu@jatim.example"
KECAMATAN = "KEC-35.07.24,Kecamatan Singosari,Kec Singosari,KEC_KEL,35.07.24,singosari@malangkab.example"
NATIONAL = "PLN,PT PLN,PLN,PLN,,lapor@pln.example"
CITY = "PUPR-35.73,Dinas PU Kota Malang,Dinas PU Kota Malang,PUPR,35.73,pu@malangkota.example"


@pytest.mark.parametrize(
    ("lines", "home", "expected"),
    [
        ((ROAD, PROVINCE, KECAMATAN, NATIONAL), None, "35.07"),
        ((PROVINCE, NATIONAL), None, "35"),
        ((ROAD, CITY), None, None),
        ((ROAD, CITY), "35.73", "35.73"),
    ],
)
def test_the_home_of_a_gateway_is_that_of_its_agencies(
    tmp_path: Path, lines: tuple[str, ...], home: str | None, expected: str | None
) -> None:
    """Where all local ones are of one kabupaten or kota, with its province or without; what is said outright holds."""
    assert expected == load_router(home, agencies=agencies(tmp_path, TRIAGE, *lines)).home


def test_at_home_a_text_needs_no_place(tmp_path: Path) -> None:
    """The agencies of one kabupaten are enough to know where it is."""
    found = load_router(agencies=agencies(tmp_path, TRIAGE, ROAD)).classify("jalan rusak")
    assert ("35.07", "PUPR-35.07", False) == (found.place, found.agency, found.asks_place)


def test_local_rules_go_before_the_general(tmp_path: Path) -> None:
    """Street lights are Dishub's, but not here."""
    rules = written(tmp_path, "competence.csv", "region,topic,agency_type\n35.73,lampu-jalan,PUPR\n")
    router = load_router(competence=rules)
    found = [router.classify(f"lampu jalan mati di kota {city}").agency_type for city in ("malang", "surabaya")]
    assert ["PUPR", "DISHUB"] == found


def test_a_wrong_local_rule_is_told(tmp_path: Path) -> None:
    """Regions, types and topics must exist; an operator's own topic does."""
    rules = "region,topic,agency_type\n35.73,sapi-lepas,PUPR\n35.73,kambing-lepas,PUPR\n"
    files = {
        "competence": written(tmp_path, "competence.csv", rules),
        "topics": written(tmp_path, "topics.toml", TOPIC),
    }
    (found,) = problems(**files)
    assert found.startswith("competence.csv:3: topic 'kambing-lepas' is unknown; ")


@pytest.mark.parametrize("kind", ["topics", "places", "slang", "channels", "competence", "spam", "danger"])
def test_every_own_file_is_read(tmp_path: Path, kind: str) -> None:
    """One that is not there is a problem, whatever it is for."""
    (found,) = problems(**{kind: tmp_path / kind})
    assert f"{kind}: cannot be read: No such file or directory; check the path and the rights" == found


def test_the_rules_for_spam_danger_and_classes_are_in_the_router(router: Router) -> None:
    """As they are shipped."""
    assert router.spam.judge("SELAMAT! Nomor Anda memenangkan undian 100jt, kirim PIN ke 081200000000").kind
    found = router.classify("kebakaran! rumah terbakar, cepat")
    assert "112" == found.emergency
    assert "informasi" == router.classify("mohon info, bagaimana cara mengurus KTP hilang?").klass


def test_an_own_example_that_lands_elsewhere_is_told(tmp_path: Path) -> None:
    """What an operator promises beside his own rules is tried; what is right is not told."""
    text = TOPIC.replace("number = 90", 'number = 90\nexamples = ["Sapi lepas di kebun", "Lampu jalan mati"]')
    (found,) = problems(topics=written(tmp_path, "topics.toml", text))
    assert found.startswith('topics.toml:5: the example "Lampu jalan mati" is read as topic lampu-jalan; ')


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


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_file_is_checked_without_a_crash(tmp_path: Path, content: bytes) -> None:
    """Whatever an operator names as his file: problems, never an exception."""
    file = tmp_path / "any"
    file.write_bytes(content)
    found = check_reference(topics=file, places=file, agencies=file, slang=file, channels=file)
    assert found
    assert all("\n" not in str(each) for each in found)
