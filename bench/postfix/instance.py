"""A Postfix of our own on loopback, with the operator's files of examples/postfix and a log that can be read."""

from __future__ import annotations

import asyncio
import grp
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples" / "postfix"
_SHIPPED_MASTER = Path("/usr/share/postfix/master.cf.dist")  # Debian's, with its chroots
# Complaints of the resolv.conf that we give it, of delays in seconds, which its notices tell in hours, and of the mail
# that is too large and of the full disk.
_OURS = re.compile(
    r"resolv\.conf differ$|postfix/bounce\[|queue file size limit exceeded$|mail_stream_cleanup:|not enough free space"
)

# What an operator's machine has before examples/postfix/main.cf is added.
_BASE = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = mx.1708.example
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
"""


def why_not() -> str:
    """Why Postfix cannot be run here; empty where it can."""
    if shutil.which("postfix") is None:
        return "Postfix is not installed (Debian: apt install postfix)"
    if not _SHIPPED_MASTER.exists():
        return f"{_SHIPPED_MASTER} is missing, which Debian's package has"
    return "" if os.geteuid() == 0 else "only root can start Postfix"


class Postfix:
    """Commands block for a fraction of a second."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.port = port

    @property
    def resolver(self) -> str:
        """The address on loopback where it looks names up, another one for each port."""
        return f"127.53.{self.port >> 8}.{self.port & 255}"

    @property
    def _config(self) -> Path:
        return self._folder / "conf"

    def write(self, lmtp: str, routes: Mapping[str, str], settings: Mapping[str, str]) -> None:
        """Its files: the operator's, with the socket at `lmtp`, `routes` for other domains, and our impatience."""
        for name in ("conf", "data", "queue", "queue/etc"):
            (self._folder / name).mkdir(parents=True)
        shutil.chown(self._folder / "data", "postfix")
        (self._folder / "queue/etc/resolv.conf").write_text(f"nameserver {self.resolver}\n")
        base = _BASE.format(folder=self._folder)
        (self._config / "main.cf").write_text(base + (EXAMPLES / "main.cf").read_text())
        master = _SHIPPED_MASTER.read_text()
        master, found = re.subn(r"^smtp +inet", f"127.0.0.1:{self.port} inet", master, flags=re.MULTILINE)
        assert found == 1, "Debian's master.cf has one smtpd"
        (self._config / "master.cf").write_text(master + (EXAMPLES / "master.cf").read_text())
        transport = (EXAMPLES / "smsd_transport").read_text().replace("unix:/run/smsd/lmtp.sock", lmtp)
        more = "".join(f"{domain} {route}\n" for domain, route in routes.items())
        (self._config / "smsd_transport").write_text(transport + more)
        for name in ("smsd_recipients", "smsd_aliases"):
            shutil.copy(EXAMPLES / name, self._config)
        self._set(settings)

    def _set(self, settings: Mapping[str, str]) -> None:
        self._run("postconf", "-e", *(f"{name}={value}" for name, value in settings.items()))

    def _run(self, command: str, *arguments: str) -> str:
        given = (command, "-c", str(self._config), *arguments)
        done = subprocess.run(given, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(given)}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Checked first, as an operator does; a complaint of `postfix check` is an error here."""
        if complaint := self._run("postfix", "check"):
            raise RuntimeError(complaint)
        self._run("postfix", "start")

    def stop(self) -> None:
        """Now."""
        self._run("postfix", "abort")

    def setting(self, name: str) -> str:
        """Its value."""
        return self._run("postconf", "-h", name).strip()

    def change(self, **settings: str) -> None:
        """Other settings from now on, also for the mail in the queue."""
        self._set(settings)
        self._run("postfix", "reload")

    def restart(self, **settings: str) -> None:
        """Likewise, also for connections that are open."""
        self.stop()
        self._set(settings)
        self.start()

    def flush(self, domain: str) -> None:
        """Tries now what waits for `domain`."""
        self._run("postqueue", "-s", domain)

    def flush_all(self) -> None:
        """Tries now whatever waits."""
        self._run("postqueue", "-f")

    def waiting(self) -> int:
        """Mails in the queue."""
        return self._run("postqueue", "-j").count("\n")

    def envelope(self, queue_id: str) -> str:
        """What the queue file says of sender, recipients and notices."""
        return self._run("postcat", "-qe", queue_id)

    def log(self) -> str:
        """All that it has logged."""
        return (self._folder / "mail.log").read_text(errors="replace")

    def complaints(self) -> list[str]:
        """Lines of the log that an operator would worry about."""
        found = re.findall(r"^.*(?:warning|error|fatal|panic):.*$", self.log(), re.MULTILINE)
        return [line for line in found if not _OURS.search(line)]


def make_socket_folder(folder: Path) -> None:
    """A folder whose sockets Postfix may use: they inherit its group, and have mode 0660."""
    folder.mkdir()
    shutil.chown(folder, group=grp.getgrgid(pwd.getpwnam("postfix").pw_gid).gr_name)
    folder.chmod(0o2750)


class _NoSuchName(asyncio.DatagramProtocol):
    """A name server for a world without other domains than those that Postfix has a route for (RFC 1035, RCODE 3)."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Gives back the question alone, and NXDOMAIN."""
        end = 12
        while data[end]:
            end += data[end] + 1
        head = data[:2] + b"\x81\x83" + b"\0\1\0\0\0\0\0\0"
        self._transport.sendto(head + data[12 : end + 5], addr)


@asynccontextmanager
async def open_postfix(postfix: Postfix) -> AsyncIterator[None]:
    """It runs for the length of a block."""
    loop = asyncio.get_running_loop()
    resolver, _ = await loop.create_datagram_endpoint(_NoSuchName, (postfix.resolver, 53))
    try:
        await asyncio.to_thread(postfix.start)
        try:
            yield
        finally:
            await asyncio.to_thread(postfix.stop)
    finally:
        resolver.close()
