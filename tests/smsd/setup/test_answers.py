"""The file of answers: what may stand in it, and what is said of the rest."""

import pytest

from config.settings import SettingsError
from smsd.setup.answers import read_answers

LEAST = '[gateway]\ntriage = "petugas@malang.example"\n[mail]\nreply_domain = "1708.example"\n'


@pytest.fixture
def answers(tmp_path):
    """`answers(text)`: what that file says."""

    def read(text):
        path = tmp_path / "answers.toml"
        path.write_text(text)
        return read_answers(path)

    return read


def test_a_triage_mailbox_and_a_reply_domain_are_enough(answers):
    """All else has a default: every modem found, the local PostgreSQL and Postfix."""
    given = answers(LEAST)
    assert ("1708", "template", "local", "local", None) == (
        given.gateway.short_code,
        given.gateway.agencies,
        given.database.use,
        given.mail.host,
        given.region,
    )
    assert (None, True) == (given.modems[0].device, given.modems[0].test_sms)


@pytest.mark.parametrize(
    ("written", "code"), [("Kota Malang", "35.73"), ("kab malang", "35.07"), ("35.07", "35.07"), ("Jawa Timur", "35")]
)
def test_a_region_is_found_by_its_name(answers, written, code):
    """Or given by its code."""
    assert code == answers(LEAST.replace("[mail]", f'region = "{written}"\n[mail]')).region


WRONG = [
    (LEAST + "[databse]\n", "[databse]: is not a section I know; did you mean database?"),
    (LEAST + '[[modem]]\ndevcie = "x"\n', "[[modem]] 1: devcie: is not a key I know; did you mean device?"),
    (LEAST + '[[modem]]\nnumber = "ibu"\n', "[[modem]] number: must be a phone number, like +6281230000001"),
    (LEAST + '[database]\nuse = "mysql"\n', '[database] use: must be "local", "embedded", or a DSN'),
    (LEAST.replace("1708.example", "nodot"), "[mail] reply_domain: must be a domain, like 1708.example"),
    (LEAST.replace("petugas@", "petugas"), "[gateway] triage: must be a mail address"),
    (LEAST.replace("[mail]", 'region = "Malang"\n[mail]'), "may be"),
    (
        LEAST.replace("[mail]", 'region = "Atlantis"\n[mail]'),
        "'Atlantis' is no region I know; write it like Kota Malang",
    ),
    (LEAST.replace("[mail]", 'region = "35.73.05"\n[mail]'), "is a kecamatan; name its kabupaten or kota"),
    (LEAST.replace("[mail]", 'agencies = "no.csv"\n[mail]'), '[gateway] agencies: must be "template"'),
    ("[gateway]\n", "[gateway] triage: is missing; it must be given"),
    ("[gateway\n", "cannot be read as TOML"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_place(answers, text, told):
    """File, section and key, and what to write instead."""
    with pytest.raises(SettingsError) as refused:
        answers(text)
    lines = [str(problem) for problem in refused.value.problems]
    assert any(told in line for line in lines), lines
    assert all("answers.toml" in line for line in lines)


def test_a_secret_is_in_no_representation(answers):
    """Nor in a traceback."""
    given = answers(LEAST + '[database]\npassword = "rahasia1"\n[[modem]]\npin = "rahasia2"\n')
    assert "rahasia" not in repr(given)
