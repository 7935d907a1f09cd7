"""The configuration file: every problem with its exact place and the cure, several at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest

from config.settings import Mail, Modem, Settings, SettingsError, load_settings, read_secret

MAIL = '[mail]\nhost = "mail.example"\n'
MODEM = '[[modem]]\nname = "modem0"\ndevice = "/dev/ttyUSB0"\n'
NUMBER_OR_TEXT = "a whole number has more than 64 bits, or a text has the character U+0000"
# As in section 5 of the design.
CONTRACT = """
[gateway]
short_code = "1708"
timezone = "Asia/Jakarta"
state_dir = "/var/lib/smsd"
[database]
dsn = "embedded"
[[modem]]
name = "modem0"
device = "/dev/ttyUSB0"
connection = "at115200"
pin_file = "pin"
smsc = "+62811000000"
[mail]
host = "mail.example"
port = 587
tls = "starttls"
user = "lapor"
password_file = "password"
sender = "LAPOR! 1708 <lapor@1708.example>"
reply_domain = "1708.example"
lmtp_listen = "unix:/run/smsd/lmtp.sock"
[routing]
agencies = "agencies.csv"
topics = "topics.toml"
places = "places.csv"
[deadlines]
verify = 3
first_follow_up = 5
information = 5
ordinary = 14
supervisory = 60
[limits]
automatic_per_hour = 20
"""
FILES = {"pin": "1234", "password": "rahasia", "agencies.csv": "", "topics.toml": "", "places.csv": ""}

Load = Callable[..., Settings]
Told = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def without_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a configuration with this text, beside these files."""

    def loaded(text: str | bytes, **files: str) -> Settings:
        for name, content in files.items():
            (tmp_path / name.replace("_dot_", ".")).write_text(content)
        file = tmp_path / "smsd.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_settings(file)

    return loaded


@pytest.fixture
def told(load: Load, tmp_path: Path) -> Told:
    """What is wrong with a configuration; each line begins with the file."""

    def problems(text: str | bytes, **files: str) -> list[str]:
        with pytest.raises(SettingsError) as error:
            load(text, **files)
        lines = [str(problem) for problem in error.value.problems]
        assert "; ".join(lines) == str(error.value)
        assert all(line.startswith(f"{tmp_path}/smsd.toml: ") for line in lines)
        return [line.removeprefix(f"{tmp_path}/smsd.toml: ") for line in lines]

    return problems


class TestFine:
    def test_the_contract(self, load: Load, tmp_path: Path) -> None:
        """Every key that the design names is read; paths are relative to the file's folder."""
        for name, content in FILES.items():
            (tmp_path / name).write_text(content)
        settings = load(CONTRACT)
        modem = Modem("modem0", Path("/dev/ttyUSB0"), pin_file=tmp_path / "pin", smsc="+62811000000")
        assert (modem,) == settings.modems
        assert (587, "lapor", tmp_path / "password") == (
            *(settings.mail.port, settings.mail.user, settings.mail.password_file),
        )
        assert (tmp_path / "agencies.csv", None) == (settings.routing.agencies, settings.routing.slang)
        assert (20, 60, "Asia/Jakarta") == (
            *(settings.limits.automatic_per_hour, settings.deadlines.supervisory, settings.zone.key),
        )

    def test_only_the_mail_server_must_be_named(self, load: Load, tmp_path: Path) -> None:
        """Everything else has a default."""
        assert Settings(path=tmp_path / "smsd.toml", mail=Mail(host="mail.example")) == load(MAIL)

    def test_deadlines_of_one_agency_and_days_of_our_own(self, load: Load) -> None:
        """A heading for each agency; dates in quotes or as TOML has them."""
        limits = load(
            MAIL + '[deadlines]\ninbox = 4\nextra_holidays = ["2026-12-28", 2026-12-29]\nnot_holidays = []\n'
            '[deadlines.agency."PUPR-35.07"]\nordinary = 30\n'
        ).deadlines
        assert (4, 30, 14, 5) == (
            *(limits.inbox, limits.of("PUPR-35.07").ordinary, limits.ordinary, limits.of("PUPR-35.07").first_follow_up),
        )
        assert (date(2026, 12, 28), date(2026, 12, 29)) == limits.extra_holidays
        assert () == limits.not_holidays

    def test_whose_word_about_senders_counts_and_when_digests_go(self, load: Load) -> None:
        """Nobody's, and seven in the morning, unless it is said."""
        assert (None, time(7)) == (load(MAIL).mail.authserv_id, load(MAIL).mail.digest_time)
        mail = load(MAIL + 'authserv_id = "mx.1708.example"\ndigest_at = "06:30"').mail
        assert ("mx.1708.example", time(6, 30)) == (mail.authserv_id, mail.digest_time)

    def test_a_byte_order_mark_does_no_harm(self, load: Load) -> None:
        """Editors on Windows write one."""
        assert "mail.example" == load(b"\xef\xbb\xbf" + MAIL.encode()).mail.host

    def test_two_modems(self, load: Load, tmp_path: Path) -> None:
        """In the order of the file; a device may lie beside it, as the simulated one does."""
        modems = load(MAIL + MODEM + '[[modem]]\nname = "modem1"\ndevice = "pty"\npoll_s = 1\n').modems
        assert [("modem0", "/dev/ttyUSB0"), ("modem1", f"{tmp_path}/pty")] == [(m.name, str(m.device)) for m in modems]

    def test_paths_are_relative_to_the_file_itself(
        self, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not to where somebody stands."""
        (tmp_path / "agencies.csv").write_text("")
        load(MAIL + '[routing]\nagencies = "agencies.csv"\n')
        monkeypatch.chdir(tmp_path)
        assert tmp_path / "agencies.csv" == load_settings(Path("smsd.toml")).routing.agencies

    def test_nothing_can_be_changed(self, load: Load) -> None:
        """Parsed once, then constant."""
        with pytest.raises(dataclasses.FrozenInstanceError):
            load(MAIL).mail.port = 26  # type: ignore[misc]


class TestFile:
    def test_none(self, tmp_path: Path) -> None:
        """With the ways to name one."""
        with pytest.raises(
            SettingsError,
            match=r"/smsd.toml: no such file; `smsd setup` writes it, or name one with --config FILE or \$SMSD_CONFIG",
        ):
            load_settings(tmp_path / "smsd.toml")

    def test_a_folder(self, tmp_path: Path) -> None:
        """Or a file of somebody else's."""
        with pytest.raises(SettingsError, match=r"cannot be read \(Is a directory\); check its owner and mode"):
            load_settings(tmp_path)

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"[mail]\nhost = \xff", "is not UTF-8 at byte 14; save it as UTF-8"),
            (b"[mail\n", "is not valid TOML: Expected ']' at the end of a table declaration (at line 1, column 6)"),
            (b"a = " + 5000 * b"9", f"is not valid TOML: {NUMBER_OR_TEXT}"),
            (b"a = 0x" + 5000 * b"f", f"is not valid TOML: {NUMBER_OR_TEXT}"),
            (b"a = 1" + 400 * b"0", f"is not valid TOML: {NUMBER_OR_TEXT}"),
            (b'[privacy]\nkey_file = "a\\u0000"', f"is not valid TOML: {NUMBER_OR_TEXT}"),
            (b"a = " + 3000 * b"[", "is not valid TOML: values are nested too deep"),
            (b"a" + 5000 * b".a" + b" = 1", "is not valid TOML: values are nested too deep"),
            (b"a = 1\na = 2\n", "is not valid TOML: Cannot overwrite a value (at line 2, column 6)"),
        ],
    )
    def test_one_that_cannot_be_parsed(self, told: Told, content: bytes, problem: str) -> None:
        """Where it is wrong."""
        assert [problem] == told(content)


class TestProblems:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "[mail] host: is missing; it must be given"),
            (MAIL + "[databse]", "[databse]: is not a section I know; did you mean database?"),
            ("dsn = 1\n" + MAIL, "[dsn]: is not a section I know; known here: "
             "gateway, database, mail, routing, deadlines, limits, privacy, log, metrics, modem"),
            (MAIL + "hsot = 1", "[mail] hsot: is not a key I know; did you mean host?"),
            (MAIL + "port = '25'", "[mail] port: must be a whole number, not '25'"),
            (MAIL + "tls = 'ssl'", "[mail] tls: must be one of 'none', 'starttls', 'tls'"),
            ("[mail]\nhost = ''", "[mail] host: is empty; fill it in, or leave the key out"),
            ("[[mail]]\nhost = 'x'", "[mail]: must be a table of keys and values"),
            (MAIL + "[modem]\nname = 'x'", "modem: must be written [[modem]], one such heading a modem"),
            ("modem = [1]\n" + MAIL, "[[modem]] 1: must be a table of keys and values"),
            (MAIL + MODEM + "[[modem]]\nname = 'x'", "[[modem]] 2: device: is missing; it must be given"),
            (MAIL + MODEM + "baud = 1", "[[modem]] 1: baud: is not a key I know; known here: "
             "name, device, connection, pin_file, smsc, poll_s, status_s, own_process, metrics_listen"),
            (MAIL + MODEM.replace("modem0", "modem 0") + "own_process = true\n[database]\ndsn = 'postgresql://x'",
             "[[modem]] modem 0: own_process: needs a name of letters, digits, _ and -, not 'modem 0'"),
            (MAIL + MODEM + "own_process = true",
             "[[modem]] modem0: own_process: needs a database server, for an embedded one ends with its service; "
             "set [database] dsn = \"postgresql://…\""),
            (MAIL + MODEM + "connection = 'rs232'",
             "[[modem]] modem0: connection: must be like \"at115200\": at and the speed"),
            (MAIL + MODEM + "connection = 'at'",
             "[[modem]] modem0: connection: must be like \"at115200\": at and the speed"),
            (MAIL + MODEM + MODEM.replace("USB0", "USB1"),
             "[[modem]] name: modem0 stands there twice; each modem needs its own"),
            (MAIL + MODEM + MODEM.replace("modem0", "modem1"),
             "[[modem]] device: /dev/ttyUSB0 stands there twice; each modem needs its own"),
            (MAIL + "[gateway]\ntimezone = 'Asia/Malang'", "[gateway] timezone: 'Asia/Malang' is no time zone; "
             "use one of Asia/Jakarta, Asia/Makassar, Asia/Jayapura"),
            (MAIL + "[gateway]\ntimezone = '../passwd'", "[gateway] timezone: '../passwd' is no time zone; "
             "use one of Asia/Jakarta, Asia/Makassar, Asia/Jayapura"),
            (MAIL + "[gateway]\ntimezone = 'Asia'", "[gateway] timezone: 'Asia' is no time zone; "
             "use one of Asia/Jakarta, Asia/Makassar, Asia/Jayapura"),
            (MAIL + "[database]\ndsn = 'mysql://x'",
             '[database] dsn: must be "embedded" or begin with postgresql://'),
            (MAIL + "port = 65536", "[mail] port: must be from 1 to 65535"),
            (MAIL + "[log]\nlevel = 'verbose'",
             "[log] level: must be one of 'debug', 'info', 'warning', 'error'"),
            (MAIL + "[limits]\nsms_attempts = 0",
             "[limits] sms_attempts: must be more than 0 and at most 1000000, not 0"),
            (MAIL + "digest_at = '7:00'", "[mail] digest_at: must be a time of day like \"07:00\", not '7:00'"),
            (MAIL + "digest_at = '24:00'", "[mail] digest_at: must be a time of day like \"07:00\", not '24:00'"),
            (MAIL + "authserv_id = 'mx; spf=pass'", "[mail] authserv_id: must be the name that your mail server puts "
             "first in Authentication-Results, like mx.1708.example"),
            (MAIL + "[deadlines]\nextra_holidays = ['28-12-2026']", "[deadlines] extra_holidays: "
             "must be a date in quotes, like \"2026-12-28\", not '28-12-2026'"),
            (MAIL + "[deadlines]\nnot_holidays = ['2026-02-30']", "[deadlines] not_holidays: "
             "'2026-02-30' is no day of the calendar; write it like 2026-12-28"),
            (MAIL + "[deadlines]\nnot_holidays = [2026-12-28T08:00:00]", "[deadlines] not_holidays: "
             "must be a date in quotes, like \"2026-12-28\", not datetime.datetime(2026, 12, 28, 8, 0)"),
            (MAIL + "[deadlines]\nextra_holidays = '2026-12-28'", "[deadlines] extra_holidays: "
             "must be a list in brackets, not '2026-12-28'"),
            (MAIL + "[deadlines]\nextra_holidays = ['2026-12-28']\nnot_holidays = [2026-12-28]",
             "[deadlines] not_holidays: 2026-12-28 stands in extra_holidays too; leave it out of one of them"),
            (MAIL + "[deadlines]\nagency = 'PLN'",
             "[deadlines] agency: must be tables, each under a heading of its own, not 'PLN'"),
            (MAIL + "[deadlines.agency]\nPLN = 7", '[deadlines.agency."PLN"]: must be a table of keys and values'),
            (MAIL + "[deadlines.agency.'PUPR-35.07']\nordinery = 7",
             '[deadlines.agency."PUPR-35.07"] ordinery: is not a key I know; did you mean ordinary?'),
            (MAIL + "[deadlines.agency.PLN]\nordinary = '7'",
             "[deadlines.agency.\"PLN\"] ordinary: must be a whole number, not '7'"),
            (MAIL + "[deadlines.agency.PUPR-35.07]\nordinary = 7", "[deadlines.agency.PUPR-35.07]: "
             'a name with a dot in it needs quotes; write [deadlines.agency."PUPR-35.07"]'),
            (MAIL + "digest_at = '25:00'", "[mail] digest_at: must be a time of day like \"07:00\", not '25:00'"),
            (MAIL + "digest_at = ''", "[mail] digest_at: is empty; fill it in, or leave the key out"),
            (MAIL + "authserv_id = ''", "[mail] authserv_id: is empty; fill it in, or leave the key out"),
            (MAIL + "[deadlines]\ninbox = 0", "[deadlines] inbox: must be more than 0 and at most 365, not 0"),
            (MAIL + "[deadlines]\noverdue = 400", "[deadlines] overdue: must be more than 0 and at most 365, not 400"),
            (MAIL + "[deadlines.agency.PLN]\nordinary = 400",
             '[deadlines.agency."PLN"] ordinary: must be more than 0 and at most 365, not 400'),
            (MAIL + "[deadlines.agency.PLN]\nordinary = 0",
             '[deadlines.agency."PLN"] ordinary: must be more than 0 and at most 365, not 0'),
            (MAIL + "[deadlines.agency.PLN]\nordinary = 7\n[deadlines.agency.pln]\nordinary = 8",
             '[deadlines.agency."pln"]: is the same agency as "PLN"; put its limits under one heading'),
        ],
    )  # fmt: skip
    def test_each_is_told_with_its_place(self, told: Told, text: str, problem: str) -> None:
        """And the cure."""
        assert [problem] == told(text)

    @pytest.mark.parametrize(
        "sender", ["LAPOR!", "@", "lapor@", "a b@1708.example <x>", "lapor@kota malang", "<l@ko_ta>", 5000 * "("]
    )
    def test_a_sender_that_no_mail_can_have(self, told: Told, sender: str) -> None:
        """It would stop every mail later."""
        problem = '[mail] sender: must hold an address, like "LAPOR! 1708 <lapor@1708.example>"'
        assert [problem] == told(f'{MAIL}sender = "{sender}"')

    @pytest.mark.parametrize("zone", ["Asia/Bandung", "../etc/passwd", "Asia/", "/", 3000 * "Asia/" + "Jakarta"])
    def test_a_time_zone_that_does_not_exist(self, told: Told, zone: str) -> None:
        """Whatever stands there."""
        [problem] = told(f'{MAIL}[gateway]\ntimezone = "{zone}"')
        assert problem.endswith("is no time zone; use one of Asia/Jakarta, Asia/Makassar, Asia/Jayapura")

    @pytest.mark.parametrize(
        "domain", ["lapor@1708.example", "1708 example", "1708..example", "d" * 54, "dömän.example"]
    )
    def test_a_reply_domain_that_no_address_can_have(self, told: Told, domain: str) -> None:
        """It would stop every mail later."""
        problem = "[mail] reply_domain: must be a domain of at most 53 letters, like 1708.example"
        assert [problem] == told(f'{MAIL}reply_domain = "{domain}"')

    @pytest.mark.parametrize("code", ["17", "1708170", "LAPOR", "+62811", "17 8", "١٧٠٨"])
    def test_a_short_code_that_does_not_fit_an_sms(self, told: Told, code: str) -> None:
        """The texts have room for six digits."""
        problem = "[gateway] short_code: must be 3 to 6 digits in quotes, like 1708: every SMS has room for it"
        assert [problem] == told(f'{MAIL}[gateway]\nshort_code = "{code}"')

    @pytest.mark.parametrize(
        ("section", "key", "most"),
        [
            ("[gateway]", "parts_wait_s", 1_000_000),
            ("[gateway]", "shutdown_s", 1_000_000),
            ("[database]", "connections", 1_000_000),
            ("[mail]\nhost = 'x'", "connections", 1_000_000),
            ("[mail]\nhost = 'x'", "timeout_s", 1_000_000),
            ("[deadlines]", "verify", 365),
            ("[deadlines]", "ombudsman_days", 365),
            ("[limits]", "message_attempts", 1_000_000),
            (MODEM.strip(), "poll_s", 1_000_000),
        ],
    )
    def test_a_number_that_stops_all_work(self, told: Told, section: str, key: str, most: int) -> None:
        """Nothing at all, less, endless, no number, too large for a date."""
        where = {"[[": "[[modem]] modem0:"}.get(section[:2], section.partition("\n")[0])
        for value in ("0", "-1", str(most + 1), *(["nan", "inf", "-inf"] if key.endswith("_s") else [])):
            shown = float(value) if key.endswith("_s") else int(value)
            problem = f"{where} {key}: must be more than 0 and at most {most}, not {shown}"
            assert [problem] == told(("" if "host" in section else MAIL) + f"{section}\n{key} = {value}\n")

    def test_all_are_told_at_once(self, told: Told) -> None:
        """Types and unknown keys first: without them nothing else can be checked."""
        text = "[gatway]\n[mail]\nport = 1.5\n[[modem]]\nname = 1\n[deadlines]\nverify = true\n"
        assert [
            "[gatway]: is not a section I know; did you mean gateway?",
            "[mail] host: is missing; it must be given",
            "[mail] port: must be a whole number, not 1.5",
            "[deadlines] verify: must be a whole number, not True",
            "[[modem]] 1: name: must be a text in quotes, not 1",
            "[[modem]] 1: device: is missing; it must be given",
        ] == told(text)

    def test_then_what_types_cannot_say(self, told: Told) -> None:
        """All of that at once too, files included."""
        text = f'{MAIL}sender = "lapor"\n[gateway]\ntimezone = "x"\n[database]\ndsn = "x"\nconnections = 0\n' + (
            '[routing]\ntopics = "no.toml"\n'
        )
        assert [
            "[gateway] timezone",
            "[database] dsn",
            "[mail] sender",
            "[routing] topics",
            "[database] connections",
        ] == [line.partition(":")[0] for line in told(text)]


class TestFiles:
    @pytest.mark.parametrize("key", ["agencies", "topics", "places", "slang", "replies"])
    @pytest.mark.parametrize("name", ["no.csv", "."])
    def test_reference_data_must_be_there(self, told: Told, tmp_path: Path, key: str, name: str) -> None:
        """A file, not a folder."""
        problem = f"[routing] {key}: {tmp_path / name} is no file that can be read; check that it exists, "
        assert [problem + "and its owner and mode"] == told(f'{MAIL}[routing]\n{key} = "{name}"')

    def test_the_authority_of_the_mail_server_must_be_there(self, told: Told, tmp_path: Path) -> None:
        """tls_ca_file."""
        problem = f"[mail] tls_ca_file: {tmp_path}/ca.pem is no file that can be read; check that it exists, "
        assert [problem + "and its owner and mode"] == told(f'{MAIL}tls_ca_file = "ca.pem"')

    @pytest.mark.parametrize(
        ("text", "where"),
        [
            (MAIL + 'user = "u"\npassword_file = "secret"', "[mail] password_file"),
            (MAIL + '[database]\npassword_file = "secret"', "[database] password_file"),
            (MAIL + MODEM + 'pin_file = "secret"', "[[modem]] modem0: pin_file"),
        ],
    )
    def test_a_secret_must_be_there(self, told: Told, tmp_path: Path, text: str, where: str) -> None:
        """As a text file; what stands in it is not shown."""
        cure = "; name a text file that this user may read"
        assert [f"{where}: cannot be read ({tmp_path}/secret: No such file or directory){cure}"] == told(text)
        (tmp_path / "secret").write_bytes(b"ra\xffhasia")
        assert [f"{where}: cannot be read (no UTF-8 at byte 2){cure}"] == told(text)
        (tmp_path / "secret").unlink()
        (tmp_path / "secret").mkdir()
        assert [f"{where}: cannot be read ({tmp_path}/secret: Is a directory){cure}"] == told(text)

    def test_the_key_may_still_have_to_be_made(self, load: Load, tmp_path: Path) -> None:
        """`smsd db init` does."""
        assert tmp_path / "smsd.key" == load(MAIL + '[privacy]\nkey_file = "smsd.key"').privacy.key_file

    def test_a_password_needs_a_user(self, told: Told) -> None:
        """One without the other logs nobody in."""
        problem = "[mail] user: is missing; a password_file needs the user whose password it holds"
        assert [problem] == told(MAIL + 'password_file = "password"', password="rahasia")


class TestSecrets:
    def test_systemds_credential_comes_first(self, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """So that no secret need lie in a file that everybody knows; a password there is enough."""
        credentials = tmp_path / "credentials"
        credentials.mkdir()
        (credentials / "mail-password").write_text(" rahasia \n")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
        assert "lapor" == load(f'{MAIL}user = "lapor"').mail.user
        (tmp_path / "other").write_text("lain\n")
        assert "rahasia" == read_secret(tmp_path / "other", "mail-password")
        assert "lain" == read_secret(tmp_path / "other", "database-password")
        assert read_secret(None, "database-password") is None

    def test_without_systemd_the_file_is_read(self, tmp_path: Path) -> None:
        """Or nothing."""
        (tmp_path / "secret").write_text("kata sandi\n")
        assert "kata sandi" == read_secret(tmp_path / "secret", "mail-password")
        assert read_secret(None, "mail-password") is None


@pytest.mark.parametrize("value", ["1.01", "-0.1"])
def test_a_confidence_is_between_0_and_1(tmp_path: Path, value: str) -> None:
    """Routing's confidence is a share."""
    file = tmp_path / "smsd.toml"
    file.write_text(f'[mail]\nhost = "127.0.0.1"\n[routing]\nroute_from = {value}\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"\[routing\] route_from: must be from 0 to 1"):
        load_settings(file)


METRICS = '[mail]\nhost = "127.0.0.1"\n[metrics]\n'


@pytest.mark.parametrize(
    "lines",
    [
        'listen = "127.0.0.1:9708"',
        'listen = "127.1.2.3:0"',
        'listen = "[::1]:9708"',
        'listen = "10.0.0.5:9708"\nallow_others = true',
        'listen = "0.0.0.0:9708"\nallow_others = true',
        "",
    ],
)
def test_figures_are_for_this_machine_unless_others_are_allowed(tmp_path: Path, lines: str) -> None:
    """Loopback addresses, and any address once that was said."""
    file = tmp_path / "smsd.toml"
    file.write_text(METRICS + lines)
    assert load_settings(file).metrics.allow_others == ("allow_others" in lines)


@pytest.mark.parametrize(
    ("own", "listen", "problem"),
    [
        ("true", "127.0.0.1:9709", None),
        ("true", "127.0.0.1:9708", "127.0.0.1:9708 stands there twice; each process needs its own port"),
        ("true", "10.0.0.5:9709", "10.0.0.5 can be reached from other hosts"),
        ("false", "127.0.0.1:9709", "belongs to a modem with own_process = true"),
    ],
)
def test_figures_of_a_modem_with_its_own_process(tmp_path: Path, own: str, listen: str, problem: str | None) -> None:
    """At a port of its own."""
    file = tmp_path / "smsd.toml"
    modem = f'[[modem]]\nname = "m"\ndevice = "/dev/null"\nown_process = {own}\nmetrics_listen = "{listen}"\n'
    database = '[database]\ndsn = "postgresql:///smsd"\n'
    file.write_text(f'{database}{METRICS}listen = "127.0.0.1:9708"\n{modem}')
    try:
        told = load_settings(file).modems[0].metrics_listen
    except SettingsError as e:
        (only,) = e.problems
        told = str(only)
    assert told == listen if problem is None else problem in told


@pytest.mark.parametrize(
    ("listen", "problem"),
    [
        ("10.0.0.5:9708", "10.0.0.5 can be reached from other hosts; use 127.0.0.1, or say allow_others = true"),
        ("0.0.0.0:9708", "0.0.0.0 can be reached from other hosts"),
        ("[::]:9708", ":: can be reached from other hosts"),
        ("127.0.0.1", "must be an IP address and a port"),
        ("localhost:9708", "must be an IP address and a port"),
        ("::1:9708", "must be an IP address and a port"),
        ("127.0.0.999:1", "must be an IP address and a port"),
        ("127.0.0.1:70000", "has the port 70000"),
    ],
)
def test_figures_for_others_are_refused(tmp_path: Path, listen: str, problem: str) -> None:
    """With the key and the cure."""
    file = tmp_path / "smsd.toml"
    file.write_text(f'{METRICS}listen = "{listen}"\n')
    with pytest.raises(SettingsError) as raised:
        load_settings(file)
    (told,) = raised.value.problems
    assert told.where.endswith("[metrics] listen")
    assert problem in told.what
