"""quarantine list|show|retry, on SMS that came in and became no report."""

import dataclasses
import json
from datetime import timedelta

import pytest

from parser.pdu import encode_deliver
from routing.spam import Mark, SpamFilter
from smsd.cli.quarantine import _COLUMNS
from smsd.handle_sms import Limits, SmsHandler
from smsd.loops import Stop
from smsd.office import open_seal
from smsd.receive import Receiver
from smsd.simulator.simulator import wall_clock
from smsd.writes import SmsLimits
from tests.boxes import is_not

CITIZEN = "+6281230004711"
FRAUD = "Selamat, Anda pemenang undian 75 juta."
CUT = "Selamat, nomor ini pemenang undian, ambil di kantor atau"
REST = "kirim PIN ke kami hari ini juga."
BROKEN = "jalan rusak di Lowokwaru Kota Malang, racun"
ROAD = "Jalan rusak banyak lubang di Lowokwaru Kota Malang."
NO_PDU = "zz\x1b[2J"
KEYS = {"id", "kind", "at", "reason", "error", "attempts", "text"}


class OneBatch:
    """A transport on which these PDUs have come in; it stops its receiver when they are kept."""

    name = "modem0"

    def __init__(self, batch, stop):
        self._batch, self._stop = batch, stop

    async def receive(self):
        """All there is."""
        return self._batch

    async def acknowledge(self, batch):
        """It was kept: stop."""
        self._stop.ask()


@pytest.fixture
def handle(pool, desk):
    """`await handle()`: all that is due, `after` so much time, by a desk that knows one fraud."""
    fraud = SpamFilter([Mark("undian", "penipuan", 9.0, ("pemenang undian",))])
    desk = dataclasses.replace(desk, router=dataclasses.replace(desk.router, spam=fraud))

    async def work(after=timedelta()):
        sql = "UPDATE inbound_message SET due_at = due_at - $1::interval, received_at = received_at - $1::interval"
        await pool.execute(f"{sql} WHERE state = 'new'", after)
        while await SmsHandler(pool, desk, Limits(SmsLimits(60), 1)).step():
            pass

    return work


@pytest.fixture
def comes_in(pool, intake_on, batch_of, handle):
    """`await comes_in(text, ...)`: SMS of one citizen; `pdus` come as they are."""

    async def receive(*texts, pdus=()):
        now, stop = wall_clock(), Stop()
        written = [encode_deliver(CITIZEN, text, now + timedelta(seconds=n)) for n, text in enumerate(texts)]
        await Receiver(OneBatch(batch_of(*written, *pdus), stop), intake_on(pool)).run(stop)
        await handle()

    return receive


@pytest.fixture
async def bug(pool):
    """A fault that the text BROKEN meets, and no other; `await bug()` mends it."""
    await pool.execute(f"ALTER TABLE ticket ADD CONSTRAINT bug CHECK ({is_not('text', BROKEN)})")

    async def mend():
        await pool.execute("ALTER TABLE ticket DROP CONSTRAINT bug")

    return mend


@pytest.fixture
async def kept(smsd, bug, comes_in):
    """One of each kind is in quarantine; what the list says of each, by reason."""
    await comes_in(FRAUD, BROKEN, pdus=[NO_PDU])
    return {row["reason"]: row for row in smsd.json("quarantine", "list")}


def test_says_that_there_is_nothing(smsd):
    """In a sentence, or as an empty document."""
    assert "nothing is in quarantine\n" == smsd.ok("quarantine", "list")
    assert [] == smsd.json("quarantine", "list")


class TestList:
    """What is kept, and why."""

    def test_every_kind_is_listed(self, smsd, kept):
        """With the same keys, newest first; the sender's number stands nowhere."""
        assert {"penipuan", "failed", "pdu"} == set(kept)
        assert all(row.keys() == KEYS for row in kept.values())
        assert ("sms", FRAUD, 0) == tuple(kept["penipuan"][key] for key in ("kind", "text", "attempts"))
        assert ("sms", BROKEN, 1) == tuple(kept["failed"][key] for key in ("kind", "text", "attempts"))
        assert ("pdu", None, 0) == tuple(kept["pdu"][key] for key in ("kind", "text", "attempts"))
        listed = smsd.json("quarantine", "list")
        assert listed == sorted(listed, key=lambda row: row["at"], reverse=True)
        assert CITIZEN.removeprefix("+62") not in json.dumps(listed)

    def test_the_table_tells_spam_by_its_words_and_the_rest_by_its_error(self, smsd, kept):
        """One line each, all columns."""
        table = smsd.ok("quarantine", "list").splitlines()
        assert list(_COLUMNS) == table[0].split()
        lines = {line.split()[1]: line for line in table[1:]}
        assert "Anda pemenang undian" in lines["penipuan"]
        assert "CheckViolationError" in lines["failed"]
        assert kept["pdu"]["error"] in lines["pdu"]

    def test_a_terminal_is_80_columns_wide(self, smsd, kept, on_terminal):
        """What is longer is wrapped in the last column."""
        lines = on_terminal("quarantine", "list", "--config", str(smsd.config))
        assert list(_COLUMNS) == lines[0].split()
        assert 80 >= max(map(len, lines))

    def test_one_reason_alone(self, smsd, kept):
        """Spam is any kind of it."""
        given = ("spam", "penipuan", "promo", "robot", "failed", "pdu")
        found = {
            reason: [row["reason"] for row in smsd.json("quarantine", "list", "--reason", reason)] for reason in given
        }
        one = {reason: [reason] for reason in ("penipuan", "failed", "pdu")}
        assert {"spam": ["penipuan"], "promo": [], "robot": [], **one} == found

    def test_no_more_than_asked_for(self, smsd, kept):
        """The newest."""
        listed = smsd.json("quarantine", "list")
        assert listed[:2] == smsd.json("quarantine", "list", "--limit", "2")


class TestShow:
    """All about one."""

    def test_a_text_is_shown_with_the_reasons(self, smsd, kept):
        """It is the operator's business to read it."""
        name = kept["penipuan"]["id"]
        shown = smsd.json("quarantine", "show", name)
        assert shown.keys() == KEYS | {"transport", "size", "raw"}
        assert (name, FRAUD, None, None) == tuple(shown[key] for key in ("id", "text", "size", "raw"))
        printed = smsd.ok("quarantine", "show", name)
        assert printed.startswith(f"{name}  penipuan  ")
        assert f"because {shown['error']}" in " ".join(printed.split())
        assert printed.endswith(f"\n{FRAUD}\n")

    def test_what_failed_says_how_often(self, smsd, kept):
        """And with which error."""
        printed = smsd.ok("quarantine", "show", kept["failed"]["id"])
        assert "by modem0, attempts 1\n" in printed
        assert "because CheckViolationError: " in printed

    def test_a_pdu_stays_sealed(self, smsd, kept, tmp_path):
        """Its size, error and time are shown, its bytes not."""
        name = kept["pdu"]["id"]
        shown = smsd.json("quarantine", "show", name)
        assert (None, len(NO_PDU), None) == tuple(shown[key] for key in ("text", "size", "raw"))
        printed = smsd.ok("quarantine", "show", name)
        assert f"because {shown['error']}" in printed
        assert printed.endswith(f"{len(NO_PDU)} characters, sealed; --raw opens them\n")
        (tmp_path / "smsd.key").unlink()
        assert "no such key file" in smsd.refused(3, "quarantine", "show", name)

    def test_a_pdu_is_opened_when_asked(self, smsd, kept):
        """What would command the terminal does not reach it."""
        name = kept["pdu"]["id"]
        assert NO_PDU == smsd.json("quarantine", "show", name, "--raw")["raw"]
        assert smsd.ok("quarantine", "show", name, "--raw").endswith("\nzz\ufffd[2J\n")

    def test_a_text_has_no_seal_to_open(self, smsd):
        """A usage error."""
        line = smsd.refused(2, "quarantine", "show", "sms:1", "--raw", config=False)
        assert line.startswith("--raw opens PDUs; sms:1 is a text, which is shown as it is.")


class TestRetry:
    """What becomes of it after all."""

    async def test_spam_becomes_a_report(self, smsd, kept, handle, pool):
        """Whatever the filter says of it; and it is in quarantine no more."""
        name = kept["penipuan"]["id"]
        assert f"{name}: will be handled again\n" == smsd.ok("quarantine", "retry", name)
        await handle()
        assert [FRAUD] == [row["text"] for row in await pool.fetch("SELECT text FROM ticket")]
        assert {"failed", "pdu"} == {row["reason"] for row in smsd.json("quarantine", "list")}
        assert f"{name} is not in quarantine; `smsd quarantine list` shows what is" == smsd.refused(
            1, "quarantine", "retry", name
        )

    async def test_what_failed_is_handled_when_its_fault_is_mended(self, smsd, kept, bug, handle, pool):
        """Until then it comes back."""
        name = kept["failed"]["id"]
        smsd.ok("quarantine", "retry", name)
        await handle()
        assert [name] == [row["id"] for row in smsd.json("quarantine", "list", "--reason", "failed")]
        await bug()
        smsd.ok("quarantine", "retry", name)
        await handle()
        assert [BROKEN] == [row["text"] for row in await pool.fetch("SELECT text FROM ticket")]

    async def test_spam_in_two_sms_is_one_entry_and_one_report(self, smsd, comes_in, handle, pool):
        """The SMS that went on with it is shown with it and goes with it."""
        await comes_in(CUT, REST, FRAUD)
        await handle(after=timedelta(seconds=100))
        listed = smsd.json("quarantine", "list")
        assert {CUT, FRAUD} == {row["text"] for row in listed}
        (name,) = [row["id"] for row in listed if row["text"] == CUT]
        assert f"{CUT}\n{REST}" == smsd.json("quarantine", "show", name)["text"]
        smsd.ok("quarantine", "retry", name)
        await handle()
        assert [f"{CUT} {REST}"] == [row["text"] for row in await pool.fetch("SELECT text FROM ticket")]
        assert [FRAUD] == [row["text"] for row in smsd.json("quarantine", "list")]

    async def test_a_pdu_that_a_newer_smsd_can_read(self, smsd, kept, settings, handle, pool):
        """It is taken as if the modem had brought it now, and leaves the quarantine."""
        sealed = open_seal(settings).close(encode_deliver(CITIZEN, ROAD, wall_clock()).encode(), "quarantine")
        await pool.execute("UPDATE quarantine SET raw_sealed = $1", sealed)
        name = kept["pdu"]["id"]
        assert smsd.ok("quarantine", "retry", name).endswith(f"{name}: will be handled again\n")
        await handle()
        assert [ROAD] == [row["text"] for row in await pool.fetch("SELECT text FROM ticket")]
        assert [] == smsd.json("quarantine", "list", "--reason", "pdu")
        assert f"{name} is not in quarantine" in smsd.refused(1, "quarantine", "retry", name)

    async def test_all_or_none(self, smsd, kept):
        """One that is not there keeps the others in quarantine; one named twice counts once."""
        name, pdu = kept["penipuan"]["id"], kept["pdu"]["id"]
        assert "sms:999999 is not in quarantine" in smsd.refused(1, "quarantine", "retry", name, "sms:999999")
        line = smsd.refused(1, "quarantine", "retry", name, pdu)
        assert line.startswith(f"{pdu} holds no words that could be handled, for nobody can read it (the PDU is")
        assert 3 == len(smsd.json("quarantine", "list"))
        assert f"{name}: will be handled again\n" == smsd.ok("quarantine", "retry", name, name)


@pytest.mark.parametrize("name", ["sms:999999", "pdu:999999"])
def test_nothing_of_that_name(smsd, name):
    """Where to look."""
    line = smsd.refused(1, "quarantine", "show", name)
    assert f"{name} is not in quarantine; `smsd quarantine list` shows what is" == line


@pytest.mark.parametrize(
    ("verb", "name"),
    [("show", "12"), ("show", "mail:1"), ("retry", "sms:"), ("retry", "sms:1x"), ("retry", "pdu:1234567890123456789")],
)
def test_no_name_at_all(smsd, verb, name):
    """A usage error says how names look."""
    line = smsd.refused(2, "quarantine", verb, name, config=False)
    assert line.startswith(f"{name!r} is no id; write it as `smsd quarantine list` shows it, like sms:12.")


def test_usage_errors(smsd):
    """One line, exit code 2, and where to read on."""
    for arguments in (["list", "--reason", "lain"], ["show"], ["retry"]):
        line = smsd.refused(2, "quarantine", *arguments, config=False)
        assert line.endswith(f"smsd quarantine {arguments[0]} --help` shows how")
