"""Files and who may read them, the key, the disk, the clock, programs."""

import fcntl
import os
from dataclasses import replace

import pytest

from config.settings import Mail
from smsd.doctor import machine
from smsd.doctor.finding import Wishes

NOTHING = Wishes()


async def test_files_that_everybody_may_read_are_named(settings, levels):
    """With the command that mends it."""
    key = settings.gateway.state_dir / "smsd.key"
    assert ["OK"] == [finding.level for finding in await machine.look_at_permissions(settings, NOTHING)]
    key.chmod(0o644)
    (finding,) = await machine.look_at_permissions(settings, NOTHING)
    assert ("FAIL", f"chmod o-rwx {key}") == (finding.level, finding.cure)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_files_of_others_in_the_state_dir_are_named(settings):
    """As they are where somebody has run smsd as root."""
    (settings.gateway.state_dir / "smsd.lock").touch()
    os.chown(settings.gateway.state_dir / "smsd.lock", 65534, 65534)
    (finding,) = await machine.look_at_permissions(settings, NOTHING)
    assert ("FAIL", True) == (finding.level, "smsd.lock belongs to nobody" in finding.seen)


async def test_the_key_is_there_and_is_one(settings):
    """Gone or cut, the cure is the backup."""
    key = settings.gateway.state_dir / "smsd.key"
    assert "OK" == (await machine.look_at_key(settings, NOTHING))[0].level
    key.write_text("YQ==")
    (cut,) = await machine.look_at_key(settings, NOTHING)
    key.unlink()
    (gone,) = await machine.look_at_key(settings, NOTHING)
    assert [("FAIL", True), ("FAIL", True)] == [(f.level, "backup" in f.cure) for f in (cut, gone)]


async def test_a_disk_that_runs_full_is_told(settings, monkeypatch):
    """By what is free in it: the limits are put above and below that."""
    levels = []
    for low, too_low in ((0.0, 0.0), (1e9, 0.0), (1e9, 1e9)):
        monkeypatch.setattr(machine, "_LOW_GB", low)
        monkeypatch.setattr(machine, "_TOO_LOW_GB", too_low)
        levels.append({finding.level for finding in await machine.look_at_disk(settings, NOTHING)})
    assert [{"OK"}, {"WARN"}, {"FAIL"}] == levels


async def test_the_clock_is_told_in_the_gateways_zone(settings):
    """Whether it is kept right is the kernel's word."""
    settings = replace(settings, gateway=replace(settings.gateway, timezone="Asia/Jayapura"))
    (finding,) = await machine.look_at_clock(settings, NOTHING)
    assert "in Asia/Jayapura" in finding.seen
    assert ("OK" if machine._clock_is_synchronised() else "WARN") == finding.level


async def test_a_service_that_runs_holds_its_folder(settings):
    """Seen by its lock, whoever started it."""
    assert not machine.is_running(settings)
    with open(settings.gateway.state_dir / "smsd.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert machine.is_running(settings)
        assert "OK" == (await machine.look_at_service(settings, NOTHING))[0].level
    assert "FAIL" == (await machine.look_at_service(settings, NOTHING))[0].level


async def test_few_files_that_may_be_opened_are_told(settings, monkeypatch):
    """This process may open as many as it may."""
    assert "OK" == (await machine.look_at_open_files(settings, NOTHING))[0].level
    monkeypatch.setattr(machine, "_LEAST_FILES", 10**9)
    (finding,) = await machine.look_at_open_files(settings, NOTHING)
    assert ("FAIL", True) == (finding.level, "LimitNOFILE" in finding.cure)


async def test_what_check_complains_of_is_told_a_line_each(settings, tmp_path):
    """The configuration is the file, not what was read from it."""
    settings.path.write_text('[mail]\nhost = "h"\n[routing]\nplaces = "none.csv"\n[limits]\nsms_attempts = 0\n')
    found = await machine.look_at_configuration(replace(settings, mail=Mail(host="h")), NOTHING)
    assert ["FAIL", "FAIL"] == [finding.level for finding in found]
    assert any("[routing] places" in finding.seen for finding in found)
