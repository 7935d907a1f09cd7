"""The test SMS, through libGammu and a simulated modem."""

import pytest

from config.settings import Modem
from smsd.setup.trial import TrialFailed, send_to_itself
from smsd.simulator.simulator import open_simulator

CITIZEN = "+6281230000001"


@pytest.fixture
async def simulator(tmp_path):
    """A simulated modem at tmp_path/modem."""
    async with open_simulator(link=tmp_path / "modem") as running:
        yield running


@pytest.fixture
def modem(tmp_path, simulator):
    """Its settings."""
    return Modem("modem0", tmp_path / "modem", poll_s=1.0)


async def test_an_sms_comes_back_and_a_citizens_stays_for_the_service(simulator, modem):
    """Only our own is taken off the SIM."""
    simulator.network.text(CITIZEN, "Jalan rusak")
    assert await send_to_itself(modem, "1708") < 60
    assert 1 == simulator.on_sim


async def test_a_sim_that_asks_for_its_pin_gets_it(simulator, modem, tmp_path):
    """From the file."""
    simulator.modem.equipment.ask_for_pin("1234")
    with pytest.raises(TrialFailed, match="asks for its PIN"):
        await send_to_itself(modem, "1708")
    (tmp_path / "pin").write_text("1234\n")
    await send_to_itself(Modem("modem0", modem.device, pin_file=tmp_path / "pin", poll_s=1.0), "1708")


async def test_an_sms_that_does_not_come_back_is_told_without_the_number(modem):
    """Its last digits are enough."""
    with pytest.raises(TrialFailed, match=r"did not come back within 3 s; is …0001 its number") as failed:
        await send_to_itself(modem, CITIZEN, back_s=3)
    assert CITIZEN not in str(failed.value)


async def test_a_modem_without_network_sends_nothing(simulator, modem):
    """It says so."""
    simulator.network.set_registration(2)
    with pytest.raises(TrialFailed, match="found no network"):
        await send_to_itself(modem, "1708", open_s=8)
    assert [] == simulator.network.raw_submits


async def test_a_network_that_refuses_is_told_with_its_reason(simulator, modem):
    """And what it may be."""
    simulator.network.refuse_all = 38
    with pytest.raises(TrialFailed, match=r"could not be sent: .*has the SIM credit"):
        await send_to_itself(modem, "1708")
