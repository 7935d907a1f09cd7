"""What a mail server says became of a mail of ours; whole reports are in tests/mails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.delivery_report import DeliveryReport, kind_of, read_delivery_report

REPORT = """\
From: MAILER-DAEMON@mx.1708.example
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.1708.example

Final-Recipient: rfc822; Lapor@PUPR.example
Action: failed (too bad)
Status: 5.2.2 (mailbox full)
Diagnostic-Code: smtp; 552 5.2.2
  Over quota
--b
Content-Type: text/rfc822-headers

From: lapor@1708.example
Message-ID: <d.1@1708.example>
--b--
"""


def test_a_report_field_by_field() -> None:
    """RFC 3464, with the comments that some servers write."""
    expected = DeliveryReport(
        "failed", "5.2.2", "lapor@pupr.example", "552 5.2.2 Over quota", "full", "<d.1@1708.example>"
    )
    assert expected == read_delivery_report(REPORT.encode())


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "kind"),
    [
        ("failed", "5.1.1", "", "gone"),
        ("failed", "5.1.10", "", "gone"),
        ("failed", "5.2.1", "mailbox disabled", "gone"),
        ("failed", "5.4.4", "Host not found", "gone"),
        ("failed", "5.0.0", "no such user", "gone"),
        ("failed", "", "", "gone"),
        ("failed", "5.2.2", "", "full"),
        ("delayed", "4.2.2", "", "full"),
        ("failed", "5.0.0", "552 mailbox is full", "full"),
        ("failed", "5.0.0", "552 5.2.2 no room", "full"),
        ("delayed", "4.4.1", "timed out", "temporary"),
        ("delayed", "", "", "temporary"),
        ("failed", "4.4.7", "expired", "temporary"),
        ("failed", "5.4.7", "expired", "temporary"),
        ("delayed", "4.7.1", "greylisted", "temporary"),
        ("failed", "5.7.26", "DMARC", "policy"),
        ("failed", "5.3.4", "", "policy"),
        ("failed", "5.2.3", "", "policy"),
        ("failed", "5.1.8", "sender rejected", "policy"),
        ("failed", "5.0.0", "554 blocked as spam", "policy"),
        ("delivered", "2.0.0", "", "delivered"),
        ("relayed", "2.0.0", "", "delivered"),
        ("expanded", "2.0.0", "", "delivered"),
    ],
)
def test_kinds(action: str, status: str, diagnostic: str, kind: str) -> None:
    """The status speaks first; the server's words where it says nothing."""
    assert kind == kind_of(action, status, diagnostic)  # type: ignore[arg-type]


def test_of_several_recipients_the_worst_off() -> None:
    """One arrived, one did not."""
    more = "Final-Recipient: rfc822; b@pupr.example\nAction: delivered\nStatus: 2.0.0\n\nFinal-Recipient:"
    report = read_delivery_report(REPORT.replace("Final-Recipient:", more, 1).encode())
    assert report is not None
    assert ("failed", "lapor@pupr.example") == (report.action, report.recipient)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"From: a@b.example\n\nSELESAI lampu diganti",
        b"From: a@b.example\n\nThe following addresses had problems:\n\n<a@b.example>: unknown\n",
        b"From: a@b.example\nSubject: Re: failure notice\n\nKotak surat kami penuh kemarin, maaf",
    ],
)
def test_what_is_no_report(raw: bytes) -> None:
    """A person may write of bounces."""
    assert read_delivery_report(raw) is None


@given(st.binary(max_size=300))
def test_any_report_is_read(status: bytes) -> None:
    """Whatever stands between its boundaries."""
    head = REPORT.encode().partition(b"Reporting-MTA")[0]
    report = read_delivery_report(head + status + b"\n--b--\n")
    assert report is not None and b"\0" not in report.diagnostic.encode()
