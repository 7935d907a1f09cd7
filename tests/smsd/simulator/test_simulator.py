"""The device, its link, and the pseudo-terminal under it."""

import asyncio
import os

import pytest

from smsd.simulator.line import make_line
from smsd.simulator.simulator import LinkError, open_simulator

CITIZEN = "+6281230000001"


async def test_the_device_is_the_pseudo_terminal_without_a_link():
    """Programs open /dev/pts/N."""
    async with open_simulator() as simulator:
        assert simulator.device.startswith("/dev/pts/")
        simulator.vanish()
        assert "" == simulator.device


async def test_the_link_lives_as_long_as_the_simulator(tmp_path):
    """A dangling link of a simulator that was killed is replaced; the own one goes at the end."""
    link = tmp_path / "modem0"
    link.symlink_to(tmp_path / "gone")
    async with open_simulator(link=link) as simulator:
        assert str(link) == simulator.device
        assert link.exists()
    assert not link.is_symlink()


@pytest.mark.parametrize("taken", ["a file", "a living link"])
async def test_does_not_replace_what_is_not_its_own(tmp_path, taken):
    """The error says what to do."""
    link = tmp_path / "modem0"
    if taken == "a file":
        link.touch()
    else:
        link.symlink_to(tmp_path)
    with pytest.raises(LinkError, match="remove it"):
        async with open_simulator(link=link):
            pass
    assert link.exists()


async def test_programs_may_open_the_device_one_after_another(simulator, terminal_on):
    """Closing it does not hang the line up, and settings stay, as on a modem that keeps its power."""
    for _ in range(3):
        with terminal_on(simulator.device) as terminal:
            await terminal.ask("ATE0")
    with terminal_on(simulator.device) as terminal:
        terminal.write(b"AT\r")
        assert b"\r\nOK\r\n" == await terminal.read_until(b"OK\r\n")


async def test_a_vanished_device_is_gone_until_it_is_plugged_in(tmp_path, terminal_on):
    """Who holds it gets an end; a new one is a modem just powered on, with the same SIM."""
    link = tmp_path / "modem0"
    async with open_simulator(link=link) as simulator:
        with terminal_on(link) as terminal:
            await terminal.ask("ATE0")
            simulator.network.text(CITIZEN, "satu")
            simulator.vanish()
            simulator.vanish()
            assert not link.is_symlink()
            await asyncio.sleep(0.01)
            with pytest.raises(OSError, match="Input/output"):
                os.write(terminal.fd, b"AT\r")
        simulator.network.text(CITIZEN, "dua")
        assert (1, 1) == (simulator.network.waiting, simulator.on_sim)
        simulator.plug_in()
        simulator.plug_in()
        with terminal_on(link) as terminal:
            assert (0, 2) == (simulator.network.waiting, simulator.on_sim)
            assert "OK" == (await terminal.ask("AT"))[-1]


async def test_drained_waits_for_network_and_sim(simulator, terminal):
    """It returns when the last slot is free and nothing follows."""
    for number in range(6):
        simulator.network.text(CITIZEN, str(number))
    waiting = asyncio.create_task(simulator.drained())
    for command in ("AT+CMGD=1,4", "AT"):
        await terminal.ask(command)
        assert not waiting.done()
    await terminal.ask("AT+CMGD=1")
    async with asyncio.timeout(60):
        await waiting


async def test_an_answer_larger_than_the_kernels_buffer_arrives_whole(terminal_on):
    """A listing of 255 long messages is written as the reader takes it, and the loop goes on meanwhile."""
    async with open_simulator(sim_slots=255) as simulator:
        for _ in range(255):
            simulator.network.text(CITIZEN, "x" * 160)
        with terminal_on(simulator.device) as terminal:
            await terminal.ask("ATE0")
            lines = await terminal.ask("AT+CMGL=4")
            assert (511, "OK") == (len(lines), lines[-1])


async def test_output_nobody_reads_is_dropped_at_last():
    """The line keeps a bounded backlog, in order, and what comes behind it is lost."""
    line = make_line()
    try:
        for _ in range(40):
            line.write(b"x" * 10_000)
        reader = os.open(line.device, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        received = 0
        for _ in range(400):
            await asyncio.sleep(0)
            try:
                received += len(os.read(reader, 65536))
            except BlockingIOError:
                await asyncio.sleep(0.001)
        os.close(reader)
        assert 250_000 < received < 300_000
    finally:
        line.close()
        line.close()
    line.write(b"nobody")
