"""What is decided by files: checked as a whole, used as a whole, and read anew without a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from config.data_files import nearest
from config.reference import ReferenceDataError, check_reference
from config.replies import RepliesError, load_replies
from config.settings import Settings, SettingsError, load_settings
from config.toml_reader import Problem, key_of
from smsd.desk.rules import Desk
from smsd.office import open_desk, open_router, own_files

# The keys that a reload reads anew; () are all of a section. Every other key counts from the next start on.
_READ_ANEW: dict[str, tuple[str, ...]] = {
    "gateway": ("short_code", "timezone", "parts_wait_s", "join_texts_s", "hold_texts_s", "place_wait_h"),
    "mail": ("sender", "reply_domain", "authserv_id", "digest_at"),
    "routing": (),
    "deadlines": (),
    "limits": (),
    "log": ("level",),
}


@dataclass(frozen=True)
class Rulebook:
    """The configuration with the desk that was made of it."""

    settings: Settings
    desk: Desk


def open_rulebook(settings: Settings) -> Rulebook:
    """As the daemon starts with; ReferenceDataError or RepliesError if a file is wrong."""
    return Rulebook(settings, open_desk(settings))


def reread_rulebook(path: Path) -> Rulebook:
    """Everything from its files, checked as `smsd check --rules` does; SettingsError with all that is wrong."""
    settings = load_settings(path)
    if problems := check_rules(settings):
        raise SettingsError(problems)
    try:
        return open_rulebook(settings)
    except (ReferenceDataError, RepliesError, OSError) as e:
        raise SettingsError([Problem(str(path), f"a file was changed while it was read ({e}); reload again")]) from e


def needs_restart(running: Settings, read: Settings) -> list[str]:
    """The keys that have changed and are not read anew, like `[mail] host`."""
    changed = ["[[modem]]"] if running.modems != read.modems else []
    for section in fields(Settings):
        if section.name in ("path", "modems") or (anew := _READ_ANEW.get(section.name, ("",))) == ():
            continue
        before, after = getattr(running, section.name), getattr(read, section.name)
        changed += [
            f"[{section.name}] {key_of(key)}"
            for key in fields(before)
            if key.name not in anew and getattr(before, key.name) != getattr(after, key.name)
        ]
    return changed


# ---------------------------------------------------------------- checks


def check_rules(settings: Settings) -> list[Problem]:
    """All that is wrong with the files that a reload reads, and with what the configuration says about them."""
    return [problem for find in _CHECKS for problem in find(settings)]


def _check_reference(settings: Settings) -> Iterator[Problem]:
    for e in check_reference(settings.routing.home, **own_files(settings)):
        yield Problem(e.file if e.line is None else f"{e.file}:{e.line}", f"{e.problem}; {e.cure}")


def _check_agency_limits(settings: Settings) -> Iterator[Problem]:
    """Limits are for agencies that are there."""
    if not settings.deadlines.agencies:
        return
    try:
        agencies = open_router(settings).agencies
    except ReferenceDataError:  # told already
        return
    codes = [agency.code for agency in agencies]
    for code in settings.deadlines.agencies:
        if agencies.get(code) is None:
            where = f'{settings.path}: [deadlines.agency."{code}"]'
            yield Problem(where, f"is the code of no agency in agencies.csv; {nearest(code.upper(), codes)}")


def _check_replies(settings: Settings) -> Iterator[Problem]:
    try:
        load_replies(settings.routing.replies, settings.gateway.short_code)
    except RepliesError as e:
        yield from e.problems


_CHECKS: tuple[Callable[[Settings], Iterator[Problem]], ...] = (_check_reference, _check_agency_limits, _check_replies)
