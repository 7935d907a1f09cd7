#!/usr/bin/env python3
"""Manual pages from what the program says of itself: smsd.1, one page a command, and smsd.toml.5.

python scripts/write_man.py OUTDIR
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click

from smsd.cli import smsd

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = ROOT / "docs" / "configuration.md"
_EXAMPLE = "Example: "
_LONG = re.compile(r"\S{40,}")  # a line may be broken in it
_EXIT = (
    ("0", "Done."),
    ("1", "What was asked for is not so; one line on standard error says why, and the cure."),
    ("2", "The command was called wrongly."),
    ("3", "The service or the database cannot be reached."),
)
_ENVIRONMENT = (
    ("SMSD_CONFIG", "The configuration file, where --config does not name one."),
    ("NO_COLOR", "Where it is set, terminals get no colours. A pipe never gets any."),
    ("COLUMNS", "How wide the terminal is, where it does not say so itself."),
)
_FILES = (
    ("/etc/smsd/smsd.toml", "The configuration; see smsd.toml(5)."),
    ("/var/lib/smsd", "The key, the spool and the lock; [gateway] state_dir names it."),
)


def pages() -> Iterator[tuple[str, str]]:
    """File names with their text."""
    commands = list(_walk(smsd, "smsd"))
    for path, command in commands:
        yield f"{path.replace(' ', '-')}.1", _page(path, command, [each for each, _ in commands])
    yield "smsd.toml.5", _configuration(CONFIGURATION.read_text(encoding="utf-8"))


def _walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _walk(inner, f"{path} {name}")


# ---------------------------------------------------------------- commands


def _page(path: str, command: click.Command, known: list[str]) -> str:
    context = click.Context(command, info_name=path, help_option_names=["-h", "--help"])
    first, *rest = _paragraphs(command.help or "")
    examples = [each.removeprefix(_EXAMPLE) for each in rest if each.startswith(_EXAMPLE)]
    details = [each for each in rest if not each.startswith(_EXAMPLE)]
    usage = " ".join(command.collect_usage_pieces(context))
    below = [each for each in known if each.startswith(f"{path} ")]
    title = path.replace(" ", "-")
    lines = [
        *_title(title, "1"), ".SH NAME", rf"{_plain(title)} \- {_plain(_name(first))}",
        ".SH SYNOPSIS", f".B {_plain(path)}", _plain(usage), ".SH DESCRIPTION", _text(first),
    ]  # fmt: skip
    for paragraph in details:
        lines += [".PP", _text(paragraph)]
    lines += [".SH OPTIONS", *_options(command, context)]
    if isinstance(command, click.Group):
        lines += [".SH COMMANDS", *_commands(command, context, path)]
    if path == "smsd":
        lines += [".SH ENVIRONMENT", *_terms(_ENVIRONMENT), ".SH FILES", *_terms(_FILES)]
    lines += [".SH EXIT STATUS", *_terms(_EXIT)]
    if examples:
        lines += [".SH EXAMPLES"]
        for example in examples:
            lines += [".PP", ".nf", ".RS", _plain(example), ".RE", ".fi"]
    lines += [".SH SEE ALSO", _see_also(path, below)]
    return "\n".join(lines) + "\n"


def _name(sentence: str) -> str:
    """As whatis(1) lists it: no full stop, no capital unless it is a word of its own."""
    words = sentence.rstrip(".")
    return words if words[:2].isupper() else words[0].lower() + words[1:]


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            names, text = record
            yield from (".TP", rf"\fB{_plain(names)}\fR", _text(text))


def _commands(group: click.Group, context: click.Context, path: str) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from (".TP", rf"\fB{_plain(f'{path} {name}')}\fR", _text(_paragraphs(command.help or "")[0]))


def _see_also(path: str, below: list[str]) -> str:
    above = path.rpartition(" ")[0]
    others = [*([above] if above else []), *below]
    return ",\n".join([rf"\fB{_plain(each.replace(' ', '-'))}\fR(1)" for each in others] + [r"\fBsmsd.toml\fR(5)"])


# ---------------------------------------------------------------- configuration


def _configuration(document: str) -> str:
    """docs/configuration.md as a page: tables of keys become lists, other tables their rows."""
    _, *pieces = re.split(r"^## (.+)$", document, flags=re.MULTILINE)
    head = document.partition("\n## ")[0].partition("\n\n")[2]
    lines = [*_title("smsd.toml", "5"), ".SH NAME", r"smsd.toml \- the configuration of the gateway smsd"]
    lines += [".SH DESCRIPTION", *_markdown(head)]
    for heading, body in zip(pieces[::2], pieces[1::2], strict=True):
        lines += [f'.SH "{_plain(heading.replace("`", ""))}"', *_markdown(body)]
    return "\n".join([*lines, ".SH SEE ALSO", r"\fBsmsd\fR(1), \fBsmsd-check\fR(1)"]) + "\n"


def _markdown(body: str) -> Iterator[str]:
    code = False
    for block in re.split(r"\n\n+|(?=^```)|(?<=^```)\n", body.strip(), flags=re.MULTILINE):
        if block.startswith("```"):
            code = not code
            yield from (".PP", ".nf") if code else (".fi",)
            block = "\n".join(block.splitlines()[1:])
        if not block.strip():
            continue
        if code:
            yield _plain(block)
        elif block.startswith("#"):
            yield f'.SS "{_plain(_unmarked(block.lstrip("# ")))}"'
        elif block.startswith("|"):
            yield from _rows(block)
        else:
            yield from (".PP", _text(_unmarked(block)))


def _rows(block: str) -> Iterator[str]:
    """A row each: its first cell, and below it the others."""
    heads, _, *rows = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in block.splitlines())
    for first, *others in rows:
        yield from (".TP", rf"\fB{_plain(_unmarked(first))}\fR")
        cells = zip(heads[1:], others, strict=True)
        told = [f"{head}: {cell}" if head in ("default", "type") else cell for head, cell in cells]
        yield _text(_unmarked("; ".join(filter(None, told))))


def _unmarked(text: str) -> str:
    """Without what Markdown marks: links to their words, code and bold to theirs."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text).replace("`", "").replace("**", "")


# ---------------------------------------------------------------- roff


def _title(name: str, section: str) -> list[str]:
    # No date: the same sources give the same page.
    footer = f"smsd {version('smsd-1708')}"
    return [f'.TH "{_plain(name.upper())}" "{section}" "" "{footer}" "The 1708 gateway"', ".nh", ".ad l"]


def _terms(pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, text in pairs:
        yield from (".TP", rf"\fB{_plain(name)}\fR", _text(text))


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]


def _text(text: str) -> str:
    """Running text, `code` in bold, a sentence a line as roff likes it."""
    words = " ".join(text.split())
    marked = re.sub(r"`([^`]+)`", lambda found: rf"\fB{_escape(found[1])}\fR", _outside_code(words))
    return "\n".join(_safe(line) for line in re.split(r"(?<=[.:?!]) (?=[A-Z])", marked))


def _outside_code(words: str) -> str:
    return "".join(part if at % 2 else _escape(part) for at, part in enumerate(re.split(r"(`[^`]+`)", words)))


def _plain(text: str) -> str:
    return "\n".join(_safe(_escape(line)) for line in text.splitlines())


def _escape(text: str) -> str:
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")
    return _LONG.sub(lambda word: re.sub(r"(?<=[/,@&?=])(?=\w)", lambda _: r"\:", word[0]), escaped)


def _safe(line: str) -> str:
    """A line that begins with a dot or an apostrophe is a request."""
    return rf"\&{line}" if line.startswith((".", "'")) else line


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: write_man.py OUTDIR", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages():
        (folder / name).write_text(re.sub(r"^(\.S[HS] .*\n)\.PP\n", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
