"""The screen of `smsd top`: whatever there is to show, it fits."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from smsd.top.screen import Look, ago, first_screen, screen, sparkline, whole
from smsd.top.snapshot import Event, Flow, Late, ModemRow, Queue, Snapshot, Waiting

NOW = datetime(2026, 6, 8, 9, 20, tzinfo=UTC)
LOOK = Look(blocks=True, silent_s=180, every_s=2)
QUEUES = ("texts", "parts", "sms", "mails", "answers")
LONGEST = "DISPERINDAG_UKM-35.78"


def modem(name="modem0", **changes):
    """A modem that is well."""
    facts = {
        "state": "ready", "signal": 71, "network": "TELKOMSEL", "registered": "home", "sim_used": 3, "sim_size": 50,
        "error": None, "updated_at": NOW, "silent_s": 4.0, "received_per_hour": 12, "sent_per_hour": 30,
    }  # fmt: skip
    return ModemRow(name, **(facts | changes))


def snapshot(*, modems=2, late=30, events=80):
    """A bad day in a big town."""
    kinds = ("sms_in", "reports", "sms_out", "mails_out", "mails_in", "answers")
    lost = modem("xl", state="lost", signal=None, network=None, sim_used=None, error="it does not answer; " * 20)
    return Snapshot(
        at=NOW,
        modems=(*(modem(f"telkomsel{n}") for n in range(modems)), lost),
        flow=tuple(Flow(kind, 999, 9999, 99999, tuple(range(24))) for kind in kinds),
        queues=tuple(
            Queue(q, 12345, 10, 99, 86400 * 99, stuck=True) for q in ("texts", "parts", "sms", "mails", "answers")
        ),
        late=tuple(Late(LONGEST, 123 - n, NOW - timedelta(days=n)) for n in range(late)),
        person=tuple(
            Waiting(w, 1234, NOW - timedelta(days=99)) for w in ("triage", "inbox", "quarantine", "given_up", "paused")
        ),
        events=tuple(
            Event(NOW - timedelta(minutes=n), f"48213{n:05}", "ombudsman_refused", LONGEST, "operator")
            for n in range(events)
        ),
    )


def drawn(what, width, height):
    """The lines of a terminal of that size, which cuts nothing by itself."""
    out = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    out.print(what)
    return out.file.getvalue().splitlines()


@pytest.mark.parametrize("height", [24, 30, 43, 60])
@pytest.mark.parametrize("width", [80, 100, 123, 124, 127, 160, 200])
@pytest.mark.parametrize("trouble", [None, "the database does not answer " + "at all " * 40])
def test_it_fits_any_window(width, height, trouble):
    """From 80 by 24 on no line is too long, none too many, and nothing is cut but what is wrong with a modem."""
    lines = drawn(screen(snapshot(), LOOK, trouble, width, height), width, height)
    assert width >= max(map(len, lines))
    assert height >= len(lines)
    cut = [line for line in lines if "…" in line]
    assert len(cut) == 1 + bool(trouble)
    shown = "\n".join(lines)
    for words in ("telkomsel1", "99999", "answers to read", "mailboxes rest", LONGEST, "71%", "99 d", "1234"):
        assert words in shown
    assert "ombudsman_refused" in shown


@pytest.mark.parametrize(("width", "height"), [(80, 24), (132, 43)])
def test_little_to_show_fits_too(width, height):
    """A gateway that was just installed."""
    nothing = Snapshot(NOW, (), snapshot().flow, snapshot().queues, (), snapshot().person, ())
    lines = drawn(screen(nothing, LOOK, None, width, height), width, height)
    assert "no modem has reported yet" in "\n".join(lines)
    assert "nobody" in "\n".join(lines)
    assert height >= len(lines)


def test_of_many_late_agencies_the_rest_is_counted():
    """None is lost: the last line says how many more, with how many reports."""
    lines = drawn(screen(snapshot(), LOOK, None, 80, 24), 80, 24)
    (rest,) = (line for line in lines if " more " in line)
    shown = sum(LONGEST in line and "operator" not in line for line in lines)
    assert f"and {30 - shown} more" in rest
    assert str(sum(123 - n for n in range(shown, 30))) in rest.split()


def test_printed_whole_every_agency_has_its_line():
    """Nobody looks at a window then."""
    lines = drawn(whole(snapshot(), LOOK), 200, 10)
    assert 30 == sum(LONGEST in line and "operator" not in line for line in lines)


def test_a_mute_modem_is_red():
    """Ready is what it said long ago."""
    out = Console(
        file=io.StringIO(), width=80, height=24, force_terminal=True, color_system="standard", legacy_windows=False
    )
    calm = Snapshot(NOW, (modem(), modem("old", silent_s=200.0)), snapshot().flow, (), (), snapshot().person, ())
    out.print(screen(calm, LOOK, None, 80, 24))
    (old,) = (line for line in out.file.getvalue().splitlines() if line.startswith("old"))
    (new,) = (line for line in out.file.getvalue().splitlines() if line.startswith("modem0"))
    assert "\x1b[1;31mready" in old
    assert "\x1b[32mready" in new


@pytest.mark.parametrize(
    ("hours", "blocks", "line"),
    [
        ((0, 1, 4, 8), True, " ▁▄█"),
        ((0, 0, 0, 0), True, "    "),
        ((1, 1000, 500, 0), True, "▁█▄ "),
        ((0, 1, 5, 9), False, " 159"),
    ],
)
def test_bars_are_as_high_as_the_hours(hours, blocks, line):
    """The busiest is full, the least that is not nothing has a bar, nothing has none."""
    flow = Flow("sms_in", 0, 0, 0, (*[0] * 20, *hours))
    assert line == sparkline(flow, 4, Look(blocks, 180, 2))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0 s"), (0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172800, "2 d")],
)
def test_ages_have_one_unit(seconds, words):
    """That a person can grasp."""
    assert words == ago(seconds)


def test_before_the_first_answer():
    """It says what it does, or why there is nothing."""
    assert "asking the database" in "\n".join(drawn(first_screen(None, 2), 80, 24))
    assert "is away" in "\n".join(drawn(first_screen("it is away", 2), 80, 24))
