"""From the settings to the things that are made of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from config.reference import ReferenceDataError
from config.replies import RepliesError
from config.settings import Mail, Routing, Settings, SettingsError
from smsd.mail.smtp import SmtpSettings
from smsd.office import open_desk, open_router, open_seal, smtp_settings
from smsd.store.seal import KeyFileError

AGENCIES = "code,name,short_name,type,region,email\nT,Petugas triase,Petugas 1708,TRIAGE,,triase@pusat.example\n"


def with_routing(settings: Settings, **files: Path) -> Settings:
    return dataclasses.replace(settings, routing=Routing(**files))


class TestDesk:
    def test_it_has_the_operators_files(self, settings: Settings, tmp_path: Path) -> None:
        """Here only a triage desk."""
        (tmp_path / "agencies.csv").write_text(AGENCIES)
        desk = open_desk(with_routing(settings, agencies=tmp_path / "agencies.csv"))
        assert ("T", "triase@pusat.example") == (desk.triage.code, desk.triage.email)
        assert ("1708.example", "Asia/Jakarta") == (desk.reply_domain, desk.zone.key)

    def test_it_chooses_at_random(self, settings: Settings) -> None:
        """No two Message-IDs are alike."""
        desk = open_desk(settings)
        assert 50 == len({desk.message_id() for _ in range(50)})

    def test_a_wrong_file_is_told(self, settings: Settings, tmp_path: Path) -> None:
        """Each by the module that reads it."""
        (tmp_path / "wrong").write_text("\0")
        with pytest.raises(ReferenceDataError):
            open_router(with_routing(settings, agencies=tmp_path / "wrong"))
        with pytest.raises(RepliesError):
            open_desk(with_routing(settings, replies=tmp_path / "wrong"))


class TestSeal:
    def test_a_key_is_never_made_in_passing(self, settings: Settings, tmp_path: Path) -> None:
        """A new one would open nothing; the right one may be in the backup, or on another machine."""
        (tmp_path / "smsd.key").unlink()
        with pytest.raises(KeyFileError, match="`smsd db init` makes one"):
            open_seal(settings)
        assert not (tmp_path / "smsd.key").exists()


class TestSmtpSettings:
    def test_the_password_comes_from_its_file(self, settings: Settings, tmp_path: Path) -> None:
        """Everything else from the table."""
        (tmp_path / "password").write_text("kata sandi\n")
        mail = Mail("mail.example", 465, "tls", tmp_path / "ca.pem", "lapor", tmp_path / "password")
        wanted = SmtpSettings(
            host="mail.example",
            port=465,
            tls="tls",
            user="lapor",
            password="kata sandi",
            connections=2,
            timeout_s=30.0,
            tls_ca_file=f"{tmp_path}/ca.pem",
        )
        assert wanted == smtp_settings(dataclasses.replace(settings, mail=mail))

    def test_a_server_of_this_machine_needs_none(self, settings: Settings) -> None:
        """No user, no password, no certificate."""
        made = smtp_settings(settings)
        assert (None, None, None) == (made.user, made.password, made.tls_ca_file)

    def test_a_user_needs_a_password(self, settings: Settings) -> None:
        """The service is told so at its start; other commands, which get no credentials, go on without."""
        mail = dataclasses.replace(settings.mail, user="lapor")
        with pytest.raises(SettingsError, match=r"\[mail\] user: has no password; name a password_file"):
            smtp_settings(dataclasses.replace(settings, mail=mail))
