"""How far long work has come: a bar on standard error, where a person is watching, and nothing anywhere else.

    with progress("sealing", total) as step:
        for batch in batches:
            ...
            step(len(batch))

Where the total is known only on the way, `step(len(batch), total)` says it; without one the bar shows how much is done,
and that it goes on. It never touches standard output.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from smsd.tell import Tell, silent


@contextmanager
def progress(what: str, total: int | None = None, *, quiet: bool = False) -> Iterator[Tell]:
    """Gives a function that takes how much has been done since it was called last; `quiet` for `--json`."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal or console.is_dumb_terminal:
        yield silent
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(what, total=total)
        yield lambda done, of=None: bars.update(task, advance=done, total=of)
