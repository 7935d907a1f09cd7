"""How far long work has come: a bar on standard error, where a person is watching, and nothing anywhere else.

    with progress("re-sealing", total) as step:
        for batch in batches:
            ...
            step(len(batch))

Without a total it shows how much is done, and that it goes on. It never touches standard output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

Step = Callable[[int], None]


@contextmanager
def progress(what: str, total: int | None = None, *, silent: bool = False) -> Iterator[Step]:
    """Gives a function that takes how much has been done since it was called last; `silent` for `--json`."""
    console = Console(stderr=True)
    if silent or not console.is_terminal or console.is_dumb_terminal:
        yield lambda _: None
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
        yield lambda done: bars.advance(task, done)
