"""journald's protocol, octet by octet and read back with a real systemd-journald; one report's whole story in it."""

from __future__ import annotations

import array
import asyncio
import contextlib
import fcntl
import io
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog

from smsd import journal
from smsd.demo.mailbox import answer, open_mailbox
from smsd.journald import encode, is_journal, send
from smsd.simulator.simulator import open_simulator
from smsd.store.seal import make_key_file

JOURNALD = Path("/usr/lib/systemd/systemd-journald")
# A journald of our own: in a mount namespace whose /run is empty, so that it meets no other.
START = """
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/systemd/journald.conf.d /run/log/journal
cat >/run/systemd/journald.conf.d/test.conf <<END
[Journal]
Storage=volatile
RateLimitIntervalSec=0
ReadKMsg=no
Audit=no
END
exec {journald}
"""
PATIENCE_S = 60
CITIZEN = "+6281230000001"
TEXT = "jln rusak parah di Lowokwaru kota malang, byk lubang dekat warung bu Siti"
LONG = " Sudah dua minggu dan belum ada yang datang, anak sekolah sering jatuh di sana." * 2


# ---------------------------------------------------------------- octet by octet


def decode(record: bytes) -> list[tuple[str, bytes]]:
    """The other end of the protocol."""
    fields, at = [], 0
    while at < len(record):
        end = record.index(b"\n", at)
        name, equals, value = record[at:end].partition(b"=")
        if equals:
            at = end + 1
        else:
            (length,) = struct.unpack_from("<Q", record, end + 1)
            begin = end + 9
            value, at = record[begin : begin + length], begin + length + 1
            assert record[at - 1 : at] == b"\n"
        fields.append((name.decode(), value))
    return fields


def test_a_value_without_line_breaks_is_one_line() -> None:
    """NAME=value, and a line break."""
    assert b"MESSAGE=a=b\nTICKET=4821309764\n" == encode([("MESSAGE", "a=b"), ("TICKET", "4821309764")])


def test_a_value_with_line_breaks_says_how_long_it_is() -> None:
    """In eight octets, the least first; what follows it is found again."""
    record = encode([("EXCEPTION", "a\nb"), ("MODEM", "modem0")])
    assert b"EXCEPTION\n\x03\0\0\0\0\0\0\0a\nb\nMODEM=modem0\n" == record
    assert [("EXCEPTION", b"a\nb"), ("MODEM", b"modem0")] == decode(record)


def test_what_is_no_unicode_is_written_all_the_same() -> None:
    """Half a surrogate pair has no octets of its own."""
    assert b"SAYS=\\ud83d\n" == encode([("SAYS", "\ud83d")])


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """Where journald would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "socket"))
        line.settimeout(5)
        yield line


def test_a_large_record_comes_as_a_sealed_file(listener: socket.socket, tmp_path: Path) -> None:
    """Of four megabytes; nobody can change, lengthen or cut it any more."""
    record = encode([("MESSAGE", "x" * 4_000_000)])
    send(record, tmp_path / "socket")
    payload, ancillary, _, _ = listener.recvmsg(1 << 16, socket.CMSG_SPACE(4))
    assert b"" == payload
    ((level, kind, data),) = ancillary
    assert (socket.SOL_SOCKET, socket.SCM_RIGHTS) == (level, kind)
    (descriptor,) = array.array("i", data)
    with open(descriptor, "rb") as file:
        assert 0b1111 == fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
        file.seek(0)
        assert record == file.read()


def test_a_full_queue_and_no_journald_are_errors(listener: socket.socket, tmp_path: Path) -> None:
    """And soon told, for the event loop waits."""
    began = time.monotonic()
    with pytest.raises(OSError):
        for _ in range(100_000):
            send(b"MESSAGE=x\n", tmp_path / "socket")
    assert time.monotonic() - began < 30
    with pytest.raises(FileNotFoundError):
        send(b"MESSAGE=x\n", tmp_path / "nowhere")


def test_the_journal_is_known_by_its_device_and_inode() -> None:
    """Not by the variable alone: a service may have led its standard error elsewhere."""
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        status = os.fstat(one.fileno())
        environment = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        assert is_journal(one.fileno(), environment)
        assert not is_journal(other.fileno(), environment)
        assert not is_journal(one.fileno(), {})
    assert not is_journal(one.fileno(), environment), "a closed one is none"


# ---------------------------------------------------------------- events as fields


@pytest.fixture
def restored() -> Iterator[None]:
    """structlog is configured for the whole process: put back what was."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def fields_of(**event: Any) -> dict[str, str]:
    return dict(journal.fields({"level": "info"} | event))


def test_an_event_is_fields_to_search_by() -> None:
    """A sentence for people, a priority, an id that never changes, and each key in capitals."""
    said = fields_of(event="ticket.opened", ticket="4821309764", agency="PUPR-35.73", message=7, confidence=0.9)
    assert {
        "MESSAGE": "ticket.opened 482-130-9764 agency=PUPR-35.73 message=7 confidence=0.9",
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "smsd",
        "MESSAGE_ID": "2edd7145d50b5105b4d115a25a1dc71f",
        "SMSD_EVENT": "ticket.opened",
        "TICKET": "4821309764",
        "AGENCY": "PUPR-35.73",
        "INBOUND_MESSAGE": "7",
        "CONFIDENCE": "0.9",
    } == said


def test_several_values_are_several_fields() -> None:
    """As journalctl wants them, to find each."""
    said = list(journal.fields({"event": "loop.stuck", "level": "error", "loops": ["clock", "send mail"]}))
    assert [("LOOPS", "clock"), ("LOOPS", "send mail")] == said[-2:]
    assert ("MESSAGE", "loop.stuck loops=clock,send mail") == said[0]


def test_what_journald_does_not_take_is_told_on_standard_error(
    restored: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As JSON, with the reason and the cure; once journald is there again, how many lines went astray."""
    now = [0.0]
    outlet = journal._ToJournal(tmp_path / "socket", clock=lambda: now[0])
    monkeypatch.setattr(journal, "_ToJournal", lambda: outlet)
    stream = io.StringIO()
    journal.configure("info", "journal", stream)
    log = structlog.get_logger()
    log.info("sms.sent", ticket="4821309764")
    log.info("sms.sent", ticket="4821309764")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert ["journal.away", "sms.sent", "sms.sent"] == [line["event"] for line in lines]
    assert "systemctl status systemd-journald" in lines[0]["cure"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "socket"))
        now[0] = 60.0
        log.info("sms.sent", ticket="4821309764")
        records = [dict(decode(line.recv(1 << 16))) for _ in range(2)]
    assert [b"sms.sent", b"journal.back"] == [record["SMSD_EVENT"] for record in records]
    assert b"3" == records[1]["LINES"]
    assert 3 == len(stream.getvalue().splitlines())


# ---------------------------------------------------------------- a real systemd-journald


class Journald:
    """A systemd-journald in a namespace of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.run = Path(f"/proc/{process.pid}/root/run")
        self.socket = self.run / "systemd/journal/socket"

    def stream(self) -> socket.socket:
        """A connected standard error, as systemd makes it for a service."""
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.connect(str(self.run / "systemd/journal/stdout"))
        line.sendall(b"smsd\n\n6\n0\n0\n0\n0\n")  # identifier, unit, level, level prefix, three forwards
        return line

    def read(self, *matches: str, form: str = "json") -> str:
        """What journalctl finds."""
        os.kill(self.process.pid, signal.SIGRTMIN + 1)  # write to disk all that was taken (systemd-journald(8))
        folder = str(self.run / "log/journal")
        command = ["journalctl", "--no-pager", "-q", "--all", "-D", folder, "-o", form, *matches]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    async def until(self, count: int, *matches: str) -> list[dict[str, Any]]:
        """Waits for so many entries."""
        async with asyncio.timeout(PATIENCE_S):
            while len(entries := self.entries(*matches)) < count:
                await asyncio.sleep(0.1)
        return entries

    def entries(self, *matches: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.read(*matches).splitlines()]


@pytest.fixture
def journald() -> Iterator[Journald]:
    """Started for the test alone."""
    if not JOURNALD.exists() or not shutil.which("journalctl"):
        pytest.skip("systemd-journald is not here (Debian: apt install systemd)")
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("a systemd-journald of our own needs root and a mount namespace")
    process = subprocess.Popen(
        ["unshare", "-m", "--propagation", "private", "sh", "-ec", START.format(journald=JOURNALD)]
    )
    started = Journald(process)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not started.socket.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert process.poll() is None and started.socket.exists()
        yield started
    finally:
        process.terminate()
        process.wait()


async def test_journald_keeps_each_field(journald: Journald) -> None:
    """Those with line breaks and those of megabytes too; a match finds the entry by any of them."""
    event = {"event": "library.failed", "level": "error", "exception": "a\nb", "loops": ["one", "two"]}
    send(encode([*journal.fields(event), ("LARGE", "x" * 3_000_000)]), journald.socket)
    (entry,) = await journald.until(1, "SMSD_EVENT=library.failed")
    assert ("a\nb", ["one", "two"], 3_000_000) == (entry["EXCEPTION"], entry["LOOPS"], len(entry["LARGE"]))
    assert (journal.message_id("library.failed"), "3", "smsd") == (
        entry["MESSAGE_ID"],
        entry["PRIORITY"],
        entry["SYSLOG_IDENTIFIER"],
    )
    assert [entry["__CURSOR"]] == [each["__CURSOR"] for each in journald.entries("LOOPS=two")]


async def test_one_report_is_one_story_in_the_journal(journald: Journald, dsn: str, tmp_path: Path) -> None:
    """`journalctl TICKET=…`: modem, routing, mail, the agency's answer, an operator, all without number and text."""
    async with open_simulator(link=tmp_path / "modem0") as simulator, open_mailbox() as mailbox:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            lmtp = ("127.0.0.1", probe.getsockname()[1])
        config = tmp_path / "smsd.toml"
        config.write_text(
            f'[gateway]\nstate_dir = "."\n[database]\ndsn = "{dsn}"\n'
            f'[[modem]]\nname = "modem0"\ndevice = "modem0"\npoll_s = 1.0\n'
            f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\ntls = "none"\nlmtp_listen = "127.0.0.1:{lmtp[1]}"\n'
        )
        make_key_file(tmp_path / "smsd.key")
        inside = ["nsenter", "-t", str(journald.process.pid), "-m", sys.executable, "-m", "smsd"]
        stderr = journald.stream()
        status = os.fstat(stderr.fileno())
        process = await asyncio.create_subprocess_exec(
            *(*inside, "run", "--config", str(config)),
            stderr=stderr,
            env=os.environ | {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"},
        )
        stderr.close()
        try:
            await journald.until(1, "SMSD_EVENT=modem.ready")
            simulator.network.text(CITIZEN, TEXT + LONG)
            (opened,) = await journald.until(1, "SMSD_EVENT=ticket.opened")
            code = opened["TICKET"]
            assert ("modem0", "PUPR-35.73", "2") == (opened["MODEM"], opened["AGENCY"], opened["PARTS"])
            letter = await asyncio.wait_for(mailbox.about(f"{code[:3]} {code[3:6]} {code[6:]}"), PATIENCE_S)
            await answer(letter, "SELESAI Lubang sudah ditambal pagi ini.", lmtp)
            await journald.until(1, f"TICKET={code}", "SMSD_EVENT=ticket.answered")
            note = ("ticket", "note", code, "sudah ditelepon", "--config", str(config))
            assert 0 == await (await asyncio.create_subprocess_exec(*inside, *note)).wait()
            simulator.network.text(CITIZEN, "YA")
            await journald.until(3, f"TICKET={code}", "SMSD_EVENT=sms.report")
        finally:
            process.send_signal(signal.SIGTERM)
            assert 0 == await process.wait()
        connection = await asyncpg.connect(dsn)
        assert code == await connection.fetchval("SELECT code FROM ticket")
        await connection.close()

    story = [entry["SMSD_EVENT"] for entry in journald.entries(f"TICKET={code}")]
    assert {
        *("ticket.opened", "mail.accepted", "sms.sent", "sms.report", "ticket.answered", "ticket.changed"),
        "sms.handled",
    } == set(story)
    assert "ticket.opened" == story[0]
    assert 3 == story.count("sms.sent")
    everything = journald.read(form="export")
    assert "smsd.stopped" in everything
    for secret in (CITIZEN[1:], CITIZEN[3:], "warung", "Siti", "ditambal", "ditelepon"):
        assert secret not in everything, secret
    with contextlib.suppress(KeyError):
        Path(os.environ["SMSD_STORY"]).write_text(journald.read(f"TICKET={code}", form="short-iso"))
