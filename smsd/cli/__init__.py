"""The command `smsd`: operators' way to everything, for there is no web console.

Exit codes: 0 done, 1 the thing asked for is not so, 2 usage, 3 the service or the database cannot be reached.
Errors are one line each on standard error, with the cure.
"""

from __future__ import annotations

import importlib
import sys

import click

from config.reference import ReferenceDataError
from config.replies import RepliesError
from config.settings import SettingsError
from smsd.backup import BackupError
from smsd.cli.options import NotSo
from smsd.store.database import StoreError
from smsd.store.seal import KeyFileError

_MODULES = {
    "setup": "smsd.setup.command",
    "doctor": "smsd.doctor.command",
    "run": "smsd.cli.daemon",
    "check": "smsd.cli.daemon",
    "db": "smsd.cli.daemon",
    "classify": "smsd.cli.classify",
    "routing": "smsd.cli.routing",
    "ticket": "smsd.cli.tickets",
    "deadlines": "smsd.cli.deadlines",
    "inbox": "smsd.cli.inbox",
    "agency": "smsd.cli.agencies",
    "outbox": "smsd.cli.outbox",
    "quarantine": "smsd.cli.quarantine",
    "top": "smsd.cli.top",
    "modem": "smsd.cli.modems",
    "spool": "smsd.cli.spool",
    "backup": "smsd.cli.backup",
    "restore": "smsd.cli.backup",
    "report": "smsd.cli.report",
    "privacy": "smsd.cli.privacy",
    "simulate": "smsd.cli.simulate",
    "demo": "smsd.demo.command",
    "completion": "smsd.cli.completion",
}


class Commands(click.Group):
    """Imports a command's module when it is asked for: to list tickets nobody waits for the whole daemon to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, in the order in which an operator meets them."""
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command has the name of the function that is it."""
        module = _MODULES.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(importlib.import_module(module), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="smsd-1708", prog_name="smsd")
def smsd() -> None:
    """The SMS gateway and complaint router behind short code 1708.

    `smsd top` shows how it is; `smsd COMMAND --help` explains a command; docs/terminal.md shows daily use.
    """


def main() -> None:
    """The entry point: every expected error becomes a line and an exit code; anything else is a bug and is shown."""
    try:
        sys.exit(smsd.main(prog_name="smsd", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as e:
        e.show()
        sys.exit(e.exit_code)
    except click.UsageError as e:
        _complain(_usage(e))
        sys.exit(e.exit_code)
    except click.ClickException as e:
        _complain(e.format_message())
        sys.exit(e.exit_code)
    except click.Abort:
        sys.exit(130)
    except (SettingsError, RepliesError) as e:
        _complain(*map(str, e.problems))
        sys.exit(1)
    except (NotSo, ReferenceDataError, BackupError) as e:
        _complain(str(e))
        sys.exit(1)
    except (StoreError, KeyFileError) as e:
        _complain(str(e))
        sys.exit(3)


def _usage(error: click.UsageError) -> str:
    command = error.ctx.command_path if error.ctx else "smsd"
    return f"{' '.join(error.format_message().split())} `{command} --help` shows how"


def _complain(*lines: str) -> None:
    for line in lines:
        click.echo(f"smsd: {line}", err=True)
