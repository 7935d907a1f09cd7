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
from typing import Any, NamedTuple, get_type_hints

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
EVENTS = ("docs/events.md", "docs/id/peristiwa.md")

_FENCED = re.compile(r"^```.*?^```$|^ {4}[^\n]*", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
_SECTION = re.compile(r"^## `\[+(\w+)\]+`$", re.MULTILINE)
_KEY_ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", re.MULTILINE)
_EVENT_ROW = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \| ([^|]+) \|([^|]*)\|", re.MULTILINE)
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
    """Every log event of smsd/ stands in each language's list with its level and its keys, and no other does."""
    said = logged_events(root)
    for document in EVENTS:
        listed = listed_events(root / document)
        for name, event in said.items():
            if name not in listed:
                yield f"{event.place}: the log event {name} is missing in {document}"
                continue
            levels, keys = listed[name]
            if levels != event.levels:
                yield f"{document}: {name} is logged as {', '.join(sorted(event.levels))}"
            for key in sorted(event.keys ^ keys):
                yield f"{document}: {name} {'has the key' if key in event.keys else 'never has the key'} {key}"
        for name in sorted(listed.keys() - said.keys()):
            yield f"{document}: nothing in smsd/ logs {name}"


class Logged(NamedTuple):
    """How an event is logged: where first, as what, and with which keys."""

    place: str
    levels: set[str]
    keys: set[str]


def listed_events(document: Path) -> dict[str, tuple[set[str], set[str]]]:
    """Levels and keys of each event, as a document lists them."""
    rows = _EVENT_ROW.findall(document.read_text(encoding="utf-8"))
    return {name: (set(levels.split(", ")), set(re.findall(r"`(\w+)`", keys))) for name, levels, keys in rows}


def logged_events(root: Path) -> dict[str, Logged]:
    """All events that smsd/ logs."""
    found: dict[str, Logged] = {}
    for path in sorted((root / "smsd").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_log(node.func) and node.args:
                for name in _names(tree, node.args[0]):
                    event = found.setdefault(name, Logged(f"{path.relative_to(root)}:{node.lineno}", set(), set()))
                    event.levels.add(node.func.attr)  # type: ignore[attr-defined]
                    event.keys.update(_keys(tree, node))
    return found


def _is_log(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in _LEVELS
        and isinstance(function.value, ast.Name)
        and function.value.id == "log"
    )


def _names(tree: ast.Module, first: ast.expr) -> Iterator[str]:
    """The first argument of log.info() and the like: a text, a choice of two, or a variable that is given one."""
    for value in _given(tree, first.id) if isinstance(first, ast.Name) else [first]:
        for part in ast.walk(value):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and _EVENT.fullmatch(part.value):
                yield part.value


def _given(tree: ast.Module, name: str) -> list[ast.expr]:
    """What a variable of this name is given, anywhere in the module."""
    assigned = (node for node in ast.walk(tree) if isinstance(node, ast.Assign))
    return [node.value for node in assigned if any(isinstance(t, ast.Name) and t.id == name for t in node.targets)]


def _keys(tree: ast.Module, call: ast.Call) -> set[str]:
    """Keyword arguments, and those of the tables and of the module's own functions that are spread into the call."""
    keys = {keyword.arg for keyword in call.keywords if keyword.arg}
    for keyword in call.keywords:
        if keyword.arg is None:
            keys |= _spread(tree, keyword.value)
    return keys - {"exc_info"} | ({"exception"} if "exc_info" in keys else set())


def _spread(tree: ast.Module, value: ast.expr) -> set[str]:
    match value:
        case ast.Name(id=name):
            return {key for given in _given(tree, name) for key in _spread(tree, given)}
        case ast.Dict(keys=keys):
            return {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
        case ast.IfExp(body=body, orelse=orelse):
            return _spread(tree, body) | _spread(tree, orelse)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.name == name]
            returned = [r.value for f in functions for r in ast.walk(f) if isinstance(r, ast.Return) and r.value]
            return {key for given in returned for key in _spread(tree, given)}
    return set()


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
