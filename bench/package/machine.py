"""A clean Debian in a folder, with processes, mounts and a network of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

MIRROR = "http://deb.debian.org/debian"
RELEASE = "bookworm"
MODEM, CONTROL = "/run/modem0", "/run/modem0.sock"
_UNIT = "lib/systemd/system/smsd.service"
_GLANCE_S = 0.2
_COMMAND_S = 1500.0
# Services are started by hand; without this, installing postgresql would look for an init.
_POLICY = "#!/bin/sh\nexit 101\n"
# A mirror that is a day behind is good enough for a test.
_APT = ("-y", "-q", "-o", "Acquire::Check-Valid-Until=false", "-o", "Dpkg::Use-Pty=0")

T = TypeVar("T")


class Missed(Exception):
    """Not what was expected; the text says what was seen."""


def expect(holds: object, otherwise: str) -> None:
    """Missed, unless it holds."""
    if not holds:
        raise Missed(otherwise)


def until(look: Callable[[], T | None], within_s: float, what: str) -> T:
    """What `look` finds, as soon as it finds something; Missed if it has not in time."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise Missed(f"not within {within_s:g} s: {what}")
        time.sleep(_GLANCE_S)
    return found


def why_not() -> str:
    """Why it cannot be played here; empty where it can."""
    for tool in ("debootstrap", "unshare", "nsenter"):
        if shutil.which(tool) is None:
            return f"{tool} is missing (Debian: apt install debootstrap util-linux)"
    return "" if os.geteuid() == 0 else "only root can make a Debian root"


class Machine:
    """Commands in that root; those that start something leave it running until the machine ends."""

    def __init__(self, root: Path, init: int) -> None:
        self.root = root
        self._init = init
        self._started: list[subprocess.Popen[bytes]] = []

    def __call__(self, *command: str, given: str | None = None, network: bool = False) -> str:
        """What it prints, errors too; Missed if it fails."""
        done = self.tried(*command, given=given, network=network)
        expect(done.returncode == 0, f"`{' '.join(command)}` ended with {done.returncode}: {done.stdout[-600:]}")
        return done.stdout

    def tried(self, *command: str, given: str | None = None, network: bool = False) -> subprocess.CompletedProcess[str]:
        """The same, whatever it ends with."""
        return subprocess.run(
            [*self._inside(network), *command],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_COMMAND_S,
            check=False,
            env=_ENVIRONMENT,
        )

    def start(self, *command: str, log: str) -> subprocess.Popen[bytes]:
        """In the background; its output into a file of the root."""
        with self.path(log).open("ab") as out:
            process = subprocess.Popen(
                [*self._inside(False), *command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=_ENVIRONMENT
            )
        self._started.append(process)
        return process

    def _inside(self, network: bool) -> list[str]:
        spaces = ["-m", "-p"] if network else ["-m", "-p", "-n"]
        return ["nsenter", "-t", str(self._init), *spaces, "chroot", str(self.root)]

    # ---------------------------------------------------------------- what is in it

    def path(self, name: str) -> Path:
        """A file of the root, with what is mounted there."""
        return Path(f"/proc/{self._init}/root{self.root}") / name.lstrip("/")

    def apt(self, *arguments: str, network: bool = False) -> str:
        """apt-get, without a question."""
        return self("apt-get", *_APT, *arguments, network=network)

    def psql(self, query: str) -> str:
        """As the administrator of PostgreSQL, in smsd's database."""
        return self(
            "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "psql", "-XAt", "smsd", given=query
        )

    def simulator(self, **request: object) -> dict[str, Any]:
        """One request to the simulated modem."""
        talk = (
            "import socket, sys; line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[1]);"
            "line.sendall(sys.stdin.buffer.read() + b'\\n'); print(line.makefile().readline())"
        )
        answer = json.loads(self("python3", "-c", talk, CONTROL, given=json.dumps(request)))
        expect(answer.get("ok"), f"the simulator says {answer}")
        return dict(answer)

    def inbox(self, number: str) -> list[str]:
        """What a citizen's phone has shown."""
        return [text["text"] for text in self.simulator(do="inbox", number=number)["texts"]]

    # ---------------------------------------------------------------- services

    def start_modem(self) -> None:
        """The simulated modem, its line with the owner that udev gives a real one."""
        self.start(
            "/usr/lib/smsd/bin/smsd", "simulate", "modem", "--link", MODEM, "--control", CONTROL, log="/var/log/modem"
        )
        until(lambda: self.path(CONTROL).exists(), 30, "a simulated modem")
        device = self("readlink", MODEM).strip()
        self("chgrp", "dialout", device)
        self("chmod", "660", device)

    def start_smsd(self) -> subprocess.Popen[bytes]:
        """As the unit says: its user, groups, umask, folder and command."""
        unit = self.path(_UNIT).read_text()
        user, group, more = (_setting(unit, key) for key in ("User", "Group", "SupplementaryGroups"))
        folder = f"/run/{_setting(unit, 'RuntimeDirectory')}"
        self("install", "-d", "-o", user, "-g", group, "-m", _setting(unit, "RuntimeDirectoryMode"), folder)
        self.path("/var/log/smsd").write_text("")
        process = self.start(
            *("setpriv", f"--reuid={user}", f"--regid={group}", f"--groups={group},{more}", "--no-new-privs"),
            *(
                "sh",
                "-c",
                f"echo $$ >/run/smsd/pid; umask {_setting(unit, 'UMask')}; exec {_setting(unit, 'ExecStart')}",
            ),
            log="/var/log/smsd",
        )
        until(
            lambda: "modem.ready" in self.path("/var/log/smsd").read_text(),
            90,
            "smsd with its modem; see /var/log/smsd",
        )
        return process

    def stop_smsd(self, process: subprocess.Popen[bytes]) -> None:
        """SIGTERM, as systemd does."""
        self("sh", "-c", "kill -TERM $(cat /run/smsd/pid)")
        process.wait(60)

    def close(self) -> None:
        """Nothing of it is left."""
        for process in self._started:
            process.kill()
            process.wait()


_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "DEBIAN_FRONTEND": "noninteractive",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
}


def _setting(unit: str, key: str) -> str:
    """The last value of a key in a unit file."""
    found = re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)
    expect(found, f"the unit has no {key}=")
    return str(found[-1])


def make_root(folder: Path) -> None:
    """By debootstrap, from the same mirror as this machine's where that is Debian's."""
    subprocess.run(
        ["debootstrap", "--variant=minbase", RELEASE, str(folder), MIRROR], check=True, stdout=subprocess.DEVNULL
    )


@contextmanager
def open_machine(root: Path) -> Iterator[Machine]:
    """The root with /proc, /dev/pts and namespaces; all its processes end with the block."""
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text(_POLICY)
    policy.chmod(0o755)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    (root / "etc/apt/sources.list").write_text(f"deb {MIRROR} {RELEASE} main\n")
    mounts = (
        f"mount -t proc proc {root}/proc && mount -t sysfs -o ro sysfs {root}/sys && mount -t tmpfs tmpfs {root}/run"
        f" && mount -t devpts -o newinstance,ptmxmode=0666 devpts {root}/dev/pts && ip link set lo up"
        f" && echo ready && exec sleep infinity"
    )
    spaces = ("--mount", "--pid", "--net", "--uts", "--fork", "--kill-child")
    outer = subprocess.Popen(["unshare", *spaces, "sh", "-c", mounts], stdout=subprocess.PIPE, text=True)
    assert outer.stdout is not None
    try:
        expect(outer.stdout.readline().strip() == "ready", "the namespaces could not be made")
        machine = Machine(root, _child_of(outer.pid))
        try:
            yield machine
        finally:
            machine.close()
    finally:
        outer.kill()
        outer.wait()


def _child_of(pid: int) -> int:
    """`unshare --fork` waits outside; its child is the first process inside."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
