"""What a reload reads, what it leaves, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Log, Modem, Settings, SettingsError
from smsd.rulebook import check_rules, needs_restart, reread_rulebook

MAIL = '[mail]\nhost = "mail.example"\ntls = "none"\n'


class TestNeedsRestart:
    def test_nothing_changed(self, settings: Settings) -> None:
        """Nor is anything named."""
        assert [] == needs_restart(settings, settings)

    def test_rules_do_not(self, settings: Settings) -> None:
        """They are read anew."""
        read = replace(
            settings,
            path=Path("elsewhere.toml"),
            gateway=replace(settings.gateway, short_code="1709", hold_texts_s=5.0),
            mail=replace(settings.mail, reply_domain="1709.example"),
            routing=replace(settings.routing, home="35.07"),
            deadlines=replace(settings.deadlines, verify=4),
            limits=replace(settings.limits, sms_attempts=3),
            log=Log(level="debug"),
        )
        assert [] == needs_restart(settings, read)

    def test_what_is_open_does(self, settings: Settings) -> None:
        """Each key by its name."""
        read = replace(
            settings,
            gateway=replace(settings.gateway, spool_mb=1, short_code="1709"),
            database=replace(settings.database, connections=9),
            mail=replace(settings.mail, host="other.example", lmtp_listen="127.0.0.1:1"),
            privacy=replace(settings.privacy, key_file=Path("other.key")),
            log=Log(format="json"),
            modems=(Modem("modem0", Path("/dev/ttyUSB0")),),
        )
        assert {
            *("[[modem]]", "[gateway] spool_mb", "[database] connections", "[mail] host", "[mail] lmtp_listen"),
            *("[privacy] key_file", "[log] format"),
        } == set(needs_restart(settings, read))


class TestReread:
    def test_a_good_one(self, tmp_path: Path) -> None:
        """With the desk that was made of it."""
        (tmp_path / "smsd.toml").write_text(MAIL + '[gateway]\nshort_code = "1709"\n')
        rules = reread_rulebook(tmp_path / "smsd.toml")
        assert ("1709", "mail.example") == (rules.settings.gateway.short_code, rules.settings.mail.host)

    @pytest.mark.parametrize(
        ("text", "files", "named"),
        [
            ("[limits]\nsms_attemps = 3\n", {}, "[limits] sms_attemps: is not a key I know"),
            ('[routing]\nagencies = "a.csv"\n', {"a.csv": "code\n"}, "a.csv:1: has no column"),
            ('[routing]\nreplies = "r.toml"\n', {"r.toml": 'bantuan = "{kode}"\n'}, "r.toml: bantuan: {kode} is no"),
            ('[deadlines.agency."KEMENSO"]\nordinary = 30\n', {}, "is the code of no agency in agencies.csv"),
        ],
    )
    def test_all_that_is_wrong_is_told(self, tmp_path: Path, text: str, files: dict[str, str], named: str) -> None:
        """As `smsd check` tells it."""
        (tmp_path / "smsd.toml").write_text(MAIL + text)
        for name, content in files.items():
            (tmp_path / name).write_text(content)
        with pytest.raises(SettingsError, match=named.replace("[", r"\[").replace("{", r"\{")):
            reread_rulebook(tmp_path / "smsd.toml")

    def test_an_unplugged_modem_and_an_absent_database_are_no_reason(self, settings: Settings) -> None:
        """They are no rules, and what is wrong with them now may be right in a minute."""
        absent = replace(
            settings,
            modems=(Modem("modem0", Path("/dev/nowhere")),),
            database=replace(settings.database, dsn="postgresql://127.0.0.1:1/x"),
        )
        assert [] == check_rules(absent)
