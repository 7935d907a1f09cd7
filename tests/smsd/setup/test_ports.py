"""Which serial ports have a modem behind them, on simulated modems and on what is none."""

import asyncio
import os
import pty
from pathlib import Path

import pytest

from smsd.setup.ports import Port, find_ports, one_each, probe, probe_ports
from smsd.simulator.simulator import open_simulator


@pytest.fixture
async def modem(tmp_path):
    """A simulated modem at tmp_path/modem."""
    async with open_simulator(link=tmp_path / "modem") as simulator:
        yield simulator


async def test_a_modem_says_who_it_is(modem):
    """Maker, IMEI, SIM, signal, network and its own number."""
    port = await asyncio.to_thread(probe, Path(modem.device))
    assert (
        Port(
            Path(modem.device),
            maker="smsd",
            model="SIM1708",
            imei="001000000000009",
            sim="READY",
            signal=55,
            number="1708",
            registered=True,
        )
        == port
    )
    assert port.is_modem


async def test_a_sim_that_asks_for_its_pin_and_a_modem_without_network(modem):
    """Both are told, and nothing is given to the SIM."""
    modem.modem.equipment.ask_for_pin("1234")
    modem.network.set_registration(2)
    modem.network.signal = 99
    port = await asyncio.to_thread(probe, Path(modem.device))
    assert ("SIM PIN", False, None) == (port.sim, port.registered, port.signal)
    assert 3 == modem.modem.equipment.pin_tries


async def test_a_port_that_is_silent_and_one_that_is_in_use(modem, tmp_path):
    """The others are asked all the same."""
    from smsd.transports.line_tap import open_tap

    master, slave = pty.openpty()
    with open_tap(modem.device, "at115200", lambda event: None):
        ports = await asyncio.to_thread(probe_ports, [Path(os.ttyname(slave)), Path(modem.device), tmp_path / "none"])
    os.close(master)
    os.close(slave)
    assert ["no answer to AT", f"{modem.device} is in use by another process", "No such file or directory"] == [
        port.error for port in ports
    ]


def test_each_port_is_found_once_by_the_name_that_lasts(tmp_path):
    """A USB modem by its id, another by its number."""
    (tmp_path / "serial/by-id").mkdir(parents=True)
    for name in ("ttyUSB0", "ttyUSB1", "ttyS0", "ttyACM0", "tty1"):
        (tmp_path / name).touch()
    (tmp_path / "serial/by-id/usb-Maker-if00").symlink_to("../../ttyUSB0")
    assert ["usb-Maker-if00", "ttyUSB1", "ttyACM0", "ttyS0"] == [port.name for port in find_ports(tmp_path)]


def test_of_a_stick_with_several_ports_the_first_that_answers_is_taken():
    """Told by the IMEI; what answers without one is no modem."""
    ports = [
        Port(Path("a"), error="no answer to AT"),
        Port(Path("b"), imei="1"),
        Port(Path("c"), imei="1"),
        Port(Path("d"), imei="2"),
        Port(Path("e")),
    ]
    assert ["b", "d"] == [str(port.device) for port in one_each(ports)]
