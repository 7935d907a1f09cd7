"""Logging: dotted events with keys, as fields of the journal, as JSON lines, or pretty on a terminal.

Never a number or a text of a citizen's: what other programs say is masked, and of an exception only its type and the
lines of code it passed are told, for its sentence may quote what it stumbled over. docs/events.md lists all events.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import re
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, TextIO

import structlog

from parser.privacy import mask_numbers
from parser.ticket_code import FIRST_DIGITS
from smsd.journald import SOCKET, encode, is_journal, send

log = structlog.get_logger()

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3}  # syslog(3)
IDENTIFIER = "smsd"
# MESSAGE_ID of an event is the UUID of its name (version 5) in this space of names, so it never changes.
EVENTS = uuid.UUID("9c0d2a5e-1708-5b1e-8f0a-6d3f4c7a2b11")
# MESSAGE is what journalctl shows.
_FIELDS = {"message": "INBOUND_MESSAGE"}
_APART = frozenset({"event", "level", "timestamp"})
# Keys whose words other programs have chosen: a mail server, libGammu, a database, a library.
_OTHERS_WORDS = frozenset({"error", "reason", "says"})
_MOST_OF_OTHERS = 500
_OWN_WORDS = re.compile(r"[^\n<('\"]*")  # asyncio shows calls with their arguments
_REST_S = 10.0  # after the journal took nothing, the next one tries again

Event = MutableMapping[str, Any]
Observer = Callable[[Mapping[str, Any]], None]


def configure(level: str, form: str, stream: TextIO | None = None, observe: Observer | None = None) -> None:
    """Sets up structlog for this process; `form` is console, json, journal, or auto: by where the stream leads.

    `observe` is shown every event, those below `level` too.
    """
    stream = stream or sys.stderr
    form = _form(stream) if form == "auto" else form
    console = form == "console"
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty()) if console else structlog.processors.JSONRenderer()
    )
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        *([_shown_to(observe)] if observe else ()),
        _level,
        structlog.processors.TimeStamper(fmt="iso", utc=not console),
        _drop_empty,
        _mask,
        _tell_exception,
        *([_ToJournal()] if form == "journal" else ()),
        renderer,
    ]
    set_level(level)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.PrintLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    _listen_to_libraries()


def set_level(level: str) -> None:
    """From now on so much is said."""
    _level.least = _LEVELS[level]


def configure_command() -> None:
    """For an operator's command: its terminal shows its answer alone, and the daemon tells what it did (told.py)."""
    structlog.configure(processors=[_say_nothing])


def _say_nothing(_: Any, __: str, ___: Event) -> Event:
    raise structlog.DropEvent


def _form(stream: TextIO) -> str:
    if stream.isatty():
        return "console"
    try:
        return "journal" if is_journal(stream.fileno(), os.environ) else "json"
    except OSError:  # a stream without a descriptor
        return "json"


# ---------------------------------------------------------------- processors


def _shown_to(observe: Observer) -> Any:
    def show(_: Any, __: str, event: Event) -> Event:
        observe(event)
        return event

    return show


class _Level:
    """What is below it goes no further."""

    least = logging.INFO

    def __call__(self, _: Any, __: str, event: Event) -> Event:
        if _LEVELS.get(event["level"], logging.ERROR) < self.least:
            raise structlog.DropEvent
        return event


_level = _Level()


def _drop_empty(_: Any, __: str, event: Event) -> Event:
    """A key without a value says nothing: left out."""
    return {key: value for key, value in event.items() if value is not None}


def _mask(_: Any, __: str, event: Event) -> Event:
    for key in _OTHERS_WORDS & event.keys():
        if isinstance(event[key], str):
            event[key] = mask_numbers(event[key])[:_MOST_OF_OTHERS]
    return event


def _tell_exception(_: Any, __: str, event: Event) -> Event:
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = trace(error)
    return event


def trace(error: BaseException) -> str:
    """Types and lines of code of an exception, the first cause first; no word of what it was about."""
    return "\n".join(_trace(error))


def _trace(error: BaseException) -> Iterator[str]:
    if before := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        yield from _trace(before)
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _trace(each)
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    yield type(error).__name__


# ---------------------------------------------------------------- the journal


class _ToJournal:
    """Gives events to journald. What it does not take goes on to standard error, as JSON, and that is told."""

    def __init__(self, address: Path = SOCKET, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = address
        self._clock = clock
        self._resting_until = 0.0
        self._astray = 0

    def __call__(self, _: Any, __: str, event: Event) -> Event:
        if self._clock() >= self._resting_until and self._sent(event):
            raise structlog.DropEvent
        self._astray += 1
        return event

    def _sent(self, event: Event) -> bool:
        try:
            send(encode(fields(event)), self._address)
        except OSError as e:
            self._resting_until = self._clock() + _REST_S
            cure = "`systemctl status systemd-journald`; meanwhile these lines are JSON on standard error"
            log.error("journal.away", error=e.strerror or str(e), again_in_s=_REST_S, cure=cure)
            return False
        if self._astray:
            lines, self._astray = self._astray, 0
            log.warning("journal.back", lines=lines)
        return True


def fields(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """An event as the journal keeps it: its keys in capitals, each of several values as a field of its own."""
    name = str(event["event"])
    yield "MESSAGE", sentence(event)
    yield "PRIORITY", str(_PRIORITIES.get(event["level"], 3))
    yield "SYSLOG_IDENTIFIER", IDENTIFIER
    yield "MESSAGE_ID", message_id(name)
    yield "SMSD_EVENT", name
    for key, value in event.items():
        if key not in _APART:
            for each in value if isinstance(value, (list, tuple)) else (value,):
                yield _FIELDS.get(key, key.upper()), _plain(each)


@functools.cache
def message_id(name: str) -> str:
    """The 128 bits that stand for an event, as journald writes them."""
    return uuid.uuid5(EVENTS, name).hex


def sentence(event: Mapping[str, Any]) -> str:
    """`ticket.opened 482-130-9764 agency=PUPR-35.73 …`, for people; an exception below it."""
    words = [str(event["event"])]
    code = event.get("ticket")
    if isinstance(code, str):
        words.append(f"{code[:3]}-{code[3:6]}-{code[6:]}" if code[:1] in FIRST_DIGITS else code)
    for key, value in event.items():
        if key not in _APART and key not in ("ticket", "exception"):
            words.append(f"{key}={_quoted(value)}")
    return "\n".join([" ".join(words), *([str(event["exception"])] if "exception" in event else ())])


def _quoted(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(map(_plain, value))
    text = _plain(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(c in text for c in ' "=\n') else text


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return repr(value) if type(value) in (int, float) else json.dumps(value, ensure_ascii=False, default=str)


# ---------------------------------------------------------------- what libraries say


class _Libraries(logging.Handler):
    """asyncio, aiosmtpd and others log with the standard library: their warnings become events of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Only the beginning of the template of what they say, for what is put into it may be anybody's words."""
        said = _OWN_WORDS.match(str(record.msg))
        facts = {"library": record.name, "says": said and said[0].strip(), "exc_info": record.exc_info}
        if record.levelno >= logging.ERROR:
            log.error("library.failed", **facts)
        else:
            log.warning("library.warned", **facts)


def _listen_to_libraries() -> None:
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries(logging.WARNING))
