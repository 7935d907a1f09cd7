"""Database, modems, mail out and in: the real ones, well and unwell."""

import asyncio
import smtplib
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from config.settings import Database, Mail, Modem
from smsd.doctor import modems
from smsd.doctor.database import look_at_database
from smsd.doctor.finding import Wishes
from smsd.doctor.mail import look_at_mail_in, look_at_mail_out
from smsd.doctor.modems import look_at_modems
from smsd.handle_mail import MailKeeper
from smsd.mail.lmtp import open_lmtp
from smsd.simulator.simulator import open_simulator
from smsd.store.queries import SQL
from smsd.transports.line_tap import open_tap

NOTHING = Wishes()


async def test_a_database_that_is_well_says_its_version(settings, levels):
    """And how far its clock is from ours."""
    ((level, seen),) = levels(await look_at_database(settings, NOTHING))
    assert ("OK", True) == (level, seen.startswith("PostgreSQL 1") and "its clock 0." in seen)


async def test_a_database_without_tables_or_not_there(settings, empty_dsn, levels):
    """Each with its cure."""
    (finding,) = await look_at_database(replace(settings, database=Database(dsn=empty_dsn)), NOTHING)
    assert ("FAIL", "smsd db init") == (finding.level, finding.cure)
    away = replace(settings, database=Database(dsn="postgresql://smsd:geheim@127.0.0.1:9/smsd"))
    (finding,) = await look_at_database(away, NOTHING)
    assert ("FAIL", True, False) == (finding.level, "cannot be reached" in finding.seen, "geheim" in finding.seen)


async def test_a_schema_that_is_older_is_told(settings, dsn):
    """The cure is the upgrade."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE schema_version SET version = 1")
    await connection.close()
    (finding,) = await look_at_database(settings, NOTHING)
    assert ("FAIL", "smsd db upgrade") == (finding.level, finding.cure)


# ---------------------------------------------------------------- modems


@pytest.fixture
async def simulator(tmp_path):
    """A simulated modem at tmp_path/modem."""
    async with open_simulator(link=tmp_path / "modem") as running:
        yield running


@pytest.fixture
def with_modem(settings, simulator):
    """The configuration with it."""
    return replace(settings, modems=(Modem("modem0", Path(simulator.device)),))


async def test_a_modem_is_asked_where_nobody_holds_it(with_modem, simulator):
    """Well; weak; without network; a SIM that asks for its PIN; silent; gone."""

    async def look():
        (finding,) = await look_at_modems(with_modem, NOTHING)
        return finding.level, finding.seen

    assert ("OK", "modem0: smsd SIM1708, SIM ready, signal 55 %") == await look()
    simulator.network.signal = 4
    assert ("WARN", "modem0: its signal is weak, 13 %") == await look()
    simulator.network.set_registration(2)
    assert ("FAIL", "modem0: it has no network (signal unknown)") == await look()
    simulator.modem.equipment.ask_for_pin("1234")
    assert ("FAIL", "modem0: the SIM asks for its PIN") == await look()
    simulator.modem.hang()
    assert ("FAIL", f"modem0: {simulator.device}: no answer to AT") == await look()
    simulator.vanish()
    assert "FAIL" == (await look())[0]


async def test_a_modem_that_another_program_holds_is_told_with_how_to_find_it(with_modem, simulator):
    """fuser shows it."""
    with open_tap(simulator.device, "at115200", lambda event: None):
        (finding,) = await look_at_modems(with_modem, NOTHING)
    assert ("FAIL", True) == (finding.level, finding.cure.startswith("`fuser -v"))


async def test_what_the_service_wrote_is_read_where_it_runs(with_modem, pool, monkeypatch, levels):
    """Its own words for what is wrong."""
    monkeypatch.setattr(modems, "is_running", lambda settings: True)
    insert = "INSERT INTO modem (name, state, registered, signal, network, sim_used, sim_size, error)"
    for values, expected in (
        ("'ready', 'HomeNetwork', 60, 'Net', 1, 50, NULL", ("OK", "modem0: ready, Net, signal 60 %, by the service")),
        ("'ready', 'NoNetwork', 60, 'Net', 1, 50, NULL", ("FAIL", "modem0: it has no network (signal 60 %)")),
        ("'ready', 'HomeNetwork', 60, 'Net', 50, 50, NULL", ("WARN", "modem0: all 50 slots of its SIM are taken")),
        ("'lost', NULL, NULL, NULL, NULL, NULL, 'gone; plug it in'", ("FAIL", "modem0: gone")),
    ):
        await pool.execute("DELETE FROM modem")
        await pool.execute(f"{insert} VALUES ('modem0', {values})")
        assert [expected] == levels(await look_at_modems(with_modem, NOTHING))
    await pool.execute(
        "UPDATE modem SET state = 'ready', registered = 'HomeNetwork', updated_at = now() - interval '1 h'"
    )
    assert [("WARN", "modem0: the service last heard of it 60 minutes ago")] == levels(
        await look_at_modems(with_modem, NOTHING)
    )


async def test_without_a_modem_nothing_can_be_received(settings, levels):
    """It is a fault, though `smsd run` starts."""
    assert [("FAIL", "no modem is configured")] == levels(await look_at_modems(settings, NOTHING))


# ---------------------------------------------------------------- mail


@pytest.fixture
def with_mail(settings, mail_server):
    """The configuration with that server."""
    return replace(settings, mail=Mail(host="127.0.0.1", port=mail_server.port, tls="none", lmtp_listen="127.0.0.1:9"))


async def test_a_session_with_the_mail_server_sends_nothing(with_mail, mail_server, levels):
    """A mail goes out only where one was asked for."""
    assert [("OK", f"127.0.0.1:{mail_server.port}, no TLS")] == levels(await look_at_mail_out(with_mail, NOTHING))
    assert [] == mail_server.taken
    ((level, seen),) = levels(await look_at_mail_out(with_mail, Wishes(send_mail="saya@dinas.example")))
    assert ("OK", True) == (level, "a mail was accepted: 2.0.0 Ok: queued as" in seen)
    (mail,) = mail_server.taken
    assert ("saya@dinas.example", "auto-generated") == (mail.recipient, mail.message["Auto-Submitted"])


async def test_a_mail_server_that_is_away_or_offers_no_tls(with_mail, levels):
    """The mailer's own sentences."""
    away = replace(with_mail, mail=replace(with_mail.mail, port=9))
    (finding,) = await look_at_mail_out(away, NOTHING)
    assert ("FAIL", "check [mail] host and port") == (finding.level, finding.cure)
    (finding,) = await look_at_mail_out(replace(with_mail, mail=replace(with_mail.mail, tls="starttls")), NOTHING)
    assert ("FAIL", True) == (finding.level, "does not offer STARTTLS" in finding.seen)


async def test_a_password_that_only_the_service_has_is_no_fault(with_mail):
    """It may be a credential of the unit."""
    secret = replace(with_mail, mail=replace(with_mail.mail, user="lapor"))
    (finding,) = await look_at_mail_out(secret, NOTHING)
    assert ("WARN", True) == (finding.level, "LoadCredential=" in finding.cure)


@pytest.fixture
def no_postfix(monkeypatch, tmp_path):
    """A machine without Postfix: nothing of it is on the path."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_postfix")
async def test_the_service_listens_for_mail(with_mail, pool, tmp_path, levels):
    """At a socket, which nobody else may have taken."""
    listen = f"unix:{tmp_path}/lmtp.sock"
    settings = replace(with_mail, mail=replace(with_mail.mail, lmtp_listen=listen))
    (finding,) = await look_at_mail_in(settings, NOTHING)
    assert ("FAIL", True) == (finding.level, finding.seen.startswith(f"nobody listens at {listen}"))
    async with open_lmtp(listen, MailKeeper(pool).store, accepts=lambda address: True):
        assert [("OK", f"smsd listens at {listen}")] == levels(await look_at_mail_in(settings, NOTHING))


@pytest.mark.usefixtures("no_postfix")
async def test_another_program_in_its_place_is_told(with_mail, levels):
    """It does not greet as a mail server does."""

    async def greet(_reader, writer):
        writer.write(b"+OK POP3\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    listen = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings = replace(with_mail, mail=replace(with_mail.mail, lmtp_listen=listen))
    assert [("FAIL", f"what listens at {listen} is not smsd")] == levels(await look_at_mail_in(settings, NOTHING))
    server.close()


@pytest.mark.usefixtures("no_postfix")
async def test_the_loop_waits_until_the_mail_is_in(with_mail, pool, mail_server, tmp_path, levels):
    """A server that hands it on; the row is there."""
    listen = f"unix:{tmp_path}/lmtp.sock"
    keeper = MailKeeper(pool)
    settings = replace(with_mail, mail=replace(with_mail.mail, lmtp_listen=listen))

    async def hand_on():
        (mail,) = mail_server.taken
        await asyncio.to_thread(deliver, mail)

    def deliver(mail):
        with smtplib.LMTP(f"{tmp_path}/lmtp.sock") as client:
            client.sendmail(mail.sender, [mail.recipient], mail.raw)

    mail_server.on_data = hand_on
    async with open_lmtp(listen, keeper.store, accepts=lambda address: True):
        ((level, seen),) = levels(await look_at_mail_in(settings, Wishes(mail_loop=True)))
    assert ("OK", True) == (level, seen.startswith("a mail to the reply domain came in after")), seen
    assert 1 == await pool.fetchval(SQL["last_inbound_mail"])
