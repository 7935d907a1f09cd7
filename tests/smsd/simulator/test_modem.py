"""The modem on its line, byte by byte."""

import asyncio
import re

import pytest

from parser.pdu import decode_pdu, encode_submit
from smsd.simulator.simulator import open_simulator
from smsd.simulator.storage import tpdu_octets

CITIZEN = "+6281230000001"
_FINAL = re.compile(rb"(?:\r\nOK|\r\nERROR|\+CMS ERROR: \d+)\r\n")
SUBMIT = encode_submit(CITIZEN, "Laporan diterima", report_requested=True)


async def send(terminal, pdu, octets=None, end=b"\x1a"):
    """Go through AT+CMGS and give the lines of its result."""
    assert ["> "] == await terminal.ask(f"AT+CMGS={octets or tpdu_octets(pdu)}")
    terminal.write(pdu.encode() + end)
    received = b""
    while not (final := _FINAL.search(received)):
        received += await terminal.read_until(b"\r\n")
    terminal.received = received[final.end() :] + terminal.received  # a report may have come right behind
    return received[: final.end()].decode().split()


async def test_echoes_until_told_not_to(simulator, terminal_on):
    """The echo comes as one types, before the answer; ATE0 ends it, ATZ brings it back."""
    with terminal_on(simulator.device) as terminal:
        terminal.write(b"AT+C")
        assert b"AT+C" == await terminal.read_until(b"C")
        terminal.write(b"SQ\r")
        assert b"SQ\r\r\n+CSQ: 17,99\r\n\r\nOK\r\n" == await terminal.read_until(b"OK\r\n")
        terminal.write(b"ATE0\r")
        assert b"ATE0\r\r\nOK\r\n" == await terminal.read_until(b"OK\r\n")
        terminal.write(b"AT\r")
        assert b"\r\nOK\r\n" == await terminal.read_until(b"OK\r\n")
        await terminal.ask("ATZ")
        terminal.write(b"AT\r")
        assert b"AT\r\r\nOK\r\n" == await terminal.read_until(b"OK\r\n")


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("AT", ["OK"]),
        ("AT+MODE=2", ["ERROR"]),
        ("AT+CPROT=?", ["ERROR"]),
        ("AT+SYNCML=?", ["ERROR"]),
        ("AT$TSSPCSW=?", ["ERROR"]),
        ("AT+CHUP=?", ["OK"]),
        ("ATI", ["smsd SIM1708", "OK"]),
        ("AT+CGMI", ["smsd", "OK"]),
        ("AT+CGMR", ["1", "OK"]),
        ("AT+CPIN?", ["+CPIN: READY", "OK"]),
        ("AT+CNUM", ['+CNUM: "","1708",129', "OK"]),
        ("AT+CSCS=?", ['+CSCS: ("GSM","IRA")', "OK"]),
        ('AT+CSCS="GSM"', ["OK"]),
        ("AT+CLIP=1;+CRC=1;+CCWA=1;+CUSD=1", ["OK"]),
        ("AT+CMEE?;+CFUN?", ["+CMEE: 0", "+CFUN: 1", "OK"]),
        ("AT+CCLK?", ['+CCLK: "26/01/31,08:15:30+28"', "OK"]),
        ("AT+CBC", ["+CBC: 0,100", "OK"]),
        ("AT+COPS?", ['+COPS: 0,0,"Test Network"', "OK"]),
        ("AT+COPS=3,2;+COPS?", ['+COPS: 0,2,"00101"', "OK"]),
        ("AT+COPS=0", ["OK"]),
        ("AT+CREG=2;+CREG?", ['+CREG: 2,1,"06AC","000C0DE5"', "OK"]),
        ("AT+CGREG=1;+CGREG?;+CGATT?", ["+CGREG: 1,1", "+CGATT: 1", "OK"]),
        ('AT+CSCA="+6281100001";+CSCA?', ['+CSCA: "+6281100001",145', "OK"]),
        ('AT+CSCA=""', ["+CMS ERROR: 304"]),
        ("AT+CMGF=0;+CMGF?", ["+CMGF: 0", "OK"]),
        ("AT+CMGF=1", ["+CMS ERROR: 303"]),
        ("AT+CMEE=3", ["ERROR"]),
        ("AT+CMEE=1;+CMEE=3", ["+CME ERROR: 50"]),
        ('AT+CMEE=2;+CSCS="UCS2"', ["+CME ERROR: operation not allowed"]),
        ("AT+CMEE=", ["ERROR"]),
        ("AT+COPS=1", ["ERROR"]),
        ("AT+CSMS=1", ["+CSMS: 1,1,1", "OK"]),
        ("AT+CSMS?", ["+CSMS: 0,1,1,1", "OK"]),
        ("AT+CSQ!", ["ERROR"]),
    ],
)
async def test_answers(terminal, command, lines):
    """What libGammu and people ask, and what nobody offers."""
    assert lines == await terminal.ask(command)


async def test_passes_over_noise(terminal):
    """An empty line, ESC and what is no command get no answer."""
    terminal.write(b"\x1b\r\r\nhello\rAT\r")
    assert b"\r\nOK\r\n" == await terminal.read_until(b"OK\r\n")
    assert b"" == await terminal.silence()


async def test_lists_reads_and_deletes(simulator, terminal):
    """Messages lie in slots, unread until shown, until they are deleted."""
    for text in ("satu", "dua", "tiga"):
        simulator.network.text(CITIZEN, text)
    header, pdu, *rest = await terminal.ask("AT+CMGR=2")
    assert (f"+CMGR: 0,,{tpdu_octets(pdu)}", "dua", ["OK"]) == (header, decode_pdu(pdu).text, rest)
    assert [f"+CMGL: 2,1,,{tpdu_octets(pdu)}", pdu, "OK"] == await terminal.ask("AT+CMGL=1")
    assert 5 == len(await terminal.ask("AT+CMGL"))
    assert ["OK"] == await terminal.ask("AT+CMGL=2")
    assert 7 == len(await terminal.ask("AT+CMGL=4"))
    assert ["+CMGD: (1,2,3),(0-4)", "OK"] == await terminal.ask("AT+CMGD=?")
    assert ["OK"] == await terminal.ask("AT+CMGD=2")
    assert ["+CMS ERROR: 321"] == await terminal.ask("AT+CMGR=2")
    assert ["OK"] == await terminal.ask("AT+CMGD=2,0")
    assert ["+CMGD: (1,3),(0-4)", "OK"] == await terminal.ask("AT+CMGD=?")


async def test_deletes_by_state(simulator, terminal):
    """CMGD flag 1 leaves what is unread; 4 takes everything."""
    for text in ("satu", "dua", "tiga"):
        simulator.network.text(CITIZEN, text)
    await terminal.ask("AT+CMGR=2")
    assert ["OK"] == await terminal.ask("AT+CMGD=1,1")
    assert ["+CMGD: (1,3),(0-4)", "OK"] == await terminal.ask("AT+CMGD=?")
    assert ["OK"] == await terminal.ask("AT+CMGD=1,4")
    assert 0 == simulator.on_sim


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("AT+CMGR=0", 321),
        ("AT+CMGR=6", 321),
        ("AT+CMGR=x", 321),
        ("AT+CMGD=6", 321),
        ("AT+CMGD=0", 321),
        ("AT+CMGD=", 321),
        ("AT+CMGD=1,5", 304),
        ("AT+CMGL=5", 304),
        ('AT+CMGL="ALL"', 304),
        ("AT+CMGS=0", 304),
        ("AT+CMGS=400", 304),
        ("AT+CNMI=2,9", 304),
        ("AT+CNMI=2,1,0,2,0", 304),
        ("AT+CNMI=2,1,0,1,0,0", 304),
        ('AT+CPMS="ME"', 302),
        ("AT+CPMS=", 302),
        ("AT+CSMS=2", 304),
    ],
)
async def test_refuses(terminal, command, code):
    """A slot, a value or a memory that is not there is a +CMS ERROR."""
    assert [f"+CMS ERROR: {code}"] == await terminal.ask(command)


async def test_tells_the_use_of_its_memories(simulator, terminal):
    """A modem with a SIM only offers SM."""
    simulator.network.text(CITIZEN, "satu")
    assert ['+CPMS: ("SM"),("SM"),("SM")', "OK"] == await terminal.ask("AT+CPMS=?")
    assert ["+CPMS: 1,5,1,5,1,5", "OK"] == await terminal.ask('AT+CPMS="SM","SM","SM"')
    assert ['+CPMS: "SM",1,5,"SM",1,5,"SM",1,5', "OK"] == await terminal.ask("AT+CPMS?")


async def test_new_messages_land_in_the_receive_memory(terminal_on):
    """With two memories mem3 decides; what does not fit there waits although the other has room."""
    async with open_simulator(sim_slots=2, me_slots=1) as simulator:
        with terminal_on(simulator.device) as terminal:
            assert ['+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")', "OK"] == await terminal.ask("ATE0;+CPMS=?")
            await terminal.ask('AT+CPMS="SM","SM","ME"')
            for text in ("satu", "dua"):
                simulator.network.text(CITIZEN, text)
            assert ['+CPMS: "SM",0,2,"SM",0,2,"ME",1,1', "OK"] == await terminal.ask("AT+CPMS?")
            assert 1 == simulator.network.waiting
            await terminal.ask('AT+CPMS="ME","SM","SM"')
            assert ['+CPMS: "ME",1,1,"SM",1,2,"SM",1,2', "OK"] == await terminal.ask("AT+CPMS?")


async def test_sends_and_numbers_messages(simulator, terminal):
    """Each SMS gets the next reference, which wraps after 255; the phone shows the text."""
    for expected in (*range(256), 0):
        assert ["+CMGS:", str(expected), "OK"] == await send(terminal, SUBMIT)
    await asyncio.sleep(0.02)
    assert 257 == len(simulator.network.raw_submits) == len(simulator.network.inbox(CITIZEN))
    assert "Laporan diterima" == simulator.network.inbox(CITIZEN)[0].text


async def test_echoes_the_pdu(simulator, terminal_on):
    """With echo on the PDU comes back as it is typed, in whatever pieces."""
    with terminal_on(simulator.device) as terminal:
        terminal.write(f"AT+CMGS={tpdu_octets(SUBMIT)}\r".encode())
        assert (await terminal.read_until(b"> ")).endswith(b"\r\r\n> ")
        terminal.write(SUBMIT[:10].encode())
        assert SUBMIT[:10].encode() == await terminal.read_until(SUBMIT[:10].encode())
        terminal.write(SUBMIT[10:].encode() + b"\x1a")
        assert SUBMIT[10:].encode() + b"\r\n+CMGS: 0\r\n\r\nOK\r\n" == await terminal.read_until(b"OK\r\n")


@pytest.mark.parametrize(
    ("pdu", "octets"),
    [
        (SUBMIT, 5),
        ("00" + "11" * 5, 5),
        ("xyz", 5),
        (SUBMIT[:-2], None),
    ],
)
async def test_refuses_a_pdu_that_is_not_what_was_announced(simulator, terminal, pdu, octets):
    """A wrong length and a PDU nobody can read are +CMS ERROR: 304, and nothing goes out."""
    assert ["+CMS", "ERROR:", "304"] == await send(terminal, pdu, octets)
    assert [] == simulator.network.raw_submits
    assert ["OK"] == await terminal.ask("AT")


async def test_esc_leaves_the_prompt(simulator, terminal):
    """ESC instead of Ctrl-Z sends nothing."""
    assert ["OK"] == await send(terminal, SUBMIT, end=b"\x1b")
    assert [] == simulator.network.raw_submits


async def test_shows_the_networks_refusal(simulator, terminal):
    """A refused number, a lost network and a radio that is off are +CMS ERRORs."""
    simulator.network.refuse["081230000001"] = 38
    assert ["+CMS", "ERROR:", "38"] == await send(terminal, SUBMIT)
    simulator.network.refuse.clear()
    simulator.network.set_registration(0)
    assert ["+CMS", "ERROR:", "331"] == await send(terminal, SUBMIT)
    simulator.network.set_registration(1)
    await terminal.ask("AT+CFUN=0")
    assert ["+CMS", "ERROR:", "331"] == await send(terminal, SUBMIT)
    await terminal.ask("AT+CFUN=1")
    assert ["+CMGS:", "0", "OK"] == await send(terminal, SUBMIT)


async def test_without_a_network_it_says_so(simulator, terminal):
    """Signal, operator and registration are gone together; AT+CREG=1 has the modem tell the change."""
    await terminal.ask("AT+CREG=1")
    simulator.network.set_registration(2)
    assert b"\r\n+CREG: 2\r\n" == await terminal.read_until(b"\r\n")
    assert ["+CSQ: 99,99", "+COPS: 0", "+CREG: 1,2", "+CGATT: 0", "OK"] == await terminal.ask(
        "AT+CSQ;+COPS?;+CREG?;+CGATT?"
    )
    await terminal.ask("AT+CREG=0")
    simulator.network.set_registration(1)
    assert b"" == await terminal.silence()


async def test_tells_of_messages_when_asked(simulator, terminal):
    """Without CNMI nothing is said; mt=1 tells the slot; mt=2 hands the message on and stores nothing."""
    simulator.network.text(CITIZEN, "satu")
    assert b"" == await terminal.silence()
    await terminal.ask("AT+CNMI=2,1")
    simulator.network.text(CITIZEN, "dua")
    assert b'\r\n+CMTI: "SM",2\r\n' == await terminal.read_until(b"\r\n")
    await terminal.ask("AT+CNMI=2,2")
    simulator.network.text(CITIZEN, "tiga")
    header, pdu = (await terminal.silence()).decode().split()[1:]
    assert (f",{tpdu_octets(pdu)}", "tiga", 2) == (header, decode_pdu(pdu).text, simulator.on_sim)
    assert ["+CNMI: 2,2,0,0,0", "OK"] == await terminal.ask("AT+CNMI?")


async def test_hands_reports_on_when_asked(simulator, terminal):
    """With ds=1 a report comes as +CDS behind the result of the SMS; with ds=0 it is lost."""
    await send(terminal, SUBMIT)
    assert b"" == await terminal.silence()
    await terminal.ask("AT+CNMI=2,,,1")
    assert ["+CMGS:", "1", "OK"] == await send(terminal, SUBMIT)
    octets, pdu = await terminal.read_report()
    report = decode_pdu(pdu)
    assert (tpdu_octets(pdu), 1, CITIZEN, "delivered") == (
        octets,
        report.reference,
        report.recipient,
        report.outcome,
    )


async def test_unsolicited_codes_wait_for_the_result(simulator, terminal):
    """Neither a half-typed command nor a prompt nor an SMS on its way is interrupted."""
    simulator.modem.send_latency_s = 0.05
    await terminal.ask("AT+CNMI=2,1,0,1,0")
    terminal.write(b"AT+C")
    await asyncio.sleep(0.01)
    simulator.network.text(CITIZEN, "satu")
    assert b"" == await terminal.silence()
    terminal.write(b"SQ\r")
    assert b'\r\n+CSQ: 17,99\r\n\r\nOK\r\n\r\n+CMTI: "SM",1\r\n' == await terminal.read_until(b'"SM",1\r\n')

    terminal.write(f"AT+CMGS={tpdu_octets(SUBMIT)}\r".encode())
    await terminal.read_until(b"> ")
    simulator.network.text(CITIZEN, "dua")
    assert b"" == await terminal.silence()
    terminal.write(SUBMIT.encode() + b"\x1aAT+CSQ\r")
    assert b"" == await terminal.silence(0.01)
    received = await terminal.read_through(b'"SM",2\r\n')
    assert b'\r\n+CMGS: 0\r\n\r\nOK\r\n\r\n+CSQ: 17,99\r\n\r\nOK\r\n\r\n+CMTI: "SM",2\r\n' == received
    await terminal.read_report()


async def test_deleting_makes_room_and_the_place_is_told_after_ok(simulator, terminal):
    """The message that takes a freed slot is announced when AT+CMGD is through."""
    await terminal.ask("AT+CNMI=2,1,0,1,0")
    for number in range(6):
        simulator.network.text(CITIZEN, str(number))
    await terminal.silence()
    terminal.write(b"AT+CMGD=3\r")
    assert b'\r\nOK\r\n\r\n+CMTI: "SM",3\r\n' == await terminal.read_until(b'"SM",3\r\n')


async def test_a_reset_forgets_settings_and_keeps_messages(simulator, terminal):
    """AT+CFUN=1,1 is a power cycle without the cable."""
    await terminal.ask("AT+CNMI=2,1,0,1,0;+CREG=2")
    simulator.network.text(CITIZEN, "satu")
    await terminal.silence()
    assert ["OK"] == await terminal.ask("AT+CFUN=1,1")
    assert ["+CNMI: 0,0,0,0,0", "+CREG: 0,1", "OK"] == (await terminal.ask("AT+CNMI?;+CREG?"))
    assert 1 == simulator.on_sim


async def test_a_silent_modem_answers_nothing_until_it_recovers(simulator, terminal):
    """Hung firmware takes no commands and no messages, and sends nothing, not even what it had begun."""
    simulator.modem.send_latency_s = 0.02
    await terminal.ask(f"AT+CMGS={tpdu_octets(SUBMIT)}")
    terminal.write(SUBMIT.encode() + b"\x1a")
    await asyncio.sleep(0.01)
    simulator.modem.hang()
    simulator.network.text(CITIZEN, "satu")
    terminal.write(b"AT\r")
    assert b"" == await terminal.silence()
    assert (1, []) == (simulator.network.waiting, simulator.network.raw_submits)
    simulator.modem.recover()
    assert (0, 1) == (simulator.network.waiting, simulator.on_sim)
    assert ["OK"] == await terminal.ask("AT")


async def test_a_report_waits_while_the_modem_is_silent(simulator, terminal):
    """The network keeps what the modem does not take."""
    await terminal.ask("AT+CNMI=2,1,0,1,0")
    simulator.network.latency_s = 0.03
    await send(terminal, SUBMIT)
    simulator.modem.hang()
    await asyncio.sleep(0.06)
    assert 1 == simulator.network.waiting
    simulator.modem.recover()
    await terminal.read_report()


async def test_asks_for_its_pin(simulator, terminal_on):
    """Three wrong ones lock the SIM; the right one is enough until the power goes."""
    equipment = simulator.modem.equipment
    equipment.ask_for_pin("1234")
    with terminal_on(simulator.device) as terminal:
        await terminal.ask("AT+CMEE=1")
        assert ["+CPIN: SIM PIN", "OK"] == await terminal.ask("AT+CPIN?")
        assert ["+CME ERROR: 16"] == await terminal.ask('AT+CPIN="9999"')
        assert ["OK"] == await terminal.ask('AT+CPIN="1234"')
        assert ["+CPIN: READY", "OK"] == await terminal.ask("AT+CPIN?")
        assert ["+CME ERROR: 3"] == await terminal.ask('AT+CPIN="1234"')
    simulator.vanish()
    simulator.plug_in()
    with terminal_on(simulator.device) as terminal:
        await terminal.ask("AT+CMEE=1")
        for _ in range(2):
            assert ["+CME ERROR: 16"] == await terminal.ask('AT+CPIN="9999"')
        assert ["+CPIN: SIM PUK", "OK"] == await terminal.ask("AT+CPIN?")
        assert ["+CME ERROR: 12"] == await terminal.ask('AT+CPIN="1234"')


async def test_hangs_in_the_middle(simulator, terminal_on):
    """Of a listing, with half of it said; of a submission, which is not sent. Rubbish is no answer."""
    simulator.network.text(CITIZEN, "satu")
    modem = simulator.modem
    with terminal_on(simulator.device) as terminal:
        modem.hang_in = "+CMGL"
        terminal.write(b"AT+CMGL=4\r")
        await terminal.read_through(b"+CMGL: 1,")
        assert modem.is_silent
        modem.recover()
        modem.hang_in = "+CMGS"
        await terminal.ask("ATE0")
        assert ["> "] == await terminal.ask(f"AT+CMGS={tpdu_octets(SUBMIT)}")
        terminal.write(SUBMIT.encode() + b"\x1a")
        while not modem.is_silent:
            await asyncio.sleep(0.01)
        assert [] == simulator.network.raw_submits
        modem.recover()
        modem.talks_rubbish = True
        terminal.write(b"AT\r")
        await terminal.read_through(bytes(range(256)))


async def test_refuses_everybody(simulator, terminal_on):
    """Whatever the number."""
    simulator.network.refuse_all = 38
    with terminal_on(simulator.device) as terminal:
        assert ["+CMS", "ERROR:", "38"] == (await send(terminal, SUBMIT))[-3:]
