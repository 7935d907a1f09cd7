"""Draws a snapshot: as a screen of a given size, or whole, one block below the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smsd.top.snapshot import Flow, Late, ModemRow, Queue, Snapshot, Waiting

LEAST = (60, 16)  # columns and lines below which the screen is cut
_WIDE = 124  # columns from which three blocks stand side by side
_GAP = 3
_WORDS = {
    "sms_in": "SMS in", "reports": "reports", "sms_out": "SMS out", "mails_out": "mails out", "mails_in": "mails in",
    "answers": "answers", "texts": "texts to read", "parts": "parts alone", "sms": "SMS to send",
    "mails": "mails to send", "triage": "triage desk", "inbox": "inbox", "quarantine": "quarantine",
    "given_up": "given up", "paused": "mailboxes rest",
}  # fmt: skip
_QUEUE_WORDS = {"answers": "answers to read"}
_CURES = {
    "triage": "ticket list --status diterima",
    "inbox": "inbox list",
    "quarantine": "quarantine list",
    "given_up": "outbox list",
    "paused": "agency list --paused",
}
_STATE_STYLES = {"ready": "green", "starting": "yellow", "lost": "bold red", "stopped": "yellow"}
_KIND_STYLES = {"late": "red", "overdue": "bold red", "mail_bounced": "red", "opened": "green", "agency_done": "green"}
_BARS = "▁▂▃▄▅▆▇█"
_SIGNAL_BARS = 5
_WEAK_PERCENT = 25
_SIM_NEARLY_FULL = 0.8


@dataclass(frozen=True)
class Look:
    """`blocks`: whether the terminal can show block characters. A modem counts as mute after `silent_s`."""

    blocks: bool
    silent_s: float
    every_s: float


def whole(snapshot: Snapshot, look: Look) -> RenderableType:
    """Everything, one block below the other, as long as it is."""
    blocks = (
        _modems(snapshot, look, 0), _flow(snapshot, look, 24), _queues(snapshot), _person(snapshot),
        _late(snapshot, len(snapshot.late)), _events(snapshot, 10),
    )  # fmt: skip
    parts: list[RenderableType] = [Text(_when(snapshot.at), "bold")]
    for block in blocks:
        parts += [Text(), block]
    return Group(*parts)


def screen(snapshot: Snapshot, look: Look, trouble: str | None, width: int, height: int) -> RenderableType:
    """What fits into so many columns and lines; `trouble` says why the figures are old."""
    room = height - 1 - bool(trouble)
    arrange = _wide if width >= _WIDE else _narrow
    return Group(_head(snapshot, look, trouble, width), arrange(snapshot, look, width, room))


def waiting_screen(trouble: str | None, every_s: float) -> RenderableType:
    """Before the database has answered for the first time."""
    return Group(Text("smsd top", "bold"), Text(trouble or f"asking the database ... (every {every_s:g} s)"))


def _head(snapshot: Snapshot, look: Look, trouble: str | None, width: int) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True)
    line.add_column(justify="right", no_wrap=True)
    line.add_row(Text(f"smsd top  {_when(snapshot.at)}", "bold"), Text(f"every {look.every_s:g} s, q quits", "dim"))
    if trouble is None:
        return line
    warning = Text(trouble, "bold red", no_wrap=True, overflow="ellipsis")
    warning.truncate(width, overflow="ellipsis")
    return Group(line, warning)


def _narrow(snapshot: Snapshot, look: Look, width: int, room: int) -> RenderableType:
    """Two and two blocks, modems above and events below them."""
    modems = _modems(snapshot, look, width)
    used = modems.row_count + 1 + (len(snapshot.flow) + 1) + (len(snapshot.person) + 1) + 1
    spare = max(0, room - used)
    gaps = 3 if spare >= 11 else 0
    more_late = max(0, min(len(snapshot.late) - len(snapshot.person) + 1, (spare - gaps) // 3))
    middle = _beside(_flow(snapshot, look, 12 if width < 86 else 24), _queues(snapshot))
    below = _beside(_person(snapshot), _late(snapshot, len(snapshot.person) - 1 + more_late))
    blocks = [modems, middle, below, _events(snapshot, spare - gaps - more_late)]
    return _stacked(blocks, bool(gaps))


def _wide(snapshot: Snapshot, look: Look, width: int, room: int) -> RenderableType:
    """Three blocks side by side; below them agencies and events."""
    modems = _modems(snapshot, look, width)
    used = modems.row_count + 1 + (len(snapshot.flow) + 1)
    gaps = 2 if room - used >= 10 else 0
    rest = max(0, room - used - gaps - 1)
    middle = _beside(_flow(snapshot, look, 24), _queues(snapshot), _person(snapshot))
    below = _beside(_late(snapshot, rest - 1), _events(snapshot, rest))
    return _stacked([modems, middle, below], bool(gaps))


def _stacked(blocks: Sequence[RenderableType], apart: bool) -> RenderableType:
    return Group(*(part for block in blocks for part in ((Text(), block) if apart else (block,))))


def _beside(*blocks: RenderableType) -> Table:
    table = Table.grid(padding=(0, _GAP, 0, 0))
    for _ in blocks:
        table.add_column(no_wrap=True)
    table.add_row(*blocks)
    return table


# ---------------------------------------------------------------- the blocks


def _table(title: str, *columns: str, left: int = 1) -> Table:
    """A heading line and rows; all but the first `left` columns are figures."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold cyan")
    for place, name in enumerate((title, *columns)):
        table.add_column(name, no_wrap=True, justify="left" if place < left else "right")
    return table


def _modems(snapshot: Snapshot, look: Look, width: int) -> Table:
    names = ("state", "signal", "network", "SIM", "heard", "in/h", "out/h")
    table = _table("MODEM", *names, *(("trouble",) if width == 0 or width >= _WIDE else ()))
    for place in (1, 2, 3, 8):
        if place < len(table.columns):
            table.columns[place].justify = "left"
    for modem in snapshot.modems:
        mute = modem.silent_s > look.silent_s
        cells = [
            Text(modem.name), Text(modem.state, "bold red" if mute else _STATE_STYLES.get(modem.state, "")),
            _signal(modem, look), _network(modem), _sim(modem),
            Text(ago(modem.silent_s), "bold red" if mute else ""), _count(modem.received_per_hour),
            _count(modem.sent_per_hour), Text(modem.error or "", "red"),
        ]  # fmt: skip
        table.add_row(*cells[: len(table.columns)])
    if not snapshot.modems:
        table.add_row("none", Text("has reported yet", "yellow"))
    return table


def _signal(modem: ModemRow, look: Look) -> Text:
    if modem.signal is None:
        return Text("-", "dim")
    full = round(modem.signal / 100 * _SIGNAL_BARS)
    bars = ("█" * full + "░" * (_SIGNAL_BARS - full)) if look.blocks else ("#" * full).ljust(_SIGNAL_BARS, ".")
    style = "red" if modem.signal < _WEAK_PERCENT else "green"
    return Text.assemble((bars, style), f" {modem.signal:3}%")


def _network(modem: ModemRow) -> Text:
    return Text(" ".join(filter(None, (modem.network, modem.registered)))[:20] or "-", "" if modem.network else "dim")


def _sim(modem: ModemRow) -> Text:
    if modem.sim_used is None or not modem.sim_size:
        return Text("-", "dim")
    full = modem.sim_used >= _SIM_NEARLY_FULL * modem.sim_size
    return Text(f"{modem.sim_used}/{modem.sim_size}", "bold red" if full else "")


def _flow(snapshot: Snapshot, look: Look, hours: int) -> Table:
    table = _table("FLOW", "min", "hour", "today", f"last {hours} h")
    table.columns[4].justify = "left"
    for flow in snapshot.flow:
        cells = map(_count, (flow.minute, flow.hour, flow.today))
        table.add_row(_WORDS[flow.kind], *cells, Text(sparkline(flow, hours, look), "green"))
    return table


def sparkline(flow: Flow, hours: int, look: Look) -> str:
    """A bar an hour, the present one last; of ten steps as digits where the terminal has no blocks. No bar: nothing."""
    steps = _BARS if look.blocks else "123456789"
    shown = flow.hours[-hours:]
    most = max(shown)
    return "".join(steps[-(-count * len(steps) // most) - 1] if count else " " for count in shown)


def _queues(snapshot: Snapshot) -> Table:
    table = _table("QUEUE", "wait", "oldest", "again")
    for queue in snapshot.queues:
        style = "bold red" if queue.stuck else ""
        oldest = "" if queue.oldest_s is None else ago(queue.oldest_s)
        name = _QUEUE_WORDS.get(queue.queue, _WORDS[queue.queue])
        table.add_row(Text(name, style), _count(queue.waiting), Text(oldest, style), _warned(queue))
    return table


def _warned(queue: Queue) -> Text:
    return Text(str(queue.tried), "yellow") if queue.tried else Text("0", "dim")


def _person(snapshot: Snapshot) -> Table:
    table = _table("FOR A PERSON", "", "oldest", "smsd ...")
    table.columns[3].justify = "left"
    for waiting in snapshot.person:
        count = Text(str(waiting.count), "bold yellow") if waiting.count else Text("0", "dim")
        table.add_row(_WORDS[waiting.what], count, _since(waiting, snapshot.at), Text(_CURES[waiting.what], "dim"))
    return table


def _since(waiting: Waiting | Late, now: datetime) -> str:
    return "" if waiting.since is None else ago((now - waiting.since).total_seconds())


def _late(snapshot: Snapshot, most: int) -> Table:
    """The latest agencies; the last line counts those that have no line."""
    total = sum(each.late for each in snapshot.late)
    table = _table("LATE", "reports", "since")
    shown = snapshot.late if len(snapshot.late) <= most + 1 else snapshot.late[:most]
    for each in shown:
        table.add_row(each.agency or "nobody", Text(str(each.late), "red"), _since(each, snapshot.at))
    if rest := snapshot.late[len(shown) :]:
        table.add_row(Text(f"and {len(rest)} more", "dim"), Text(str(sum(e.late for e in rest)), "dim"))
    if not total:
        table.add_row(Text("nobody", "green"))
    return table


def _events(snapshot: Snapshot, most: int) -> Table:
    table = _table("TIME", "TICKET", "EVENT", "BY", "AGENCY", left=5)
    for event in snapshot.events[: max(0, most)]:
        at, style = event.at.astimezone(), _KIND_STYLES.get(event.kind, "")
        shown = f"{at:%H:%M:%S}" if snapshot.at - event.at < timedelta(hours=24) else f"{at:%d/%m %H:%M}"
        table.add_row(shown, event.code, Text(event.kind, style), event.actor, event.agency or "")
    return table


def _count(number: int) -> Text:
    return Text(str(number), "" if number else "dim")


def _when(at: datetime) -> str:
    return f"{at.astimezone():%d/%m %H:%M:%S}"


_UNITS: tuple[tuple[float, str, Callable[[float], Any]], ...] = (
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
