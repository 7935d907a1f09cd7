"""smsd demo: what `make run` runs."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from pathlib import Path

import click
from rich.console import Console

from smsd.cli.options import NotSo
from smsd.demo.prompt import Prompt
from smsd.demo.screen import open_screen
from smsd.demo.script import Step, load_script, play
from smsd.demo.show import follow_mails, follow_phones, print_mails, print_step, print_tickets
from smsd.demo.stage import Stage, StageError, open_stage


@click.command()
@click.option("--script", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Play this, and exit.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep database and log in this folder.")
def demo(script: Path | None, keep: Path | None) -> None:
    """Try the whole service on this machine, with a simulated modem.

    It has a mailbox for all agencies and a fresh database.

    Gives a prompt to text as any number and to answer as an agency; with --script it plays a day and exits.

    Example: smsd demo --script examples/first-day.toml
    """
    steps = load_script(script) if script else None
    with tempfile.TemporaryDirectory(prefix="smsd-demo-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            asyncio.run(_run(folder, steps))
        except StageError as e:
            raise NotSo(str(e)) from e
        except asyncio.CancelledError as e:
            raise click.Abort from e
        except TimeoutError as e:
            raise NotSo(f"a step of {script} took too long; try again with --keep DIR, and read DIR/smsd.log") from e


async def _run(folder: Path, steps: list[Step] | None) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGHUP):  # or the service would stay behind
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with open_screen() as (out, ask):
        out.print("starting the gateway, its database and a simulated modem ...", style="dim")
        async with open_stage(folder) as stage:
            followers = [asyncio.create_task(follow_phones(stage.simulator.network.subscribe(), out))]
            if steps is None:
                followers.append(asyncio.create_task(follow_mails(stage.mailbox, out)))
            try:
                await stage.hold(_play(stage, steps, out) if steps is not None else Prompt(stage, out, ask).run())
            finally:
                for follower in followers:
                    follower.cancel()
                await asyncio.gather(*followers, return_exceptions=True)
        out.print("stopped.", style="dim")


async def _play(stage: Stage, steps: list[Step], out: Console) -> None:
    out.print("\nPhones ( > texts 1708, < is texted )", style="bold")
    await play(stage, steps, lambda step: print_step(out, step))
    await print_tickets(stage.pool, out)
    print_mails(stage.mailbox, out)
