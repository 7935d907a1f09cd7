"""The database: reachable, new enough, with our schema, and of one time with us."""

from __future__ import annotations

import time
from dataclasses import replace

import asyncpg

from config.settings import Settings
from smsd.doctor.finding import Finding, Wishes, fail, ok, warn
from smsd.store.database import CONNECTION_ERRORS, SCHEMA_VERSION, StoreError, open_unverified, schema_version
from smsd.store.queries import SQL

_OLDEST = 15
_APART_S, _TOO_FAR_APART_S = 2.0, 60.0


async def look_at_database(settings: Settings, _: Wishes) -> list[Finding]:
    """One connection, a few questions."""
    alone = replace(settings, database=replace(settings.database, connections=1))
    try:
        async with open_unverified(alone) as pool:
            return await _ask(pool)
    except StoreError as e:
        problem, _sep, cure = str(e).partition("; ")
        return [fail(problem, cure)]
    except CONNECTION_ERRORS as e:
        return [fail(f"it went away while it was asked ({e or type(e).__name__})", "look at PostgreSQL's log")]


async def _ask(pool: asyncpg.Pool) -> list[Finding]:
    before = time.time()
    row = await pool.fetchrow(SQL["server_facts"])
    apart_s = row["now"] - (before + time.time()) / 2
    major = row["version"] // 10_000
    found = await schema_version(pool)
    findings = [*_schema(found)]
    if major < _OLDEST:
        findings.append(fail(f"PostgreSQL {major}", f"smsd needs {_OLDEST} or newer: pg_upgradecluster"))
    if row["standby"]:
        findings.append(fail("the server is a standby and takes no writes", "name the primary in [database] dsn"))
    if abs(apart_s) > _APART_S:
        level = fail if abs(apart_s) > _TOO_FAR_APART_S else warn
        findings.append(level(f"its clock is {apart_s:+.0f} s from ours", "let both keep the network's time"))
    if findings:
        return findings
    size = f"{row['bytes'] / 1e6:.0f} MB"
    return [ok(f"PostgreSQL {major}, schema {found}, {size}, its clock {abs(apart_s):.1f} s from ours")]


def _schema(found: int | None) -> list[Finding]:
    if found is None:
        return [fail("the database has no tables yet", "smsd db init")]
    if found < SCHEMA_VERSION:
        return [fail(f"its schema is version {found}, this smsd needs {SCHEMA_VERSION}", "smsd db upgrade")]
    if found > SCHEMA_VERSION:
        return [fail(f"its schema is version {found}, this smsd knows {SCHEMA_VERSION}", "install a newer smsd")]
    return []
