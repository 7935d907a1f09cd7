"""Command lines of V.250 and the errors that answer them."""

import pytest

from smsd.simulator.at_syntax import AtError, CmeError, CmsError, Command, fields, integers, parse_line


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("AT", []),
        ("at+cmgf=0", [Command("+CMGF", "set", "0")]),
        ("AT+CSQ", [Command("+CSQ", "run")]),
        ("AT+CPIN?", [Command("+CPIN", "read")]),
        ("AT+CNMI=?", [Command("+CNMI", "test")]),
        ("AT$TSSPCSW=?", [Command("$TSSPCSW", "test")]),
        ("AT^CURC=0", [Command("^CURC", "set", "0")]),
        ("ATE1", [Command("E", "run", "1")]),
        ("ATE0V1&D2", [Command("E", "run", "0"), Command("V", "run", "1"), Command("&D", "run", "2")]),
        ("ATS0=0E1", [Command("S", "run"), Command("E", "run", "1")]),
        ("ATE0;+CMEE=1;+CREG?", [Command("E", "run", "0"), Command("+CMEE", "set", "1"), Command("+CREG", "read")]),
        ('AT+CPMS="S;M";+CSQ', [Command("+CPMS", "set", '"S;M"'), Command("+CSQ", "run")]),
    ],
)
def test_reads_commands(line, commands):
    """Basic and extended commands, one or several in a line."""
    assert commands == parse_line(line)


@pytest.mark.parametrize("line", ["", "A", "+CMTI", "hello"])
def test_passes_over_what_is_no_command_line(line):
    """A line that does not begin with AT is noise."""
    assert None is parse_line(line)


@pytest.mark.parametrize("line", ["AT+", "AT+CSQ!", 'AT+CPMS="SM', "AT1"])
def test_refuses_what_it_cannot_read(line):
    """A command line with an error in it is an ERROR."""
    with pytest.raises(AtError):
        parse_line(line)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [("", []), ('"SM","ME"', ["SM", "ME"]), ('1, "a,b",', ["1", "a,b", ""])],
)
def test_splits_arguments(arguments, expected):
    """Commas separate, quotes protect."""
    assert expected == fields(arguments)


def test_reads_numbers_and_gaps():
    """A number left out is None; a word is the caller's error."""
    assert [2, None, 0] == integers("2,,0", AtError())
    with pytest.raises(CmsError):
        integers('"ALL"', CmsError(304))


@pytest.mark.parametrize(
    ("error", "mode", "result"),
    [
        (AtError(), 1, "ERROR"),
        (CmsError(321), 0, "+CMS ERROR: 321"),
        (CmeError(50), 0, "ERROR"),
        (CmeError(50), 1, "+CME ERROR: 50"),
        (CmeError(50), 2, "+CME ERROR: incorrect parameters"),
        (CmeError(9), 2, "+CME ERROR: unknown"),
    ],
)
def test_shows_errors_as_cmee_asks(error, mode, result):
    """AT+CMEE changes how equipment failures look, not message failures."""
    assert result == error.result(mode)
