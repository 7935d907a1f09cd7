"""What becomes of the package, step by step; each step builds on those before it."""

from __future__ import annotations

import json
import re
import subprocess
import time
from dataclasses import dataclass, field
from email import message_from_string
from email.message import Message
from pathlib import Path

from bench.package.machine import MODEM, Machine, expect, until

CITIZEN, ANOTHER = "+6281230000001", "+6281230000002"
_DOMAIN = "1708.example"
_SINK_PORT = 2525
_ANSWERS = f"""\
[gateway]
short_code = "1708"
region = "Kota Malang"
triage = "petugas@dinas.example"
agencies = "demonstration"
[database]
use = "local"
[mail]
reply_domain = "{_DOMAIN}"
postfix = true
[[modem]]
device = "{MODEM}"
pin = "1708"
"""
_TEXT = "Jalan rusak parah banyak lubang di Lowokwaru kota malang"
# What a clean root without an init, a name server or the network's time cannot have.
_NOT_HERE = {"DNS", "clock"}


@dataclass
class Play:
    """The machine, the packages, and what was seen."""

    machine: Machine
    old: Path
    new: Path
    daemon: subprocess.Popen[bytes] | None = None
    tickets: str = ""
    key: bytes = b""
    took: dict[str, float] = field(default_factory=dict)

    def prepare(self) -> str:
        """What the package needs is there before it: so its own installation can do without a network."""
        self.machine("apt-get", "-q", "-o", "Acquire::Check-Valid-Until=false", "update", network=True)
        self.machine(
            "debconf-set-selections", given="postfix postfix/main_mailer_type string Local only\n", network=True
        )
        self.machine.apt("install", "postgresql", "postfix", "sudo", "systemd", "python3", "tzdata", network=True)
        version = self.machine("dpkg-query", "-W", "-f", "${Version}", "postgresql", "postfix")
        return f"postgresql and postfix, {version}"

    def install(self) -> str:
        """By apt, without a network."""
        began = time.monotonic()
        said = self._install(self.old)
        expect("now run: sudo smsd setup" in said, f"it does not say what is next: {said[-300:]}")
        stat = self.machine("stat", "-c", "%n %U:%G %a", "/etc/smsd", "/var/lib/smsd")
        expect(stat.split("\n")[:2] == ["/etc/smsd root:smsd 750", "/var/lib/smsd smsd:smsd 750"], stat)
        expect("dialout" in self.machine("id", "-nG", "smsd"), "smsd is not in dialout")
        expect("smsd" in self.machine("id", "-nG", "postfix").split(), "postfix is not in the group smsd")
        expect("ConditionPathExists" in self.machine("cat", "/lib/systemd/system/smsd.service.d/configured.conf"), "")
        compiled = next(self.machine.path("/usr/lib/smsd").rglob("smsd/**/*.pyc"), None)
        expect(compiled, "the modules are not compiled: each command would do that again")
        return f"{time.monotonic() - began:.0f} s, no network; user, groups, folders"

    def _install(self, package: Path) -> str:
        name = f"/var/tmp/{package.name}"
        self.machine.path(name).write_bytes(package.read_bytes())
        return self.machine.apt("install", name)

    def explained(self) -> str:
        """By bash, by manual pages, and by the journal's catalog."""
        line = "source /usr/share/bash-completion/completions/smsd; complete -p smsd"
        expect("_smsd_completion" in self.machine("bash", "-c", line), "no completion for smsd")
        words = self.machine("env", "COMP_WORDS=smsd doc", "COMP_CWORD=1", "_SMSD_COMPLETE=bash_complete", "smsd")
        expect("plain,doctor" in words, f"doc is completed to {words}")
        pages = sorted(path.name for path in self.machine.path("/usr/share/man/man1").glob("smsd*.gz"))
        expect({"smsd.1.gz", "smsd-setup.1.gz"} <= set(pages), f"the manual pages are {pages}")
        catalog = self.machine("journalctl", "--dump-catalog")
        expect("Subject: smsd.started" in catalog, "journalctl -x does not know smsd.started")
        return f"doc<TAB> is doctor; {len(pages)} manual pages; journalctl -x"

    def setup(self) -> str:
        """From a file of answers; the SIM asks for a PIN."""
        began = time.monotonic()
        self.machine("pg_ctlcluster", "15", "main", "start")
        self.machine("postfix", "start")
        self.machine.start_modem()
        self.machine.simulator(do="set", pin="1708")
        self.machine.path("/root/answers.toml").write_text(_ANSWERS)
        said = self.machine("smsd", "setup", "--answers", "/root/answers.toml")
        expect("sent, and back after" in said, f"no test SMS: {said[-400:]}")
        modes = self.machine(
            "stat", "-c", "%U:%G %a", "/etc/smsd/smsd.toml", "/etc/smsd/modem0-pin", "/var/lib/smsd/smsd.key"
        )
        expect(modes.split("\n")[:3] == ["root:smsd 640", "root:smsd 640", "smsd:smsd 600"], modes)
        self.key = self.machine.path("/var/lib/smsd/smsd.key").read_bytes()
        return f"{time.monotonic() - began:.0f} s; test SMS came back, {self._count('ticket')} tickets"

    def setup_again(self) -> str:
        """Nothing is overwritten unasked."""
        done = self.machine.tried("smsd", "setup", "--answers", "/root/answers.toml")
        expect(done.returncode == 1 and "was not touched" in done.stdout, f"{done.returncode}: {done.stdout}")
        return "refused, nothing touched"

    def serve(self) -> str:
        """A citizen texts and is answered; the agency's mail leaves through Postfix."""
        transport = self.machine.path("/etc/postfix/smsd_transport")
        transport.write_text(f"{transport.read_text()}malangkota.example smtp:[127.0.0.1]:{_SINK_PORT}\n")
        sink = ("-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{_SINK_PORT}", "-c", "aiosmtpd.handlers.Debugging", "stdout")
        self.machine.start("env", "PYTHONUNBUFFERED=1", "/usr/lib/smsd/bin/python3", *sink, log="/var/log/sink")
        self.machine("postfix", "stop")
        self.machine("postfix", "start")  # with its new group
        self.daemon = self.machine.start_smsd()
        began = time.monotonic()
        self.machine.simulator(do="text", **{"from": CITIZEN}, text=_TEXT)
        (answer, *_more) = until(lambda: self.machine.inbox(CITIZEN), 60, "an answer to the citizen")
        expect("kami terima dan teruskan ke" in answer, f"the citizen reads: {answer}")
        took_s = time.monotonic() - began
        until(lambda: "Subject: [LAPOR" in self._sink(), 60, "the agency's mail at its server")
        return f"the citizen is answered after {took_s:.1f} s, the agency has its mail"

    def _sink(self) -> str:
        return self.machine.path("/var/log/sink").read_text()

    def _mail(self) -> Message:
        """The agency's mail."""
        _, _, rest = self._sink().partition("---------- MESSAGE FOLLOWS ----------\n")
        return message_from_string(rest.partition("------------ END MESSAGE ------------")[0])

    def doctor(self) -> str:
        """All is well but what this root cannot have."""
        done = self.machine.tried("smsd", "doctor", "--json", "--mail-loop")
        found = json.loads(done.stdout)
        bad = [f"{f['check']}: {f['seen']}" for f in found if f["level"] != "OK" and f["check"] not in _NOT_HERE]
        expect(not bad, "; ".join(bad))
        seen = {f["check"]: f["seen"] for f in found}
        return f"{seen['modem']}; {seen['mail in']}"

    def answered(self) -> str:
        """The agency's answer comes in by Postfix, and the citizen is told."""
        before = len(self.machine.inbox(CITIZEN))
        reply_to = re.findall(r"t-\w+@[\w.]+", str(self._mail()["Reply-To"]))[0]
        mail = f"From: pupr@malangkota.example\nTo: {reply_to}\nSubject: Re: [LAPOR]\n\nTERIMA\n"
        self.machine("/usr/sbin/sendmail", "-f", "pupr@malangkota.example", reply_to, given=mail)
        until(lambda: len(self.machine.inbox(CITIZEN)) > before, 60, "an SMS that the agency has accepted")
        return f"ticket {self.machine.psql('SELECT status FROM ticket').strip()}"

    def upgrade(self) -> str:
        """While a citizen texts; tickets, key and configuration are what they were."""
        assert self.daemon is not None
        self.machine.stop_smsd(self.daemon)
        self.machine.simulator(
            do="text", **{"from": ANOTHER}, text="Sampah menumpuk di Blimbing kota malang bau sekali"
        )
        before = self._kept()
        said = self._install(self.new)
        version = self.machine("dpkg-query", "-W", "-f", "${Version}", "smsd")
        expect(version in self.new.name, f"the version is {version}")
        expect("up to date" in said, f"the tables were not looked at: {said[-300:]}")
        expect(self._kept() == before, "tickets, key or configuration have changed")
        self.daemon = self.machine.start_smsd()
        until(lambda: self.machine.inbox(ANOTHER), 60, "an answer to who texted meanwhile")
        return f"to {version}; {self._count('ticket')} tickets, one texted meanwhile"

    def remove(self) -> str:
        """Everything but the program stays; a new installation goes on where it was."""
        assert self.daemon is not None
        self.machine.stop_smsd(self.daemon)
        before = self._kept()
        self.machine.apt("remove", "smsd")
        expect(not self.machine.path("/usr/bin/smsd").exists(), "/usr/bin/smsd is still there")
        left = sorted(p for p in self.machine.path("/usr/lib/smsd").rglob("*") if p.is_file())
        expect(not left, f"{len(left)} files are left, like {left[:1]}")
        expect(self._kept() == before, "tickets, key or configuration are gone")
        self._install(self.new)
        tickets = json.loads(self.machine("smsd", "ticket", "list", "--json"))
        expect(len(tickets) == self._count("ticket") > 0, f"{len(tickets)} tickets after a new installation")
        return f"{len(tickets)} tickets, key and configuration left, and found again"

    def purge(self) -> str:
        """Nothing of citizens is left."""
        self.machine.apt("purge", "smsd")
        left = [name for name in ("/etc/smsd", "/var/lib/smsd") if self.machine.path(name).exists()]
        databases = self.machine("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "psql", "-XAtl")
        left += [line for line in databases.splitlines() if line.startswith("smsd|")]
        left += [f"user {line}" for line in self.machine("getent", "passwd").splitlines() if line.startswith("smsd:")]
        expect(not left, f"left: {', '.join(left)}")
        return "no folder, no database, no user"

    def _kept(self) -> tuple[object, ...]:
        config = self.machine.path("/etc/smsd/smsd.toml").read_bytes()
        key = self.machine.path("/var/lib/smsd/smsd.key").read_bytes()
        expect(key == self.key, "the key has changed")
        return config, key, self.machine.psql("SELECT code, status, opened_at FROM ticket ORDER BY id")

    def _count(self, table: str) -> int:
        return int(self.machine.psql(f"SELECT count(*) FROM {table}"))


STEPS = (
    ("the root", "PostgreSQL and Postfix of Debian 12", Play.prepare),
    ("apt install", "works without a network", Play.install),
    ("its explanations", "completion, man, journalctl -x", Play.explained),
    ("smsd setup --answers", "modem, test SMS, files, tables", Play.setup),
    ("smsd setup again", "refused", Play.setup_again),
    ("a citizen's SMS", "answered; mail through Postfix", Play.serve),
    ("smsd doctor", "OK, with the mail loop", Play.doctor),
    ("the agency's answer", "changes the ticket", Play.answered),
    ("upgrade", "keeps the data", Play.upgrade),
    ("remove", "leaves the data", Play.remove),
    ("purge", "leaves none", Play.purge),
)
