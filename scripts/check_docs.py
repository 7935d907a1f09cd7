#!/usr/bin/env python3
"""Whether the documents say what the code does: keys, log events, commands, links, version. One line a problem."""

from __future__ import annotations

import ast
import configparser
import dataclasses
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import click

from config.settings import Modem, Settings
from config.toml_reader import key_of
from smsd.cli import smsd

ROOT = Path(__file__).resolve().parent.parent
# Where each language lists the keys, and its words for a key that must be given and for one without a default.
CONFIGURATION = {
    "docs/configuration.md": ("required", "none"),
    "docs/id/konfigurasi.md": ("wajib", "tidak ada"),
}
ARCHITECTURE = "docs/architecture.md"

_FENCED = re.compile(r"^```.*?^```$|^ {4}[^\n]*", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
_SECTION = re.compile(r"^## `\[+(\w+)\]+`$", re.MULTILINE)
_KEY_ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", re.MULTILINE)
_EVENT_ROW = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \|", re.MULTILINE)
_EVENT = re.compile(r"[a-z_]+\.[a-z_]+")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)+/?|[\w-]+/)`")
_LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})


def documents(root: Path) -> list[Path]:
    """What readers are told."""
    return [p for p in (root / "README.md", root / "CONTRIBUTING.md", root / "CHANGELOG.md") if p.exists()] + sorted(
        (root / "docs").rglob("*.md")
    )


# ---------------------------------------------------------------- configuration


def check_keys(root: Path) -> Iterator[str]:
    """Every key of config/settings.py stands in each language's list with its default, and no other does."""
    for document, (required, none) in CONFIGURATION.items():
        known = _keys_in_code(required, none)
        told = _keys_in_docs((root / document).read_text(encoding="utf-8"))
        for key, default in known.items():
            if key not in told:
                yield f"{document}: {key} of config/settings.py is missing"
            elif told[key] != default:
                yield f"{document}: {key} has the default {default}, not {told[key]}"
        for key in told.keys() - known.keys():
            yield f"{document}: {key} does not exist in config/settings.py"


def _keys_in_code(required: str, none: str) -> dict[str, str]:
    """`[mail] port` and the like, with the default as the document writes it."""
    tables = {name: kind for name, kind in get_type_hints(Settings).items() if dataclasses.is_dataclass(kind)}
    tables["modem"] = Modem
    return {
        f"[{name}] {key_of(field)}": _default(field, required, none)
        for name, table in tables.items()
        for field in dataclasses.fields(table)
    }


def _default(field: dataclasses.Field[Any], required: str, none: str) -> str:
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    if default is dataclasses.MISSING:
        return required
    if default in (None, (), {}):
        return none
    return f'`"{default}"`' if isinstance(default, str | Path) else f"`{default}`"


def _keys_in_docs(text: str) -> dict[str, str]:
    _, *pieces = _SECTION.split(re.split(r"^## (?!`\[)", text, maxsplit=1, flags=re.MULTILINE)[0])
    sections = zip(pieces[::2], pieces[1::2], strict=True)
    return {f"[{name}] {key}": default for name, body in sections for key, default in _KEY_ROW.findall(body)}


# ---------------------------------------------------------------- log events


def check_events(root: Path) -> Iterator[str]:
    """Every log event of smsd/ stands in the list of docs/architecture.md, and no other does."""
    said = {event: place for path in sorted((root / "smsd").rglob("*.py")) for event, place in _events(root, path)}
    listed = set(_EVENT_ROW.findall((root / ARCHITECTURE).read_text(encoding="utf-8")))
    for event, place in said.items():
        if event not in listed:
            yield f"{place}: the log event {event} is missing in {ARCHITECTURE}"
    for event in sorted(listed - said.keys()):
        yield f"{ARCHITECTURE}: nothing in smsd/ logs {event}"


def _events(root: Path, path: Path) -> Iterator[tuple[str, str]]:
    """First arguments of log.info() and the like: a text, a choice of two, or a variable that is given one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and _is_log(node.func) and node.args):
            continue
        first = node.args[0]
        for value in given.get(first.id, []) if isinstance(first, ast.Name) else [first]:
            for event in _texts(value):
                yield event, f"{path.relative_to(root)}:{node.lineno}"


def _is_log(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in _LEVELS
        and isinstance(function.value, ast.Name)
        and function.value.id == "log"
    )


def _texts(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)) if _EVENT.fullmatch(text):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)


# ---------------------------------------------------------------- links, commands, version


def check_links(root: Path) -> Iterator[str]:
    """Every relative link, every heading it names, and every path in backticks exists."""
    for document in documents(root):
        text = _FENCED.sub("", document.read_text(encoding="utf-8"))
        name = document.relative_to(root)
        for link in _LINK.findall(text):
            if not re.match(r"[a-z]+:", link) and not _leads_somewhere(document, link):
                yield f"{name}: the link {link} leads nowhere"
        for path in _PATH.findall(text):
            if _is_ours(root, path) and not (root / path).exists():
                yield f"{name}: there is no {path}"


def _leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    if not target.exists():
        return False
    return not anchor or anchor in {_slug(h) for h in _HEADING.findall(target.read_text(encoding="utf-8"))}


def _slug(heading: str) -> str:
    """As GitHub makes anchors of headings."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _is_ours(root: Path, path: str) -> bool:
    """`Asia/Jakarta` is no path of this repository: its first part is no folder here."""
    return (root / path.split("/")[0]).is_dir()


def check_commands(root: Path, command: click.Group = smsd) -> Iterator[str]:
    """Every subcommand is named somewhere in English, as one would type it."""
    english = [document for document in documents(root) if document.parent != root / "docs" / "id"]
    text = "\n".join(document.read_text(encoding="utf-8") for document in english)
    for words in _commands(command, "smsd"):
        if not re.search(rf"\b{words}\b", text):
            yield f"README.md: the command {words} is not mentioned, nor in docs/"


def _commands(group: click.Group, prefix: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def check_version(root: Path) -> Iterator[str]:
    """The version of setup.cfg has an entry in the changelog."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(root / "setup.cfg", encoding="utf-8")
    version = setup["metadata"]["version"]
    if f"\n## [{version}]" not in (root / "CHANGELOG.md").read_text(encoding="utf-8"):
        yield f"CHANGELOG.md: has no entry for version {version} of setup.cfg"


CHECKS: tuple[Callable[[Path], Iterator[str]], ...] = (
    check_keys,
    check_events,
    check_links,
    check_commands,
    check_version,
)


def main(root: Path = ROOT) -> int:
    """1 if anything is wrong."""
    problems = [problem for check in CHECKS for problem in check(root)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
