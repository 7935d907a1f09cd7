"""The alert rules and the dashboard that are shipped: by Prometheus' own promtool, and against the documents."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "examples" / "monitoring"
DASHBOARD = json.loads((SHIPPED / "dashboard.json").read_text(encoding="utf-8"))
_ALERT = re.compile(
    r"^ +- alert: (\w+)$.*?^ +severity: (\w+)$.*?^ +annotations:\n((?: {10}\w+: '[^\n]*'\n)+)", re.M | re.S
)
_ANNOTATION = re.compile(r"(\w+): '(.*)'")
_ROW = re.compile(r"^\| `(Smsd\w+)` \| (\w+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
_COMMAND = re.compile(r"\bsmsd ([a-z]+)\b")


def alerts() -> dict[str, tuple[str, dict[str, str]]]:
    """Severity and annotations of each alert."""
    found = _ALERT.findall((SHIPPED / "smsd.rules.yml").read_text(encoding="utf-8"))
    return {
        name: (severity, {key: value.replace("''", "'") for key, value in _ANNOTATION.findall(annotations)})
        for name, severity, annotations in found
    }


def promtool(*arguments: str, cwd: Path = SHIPPED) -> str:
    """What promtool says; it must be content."""
    if not shutil.which("promtool"):
        pytest.skip("promtool is not here (Debian: apt install prometheus)")
    done = subprocess.run(["promtool", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def queries() -> list[str]:
    """All of the dashboard, as Grafana would ask them."""
    return [
        target["expr"].replace("$__rate_interval", "1m") for panel in DASHBOARD["panels"] for target in panel["targets"]
    ]


def test_the_rules_are_valid() -> None:
    """All of them."""
    assert f"{len(alerts())} rules found" in promtool("check", "rules", "smsd.rules.yml")


def test_each_alert_fires_when_it_should_and_only_then() -> None:
    """By its own examples, of which each alert has both kinds."""
    examples = (SHIPPED / "smsd.rules.test.yml").read_text(encoding="utf-8")
    for name in alerts():
        assert f"- name: {name} fires\n" in examples
        assert f"- name: {name} stays quiet\n" in examples
    promtool("test", "rules", "smsd.rules.test.yml")


def test_an_alert_that_comes_too_late_is_noticed(tmp_path: Path) -> None:
    """The examples are no formality."""
    rules = (SHIPPED / "smsd.rules.yml").read_text(encoding="utf-8")
    (tmp_path / "smsd.rules.yml").write_text(rules.replace("> 300'", "> 30000'"))
    shutil.copy(SHIPPED / "smsd.rules.test.yml", tmp_path)
    with pytest.raises(AssertionError, match="SmsdTextsUnhandled fires"):
        promtool("test", "rules", "smsd.rules.test.yml", cwd=tmp_path)


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    """With the rules where it looks for them."""
    config = (SHIPPED / "prometheus.yml").read_text(encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(config.replace("/etc/prometheus/", f"{SHIPPED}/"))
    promtool("check", "config", "prometheus.yml", cwd=tmp_path)


def test_each_query_of_the_dashboard_is_one(tmp_path: Path) -> None:
    """PromQL, as promtool reads it."""
    rules = "".join(
        f"      - record: smsd:panel:{n}\n        expr: {json.dumps(query)}\n" for n, query in enumerate(queries())
    )
    (tmp_path / "panels.yml").write_text(f"groups:\n  - name: panels\n    rules:\n{rules}")
    promtool("check", "rules", "panels.yml", cwd=tmp_path)


def test_the_dashboard_is_whole() -> None:
    """Panels have a number, a title and a word of explanation, lie in the grid, and on none another one."""
    panels: list[dict[str, Any]] = DASHBOARD["panels"]
    assert len(panels) == len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels})
    for panel in panels:
        assert panel["description"] and panel["targets"]
        assert 0 <= panel["gridPos"]["x"] and panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert "${datasource}" == panel["datasource"]["uid"]
    for one, other in itertools.combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


@pytest.mark.parametrize(("document", "key"), [("docs/monitoring.md", "cure"), ("docs/id/pemantauan.md", "tindakan")])
def test_each_alert_stands_in_the_documents(document: str, key: str) -> None:
    """With its severity and its cure, word by word; and no other does."""
    rows = _ROW.findall((ROOT / document).read_text(encoding="utf-8"))
    assert {name: (severity, said[key]) for name, (severity, said) in alerts().items()} == {
        name: (severity, cure) for name, severity, cure in rows
    }


def test_cures_name_commands_that_exist() -> None:
    """And each is said in both languages."""
    from smsd.cli import smsd

    for name, (severity, said) in alerts().items():
        assert {"summary", "cure", "ringkasan", "tindakan"} == said.keys(), name
        assert severity in ("critical", "warning")
        for command in _COMMAND.findall(f"{said['cure']} {said['tindakan']}"):
            assert command in smsd.list_commands(None), (name, command)  # type: ignore[arg-type]


def test_the_catalog_of_the_journal_is_up_to_date(tmp_path: Path) -> None:
    """It is what scripts/build_catalog.py makes of the documents; systemd reads it."""
    from scripts.build_catalog import CATALOGS, catalog

    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    for document, file, to_do, read_on in CATALOGS:
        made = catalog((ROOT / document).read_text(encoding="utf-8"), to_do, read_on)
        assert made == (ROOT / file).read_text(encoding="utf-8"), f"{file}: run scripts/build_catalog.py"
        shutil.copy(ROOT / file, folder)
    if not shutil.which("journalctl"):
        pytest.skip("journalctl is not here (Debian: apt install systemd)")
    subprocess.run(["journalctl", f"--root={tmp_path}", "--update-catalog"], check=True, timeout=60)
    listed = ["journalctl", f"--root={tmp_path}", "--list-catalog"]
    shown = subprocess.run(listed, check=True, capture_output=True, text=True, timeout=60).stdout
    assert "smsd: ticket.opened" in shown
