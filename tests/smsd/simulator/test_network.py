"""The network between the citizens' phones and a modem."""

import asyncio

import pytest

from parser.pdu import Concat, PduError, decode_pdu, encode_submit
from smsd.simulator.network import Network, Refused, Shown
from smsd.simulator.phones import Text

CITIZEN = "+6281230000001"
LONG = "Jalan rusak di depan pasar. " * 12


class Modem:
    """A receiver with so much room, as the network asks for."""

    def __init__(self, room=1000, answers=True):
        self.room = room
        self.answers = answers
        self.messages = []
        self.reports = []
        self.changes = 0

    def receive(self, pdu):
        if len(self.messages) >= self.room:
            return False
        self.messages.append(pdu)
        return True

    def report(self, pdu):
        self.reports.append(pdu)
        return self.answers

    def registration_changed(self):
        self.changes += 1


@pytest.fixture
def network(now):
    built = Network(clock=lambda: now)
    yield built
    built.close()


@pytest.fixture
def modem(network):
    attached = Modem()
    network.attach(attached)
    return attached


def numbers(modem):
    return [decode_pdu(pdu).concat.number for pdu in modem.messages]


async def test_keeps_what_a_full_modem_does_not_take(network):
    """First in, first out, when there is room again."""
    for number in range(5):
        network.text(CITIZEN, str(number))
    assert 5 == network.waiting
    modem = Modem(room=2)
    network.attach(modem)
    assert 3 == network.waiting
    modem.room = 4
    network.memory_available()
    assert (["0", "1", "2", "3"], 1) == ([decode_pdu(pdu).text for pdu in modem.messages], network.waiting)


@pytest.mark.parametrize(
    ("order", "copies", "seen"),
    [(None, 1, [1, 2, 3]), ([3, 1, 2], 1, [3, 1, 2]), ([1, 3], 1, [1, 3]), ([1, 1, 2, 3], 1, [1, 1, 2, 3])],
)
async def test_delivers_parts_in_the_order_asked_for(network, modem, order, copies, seen):
    """Parts come mixed up, twice, or not at all."""
    network.text(CITIZEN, LONG, order=order, copies=copies)
    assert seen == numbers(modem)


async def test_delivers_again_with_the_same_pdus(network, modem):
    """An SMSC that missed the acknowledgement repeats itself exactly."""
    network.text(CITIZEN, LONG, copies=2)
    assert [1, 2, 3, 1, 2, 3] == numbers(modem)
    assert modem.messages[:3] == modem.messages[3:]


async def test_each_long_text_has_its_own_reference_unless_given(network, modem, now):
    """References count up; a given one is taken, and so is the time."""
    network.text(CITIZEN, LONG)
    network.text(CITIZEN, LONG)
    network.text(CITIZEN, LONG, reference=4711, bits=16, sent_at=now.replace(year=2025))
    parts = [decode_pdu(pdu) for pdu in modem.messages]
    assert [1, 1, 1, 2, 2, 2, 4711, 4711, 4711] == [part.concat.reference for part in parts]
    assert [2026, 2025] == [parts[0].sent_at.year, parts[-1].sent_at.year]


@pytest.mark.parametrize("order", [[0], [4], [1, 2, 9]])
async def test_refuses_an_order_of_parts_that_are_not_there(network, order):
    """The error says how many there are."""
    with pytest.raises(ValueError, match="the text has 3"):
        network.text(CITIZEN, LONG, order=order)


async def test_a_delayed_text_waits(network, modem):
    """It counts as waiting until its time comes."""
    network.text(CITIZEN, "halo", delay_s=0.02)
    assert (1, []) == (network.waiting, modem.messages)
    await network.changed.wait()
    assert (0, 1) == (network.waiting, len(modem.messages))


async def test_injects_pdus_as_they_are(network, modem):
    """Broken PDUs too, but nothing that would break a line."""
    network.inject("0791FF")
    assert ["0791FF"] == modem.messages
    for pdu in ("07\r\nOK", "é"):
        with pytest.raises(ValueError, match="no modem prints"):
            network.inject(pdu)


async def test_messages_wait_while_there_is_no_registration(network, modem):
    """The modem hears of the change and gets what waited."""
    network.set_registration(2)
    network.text(CITIZEN, "halo")
    assert (False, 2, 1, []) == (network.is_registered, network.registration, network.waiting, modem.messages)
    network.set_registration(5)
    assert (0, 1, 2) == (network.waiting, len(modem.messages), modem.changes)


async def test_shows_messages_and_reports_back(network, modem):
    """The phone shows the text; the report carries the modem's reference."""
    network.submit(encode_submit(CITIZEN, "diterima", report_requested=True), 200)
    network.submit(encode_submit(CITIZEN, "tanpa laporan"), 201)
    await asyncio.sleep(0.01)
    assert ["diterima", "tanpa laporan"] == [text.text for text in network.inbox("081230000001")]
    [report] = [decode_pdu(pdu) for pdu in modem.reports]
    assert (200, CITIZEN, 0) == (report.reference, report.recipient, report.status)
    assert () == network.inbox("+6281230000002")


@pytest.mark.parametrize(("status", "shown"), [(0x01, 1), (0x30, 0), (0x46, 0)])
async def test_reports_the_scripted_status(network, modem, status, shown):
    """A failed status means that the phone has not got it."""
    network.report_status["081230000001"] = status
    network.submit(encode_submit(CITIZEN, "diterima", report_requested=True), 1)
    await asyncio.sleep(0.01)
    assert (status, shown) == (decode_pdu(modem.reports[0]).status, len(network.inbox(CITIZEN)))


async def test_latency_is_the_way_to_the_phone(network):
    """Before it nothing is shown."""
    network.latency_s = 0.03
    before = asyncio.get_running_loop().time()
    network.submit(encode_submit(CITIZEN, "diterima"), 1)
    async with asyncio.timeout(60):
        while () == network.inbox(CITIZEN):
            await asyncio.sleep(0)
    assert asyncio.get_running_loop().time() - before > 0.9 * network.latency_s


async def test_refuses_by_number(network):
    """A scripted number is refused with its code; what is no SUBMIT is an error of the PDU's."""
    network.refuse[CITIZEN] = 21
    with pytest.raises(Refused) as refused:
        network.submit(encode_submit(CITIZEN, "diterima"), 1)
    assert 21 == refused.value.code
    with pytest.raises(PduError):
        network.submit("00", 1)
    assert [] == network.raw_submits


async def test_tells_subscribers_what_phones_show(network, now):
    """Everyone who subscribed hears of it, long messages once, until the network closes."""
    subscriptions = [network.subscribe(), network.subscribe()]
    for number, text in ((2, "dua"), (1, "satu ")):
        network.submit(encode_submit(CITIZEN, text, concat=Concat(1, 8, number, 2)), number)
    await asyncio.sleep(0.01)
    network.close()
    for subscription in subscriptions:
        assert [Shown(CITIZEN, Text(now, "satu dua"))] == [shown async for shown in subscription]


async def test_closing_forgets_what_is_on_its_way(network):
    """No timer outlives the network."""
    network.text(CITIZEN, "halo", delay_s=0.01)
    network.submit(encode_submit(CITIZEN, "diterima"), 1)
    network.close()
    await asyncio.sleep(0.03)
    assert () == network.inbox(CITIZEN)


async def test_a_report_nobody_takes_is_kept(network):
    """It is offered again when the modem answers."""
    modem = Modem(answers=False)
    network.attach(modem)
    network.submit(encode_submit(CITIZEN, "diterima", report_requested=True), 1)
    await asyncio.sleep(0.01)
    assert 1 == network.waiting
    modem.answers = True
    network.memory_available()
    assert (0, 2) == (network.waiting, len(modem.reports))


async def test_a_text_to_the_sims_own_number_comes_back(now):
    """As an SMS that a modem sends to itself; one to another number does not."""
    network = Network(clock=lambda: now, own_number="+6281230001708")
    modem = Modem()
    network.attach(modem)
    for number in ("081230001708", "081230000001"):
        network.submit(encode_submit(number, "Halo"), 1)
    await asyncio.sleep(0.01)
    assert [("Halo", "+6281230001708")] == [(pdu.text, pdu.sender) for pdu in map(decode_pdu, modem.messages)]
    network.close()
