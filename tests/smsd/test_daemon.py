"""The daemon as systemd sees it: a process with a configuration, a modem and a mail server; signals; its exit code."""

import asyncio
import contextlib
import ctypes
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from config.data_files import SHIPPED
from parser.pdu import decode_submit
from smsd.demo.mailbox import answer, open_mailbox
from smsd.simulator.simulator import open_simulator
from smsd.store.database import SCHEMA_VERSION
from smsd.store.queries import SQL
from smsd.store.seal import make_key_file
from smsd.store.throwaway import connect_with_key

PATIENCE_S = 60
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": ""}  # a killed process would leave half a file of coverage
_LIBC = ctypes.CDLL(None)
BUDGET_S = 20  # [gateway] shutdown_s
CITIZEN = "+6281230000001"


class Town:
    """All that is around the gateway: modems with their networks, a mailbox for all agencies, a database."""

    def __init__(self, folder, dsn, simulators, mailbox, connection):
        self.folder, self.dsn, self.simulators, self.mailbox, self.db = folder, dsn, simulators, mailbox, connection
        self.lmtp = ("127.0.0.1", _free_port())
        self.config = folder / "smsd.toml"
        self._runs = itertools.count(1)

    def configure(self, *, limits="", budget_s=BUDGET_S, own_process=(), more=""):
        modems = "".join(
            f'[[modem]]\nname = "modem{n}"\ndevice = "modem{n}"\npoll_s = 1.0\n'
            + ('own_process = true\nmetrics_listen = "127.0.0.1:0"\n' if n in own_process else "")
            for n in range(len(self.simulators))
        )
        self.config.write_text(
            f'[gateway]\nstate_dir = "."\nshutdown_s = {budget_s}\n[database]\ndsn = "{self.dsn}"\n{modems}'
            f'[mail]\nhost = "127.0.0.1"\nport = {self.mailbox.port}\ntls = "none"\n'
            f'lmtp_listen = "{self.lmtp[0]}:{self.lmtp[1]}"\n[log]\nformat = "json"\n[limits]\n{limits}\n{more}'
        )
        if not (self.folder / "smsd.key").exists():
            make_key_file(self.folder / "smsd.key")

    @asynccontextmanager
    async def gateway(self, *arguments, **environment):
        """`smsd run`, in a session of its own; killed at the end where it has not ended."""
        log = self.folder / f"{next(self._runs)}.log"
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "smsd", "run", *arguments, "--config", str(self.config)),
                stderr=file,
                start_new_session=True,
                env=os.environ | environment,
                preexec_fn=_die_with_us,
            )
        gateway = Gateway(process, log)
        try:
            yield gateway
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def until(self, query, wanted=True):
        """Waits for the database to say it."""
        async with asyncio.timeout(PATIENCE_S):
            while (found := await self.db.fetchval(query)) != wanted:
                assert found != wanted
                await asyncio.sleep(0.02)

    async def done(self):
        """Waits until nothing is under way."""
        async with asyncio.timeout(PATIENCE_S):
            while any((await self.db.fetchrow(SQL["open_work"])).values()) or any(
                simulator.network.waiting or simulator.on_sim for simulator in self.simulators
            ):
                await asyncio.sleep(0.05)

    @property
    def submits(self):
        """All SMS that the gateway has sent: number and text."""
        return [
            (submit.recipient, submit.text)
            for simulator in self.simulators
            for submit in map(decode_submit, simulator.network.raw_submits)
        ]

    async def half_done(self):
        """Messages, tickets and outboxes that do not fit together; nothing, at every moment."""
        return await self.db.fetch("""
            SELECT 'handled without a ticket', id FROM inbound_message AS message
            WHERE state = 'handled' AND outcome = 'complaint'
              AND NOT EXISTS (SELECT FROM ticket WHERE message_id = message.id)
            UNION ALL SELECT 'a ticket of an unhandled message', ticket.id FROM ticket
            JOIN inbound_message AS message ON message.id = message_id WHERE message.state <> 'handled'
            UNION ALL SELECT 'no ' || wanted, ticket.id FROM ticket, unnest(ARRAY['opened', 'dispatched']) AS wanted
            WHERE NOT EXISTS (SELECT FROM ticket_event WHERE ticket_id = ticket.id AND kind = wanted)
            UNION ALL SELECT 'no acknowledgement', id FROM ticket
            WHERE (SELECT count(*) FROM outbox_sms WHERE ticket_id = ticket.id) <> 1
            UNION ALL SELECT 'no mail', id FROM ticket
            WHERE (SELECT count(*) FROM outbox_mail JOIN dispatch ON dispatch.id = dispatch_id
                   WHERE ticket_id = ticket.id) <> 1
            UNION ALL SELECT 'a part of nothing', id FROM inbound_part WHERE message_id IS NULL""")

    async def move(self, server, **configured):
        """From now on the gateway's database is there."""
        self.dsn = server.dsn
        self.configure(**configured)
        await self.look_again()

    async def look_again(self):
        """The server was away."""
        self.db.terminate()
        self.db = await connect_with_key(self.dsn, self.folder / "smsd.key")

    async def emptied(self):
        """Waits until no modem holds an SMS."""
        async with asyncio.timeout(PATIENCE_S):
            while any(simulator.network.waiting or simulator.on_sim for simulator in self.simulators):
                await asyncio.sleep(0.02)

    async def spooled(self):
        """What `smsd spool` says."""
        command = (sys.executable, "-m", "smsd", "spool", "--json", "--config", str(self.config))
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        return json.loads((await process.communicate())[0])

    async def let_time_pass(self):
        """As if the half minute in which delivery reports may still come were over."""
        await self.db.execute("UPDATE sms_submission SET submitted_at = submitted_at - interval '1 minute'")
        await self.db.execute("UPDATE outbox_sms SET due_at = now() WHERE state = 'queued'")


class Gateway:
    """The process and its log."""

    def __init__(self, process, log):
        self.process, self._log = process, log

    async def started(self, event="smsd.started"):
        """It said so."""
        async with asyncio.timeout(PATIENCE_S):
            while event and not self.named(event):
                await asyncio.sleep(0.02)

    async def ended(self):
        """Its exit code."""
        async with asyncio.timeout(BUDGET_S + 5):
            return await self.process.wait()

    async def stop(self):
        """SIGTERM, to everybody in the group as systemd and a terminal do; its exit code."""
        os.killpg(self.process.pid, signal.SIGTERM)
        return await self.ended()

    @property
    def lines(self):
        return self._log.read_text().splitlines()

    @property
    def events(self):
        """The log: event and keys of each line."""
        return [json.loads(line) for line in self.lines]

    def named(self, *names):
        """The events with these names, in order."""
        return [event["event"] for event in self.events if event["event"] in names]


def _die_with_us():
    """A gateway that outlives a killed test would go on opening the pseudo-terminals of others."""
    _LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def town_in(tmp_path, dsn):
    """`async with town_in(modems=2) as town`."""

    @asynccontextmanager
    async def open_town(modems=1, limits="", **simulated):
        async with AsyncExitStack() as stack:
            simulators = [
                await stack.enter_async_context(open_simulator(link=tmp_path / f"modem{n}", **simulated))
                for n in range(modems)
            ]
            mailbox = await stack.enter_async_context(open_mailbox())
            make_key_file(tmp_path / "smsd.key")
            town = Town(tmp_path, dsn, simulators, mailbox, await connect_with_key(dsn, tmp_path / "smsd.key"))
            stack.callback(lambda: town.db.terminate())
            town.configure(limits=limits)
            yield town

    return open_town


@pytest.fixture
def listener(tmp_path):
    """Where systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.setblocking(False)
        yield line


async def test_one_report_from_sms_to_answer(town_in, listener, tmp_path):
    """Complaint, ticket, acknowledgement, mail; the agency's answer, SMS; systemd is told; a second smsd is refused."""
    async with town_in() as town, town.gateway(NOTIFY_SOCKET=str(tmp_path / "notify")) as gateway:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_S):
            told = [await loop.sock_recv(listener, 4096)]
            while b"READY=1" not in told:
                told.append(await loop.sock_recv(listener, 4096))
        assert gateway.named("smsd.started") == ["smsd.started"]
        await town.until("SELECT state FROM modem", "ready")
        (network,) = (simulator.network for simulator in town.simulators)
        network.text(CITIZEN, "jln rusak parah di Lowokwaru kota malang")

        async with town.gateway() as second:
            assert 3 == await second.ended()
            assert [f"smsd: another smsd already runs in {tmp_path}; stop it, or use another state_dir"] == second.lines

        await town.until("SELECT count(*) FROM sms_submission WHERE state = 'delivered'", 1)
        code, agency = await town.db.fetchrow("SELECT code, agency FROM ticket")
        shown = f"{code[:3]} {code[3:6]} {code[6:]}"
        assert ("PUPR-35.73", True) == (agency, shown in network.inbox(CITIZEN)[0].text)
        letter = await asyncio.wait_for(town.mailbox.about(shown), PATIENCE_S)
        await answer(letter, "SELESAI Lubang sudah ditambal pagi ini.", town.lmtp)
        await town.done()
        assert "Lubang sudah ditambal" in network.inbox(CITIZEN)[1].text
        assert "selesai" == await town.db.fetchval("SELECT status FROM ticket")

        assert 0 == await gateway.stop()
        async with asyncio.timeout(PATIENCE_S):
            while b"STOPPING=1" not in told:
                told.append(await loop.sock_recv(listener, 4096))
        assert ["smsd.started", "smsd.stopping", "smsd.stopped"] == gateway.named(
            *("smsd.started", "smsd.stopping", "smsd.stopped", "modem.lost", "smsd.stop_cut_short")
        )
        assert "stopped" == await town.db.fetchval("SELECT state FROM modem")
        assert CITIZEN[3:] not in "".join(gateway.lines)


async def test_the_key_changes_under_a_running_daemon(town_in):
    """No restart: it hears of the new key, works with both, and with the new one alone; one number stays one phone."""
    async with town_in() as town, town.gateway(**UNMEASURED) as gateway:
        (network,) = (simulator.network for simulator in town.simulators)

        async def rotate(*arguments):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "smsd", "privacy", "rotate-key", *arguments, "--config", str(town.config)),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            said, _ = await process.communicate()
            assert 0 == process.returncode, said

        network.text(CITIZEN, "jln rusak parah di Lowokwaru kota malang")
        await town.until("SELECT count(*) FROM ticket", 1)
        await rotate()
        network.text(CITIZEN, "sampah menumpuk di Kecamatan Klojen kota malang")
        await town.until("SELECT count(*) FROM ticket", 2)
        await town.until("SELECT count(*) FROM sealed_box WHERE key <> (SELECT id FROM sealing_key WHERE current)", 0)
        await town.db.execute("UPDATE sealing_key SET current_since = now() - interval '2 minutes' WHERE current")
        await rotate("--finish")
        network.text(CITIZEN, "lampu jalan mati di Kecamatan Sukun kota malang")
        await town.until("SELECT count(*) FROM ticket", 3)
        await town.done()
        assert 1 == await town.db.fetchval("SELECT count(*) FROM phone")
        assert 3 == len(town.submits)
        assert ["privacy.key_changed"] == gateway.named("privacy.key_changed", "sms.failed", "sms.quarantined")
        assert 0 == await gateway.stop()


async def test_a_stop_finishes_the_sms_in_hand(town_in):
    """The modem takes its time; the process of libGammu gets the signal too, and still ends the submission."""
    async with town_in(send_latency_s=3) as town, town.gateway() as gateway:
        (simulator,) = town.simulators
        for n in range(3):
            simulator.network.text(f"+628123000000{n}", "jalan rusak di Lowokwaru kota malang")
        async with asyncio.timeout(PATIENCE_S):
            while simulator.modem._sending is None:
                await asyncio.sleep(0.01)
        assert 0 == await gateway.stop()
        assert 1 == len(town.submits)
        assert ["sms.sent"] == gateway.named("sms.sent", "sms.postponed", "modem.lost", "smsd.stop_cut_short")
        states = await town.db.fetch("SELECT state, leased_by FROM outbox_sms ORDER BY state DESC, id")
        assert [("sent", None), ("queued", None), ("queued", None)] == [tuple(row) for row in states]


async def test_a_stop_under_load_leaves_nothing_half_done(town_in):
    """90 reports of 40 phones over four modems; then all the rest is done by the next run."""
    async with town_in(modems=4, limits="automatic_per_hour = 1") as town:
        for n in range(90):
            text = f"jalan rusak di Lowokwaru kota malang, lubang ke-{n}"
            town.simulators[n % 4].network.text(f"+62812300001{n % 40:02}", text)
        async with town.gateway(**UNMEASURED) as gateway:
            await town.until("SELECT count(*) > 10 FROM ticket")
            assert 0 == await gateway.stop()
            assert [] == gateway.named("smsd.stop_cut_short", "modem.lost")
        assert [] == await town.half_done()
        async with town.gateway(**UNMEASURED) as gateway:
            await town.done()
            assert 0 == await gateway.stop()
        assert [] == await town.half_done()
        assert 90 == await town.db.fetchval("SELECT count(DISTINCT message_id) FROM ticket")
        assert (40, 40) == (len(town.submits), len({number for number, _ in town.submits}))
        assert 90 == len({letter.message["Message-ID"] for letter in town.mailbox.letters})
        assert 90 == len(town.mailbox.letters)


async def test_a_kill_at_any_moment_loses_nothing(town_in):
    """Three kills, then a run to the end: all reports, acknowledgements and mails; a modem repeats an SMS per kill."""
    kills, reports, modems = 3, 12, 2
    async with town_in(modems=modems) as town:
        for n in range(reports):
            text = f"jalan rusak di Lowokwaru kota malang, lubang ke-{n}"
            town.simulators[n % modems].network.text(f"+62812300002{n:02}", text)
        moments = []
        for kill in range(kills):
            async with town.gateway(**UNMEASURED) as gateway:
                await gateway.started(kill > 0 and "modem.ready")
                moments.append(random.uniform(0, 5.5 if kill == 0 else 2.5))
                await asyncio.sleep(moments[-1])
                assert gateway.process.returncode is None
                gateway.process.kill()
            assert [] == await town.half_done(), moments
            await town.let_time_pass()
        async with town.gateway() as gateway:
            await gateway.started()
            await town.until("SELECT count(*) FROM ticket", reports)
            await town.done()
            assert 0 == await gateway.stop(), moments
        assert [] == await town.half_done(), moments
        assert reports == await town.db.fetchval("SELECT count(DISTINCT message_id) FROM ticket")
        sent = Counter(town.submits)
        assert reports == len({number for number, _ in sent}) == len(sent), moments
        assert sum(sent.values()) - reports <= modems * kills, moments
        mails = Counter(letter.message["Message-ID"] for letter in town.mailbox.letters)
        assert reports == len(mails), moments


async def test_hung_modems_hold_up_neither_the_others_nor_the_stop(town_in):
    """One is silent in the middle of a listing, one in the middle of a submission; the third does all the work."""
    reports = 8
    async with town_in(modems=3) as town:
        working, listing, submitting = town.simulators
        listing.modem.hang_in = "+CMGL"
        submitting.modem.hang_in = "+CMGS"
        listing.network.text(CITIZEN, "jalan rusak di Lowokwaru kota malang")
        for n in range(reports):
            working.network.text(f"+62812300003{n:02}", f"jalan rusak di Lowokwaru kota malang, lubang ke-{n}")
        async with town.gateway(**UNMEASURED) as gateway:
            await town.until("SELECT count(*) FROM ticket", reports)
            async with asyncio.timeout(PATIENCE_S):
                while len(working.network.raw_submits) < reports - 1 or not submitting.modem.is_silent:
                    await asyncio.sleep(0.05)
            assert listing.modem.is_silent
            begun = time.monotonic()
            assert 0 == await gateway.stop()
            assert time.monotonic() - begun < BUDGET_S
            assert ["smsd.stop_cut_short"] == gateway.named("smsd.stop_cut_short", "modem.lost")
        assert reports == await town.db.fetchval("SELECT count(*) FROM outbox_mail WHERE state = 'sent'")
        left = await town.db.fetch("SELECT state FROM sms_submission WHERE transport = 'modem2'")
        assert ["submitting"] == [row["state"] for row in left]


async def test_what_one_modem_is_refused_the_other_sends(town_in):
    """A SIM without credit: receives on, and its SMS leave through the other; nothing is given up, no try counted."""
    reports = 8
    async with town_in(modems=2) as town:
        barred, healthy = town.simulators
        barred.network.refuse_all = 21
        for n in range(reports):
            barred.network.text(f"+62812300004{n:02}", f"jalan rusak di Lowokwaru kota malang, lubang ke-{n}")
        async with town.gateway(**UNMEASURED) as gateway:
            await town.until("SELECT count(*) FROM ticket", reports)
            await town.done()
            assert 0 == await gateway.stop()
            assert 1 == len(gateway.named("modem.refuses"))
        assert (0, reports) == (len(barred.network.raw_submits), len(healthy.network.raw_submits))
        rows = await town.db.fetch("SELECT DISTINCT state, attempts FROM outbox_sms WHERE state <> 'delivered'")
        assert {("sent", 1)} >= {tuple(row) for row in rows}


async def test_runs_without_its_modem_until_it_comes(town_in):
    """`smsd modem status` says what is wrong and what to do; then the modem appears."""
    async with town_in() as town:
        (simulator,) = town.simulators
        simulator.vanish()
        async with town.gateway() as gateway:
            await town.until("SELECT state FROM modem", "lost")
            status = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "smsd", "modem", "status", "--json", "--config", str(town.config)),
                stdout=asyncio.subprocess.PIPE,
            )
            (modem,) = json.loads((await status.communicate())[0])
            assert ("modem0", "lost") == (modem["name"], modem["state"])
            assert "No such file or directory" in modem["error"]
            assert "is the modem plugged in" in modem["error"]
            simulator.plug_in()
            simulator.network.text(CITIZEN, "jalan rusak di Lowokwaru kota malang")
            await town.until("SELECT count(*) FROM ticket", 1)
            assert 0 == await gateway.stop()


@pytest.mark.parametrize("trouble", ["no database", "no tables", "no key", "port taken", "no folder"])
async def test_says_in_one_line_why_it_cannot_start(town_in, empty_dsn, trouble):
    """Exit code 3 and the cure."""
    async with town_in() as town:
        with contextlib.ExitStack() as taken:
            match trouble:
                case "no database":
                    town.dsn = town.dsn.replace("/test_", "/no_such_")
                case "no tables":
                    town.dsn = empty_dsn
                case "port taken":
                    port = taken.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
                    town.lmtp = ("127.0.0.1", port)
            town.configure()
            if trouble == "no key":
                (town.folder / "smsd.key").unlink()
            if trouble == "no folder":
                town.config.write_text(town.config.read_text().replace('"."', '"smsd.key/state"'))
            async with town.gateway() as gateway:
                assert 3 == await gateway.ended(), gateway.lines
        (line,) = [line for line in gateway.lines if not line.startswith("{")]
        cures = {
            "no database": "does not exist); check [database] dsn",
            "no tables": "run `smsd db init`",
            "no key": "`smsd db init` makes one",
            "port taken": "lmtp_listen",
            "no folder": "create it for this user",
        }
        assert line.startswith("smsd: ")
        assert cures[trouble] in line


class Systemd:
    """What the daemon says to its service manager, in order."""

    def __init__(self, line):
        self._line, self.words = line, []

    async def until(self, wanted, patience_s=PATIENCE_S):
        """Waits for a word that is so; gives it back."""
        async with asyncio.timeout(patience_s):
            while True:
                word = (await asyncio.get_running_loop().sock_recv(self._line, 4096)).decode()
                self.words.append(word)
                if wanted in word:
                    return word

    async def until_status(self, wanted, patience_s=PATIENCE_S):
        """Waits for a line of `systemctl status`."""
        word = await self.until(wanted, patience_s)
        return next(line for line in word.splitlines() if line.startswith("STATUS=")).removeprefix("STATUS=")

    def said(self, wanted):
        """How often it said so."""
        return sum(wanted in word.splitlines() for word in self.words)


@pytest.fixture
def systemd(listener):
    """systemd, listening."""
    return Systemd(listener)


@pytest.fixture
def under(tmp_path):
    """The environment that systemd gives: its socket, and how often it wants to hear from us."""
    return {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}


class TestSystemd:
    """Type=notify, with a watchdog."""

    async def test_it_says_how_it_is(self, town_in, systemd, under):
        """Ready once; alive as often as asked; one line for `systemctl status`; stopping once."""
        async with town_in(modems=2) as town, town.gateway(**under) as gateway:
            await systemd.until("READY=1")
            assert "nothing waiting; database ok; 0 reports today" in await systemd.until_status("2 of 2 modems ready")
            town.simulators[0].network.text(CITIZEN, "jalan rusak di Lowokwaru kota malang")
            await systemd.until_status("1 report today")
            town.simulators[1].vanish()
            assert "1 of 2 modems ready (modem1 lost)" in await systemd.until_status("modem1 lost")
            await systemd.until("WATCHDOG=1")
            await systemd.until("WATCHDOG=1")
            assert 0 == await gateway.stop()
            await systemd.until("STOPPING=1")
            assert (1, 1, 0) == tuple(map(systemd.said, ("READY=1", "STOPPING=1", "RELOADING=1")))

    @pytest.mark.timeout(400)  # more than a minute of waiting
    async def test_a_loop_that_is_stuck_is_named_and_the_watchdog_not_fed(self, town_in, systemd, under):
        """A disk that does not answer: the loop of the spool waits for ever in a read. The others go on meanwhile."""
        async with town_in() as town:
            (town.folder / "spool").mkdir()
            os.mkfifo(town.folder / "spool" / "000000000001-1.parts")
            async with town.gateway(**under) as gateway:
                await systemd.until("WATCHDOG=1")
                assert "STUCK: spool; 1 of 1 modem ready" in await systemd.until_status("STUCK", 200)
                systemd.words.clear()
                town.simulators[0].network.text(CITIZEN, "jalan rusak di Lowokwaru kota malang")
                await town.until("SELECT count(*) FROM inbound_part", 0)
                await town.until("SELECT state FROM modem", "ready")
                await systemd.until("STUCK")
                await systemd.until("STUCK")
                assert 0 == systemd.said("WATCHDOG=1")
                stuck = [event for event in gateway.events if event["event"] == "loop.stuck"]
                assert ["spool"] == stuck[0]["loops"]


class TestReload:
    """SIGHUP: the files are read anew, all or none."""

    REPLIES = Path(SHIPPED / "replies.toml").read_text()
    AGENCIES = Path(SHIPPED / "agencies.csv").read_text()

    def write(self, town, mark):
        """Two files that belong together: what citizens read, and what the agency is called."""
        (town.folder / "replies.toml").write_text(self.REPLIES.replace("kami terima dan teruskan", f"{mark} teruskan"))
        agencies = self.AGENCIES.replace("Dinas PU Kota Malang,", f"Dinas {mark} Kota Malang,")
        (town.folder / "agencies.csv").write_text(agencies)

    async def test_a_good_file_counts_and_a_bad_one_changes_nothing(self, town_in, systemd, under):
        """systemd hears of both; the journal has what is wrong and the cure, and what needs a restart."""
        more = '[routing]\nreplies = "replies.toml"\nagencies = "agencies.csv"\n'
        async with town_in() as town:
            self.write(town, "SATU")
            town.configure(more=more)
            async with town.gateway(**under) as gateway:
                await systemd.until("READY=1")
                self.write(town, "DUA")
                town.configure(more=more.replace("[routing]", "[routing]\nroute_from = 0.5"), budget_s=7)
                gateway.process.send_signal(signal.SIGHUP)
                since = dict(line.split("=", 1) for line in (await systemd.until("RELOADING=1")).splitlines())
                assert 0 <= time.monotonic() - int(since["MONOTONIC_USEC"]) / 1e6 < PATIENCE_S
                await systemd.until("READY=1")
                (reloaded,) = [event for event in gateway.events if event["event"] == "rules.reloaded"]
                assert ["[gateway] shutdown_s"] == reloaded["needs_restart"]

                self.write(town, "TIGA")
                (town.folder / "agencies.csv").write_text("code,name\nX,Y\n")
                gateway.process.send_signal(signal.SIGHUP)
                await systemd.until("READY=1")
                assert "the last reload was refused" in await systemd.until_status("refused")
                (refused,) = [event for event in gateway.events if event["event"] == "rules.refused"]
                assert "agencies.csv:1: has no column" in refused["problems"][0]
                assert "smsd check --rules" in refused["cure"]

                town.simulators[0].network.text(CITIZEN, "jalan rusak di Lowokwaru kota malang")
                await town.until("SELECT count(*) FROM sms_submission WHERE state = 'delivered'", 1)
                ((_, text),) = town.submits
                assert ("DUA teruskan" in text, "Dinas DUA Kota Malang" in text) == (True, True)
                assert 0 == await gateway.stop()

    async def test_every_message_is_by_one_set_of_files(self, town_in):
        """Under load, with one reload after the other: no reply has words of one set and an agency of another."""
        more = '[routing]\nreplies = "replies.toml"\nagencies = "agencies.csv"\n'
        async with town_in(modems=2) as town:
            self.write(town, "SATU")
            town.configure(more=more)
            async with town.gateway(**UNMEASURED) as gateway:
                await gateway.started("modem.ready")
                for n in range(60):
                    text = f"jalan rusak di Lowokwaru kota malang, lubang ke-{n}"
                    town.simulators[n % 2].network.text(f"+62812300005{n:02}", text)
                for nth, mark in enumerate(("DUA", "SATU", "DUA"), 1):
                    self.write(town, mark)
                    gateway.process.send_signal(signal.SIGHUP)
                    async with asyncio.timeout(PATIENCE_S):
                        while len(gateway.named("rules.reloaded")) < nth:
                            await asyncio.sleep(0.02)
                    town.simulators[0].network.text(f"+6281230000{600 + nth}", "jalan rusak di Lowokwaru kota malang")
                    await town.until(f"SELECT count(*) > 60 + {nth - 1} OR {nth} < 3 FROM ticket")
                await town.until("SELECT count(*) FROM ticket", 63)
                await town.done()
                assert 0 == await gateway.stop()
            assert [] == await town.half_done()
            marks = Counter(
                tuple(sorted({mark for mark in ("SATU", "DUA") if mark in text})) for _, text in town.submits
            )
            assert {("DUA",), ("SATU",)} == set(marks), marks
            assert all(
                f"Dinas {'DUA' if 'DUA teruskan' in text else 'SATU'} Kota Malang" in text for _, text in town.submits
            )


class TestOwnProcess:
    """One process for one modem, beside the one for all others; one database."""

    async def test_one_is_killed_and_the_other_goes_on(self, town_in):
        """What the dead one had is done when it is back; nothing is lost, and at most one SMS repeated."""
        reports = 16
        async with town_in(modems=2) as town:
            town.configure(own_process=[1])
            async with town.gateway(**UNMEASURED) as main:
                async with town.gateway("--modem", "modem1", **UNMEASURED) as worker:
                    await main.started("modem.ready")
                    await worker.started("modem.ready")
                    for n in range(reports):
                        text = f"jalan rusak di Lowokwaru kota malang, lubang ke-{n}"
                        town.simulators[n % 2].network.text(f"+62812300006{n:02}", text)
                    await town.until("SELECT count(*) > 2 FROM ticket")
                    worker.process.kill()
                    await worker.process.wait()
                town.simulators[0].network.text("+6281230000699", "jalan rusak di Lowokwaru kota malang, setelahnya")
                await town.until("SELECT count(*) FROM inbound_message WHERE transport = 'modem0'", reports // 2 + 1)
                await town.let_time_pass()
                async with town.gateway("--modem", "modem1", **UNMEASURED) as worker:
                    await town.until("SELECT count(*) FROM ticket", reports + 1)
                    await town.let_time_pass()
                    await town.done()
                    assert 0 == await worker.stop()
                assert 0 == await main.stop()
            assert [] == await town.half_done()
            sent = Counter(town.submits)
            assert reports + 1 == len({number for number, _ in sent}) == len(sent)
            assert sum(sent.values()) <= reports + 2
            assert reports + 1 == len({letter.message["Message-ID"] for letter in town.mailbox.letters})

    async def test_who_serves_which_modem_is_settled(self, town_in):
        """One modem is never served by two; what stands in no process's share is told."""
        async with town_in(modems=2) as town:
            town.configure(own_process=[1])
            async with town.gateway("--modem", "modem1") as worker:
                await worker.started("modem.ready")
                (page,) = (event["metrics"] for event in worker.events if event["event"] == "smsd.started")
                assert page.startswith("127.0.0.1:")
                folder = town.folder / "modems" / "modem1"
                for name, words in {
                    "modem1": (3, f"another smsd already runs in {folder}; stop it"),
                    "modem0": (1, "belongs to `smsd run` without --modem; write own_process = true"),
                    "modem2": (1, "is not there; did you mean modem"),
                }.items():
                    async with town.gateway("--modem", name) as other:
                        assert words[0] == await other.ended()
                    assert words[1] in other.lines[-1]
                # The configuration was changed, and only one of the two processes started anew.
                town.configure()
                async with town.gateway() as main:
                    await main.started("modem.lost")
                    (lost,) = [event for event in main.events if event["event"] == "modem.lost"]
                    assert ("modem1", True) == (lost["modem"], "in use by another process" in lost["error"])
                    assert 0 == await main.stop()
                assert 0 == await worker.stop()


async def smsd(town, *arguments):
    """Another command on the same configuration; what it wrote."""
    command = (sys.executable, "-m", "smsd", *arguments, "--config", str(town.config))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    assert (0, b"") == (process.returncode, err)
    return out.decode()


class TestBackup:
    """All but the key in one file, made while the gateway runs; another one goes on from it."""

    async def test_restored_into_a_new_place_it_carries_on(self, town_in, empty_dsn):
        """Reports are there and agencies can answer; of what waited then and was sent since, nothing goes out again."""
        async with town_in() as town:
            (simulator,) = town.simulators
            network, kept, key = simulator.network, town.folder / "kept.backup", town.folder / "kept.key"
            async with town.gateway(**UNMEASURED) as gateway:
                await gateway.started("modem.ready")
                for n in range(5):
                    network.text(f"+62812300007{n:02}", f"jalan rusak di Lowokwaru kota malang, lubang ke-{n}")
                await town.until("SELECT count(*) FROM ticket", 5)
                await town.done()
                network.refuse_all = 38  # congestion: what comes now waits
                network.text("+6281230000750", "jalan rusak di Lowokwaru kota malang")
                await town.until("SELECT count(*) FROM ticket", 6)
                said = await smsd(town, "backup", str(kept), "--key-to", str(key))
                assert f"{kept}: whole; 6 tickets, made at " in said
                network.refuse_all = None
                await town.db.execute("UPDATE outbox_sms SET due_at = now() WHERE state = 'queued'")
                network.text("+6281230000751", "sampah numpuk di Lowokwaru kota malang")  # is lost with the disk
                await town.until("SELECT count(*) FROM ticket", 7)
                await town.done()
                assert 0 == await gateway.stop()
            before = Counter(town.submits)
            letters = [letter.message["Message-ID"] for letter in town.mailbox.letters]
            codes = await town.db.fetch("SELECT code FROM ticket ORDER BY id LIMIT 6")

            (town.folder / "smsd.key").write_bytes(key.read_bytes())
            town.dsn = empty_dsn
            town.configure()
            said = await smsd(town, "restore", str(kept))
            assert "restored: 6 tickets" in said
            assert "held: 1 SMS and " in said
            await town.look_again()
            assert codes == await town.db.fetch("SELECT code FROM ticket ORDER BY id")
            async with town.gateway(**UNMEASURED) as gateway:
                await gateway.started("modem.ready")
                network.text("+6281230000700", "STATUS")
                network.text("+6281230000752", "lampu jalan mati di Lowokwaru kota malang")
                await town.until("SELECT count(*) FROM ticket", 7)
                await town.done()
                code = codes[0]["code"]
                shown = f"{code[:3]} {code[3:6]} {code[6:]}"
                await answer(await town.mailbox.about(shown), "SELESAI Sudah ditambal.", town.lmtp)
                await town.until(f"SELECT status FROM ticket WHERE code = '{code}'", "selesai")
                await town.done()
                after = Counter(town.submits)
                assert all(after[sms] == count for sms, count in before.items())
                assert {"+6281230000700", "+6281230000752"} == {number for number, _ in after - before}
                new = [letter.message["Message-ID"] for letter in town.mailbox.letters[len(letters) :]]
                assert set() == {*letters} & {*new}
                # An operator who knows better sends what was held.
                (held,) = json.loads(await smsd(town, "outbox", "list", "--json", "--state", "failed"))[:1]
                assert held["error"].startswith("from a backup of 20")
                await smsd(town, "outbox", "retry", held["id"])
                await town.until("SELECT count(*) FROM outbox_sms WHERE state = 'failed'", 0)
                await town.done()
                assert 0 == await gateway.stop()
            assert 1 == sum((Counter(town.submits) - after).values())


class TestDatabaseAway:
    """The modems are served all the same."""

    async def test_it_starts_without_its_database(self, town_in, own_server):
        """SMS are taken off the modem, survive a kill, and become tickets in order when the database is there."""
        async with town_in(modems=2) as town:
            await town.move(own_server)
            await asyncio.to_thread(own_server.stop)
            for n in range(6):
                town.simulators[n % 2].network.text(f"+62812300003{n:02}", "jalan rusak di Lowokwaru kota malang")
            async with town.gateway(**UNMEASURED) as gateway:
                await town.emptied()
                assert "is PostgreSQL running" in next(e["error"] for e in gateway.events if "error" in e)
                gateway.process.kill()
            for n in range(6, 8):
                town.simulators[n % 2].network.text(f"+62812300003{n:02}", "jalan rusak di Lowokwaru kota malang")
            async with town.gateway() as gateway:
                await town.emptied()
                spooled = await town.spooled()
                assert (8, []) == (spooled["parts"], spooled["broken"])
                await asyncio.to_thread(own_server.start)
                await town.look_again()
                await town.until("SELECT count(*) FROM ticket", 8)
                (drained,) = [event for event in gateway.events if event["event"] == "spool.drained"]
                assert 8 == drained["parts"]
                assert {"parts": 0, "files": 0, "since": None, "broken": []} == await town.spooled()
                await town.done()
                assert 0 == await gateway.stop()
            assert 8 == await town.db.fetchval("SELECT count(*) FROM inbound_part")
            assert [] == await town.half_done()

    async def test_a_schema_that_is_not_ours_is_told_when_the_database_comes(self, town_in, own_server):
        """Exit code 3 and the cure; what was kept stays kept."""
        async with town_in() as town:
            await town.move(own_server)
            await town.db.execute("UPDATE schema_version SET version = 1")
            await asyncio.to_thread(own_server.stop)
            town.simulators[0].network.text(CITIZEN, "jalan rusak di Lowokwaru kota malang")
            async with town.gateway() as gateway:
                await town.emptied()
                await asyncio.to_thread(own_server.start)
                assert 3 == await gateway.ended()
            (line,) = [line for line in gateway.lines if not line.startswith("{")]
            needed = f"this smsd needs {SCHEMA_VERSION}; run `smsd db upgrade`"
            assert f"smsd: the schema is version 1, {needed}" == line
            assert 1 == (await town.spooled())["parts"]

    async def test_killed_in_the_middle_and_started_again(self, town_in, own_server):
        """Three times, while SMS come over two modems: each number's are there once and in order."""
        async with town_in(modems=2) as town:
            await town.move(own_server)
            texts = itertools.count()

            def send(count):
                for n in itertools.islice(texts, count):
                    town.simulators[n % 2].network.text(f"+62812300004{n % 7:02}", f"STATUS {n:04}")

            async with town.gateway() as gateway:
                await town.until("SELECT count(*) FROM modem WHERE state = 'ready'", 2)
                for _ in range(3):
                    send(30)
                    await asyncio.sleep(random.uniform(0, 0.5))
                    own_server.kill()
                    send(30)
                    await asyncio.sleep(random.uniform(0, 0.5))
                    await asyncio.to_thread(own_server.start)
                await town.emptied()
                await town.look_again()
                await town.until("SELECT count(*) FROM inbound_message", 180)
                async with asyncio.timeout(PATIENCE_S):
                    while (await town.spooled())["parts"]:
                        await asyncio.sleep(0.05)
                assert 0 == await gateway.stop()
            rows = await town.db.fetch("SELECT phone_id, text FROM inbound_message ORDER BY id")
            assert 180 == len({row["text"] for row in rows}) == len(rows)
            assert [] == gateway.named("sms.quarantined", "modem.lost", "spool.broken")

    async def test_a_database_that_hangs_holds_up_neither_modem_nor_stop(self, town_in, own_server):
        """Frozen: the SMS leave the modem, the stop takes the budget and little more; nothing is lost."""
        async with town_in() as town:
            await town.move(own_server, budget_s=5)
            async with town.gateway(**UNMEASURED) as gateway:
                await town.until("SELECT state FROM modem", "ready")
                own_server.freeze()
                town.simulators[0].network.text(CITIZEN, "jalan rusak di Lowokwaru kota malang")
                await town.emptied()
                assert 1 == (await town.spooled())["parts"]
                begun = asyncio.get_running_loop().time()
                assert 0 == await gateway.stop()
                took_s = asyncio.get_running_loop().time() - begun
                assert took_s < 5 + 8, took_s
            own_server.thaw()
            async with town.gateway() as gateway:
                await town.until("SELECT count(*) FROM ticket", 1)
                assert 0 == await gateway.stop()
