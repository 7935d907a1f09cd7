"""setup: the few questions, the modem, its test SMS, the configuration, the tables."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.table import Table

from config.settings import Modem, load_settings
from smsd import journal
from smsd.cli.options import NotSo, config_option, console
from smsd.setup import files, services
from smsd.setup.answers import Answers, ModemAnswers, ask_answers, ask_number, ask_pin, read_answers
from smsd.setup.ports import Port, find_ports, one_each, probe_ports
from smsd.setup.trial import TrialFailed, send_to_itself

_WANTS_PIN = "SIM PIN"
_LOOK = "`ls -l /dev/serial/by-id` shows what is plugged in"


@click.command()
@click.option(
    "--answers",
    "answers_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Take all answers from this TOML file and ask nothing.",
)
@click.option(
    "--device",
    "devices",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A modem's port; else all are looked at.",
)
@click.option("--state-dir", type=click.Path(path_type=Path), help="Where key and spool are, if not in /var/lib/smsd.")
@click.option("--overwrite", is_flag=True, help="Replace a configuration that is there; it is kept beside it as .old.")
@config_option
def setup(
    answers_file: Path | None, devices: tuple[Path, ...], state_dir: Path | None, overwrite: bool, config: Path
) -> None:
    """Ask a few questions, test the modem, write the configuration.

    Makes the tables too, the database in a PostgreSQL of this machine, and the way back in its Postfix.

    Example: smsd setup --answers answers.toml
    """
    journal.configure("error", "console")
    config = config.absolute()
    _refuse_to_overwrite(config, overwrite)
    answers = read_answers(answers_file) if answers_file else ask_answers(devices, state_dir)
    modems = _choose_modems(answers, asking=answers_file is None)
    _write(config, answers, modems)
    _make_ready(config, answers)
    _say_what_is_next(config, answers)


def _refuse_to_overwrite(config: Path, overwrite: bool) -> None:
    if config.exists() and not overwrite:
        raise NotSo(f"{config} is there already and was not touched; change it by hand, or give --overwrite")
    if not config.parent.is_dir():
        raise NotSo(f"{config.parent} does not exist; make it: install -d -m 750 -g smsd {config.parent}")


# ---------------------------------------------------------------- the modem


def _choose_modems(answers: Answers, *, asking: bool) -> list[files.ChosenModem]:
    """The modems of the answers, found, shown and tried."""
    named = [modem.device for modem in answers.modems if modem.device]
    click.echo(f"Looking for modems at {len(named) or 'all'} serial ports ...")
    ports = probe_ports(named or find_ports())
    _show(ports)
    chosen: list[files.ChosenModem] = []
    for modem, port in _matched(answers.modems, ports):
        name = modem.name or f"modem{len(chosen)}"
        pin = modem.pin
        if port.sim == _WANTS_PIN and pin is None:
            if not asking:
                raise NotSo(f"the SIM at {port.device} asks for its PIN; give it as pin under [[modem]]")
            pin = ask_pin(name, port.device)
        chosen.append(files.ChosenModem(name, port, pin, modem.smsc))
        if modem.test_sms:
            _try(chosen[-1], modem.number or port.number, asking=asking)
    return chosen


def _matched(wanted: Sequence[ModemAnswers], ports: Sequence[Port]) -> Iterator[tuple[ModemAnswers, Port]]:
    """Each answer with its port; one that names no device stands for every modem that was found."""
    by_device = {port.device: port for port in ports}
    for modem in wanted:
        if modem.device is None:
            found = one_each(ports)
            if not found:
                raise NotSo("no modem answers; is it plugged in, and is nothing else using it (ModemManager)?")
            yield from ((replace(modem, name=None), port) for port in found)
        elif (port := by_device[modem.device]).is_modem:
            yield modem, port
        elif port.error:
            raise NotSo(f"{modem.device} is silent ({port.error}); {_LOOK}")
        else:
            raise NotSo(f"{modem.device} is no modem: it tells no IMEI; {_LOOK}")


def _show(ports: Sequence[Port]) -> None:
    used = one_each(ports)
    table = Table("port", "maker and model", "IMEI", "SIM", "signal", box=None, pad_edge=False)
    for port in ports:
        if port.error:
            table.add_row(str(port.device), port.error)
        else:
            signal = "?" if port.signal is None else f"{port.signal} %"
            what = f"{port.maker or '?'} {port.model or ''}".strip()
            second = "" if port in used else " (another port of the same)"
            table.add_row(str(port.device), what, (port.imei or "no modem") + second, port.sim or "none", signal)
    console().print(table)


def _try(chosen: files.ChosenModem, number: str | None, *, asking: bool) -> None:
    """One SMS to itself; NotSo if it does not come back."""
    if number is None:
        if not asking:
            raise NotSo(f"the SIM in {chosen.name} does not tell its number; give number, or test_sms = false")
        number = ask_number(chosen.name)
    click.echo(f"{chosen.name}: an SMS to itself ...")
    with tempfile.TemporaryDirectory(prefix="smsd-setup-") as folder:
        pin_file = None
        if chosen.pin:
            pin_file = Path(folder) / "pin"
            pin_file.write_text(chosen.pin)
        modem = Modem(chosen.name, chosen.port.device, chosen.port.connection, pin_file, chosen.smsc, poll_s=2.0)
        try:
            took_s = asyncio.run(send_to_itself(modem, number))
        except TrialFailed as e:
            raise NotSo(f"{chosen.name}: {e}") from e
    click.echo(f"{chosen.name}: sent, and back after {took_s:.0f} s")


# ---------------------------------------------------------------- files and services


def _write(config: Path, answers: Answers, modems: Sequence[files.ChosenModem]) -> None:
    """Secrets first: a configuration is never there without them."""
    secrets = {"database-password": answers.database.password, "mail-password": answers.mail.password}
    secrets |= {files.pin_file(modem.name): modem.pin for modem in modems}
    for name, secret in secrets.items():
        if secret is not None:
            files.write_file(config.parent / name, f"{secret}\n")
    agencies = config.parent / "agencies.csv"
    if answers.gateway.agencies == "template" and not agencies.exists():
        files.write_file(agencies, files.agencies_template(answers.region, answers.gateway.triage))
    if config.exists():
        config.replace(config.with_name(f"{config.name}.old"))
    files.write_file(config, files.configuration(answers, modems))
    click.echo(f"{config}: written")


def _make_ready(config: Path, answers: Answers) -> None:
    """The database with its tables, and Postfix; then everything is checked as the service's user."""
    if answers.database.use == "local":
        click.echo(services.make_database(config.parent))
    if answers.mail.host == "local" and answers.mail.postfix:
        mail = answers.mail
        click.echo(services.set_up_postfix(mail.reply_domain, mail.lmtp_listen, answers.gateway.triage))
    click.echo(_make_tables(config).strip())
    click.echo(services.smsd("check", "--config", str(config)).strip())


def _make_tables(config: Path) -> str:
    """Those of an earlier installation are kept and brought up to date."""
    load_settings(config)  # its problems are told one a line
    try:
        return services.smsd("db", "init", "--config", str(config))
    except NotSo as e:
        if "already" not in str(e):
            raise
        return services.smsd("db", "upgrade", "--config", str(config))


def _say_what_is_next(config: Path, answers: Answers) -> None:
    click.echo("\nNext:")
    if answers.gateway.agencies == "template":
        click.echo(
            f"  fill in the mailboxes in {config.parent / 'agencies.csv'}; without one a report goes to your own staff"
        )
    if answers.gateway.agencies == "demonstration":
        click.echo("  the agencies are a demonstration: name your own under [routing] agencies before you go public")
    key = load_settings(config).gateway.state_dir / "smsd.key"
    click.echo(f"  back up {key}: without it nobody can be answered")
    if answers.mail.postfix:
        click.echo("  sudo systemctl restart postfix")
    click.echo("  sudo systemctl enable --now smsd")
    click.echo("  sudo smsd doctor")
