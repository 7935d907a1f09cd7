"""The units as systemd runs them: `make units`. Needs root and systemd; says what held and what did not.

A systemd of our own boots in namespaces of its own (boot.sh), installs what the package installs (install.sh), with a
real PostgreSQL and two simulated modems, and runs `smsd.service` and `smsd@modem1.service` with all their restrictions.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CGROUPS = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
PATIENCE_S = 120
NEEDS = {"systemctl": "systemd", "unshare": "util-linux", "nsenter": "util-linux", "setpriv": "util-linux"}
UNSHARE = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--cgroup", "--uts", "--ipc")
SERVICES = ("smsd", "smsd@modem1")
TEXT = "jln rusak parah di Lowokwaru kota malang"


@dataclass
class Inside:
    """The machine in which our systemd is process 1."""

    first: int  # its process as we see it
    place: str

    def run(self, *command: str, check: bool = True) -> str:
        """What a command says in there; with `check`, it must succeed."""
        entered = ("nsenter", "--target", str(self.first), "--mount", "--pid", "--cgroup", "--uts", "--ipc", "--")
        done = subprocess.run([*entered, *command], capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        if check and done.returncode:
            raise Failed(f"{' '.join(command)} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
        return done.stdout.strip()

    def file(self, path: str) -> Path:
        """A file in there."""
        return Path(f"/proc/{self.first}/root{path}")

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", "--value", "-p", name, unit)

    def ask(self, modem: int, **words: str) -> dict[str, object]:
        """What a simulated modem's control socket answers."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.file(f"/run/sim{modem}/control")))
            line.sendall(json.dumps(words).encode() + b"\n")
            answer: dict[str, object] = json.loads(line.makefile().readline())
            return answer

    def inbox(self, modem: int, number: str) -> list[object]:
        """What a phone has shown."""
        texts = self.ask(modem, do="inbox", number=number)["texts"]
        assert isinstance(texts, list)
        return texts


class Failed(Exception):
    """Something is not as it should be."""


def why_not() -> str:
    """What is missing here; nothing where all is there."""
    if os.geteuid():
        return "only root may make namespaces; run this as root"
    if missing := [name for name in NEEDS if not shutil.which(name)]:
        return f"{missing[0]} is not installed (Debian: apt install {NEEDS[missing[0]]})"
    if not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        return "PostgreSQL is not installed (Debian: apt install postgresql)"
    if not Path("/lib/systemd/systemd").exists() or not _cgroups():
        return "systemd and cgroups of version 2 are not there (Debian: apt install systemd)"
    if not (ROOT / ".venv").is_dir():
        return "there is no .venv here; make setup"
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode:
        return "this machine lets nobody make namespaces; run this elsewhere"
    return ""


def main() -> int:
    """0 where all held."""
    if why := why_not():
        print(why, file=sys.stderr)
        return 3
    with booted() as inside:
        inside.run("/opt/smsd/src/bench/units/install.sh")
        for check in CHECKS:
            try:
                found = check(inside)
            except Failed as e:
                print(f"FAILED  {check.__doc__}\n        {e}", file=sys.stderr)
                for unit in SERVICES:
                    print(*inside.file(f"/run/{unit}.log").read_text().splitlines()[-5:], sep="\n", file=sys.stderr)
                return 1
            print(f"held    {check.__doc__}{f' [{found}]' if found else ''}", flush=True)
    return 0


def _cgroups() -> Path | None:
    """Where version 2 is mounted, alone or beside version 1."""
    return next((folder for folder in CGROUPS if (folder / "cgroup.procs").exists()), None)


@contextmanager
def booted() -> Iterator[Inside]:
    """Our systemd, up; killed at the end, and all that it started with it."""
    cgroup = Path(tempfile.mkdtemp(prefix="smsd-units-", dir=_cgroups()))
    python = str(Path(sys.base_prefix))
    with tempfile.TemporaryDirectory(prefix="smsd-units-") as place, open(f"{place}/console", "wb") as console:

        def enter() -> None:
            (cgroup / "cgroup.procs").write_text("0")

        process = subprocess.Popen(
            [*UNSHARE, str(HERE / "boot.sh"), str(ROOT), python, place],
            preexec_fn=enter,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            cwd="/",
        )
        try:
            first = int(_until(lambda: _children(process.pid), "namespaces")[0])
            inside = Inside(first, place)
            running = ("running", "degraded")
            _until(lambda: inside.run("systemctl", "is-system-running", check=False) in running, "systemd to be up")
            yield inside
        finally:
            for child in _children(process.pid):
                os.kill(int(child), signal.SIGKILL)
            process.wait()
            for folder in sorted(cgroup.glob("**/"), key=lambda path: -len(path.parts)):
                folder.rmdir()


def _children(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []


def _until(look: Callable[[], T], what: str) -> T:
    end = time.monotonic() + PATIENCE_S
    while not (found := look()):
        if time.monotonic() > end:
            raise Failed(f"waited {PATIENCE_S} s for {what}")
        time.sleep(0.2)
    return found


# ---------------------------------------------------------------- what must hold


def start(inside: Inside) -> str:
    """Both services start, and say how they are."""
    inside.run("systemctl", "start", *SERVICES)
    for unit in SERVICES:
        _until(lambda unit=unit: "1 of 1 modem ready" in inside.show(unit, "StatusText"), f"the modem of {unit}")
    return inside.show("smsd", "StatusText")


def locked_in(inside: Inside) -> str:
    """No privilege, no capability, system calls filtered, users of its own: in the processes that really run."""
    for unit in SERVICES:
        pid = inside.show(unit, "MainPID")
        status = dict(line.split(":\t", 1) for line in inside.file(f"/proc/{pid}/status").read_text().splitlines())
        found = [status[name].strip() for name in ("NoNewPrivs", "Seccomp", "CapEff", "CapBnd")]
        if found != ["1", "2", "0" * 16, "0" * 16]:
            raise Failed(f"{unit}: NoNewPrivs, Seccomp, CapEff, CapBnd are {found}")
        if len(inside.file(f"/proc/{pid}/uid_map").read_text().splitlines()) != 2:
            raise Failed(f"{unit} sees all users")
    return ""


def credentials(inside: Inside) -> str:
    """A credential is there for the daemon alone; operators' commands do without."""
    pid = inside.show("smsd", "MainPID")
    secret = inside.file(f"/proc/{pid}/root/run/credentials/smsd.service/mail-password")
    if secret.stat().st_mode & 0o077:
        raise Failed(f"mode {secret.stat().st_mode:o}")
    inside.run("runuser", "-u", "smsd", "--", "smsd", "check", "--rules")
    return ""


def serial_line(inside: Inside) -> str:
    """A serial port opens with the restrictions of smsd@, through the group dialout."""
    if not Path("/dev/ttyS0").exists():
        return "this machine has no /dev/ttyS0: not tried"
    unit = inside.file("/usr/lib/systemd/system/smsd@.service").read_text().splitlines()
    dropped = ("ExecStart=", "ExecReload=", "Type=", "Notify", "Watchdog", "Restart=", "ReloadPropagated", "#")
    kept = [line for line in unit if not line.startswith(dropped)]
    at = kept.index("[Service]") + 1
    kept[at:at] = ["Type=oneshot", 'ExecStart=/bin/sh -c "exec 3<>/dev/ttyS0"']
    inside.file("/etc/systemd/system/serial@.service").write_text("\n".join(kept))
    inside.run("systemctl", "daemon-reload")
    inside.run("systemctl", "start", "serial@modem1")
    return ""


def a_report(inside: Inside) -> str:
    """A report on each modem is answered, and mailed; an agency's mail comes in as Postfix hands it over."""
    for modem in (0, 1):
        inside.ask(modem, **{"do": "text", "from": f"+628123000000{modem}", "text": TEXT})
    _until(
        lambda: all(inside.inbox(0, f"+628123000000{n}") + inside.inbox(1, f"+628123000000{n}") for n in (0, 1)), "SMS"
    )
    mails = inside.file("/run/mails")
    _until(lambda: mails.read_text().count("\nReply-To: ") >= 2, "two mails")
    token = mails.read_text().split("\nReply-To: ", 1)[1].split("\n", 1)[0]
    group = inside.run("getent", "group", "smsd").split(":")[2]
    answer = f"From: pupr@malangkota.example\nTo: {token}\nSubject: Re\nMessage-ID: <1@malangkota.example>\n\nTERIMA\n"
    inside.file("/tmp/answer.py").write_text(
        "import smtplib\nwith smtplib.LMTP('/run/smsd/lmtp.sock') as mta:\n"
        f"    mta.sendmail('pupr@malangkota.example', [{token!r}], {answer!r})\n"
    )
    postfix = ("setpriv", "--reuid=65534", "--regid=65534", f"--groups={group}", "--")
    inside.run(
        *postfix, "env", "LD_LIBRARY_PATH=/opt/smsd/python/lib", "/opt/smsd/python/bin/python3", "/tmp/answer.py"
    )
    listed = ("runuser", "-u", "smsd", "--", "smsd", "ticket", "list", "--json")
    _until(lambda: "ditindaklanjuti" in inside.run(*listed), "the agency's answer")
    return inside.show("smsd", "StatusText")


def reload(inside: Inside) -> str:
    """`systemctl reload smsd` reaches both; with a fault in a file it fails, and both go on."""
    inside.run("systemctl", "reload", "smsd")
    for unit in SERVICES:
        log = inside.file(f"/run/{unit}.log")
        _until(lambda log=log: "rules.reloaded" in log.read_text(), f"the reload of {unit}")
    config = inside.file("/etc/smsd/smsd.toml")
    good = config.read_text()
    config.write_text(f"{good}\n[limits]\nsms_attemps = 3\n")
    try:
        inside.run("systemctl", "reload", "smsd")
    except Failed:
        pass
    else:
        raise Failed("a bad file was taken")
    finally:
        config.write_text(good)
    for unit in SERVICES:
        _until(lambda unit=unit: inside.show(unit, "ActiveState") == "active", f"{unit} to go on")
        if inside.show(unit, "NRestarts") != "0":
            raise Failed(f"{unit} was restarted")
    return ""


def kill(inside: Inside) -> str:
    """One that is killed is started again; the other does its work meanwhile."""
    other = inside.show("smsd@modem1", "MainPID")
    inside.run("systemctl", "kill", "--signal=KILL", "--kill-who=main", "smsd")
    inside.ask(1, **{"do": "text", "from": "+6281230000009", "text": TEXT})
    _until(lambda: inside.inbox(1, "+6281230000009"), "the answer while smsd.service is down")
    _until(lambda: inside.show("smsd", "NRestarts") == "1" and inside.show("smsd", "ActiveState") == "active", "smsd")
    if inside.show("smsd@modem1", "MainPID") != other:
        raise Failed("the other was restarted too")
    return ""


def watchdog(inside: Inside) -> str:
    """One that stands still is killed by the watchdog and started again."""
    inside.file("/etc/systemd/system/smsd@modem1.service.d/soon.conf").write_text("[Service]\nWatchdogSec=10s\n")
    inside.run("systemctl", "daemon-reload")
    inside.run("systemctl", "restart", "smsd@modem1")
    inside.run("kill", "-STOP", inside.show("smsd@modem1", "MainPID"))
    _until(lambda: inside.show("smsd@modem1", "Result") == "watchdog", "the watchdog")
    _until(lambda: inside.show("smsd@modem1", "ActiveState") == "active", "the restart")
    return ""


def stop(inside: Inside) -> str:
    """Both stop cleanly."""
    inside.run("systemctl", "stop", *SERVICES)
    results = [inside.show(unit, "Result") for unit in SERVICES]
    if results != ["success", "success"]:
        raise Failed(f"{results}")
    return ""


def backup(inside: Inside) -> str:
    """A backup of the server that Debian has, by its own tools, is restored into another database."""
    smsd = ("runuser", "-u", "smsd", "--", "smsd")
    before = inside.run(*smsd, "ticket", "list", "--json")
    said = inside.run(*smsd, "backup", "/var/lib/smsd/kept.backup")
    made = ("createdb", "-h", "/run/postgresql", "--owner", "smsd", "--encoding", "UTF8", "--template", "template0")
    inside.run("runuser", "-u", "postgres", "--", *made, "another")
    config = inside.file("/etc/smsd/smsd.toml")
    config.write_text(config.read_text().replace("@/smsd?", "@/another?"))
    inside.run(*smsd, "restore", "/var/lib/smsd/kept.backup")
    if before != inside.run(*smsd, "ticket", "list", "--json") or "PUPR-35.73" not in before:
        raise Failed("other tickets came back")
    return said


def embedded(inside: Inside) -> str:
    """The embedded PostgreSQL starts, serves and stops within the same restrictions."""
    config = inside.file("/etc/smsd/smsd.toml")
    lines = [line for line in config.read_text().splitlines() if not line.startswith("own_process")]
    config.write_text("\n".join('dsn = "embedded"' if line.startswith("dsn") else line for line in lines))
    inside.run("systemctl", "start", "smsd")
    _until(lambda: "database ok" in inside.show("smsd", "StatusText"), "the database")
    said = inside.show("smsd", "StatusText")
    inside.run("systemctl", "stop", "smsd")
    log = inside.file("/var/lib/smsd/postgres/log").read_text()
    if inside.show("smsd", "Result") != "success" or "database system is shut down" not in log:
        raise Failed("it was not stopped cleanly")
    return said


CHECKS = (start, locked_in, credentials, serial_line, a_report, reload, kill, watchdog, stop, backup, embedded)

if __name__ == "__main__":
    sys.exit(main())
