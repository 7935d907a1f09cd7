"""libGammu in its process, on a simulated modem: what comes in, what goes out, and all that can break under it."""

import asyncio
import json
import os
import resource
import signal
import sys
from pathlib import Path

import pytest

from parser import gsm7
from parser.pdu import Concat, StatusReport, decode_pdu, decode_submit, encode_deliver, encode_submit
from smsd.simulator import modem as simulated_modem
from smsd.simulator.at_general import says
from smsd.simulator.at_messages import _list
from smsd.simulator.at_syntax import CmsError
from smsd.simulator.simulator import open_simulator, wall_clock
from smsd.transports.base import Batch, FateUnknown, NotReady, NotSent, RawPart, Refused
from smsd.transports.gsm_process import Deadlines
from smsd.transports.refusals import Do
from tests.smsd.transports.conftest import open_session

CITIZEN = "+6281230000001"
BROKEN = "0791261801"  # libGammu: ERR_CORRUPTED; it cannot even delete it


async def test_receives_raw_parts_and_frees_their_slots(session_in):
    """Also what libGammu cannot read; at once when +CMTI says so; never a slot of an earlier session."""
    async with session_in(sim_slots=4) as session:
        simulator = session.simulator
        simulator.network.text(CITIZEN, "sebelum")
        simulator.network.inject(BROKEN)
        simulator.network.inject("bukan hex")
        for number in range(6):
            simulator.network.text(CITIZEN, f"sesudah {number} €[]")
        seen = []
        while len(seen) < 9:
            seen += (await session.batch()).parts
        stored = {part.pdu for part in seen}
        assert {BROKEN, "bukan hex"} < stored
        texts = [decode_pdu(pdu).text for pdu in stored - {BROKEN, "bukan hex"}]
        assert ["sebelum", *(f"sesudah {number} €[]" for number in range(6))] == sorted(texts)
        await asyncio.wait_for(simulator.drained(), 60)

        # poll_s is 60: only the notice can wake it
        await session.until("ready")
        session.keep = True
        simulator.network.text(CITIZEN, "baru")
        batch = await session.batch()
        assert [("baru", ("SM", 1))] == [(decode_pdu(part.pdu).text, part.slot) for part in batch.parts]
        await session.modem.acknowledge(Batch(batch.session - 1, batch.parts))
        await session.modem.acknowledge(Batch(batch.session, [RawPart(BROKEN, None)]))
        assert 1 == simulator.on_sim
        await session.modem.acknowledge(batch)
        assert 0 == simulator.on_sim


async def test_reads_both_memories_and_its_own_state(session_in, events):
    """ME too; a draft on the SIM hides nothing; a slot that cannot be freed is told; what it says of itself is kept."""
    async with session_in(sim_slots=3, me_slots=3, poll_s=0.5) as session:
        simulator = session.simulator
        for number in range(8):
            simulator.network.text(CITIZEN, f"pesan {number}")
        assert [f"pesan {number}" for number in range(8)] == sorted(await session.texts(8))
        await asyncio.wait_for(simulator.drained(), 60)
        state = await session.until("ready", count=2)
        assert ("001000000000009", 51, "Test Network", "HomeNetwork", 6) == (
            *(state.imei, state.signal, state.network, state.registered, state.sim_size),
        )

        await session.ready()
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(simulated_modem._HANDLERS, ("+CMGL", "set"), _list_with_a_draft)
            storages = simulator.modem.equipment.storages
            storages["ME"].store(encode_deliver(CITIZEN, "di ME", wall_clock()))
            assert ["di ME"] == await session.texts(1)
            storages["SM"].store(encode_deliver(CITIZEN, "di SM", wall_clock()))
            assert ["di SM"] == await session.texts(1)
            await asyncio.wait_for(simulator.drained(), 60)

        refusing = pytest.MonkeyPatch()
        refusing.setitem(simulated_modem._HANDLERS, ("+CMGD", "set"), _refuse)
        simulator.network.text(CITIZEN, "tertahan")
        while not any(event["event"] == "modem.slot_not_freed" for event in events):
            assert ["tertahan"] == await session.texts(1)
        refusing.undo()
        await asyncio.wait_for(simulator.drained(), 60)


def _list_with_a_draft(equipment, arguments):
    """As a SIM does that was in a telephone: <stat> 2 is stored, unsent."""
    lines = [*_list(equipment, arguments)]
    pdu = encode_submit(CITIZEN, "konsep")
    return [*lines, f"+CMGL: 9,2,,{len(pdu) // 2 - 1}", pdu] if equipment.reading.name == "SM" else lines


def _refuse(equipment, arguments):
    raise CmsError(500)


ALL_OF_GSM7 = "".join(char for char in gsm7.ALPHABET if char not in "\x1b\r\n") + "".join(gsm7.EXTENSION.values())


def validity(pdu):
    """TP-VP behind TP-DA, TP-PID and TP-DCS: relative, 3GPP TS 23.040 9.2.3.12.1."""
    return int(pdu.partition("91261832000000F1")[2][4:6], 16)


async def test_sends_and_tells_how_it_went(session_in):
    """The reference, the text as it was, a delivery report; or the modem's own code and whether to try again."""
    async with session_in() as session:
        network = session.simulator.network
        await session.until("ready")
        assert 0 == await session.send(ALL_OF_GSM7[:100])
        assert 1 == await session.send(ALL_OF_GSM7[100:] + "@")
        assert 2 == await session.send("Sampah 😷 अ menumpuk", alphabet="ucs2")
        assert [ALL_OF_GSM7[:100], ALL_OF_GSM7[100:] + "@", "Sampah 😷 अ menumpuk"] == session.shown()
        reports = [part for _ in range(3) for part in (await session.batch()).parts]
        assert {None} == {part.slot for part in reports}
        report = decode_pdu(reports[0].pdu)
        assert isinstance(report, StatusReport)
        assert (CITIZEN, 0, "delivered") == (report.recipient, report.reference, report.outcome)

        long = "Laporan {Anda} [sudah] kami ~terima~ dan € " * 8
        segments = gsm7.split(long)
        for number, part in reversed(list(enumerate(segments.parts, 1))):
            await session.send(part, concat=Concat(77, 8, number, len(segments.parts)))
        assert long == session.shown()[-1]
        assert {(77, 8, len(segments.parts))} == {
            (concat.reference, concat.bits, concat.count)
            for pdu in network.raw_submits
            if (concat := decode_submit(pdu).concat)
        }

        assert {validity(pdu) for pdu in network.raw_submits} == {0xFF}
        await session.send("penting", valid_s=3 * 86400)
        await session.send("sebentar", valid_s=1)
        assert [0xA9, 0x00] == [validity(pdu) for pdu in network.raw_submits[-2:]]

        for code, do in ((38, Do.RETRY), (1, Do.GIVE_UP), (28, Do.WAIT), (500, Do.RETRY), (511, Do.RETRY)):
            network.refuse[CITIZEN] = code
            with pytest.raises(Refused, match=rf"\(\+CMS ERROR {code}\)$") as refused:
                await session.send("ditolak")
            assert do is refused.value.do
        network.refuse.clear()
        with pytest.raises(NotSent, match="ERR_INVALIDDATA"):
            await session.send("A" * 154, concat=Concat(1, 8, 1, 2))
        assert ["ready"] == sorted({state.state for state in session.states})


async def test_a_silent_modem_is_given_up_and_found_again(session_in, events):
    """Its process is killed at the deadline, and what was asked meanwhile was not sent."""
    async with session_in() as session:
        await session.ready()
        first = session.child
        session.simulator.modem.hang()
        with pytest.raises(NotSent, match="no answer to send within 2 s"):
            await session.send("halo")
        assert -signal.SIGKILL == first.returncode
        await session.until("lost")
        with pytest.raises(NotReady, match="the modem is not ready"):
            await session.send("halo")
        session.simulator.network.text(CITIZEN, "selama diam")
        session.simulator.modem.recover()
        assert ["selama diam"] == await session.texts(1)
        assert () == session.simulator.network.inbox(CITIZEN)
        lost = next(event for event in events if event["event"] == "modem.lost")
        assert "trying again; if it stays, unplug the modem and plug it in again" == lost["cure"]


@pytest.mark.parametrize("trouble", ["it hangs", "it is unplugged", "libGammu dies"])
async def test_what_the_modem_has_taken_may_have_been_sent(session_in, trouble):
    """After the PDU has gone out nobody knows; and the next SMS goes as if nothing had been."""
    async with session_in(send_latency_s=20) as session:
        simulator = session.simulator
        await session.ready()
        sending = asyncio.create_task(session.send("entah"))
        while simulator.modem._sending is None:
            await asyncio.sleep(0.01)
        make = {"it hangs": simulator.modem.hang, "it is unplugged": simulator.vanish}
        make.get(trouble, session.child.kill)()
        with pytest.raises(FateUnknown):
            await sending
        simulator.modem._forget()
        simulator.modem.send_latency_s = 0
        {"it hangs": simulator.modem.recover, "it is unplugged": simulator.plug_in}.get(trouble, lambda: None)()
        await session.ready()
        await session.send("pasti")
        assert ["pasti"] == session.shown()


async def test_waits_for_a_modem_that_is_not_there(session_in, tmp_path):
    """Says what to do about it; opens it when it comes, and again after it went."""
    async with session_in(plugged=False) as session:
        lost = await session.until("lost")
        assert f"is the modem plugged in, and is {tmp_path}/modem0 its name? `ls -l /dev/serial/by-id`" in lost.error
        with pytest.raises(NotReady, match="the modem is not ready"):
            await session.send("terlalu dini")
        session.simulator.network.text(CITIZEN, "satu")
        session.simulator.plug_in()
        assert ["satu"] == await session.texts(1)
        await asyncio.wait_for(session.simulator.drained(), 60)
        session.states.clear()
        session.simulator.vanish()
        assert "unplugged?" in (await session.until("lost")).error
        session.simulator.network.text(CITIZEN, "dua")
        session.simulator.plug_in()
        assert ["dua"] == await session.texts(1)


async def test_a_killed_child_is_replaced(session_in, tmp_path):
    """The slots of its time are not freed by the next one; nothing was sent by a dead one; its PIN shows nowhere."""
    pin_file = tmp_path / "pin"
    pin_file.write_text("735519\n")
    async with session_in(pin_file=pin_file) as session:
        await session.until("ready", count=2)
        for place in ("cmdline", "environ"):
            assert b"735519" not in Path(f"/proc/{session.child.pid}/{place}").read_bytes()
        session.keep = True
        session.simulator.network.text(CITIZEN, "satu")
        batch = await session.batch()
        first = session.child
        async with session.modem._line:
            sending = asyncio.create_task(session.send("halo"))
            while len(session.modem._line._waiters) < 2:  # receive() is one
                await asyncio.sleep(0.01)
            os.kill(first.pid, signal.SIGKILL)
            await first.wait()
        with pytest.raises(NotSent, match="the modem process ended"):
            await sending
        again = batch
        while again.session == batch.session:
            again = await session.batch()
        assert (batch.parts, batch.session + 1) == (again.parts, again.session)
        await session.modem.acknowledge(batch)
        assert 1 == session.simulator.on_sim
        await session.modem.acknowledge(again)
        assert 0 == session.simulator.on_sim


async def test_a_hung_child_does_not_hold_up_closing(session_in):
    """It is stopped in the middle of everything: two seconds, then it is killed; an acknowledgement fails quietly."""
    async with session_in() as session:
        await session.until("ready", count=2)
        session.keep = True
        session.simulator.network.text(CITIZEN, "satu")
        batch = await session.batch()
        child = session.child
        os.kill(child.pid, signal.SIGSTOP)
        await session.modem.acknowledge(batch)
        assert -signal.SIGKILL == child.returncode
        await session.until("ready", count=4)
        child = session.child
        os.kill(child.pid, signal.SIGSTOP)
    assert -signal.SIGKILL == child.returncode


class Sim:
    """The PIN of a SIM, played by the simulated modem's own command table."""

    def __init__(self, patch, pin):
        self.tried = []
        self._patch, self._pin = patch, pin
        self._answer("SIM PIN")
        patch.setitem(simulated_modem._HANDLERS, ("+CPIN", "set"), self._enter)

    def _answer(self, status):
        self._patch.setitem(simulated_modem._HANDLERS, ("+CPIN", "read"), says(f"+CPIN: {status}"))

    def _enter(self, equipment, arguments):
        self.tried.append(arguments.strip('"'))
        if self.tried[-1] != self._pin:
            raise CmsError(16)
        self._answer("READY")
        return ()

    def lock(self):
        self._answer("SIM PUK")


async def test_a_sim_that_cannot_be_opened_is_told(session_in, monkeypatch):
    """It wants a PIN and there is none, or it is locked."""
    sim = Sim(monkeypatch, "1234")
    async with session_in() as session:
        assert "name a pin_file" in (await session.until("lost")).error
        sim.lock()
        while "PUK" not in session.states[-1].error:
            await session.until("lost", count=len(session.states))
            await asyncio.sleep(0.05)


async def test_a_wrong_pin_is_tried_once(session_in, tmp_path, monkeypatch):
    """Three wrong ones would lock the SIM. An unreadable and a refused one are told; the right one opens."""
    sim = Sim(monkeypatch, "1234")
    pin_file = tmp_path / "pin"
    async with session_in(pin_file=pin_file) as session:
        lost = await session.until("lost")
        assert "the PIN in pin_file cannot be read ([Errno 2]" in lost.error
        pin_file.write_text("9999")
        while not sim.tried:
            await asyncio.sleep(0.05)
        await session.until("lost", count=len([s for s in session.states if s.state == "lost"]) + 3)
        assert ["9999"] == sim.tried
        assert "it is not tried again" in session.states[-1].error
        assert session.states[-1].error.endswith("write the right one into pin_file")
        pin_file.write_text("1234")
        await session.until("ready")
        assert ["9999", "1234"] == sim.tried


async def test_a_plain_modem_serves_too(session_in, monkeypatch):
    """Without notifications the poll finds what comes; what it cannot tell of itself is left out."""
    for name in ("+CNMI", "+CSQ", "+COPS", "+CREG", "+CGREG"):
        for form in ("set", "read", "run", "test"):
            monkeypatch.delitem(simulated_modem._HANDLERS, (name, form), raising=False)
    async with session_in(poll_s=0.2) as session:
        state = await session.until("ready", count=2)
        assert (None, None, 50) == (state.signal, state.registered, state.sim_size)
        session.simulator.network.text(CITIZEN, "tanpa kabar")
        assert ["tanpa kabar"] == await session.texts(1)
        await session.ready()
        await session.send("halo")
        assert ["halo"] == session.shown()


async def test_a_busy_modem_does_not_keep_a_text_back_for_ever(session_in):
    """Emptying the SIM goes before sending, but not longer than it should."""
    async with session_in(deadlines=Deadlines(empties_first_s=0.5)) as session:
        session.keep = True
        session.simulator.network.text(CITIZEN, "belum diambil")
        await session.batch()
        assert 0 == await session.send("halo")
        await session.modem.acknowledge(Batch(1, [RawPart("", ("SM", 1))]))


async def test_without_a_network_sending_waits(session_in, events):
    """The modem says so at once, and when it is back; meanwhile what waits on the SIM is read, and nothing is lost."""
    async with session_in() as session:
        await session.until("ready", count=2)
        assert session.modem.closed_for_sending is None
        network = session.simulator.network
        network.set_registration(2)
        await session.until_closed("not registered with a network (RequestingNetwork)")
        assert "ready" == session.states[-1].state
        assert session.modem.closed_for_sending == session.states[-1].error
        with pytest.raises(Refused, match=r"no network \(\+CMS ERROR 331\)") as refused:
            await session.send("tanpa jaringan")
        assert Do.WAIT is refused.value.do
        network.text(CITIZEN, "nanti")
        network.set_registration(5)
        assert ["nanti"] == await session.texts(1)
        await session.until_closed(None)
        await session.send("ada lagi")
        assert ["modem.no_network", "modem.network_back"] == [
            event["event"] for event in events if "network" in event["event"]
        ]


async def test_a_refusal_shows_that_the_network_is_gone(session_in, monkeypatch):
    """A modem that announces nothing is asked as soon as it could not send."""
    monkeypatch.setattr(simulated_modem.AtModem, "registration_changed", lambda _: None)
    async with session_in() as session:
        await session.until("ready", count=2)
        session.simulator.network.set_registration(3)
        with pytest.raises(Refused, match="no network"):
            await session.send("tanpa jaringan")
        await session.until_closed("not registered with a network (RegistrationDenied)")


async def test_a_modem_that_says_it_failed_is_opened_anew(session_in, events):
    """The SIM was pulled: closed, and the next session sends."""
    async with session_in() as session:
        await session.ready()
        session.simulator.network.refuse_all = 310
        with pytest.raises(Refused, match="no SIM in the modem"):
            await session.send("halo")
        assert "the modem is not ready" == session.modem.closed_for_sending
        session.simulator.network.refuse_all = None
        await session.ready()
        await session.send("halo")
        assert ["halo"] == session.shown()
        assert "no SIM in the modem" in next(e for e in events if e["event"] == "modem.lost")["error"]


async def test_a_full_sim_is_told_once_and_emptied(session_in, events):
    """The network holds back what finds no room; all of it comes."""
    async with session_in(sim_slots=3, poll_s=0.2) as session:
        session.keep = True
        for number in range(5):
            session.simulator.network.text(CITIZEN, str(number))
        await session.batch()
        session.modem._status_due = 0.0
        batch = await session.batch()
        session.keep = False
        await session.modem.acknowledge(batch)
        await asyncio.wait_for(session.simulator.drained(), 60)
        (full,) = [event for event in events if event["event"] == "modem.sim_full"]
        assert 3 == full["slots"]


async def test_found_again_under_another_name(session_in, tmp_path):
    """/dev/serial/by-id is a link that goes with the modem and comes back to another ttyUSBn."""
    by_id = tmp_path / "by-id"
    async with open_simulator(link=tmp_path / "ttyUSB7") as elsewhere:
        async with session_in() as session:
            # The session opens `modem0`; make that name a link like udev's.
            await session.ready()
            first = session.simulator.device
            session.simulator.vanish()
            assert "unplugged?" in (await session.until("lost")).error
            by_id.symlink_to(elsewhere.device)
            Path(first).symlink_to(by_id)
            elsewhere.network.text(CITIZEN, "di tempat lain")
            assert ["di tempat lain"] == await session.texts(1)
            await session.send("halo")
            assert ["halo"] == [text.text for text in elsewhere.network.inbox(CITIZEN)]
            Path(first).unlink()


async def test_no_process_can_be_started(session_in, events):
    """Too many open files: it is tried again, and works when there is room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with session_in(plugged=False) as session:
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")), hard))
        try:
            async with asyncio.timeout(60):
                while not any("cannot be started (Too many open files)" in str(e.get("error")) for e in events):
                    await asyncio.sleep(0.05)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        session.simulator.network.text(CITIZEN, "satu")
        session.simulator.plug_in()
        assert ["satu"] == await session.texts(1)


ODD_CHILDREN = {
    "no object": "5",
    "no JSON": "{",
    "no such key": '{"event": "passed"}',
    "a list": "[]",
    "an answer that is none": '{"id": 1, "ok": {}}',
    "a reference that is none": '{"id": 1, "ok": {"parts": "x"}}',
    "null": '{"id": 1, "ok": null}',
}
ODD_CHILD = """
import sys
sys.stdin.readline()
print('{{"event": "ready", "imei": "1"}}', flush=True)
sys.stdin.readline()
print('{odd}', flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("odd", ODD_CHILDREN.values(), ids=ODD_CHILDREN)
async def test_a_child_that_talks_nonsense_is_a_fault(tmp_path, monkeypatch, odd):
    """It is closed and started again; nothing leaves receive()."""
    program = tmp_path / "odd"
    program.write_text("#!/bin/sh\nexec " + sys.executable + " " + str(tmp_path / "odd.py") + "\n")
    program.chmod(0o755)
    (tmp_path / "odd.py").write_text(ODD_CHILD.format(odd=odd))
    monkeypatch.setattr(sys, "executable", str(program))
    async with open_session(tmp_path, plugged=False) as session:
        lost = await session.until("lost", count=2)
        assert "what I cannot read" in lost.error


async def test_what_it_says_of_itself_is_made_fit_for_the_database(tmp_path, monkeypatch):
    """No NUL, no half character, no number out of range: whatever a modem calls its network."""
    program = tmp_path / "odd"
    program.write_text("#!/bin/sh\nexec " + sys.executable + " " + str(tmp_path / "odd.py") + "\n")
    program.chmod(0o755)
    odd = {"signal": 1e9, "network": "X\0Y\ud800", "registered": None, "sim_used": -1, "sim_size": 99999}
    (tmp_path / "odd.py").write_text(ODD_CHILD.format(odd=json.dumps({"id": 1, "ok": odd}).replace("\\", "\\\\")))
    monkeypatch.setattr(sys, "executable", str(program))
    async with open_session(tmp_path, plugged=False) as session:
        state = await session.until("ready", count=2)
        assert (None, "XY", None, None, None) == (
            *(state.signal, state.network, state.registered, state.sim_used, state.sim_size),
        )
