"""What is logged, and in which form."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import structlog

from config.settings import Settings
from smsd import journal
from smsd.cli import daemon


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """structlog is configured for the whole process: put back what was."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_json_object_a_line() -> None:
    """The event, its level, its time in UTC and its keys; a newline in a value does not break the line."""
    stream = io.StringIO()
    journal.configure("info", "json", stream)
    structlog.get_logger().info("ticket.opened", ticket="4821309764", error="a\nb")
    (line,) = lines(stream)
    assert datetime.fromisoformat(line.pop("timestamp")).utcoffset() is not None
    assert {"event": "ticket.opened", "level": "info", "ticket": "4821309764", "error": "a\nb"} == line


def test_a_key_without_a_value_is_left_out() -> None:
    """None says nothing; 0, False and the empty text do."""
    stream = io.StringIO()
    journal.configure("info", "json", stream)
    structlog.get_logger().info("x.y", a=None, b=0, c=False, d="")
    (line,) = lines(stream)
    assert {"b": 0, "c": False, "d": ""} == {key: line[key] for key in line if len(key) == 1}


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_the_level_decides_how_much_is_said(level: str, said: list[str]) -> None:
    """Every level of the configuration."""
    stream = io.StringIO()
    journal.configure(level, "json", stream)
    for each in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(), each)("x.y")
    assert said == [line["level"] for line in lines(stream)]


def test_keys_that_were_bound_stand_in_every_line() -> None:
    """As the ticket of the message in hand."""
    stream = io.StringIO()
    journal.configure("info", "json", stream)
    with structlog.contextvars.bound_contextvars(ticket="4821309764"):
        structlog.get_logger().info("sms.sent")
    structlog.get_logger().info("sms.sent")
    assert ["4821309764", None] == [line.get("ticket") for line in lines(stream)]


def test_what_json_does_not_know_is_shown_all_the_same() -> None:
    """A log line must never be the thing that fails."""
    stream = io.StringIO()
    journal.configure("info", "json", stream)
    structlog.get_logger().info("x.y", raw=b"\xff", many={1}, odd="\ud800")
    assert "x.y" == lines(stream)[0]["event"]


def test_auto_is_json_where_nobody_watches() -> None:
    """As under systemd."""
    stream = io.StringIO()
    journal.configure("info", "auto", stream)
    structlog.get_logger().info("x.y")
    assert "x.y" == lines(stream)[0]["event"]


def test_auto_is_for_people_on_a_terminal() -> None:
    """In colours, with the traceback of an exception."""
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as terminal:
        journal.configure("info", "auto", terminal)
        structlog.get_logger().info("x.y", agency="PLN")
        terminal.flush()
        shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert "\x1b[" in shown
    assert "PLN" in shown


@pytest.mark.parametrize("form", ["console", "json"])
def test_an_exception_is_told_with_the_lines_it_passed(form: str) -> None:
    """In both forms, and in JSON within the line; not with its sentence, which may quote a citizen."""
    stream = io.StringIO()
    journal.configure("info", form, stream)
    try:
        raise ValueError("jalan rusak")
    except ValueError:
        structlog.get_logger().exception("loop.died")
    assert "ValueError" in stream.getvalue()
    assert "test_journal.py" in stream.getvalue()
    assert "jalan rusak" not in stream.getvalue().replace('raise ValueError("jalan rusak")', "")
    if form == "json":
        assert 1 == len(lines(stream))


def test_it_goes_to_standard_error_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output belongs to the commands."""
    journal.configure("info", "json")
    structlog.get_logger().info("x.y")
    out, err = capsys.readouterr()
    assert ("", "x.y") == (out, json.loads(err)["event"])


def test_causes_and_groups_are_told_too() -> None:
    """The first cause first, and none of their sentences."""
    try:
        try:
            raise KeyError("081230000001")
        except KeyError as e:
            raise ExceptionGroup("several", [ValueError("jalan rusak"), TypeError("lubang")]) from e
    except ExceptionGroup as group:
        told = journal.trace(group)
    types = [line for line in told.splitlines() if not line.startswith("  ")]
    assert ["KeyError", "ValueError", "TypeError", "ExceptionGroup"] == types
    assert not any(secret in told for secret in ("0812", "rusak", "lubang", "several"))


def test_numbers_in_what_others_say_are_masked() -> None:
    """As a mail server may quote a mail; and a sentence without an end has one."""
    stream = io.StringIO()
    journal.configure("info", "json", stream)
    structlog.get_logger().error("mail.given_up", error="550 spam: call +6281230000001 now" + "!" * 1000)
    (line,) = lines(stream)
    assert "8123" not in line["error"]
    assert 500 == len(line["error"])


def test_libraries_are_told_without_what_they_handled() -> None:
    """The beginning of their own words; asyncio shows the arguments of a call behind it."""
    stream = io.StringIO()
    journal.configure("info", "json", stream)
    logging.getLogger("some.library").warning("%r sent %s", "citizen", "jalan rusak")
    logging.getLogger("asyncio").error("Exception in callback Desk.read('jalan rusak')\nhandle: <Handle>")
    try:
        raise ValueError("jalan rusak")
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    told = lines(stream)
    assert ["%r sent %s", "Exception in callback Desk.read", "Task exception was never retrieved"] == [
        line["says"] for line in told
    ]
    assert ["library.warned", "library.failed", "library.failed"] == [line["event"] for line in told]
    assert "ValueError" in told[2]["exception"]
    assert "rusak" not in stream.getvalue().replace('raise ValueError("jalan rusak")', "")


def test_an_observer_sees_what_the_level_hides() -> None:
    """What is counted does not depend on how much is told."""
    seen: list[str] = []
    stream = io.StringIO()
    journal.configure("error", "json", stream, observe=lambda event: seen.append(f"{event['level']} {event['event']}"))
    structlog.get_logger().info("sms.sent")
    assert (["info sms.sent"], "") == (seen, stream.getvalue())


def test_a_command_says_nothing() -> None:
    """Its terminal shows its answer alone."""
    stream = io.StringIO()
    journal.configure("info", "json", stream)
    journal.configure_command()
    structlog.get_logger().error("sms.withheld")
    assert "" == stream.getvalue()


def test_a_crash_is_told_without_what_it_was_about(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    """One event with the lines of code and the cure; exit 1, so that systemd starts the daemon again."""

    async def stumble(*_: object) -> None:
        raise ExceptionGroup("a loop has ended", [ValueError("jalan rusak di depan warung")])

    monkeypatch.setattr(daemon, "run_daemon", stumble)
    monkeypatch.setattr(daemon, "load_settings", lambda _: settings)
    with pytest.raises(SystemExit) as ended:
        daemon.run.main(["--config", "x"], standalone_mode=False)
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (1, "smsd.crashed") == (ended.value.code, line["event"])
    assert "ValueError" in line["exception"]
    assert "in stumble" in line["exception"]
    assert "systemd starts smsd again" in line["cure"]
    assert "warung" not in json.dumps(line)
