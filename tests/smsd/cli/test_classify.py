"""classify: one text, or one a line; its keys are a contract."""

import json
import subprocess
import sys

import pytest

from smsd.cli.classify import judge

KEYS = {
    *("kind", "command", "topic", "place", "agency", "agency_type", "routed", "confidence", "candidates", "reasons"),
}


def test_judges_a_text_without_any_configuration(smsd):
    """On the shipped data."""
    answer = json.loads(smsd.ok("classify", "jalan rusak di Lowokwaru kota malang", config=False))
    assert answer.keys() >= KEYS
    assert ("complaint", None, "jalan-lokal", "35.73.05", "PUPR", True) == tuple(
        answer[key] for key in ("kind", "command", "topic", "place", "agency_type", "routed")
    )
    assert all(candidate.keys() == {"agency_type", "score"} for candidate in answer["candidates"])
    there = json.loads(smsd.ok("classify", "jalan rusak", "--place", "32.73", "--json", config=False))
    assert "PUPR-32.73" == there["agency"]


def test_judges_one_text_a_line_in_order():
    """An object for each, also for an empty one, one with a CR or bytes that are no text, a last without an end."""
    texts = [b"STATUS", b"", b"  ", b"jalan rusak\rdi Malang", b"sampah \xff\xfe numpuk", b"BANTUAN\r", b""]
    texts.append(b"BATAL 4821309764")
    answers = [json.loads(line) for line in _each(b"\n".join(texts)).splitlines()]
    assert ["STATUS", None, None, None, None, "BANTUAN", None, "BATAL"] == [answer["command"] for answer in answers]
    assert ("jalan-lokal", "sampah") == (answers[3]["topic"], answers[4]["topic"])
    assert b"" == _each(b"")


def _each(texts):
    command = [sys.executable, "-m", "smsd", "classify", "-"]
    done = subprocess.run(command, input=texts, capture_output=True, timeout=60, check=True)
    assert b"" == done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("text", "command"),
    [
        *(("status", "STATUS"), ("bantuan", "BANTUAN"), ("TAMBAH 4821309764 gelap", "TAMBAH")),
        *(("BATAL 4821309764", "BATAL"), ("status 4821309765", "STATUS")),
    ],
)
def test_knows_the_commands(router, text, command):
    """A mistyped code is still a question for the status."""
    answer = judge(router, text, None)
    assert ("command", command) == (answer["kind"], answer["command"])


def test_a_reader_that_leaves_ends_it_quietly(smsd):
    """`smsd classify - | head -1`."""
    done = subprocess.run(
        f"yes jalan rusak | {sys.executable} -m smsd classify - | head -1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
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
    assert "/nowhere: no such file; name one with --config FILE or $SMSD_CONFIG" == line


def test_is_readable_on_a_terminal(on_terminal):
    """Keys and values, one a line."""
    lines = on_terminal("classify", "jalan rusak di Lowokwaru kota malang")
    assert "topic        jalan-lokal" in lines
    assert any(line.startswith("candidates   PUPR 0.7") for line in lines)
    assert any(line.startswith("             aturan: ") for line in lines)
