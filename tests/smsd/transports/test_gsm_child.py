"""The process around libGammu, spoken to directly: its protocol, its signals, its end."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from smsd.simulator.simulator import open_simulator

CHILD = ("-m", "smsd.transports.gsm_child")
PIPES = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
# libGammu prints now and then; here something prints all the time, once standard output has been turned away.
NOISY = """
import os, sys, threading
def print_on():
    while True:
        if os.path.sameopenfile(1, 2):
            os.write(1, b"[Gammu] noise ")
            os.write(2, b"and more\\n{}\\n")
threading.Thread(target=print_on, daemon=True).start()
from smsd.transports.gsm_child import main
sys.exit(main())
"""


@asynccontextmanager
async def open_child(*command, **pipes):
    """The process; killed at the end."""
    process = await asyncio.create_subprocess_exec(sys.executable, *command, **PIPES, **pipes)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def settings(device):
    """Its first line, from this process."""
    line = {"device": str(device), "connection": "at115200", "smsc": "+62811000000", "pin": None}
    return line | {"parent": os.getpid()}


async def ask(process, line):
    """Its next line after this one."""
    process.stdin.write(json.dumps(line).encode() + b"\n")
    async with asyncio.timeout(60):
        return json.loads(await process.stdout.readline())


async def test_noise_does_not_break_the_protocol(tmp_path):
    """Nor do the signals that a terminal sends to everybody; it leaves when its input ends."""
    with open(tmp_path / "stderr", "wb") as stderr:
        async with open_simulator() as simulator, open_child("-c", NOISY, stderr=stderr) as process:
            ready = await ask(process, settings(simulator.device))
            assert {"event": "ready", "imei": "001000000000009"} == ready
            for number in (signal.SIGTERM, signal.SIGINT):
                process.send_signal(number)
            assert {"id": 1, "ok": {"parts": []}} == await ask(process, {"id": 1, "do": "list"})
            simulator.network.text("+6281230000001", "halo")
            assert {"event": "arrived"} == await ask(process, {"id": 2, "do": "list"})
            answer = json.loads(await process.stdout.readline())
            assert (2, "SM", 1) == (answer["id"], *answer["ok"]["parts"][0][:2])
            process.stdin.close()
            assert 0 == await asyncio.wait_for(process.wait(), 60)
    assert b"[Gammu] noise" in (tmp_path / "stderr").read_bytes()


async def test_says_why_it_cannot_begin(tmp_path):
    """No device; and nothing at all where nobody says what to open."""
    async with open_child(*CHILD) as process:
        failed = await ask(process, settings(tmp_path / "modem0"))
        assert ("failed", False) == (failed["event"], failed["pin_refused"])
        assert f"[Errno 2] No such file or directory: '{tmp_path}/modem0'" == failed["error"]
        assert 1 == await process.wait()
    async with open_child(*CHILD) as process:
        process.stdin.close()
        assert (0, b"") == (await process.wait(), await process.stdout.read())


PARENT = """
import json, os, subprocess, sys
child = subprocess.Popen([sys.executable, *sys.argv[1:]], stdin=subprocess.PIPE, text=True)
json.dump(json.loads(sys.stdin.readline()) | {"parent": os.getpid()}, child.stdin)
print(file=child.stdin, flush=True)
print(child.pid, flush=True)
child.wait()
"""
# Its parent dies before it has come as far as to ask for a signal at that.
LATE = """
import os, sys, time
parent = os.getppid()
print("is there", flush=True)
while os.getppid() == parent:
    time.sleep(0.01)
from smsd.transports.gsm_child import main
sys.exit(main())
"""


def _has_opened_modem(process: Path) -> bool:
    """What else it opens may be closed again while we look, and it may end."""
    opened = set()
    with contextlib.suppress(FileNotFoundError):
        for fd in list((process / "fd").iterdir()):
            with contextlib.suppress(FileNotFoundError):
                opened.add(os.readlink(fd))
    return any("ptmx" in name for name in opened)


async def test_does_not_outlive_its_parent():
    """Even while libGammu hangs on a silent modem and does not see its input end."""
    async with open_simulator() as simulator:
        simulator.modem.hang()
        async with open_child("-c", PARENT, *CHILD) as parent:
            child = Path(f"/proc/{await ask(parent, settings(simulator.device))}")
            async with asyncio.timeout(60):
                while not _has_opened_modem(child):
                    await asyncio.sleep(0.01)
                parent.kill()
                while child.exists():
                    await asyncio.sleep(0.01)


async def test_does_not_begin_without_its_parent():
    """It must not hold the line that the next service needs."""
    async with open_simulator() as simulator, open_child("-c", PARENT, "-c", LATE) as parent:
        simulator.modem.hang()
        child = Path(f"/proc/{await ask(parent, settings(simulator.device))}")
        assert b"is there\n" == await parent.stdout.readline()
        parent.kill()
        async with asyncio.timeout(60):
            while child.exists():
                assert not _has_opened_modem(child)
                await asyncio.sleep(0.01)
