#!/usr/bin/env python3
"""A picture of the dashboard: the real daemon over a simulated town, a real Prometheus, the dashboard's own queries.

    scripts/draw_dashboard.py [--seconds N] [--out docs/images/dashboard.png]

Needs prometheus and a browser (Debian: apt install prometheus chromium). Grafana is not needed: each panel is drawn in
the dashboard's grid from what Prometheus answers to its queries.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import re
import shutil
import socket
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from bench.torture.people import Citizens, Officials
from bench.torture.town import Town, open_town
from scripts.draw_mails import browser, take

ROOT = Path(__file__).resolve().parent.parent
DASHBOARD = ROOT / "examples" / "monitoring" / "dashboard.json"
WIDTH, UNIT_HEIGHT, GAP = 1440, 34, 6
STEP_S = 2
RATE = "30s"  # what Grafana would put in the place of $__rate_interval, with a scrape each second
COLOURS = ("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0", "#508642", "#cca300")
_SECONDS = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36000)  # marks of a logarithmic axis of times
_CLOCK = (10, 15, 30, 60, 120, 300, 600, 1800, 3600)  # steps of a linear one, from ten seconds up
SHADES = {"green": "#299c46", "orange": "#ed8128", "red": "#d44a3a"}

Point = tuple[float, float]


class Series(NamedTuple):
    """One line of a panel."""

    name: str
    points: list[Point]


# ---------------------------------------------------------------- the town


async def live(town: Town, seconds: float, chance: random.Random) -> None:
    """Reports, spam, questions; on the way a modem is pulled out, and the mail server goes away."""
    citizens, officials = Citizens(town, chance), Officials(town, chance)
    async with asyncio.TaskGroup() as group:
        ever = [group.create_task(each) for each in (citizens.answer_questions(), officials.work())]
        works = [citizens.report(int(seconds * 1.2), seconds), _others(town, seconds, chance), _troubles(town, seconds)]
        await asyncio.gather(*works)
        for each in ever:
            each.cancel()


async def _others(town: Town, seconds: float, chance: random.Random) -> None:
    texts = ("STATUS", "BANTUAN", "terima kasih", "Selamat! Anda dapat hadiah 100jt, klik bit.ly/x segera", "STATUS 1")
    for n in range(int(seconds / 3)):
        number = f"+62855{n:08}" if chance.random() < 0.5 else f"+62812{chance.randrange(20):08}"
        chance.choice(town.simulators).network.text(number, chance.choice(texts))
        if chance.random() < 0.03:
            town.simulators[0].network.inject("00FF")
        await asyncio.sleep(3)


async def _troubles(town: Town, seconds: float) -> None:
    await asyncio.sleep(seconds * 0.3)
    town.simulators[1].vanish()
    await asyncio.sleep(seconds * 0.15)
    town.simulators[1].plug_in()
    await asyncio.sleep(seconds * 0.1)
    town.mail.fault = "later"
    await asyncio.sleep(seconds * 0.15)
    town.mail.fault = ""


# ---------------------------------------------------------------- Prometheus


@asynccontextmanager
async def open_prometheus(folder: Path, target: str) -> AsyncIterator[str]:
    """A Prometheus that asks `target` each second; its own address."""
    program = shutil.which("prometheus")
    if program is None:
        raise SystemExit("prometheus is not in PATH; install it (Debian: apt install prometheus)")
    job = {"job_name": "smsd", "static_configs": [{"targets": [target]}]}
    config = folder / "prometheus.yml"
    config.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}))  # JSON is YAML
    address = f"127.0.0.1:{_free_port()}"
    process = await asyncio.create_subprocess_exec(
        program,
        *(f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address={address}"),
        stderr=(folder / "prometheus.log").open("wb"),
    )
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(prometheus: str, query: str, begin: float, end: float) -> list[dict[str, Any]]:
    """The series of a range query. Raises SystemExit where Prometheus refuses it."""
    values = {"query": query, "start": begin, "end": end, "step": STEP_S}
    with urllib.request.urlopen(f"{prometheus}/api/v1/query_range?{urllib.parse.urlencode(values)}") as answer:
        found = json.load(answer)
    if found["status"] != "success":
        raise SystemExit(f"{query}: {found['error']}")
    return list(found["data"]["result"])


def series_of(prometheus: str, panel: dict[str, Any], begin: float, end: float) -> list[Series]:
    """All lines of a panel, by the names that its legend gives them."""
    lines = []
    for target in panel["targets"]:
        query = target["expr"].replace("$__rate_interval", RATE)
        for found in ask(prometheus, query, begin, end):
            name = re.sub(r"\{\{(\w+)\}\}", lambda m, f=found: f["metric"].get(m[1], ""), target["legendFormat"])
            points = [(float(at), float(value)) for at, value in found["values"] if value not in ("NaN", "+Inf")]
            lines.append(Series(name, points))
    return sorted(lines, key=lambda line: line.name)


# ---------------------------------------------------------------- the picture


def shown(value: float, unit: str) -> str:
    """A value as Grafana writes it."""
    if unit == "s":
        for size, name in ((3600, "h"), (60, "min"), (1, "s")):
            if value >= size:
                return f"{value / size:.3g} {name}"
        return f"{value * 1000:.3g} ms" if value else "0 s"
    text = f"{value / 1000:.3g}k" if value >= 1000 else f"{value:.3g}"
    return text + {"percent": " %", "cpm": "/min"}.get(unit, "")


def draw_stat(panel: dict[str, Any], lines: list[Series], width: int, height: int) -> str:
    """The last value, on the colour of its threshold."""
    defaults = panel["fieldConfig"]["defaults"]
    if not lines or not lines[0].points:
        return _box("#555", width, height) + _title(panel) + _words("No data", width, height)
    value = lines[0].points[-1][1]
    steps = defaults["thresholds"]["steps"]
    colour = [step["color"] for step in steps if step["value"] is None or value >= step["value"]][-1]
    texts = {key: text["text"] for mapping in defaults["mappings"] for key, text in mapping["options"].items()}
    words = texts.get(f"{value:g}") or shown(value, defaults["unit"])
    return _box(SHADES[colour], width, height) + _title(panel) + _words(words, width, height)


def _box(colour: str, width: int, height: int) -> str:
    return f'<rect width="{width}" height="{height}" fill="{colour}"/>'


def _title(panel: dict[str, Any]) -> str:
    return f'<text x="10" y="20" font-weight="600">{escape(panel["title"])}</text>'


def _words(words: str, width: int, height: int) -> str:
    middle = f'x="{width / 2}" y="{height * 0.68}" text-anchor="middle"'
    return f'<text {middle} style="font-size:32px;font-weight:600;fill:#fff">{escape(words)}</text>'


class Frame:
    """Where a value stands in a panel."""

    def __init__(self, lines: list[Series], times: Point, defaults: dict[str, Any], width: int, height: int) -> None:
        self.begin, self.end = times
        self.left, self.right, self.top, self.bottom = 64, width - 12, 34, height - 46
        self.log = defaults["custom"]["scaleDistribution"]["type"] == "log"
        self.unit = defaults["unit"]
        values = [value for line in lines for _, value in line.points if value > 0 or not self.log]
        most = max(values, default=1.0) or 1.0
        self.high = defaults.get("max") or most * 1.08
        self.low = min(values, default=0.1) if self.log else 0.0
        self.low = min(self.low, self.high / 10) if self.log else self.low

    def x(self, at: float) -> float:
        """Of a time."""
        return self.left + (at - self.begin) / (self.end - self.begin) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Of a value."""
        share = (value - self.low) / (self.high - self.low)
        if self.log:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return self.bottom - min(1.0, max(0.0, share)) * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        """Values that are written beside the panel."""
        if self.log:
            marks = _SECONDS if self.unit == "s" else [10.0**n for n in range(-3, 6)]
            return [mark for mark in marks if self.low <= mark <= self.high] or [self.low, self.high]
        rough = (self.high - self.low) / 4
        power = 10.0 ** int(f"{rough:e}".partition("e")[2])
        steps = [each * power for each in (1, 2, 2.5, 5, 10)]
        if self.unit == "s" and rough > _CLOCK[0]:
            steps = [*_CLOCK, rough]
        step = next(each for each in steps if each >= rough * 0.999)
        return [n * step for n in range(int(self.high / step) + 1)]


def draw_lines(panel: dict[str, Any], lines: list[Series], times: Point, width: int, height: int) -> str:
    """Lines or stacked areas over the time, with a legend."""
    defaults = panel["fieldConfig"]["defaults"]
    stacked = defaults["custom"]["stacking"]["mode"] == "normal"
    drawn = stack(lines) if stacked else lines
    frame = Frame(drawn, times, defaults, width, height)
    parts = [_box("#1f2126", width, height), _title(panel)]
    for tick in frame.ticks():
        y = frame.y(tick)
        parts.append(f'<path d="M{frame.left} {y}H{frame.right}" stroke="#33363d"/>')
        label = shown(tick, frame.unit)
        parts.append(f'<text x="{frame.left - 6}" y="{y + 4}" text-anchor="end" class="small">{label}</text>')
    first = int(times[0] // 60 + 1) * 60
    for at in range(first, int(times[1]), 60):
        label = time.strftime("%H:%M", time.localtime(at))
        parts.append(
            f'<text x="{frame.x(at)}" y="{frame.bottom + 16}" text-anchor="middle" class="small">{label}</text>'
        )
    colours = dict(zip((line.name for line in lines), cycle(COLOURS), strict=False))
    for line in reversed(drawn) if stacked else drawn:
        parts.append(_path(line, frame, colours[line.name], filled=stacked))
    if not any(line.points for line in lines):
        parts.append(_words("No data", width, height))
    return "".join(parts) + _legend(lines, colours, width, height)


def stack(lines: list[Series]) -> list[Series]:
    """Each on top of those before it."""
    heights: dict[float, float] = {}
    piled = []
    for line in lines:
        for at, value in line.points:
            heights[at] = heights.get(at, 0.0) + value
        piled.append(Series(line.name, [(at, heights[at]) for at, _ in line.points]))
    return piled


def _path(line: Series, frame: Frame, colour: str, *, filled: bool) -> str:
    """Broken where nothing was known."""
    runs: list[list[Point]] = []
    for point in line.points:
        if not runs or point[0] - runs[-1][-1][0] > 2 * STEP_S:
            runs.append([])
        runs[-1].append(point)
    parts = []
    for run in runs:
        way = "L".join(f"{frame.x(at):.1f} {frame.y(value):.1f}" for at, value in run)
        if filled:
            ends = f"L{frame.x(run[-1][0]):.1f} {frame.bottom}L{frame.x(run[0][0]):.1f} {frame.bottom}Z"
            parts.append(f'<path d="M{way}{ends}" fill="{colour}"/>')
        else:
            dot = "h0.1" if len(run) == 1 else ""
            parts.append(
                f'<path d="M{way}{dot}" fill="none" stroke="{colour}" stroke-width="1.6" stroke-linecap="round"/>'
            )
    return "".join(parts)


def _legend(lines: list[Series], colours: dict[str, str], width: int, height: int) -> str:
    parts, x, left_out = [], 12.0, 0
    for line in lines:
        room = 24 + 6.4 * len(line.name)
        if x + room > width - 50:
            left_out += 1
            continue
        parts.append(f'<rect x="{x}" y="{height - 17}" width="12" height="4" fill="{colours[line.name]}"/>')
        parts.append(f'<text x="{x + 16}" y="{height - 11}" class="small">{escape(line.name)}</text>')
        x += room
    more = f'<text x="{x}" y="{height - 11}" class="small">+{left_out}</text>' if left_out else ""
    return "".join(parts) + more


def page(dashboard: dict[str, Any], prometheus: str, begin: float, end: float) -> str:
    """All panels in the dashboard's grid."""
    column = WIDTH / 24
    parts = []
    high = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        width, height = int(place["w"] * column) - GAP, place["h"] * UNIT_HEIGHT - GAP
        lines = series_of(prometheus, panel, begin, end)
        if panel["type"] == "stat":
            inside = draw_stat(panel, lines, width, height)
        else:
            inside = draw_lines(panel, lines, (begin, end), width, height)
        x, y = place["x"] * column + GAP / 2, place["y"] * UNIT_HEIGHT + 46
        parts.append(f'<svg x="{x}" y="{y}" width="{width}" height="{height}">{inside}</svg>')
    style = "text{font:13px Arial,sans-serif;fill:#d8d9da}.small{font-size:11px;fill:#a5a8ad}"
    title = f'<text x="12" y="30" style="font-size:20px">{escape(dashboard["title"])}</text>'
    whole = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{high * UNIT_HEIGHT + 52}">'
    body = f"{whole}<style>{style}</style>{title}{''.join(parts)}</svg>"
    return f'<!DOCTYPE html><meta charset="utf-8"><body style="margin:0;background:#131417;line-height:0">{body}'


async def draw(seconds: float, out: Path) -> None:
    """Lives, and draws."""
    program = browser()
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="smsd-dashboard-") as name:
        folder = Path(name)
        port = _free_port()
        sections = f'[metrics]\nlisten = "127.0.0.1:{port}"'
        async with (
            open_town(folder, 2, sections=sections) as town,
            open_prometheus(folder, f"127.0.0.1:{port}") as prometheus,
        ):
            await town.daemon.heard(0, lambda event: event["event"] == "smsd.started", 60)
            begin = time.time()
            await live(town, seconds, random.Random(1708))
            content = await asyncio.to_thread(page, dashboard, prometheus, begin, time.time())
    take(program, content, WIDTH, out.resolve())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long the town lives")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "dashboard.png")
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw(given.seconds, given.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
