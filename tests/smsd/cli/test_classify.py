"""classify: one text, or one a line; its keys are a contract."""

import gc
import importlib
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from smsd.cli.classify import judge

KEYS = [
    *("kind", "command", "topic", "place", "place_name", "agency", "agency_type", "routed", "confidence", "candidates"),
    *("reasons", "confidential", "emergency", "class", "asks_place", "oversight", "channel"),
]
TYPES_OF_KEYS = {
    "confidence": float, "candidates": list, "reasons": list, "routed": bool, "confidential": bool, "asks_place": bool,
}  # fmt: skip


@pytest.fixture
def classify(router, monkeypatch):
    """`classify("jalan rusak")`: what the command writes, on the shipped data that the tests have read already."""
    module = importlib.import_module("smsd.cli.classify")
    monkeypatch.delenv("SMSD_CONFIG", raising=False)
    monkeypatch.setattr(module, "load_router", lambda: router)
    monkeypatch.setattr(gc, "freeze", lambda: None)  # the tests go on

    def run(*arguments, texts=None):
        done = CliRunner().invoke(module.classify, arguments, input=texts)
        assert (0, "") == (done.exit_code, done.stderr), done.exception
        return done.stdout

    return run


def test_judges_a_text_without_any_configuration(smsd):
    """On the shipped data."""
    answer = json.loads(smsd.ok("classify", "jalan rusak di Lowokwaru kota malang", config=False))
    assert KEYS == list(answer)
    assert ("complaint", None, "jalan-lokal", "35.73.05", "PUPR", True) == tuple(
        answer[key] for key in ("kind", "command", "topic", "place", "agency_type", "routed")
    )
    assert all(candidate.keys() == {"agency_type", "score"} for candidate in answer["candidates"])
    there = json.loads(smsd.ok("classify", "jalan rusak", "--place", "32.73", "--json", config=False))
    assert "PUPR-32.73" == there["agency"]


def test_judges_one_text_a_line_in_order():
    """An object for each, also for an empty one, one with a CR or bytes that are no text, a last without an end."""
    texts = [b"STATUS", b"", b"  ", b"jalan rusak\rdi Malang", b"sampah \xff\xfe numpuk", b"BANTUAN\r", b"BDG"]
    texts += [b"\x00\xc3", b"\xf0\x9f\x9a\xa7 jalan rusak", b"SELAMAT! Nomor Anda menang undian 100jt, kirim PIN"]
    texts += [b"BATAL 4821309764"]
    answers = [json.loads(line) for line in _each(b"\n".join(texts)).splitlines()]
    assert ["STATUS", "BANTUAN", "BANTUAN", None, None, "BANTUAN", "BANTUAN", None, None, None, "BATAL"] == [
        answer["command"] for answer in answers
    ]
    assert ("jalan-lokal", "sampah", None, "jalan-lokal") == tuple(answers[at]["topic"] for at in (3, 4, 7, 8))
    assert ("spam", False) == (answers[9]["kind"], answers[9]["routed"])
    assert all(KEYS == list(answer) for answer in answers)


def _each(texts):
    command = [sys.executable, "-m", "smsd", "classify", "-"]
    done = subprocess.run(command, input=texts, capture_output=True, timeout=240, check=True)
    assert b"" == done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("status", "STATUS"),
        ("status 4821309765", "STATUS"),
        ("bantuan", "BANTUAN"),
        ("TAMBAH 4821309764 gelap", "TAMBAH"),
        ("BATAL 4821309764", "BATAL"),
        ("rahasia", "RAHASIA"),
        ("ANONIM", "ANONIM"),
        ("LENGKAP 4821309764", "LENGKAP"),
        ("buka 4821309764", "BUKA"),
        ("STOP", "STOP"),
        ("mulai", "MULAI"),
        ("KODE", "KODE"),
        ("", "BANTUAN"),
        ("BDG", "BANTUAN"),
    ],
)
def test_knows_the_commands(router, text, command):
    """A mistyped code is still a question for the status; who says nothing is helped. No agency gets them."""
    answer = judge(router, text, None)
    assert KEYS == list(answer)
    assert ("command", command, 1.0) == (answer["kind"], answer["command"], answer["confidence"])
    assert (None, None, None, False) == tuple(answer[key] for key in ("topic", "agency", "agency_type", "routed"))


def test_a_channel_word_says_where_unless_it_was_said(router):
    """It leaves the text and is told; `--place` stands in for it."""
    answer = judge(router, "BDG# jalan rusak", None)
    assert ("32.73", "PUPR-32.73", "BDG") == tuple(answer[key] for key in ("place", "agency", "channel"))
    assert "35.73" == judge(router, "BDG# jalan rusak", "35.73")["place"]
    assert "PLN" == judge(router, "PLN# tolong diperiksa", None)["agency_type"]


def test_an_agency_is_named_only_once_it_is_known(router):
    """Where the citizen is asked first it is none; where a person decides it is his desk."""
    asked, doubted = judge(router, "jalan rusak", None), judge(router, "halo apa kabar", None)
    assert (None, True, True) == (asked["agency"], asked["asks_place"], asked["routed"])
    assert ("TRIAGE", False, False) == (doubted["agency"], doubted["asks_place"], doubted["routed"])


def test_a_report_may_be_secret_by_wish_or_by_its_matter(router):
    """RAHASIA before a text, or graft in it."""
    texts = ("jalan rusak", "RAHASIA jalan rusak", "petugas minta uang pelicin")
    assert [False, True, True] == [judge(router, text, None)["confidential"] for text in texts]


def test_spam_goes_to_nobody_and_says_why(router):
    """Its marks come before what it was taken for."""
    text = "SELAMAT! Nomor Anda memenangkan undian 100jt, kirim PIN ke 081200000000"
    answer = judge(router, text, "32.73")
    assert KEYS == list(answer)
    assert ("spam", None, False) == (answer["kind"], answer["command"], answer["routed"])
    assert "menunjuk penipuan" in answer["reasons"][0]


@given(st.text(max_size=120))
def test_any_text_is_judged(router, text):
    """The same keys, each of its kind, and writable as JSON."""
    answer = judge(router, text, None)
    assert KEYS == list(answer)
    assert answer["kind"] in {"complaint", "command", "spam"}
    assert all(type(answer[key]) is kind for key, kind in TYPES_OF_KEYS.items())
    assert answer == json.loads(json.dumps(answer, ensure_ascii=False))


def test_json_is_written_where_no_terminal_is(classify):
    """With --json or without; --explain gives way to it."""
    plain = classify("jalan rusak", "--place", "32.73")
    assert plain == classify("jalan rusak", "--place", "32.73", "--json")
    assert plain == classify("jalan rusak", "--place", "32.73", "--json", "--explain")
    assert "PUPR-32.73" == json.loads(plain)["agency"]


def test_the_place_is_that_of_all_lines(classify):
    """Nothing read, nothing written."""
    lines = classify("-", "--place", "32.73", texts=b"jalan rusak\nsampah numpuk").splitlines()
    assert ["PUPR-32.73", "DLH-32.73"] == [json.loads(line)["agency"] for line in lines]
    assert "" == classify("-", texts=b"")


def test_who_types_lines_is_answered_at_once():
    """At a terminal no answer waits for the next line."""
    here, there = os.openpty()
    command = [sys.executable, "-m", "smsd", "classify", "-"]
    with subprocess.Popen(command, stdin=there, stdout=subprocess.PIPE) as typed:
        os.write(here, b"jalan rusak\n")
        assert "jalan-lokal" == json.loads(typed.stdout.readline())["topic"]
        os.write(here, b"\x04")
        assert (b"", 0) == (typed.stdout.read(), typed.wait(60))
    os.close(here)
    os.close(there)


def test_a_program_is_answered_line_by_line():
    """It may ask the next thing only when it knows the answer; a line may come in pieces, the last without its end."""
    command = [sys.executable, "-m", "smsd", "classify", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as asked:
        for line, topic in ((b"jalan rusak\r\n", "jalan-lokal"), (b"sampah numpuk\n", "sampah")):
            for piece in (line[:7], line[7:]):
                asked.stdin.write(piece)
            assert topic == json.loads(asked.stdout.readline())["topic"]
        asked.stdin.write(b"jalan rusak")
        asked.stdin.close()
        assert "jalan-lokal" == json.loads(asked.stdout.read())["topic"]


def test_bytes_that_are_no_text_are_judged(classify):
    """A shell hands them over as they are."""
    assert "jalan-lokal" == json.loads(classify("jalan rusak \udcff"))["topic"]


def test_explains_without_a_terminal(classify):
    """The words in brackets, and no colours."""
    shown = classify("sampah numpuk", "--place", "32.73", "--explain")
    assert shown.startswith(("[sampah numpuk]\n", "[sampah] [numpuk]\n"))
    assert "agency       DLH-32.73\n" in shown
    assert "\x1b" not in shown


def test_a_reader_that_leaves_ends_it_quietly(smsd):
    """`smsd classify - | head -1`."""
    done = subprocess.run(
        f"yes jalan rusak | {sys.executable} -m smsd classify - | head -1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    assert (1, "") == (len(done.stdout.splitlines()), done.stderr)


def test_reads_the_configured_data_and_says_what_is_wrong_with_it(smsd, tmp_path):
    """By --config or $SMSD_CONFIG; exit code 1 and the place."""
    environment = {"SMSD_CONFIG": str(smsd.config), "PATH": "/usr/bin:/bin"}
    assert json.loads(smsd.ok("classify", "jalan rusak", config=False, env=environment))["topic"] == "jalan-lokal"
    (tmp_path / "agencies.csv").write_text("code,name\n")
    with smsd.config.open("a") as file:
        file.write('[routing]\nagencies = "agencies.csv"\n')
    assert "agencies.csv" in smsd.refused(1, "classify", "jalan rusak")
    assert "agencies.csv" in smsd.refused(1, "classify", "jalan rusak", config=False, env=environment)
    line = smsd.refused(1, "classify", "x", config=False, env={"SMSD_CONFIG": "/nowhere"})
    assert "/nowhere: no such file; `smsd setup` writes it, or name one with --config FILE or $SMSD_CONFIG" == line


def test_reads_what_is_installed_where_nothing_is_named(classify, config, monkeypatch):
    """/etc/smsd/smsd.toml, if it is there; here with a desk and no other agency."""
    desk = "TRIAGE,Petugas triase,Petugas 1708,TRIAGE,,triase@pusat.example"
    (config.parent / "agencies.csv").write_text(f"code,name,short_name,type,region,email\n{desk}\n")
    with config.open("a") as file:
        file.write('[routing]\nagencies = "agencies.csv"\n')
    jalan = ("jalan rusak", "--place", "32.73")
    assert "PUPR-32.73" == json.loads(classify(*jalan))["agency"]
    monkeypatch.setattr(importlib.import_module("smsd.cli.classify"), "DEFAULT_PATH", config)
    assert "TRIAGE" == json.loads(classify(*jalan))["agency"]


def test_is_readable_on_a_terminal(on_terminal):
    """Keys and values, one a line."""
    lines = on_terminal("classify", "jalan rusak di Lowokwaru kota malang")
    assert "topic        jalan-lokal" in lines
    assert any(line.startswith("candidates   PUPR 0.7") for line in lines)
    assert any(line.startswith("             aturan: ") for line in lines)
