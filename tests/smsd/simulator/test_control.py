"""The control socket, over a real one."""

import asyncio
import json
import stat
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from parser.pdu import encode_submit
from smsd.simulator.control import open_control, run_simulator

CITIZEN = "+6281230000001"


class Client:
    """One connection to a control socket."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    async def ask(self, do, **keys):
        return await self.send(json.dumps({"do": do, **keys}).encode() + b"\n")

    async def send(self, line):
        self.writer.write(line)
        return await self.read()

    async def read(self):
        async with asyncio.timeout(60):
            return json.loads(await self.reader.readline())


@asynccontextmanager
async def connect(path):
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def client(simulator, tmp_path):
    async with open_control(tmp_path / "control", simulator), connect(tmp_path / "control") as connected:
        yield connected


async def test_sends_texts_and_tells_where_they_are(client, simulator):
    """Six texts: five on the SIM, one in the network."""
    for number in range(6):
        answer = await client.ask("text", **{"from": CITIZEN, "text": str(number)})
    assert {"ok": True, "waiting": 1} == answer
    assert {
        "ok": True,
        "waiting": 1,
        "on_sim": 5,
        "sim_slots": 5,
        "signal": 17,
        "registration": 1,
        "submits": 0,
        "silent": False,
        "device": simulator.device,
    } == await client.ask("status")


async def test_sends_a_long_text_as_asked(client, simulator):
    """Order, alphabet, reference and copies reach the PDUs."""
    answer = await client.ask(
        "text", **{"from": CITIZEN, "text": "a" * 100, "order": [2, 1], "alphabet": "ucs2", "copies": 2, "bits": 16}
    )
    assert answer["ok"]
    stored = [stored.pdu for _, stored in simulator.modem.equipment.reading.occupied()]
    assert (4, stored[:2]) == (len(stored), stored[2:])


async def test_says_what_is_wrong_and_goes_on(client):
    """An error is an answer, not an end."""
    answer = await client.ask("text", **{"from": CITIZEN, "text": "a", "order": [2]})
    assert {"ok": False, "error": "order names part 2, but the text has 1: number the parts from 1"} == answer
    assert not (await client.ask("inject", pdu="07\n"))["ok"]
    assert not (await client.send(b"\xff\n"))["ok"]
    assert not (await client.send(b'{"do": "\\ud800"}\n'))["ok"]
    assert (await client.ask("status"))["ok"]


async def test_refuses_an_endless_line(client):
    """A line nobody would write is answered, and the connection closed."""
    assert "longer than" in (await client.send(b"x" * (2 << 20) + b"\n"))["error"]
    assert b"" == await client.reader.read()


async def test_injects_and_scripts_trouble(client, simulator):
    """Each setting arrives where it belongs; null takes a script back."""
    assert (await client.ask("inject", pdu="0791FF"))["ok"]
    assert {"ok": True} == await client.ask("set", signal=5, registration=0, latency_s=0.5, send_latency_s=1)
    assert (5, 0, 0.5, 1) == (
        simulator.network.signal,
        simulator.network.registration,
        simulator.network.latency_s,
        simulator.modem.send_latency_s,
    )
    await client.ask("refuse", number=CITIZEN, code=38)
    await client.ask("report", number=CITIZEN, status=70)
    assert ({CITIZEN: 38}, {CITIZEN: 70}) == (simulator.network.refuse, simulator.network.report_status)
    await client.ask("refuse", number=CITIZEN, code=None)
    await client.ask("report", number=CITIZEN, status=None)
    assert ({}, {}) == (simulator.network.refuse, simulator.network.report_status)


async def test_breaks_the_modem_in_more_ways(client, simulator):
    """It hangs in a command, talks rubbish, wants a PIN, refuses everybody; `silent` false mends the first two."""
    assert {"ok": True} == await client.ask("set", hang_in="+CMGL", rubbish=True, pin="1234", refuse_all=38)
    modem = simulator.modem
    assert ("+CMGL", True, "1234", 38) == (
        *(modem.hang_in, modem.talks_rubbish, modem.equipment.pin, simulator.network.refuse_all),
    )
    await client.ask("set", silent=False, pin=None, refuse_all=None)
    assert (None, False, None, None) == (
        *(modem.hang_in, modem.talks_rubbish, modem.equipment.pin, simulator.network.refuse_all),
    )


async def test_hangs_and_unplugs_the_modem(client, simulator):
    """And takes both back."""
    device = simulator.device
    await client.ask("set", silent=True)
    assert (await client.ask("status"))["silent"]
    await client.ask("set", silent=False, plugged=False)
    assert {"silent": False, "device": ""}.items() <= (await client.ask("status")).items()
    await client.ask("set", plugged=True)
    assert (await client.ask("status"))["device"].rpartition("/")[0] == device.rpartition("/")[0]


async def test_shows_and_watches_phones(client, simulator, now):
    """The inbox tells what was; watch tells what comes, between other answers; asking twice changes nothing."""
    simulator.network.submit(encode_submit(CITIZEN, "lama"), 0)
    await asyncio.sleep(0.01)
    at = now.isoformat()
    assert {"ok": True, "texts": [{"at": at, "text": "lama"}]} == await client.ask("inbox", number="081230000001")
    assert [{"ok": True}, {"ok": True}] == [await client.ask("watch"), await client.ask("watch")]
    simulator.network.submit(encode_submit(CITIZEN, "baru: jalan berlubang di अ"), 1)
    assert {"event": "text", "to": CITIZEN, "at": at, "text": "baru: jalan berlubang di अ"} == await client.read()
    assert (await client.ask("status"))["submits"] == 2


async def test_waits_until_all_is_read(client, simulator, terminal):
    """It answers when the last slot is freed, or says what is left."""
    await client.ask("text", **{"from": CITIZEN, "text": "halo"})
    answer = await client.ask("wait", empty=True, timeout_s=0.02)
    assert {
        "ok": False,
        "error": "not empty after 0.02 s, 0 wait in the network, 1 on the SIM: is a gateway reading the modem?",
    } == answer
    waiting = asyncio.create_task(client.ask("wait", empty=True, timeout_s=5))
    await terminal.ask("AT+CMGD=1")
    assert {"ok": True} == await waiting


async def test_the_socket_is_the_owners_and_goes(tmp_path, simulator):
    """Clients that stay are closed, and the socket is removed."""
    path = tmp_path / "control"
    async with AsyncExitStack() as clients:
        async with open_control(path, simulator):
            assert 0o600 == stat.S_IMODE(path.stat().st_mode)
            client = await clients.enter_async_context(connect(path))
            await client.ask("watch")
        assert b"" == await client.reader.read()
    assert not path.exists()


async def test_a_client_may_leave_in_the_middle(tmp_path, simulator):
    """Nothing is said about it, and others are served."""
    path = tmp_path / "control"
    async with open_control(path, simulator):
        async with connect(path) as client:
            await client.ask("watch")
            client.writer.write(b'{"do": "status"}\n' * 10_000)
            client.writer.transport.abort()
        simulator.network.submit(encode_submit(CITIZEN, "halo"), 0)
        await asyncio.sleep(0.02)
        async with connect(path) as client:
            assert (await client.ask("status"))["ok"]


async def test_runs_until_told_to_stop(tmp_path):
    """The command's whole life: link and socket come and go together."""
    link, control, stop = tmp_path / "modem0", tmp_path / "control", asyncio.Event()
    running = asyncio.create_task(run_simulator(link, control, sim_slots=7, latency_s=0.1, stop=stop))
    async with asyncio.timeout(60):
        while not control.exists():
            await asyncio.sleep(0.01)
    async with connect(control) as client:
        assert {"sim_slots": 7, "device": str(link)}.items() <= (await client.ask("status")).items()
    stop.set()
    await running
    assert not link.is_symlink()
    assert not control.exists()
