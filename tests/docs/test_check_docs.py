"""The check of the documents, on documents that are wrong."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from config.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_docs", ROOT / "scripts" / "check_docs.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check_docs = _load()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small repository whose documents are right."""
    (tmp_path / "docs" / "id").mkdir(parents=True)
    (tmp_path / "smsd").mkdir()
    (tmp_path / "setup.cfg").write_text("[metadata]\nversion = 1.2.3\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [1.2.3] - 2026-01-31\n")
    (tmp_path / "README.md").write_text("# A gateway\n\n## Every day\n\n`smsd run`, `smsd db init`\n")
    (tmp_path / "smsd" / "work.py").write_text('log.info("sms.sent", sms=1)\n')
    (tmp_path / "docs" / "architecture.md").write_text("# Architecture\n")
    for list_of_events in check_docs.EVENTS:
        (tmp_path / list_of_events).write_text("| `sms.sent` | info | `sms` | gone | |\n")
    (tmp_path / "docs" / "configuration.md").write_text("# Configuration\n\n### agencies.csv\n")
    (tmp_path / "docs" / "id" / "konfigurasi.md").write_text("# Konfigurasi\n")
    return tmp_path


@pytest.fixture
def keyed(tree: Path) -> Path:
    """The same with the shipped lists of keys."""
    for name in check_docs.CONFIGURATION:
        shutil.copy(ROOT / name, tree / name)
    return tree


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _found(check: Callable[..., Iterator[str]], *arguments: object) -> list[str]:
    return list(check(*arguments))


# ---------------------------------------------------------------- configuration


def test_documented_keys_are_fine(keyed: Path) -> None:
    """The shipped documents have every key with its default."""
    assert [] == _found(check_docs.check_keys, keyed)


def test_missing_key_is_named(keyed: Path) -> None:
    """A key without a row is a problem, with its section."""
    _change(keyed / "docs" / "configuration.md", "| `poll_s` |", "| poll |")

    assert ["docs/configuration.md: [modem] poll_s of config/settings.py is missing"] == _found(
        check_docs.check_keys, keyed
    )


def test_documented_key_that_does_not_exist_is_named(keyed: Path) -> None:
    """A row for a key that is gone is a problem."""
    _change(keyed / "docs" / "configuration.md", "| `port` |", "| `haven` | text | none | gone |\n| `port` |")

    assert ["docs/configuration.md: [mail] haven does not exist in config/settings.py"] == _found(
        check_docs.check_keys, keyed
    )


def test_wrong_default_is_named(keyed: Path) -> None:
    """A default that the code does not have is a problem."""
    _change(keyed / "docs" / "configuration.md", "| `25` |", "| `26` |")

    assert ["docs/configuration.md: [mail] port has the default `25`, not `26`"] == _found(check_docs.check_keys, keyed)


def test_key_of_another_section_does_not_count(keyed: Path) -> None:
    """`connections` under [mail] does not document that of [database]."""
    _change(keyed / "docs" / "configuration.md", "| `connections` | whole number | `8` |", "| links | number | `8` |")

    assert ["docs/configuration.md: [database] connections of config/settings.py is missing"] == _found(
        check_docs.check_keys, keyed
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("| `poll_s` |", "| poll |", "[modem] poll_s of config/settings.py is missing"),
        ("| `25` |", "| `26` |", "[mail] port has the default `25`, not `26`"),
        ("`host` | teks | wajib", "`host` | teks | tidak ada", "[mail] host has the default wajib, not tidak ada"),
        ("| `port` |", "| `haven` | x | x |\n| `port` |", "[mail] haven does not exist in config/settings.py"),
    ],
)
def test_indonesian_keys_are_held_to_the_code_too(keyed: Path, old: str, new: str, problem: str) -> None:
    """The Indonesian list is checked like the English one, with its own words for defaults."""
    _change(keyed / "docs" / "id" / "konfigurasi.md", old, new)

    assert [f"docs/id/konfigurasi.md: {problem}"] == _found(check_docs.check_keys, keyed)


# ---------------------------------------------------------------- log events


def test_unlisted_event_is_named_with_its_place(tree: Path) -> None:
    """An event that is logged and not listed is a problem of the line that logs it."""
    (tree / "smsd" / "more.py").write_text('\nlog.error("modem.burnt", modem=1)\n')

    assert [
        "smsd/more.py:2: the log event modem.burnt is missing in docs/events.md",
        "smsd/more.py:2: the log event modem.burnt is missing in docs/id/peristiwa.md",
    ] == _found(check_docs.check_events, tree)


def test_listed_event_that_nobody_logs_is_named(tree: Path) -> None:
    """An event that is listed and never logged is a problem."""
    rows = "| `sms.sent` | info | `sms` | a | |\n| `sms.eaten` | info | | b | |\n"
    (tree / "docs" / "events.md").write_text(rows)

    assert ["docs/events.md: nothing in smsd/ logs sms.eaten"] == _found(check_docs.check_events, tree)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("| `sms.sent` | info | `sms`, `number` | | |", "sms.sent never has the key number"),
        ("| `sms.sent` | info | | | |", "sms.sent has the key sms"),
        ("| `sms.sent` | error | `sms` | | |", "sms.sent is logged as info"),
    ],
)
def test_a_row_says_level_and_keys_as_they_are(tree: Path, row: str, problem: str) -> None:
    """Neither a key too many, nor one too few, nor another level."""
    (tree / "docs" / "events.md").write_text(f"{row}\n")

    assert [f"docs/events.md: {problem}"] == _found(check_docs.check_events, tree)


@pytest.mark.parametrize(
    "code",
    [
        'def f():\n    facts = {"a": 1}\n    log.info("x.y", **facts, b=2)\n',
        'def _f(row):\n    return {"a": 1} if row else {"b": 2}\nlog.info("x.y", **_f(1))\n',
        'class A:\n    def _f(self):\n        return {"a": 1, "b": 2}\nlog.info("x.y", **A()._f())\n',
    ],
)
def test_keys_are_found_where_they_are_spread(tree: Path, code: str) -> None:
    """From a table, from a function of the module, from a method."""
    (tree / "smsd" / "more.py").write_text(code)

    assert {"a", "b"} == check_docs.logged_events(tree)["x.y"].keys


@pytest.mark.parametrize(
    "code",
    [
        'log.error("a.one" if broken else "a.two", message=1)\n',
        'event = "a.one" if broken else "a.two"\nlog.info(event, message=1)\n',
    ],
)
def test_both_ends_of_a_choice_are_events(tree: Path, code: str) -> None:
    """A choice between two events logs both, also through a variable."""
    (tree / "smsd" / "more.py").write_text(code)

    problems = _found(check_docs.check_events, tree)

    assert ["a.one", "a.two"] == [problem.split()[4] for problem in problems if "docs/events.md" in problem]


def test_only_calls_of_the_logger_log(tree: Path) -> None:
    """`click.error("a.b")` and an event in a comment are nothing."""
    (tree / "smsd" / "more.py").write_text('# log.info("a.b")\nparser.error("a.b")\nlog.bind("a.b")\n')

    assert [] == _found(check_docs.check_events, tree)


# ---------------------------------------------------------------- links


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[x](docs/gone.md)", "README.md: the link docs/gone.md leads nowhere"),
        ("[x](#every-night)", "README.md: the link #every-night leads nowhere"),
        ("see `smsd/gone.py`", "README.md: there is no smsd/gone.py"),
        ("see `docs/gone/`", "README.md: there is no docs/gone/"),
    ],
)
def test_dead_link_is_named(tree: Path, line: str, problem: str) -> None:
    """A link, a heading or a path that does not exist is a problem."""
    (tree / "README.md").write_text(f"# A gateway\n\n## Every day\n\n{line}\n")

    assert [problem] == _found(check_docs.check_links, tree)


@pytest.mark.parametrize(
    "line",
    [
        "[x](https://example.org/gone)",
        "[x](#every-day) [y](docs/configuration.md#agenciescsv)",
        "`smsd/work.py`, `docs/`, `/etc/smsd/smsd.toml`, `Asia/Jakarta`",
        "```\n[x](gone.md) `smsd/gone.py`\n```",
        "    [x](gone.md)",
    ],
)
def test_what_is_no_dead_link(tree: Path, line: str) -> None:
    """The web, what exists, paths of the system, and examples are left alone."""
    (tree / "README.md").write_text(f"# A gateway\n\n## Every day\n\n{line}\n")

    assert [] == _found(check_docs.check_links, tree)


def test_dead_link_of_a_translation_is_named(tree: Path) -> None:
    """Documents in folders under docs/ are read too, and their links are relative to them."""
    (tree / "docs" / "id" / "konfigurasi.md").write_text("[x](../architecture.md) [y](architecture.md)\n")

    assert ["docs/id/konfigurasi.md: the link architecture.md leads nowhere"] == _found(check_docs.check_links, tree)


def test_link_behind_an_example_is_seen(tree: Path) -> None:
    """An indented example ends with its lines."""
    (tree / "README.md").write_text("# A gateway\n\n    make run\n\n[x](gone.md)\n")

    assert ["README.md: the link gone.md leads nowhere"] == _found(check_docs.check_links, tree)


# ---------------------------------------------------------------- commands, version


def _group() -> click.Group:
    db = click.Group("db", commands=[click.Command("init"), click.Command("upgrade")])
    return click.Group("smsd", commands=[click.Command("run"), db])


def test_command_that_is_not_mentioned_is_named(tree: Path) -> None:
    """A subcommand counts only as one would type it."""
    (tree / "README.md").write_text("`smsd run`, `smsd db init`, and the command `upgrade` of `smsd db`\n")

    assert ["README.md: the command smsd db upgrade is not mentioned, nor in docs/"] == _found(
        check_docs.check_commands, tree, _group()
    )


def test_translation_alone_does_not_mention_a_command(tree: Path) -> None:
    """A command that only the Indonesian guide names is missing in English."""
    (tree / "README.md").write_text("`smsd run`\n")
    (tree / "docs" / "id" / "README.md").write_text("`smsd run`, `smsd db init`, `smsd db upgrade`\n")

    problems = _found(check_docs.check_commands, tree, _group())

    assert ["init", "upgrade"] == [problem.split()[5] for problem in problems]


def test_version_without_an_entry_is_named(tree: Path) -> None:
    """The changelog must know the version of setup.cfg."""
    (tree / "CHANGELOG.md").write_text("# Changelog\n\n## [1.2.2]\n")

    assert ["CHANGELOG.md: has no entry for version 1.2.3 of setup.cfg"] == _found(check_docs.check_version, tree)


# ---------------------------------------------------------------- all together


def test_problems_are_printed_one_a_line(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 1 and each problem has its line."""
    (tree / "CHANGELOG.md").write_text("# Changelog\n")
    (tree / "README.md").write_text("[x](gone.md)\n")

    code = check_docs.main(tree)

    lines = capsys.readouterr().out.splitlines()
    assert 1 == code
    assert "README.md: the link gone.md leads nowhere" in lines
    assert "CHANGELOG.md: has no entry for version 1.2.3 of setup.cfg" in lines


def test_shipped_documents_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    """What `make check` says about this repository: nothing."""
    code = check_docs.main()

    assert "" == capsys.readouterr().out
    assert 0 == code


def test_example_configuration_loads() -> None:
    """config/smsd.toml needs nothing but the devices and secrets of a real machine."""
    settings = load_settings(ROOT / "config" / "smsd.toml")

    assert ["modem0"] == [modem.name for modem in settings.modems]
    assert "unix:/run/smsd/lmtp.sock" == settings.mail.lmtp_listen


def test_stop_budget_fits_into_the_unit() -> None:
    """TimeoutStopSec leaves room for the budget, the mails in hand and the modems."""
    settings = load_settings(ROOT / "config" / "smsd.toml")
    unit = (ROOT / "systemd" / "smsd.service").read_text(encoding="utf-8")
    limit = next(line for line in unit.splitlines() if line.startswith("TimeoutStopSec="))

    assert int(limit.removeprefix("TimeoutStopSec=").removesuffix("s")) > settings.gateway.shutdown_s + 10 + 2
