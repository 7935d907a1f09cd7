"""The play of `make run </dev/null`, and plays that cannot be played."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import SettingsError
from smsd.demo.script import Answer, Heading, Settle, Text, load_script

FIRST_DAY = Path(__file__).parents[3] / "examples" / "first-day.toml"


def lines_of(transcript, number, arrow):
    """What that phone texted (>) or was texted (<), in order."""
    wanted = re.compile(rf" *{re.escape(number)} {arrow} (.*)")
    return [found[1] for line in transcript.splitlines() if (found := wanted.match(line))]


def test_the_first_day_is_played_to_its_end(tmp_path):
    """It ends with 0, says all it promises, and reads in order."""
    command = [sys.executable, "-m", "smsd", "demo", "--script", str(FIRST_DAY), "--keep", str(tmp_path)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False)
    assert (0, "") == (done.returncode, done.stderr), (tmp_path / "smsd.log").read_text()
    has_everybody(done.stdout)
    has_what_makes_it_hard(done.stdout)
    is_in_order(done.stdout)


def has_everybody(transcript):
    """At least 12 texts by 8 numbers, each citizen answered, the robot not; all reports and mails are shown."""
    steps = load_script(FIRST_DAY)
    numbers = {step.by for step in steps if isinstance(step, Text) and step.by.startswith("+62")}
    assert 8 == len(numbers)
    assert 12 <= sum(len(lines_of(transcript, number, ">")) for number in numbers)
    assert all(lines_of(transcript, number, "<") for number in numbers)
    assert 1 == len(lines_of(transcript, "PROMO-TSEL", ">"))
    assert [] == lines_of(transcript, "PROMO-TSEL", "<")
    _, reports, mails = re.split(r"\nReports\n|\nMails to agencies ", transcript)
    assert 8 == len(re.findall(r"^[2-9]\d{9}  ", reports, re.MULTILINE))
    assert 1 == len(re.findall(r"^\d{10} +terdisposisi +INSPEKTORAT-73\.71", reports, re.MULTILINE))
    assert re.search(r"inspektorat@makassar\.example +\[LAPOR [\d ]+\] Laporan rahasia", mails)
    assert "| == balas di atas baris ini ==" in mails
    assert "+6281" not in mails
    assert transcript.endswith("stopped.\n")


def has_what_makes_it_hard(transcript):
    """Parts out of order, UCS-2, a duplicate: each one report, told as what it is."""
    for number, how in (("2", "3 parts, arriving 3, 1, 2"), ("3", "UCS-2"), ("4", "delivered 2 times")):
        phone = f"+628120000000{number}"
        assert lines_of(transcript, phone, ">")[0].endswith(f"({how})")
        assert 1 == sum("laporan Anda no" in text for text in lines_of(transcript, phone, "<"))


def is_in_order(transcript):
    """STATUS is answered before the agency is heard, and every agency's answer reaches its phone."""
    status, accepted = lines_of(transcript, "+6281200000001", "<")[1:]
    assert "sudah diteruskan, di Dinas PU Kota Malang" in status
    assert "Dinas PU Kota Malang menerima laporan" in accepted
    for number, words in (("2", "sedang menangani"), ("3", "menjawab laporan"), ("4", "bertanya"), ("7", "Kemensos")):
        assert any(words in text for text in lines_of(transcript, f"+628120000000{number}", "<"))
    for number, last in (
        ("3", "penilaian Anda"),
        ("4", "jawaban Anda"),
        ("6", "Dinas PU Kab Malang"),
        ("2", "tambahan"),
    ):
        assert last in lines_of(transcript, f"+628120000000{number}", "<")[-1]
    headings = [step.words for step in load_script(FIRST_DAY) if isinstance(step, Heading)]
    places = [transcript.index(f"\n{words}\n") for words in headings]
    assert sorted(places) == places


def test_reads_every_kind_of_step(tmp_path):
    """Into its dataclass."""
    script = tmp_path / "play.toml"
    script.write_text(
        '[[step]]\ndo = "heading"\nwords = "Pagi"\n[[step]]\ndo = "text"\nby = "+62812"\ntext = "x"\ncopies = 2\n'
        '[[step]]\ndo = "answer"\nreport_of = "+62812"\nwords = "TERIMA"\n[[step]]\ndo = "settle"\n'
    )
    assert [
        Heading("heading", "Pagi"),
        Text("text", "+62812", "x", copies=2),
        Answer("answer", "+62812", "TERIMA"),
        Settle("settle"),
    ] == load_script(script)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "has no steps; begin each with [[step]]"),
        ("step = 1", "has no steps; begin each with [[step]]"),
        ("step = [1]", "has no steps; begin each with [[step]]"),
        ("[[step]", "is not valid TOML"),
        ("\udcff", "is not valid TOML"),
        ("[[step]]\n", "[[step]] 1:: do must be one of text, answer, settle, heading"),
        ('[[step]]\ndo = ["text"]\n', "do must be one of text, answer, settle, heading"),
        ('[[step]]\ndo = "text"\nbye = "+62"\n', "[[step]] 1: bye: is not a key I know; did you mean by?"),
        ('[[step]]\ndo = "answer"\nwords = 1\n', "words: must be a text in quotes, not 1"),
    ],
)
def test_says_what_is_wrong_with_a_script(tmp_path, content, problem):
    """File, step and key."""
    script = tmp_path / "play.toml"
    script.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError) as wrong:
        load_script(script)
    assert problem in str(wrong.value)
    assert str(script) in str(wrong.value)


def test_an_impossible_step_ends_the_play_with_a_line(tmp_path):
    """A part that does not exist; the service is stopped all the same."""
    script = tmp_path / "play.toml"
    script.write_text('[[step]]\ndo = "text"\nby = "+6281200000001"\ntext = "satu bagian"\norder = [2]\n')
    command = [sys.executable, "-m", "smsd", "demo", "--script", str(script), "--keep", str(tmp_path / "kept")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False)
    cause = "the text of +6281200000001 cannot be sent: order names part 2, but the text has 1: number the parts from 1"
    assert (1, f"smsd: {cause}\n") == (done.returncode, done.stderr)
    assert "smsd.stopped" in (tmp_path / "kept" / "smsd.log").read_text()
