"""Draws a snapshot: as a screen of a given size, or whole, one block below the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smsd.top.snapshot import HOURS, Event, Flow, Late, ModemRow, Queue, Snapshot, Waiting

# Columns that blocks take: of FLOW without its bars, of FOR A PERSON without and with the commands.
_FLOW, _QUEUES, _PERSON, _CURES_TOO, _LATE, _GAP = 28, 35, 29, 62, 36, 3
_WIDE = _FLOW + HOURS + _QUEUES + _PERSON + 2 * _GAP  # from here on three blocks stand side by side
_ROOMY = 12  # lines of agencies and events from which empty lines between the blocks are affordable
_NAMES = {
    "sms_in": "SMS in", "reports": "reports", "sms_out": "SMS out", "mails_out": "mails out", "mails_in": "mails in",
    "answers": "answers",
}  # fmt: skip
_QUEUE_NAMES = {
    "texts": "texts to read", "parts": "parts alone", "sms": "SMS to send", "mails": "mails to send",
    "answers": "answers to read",
}  # fmt: skip
# What needs a person, and the command that shows it.
_PERSON_NAMES = {
    "triage": ("triage desk", "smsd ticket list --status diterima"),
    "inbox": ("inbox", "smsd inbox list"),
    "quarantine": ("quarantine", "smsd quarantine list"),
    "given_up": ("given up", "smsd outbox list"),
    "paused": ("mailboxes rest", "smsd agency list --paused"),
}
_STATE_STYLES = {"ready": "green", "starting": "yellow", "lost": "bold red", "stopped": "yellow"}
_EVENT_STYLES = {"opened": "green", "agency_done": "green", "late": "red", "overdue": "bold red", "mail_bounced": "red"}
_BARS = "▁▂▃▄▅▆▇█"
_DIGITS = "123456789"
_SIGNAL_STEPS = 5
_WEAK_PERCENT = 25
_NEARLY_FULL = 0.8


@dataclass(frozen=True)
class Look:
    """`blocks`: whether the terminal can show block characters. A modem counts as mute after `silent_s`."""

    blocks: bool
    silent_s: float
    every_s: float


def whole(snapshot: Snapshot, look: Look) -> RenderableType:
    """Everything, one block below the other, as long as it is."""
    blocks = (
        _modems(snapshot, look), _flow(snapshot, look, HOURS), _queues(snapshot), _person(snapshot, cures=True),
        _late(snapshot, len(snapshot.late)), _events(snapshot, 10),
    )  # fmt: skip
    return Group(Text(_when(snapshot.at), "bold"), *(part for block in blocks for part in (Text(), block)))


def screen(snapshot: Snapshot, look: Look, trouble: str | None, width: int, height: int) -> RenderableType:
    """What fits into so many columns and lines; `trouble` says why the figures are old."""
    room = height - (2 if trouble else 1)
    body = (_wide if width >= _WIDE else _narrow)(snapshot, look, width, room)
    if trouble is None:
        return Group(_head(snapshot, look), body)
    return Group(_head(snapshot, look), _line(trouble, "bold red"), body)


def first_screen(trouble: str | None, every_s: float) -> RenderableType:
    """Before the database has answered for the first time."""
    told = Text(trouble, "bold red") if trouble else Text(f"asking the database, every {every_s:g} s ...")
    return Group(Text("smsd top", "bold"), told, Text("q quits", "dim"))


def _head(snapshot: Snapshot, look: Look) -> Table:
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True)
    line.add_column(justify="right", no_wrap=True)
    line.add_row(Text(f"smsd top  {_when(snapshot.at)}", "bold"), Text(f"every {look.every_s:g} s, q quits", "dim"))
    return line


def _narrow(snapshot: Snapshot, look: Look, width: int, room: int) -> RenderableType:
    """Two and two blocks, modems above and events below them."""
    people = len(snapshot.person)
    spare = max(0, room - _modem_lines(snapshot) - (len(snapshot.flow) + 1) - (people + 1) - 1)
    gaps = 4 if spare >= _ROOMY else 0
    more_late = min(max(0, len(snapshot.late) - people), (spare - gaps) // 3)
    hours = HOURS if width >= _FLOW + HOURS + _GAP + _QUEUES else HOURS // 2
    middle = _beside(_flow(snapshot, look, hours), _queues(snapshot))
    cures = width >= _CURES_TOO + _GAP + _LATE
    below = _beside(_person(snapshot, cures=cures), _late(snapshot, people + more_late))
    events = _events(snapshot, spare - gaps - more_late)
    return _stacked((_modems(snapshot, look), middle, below, events), apart=bool(gaps))


def _wide(snapshot: Snapshot, look: Look, width: int, room: int) -> RenderableType:
    """Three blocks side by side; below them agencies and events."""
    spare = max(0, room - _modem_lines(snapshot) - (len(snapshot.flow) + 1) - 1)
    gaps = 3 if spare >= _ROOMY else 0
    cures = width >= _WIDE - _PERSON + _CURES_TOO
    middle = _beside(_flow(snapshot, look, HOURS), _queues(snapshot), _person(snapshot, cures=cures))
    below = _beside(_late(snapshot, spare - gaps), _events(snapshot, spare - gaps))
    return _stacked((_modems(snapshot, look), middle, below), apart=bool(gaps))


def _stacked(blocks: Sequence[RenderableType], *, apart: bool) -> RenderableType:
    return Group(*(part for block in blocks for part in ((Text(), block) if apart else (block,))))


def _beside(*blocks: Table) -> Table:
    table = Table.grid(padding=(0, _GAP, 0, 0))
    for _ in blocks:
        table.add_column(no_wrap=True)
    table.add_row(*blocks)
    return table


# ---------------------------------------------------------------- the blocks


def _table(*columns: tuple[str, Literal["left", "right"], int]) -> Table:
    """A heading line and rows; of each column its name, the side of its text, and its least width, so that nothing
    jumps from one second to the next."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold cyan")
    for name, side, least in columns:
        table.add_column(name, justify=side, min_width=least, no_wrap=True)
    return table


def _modems(snapshot: Snapshot, look: Look) -> RenderableType:
    """One a line; what is wrong with one stands below all."""
    table = _table(
        ("MODEM", "left", 9), ("state", "left", 8), ("signal", "left", 10), ("network", "left", 14),
        ("SIM", "right", 6), ("heard", "right", 6), ("in/h", "right", 4), ("out/h", "right", 5),
    )  # fmt: skip
    for modem in snapshot.modems:
        table.add_row(*_modem(modem, look))
    if not snapshot.modems:
        return Group(table, _line("no modem has reported yet; is `smsd run` running?", "yellow"))
    return Group(table, *(_line(f"{each.name}: {each.error}", "red") for each in snapshot.modems if each.error))


def _modem_lines(snapshot: Snapshot) -> int:
    return 1 + (len(snapshot.modems) or 1) + sum(1 for modem in snapshot.modems if modem.error)


def _modem(modem: ModemRow, look: Look) -> tuple[RenderableType, ...]:
    mute = modem.silent_s > look.silent_s
    network = " ".join(filter(None, (modem.network, modem.registered)))[:20]
    return (
        modem.name,
        Text(modem.state, "bold red" if mute else _STATE_STYLES.get(modem.state, "")),
        _signal(modem.signal, look),
        Text(network or "-", "" if network else "dim"),
        _sim(modem),
        Text(ago(modem.silent_s), "bold red" if mute else ""),
        _count(modem.received_per_hour),
        _count(modem.sent_per_hour),
    )


def _signal(percent: int | None, look: Look) -> Text:
    if percent is None:
        return Text("-", "dim")
    full = round(percent / 100 * _SIGNAL_STEPS)
    bars = "█" * full + "░" * (_SIGNAL_STEPS - full) if look.blocks else ("#" * full).ljust(_SIGNAL_STEPS, ".")
    return Text.assemble((bars, "red" if percent < _WEAK_PERCENT else "green"), f"{percent:4}%")


def _sim(modem: ModemRow) -> Text:
    if modem.sim_used is None or not modem.sim_size:
        return Text("-", "dim")
    full = modem.sim_used >= _NEARLY_FULL * modem.sim_size
    return Text(f"{modem.sim_used}/{modem.sim_size}", "bold red" if full else "")


def _flow(snapshot: Snapshot, look: Look, hours: int) -> Table:
    table = _table(
        ("FLOW", "left", 9), ("min", "right", 4), ("hour", "right", 5), ("today", "right", 6),
        (f"last {hours} h", "left", hours),
    )  # fmt: skip
    for flow in snapshot.flow:
        figures = map(_count, (flow.minute, flow.hour, flow.today))
        table.add_row(_NAMES[flow.kind], *figures, Text(sparkline(flow, hours, look), "green"))
    return table


def sparkline(flow: Flow, hours: int, look: Look) -> str:
    """A bar an hour, the present one last; digits where the terminal has no block characters. Nothing: no bar."""
    steps = _BARS if look.blocks else _DIGITS
    shown = flow.hours[-hours:]
    most = max(shown)
    return "".join(steps[-(-count * len(steps) // most) - 1] if count else " " for count in shown)


def _queues(snapshot: Snapshot) -> Table:
    table = _table(("QUEUE", "left", 15), ("wait", "right", 5), ("oldest", "right", 7), ("again", "right", 5))
    for queue in snapshot.queues:
        table.add_row(*_queue(queue))
    return table


def _queue(queue: Queue) -> tuple[Text, ...]:
    style = "bold red" if queue.stuck else ""
    oldest = "" if queue.oldest_s is None else ago(queue.oldest_s)
    tried = Text(str(queue.tried), "yellow" if queue.tried else "dim")
    return Text(_QUEUE_NAMES[queue.queue], style), _count(queue.waiting), Text(oldest, style), tried


def _person(snapshot: Snapshot, *, cures: bool) -> Table:
    columns: list[tuple[str, Literal["left", "right"], int]]
    columns = [("FOR A PERSON", "left", 15), ("", "right", 5), ("oldest", "right", 7)]
    table = _table(*columns, *((("", "left", 0),) if cures else ()))
    for waiting in snapshot.person:
        name, cure = _PERSON_NAMES[waiting.what]
        count = Text(str(waiting.count), "bold yellow" if waiting.count else "dim")
        table.add_row(name, count, _since(waiting, snapshot.at), *((Text(cure, "dim"),) if cures else ()))
    return table


def _since(waiting: Waiting | Late, now: datetime) -> str:
    return "" if waiting.since is None else ago((now - waiting.since).total_seconds())


def _late(snapshot: Snapshot, most: int) -> Table:
    """At most so many lines; where that is too few the last one counts the agencies that have none."""
    table = _table(("LATE", "left", 21), ("reports", "right", 7), ("for", "right", 6))
    shown = snapshot.late if len(snapshot.late) <= most else snapshot.late[: max(0, most - 1)]
    for each in shown:
        table.add_row(each.agency or "nobody's", Text(str(each.late), "red"), _since(each, snapshot.at))
    if (rest := snapshot.late[len(shown) :]) and most > 0:
        table.add_row(Text(f"and {len(rest)} more", "dim"), Text(str(sum(each.late for each in rest)), "dim"))
    if not snapshot.late:
        table.add_row(Text("nobody", "green"))
    return table


def _events(snapshot: Snapshot, most: int) -> Table:
    table = _table(
        ("TIME", "left", 8), ("TICKET", "left", 10), ("EVENT", "left", 18), ("BY", "left", 8), ("AGENCY", "left", 10)
    )
    for event in snapshot.events[: max(0, most)]:
        style = _EVENT_STYLES.get(event.kind, "")
        table.add_row(_at(event, snapshot), event.code, Text(event.kind, style), event.actor, event.agency)
    return table


def _at(event: Event, snapshot: Snapshot) -> str:
    recent = snapshot.at - event.at < timedelta(hours=24)
    return f"{event.at.astimezone():%H:%M:%S}" if recent else f"{event.at.astimezone():%d/%m}"


def _line(words: str, style: str) -> Text:
    """One line, whatever is in it."""
    return Text(" ".join(words.split()), style, no_wrap=True, overflow="ellipsis")


def _count(number: int) -> Text:
    return Text(str(number), "" if number else "dim")


def _when(at: datetime) -> str:
    return f"{at.astimezone():%d/%m %H:%M:%S}"


_UNITS: tuple[tuple[float, str, Callable[[float], float]], ...] = (
    (120, "s", lambda s: s),
    (7200, "min", lambda s: s / 60),
    (48 * 3600, "h", lambda s: s / 3600),
)


def ago(seconds: float) -> str:
    """An age in one unit: 90 s, 59 min, 47 h, 12 d."""
    for below, unit, convert in _UNITS:
        if seconds < below:
            return f"{int(convert(max(seconds, 0.0)))} {unit}"
    return f"{int(seconds / 86400)} d"
