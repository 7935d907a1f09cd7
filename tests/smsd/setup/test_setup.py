"""`smsd setup` as a whole, with a simulated modem and the embedded database; and Postfix's files."""

import asyncio
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest

from smsd.cli.options import NotSo
from smsd.setup import services
from smsd.simulator.simulator import open_simulator

ANSWERS = """\
[gateway]
region = "Kota Malang"
triage = "petugas@malang.example"
state_dir = "state"
[database]
use = "{dsn}"
[mail]
reply_domain = "1708.example"
host = "127.0.0.1"
tls = "none"
port = 9
postfix = false
[[modem]]
device = "modem"
"""


@pytest.fixture
async def run(tmp_path, empty_dsn):
    """`await run("--overwrite")`: setup with answers from a file; exit code, output, errors."""
    (tmp_path / "answers.toml").write_text(ANSWERS.format(dsn=empty_dsn))
    (tmp_path / "etc").mkdir()
    async with open_simulator(link=tmp_path / "modem") as simulator:

        async def call(*more, given=None):
            command = ["-m", "smsd", "setup", "--config", "etc/smsd.toml", *more]
            if given is None:
                command += ["--answers", "answers.toml"]
            process = await asyncio.create_subprocess_exec(
                sys.executable, *command, stdin=-1, stdout=-1, stderr=-1, cwd=tmp_path, env=os.environ
            )
            out, err = await process.communicate((given or "").encode())
            return process.returncode, out.decode(), err.decode()

        call.simulator = simulator
        yield call


@pytest.fixture
def config(tmp_path):
    """What is written."""
    return tmp_path / "etc/smsd.toml"


async def test_from_nothing_to_a_configuration_that_is_fine(run, config):
    """Modem, test SMS, files, tables, key, check; and what is next."""
    code, out, err = await run()
    assert (0, "") == (code, err), err
    for said in ("001000000000009", "sent, and back after", "schema version", "smsd.toml: fine", "smsd doctor"):
        assert said in out
    assert 1 == len(run.simulator.network.raw_submits)
    assert 0 == run.simulator.on_sim
    table = tomllib.loads(config.read_text())
    assert "35.73" == table["routing"]["home"]
    assert {"smsd.toml", "agencies.csv"} == {path.name for path in config.parent.iterdir()}


async def test_a_configuration_that_is_there_is_kept(run, config):
    """Unless it is told, and then the old one stays beside it."""
    config.write_text("mine")
    code, out, err = await run()
    assert (1, "") == (code, out)
    assert "was not touched; change it by hand, or give --overwrite" in err
    assert "mine" == config.read_text()
    (code, _, _) = await run("--overwrite")
    assert (0, "mine") == (code, config.with_name("smsd.toml.old").read_text())
    (code, out, _) = await run("--overwrite")
    assert (0, True) == (code, "up to date" in out)  # the tables are kept


async def test_a_modem_that_does_not_answer_ends_it_before_anything_is_written(run, config, tmp_path):
    """One line, with what to do."""
    (tmp_path / "answers.toml").write_text(ANSWERS.format(dsn="embedded").replace('"modem"', '"/dev/null"'))
    code, _, err = await run()
    assert 1 == code
    assert re.fullmatch(r"smsd: /dev/null is silent \(.+\); `ls -l /dev/serial/by-id` shows what is plugged in\n", err)
    assert not config.exists()


async def test_a_sim_that_asks_for_its_pin_needs_it_in_the_answers(run, config, tmp_path):
    """With it, it stands in a file of its own."""
    run.simulator.modem.equipment.ask_for_pin("4711")
    code, _, err = await run()
    assert (1, True) == (code, "asks for its PIN; give it as pin under [[modem]]" in err)
    answers = tmp_path / "answers.toml"
    answers.write_text(answers.read_text() + 'pin = "4711"\n')
    code, out, _ = await run()
    assert (0, "4711\n") == (code, (config.parent / "modem0-pin").read_text())
    assert "4711" not in out + config.read_text()


async def test_the_questions_are_asked_at_a_terminal(run, config, empty_dsn, tmp_path):
    """And asked again where an answer cannot be."""
    answers = ["17o8", "1708", "Atlantis", "kota malang", "petugas@malang.example", "demonstration", empty_dsn, ""]
    answers += ["1708.example", "", "mail.example", "587", "starttls", "", "y"]
    code, out, err = await run(
        "--device", str(tmp_path / "modem"), "--state-dir", str(tmp_path), given="\n".join(answers) + "\n"
    )
    assert 0 == code, err  # where there is no terminal, getpass says that it cannot hide the password
    assert "must be 3 to 6 digits" in out
    assert "no region I know" in out
    assert "Kota Malang (35.73)" in out
    table = tomllib.loads(config.read_text())
    assert ("mail.example", 587) == (table["mail"]["host"], table["mail"]["port"])
    assert str(tmp_path / "modem") == table["modem"][0]["device"]
    assert "agencies" not in table["routing"]


def test_postfix_examples_get_the_operators_domain_and_people():
    """Also where a full stop is one of a regular expression."""
    source = Path(__file__).parents[3] / "examples/postfix"
    assert source == services.postfix_files()
    for file in source.glob("smsd_*"):
        text = services.for_domain(file.read_text(), "aduan.go.example", "127.0.0.1:2424", "desk@go.example")
        settings = [line for line in text.splitlines() if not line.startswith("#")]
        assert not any("1708" in line or "petugas" in line for line in settings), file
    assert "@aduan\\.go\\.example$" in services.for_domain(
        (source / "smsd_recipients").read_text(), "aduan.go.example", "unix:/x", "d@x.example"
    )
    assert "smsd:inet:127.0.0.1:2424" in services.for_domain(
        (source / "smsd_transport").read_text(), "a.example", "127.0.0.1:2424", "d@x.example"
    )


def test_a_tool_that_fails_is_one_line():
    """What it complained of."""
    with pytest.raises(NotSo, match=r"`ls /nowhere` failed: .*nowhere"):
        services.run("ls", "/nowhere")
    with pytest.raises(NotSo, match=r"no-such-tool cannot be run .*; is its Debian package installed"):
        services.run("no-such-tool")
