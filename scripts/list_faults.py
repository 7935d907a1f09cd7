#!/usr/bin/env python3
"""Every fault that the program can tell, read from its source, and whether docs/faults.md and its translation have each.

A fault is what a message says is wrong: its text up to the `; ` before the cure, with … for what is filled in.
`scripts/list_faults.py` prints what the documents lack and what they have too much; `--all` prints all faults.
"""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("docs/faults.md", "docs/id/gangguan.md")

# What an operator is told by, and which of its arguments says what is wrong.
TOLD_BY = {
    "Problem": 1,
    "ReferenceDataError": 2,
    "complain": 0,
    "_complain": 1,
    "fail": 0,
    "warn": 0,
    "level": 0,
    "AlreadyRunning": 0,
    "BackupError": 0,
    "DatabaseAway": 0,
    "DatabaseUnreachable": 0,
    "DumpFailed": 0,
    "EmbeddedUnusable": 0,
    "FateUnknown": 0,
    "KeyFileError": 0,
    "LinkError": 0,
    "ListenError": 0,
    "MailDeferred": 0,
    "MailRefused": 0,
    "MailUnavailable": 0,
    "MailUncertain": 0,
    "ModemFault": 0,
    "OSError": 0,
    "NotPossible": 0,
    "NotSent": 0,
    "NotSo": 0,
    "PinRefused": 0,
    "SchemaMismatch": 0,
    "StageError": 0,
    "StillBusy": 0,
    "StoreError": 0,
    "TimeoutError": 0,
    "TrialFailed": 0,
    "UsageError": 0,
    "ValueError": 0,
    "_Unreadable": 0,
    "_fail": 0,
    "_or_lost": 3,
}
# Errors that no operator reads: what they say is told in other words by whoever catches them.
INWARD = frozenset(
    {
        "AtError",
        "CmeError",
        "CmsError",
        "LineLost",
        "MailError",
        "NotBegun",
        "NotReady",
        "Refused",
        "RepliesError",
        "RequestError",
        "SettingsError",
        "TransportError",
        "_BadRequest",
        "_NoAnswer",
    }
)
# The simulator answers whoever drives it, line by line, and docs/simulator.md has its answers; its link is an operator's.
_PROTOCOLS = ("control.py", "control_syntax.py", "composing.py", "network.py")

# Of programmers and tests, or said within another message.
_NOT_TOLD = frozenset(
    {
        "compose() needs aware times: give now, opened_at and the timeline a time zone",
        "compose_digest() needs aware times: give now and each opened_at a time zone",
        "not GSM-7: …",
        "… changes no ticket",
        "… is not a Message-ID",
        "…: there is no point …",
        "a host is empty",
    }
)

_ROW = re.compile(r"^\| (`+) ?(.+?) ?\1 \|", re.MULTILINE)
_GAP = "…"


@dataclass(frozen=True)
class Module:
    """A source file, and who encloses what in it."""

    path: Path
    tree: ast.Module

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Module]:
        """Each function, and the module itself for what stands outside of them."""
        yield self.tree
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def faults(root: Path) -> dict[str, str]:
    """What can be told, and where first."""
    found: dict[str, str] = {}
    for path in sorted([*(root / "config").rglob("*.py"), *(root / "smsd").rglob("*.py")]):
        if path.parent.name == "simulator" and path.name in _PROTOCOLS:
            continue
        module = Module(path, ast.parse(path.read_text(encoding="utf-8")))
        for function in module.functions():
            for call in _calls(function):
                for text in _texts(call.args[TOLD_BY[_name(call.func)]], function, module):
                    fault = _fault(text)
                    if re.search(r"[a-z]", fault) and fault not in _NOT_TOLD:
                        found.setdefault(fault, f"{path.relative_to(root)}:{call.lineno}")
    return found


def _calls(function: ast.AST) -> Iterator[ast.Call]:
    """Those of a function that tell an operator something; not those of the functions within it."""
    for node in _own(function):
        if isinstance(node, ast.Call) and len(node.args) > TOLD_BY.get(_name(node.func), len(node.args)):
            yield node


def _own(function: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own(child)


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _fault(text: str) -> str:
    """Without the cure, and with one gap where several values follow each other."""
    problem = " ".join(text.split("; ")[0].split())
    return re.sub(rf"{_GAP}(?:[ ,:]*{_GAP})+", _GAP, problem)


# ---------------------------------------------------------------- what an expression can be


def _texts(value: ast.expr, function: ast.AST, module: Module) -> list[str]:
    """All texts that an expression can be, each with gaps where only a running program knows."""
    match value:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return _joined([_part(part, function, module) for part in parts])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([_texts(left, function, module), _texts(right, function, module)])
        case ast.IfExp(body=body, orelse=orelse):
            return _texts(body, function, module) + _texts(orelse, function, module)
        case ast.Name(id=name):
            given = _given(name, function) or _given(name, module.tree)
            return [text for each in given for text in _texts(each, function, module)] or [_GAP]
        case ast.Call(func=ast.Name(id=name)):
            return _returned(name, module) or [_GAP]
    return [_GAP]


def _part(part: ast.expr, function: ast.AST, module: Module) -> list[str]:
    """Of an f-string: a variable may be a sentence that was made before, and has a space; anything else is a gap."""
    if not isinstance(part, ast.FormattedValue):
        return _texts(part, function, module)
    texts = _texts(part.value, function, module) if isinstance(part.value, ast.Name) else []
    return texts if texts and all(" " in text for text in texts) else [_GAP]


def _joined(parts: list[list[str]]) -> list[str]:
    return list(dict.fromkeys("".join(each) for each in itertools.product(*parts)))


def _given(name: str, function: ast.AST) -> list[ast.expr]:
    """What a variable is given in a function, alone or with others."""
    values: list[ast.expr] = []
    for node in _own(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                match target, node.value:
                    case ast.Name(id=found), value if found == name:
                        values.append(value)
                    case ast.Tuple(elts=names), ast.Tuple(elts=given):
                        values += [g for n, g in zip(names, given, strict=True) if _name(n) == name]
    return values


def _returned(name: str, module: Module) -> list[str]:
    """What a function of the same module returns."""
    return [
        text
        for function in module.functions()
        if isinstance(function, ast.FunctionDef) and function.name == name
        for node in _own(function)
        if isinstance(node, ast.Return) and node.value is not None
        for text in _texts(node.value, function, module)
    ]


# ---------------------------------------------------------------- the documents


def listed(document: Path) -> list[str]:
    """The faults that a document has, as its tables have them."""
    return [text.replace("\\|", "|") for _ticks, text in _ROW.findall(document.read_text(encoding="utf-8"))]


def main() -> int:
    for fault, place in faults(ROOT).items():
        print(f"{place}\t{fault}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
