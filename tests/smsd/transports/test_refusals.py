"""The carrier's reasons in words, and what follows from each."""

from __future__ import annotations

import pytest

from smsd.transports.refusals import Do, explain_refusal, explain_report


@pytest.mark.parametrize(
    ("said", "reason", "do"),
    [
        ("CMS 1", "the network refused it: unassigned number (+CMS ERROR 1)", Do.GIVE_UP),
        ("CMS 8", "the network refused it: the operator bars this SIM from sending SMS (+CMS ERROR 8)", Do.WAIT),
        ("CMS 38", "the network refused it: network out of order (+CMS ERROR 38)", Do.RETRY),
        ("CMS 196", "the network refused it: the recipient is barred (+CMS ERROR 196)", Do.GIVE_UP),
        ("CMS 300", "the modem refused it: the modem failed (+CMS ERROR 300)", Do.REOPEN),
        ("CMS 314", "the modem refused it: the SIM is busy (+CMS ERROR 314)", Do.WAIT),
        ("CMS 331", "the modem refused it: no network (+CMS ERROR 331)", Do.WAIT),
        ("CME 10", "the modem refused it: no SIM in the modem (+CME ERROR 10)", Do.REOPEN),
        ("CME 30", "the modem refused it: no network (+CME ERROR 30)", Do.WAIT),
        ("CMS 99999", "the modem refused it: a reason that no standard names (+CMS ERROR 99999)", Do.RETRY),
        ("CMS 2", "the network refused it: a reason that no standard names (+CMS ERROR 2)", Do.RETRY),
        ("ERROR", "the modem refused it without a reason (ERROR)", Do.RETRY),
    ],
)
def test_a_refusal(said: str, reason: str, do: Do) -> None:
    """Who said it, why, and the code; what is not known is tried again."""
    refusal = explain_refusal(said)
    assert (reason, do) == (refusal.reason, refusal.do)


@pytest.mark.parametrize("said", ["", "CMS", "CMS ", "CMS x", "CMS -1", "CMS ²", "CMX 1", "+CMS ERROR: 1"])
def test_rubbish(said: str) -> None:
    """Whatever a modem may say, it is a refusal that can be tried again."""
    assert explain_refusal(said).do is Do.RETRY


@pytest.mark.parametrize("code", [1, 10, 195, 196, 304])
def test_what_the_message_itself_is_refused_for_is_given_up(code: int) -> None:
    """A number that is unassigned or barred, an invalid format: no other try can help."""
    assert explain_refusal(f"CMS {code}").do is Do.GIVE_UP


@pytest.mark.parametrize("said", [f"CMS {code}" for code in range(310, 319) if code != 314] + ["CME 10", "CME 13"])
def test_a_sim_that_is_not_there_closes_the_modem(said: str) -> None:
    """It is opened anew, and then says at once whether a SIM is there, or asks for its PIN."""
    assert explain_refusal(said).do is Do.REOPEN


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0x00, "delivered (TP-ST 0x00)"),
        (0x10, "delivered (TP-ST 0x10)"),
        (0x22, "no answer from the recipient (TP-ST 0x22)"),
        (0x3F, "the network still tries (TP-ST 0x3F)"),
        (0x43, "no such recipient (TP-ST 0x43)"),
        (0x5F, "the network gave up (TP-ST 0x5F)"),
        (0x60, "the network is congested (TP-ST 0x60)"),
        (0xFF, "the network gave up (TP-ST 0xFF)"),
    ],
)
def test_a_report(status: int, words: str) -> None:
    """Reserved values are read as their range is."""
    assert words == explain_report(status)


def test_every_report_has_words() -> None:
    """All 256."""
    assert all(explain_report(status) for status in range(256))
