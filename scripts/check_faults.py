#!/usr/bin/env python3
"""Every fault that the program can tell, read from its source, and whether docs/faults.md and gangguan.md have each.

A fault is what a message says is wrong: its text up to the `; ` before the cure, with … for what is filled in.
`scripts/check_faults.py` prints what the documents lack and what they have too much; `--all` prints all faults.
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
    "kind": 0,
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
# Errors with no words of their own for operators: whoever catches them tells it, or they carry what is listed already.
INWARD = frozenset(
    {
        "AssertionError",
        "AtError",
        "CmsError",
        "LineLost",
        "NotBegun",
        "NotReady",
        "ReadOnlySQLTransactionError",
        "Refused",
        "RepliesError",
        "SMTPException",
        "SettingsError",
        "SystemExit",
        "TOMLDecodeError",
        "TypeError",
        "_BadRequest",
        "_NoAnswer",
    }
)
# The simulator answers whoever drives it, line by line; docs/simulator.md has that. Its link is an operator's.
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
    for module in _modules(root):
        for function in module.functions():
            for call in _calls(function):
                for text in _texts(call.args[TOLD_BY[_name(call.func)]], function, module):
                    fault = _fault(text)
                    if re.search(r"[a-z]", fault) and fault not in _NOT_TOLD:
                        found.setdefault(fault, f"{module.path.relative_to(root)}:{call.lineno}")
    return found


def _modules(root: Path) -> Iterator[Module]:
    for path in sorted([*(root / "config").rglob("*.py"), *(root / "smsd").rglob("*.py")]):
        if path.parent.name != "simulator" or path.name not in _PROTOCOLS:
            yield Module(path, ast.parse(path.read_text(encoding="utf-8")))


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
    return re.sub(rf"{_GAP}(?:[ ,:]*{_GAP})+", _GAP, problem).replace(f"){_GAP}", ")")


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
        case ast.Call(func=ast.Attribute(value=ast.JoinedStr() as text, attr="replace")):
            return _texts(text, function, module)
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
    return [text for _ticks, text in _ROW.findall(document.read_text(encoding="utf-8"))]


def problems(root: Path) -> Iterator[str]:
    """What is raised but not known here, and what the documents lack, have too much, or have twice."""
    yield from _unknown(root)
    said = faults(root)
    for document in DOCUMENTS:
        told = listed(root / document)
        for fault in said.keys() - set(told):
            yield f"{said[fault]}: the fault {fault!r} is missing in {document}"
        for fault in set(told) - said.keys():
            yield f"{document}: nothing in smsd/ or config/ tells {fault!r}"
        for fault in {each for each in told if told.count(each) > 1}:
            yield f"{document}: has {fault!r} more than once"


def _unknown(root: Path) -> Iterator[str]:
    """Errors that are raised, and of which nobody has decided whether operators read them."""
    for module in _modules(root):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = _name(node.exc.func)
                if re.match("_?[A-Z]", name) and name not in TOLD_BY.keys() | INWARD:
                    place = f"{module.path.relative_to(root)}:{node.lineno}"
                    yield f"{place}: scripts/check_faults.py does not know whether {name} is told to operators"


def main() -> int:
    """1 if the documents and the program differ."""
    if sys.argv[1:] == ["--all"]:
        for fault, place in faults(ROOT).items():
            print(f"{place}: {fault}")
        return 0
    found = sorted(problems(ROOT))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
