"""report: a month or a year as one HTML page, as JSON, and as open data."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import cast

import asyncpg
import click

from config.settings import Settings
from routing.classify import Router
from smsd.cli.options import NotSo, config_option, json_option, show_json, with_database
from smsd.office import open_router
from smsd.report.figures import Figures, NotBegun, Scope, begin_reading, document, read_figures
from smsd.report.open_data import OpenData, read_open_data
from smsd.report.page import write_page
from smsd.report.period import Period, last_month, read_period
from smsd.report.words import Language


class _PeriodType(click.ParamType[Period]):
    name = "period"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        """click's hook."""
        try:
            return read_period(value)
        except ValueError as e:
            self.fail(str(e), param, ctx)


@click.command()
@click.argument("period", type=_PeriodType(), required=False)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="The page; else one in this folder.")
@click.option("--open-data", type=click.Path(path_type=Path, file_okay=False), help="A folder for counts as CSV.")
@click.option("--language", type=click.Choice(["id", "en"]), default="id", show_default=True, help="Of the page.")
@click.option(
    "--sms-price", type=click.IntRange(0, 100_000), default=250, show_default=True, help="Of a part sent, in rupiah."
)
@click.option("--agency", metavar="CODE", help="Only reports that are with this agency.")
@click.option("--region", metavar="CODE", help="Only reports from this province, kabupaten, kota or kecamatan.")
@json_option
@config_option
def report(
    period: Period | None,
    output: Path | None,
    open_data: Path | None,
    language: str,
    sms_price: int,
    agency: str | None,
    region: str | None,
    as_json: bool,
    config: Path,
) -> None:
    """Write a report on a month or a year, as one page.

    PERIOD is a month (2026-10) or a year (2026); without it the last month that is over. With --json the figures go to
    standard output, and no page is written unless --output names one.

    Example: smsd report 2026-10 --output laporan.html
    """
    if open_data and (agency or region):
        raise click.UsageError(
            "--open-data is of all reports; leave out --agency and --region, which would tell small counts"
        )

    async def read(settings: Settings, pool: asyncpg.Pool) -> tuple[Settings, Router, Figures, OpenData | None]:
        router = open_router(settings)
        asked = period or last_month(datetime.now(settings.zone).date())
        scope = Scope(asked, _known_place(router, region), _known_agency(router, agency))
        async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
            try:
                reading = await begin_reading(connection, settings, router, scope)
            except NotBegun as e:
                raise NotSo(f"{asked} has not begun yet; name a month or a year that has") from e
            figures = await read_figures(reading, sms_price)
            return settings, router, figures, await read_open_data(reading) if open_data else None

    settings, router, figures, data = with_database(config, read)
    stem = f"laporan-{settings.gateway.short_code}-{figures.scope.period}"
    written = []
    if output or not as_json:
        page = _page(settings, router, figures, cast(Language, language))
        written.append(_write(output or Path(f"{stem}.html"), page))
    if data and open_data:
        _make_folder(open_data)
        written += [_write(open_data / name, text) for name, text in data.files(stem).items()]
    if as_json:
        show_json(document(figures, settings.zone))
    else:
        for path in written:
            click.echo(path)


def _page(settings: Settings, router: Router, figures: Figures, language: Language) -> str:
    scope = figures.scope
    agency = router.agencies.get(scope.agency) if scope.agency else None
    names = (router.places.label(scope.place) if scope.place else None, agency.name if agency else scope.agency)
    return write_page(figures, language, settings.zone, settings.gateway.short_code, names)


def _known_place(router: Router, code: str | None) -> str | None:
    if code is not None and code not in router.places.regions:
        raise NotSo(f"there is no region {code}; write a Kemendagri code like 35, 35.07 or 35.07.24")
    return code


def _known_agency(router: Router, code: str | None) -> str | None:
    """As the agencies' file writes it."""
    agency = router.agencies.get(code) if code else None
    if code is not None and agency is None:
        raise NotSo(f"there is no agency {code}; `smsd agency list` shows those with open reports")
    return agency.code if agency else None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise NotSo(f"{folder} cannot be made ({e.strerror}); name another folder with --open-data") from e


def _write(path: Path, text: str) -> Path:
    """Whole or not at all; what was there before is there until then."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            with draft.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as e:
        cure = f"name another place, or check the owner of {path.parent}"
        raise NotSo(f"{path} cannot be written ({e.strerror}); {cure}") from e
    return path
