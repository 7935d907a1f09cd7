"""What the world is told of the reply domain, asked of a name server on loopback."""

from smsd.doctor.dns import look_at_dns
from smsd.doctor.finding import Wishes

ALL = {
    ("1708.example", "MX"): ["10 mx.1708.example."],
    ("mx.1708.example", "A"): ["192.0.2.1"],
    ("1708.example", "TXT"): ['"v=spf1 a:mx.1708.example -all"'],
    ("smsd._domainkey.1708.example", "TXT"): ['"v=DKIM1; k=rsa; p=MIIB"'],
    ("_dmarc.1708.example", "TXT"): ['"v=DMARC1; p=none"'],
}


async def seen(settings, name_server, without=(), **more):
    records = {key: value for key, value in ALL.items() if key not in without}
    name_server.records = records | more.get("records", {})
    return await look_at_dns(settings, name_server.wishes)


async def test_all_records_are_there(settings, name_server, levels):
    """One line that says where mail goes."""
    assert [("OK", "mail for 1708.example goes to mx.1708.example; SPF, DKIM and DMARC are there")] == levels(
        await seen(settings, name_server)
    )


async def test_each_missing_hint_is_a_warning_with_its_name(settings, name_server, levels):
    """Mail goes all the same."""
    for key, what in (
        (("1708.example", "TXT"), "no SPF record at 1708.example"),
        (("smsd._domainkey.1708.example", "TXT"), "no DKIM record at smsd._domainkey.1708.example"),
        (("_dmarc.1708.example", "TXT"), "no DMARC record at _dmarc.1708.example"),
    ):
        ((level, said),) = levels(await seen(settings, name_server, without=[key]))
        assert ("WARN", True) == (level, said.startswith(what))


async def test_without_a_way_for_mail_no_answer_can_come(settings, name_server, levels):
    """No MX and no address; an MX that leads nowhere; a domain that takes no mail; an address alone is a warning."""
    mx, address = ("1708.example", "MX"), ("mx.1708.example", "A")
    assert [("FAIL", "1708.example has no MX record and no address: no answer can come")] == levels(
        await seen(settings, name_server, without=[mx])
    )
    assert [("FAIL", "mx.1708.example, to which mail for 1708.example goes, has no address")] == levels(
        await seen(settings, name_server, without=[address])
    )
    assert [("FAIL", "1708.example says that it takes no mail")] == levels(
        await seen(settings, name_server, records={mx: ["0 ."]})
    )
    assert [("WARN", "1708.example has no MX record; servers use its address")] == levels(
        await seen(settings, name_server, without=[mx], records={("1708.example", "AAAA"): ["2001:db8::1"]})
    )


async def test_a_name_server_that_is_silent_is_named_as_such(settings, levels):
    """It is not said that the domain does not exist."""
    ((level, said),) = levels(await look_at_dns(settings, Wishes(nameserver="127.0.0.1:9")))
    assert ("FAIL", True) == (level, said.startswith("no name server answers"))
