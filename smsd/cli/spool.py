"""spool: what waits on the disk. Needs no database, for it is away when this is asked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from config.settings import load_settings
from smsd.cli.options import cell, config_option, json_option, show_json
from smsd.share import spooled_by_all


@click.command()
@json_option
@config_option
def spool(as_json: bool, config: Path) -> None:
    """Show how many SMS wait on the disk because the database is away.

    Runs on the gateway's own host, as its user or root; needs no database.

    Example: smsd spool
    """
    waiting, broken = spooled_by_all(load_settings(config))
    parts, oldest = sum(kept.parts for kept in waiting), min((kept.kept_at for kept in waiting), default=None)
    since = None if oldest is None else datetime.fromtimestamp(oldest, UTC)
    if as_json:
        show_json({"parts": parts, "files": len(waiting), "since": since, "broken": [str(path) for path in broken]})
    else:
        click.echo(f"{parts} SMS parts wait since {cell(since)}" if since else "nothing waits")
        for path in broken:
            click.echo(f"broken: {path}")
