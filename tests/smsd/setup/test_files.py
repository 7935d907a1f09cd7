"""smsd.toml as setup writes it, made of the shipped example."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from config.reference import check_reference
from config.settings import load_settings
from smsd.setup.answers import Answers, DatabaseAnswers, GatewayAnswers, MailAnswers
from smsd.setup.files import ChosenModem, agencies_template, configuration, set_key, write_file
from smsd.setup.ports import Port

EXAMPLE = Path(__file__).parents[3] / "config/smsd.toml"
MODEM = ChosenModem("modem0", Port(Path("/dev/null"), "at9600", imei="001000000000009"))
ANSWERS = Answers(
    GatewayAnswers("petugas@malang.example", short_code="17080"),
    MailAnswers("aduan.example", 'LAPOR "17080" <l@aduan.example>'),
    region="73.71",
)


@pytest.fixture
def written(tmp_path):
    """`written(answers, modems)`: the settings that come of it."""

    def write(answers, *modems):
        path = tmp_path / "smsd.toml"
        write_file(path, configuration(answers, modems))
        write_file(tmp_path / "agencies.csv", agencies_template(answers.region, answers.gateway.triage))
        for name in ("mail-password", "database-password", "modem1-pin"):
            write_file(tmp_path / name, "x\n")
        return load_settings(path)

    return write


def test_the_answers_stand_in_it(written, tmp_path):
    """And the zone is that of the region."""
    settings = written(ANSWERS, MODEM, replace(MODEM, name="modem1", port=Port(Path("/dev/zero")), pin="1234"))
    assert ("17080", "Asia/Makassar") == (settings.gateway.short_code, settings.gateway.timezone)
    assert ("postgresql://smsd@/smsd?host=/run/postgresql", None) == (
        settings.database.dsn,
        settings.database.password_file,
    )
    assert ("127.0.0.1", 25, "none", "aduan.example", 'LAPOR "17080" <l@aduan.example>') == (
        settings.mail.host,
        settings.mail.port,
        settings.mail.tls,
        settings.mail.reply_domain,
        settings.mail.sender,
    )
    assert [("modem0", "at9600", None), ("modem1", "at115200", tmp_path / "modem1-pin")] == [
        (modem.name, modem.connection, modem.pin_file) for modem in settings.modems
    ]
    assert ("73.71", tmp_path / "agencies.csv") == (settings.routing.home, settings.routing.agencies)


def test_a_mail_server_elsewhere_and_a_database_of_another_machine(written, tmp_path):
    """Their passwords stand in files."""
    answers = replace(
        ANSWERS,
        mail=MailAnswers("aduan.example", host="mail.example", user="lapor", password="geheim"),
        database=DatabaseAnswers("postgresql://smsd@db.example/smsd", "geheim"),
    )
    settings = written(answers, MODEM)
    assert ("mail.example", 587, "starttls", "lapor") == (
        settings.mail.host,
        settings.mail.port,
        settings.mail.tls,
        settings.mail.user,
    )
    assert (tmp_path / "mail-password", tmp_path / "database-password") == (
        settings.mail.password_file,
        settings.database.password_file,
    )
    assert "geheim" not in (tmp_path / "smsd.toml").read_text()


def test_every_comment_of_the_example_is_kept(written, tmp_path):
    """An operator finds all keys in it; only the modem's own lines are new."""
    written(ANSWERS, MODEM)
    kept = {line.partition("# ")[2] for line in (tmp_path / "smsd.toml").read_text().splitlines()}
    lost = [line for line in EXAMPLE.read_text().splitlines() if line.partition("# ")[2] not in kept]
    assert [line for line in lost if "Copy it to" not in line] == []


def test_a_key_is_set_where_it_stands_or_where_it_is_commented_out():
    """In its own section, with its comment."""
    text = '[a]\nhost = "x"   # why\n#user = "u"       # who\n[b]\nhost = "y"\n'
    assert text.replace('"x"', '"z\\"\\\\"') == set_key(text, "a", "host", 'z"\\')
    assert text.replace('#user = "u"', 'user = "v"') == set_key(text, "a", "user", "v")
    assert text.replace('"y"', "7") == set_key(text, "b", "host", 7)
    assert text == set_key(text, "a", "host", None)


@pytest.mark.parametrize("region", ["35.73", "35", None])
def test_the_template_of_agencies_is_valid(tmp_path, region):
    """Only the triage desk has a mailbox: what is not filled in comes to it."""
    path = tmp_path / "agencies.csv"
    path.write_text(agencies_template(region, "petugas@malang.example"))
    assert [] == check_reference(region, agencies=path)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert ["petugas@malang.example"] == [row["email"] for row in rows if row["email"]]
    served = {row["region"] for row in rows} - {""}
    assert region is None or (region in served and all(code.startswith("35") for code in served))


def test_a_file_is_for_its_owner_and_group_alone(tmp_path):
    """And replaces what was there in one step."""
    write_file(tmp_path / "f", "a")
    write_file(tmp_path / "f", "b")
    assert ("b", 0o640) == ((tmp_path / "f").read_text(), (tmp_path / "f").stat().st_mode & 0o777)
    assert ["f"] == [p.name for p in tmp_path.iterdir()]
