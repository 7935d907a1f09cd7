"""The grammar of control requests."""

import json

import pytest

from smsd.simulator import control
from smsd.simulator.control_syntax import KEYS, RequestError, parse_request


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "text", "from": "+62812", "text": ""},
        {
            "do": "text",
            "from": "+62812",
            "text": "a",
            "alphabet": None,
            "order": [3, 1, 2],
            "copies": 2,
            "reference": 7,
            "bits": 16,
            "delay_s": 0.5,
        },
        {"do": "text", "from": "+62812", "text": "a", "order": None, "alphabet": "ucs2", "reference": None},
        {"do": "inject", "pdu": "00"},
        {"do": "set"},
        {"do": "refuse", "number": "1", "code": None},
        {"do": "wait", "empty": True, "timeout_s": 0},
    ],
)
def test_reads_requests(request_):
    """What the documentation shows is accepted as it stands."""
    action, keys = parse_request(json.dumps(request_).encode())
    assert request_ == {"do": action, **keys}


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ("[]", "this is not an object"),
        ("{}", '"do" is null: write one of text, inject'),
        ('{"do": []}', '"do" is []: write one of text'),
        ('{"do": "sms"}', '"do" is "sms": write one of text'),
        ('{"do": "text", "from": "1"}', '"text" needs the key "text": a string'),
        ('{"do": "text", "form": "1", "text": ""}', 'knows no key "form": did you mean "from"?'),
        ('{"do": "text", "zzz": "1"}', 'knows no key "zzz": write from, text, alphabet'),
        ('{"do": "status", "signal": 1}', '"status" knows no key "signal": it takes none'),
        ('{"do": "text", "from": "", "text": ""}', '"from" is "": write a string that is not empty'),
        ('{"do": "text", "from": "1", "text": "", "alphabet": "utf8"}', 'write "gsm7" or "ucs2" or null'),
        (
            '{"do": "text", "from": "1", "text": "", "order": []}',
            "write a list of part numbers like [3, 1, 2], or null",
        ),
        ('{"do": "text", "from": "1", "text": "", "order": [true]}', "write a list of part numbers"),
        ('{"do": "text", "from": "1", "text": "", "copies": 0}', "write a whole number from 1 to 1000"),
        ('{"do": "text", "from": "1", "text": "", "bits": 8.0}', "write 8 or 16"),
        ('{"do": "inject", "pdu": "00", "delay_s": NaN}', "write a number of seconds"),
        ('{"do": "set", "silent": 1}', "write true or false"),
        ('{"do": "wait", "empty": false, "timeout_s": 1}', '"empty" is false: write true'),
        ('{"do": "wait", "empty": true, "timeout_s": -1}', "write a number of seconds up to 86400"),
    ],
)
def test_says_what_to_write_instead(line, error):
    """Every error names the key and the cure."""
    with pytest.raises(RequestError) as raised:
        parse_request(line.encode())
    assert error in str(raised.value)


def test_every_request_is_documented():
    """The protocol's description names each request and each key."""
    for action, keys in KEYS.items():
        assert f'"do": "{action}"' in control.__doc__
        for key in keys:
            assert f'"{key}"' in control.__doc__ or f"``{key}``" in control.__doc__
