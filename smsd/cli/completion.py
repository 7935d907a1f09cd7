"""completion: what the Tab key offers in bash, among it the codes of agencies, topics and places that are in use."""

from __future__ import annotations

import csv
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click
from click.shell_completion import BashComplete, CompletionItem

from config.data_files import SHIPPED
from config.settings import DEFAULT_PATH, Routing, SettingsError, load_settings
from config.topic_file import shipped_files

_Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


@click.group()
def completion() -> None:
    """Complete commands, options and codes by the Tab key."""


@completion.command()
@click.pass_context
def bash(ctx: click.Context) -> None:
    """Print the completion for bash, to be read by a shell or put into a file.

    Agencies, topics and places are those of the configuration where you may read it, else the shipped ones.

    Example: source <(smsd completion bash)
    """
    click.echo(BashComplete(ctx.find_root().command, {}, "smsd", "_SMSD_COMPLETE").source())


def _routing(ctx: click.Context) -> Routing:
    """The files in use. Tab never complains: without a readable configuration it offers what is shipped."""
    path = Path(ctx.params.get("config") or os.environ.get("SMSD_CONFIG") or DEFAULT_PATH)
    try:
        return load_settings(path).routing
    except SettingsError:
        return Routing()


def _completing(codes: Callable[[Routing], Iterable[str]]) -> _Complete:
    def complete(ctx: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
        try:
            found = sorted(code for code in codes(_routing(ctx)) if code.upper().startswith(typed.upper()))
        except (OSError, ValueError):  # a file of the operator's that is away or broken: `smsd check` tells
            found = []
        return [CompletionItem(code) for code in found]

    return complete


def _column(source: Any, name: str) -> Iterator[str]:
    with source.open(encoding="utf-8-sig", newline="") as file:
        yield from (row[name] for row in csv.DictReader(file) if row.get(name))


def _agencies(routing: Routing) -> Iterator[str]:
    return _column(routing.agencies or SHIPPED / "agencies.csv", "code")


def _places(_: Routing) -> Iterator[str]:
    return _column(SHIPPED / "regions.csv", "code")


def _topics(routing: Routing) -> Iterator[str]:
    for source in chain(shipped_files(), (routing.topics,) if routing.topics else ()):
        for table in tomllib.loads(source.read_text(encoding="utf-8")).get("topic", ()):
            yield table["id"]


complete_agency = _completing(_agencies)
complete_place = _completing(_places)
complete_topic = _completing(_topics)
