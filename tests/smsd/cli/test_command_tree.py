"""All commands together: what each must have, whoever wrote it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from smsd.cli import smsd

# What changes something and says so in one line; what runs until it is stopped; what has nothing of the gateway's.
CHANGING = {
    "ticket assign", "ticket status", "ticket note", "outbox retry", "quarantine retry", "inbox accept", "inbox reject",
    "inbox retry", "agency resume", "privacy correct", "privacy erase", "privacy request", "privacy rotate-key",
    "restore", "setup",
}  # fmt: skip
RUNNING = {"run", "demo", "simulate modem"}
ALWAYS_JSON = {"privacy export"}
WITHOUT_CONFIG = {"demo", "simulate modem", "completion bash"}


def walk(group, path=()):
    """Every command and group below, with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from walk(command, (*path, name))


ALL = dict(walk(smsd))
LEAVES = {name: command for name, command in ALL.items() if not isinstance(command, click.Group)}


def options(command):
    """All names of its options."""
    return {name for parameter in command.params for name in parameter.opts}


@pytest.mark.parametrize("name", sorted(LEAVES.keys() - CHANGING - RUNNING - ALWAYS_JSON - {"completion bash"}))
def test_what_shows_something_has_json(name):
    """For a program to read."""
    assert "--json" in options(LEAVES[name])


@pytest.mark.parametrize("name", sorted(LEAVES.keys() - WITHOUT_CONFIG))
def test_what_works_on_an_installation_takes_its_configuration(name):
    """By the same option."""
    assert "--config" in options(LEAVES[name])


@pytest.mark.parametrize("name", sorted(LEAVES))
def test_its_help_has_a_sentence_and_an_example_that_parses(name):
    """The example is a command line of this very command."""
    paragraphs = [" ".join(part.split()) for part in LEAVES[name].help.split("\n\n")]
    assert re.fullmatch(r"[A-Z].*\.", paragraphs[0])
    (example,) = (part for part in paragraphs if part.startswith("Example: "))
    assert f"smsd {name}" in example


@pytest.mark.parametrize("name", ["", *(name for name, each in ALL.items() if isinstance(each, click.Group))])
def test_no_list_of_commands_is_cut(name):
    """At 80 columns every first sentence is whole."""
    group = ALL[name] if name else smsd
    context = click.Context(group)
    names = group.list_commands(context)
    room = 80 - 2 - max(map(len, names)) - 2
    for each in names:
        sentence = group.get_command(context, each).get_short_help_str(room)
        assert not sentence.endswith("..."), f"{each}: its first sentence has more than {room} characters"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("smsd t", {"ticket", "top"}),
        ("smsd ticket list --status t", {"tunda", "terverifikasi", "terdisposisi"}),
        ("smsd ticket list --agency pupr-35.7", {"PUPR-35.73", "PUPR-35.78"}),
        ("smsd ticket list --topic lampu", {"lampu-jalan"}),
        ("smsd ticket assign 4821309764 DLH-32.73", {"DLH-32.73"}),
        ("smsd classify --place 35.07.1", {"35.07.10", "35.07.11"}),
        ("smsd outbox list --state f", {"failed"}),
        ("smsd db up", {"upgrade"}),
        ("smsd top --o", {"--once"}),
    ],
)
def test_a_real_bash_completes(tmp_path, words, offered):
    """Commands, options, states, and codes of agencies, topics and places."""
    script = tmp_path / "complete.sh"
    script.write_text(
        "source <(smsd completion bash)\n"
        f"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
        "$(complete -p smsd | sed 's/.*-F \\([^ ]*\\).*/\\1/') smsd\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "SMSD_CONFIG": str(tmp_path / "none.toml")}
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, timeout=100, env=env, check=True)
    assert "" == done.stderr
    assert offered <= set(done.stdout.split())
    if len(offered) == 1:
        assert offered == set(done.stdout.split())
