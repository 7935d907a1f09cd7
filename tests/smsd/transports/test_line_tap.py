"""The tap, byte by byte: a pseudo-terminal plays the serial line, and the test is both the modem and libGammu."""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import termios
import threading
import time
import tty

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsd.transports.line_tap import Exchange, open_tap

PATIENCE_S = 10
DELIVER = "07912618010000F0040C9126180000001000006210139051038204D4F29C0E"
REPORT = "07912618010000F006000C91261800000010621013905103826210139051038200"
LISTING = (
    f'\r\n+CMGL: 1,0,,24\r\n{DELIVER}\r\n+CMGL: 2,1,"",9\r\nFFFF\r\n'
    f"+CMGL: 5,2,,24\r\n{DELIVER}\r\n+CMGL: 7,0,,0\r\n\r\n+CMGL: 9,0,,1\r\nnot hex\r\n\r\nOK\r\n"
)


class Bench:
    """Both ends of the relay: `modem` is the modem's, `gammu` the one that libGammu would hold."""

    def __init__(self, tap, modem, line, gammu, told):
        self.tap, self.modem, self.line, self.gammu, self._told = tap, modem, line, gammu, told
        self._marks = 0

    def says(self, data, *, whole=True):
        """The modem says it; each piece is a read of its own where not `whole`."""
        for piece in [data] if whole else [bytes([byte]) for byte in data]:
            os.write(self.modem, piece)
            self._until(lambda: _unread(self.line) == 0)

    def heard(self):
        """What libGammu has been given so far."""
        self._marks += 1
        mark = b"<mark %d>" % self._marks
        self.says(mark)
        return read_until(self.gammu, mark)

    def told(self, count):
        """The first `count` events, as soon as there are so many; and no more came."""
        self._until(lambda: len(self._told) >= count)
        taken, self._told[:] = list(self._told), []
        return taken

    def _until(self, true):
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.0001)


def _unread(fd):
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]


def read_until(fd, end):
    """All bytes before `end`."""
    data = b""
    while not data.endswith(end):
        assert select.select([fd], [], [], PATIENCE_S)[0], data
        data += os.read(fd, 65536)
    return data.removesuffix(end)


@contextlib.contextmanager
def open_bench():
    """A tap between two ends that the test holds."""
    told = []
    modem, line = pty.openpty()
    tty.setraw(line)
    try:
        with open_tap(os.ttyname(line), "at115200", told.append) as tap:
            gammu = os.open(tap.path, os.O_RDWR | os.O_NOCTTY)
            try:
                yield Bench(tap, modem, line, gammu, told)
            finally:
                os.close(gammu)
    finally:
        os.close(modem)
        os.close(line)


@pytest.fixture
def bench():
    """An open tap."""
    with open_bench() as opened:
        yield opened


@pytest.mark.parametrize("whole", [True, False], ids=["at once", "byte by byte"])
def test_sees_what_is_listed_and_where(bench, whole):
    """PDUs as the modem prints them, unreadable and empty ones too; drafts are not for us."""
    os.write(bench.gammu, b'AT+CPMS="ME","ME","ME"\rAT+CMGL=4\r')
    assert b'AT+CPMS="ME","ME","ME"\rAT+CMGL=4\r' == read_until(bench.modem, b"=4\r") + b"=4\r"
    bench.says(LISTING.encode(), whole=whole)
    assert LISTING.encode() == bench.heard()
    exchange = bench.tap.take()
    assert ([(1, DELIVER), (2, "FFFF"), (7, ""), (9, "not hex")], "ME") == (exchange.listed(), exchange.memory())
    assert (None, False) == (exchange.refusal(), exchange.submitted())
    again = bench.tap.take()
    assert ([], "ME") == (again.listed(), again.memory())


def test_the_memory_is_unknown_until_one_is_chosen():
    """And the latest choice counts."""
    assert Exchange().memory() is None
    assert "ME" == Exchange("SM", sent=bytearray(b'AT+CPMS="SM"\rAT+CPMS="ME","ME"\r')).memory()


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (b"\r\n+CMS ERROR: 38\r\n", "CMS 38"),
        (b"\r\n+CMS ERROR:500\r\n", "CMS 500"),
        (b"\r\n+CME ERROR: 10\r\n", "CME 10"),
        (b"\r\n+CMS ERROR: 38\r\n\r\n+CMS ERROR: 41\r\n", "CMS 41"),
        (b"\r\nERROR\r\n", "ERROR"),
        (b"\r\nERROR\r\n\r\n+CMGS: 7\r\n\r\nOK\r\n", None),
        (b"\r\n+CMGS: 7\r\n\r\nOK\r\n", None),
    ],
)
def test_knows_how_a_submission_was_refused(bench, said, refusal):
    """The modem's own code, which libGammu turns into "unknown"."""
    bench.says(said)
    bench.heard()
    assert refusal == bench.tap.take().refusal()


def test_tells_of_a_submission_before_the_modem_can_know_of_it(bench):
    """Whoever heard nothing can be sure that no PDU went out."""
    os.write(bench.gammu, b"AT+CMGS=24\r")
    read_until(bench.modem, b"24\r")
    assert [] == bench.told(0)
    os.write(bench.gammu, DELIVER.encode() + b"\x1a")
    read_until(bench.modem, b"\x1a")
    assert [{"event": "submitting"}] == bench.told(1)
    assert bench.tap.take().submitted()


NOTICES = {
    b'\r\n+CMTI: "SM",3\r\n': {"event": "arrived"},
    b"\r\n+CMTI: ME,255\r\n": {"event": "arrived"},
    b"\r\n+CREG: 2\r\n": {"event": "registration"},
    b'\r\n+CREG: 5,"06AC","000C0DE5"\r\n': {"event": "registration"},
    f"\r\n+CDS: 25\r\n{REPORT}\r\n".encode(): {"event": "passed", "pdu": REPORT},
    f"\r\n+CMT: ,24\r\n{DELIVER}\r\n".encode(): {"event": "passed", "pdu": DELIVER},
}


@pytest.mark.parametrize("notice", NOTICES)
def test_tells_a_notice_wherever_it_is_cut(bench, notice):
    """Once each, whatever the reads; and libGammu gets whole lines or nothing."""
    for cut in range(len(notice) + 1):
        bench.says(notice[:cut])
        bench.says(notice[cut:])
        assert [NOTICES[notice]] == bench.told(1)
    bench.says(notice, whole=False)
    assert [NOTICES[notice]] == bench.told(1)


def test_an_answer_about_the_registration_is_no_notice(bench):
    """Its mode stands in front; reading the status because the status was read would never end."""
    bench.says(b'\r\n+CREG: 2,1,"06AC","000C0DE5"\r\n\r\nOK\r\n\r\n+CREG: 0,5\r\n')
    bench.says(b'\r\n+CMTI: "SM",3\r\n')
    assert [{"event": "arrived"}] == bench.told(1)


def test_a_burst_blocks_nothing(bench):
    """A thousand notices while libGammu rests would fill the pseudo-terminal several times over."""
    for number in range(1000):
        bench.says(b'\r\n+CMTI: "SM",%d\r\n' % number)
    assert [{"event": "arrived"}] * 1000 == bench.told(1000)
    passed = bench.heard()
    assert b"" == re.sub(rb'\r\n\+CMTI: "SM",\d+\r\n', b"", passed)
    assert len(passed) < 1000  # only what the kernel itself has cut


ANSWERS = [b"\r\nOK\r\n", b"\r\n+CSQ: 17,99\r\n\r\nOK\r\n", b"\r\n> ", b"\r\n+CMGS: 255\r\n\r\nOK\r\n", b"+", b"\r\n"]


def test_nothing_is_lost_or_moved_however_it_is_cut():
    """Answers pass in order and whole, commands too; every notice between them is told, in the order of its kind."""
    with open_bench() as bench:

        @given(st.data())
        def check(data):
            said = data.draw(st.lists(st.sampled_from([*NOTICES, *ANSWERS[:4], LISTING.encode()]), max_size=12))
            stream = b"".join(said)
            cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(stream) - 1)), max_size=10)))
            for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
                if piece := stream[start:end]:
                    bench.says(piece)
            heard = bench.heard()
            expected = [NOTICES[piece] for piece in said if piece in NOTICES]
            told = bench.told(len(expected))
            for kind in ("arrived", "passed"):
                assert [e for e in expected if e["event"] == kind] == [e for e in told if e["event"] == kind]
            for notice in NOTICES:  # one that a read has cut may pass
                heard = heard.replace(notice, b"")
            assert b"".join(piece for piece in said if piece not in NOTICES) == heard
            command = data.draw(st.binary(min_size=1, max_size=300))
            os.write(bench.gammu, command + b"<end>")
            assert command == read_until(bench.modem, b"<end>")
            bench.told(command.count(b"\x1a") and 1)

        check()


def test_asks_the_modem_itself_while_libgammu_rests(bench):
    """The answer is ours alone; a notice in the middle of it is told all the same."""
    answers = []
    asking = threading.Thread(target=lambda: answers.append(bench.tap.ask("AT+CMGD=3", PATIENCE_S)))
    asking.start()
    assert b"AT+CMGD=3" == read_until(bench.modem, b"\r")
    bench.says(b'AT+CMGD=3\r\r\n+CMTI: "SM",3\r\n', whole=False)
    bench.says(b"\r\nOK\r\n", whole=False)
    asking.join(PATIENCE_S)
    assert ['AT+CMGD=3\r\r\n+CMTI: "SM",3\r\n\r\nOK\r\n'] == answers
    assert [{"event": "arrived"}] == bench.told(1)
    assert b"" == bench.heard()


def test_an_unanswered_question_is_an_error(bench):
    """And the tap relays again afterwards."""
    with pytest.raises(TimeoutError, match=re.escape("AT+CMGD=3 was not answered within 0.01 s")):
        bench.tap.ask("AT+CMGD=3", 0.01)
    bench.says(b"\r\nOK\r\n")
    assert b"\r\nOK\r\n" == bench.heard()


def test_tells_that_the_line_is_dead():
    """The cable is pulled."""
    told = []
    modem, line = pty.openpty()
    name = os.ttyname(line)
    with open_tap(name, "at9600", told.append):
        os.close(line)
        os.close(modem)
        deadline = time.monotonic() + PATIENCE_S
        while not told and time.monotonic() < deadline:
            time.sleep(0.001)
    assert ["line_lost"] == [event["event"] for event in told]
    assert told[0]["error"].startswith("the device is gone, unplugged? (")


def test_leaves_a_line_that_takes_no_more(bench):
    """The relay hangs in a write to the modem; going away is bounded all the same."""
    os.write(bench.gammu, b"x" * 3000)
    os.set_blocking(bench.gammu, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(bench.gammu, b"x" * 1000)


def test_refuses_what_is_no_line(tmp_path):
    """Each with the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Inappropriate ioctl"), open_tap(str(tmp_path / "file"), "at115200", print):
        pass
    with pytest.raises(FileNotFoundError, match="nowhere"), open_tap(str(tmp_path / "nowhere"), "at115200", print):
        pass
    modem, line = pty.openpty()
    with open_tap(os.ttyname(line), "at9600", print), pytest.raises(OSError, match="is in use by another process"):
        with open_tap(os.ttyname(line), "at9600", print):
            pass
    with pytest.raises(ValueError, match="'at12345' is no speed I know"), open_tap(os.ttyname(line), "at12345", print):
        pass
    os.close(modem)
    os.close(line)


def test_only_so_much_is_kept(bench):
    """A modem that talks for ever does not fill the memory; what it says passes on."""
    for _ in range(3):
        bench.tap._exchange.answered += b"x" * (1 << 20)
        bench.says(b"\r\n+CSQ: 17,99\r\n")
    assert 3 << 20 == len(bench.tap.take().answered)
    assert b"\r\n+CSQ: 17,99\r\n" * 3 == bench.heard()
