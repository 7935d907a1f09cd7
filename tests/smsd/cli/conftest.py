"""An installation to run commands on: a configuration, a database with a report in it, and `smsd` itself."""

import asyncio
import contextlib
import io
import json
import os
import pty
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid, parseaddr
from pathlib import Path

import pytest

from parser.pdu import encode_deliver
from smsd.cli import main
from smsd.handle_mail import MailHandler, MailKeeper
from smsd.handle_sms import Limits, SmsHandler
from smsd.loops import Stop
from smsd.mail.lmtp import ReceivedMail
from smsd.office import open_desk
from smsd.receive import Receiver
from smsd.simulator.simulator import wall_clock
from smsd.store.database import open_database
from smsd.store.throwaway import connect_with_key
from smsd.writes import SmsLimits

CITIZEN = "+6281230004711"
TEXT = "jln rusak parah di Lowokwaru kota malang, byk lubang, tlg diperbaiki"


class Smsd:
    """The command on one configuration: in this process, or, where its environment matters, in one of its own."""

    def __init__(self, config):
        self.config = config

    def __call__(self, *arguments, config=True, env=None):
        """Exit code, standard output, standard error."""
        if config:
            arguments += ("--config", str(self.config))
        if env is None:
            with ThreadPoolExecutor(1) as thread:  # a test may have a loop, and so has the command
                return thread.submit(_run, arguments).result()
        command = [sys.executable, "-m", "smsd", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=env)
        return done.returncode, done.stdout, done.stderr

    def ok(self, *arguments, **options):
        """Standard output of a command that succeeds without a word on standard error."""
        code, out, err = self(*arguments, **options)
        assert (0, "") == (code, err)
        return out

    def json(self, *arguments, **options):
        """The one JSON document it writes."""
        return json.loads(self.ok(*arguments, "--json", **options))

    def refused(self, code, *arguments, **options):
        """The one line in which it says why not."""
        found, out, err = self(*arguments, **options)
        assert (code, "") == (found, out), err
        (line,) = err.splitlines()
        assert line.startswith("smsd: ")
        return line.removeprefix("smsd: ")


def _run(arguments):
    """As the entry point is run; what is no expected error is raised here too."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["smsd", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
    return left.value.code or 0, out.getvalue(), err.getvalue()


@pytest.fixture
def config(tmp_path, dsn) -> Path:
    """A configuration in which nothing is wrong."""
    path = tmp_path / "smsd.toml"
    (tmp_path / "modem0").touch()
    path.write_text(
        f'[gateway]\nstate_dir = "."\n[database]\ndsn = "{dsn}"\n'
        '[[modem]]\nname = "modem0"\ndevice = "modem0"\n'
        '[mail]\nhost = "127.0.0.1"\ntls = "none"\nlmtp_listen = "127.0.0.1:2424"\n'
    )
    return path


@pytest.fixture
def smsd(config, settings) -> Smsd:
    """`smsd` on that configuration; the key is there already."""
    return Smsd(config)


class OneBatch:
    """A transport on which one citizen's SMS has come in."""

    name = "modem0"

    def __init__(self, batch):
        self._batch = batch

    async def receive(self):
        """Once; then nothing."""
        if self._batch is None:
            await asyncio.Event().wait()
        batch, self._batch = self._batch, None
        return batch

    async def acknowledge(self, batch):
        """It was kept: stop."""
        self.stop.ask()


@pytest.fixture
async def texted(settings, intake_on, batch_of):
    """`await texted(text)`: a report of that text; its code."""

    async def text(words=TEXT, sender=CITIZEN):
        transport, transport_stop = OneBatch(batch_of(encode_deliver(sender, words, wall_clock()))), Stop()
        transport.stop = transport_stop
        async with open_database(settings) as pool:
            await Receiver(transport, intake_on(pool)).run(transport_stop)
            await SmsHandler(pool, open_desk(settings), Limits(SmsLimits(60), 3)).step()
            return await pool.fetchval("SELECT code FROM ticket ORDER BY id DESC LIMIT 1")

    return text


@pytest.fixture
def mailed(settings):
    """`await mailed("SELESAI ...")`: the last report's agency answers; the mail's id.

    `to`: another address than the report's; `files`: attachments by name; `handled=False`: nobody has read it yet.
    """

    async def mail(words, *, to=None, files=(), handled=True, attempts=1, **headers):
        async with open_database(settings) as pool:
            sent = await pool.fetchrow("SELECT address, token FROM dispatch WHERE NOT copy ORDER BY id DESC LIMIT 1")
            recipient = to or f"t-{sent['token']}@{settings.mail.reply_domain}"
            message = EmailMessage(policy=SMTP)
            message["From"] = headers.pop("sender", sent["address"])
            message["To"] = recipient
            message["Message-ID"] = make_msgid(domain="malangkota.example")
            message["Subject"] = headers.pop("subject", "Re: laporan")
            for name, value in headers.items():
                message[name.replace("_", "-")] = value
            message.set_content(
                f"{words}\n\nPada hari ini LAPOR! 1708 menulis:\n> == balas di atas baris ini ==\n> isi\n"
            )
            for name, content in files:
                message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
            received = ReceivedMail(parseaddr(message["From"])[1], recipient, message.as_bytes())
            await MailKeeper(pool).store(received)
            if handled:
                handler = MailHandler(pool, open_desk(settings), Limits(SmsLimits(60), attempts))
                while await handler.step():
                    pass
            return await pool.fetchval("SELECT max(id) FROM inbound_mail")

    return mail


@pytest.fixture
async def db(dsn, settings):
    """A connection to the same database."""
    connection = await connect_with_key(dsn, settings.gateway.state_dir / "smsd.key")
    yield connection
    await connection.close()


@pytest.fixture
def on_terminal():
    """`on_terminal("ticket", "list")`: the lines that a terminal of 80 columns shows, without colours."""

    def run(*arguments):
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ |= {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "80"}
            os.execv(sys.executable, [sys.executable, "-m", "smsd", *arguments])
        shown = b""
        with contextlib.suppress(OSError):  # Linux says EIO where the other side has closed
            while data := os.read(terminal, 4096):
                shown += data
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
        return [line.rstrip() for line in shown.decode().split("\r\n") if line]

    return run
