"""The services that setup makes ready on this machine: the database in PostgreSQL, and Postfix for the reply domain.

As root, for other users own them. What a tool says when it fails becomes the one line of the error.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from smsd.cli.options import NotSo
from smsd.setup.files import SERVICE

_POSTFIX = Path("/etc/postfix")
_MARK = "database-made-by-setup"  # the package's purge drops what setup made, and nothing else
_TIMEOUT_S = 120.0


def may_become_others() -> bool:
    """Root may."""
    return os.geteuid() == 0


def run(*command: str, user: str | None = None, given: str | None = None) -> str:
    """What a command prints; NotSo with what it complained of."""
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, cwd="/", **_as(user)
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as e:
        raise NotSo(f"{command[0]} cannot be run ({e}); is its Debian package installed?") from e
    if done.returncode:
        said = " ".join(done.stderr.split())[-300:]
        raise NotSo(f"`{' '.join(command)}` failed: {said}; mend that, and run `smsd setup` again")
    return done.stdout


def _as(user: str | None) -> dict[str, Any]:
    """subprocess.run's arguments for another user with all its groups; nothing to change where we are not root."""
    if user is None or not may_become_others():
        return {}
    known = pwd.getpwnam(user)
    groups = os.getgrouplist(user, known.pw_gid)
    return {
        "user": known.pw_uid,
        "group": known.pw_gid,
        "extra_groups": groups,
        "env": os.environ | {"HOME": known.pw_dir, "USER": user, "LOGNAME": user},
    }


def smsd(*arguments: str) -> str:
    """`smsd` as the service's user, where there is one and we may become it."""
    return run(sys.executable, "-m", "smsd", *arguments, user=service_user())


def service_user() -> str | None:
    """The user smsd; None: whoever runs setup."""
    if not may_become_others():
        return None
    try:
        return pwd.getpwnam(SERVICE).pw_name
    except KeyError:
        return None


# ---------------------------------------------------------------- PostgreSQL


def make_database(folder: Path) -> str:
    """A role and a database `smsd` in the PostgreSQL of this machine, by its socket; what was done."""
    if not may_become_others():
        raise NotSo("only root can make a database in the local PostgreSQL; run `sudo smsd setup`, or name a DSN")
    if shutil.which("psql") is None:
        raise NotSo("PostgreSQL is not installed; `apt install postgresql`, or name another database")
    made = []
    if not _asked("SELECT 1 FROM pg_roles WHERE rolname = 'smsd'"):
        run("createuser", SERVICE, user="postgres")
        made.append("user")
    if not _asked("SELECT 1 FROM pg_database WHERE datname = 'smsd'"):
        run("createdb", "--owner", SERVICE, "--encoding", "UTF8", "--template", "template0", SERVICE, user="postgres")
        (folder / _MARK).touch()
        made.append("database")
    return f"PostgreSQL: {' and '.join(made)} smsd made" if made else "PostgreSQL: the database smsd was there"


def _asked(query: str) -> bool:
    return bool(run("psql", "-X", "-A", "-t", "-c", query, "postgres", user="postgres").strip())


# ---------------------------------------------------------------- Postfix


def postfix_files() -> Path:
    """What came with the program: installed, or in its sources."""
    installed = Path(sys.prefix) / "share/smsd/postfix"
    return installed if installed.is_dir() else Path(__file__).parent.parent.parent / "examples/postfix"


def set_up_postfix(reply_domain: str, lmtp: str, triage: str, config: Path = _POSTFIX) -> str:
    """docs/mail.md, done: tables, main.cf, a client in master.cf, and Postfix in the group of the socket."""
    if not may_become_others():
        raise NotSo("only root can set up Postfix; run `sudo smsd setup`, or answer no and follow docs/mail.md")
    if shutil.which("postconf") is None or not (config / "main.cf").exists():
        raise NotSo("Postfix is not installed; `apt install postfix`, or name another mail server")
    source = postfix_files()
    for name in ("smsd_transport", "smsd_recipients", "smsd_aliases"):
        (config / name).write_text(for_domain((source / name).read_text(), reply_domain, lmtp, triage))
    settings = for_domain((source / "main.cf").read_text(), reply_domain, lmtp, triage)
    run("postconf", "-c", str(config), "-e", *_settings(settings))
    master = config / "master.cf"
    if not re.search(r"^smsd +unix", master.read_text(), re.MULTILINE):
        with master.open("a") as file:
            file.write((source / "master.cf").read_text())
    if service_user() is not None:
        run("usermod", "-a", "-G", SERVICE, "postfix")
    run("postfix", "-c", str(config), "check")
    return f"Postfix: hands mail for {reply_domain} to smsd; restart it: systemctl restart postfix"


def _settings(main: str) -> Sequence[str]:
    return re.findall(r"(?m)^[a-z].*$", main)


def for_domain(text: str, reply_domain: str, lmtp: str, triage: str) -> str:
    """An example of ours with the operator's domain, socket and people."""
    lmtp = lmtp if lmtp.startswith("unix:") else f"inet:{lmtp}"
    text = text.replace(r"1708\.example", reply_domain.replace(".", r"\."))
    text = text.replace("unix:/run/smsd/lmtp.sock", lmtp)
    return text.replace("petugas@dinas.example", triage).replace("1708.example", reply_domain)
