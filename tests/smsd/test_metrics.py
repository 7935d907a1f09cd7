"""What Prometheus reads: real scrapes of a real daemon, and the page's manners."""

from __future__ import annotations

import asyncio
import json
import random
import re
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from bench.torture.people import Citizens, Officials
from bench.torture.town import Town, open_town
from scripts.check_docs import listed_events
from smsd.mail.listening import ListenError
from smsd.metrics import _COUNTED, Metrics
from smsd.metrics_server import open_metrics_page

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90
DOCUMENTS = ("docs/monitoring.md", "docs/id/pemantauan.md")
_ROW = re.compile(r"^\| `((?:smsd|process)_\w+)` \| (\w+) \|([^|]*)\|", re.MULTILINE)
OTHER_TEXTS = (
    "STATUS",
    "BANTUAN",
    "Selamat! Anda dapat hadiah 100jt, klik bit.ly/x segera",
    "RAHASIA kepala desa Sukamaju minta uang bantuan, nama saya Sulastri, hubungi 081355512345",
    "jalan rusak di kampung kami pak, sudah dilaporkan ke ketua RT tapi didiamkan",
    "Sudah tiga hari air mati di Sukun kota malang, tolong pak",
)
WORDS = (
    *("hadiah", "Sulastri", "Sukamaju", "didiamkan", "tiga hari", "banyak lubang", "menumpuk"),
    *("sedang ke lokasi", "Sudah kami"),
)


def parsed(text: str) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def values(text: str, name: str) -> dict[tuple[str, ...], float]:
    """Of each series of a metric, by the values of its labels."""
    samples = (sample for family in parsed(text).values() for sample in family.samples)
    return {tuple(sample.labels.values()): sample.value for sample in samples if sample.name == name}


async def scrape(address: str, accept: str = "") -> str:
    def ask() -> str:
        request = urllib.request.Request(f"http://{address}/metrics", headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(answer.read().decode())

    return await asyncio.to_thread(ask)


@asynccontextmanager
async def page(registry: CollectorRegistry) -> AsyncIterator[tuple[str, int]]:
    async def look() -> None:
        await asyncio.sleep(0)

    async with open_metrics_page("127.0.0.1:0", registry, look) as address:
        assert address
        host, _, port = address.rpartition(":")
        yield host, int(port)


# ---------------------------------------------------------------- the page


async def ask(address: tuple[str, int], request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /metrics HTTP/1.1", 200),
        (b"GET /metrics?name[]=up HTTP/1.0", 200),
        (b"HEAD /metrics HTTP/1.1", 200),
        (b"GET / HTTP/1.1", 404),
        (b"POST /metrics HTTP/1.1", 405),
        (b"GET /metrics", 400),
        (b"\x16\x03\x01\x02", 400),
        (b"GET /" + b"x" * 100_000, 400),
    ],
)
async def test_what_is_asked_is_answered(request_line: bytes, status: int) -> None:
    """The page, and what HTTP says of everything else."""
    async with page(CollectorRegistry()) as address:
        answer = await ask(address, request_line + b"\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"HTTP/1.1 {status} ".encode() == head[:13]
    assert not request_line.startswith(b"HEAD") or body == b""


async def test_figures_come_as_text_and_as_openmetrics() -> None:
    """As the client says that it likes."""
    registry = CollectorRegistry()
    Metrics(registry)
    async with page(registry) as (host, port):
        plain = await scrape(f"{host}:{port}")
        opened = await scrape(f"{host}:{port}", "application/openmetrics-text; version=1.0.0")
    assert not plain.rstrip().endswith("# EOF")
    assert opened.endswith("# EOF\n")


async def test_a_taken_port_names_the_key() -> None:
    """And so is nobody's riddle."""
    async with page(CollectorRegistry()) as (host, port):
        with pytest.raises(ListenError, match=r"cannot listen on .* change \[metrics\] listen"):
            async with open_metrics_page(f"{host}:{port}", CollectorRegistry(), lambda: asyncio.sleep(0)):
                pass


async def test_who_says_nothing_is_hung_up_on() -> None:
    """Within seconds, and others are answered meanwhile."""
    async with page(CollectorRegistry()) as address:
        reader, writer = await asyncio.open_connection(*address)
        assert (await ask(address, b"GET /metrics HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 200")
        async with asyncio.timeout(30):
            assert b"400" in await reader.read()
        writer.close()


# ---------------------------------------------------------------- what is counted


def test_every_counted_event_has_the_keys_that_are_counted() -> None:
    """With all its documented keys each can be counted; an event that is listed nowhere is not counted."""
    listed = listed_events(ROOT / "docs" / "events.md")
    numbers = ("parts", "new", "network_s", "after_s", "acknowledged_s", "priority")
    metrics = Metrics(CollectorRegistry())
    for name in _COUNTED:
        levels, keys = listed[name]
        event = {key: 1 if key in numbers else "x" for key in keys} | {"repeated": False}
        metrics.observe({"event": name, "level": next(iter(levels)), **event})


def test_a_network_whose_clock_is_ahead_is_no_error() -> None:
    """It took no time then."""
    registry = CollectorRegistry()
    facts = {"outcome": "status", "network_s": -3600.0, "after_s": 0.5}
    Metrics(registry).observe({"event": "sms.handled", "level": "info", **facts})
    assert 1 == registry.get_sample_value("smsd_stage_seconds_count", {"stage": "network"})
    assert 0 == registry.get_sample_value("smsd_stage_seconds_sum", {"stage": "network"})


# ---------------------------------------------------------------- a whole gateway


async def busy_town(folder: Path) -> AsyncIterator[tuple[Town, Citizens, str]]:
    """Twenty reports, their answers, and what else people text; then the address of the figures."""
    chance = random.Random(6)
    async with open_town(folder, 2, sections='[metrics]\nlisten = "127.0.0.1:0"') as town:
        citizens, officials = Citizens(town, chance), Officials(town, chance)
        working = [asyncio.create_task(each) for each in (citizens.answer_questions(), officials.work())]
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (address := town.daemon.page):
                    await asyncio.sleep(0.1)
                await citizens.report(20, 5)
                since, town.mail.fault = time.monotonic(), "later"
                for n, text in enumerate(OTHER_TEXTS):
                    town.simulators[0].network.text(f"+6285500000{n:03}", text)
                town.simulators[1].network.inject("00FF")
                town.simulators[1].vanish()
                for name in ("modem.lost", "mail.postponed"):
                    assert await town.daemon.heard(since, lambda event, name=name: event["event"] == name, PATIENCE_S)
                town.simulators[1].plug_in()
                town.mail.fault = ""
            yield town, citizens, address
        finally:
            for each in working:
                each.cancel()
            await asyncio.gather(*working, return_exceptions=True)


open_busy_town = asynccontextmanager(busy_town)


@pytest.fixture
def town_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Not pytest's: as root PostgreSQL runs as another user, who may not enter that."""
    with tempfile.TemporaryDirectory(prefix="smsd-town-") as name:
        (Path(name) / "run").mkdir(mode=0o700)
        monkeypatch.setenv("XDG_RUNTIME_DIR", f"{name}/run")
        yield Path(name)


async def test_a_busy_town_is_counted(town_folder: Path) -> None:
    """What the citizens did is what the figures say; each is documented, each documented one is there; no number."""
    async with open_busy_town(town_folder) as (_, citizens, address):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                text = await scrape(address)
                acknowledged = values(text, "smsd_tickets_acknowledged_total").get(())
                if acknowledged == 23 and values(text, "smsd_stage_seconds_count").get(("dispatched",), 0) >= 15:
                    break
                await asyncio.sleep(1)
        assert 23 == sum(values(text, "smsd_tickets_opened_total").values())
        assert 23 == values(text, "smsd_messages_total")[("complaint",)]
        assert 1 == values(text, "smsd_messages_total")[("status",)]
        assert {("modem0",), ("modem1",)} == set(values(text, "smsd_sms_parts_received_total"))
        assert 1 == values(text, "smsd_database_up")[()]
        assert 1 == values(text, "smsd_quarantine_size")[("spam",)]
        assert {("modem0", "ready"), ("modem1", "ready")} <= {
            labels for labels, value in values(text, "smsd_modem_state").items() if value
        }
        for stage in ("network", "handled", "acknowledged", "answered", "delivered"):
            assert values(text, "smsd_stage_seconds_count")[(stage,)] >= 20, stage
        for number in citizens.texts:
            assert number[3:] not in text
        assert not re.search(r'="[^"]*\d{9}', text), "no label has a number"
        check_documents(text)
        check_monitoring(text)
    check_events(town_folder / "smsd.log", [*citizens.texts, "+6281355512345"])


def check_events(log: Path, numbers: Sequence[str]) -> None:
    """Each event that was logged is documented with its level and its keys, and no value is a citizen's."""
    listed = listed_events(ROOT / "docs" / "events.md")
    seen = Counter[str]()
    for line in log.read_text().splitlines():
        event = json.loads(line)
        name, level = event.pop("event"), event.pop("level")
        levels, keys = listed[name]
        assert level in levels and event.keys() - {"timestamp"} <= keys, line
        seen[name] += 1
        told = " ".join(str(value) for key, value in event.items() if key not in ("ticket", "timestamp", "queue_id"))
        assert not re.search(r"\d{9}", told), line
        assert not any(number[3:] in line for number in numbers), line
        assert not any(word in line for word in WORDS), line
    wanted = {"sms.received", "ticket.opened", "sms.refused", "sms.sent", "sms.report", "mail.accepted", "modem.lost"}
    assert wanted | {"mail.postponed", "sms.quarantined", "ticket.answered", "smsd.stopped"} <= seen.keys()


def check_documents(text: str) -> None:
    """Every metric of the scrape stands in both documents with its type and its labels, and no other does."""
    shown = {
        family.name: (
            family.type,
            {label for sample in family.samples for label in sample.labels} - {"le"},
        )
        for family in parsed(text).values()
    }
    for document in DOCUMENTS:
        rows = _ROW.findall((ROOT / document).read_text(encoding="utf-8"))
        listed = {
            name.removesuffix("_total"): (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows
        }
        assert shown.keys() == listed.keys(), document
        for name, (kind, labels) in shown.items():
            assert kind == listed[name][0], (document, name)
            assert labels <= listed[name][1], (document, name)


def check_monitoring(text: str) -> None:
    """Every metric that an alert or the dashboard asks for is in the scrape."""
    known = {sample.name for family in parsed(text).values() for sample in family.samples}
    families = {name for family in parsed(text).values() for name in (family.name, f"{family.name}_total")}
    for file in sorted((ROOT / "examples" / "monitoring").iterdir()):
        used = set(re.findall(r"\b(?:smsd|process)_[a-z_]+\b", re.sub(r"SMSD_\w+", "", file.read_text())))
        assert used <= known | families, (file.name, used - known - families)
