"""The machine: files and who may read them, disk, clock, ModemManager, the unit, open files."""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import grp
import os
import pwd
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from config.settings import Settings
from smsd.doctor.finding import Finding, Wishes, fail, ok, warn
from smsd.store.seal import KeyFileError, find_key_file, load_seal

_OTHERS = stat.S_IROTH | stat.S_IWOTH
_GB = 1_000_000_000
_LOW_GB, _TOO_LOW_GB = 2.0, 0.3
_FEW_INODES = 0.05
_LEAST_FILES = 256  # a modem, eight connections, the mails in hand: under a hundred
_STA_UNSYNC = 0x40  # adjtimex(2)
_TIMEX_BYTES, _STATUS_AT = 256, 40  # struct timex of 64-bit Linux
_COMMAND_S = 15.0


async def look_at_configuration(settings: Settings, _: Wishes) -> list[Finding]:
    """All that `smsd check` says."""
    command = (sys.executable, "-m", "smsd", "check", "--config", str(settings.path))
    process = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1)
    _out, err = await process.communicate()
    if process.returncode == 0:
        return [ok(f"{settings.path}")]
    problems = [line.removeprefix("smsd: ") for line in err.decode().splitlines() if line]
    return [fail(problem, "see docs/configuration.md; `smsd check` says all of it again") for problem in problems]


# ---------------------------------------------------------------- permissions


async def look_at_permissions(settings: Settings, _: Wishes) -> list[Finding]:
    """Secrets are for the service alone, and the service may do its work."""
    found = [*_readable_by_all(settings), *_state_dir(settings), *_devices(settings), *_postfix_user(settings)]
    return found or [ok(f"files, folders and devices, as {_name(os.geteuid())}")]


def _readable_by_all(settings: Settings) -> Iterator[Finding]:
    key = find_key_file(settings.privacy.key_file, settings.gateway.state_dir)
    secrets = [settings.database.password_file, settings.mail.password_file, *(m.pin_file for m in settings.modems)]
    for file in (key, *filter(None, secrets)):
        if file.exists() and file.stat().st_mode & _OTHERS:
            yield fail(f"everybody on this machine may read {file}", f"chmod o-rwx {file}")


def _state_dir(settings: Settings) -> Iterator[Finding]:
    folder = settings.gateway.state_dir
    me = _name(os.geteuid())
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield fail(f"{me} may not write in {folder}", f"chown smsd: {folder}; or run this as the user smsd")
    elif os.geteuid() == 0 and folder.stat().st_uid != 0:
        yield warn("this runs as root, who may do what the service may not", "run it as the user smsd")
    # The embedded database runs as another user where the service is root.
    ours = [p for p in folder.glob("*") if p.name != "postgres"] if folder.is_dir() else []
    foreign = [p for p in ours if p.lstat().st_uid != folder.stat().st_uid]
    if foreign:
        yield fail(f"{foreign[0]} belongs to {_name(foreign[0].lstat().st_uid)}", f"chown -R smsd: {folder}")


def _devices(settings: Settings) -> Iterator[Finding]:
    for modem in settings.modems:
        if modem.device.exists() and not os.access(modem.device, os.R_OK | os.W_OK):
            group = _group(modem.device.stat().st_gid)
            cure = f"usermod -aG {group} smsd, and restart smsd"
            yield fail(f"{_name(os.geteuid())} may not open {modem.device}, which is {group}'s", cure)


def _postfix_user(settings: Settings) -> Iterator[Finding]:
    """Postfix must get to the socket."""
    socket = settings.mail.lmtp_listen.removeprefix("unix:")
    if socket == settings.mail.lmtp_listen or not Path(socket).exists():
        return
    try:
        groups = os.getgrouplist("postfix", pwd.getpwnam("postfix").pw_gid)
    except KeyError:
        return
    if (owner := Path(socket).stat().st_gid) not in groups:
        group = _group(owner)
        cure = f"usermod -aG {group} postfix && systemctl restart postfix"
        yield fail(f"the user postfix may not enter {socket}: it is not in the group {group}", cure)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


async def look_at_key(settings: Settings, _: Wishes) -> list[Finding]:
    """It is there and is one."""
    file = find_key_file(settings.privacy.key_file, settings.gateway.state_dir)
    try:
        load_seal(file)
    except KeyFileError as e:
        problem, _sep, cure = str(e).partition("; ")
        return [fail(problem, cure)]
    return [ok(f"{file}: keep a copy elsewhere, apart from the database's")]


# ---------------------------------------------------------------- disk, clock


async def look_at_disk(settings: Settings, _: Wishes) -> list[Finding]:
    """Where we, PostgreSQL and Postfix write, as far as that is on this machine."""
    places = [settings.gateway.state_dir, Path("/var/lib/postgresql"), Path("/var/spool/postfix")]
    seen: dict[int, Path] = {}
    for place in places:
        if place.exists():
            seen.setdefault(place.stat().st_dev, place)
    return [_room(place) for place in seen.values()] or [fail(f"{places[0]} does not exist", "run `smsd setup`")]


def _room(place: Path) -> Finding:
    usage, nodes = shutil.disk_usage(place), os.statvfs(place)
    free = f"{usage.free / _GB:.1f} of {usage.total / _GB:.0f} GB free at {place}"
    cure = "make room: old backups and logs (`journalctl --vacuum-size=1G`) first, or a larger disk"
    if usage.free < _TOO_LOW_GB * _GB:
        return fail(free, cure)
    if nodes.f_files and nodes.f_favail < _FEW_INODES * nodes.f_files:
        return warn(f"{nodes.f_favail} files can still be made at {place}", "remove what has very many small files")
    return warn(free, cure) if usage.free < _LOW_GB * _GB else ok(free)


async def look_at_clock(settings: Settings, _: Wishes) -> list[Finding]:
    """Deadlines are kept by it."""
    local = datetime.now(settings.zone)
    said = f"{local:%d/%m/%Y %H:%M} in {settings.gateway.timezone}"
    synchronised = _clock_is_synchronised()
    if synchronised is None:
        return [warn(f"{said}, and the kernel does not tell whether it is kept right", "see `timedatectl`")]
    if not synchronised:
        return [warn(f"{said}, and nothing keeps it right", "apt install systemd-timesyncd; timedatectl set-ntp true")]
    return [ok(f"{said}, kept by the network's time")]


def _clock_is_synchronised() -> bool | None:
    """What the kernel knows, whichever program keeps the time; `timedatectl` shows the same."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: only read
    if sys.maxsize < 2**32 or ctypes.CDLL(None).adjtimex(timex) < 0:
        return None
    return not int.from_bytes(timex.raw[_STATUS_AT : _STATUS_AT + 4], sys.byteorder) & _STA_UNSYNC


# ---------------------------------------------------------------- programs


async def look_at_modem_manager(settings: Settings, _: Wishes) -> list[Finding]:
    """It opens modems and talks AT to them in between."""
    if not _runs("ModemManager"):
        return [ok("does not run")]
    left = [modem.device for modem in settings.modems if not await _is_ignored(modem.device)]
    if not left:
        return [ok("runs, and leaves our modems alone")]
    cure = "apt purge modemmanager; or the package's udev rule, then unplug the modem and plug it in"
    return [warn(f"runs, and may use {', '.join(map(str, left))}", cure)]


def _runs(name: str) -> bool:
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            if comm.read_text().strip() == name[:15]:  # the kernel keeps so much of a name
                return True
        except OSError:  # it has just ended
            continue
    return False


async def _is_ignored(device: Path) -> bool:
    return "ID_MM_DEVICE_IGNORE=1" in await said("udevadm", "info", "--query=property", str(device))


async def look_at_service(settings: Settings, _: Wishes) -> list[Finding]:
    """Runs, and will after a reboot."""
    if not Path("/run/systemd/system").is_dir():
        if is_running(settings):
            return [ok("smsd runs; there is no systemd here")]
        return [fail("smsd does not run", "start it: smsd run")]
    state = {name: (await said("systemctl", f"is-{name}", "smsd.service")).strip() for name in ("active", "enabled")}
    if state["active"] == "active":
        if state["enabled"] == "enabled":
            return [ok("active, and starts with the machine")]
        return [warn(f"active, but {state['enabled']}: a reboot ends it", "systemctl enable smsd")]
    if is_running(settings):
        return [ok("smsd runs, but not by the unit smsd.service")]
    cure = "systemctl enable --now smsd; `journalctl -u smsd -o cat` says why it ended"
    return [fail(f"smsd.service is {state['active'] or 'not installed'}", cure)]


def is_running(settings: Settings) -> bool:
    """Whether a daemon holds the state directory."""
    try:
        with open(settings.gateway.state_dir / "smsd.lock") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


async def look_at_open_files(_settings: Settings, _: Wishes) -> list[Finding]:
    """Every modem, connection and mail is one."""
    taken, _free, most = map(int, Path("/proc/sys/fs/file-nr").read_text().split())
    mine = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if most - taken < _LEAST_FILES:
        return [
            fail(f"{taken} of {most} files are open on this machine", "raise fs.file-max (sysctl), or find who leaks")
        ]
    if mine < _LEAST_FILES:
        return [fail(f"a process may open {mine} files", "LimitNOFILE=1024 in `systemctl edit smsd`")]
    return [ok(f"{taken} open on this machine; a process may open {mine}")]


async def said(*command: str) -> str:
    """What a program prints; nothing where it is not there."""

    def run() -> str:
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_S, check=False).stdout
        except (FileNotFoundError, subprocess.TimeoutExpired):
            return ""

    return await asyncio.to_thread(run)
