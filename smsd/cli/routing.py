"""routing learn: what the decisions of people teach, as proposals that an operator reads and accepts or not."""

from __future__ import annotations

import csv
import dataclasses
import os
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import asyncpg
import click

from config.settings import Settings, load_settings
from routing.agencies import TRIAGE
from routing.classify import Router
from routing.learn import LEAST, MOST, Decided, Lesson, Proposal, learn
from routing.learn_cases import CITIZENS
from routing.learn_file import as_toml
from smsd.cli.options import NotSo, config_option, json_option, show, show_json, with_database
from smsd.cli.progress import progress
from smsd.office import open_router
from smsd.store.queries import SQL

# The topic is last, where it may be wrapped; a narrow window leaves out the number of reports before the effect.
_COLUMNS = ("words", "right", "wrong", "weight", "reports", "topic")
_SPARE = ("reports", "weight")
_NEEDED = ("text", "agency_type")
_LONGEST_TEXT = 1_000_000
_NOTHING = """\
Nothing to learn from yet: no report has been moved by a person, and none was
finished by the agency that the gateway sent it to."""
_TOO_FEW = """\
Nothing to propose yet: in one half of the reports a word needs {least} that speak for it,
of {citizens} citizens, and in the other it must clearly do more good than harm."""


@click.group()
def routing() -> None:
    """Learn from people's decisions which agency is competent."""


@routing.command("learn")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only reports opened on this day or later.")
@click.option(
    "--min", "least", type=click.IntRange(2), default=LEAST, show_default=True, help="Reports for a proposal."
)
@click.option("--most", type=click.IntRange(1, 500), default=MOST, show_default=True, help="At most so many proposals.")
@click.option("--out", type=click.Path(path_type=Path), help="Write them as a topics file to read, edit and name.")
@click.option(
    "--from",
    "archive",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Learn from an older archive instead: a CSV with text, agency_type and perhaps place.",
)
@json_option
@config_option
def learn_keywords(
    since: datetime | None, least: int, most: int, out: Path | None, archive: Path | None, as_json: bool, config: Path
) -> None:
    """Propose keywords from reports whose agency a person settled.

    Each has its effect on past reports. Nothing is changed: proposals are shown, or written to a file that the
    configuration can name.

    Example: smsd routing learn --since 2026-01-01 --out learnt.toml
    """
    if out is not None:
        _must_be_new(out)
    if archive is not None:
        router = open_router(load_settings(config))
        material = list(_from_archive(archive))
    else:
        router, material = _from_tickets(config, since.date() if since else None)
    with progress("reading reports", len(material), quiet=as_json) as step:
        lesson = learn(router, material, least, most, step)
    show_json(_document(lesson)) if as_json else _print(lesson, least)
    if out is not None and lesson.proposals:
        out.write_text(as_toml(lesson), encoding="utf-8")
        if not as_json:
            click.echo(f"Written to {out}.")


# Material


def _from_tickets(config: Path, since: date | None) -> tuple[Router, list[Decided]]:
    async def fetch(settings: Settings, pool: asyncpg.Pool) -> tuple[Router, list[asyncpg.Record]]:
        start = datetime.combine(since, time(), settings.zone) if since else None
        return open_router(settings), await pool.fetch(SQL["decided_tickets"], start)

    router, rows = with_database(config, fetch)
    return router, list(_decided(router, rows))


def _decided(router: Router, rows: Sequence[asyncpg.Record]) -> Iterator[Decided]:
    """Reports that ended with an agency that is still known, and not with the triage desk, which decides nothing."""
    for row in rows:
        agency = router.agencies.get(row["agency"])
        if agency is not None and agency.type != TRIAGE:
            yield Decided(row["code"], row["text"], agency.type, str(row["phone_id"]), row["place"], row["moved"])


def _from_archive(path: Path) -> Iterator[Decided]:
    """Rows of a CSV; those with the same text count as one citizen's, for nothing else tells citizens apart."""
    csv.field_size_limit(_LONGEST_TEXT)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise NotSo(f"{path} has no column {' and '.join(missing)}; its first line must name text,agency_type")
            line = reader.line_num + 1
            for row in reader:
                text = row["text"] or ""
                citizen = " ".join(text.casefold().split())
                yield Decided(str(line), text, row["agency_type"] or "", citizen, row.get("place") or None)
                line = reader.line_num + 1
    except (UnicodeDecodeError, csv.Error) as e:
        raise NotSo(f"{path} is no CSV in UTF-8 ({e}); save it as such") from e


# Results


def _print(lesson: Lesson, least: int) -> None:
    if lesson.proposals:
        show([_row(each) for each in lesson.proposals], _COLUMNS, False, "", spare=_SPARE)
        click.echo()
    click.echo(_summary(lesson, least))
    if lesson.left_out:
        types = ", ".join(f"{code or 'no type'} {count}" for code, count in sorted(lesson.left_out.items()))
        click.echo(f"Left out, for no topic leads to these agency types: {types}.")


def _row(proposal: Proposal) -> dict[str, Any]:
    return {
        "words": proposal.words,
        "right": f"+{proposal.effect.right}",
        "wrong": f"+{proposal.effect.wrong}",
        "weight": proposal.weight,
        "reports": proposal.tickets,
        "topic": proposal.topic,
    }


def _summary(lesson: Lesson, least: int) -> str:
    """What was learnt from, how well it is routed, and what the proposals would change; or what is still missing."""
    if not lesson.tickets:
        return _NOTHING
    found = (
        f"{lesson.tickets} decided reports, {lesson.moved} of them moved by a person; "
        f"{_share(lesson.right, lesson)} go right."
    )
    if not lesson.proposals:
        return f"{found}\n{_TOO_FEW.format(least=least, citizens=CITIZENS)}"
    effect = lesson.effect
    return (
        f"{found}\nLearnt from one half alone, such keywords change the other half: {effect.right} become\n"
        f"right, {effect.wrong} wrong; {effect.to_person} go to a person from then on, "
        f"{effect.from_person} no longer.\n"
        f"So about {_share(lesson.right_after, lesson)} would go right."
    )


def _share(count: int, lesson: Lesson) -> str:
    return f"{count / lesson.tickets:.1%}"


def _document(lesson: Lesson) -> dict[str, Any]:
    """The JSON form; its keys are a contract."""
    return {
        "reports": lesson.tickets,
        "moved": lesson.moved,
        "confirmed": lesson.confirmed,
        "left_out": dict(lesson.left_out),
        "right": lesson.right,
        "right_after": lesson.right_after,
        "effect": lesson.effect._asdict(),
        "proposals": [dataclasses.asdict(each) | {"effect": each.effect._asdict()} for each in lesson.proposals],
    }


def _must_be_new(path: Path) -> None:
    """Said before anything is learnt, for that takes a while."""
    if path.exists():
        raise NotSo(f"{path} exists and is not overwritten; name another file")
    if not os.access(path.parent, os.W_OK):
        raise NotSo(f"{path} cannot be written: {path.parent} is no folder that you may write to; name another file")
