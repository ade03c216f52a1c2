"""Finds permission checks in the source, and makes the code in which one of them is open.

A check is a place, named by file, function, kind and text (and a number where the same text stands twice), so that its
name outlives changes elsewhere in the file. Every replacement still evaluates the names of what it replaces: the
changed function keeps its free variables, and so can stand in for the loaded one.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "src" / "lianfang"
# Rooms without people who ask, and those that act as the system.
OUTSIDE = ("engines", "rulepacks", "kernel", "config/demo", "config/replay", "config/commands")
OWN = ("actor.account_id", "actor.person_id", "request.user", "request.user.pk")
NARROWING = frozenset({"filter", "get", "exclude", "one", "Q", "_waiting"})
REFUSALS = frozenset({"Forbidden", "NotFound", "PermissionDenied", "Http404", "TooManyCodes"})
# Functions all of whose refusing branches are checks: who is asking, until when, from where.
CORE = frozenset(
    {
        *("account_of_token", "held_up", "second_factor_owed", "ActorMiddleware.process_view", "Actor.scope"),
        *("Actor.can", "Held.holds", "Scope.covers_path", "Scope.unit_q", "Scope.person_q", "jurisdictions"),
        *("_guard.<locals>.run_checks", "TokenAuth.authenticate", "AccountSession.__call__", "is_program"),
        *("AccountSession.authenticate", "find_invitation", "_locked", "_named_child", "earlier_answers"),
        *("permit", "unit_for", "one", "sign_in", "set_password", "_held_and_person", "load_actor"),
    }
)


@dataclass(frozen=True)
class Check:
    """One place. `line` and `column` are those of today's file; `key` is the name that lasts."""

    key: str
    file: str
    function: str
    kind: str
    line: int
    column: int

    @property
    def path(self) -> Path:
        return ROOT / self.file


@dataclass
class _Found:
    node: ast.AST
    kind: str
    put: Any


def files() -> list[Path]:
    """Every module that may hold a check."""
    outside = tuple(str(SOURCE / name) for name in OUTSIDE)
    return sorted(
        path
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts and not str(path).startswith(outside) and path.name != "perms.py"
    )


def checks() -> list[Check]:
    """Every check of the code, in the order of the files."""
    return [check for path in files() for check, _found in _tree(path)[1]]


class _Finder(ast.NodeVisitor):
    """Collects the checks with the qualified name of the function in which each stands."""

    def __init__(self) -> None:
        self.found: list[tuple[str, _Found]] = []
        self._names: list[str] = []  # qualified, "<locals>" after each function
        self._catching = 0

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            added = [node.name, "<locals>"] if isinstance(node, ast.FunctionDef) else [node.name]
            self._names += added
            for statement in node.body:
                self.visit(statement)
            del self._names[-len(added) :]
            return
        if self._names and self._names[-1] == "<locals>":
            function = ".".join(self._names[:-1])
            self.found += [(function, one) for one in _here(node, function, self._catching > 0)]
        self._catching += isinstance(node, ast.ExceptHandler)
        self.generic_visit(node)
        self._catching -= isinstance(node, ast.ExceptHandler)


def _opened(name: str, *given: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(ast.Name("__opened__", ast.Load()), name, ast.Load()), list(given), [])


def _here(node: ast.AST, function: str, catching: bool) -> Iterator[_Found]:
    """The checks that this very node is, each with what is put in its place."""
    if isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, ast.Attribute) and node.attr == "family" and isinstance(node.ctx, ast.Load):
        if _is_actor(node.value):
            yield _Found(node, "family", lambda n: _opened("everybody", n))
    elif isinstance(node, ast.Compare):
        sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
        nothing = any(side == "None" for side in sides)
        if any(side.endswith(OWN) for side in sides) and not nothing:
            yield _Found(node, "own: true", lambda n: _opened("yes", n))
            yield _Found(node, "own: false", lambda n: _opened("no", n))
    elif isinstance(node, ast.Raise) and node.exc is not None and not catching:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if isinstance(raised, ast.Name) and raised.id in REFUSALS:
            yield _Found(node, "refusal", lambda n: ast.Expr(_opened("nothing", n.exc)))
    if isinstance(node, ast.If | ast.IfExp) and function in CORE:
        yield _Found(node, "branch", _never)


def _never(node: Any) -> Any:
    node.test = _opened("no", node.test)
    return node


def _is_actor(node: ast.expr) -> bool:
    return ast.unparse(node).split(".")[-1] in ("actor", "self") and "self." not in ast.unparse(node)


def _call(node: ast.Call) -> Iterator[_Found]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    of_actor = isinstance(node.func, ast.Attribute) and _is_actor(node.func.value)
    if name == "permit":
        yield _Found(node, "permit", lambda n: _opened("everything", n.func, *n.args))
    elif name == "unit_for":
        yield _Found(node, "unit", lambda n: _opened("unit", n.func, *n.args))
    elif name == "record_look":
        yield _Found(node, "look", lambda n: _opened("nothing", n.func, *n.args))
    elif name == "suppress":
        yield _Found(node, "suppression", _with_words("plain"))
    elif name == "persons_reached" and len(node.args) == 2:
        yield _Found(node, "persons", lambda n: _opened("persons", n.func, *n.args))
    elif method == "scope" and of_actor and len(node.args) == 1:
        yield _Found(node, "scope", lambda n: _opened("everything", n.func, *n.args))
    elif method == "can" and of_actor:
        yield _Found(node, "can", lambda n: _opened("yes", n.func, *n.args))
    elif method == "covers_path":
        yield _Found(node, "covers", lambda n: _opened("yes", n.func, *n.args))
    elif method == "unit_q":
        yield _Found(node, "condition", lambda n: _opened("always", n.func, *n.args))
    elif method == "in_scope":
        yield _Found(node, "in scope", lambda n: _opened("unfiltered", n.func, *n.args))
    elif method == "units_of" and of_actor:
        yield _Found(node, "units", lambda n: _opened("all_units", n.func, *n.args))
    if (name or method) in NARROWING:
        for kind, wanted in (("own", OWN), ("realm", ("current_realm()",))):
            dropped = tuple(k.arg for k in node.keywords if k.arg and ast.unparse(k.value).endswith(wanted))
            if dropped:
                yield _Found(node, kind, _dropping(dropped))


def _with_words(name: str) -> Any:
    def put(node: ast.Call) -> ast.Call:
        call = _opened(name, node.func, *node.args)
        call.keywords = node.keywords
        return call

    return put


def _dropping(dropped: tuple[str, ...]) -> Any:
    def put(node: ast.Call) -> ast.Call:
        names = ast.Tuple([ast.Constant(name) for name in dropped], ast.Load())
        call = _opened("without", names, node.func, *node.args)
        call.keywords = node.keywords
        return call

    return put


class _Put(ast.NodeTransformer):
    """Replaces nodes by identity, the inner ones first."""

    def __init__(self, changes: dict[int, Any]) -> None:
        self.changes = changes

    def visit(self, node: ast.AST) -> Any:
        change = self.changes.get(id(node))
        new = self.generic_visit(node)
        return new if change is None else change(new)


def _tree(path: Path) -> tuple[ast.Module, list[tuple[Check, _Found]]]:
    """The file's tree, with its checks as nodes of that very tree."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    file = str(path.relative_to(ROOT))
    times: dict[str, int] = {}
    found = []
    finder = _Finder()
    finder.visit(tree)
    for function, one in finder.found:
        text = " ".join(ast.unparse(one.node).split())[:110]
        name = f"{file}::{function}::{one.kind}::{text}"
        times[name] = times.get(name, 0) + 1
        key = name if times[name] == 1 else f"{name} #{times[name]}"
        found.append((Check(key, file, function, one.kind, one.node.lineno, one.node.col_offset), one))  # type: ignore[attr-defined]
    return tree, found


def opened_code(check: Check) -> Any:
    """The compiled module in which this check is open. Raises KeyError when the file has no such check any more."""
    tree, found = _tree(check.path)
    one = next((f for c, f in found if c.key == check.key), None)
    if one is None:
        raise KeyError(check.key)
    changed = _Put({id(one.node): lambda node: ast.copy_location(one.put(node), one.node)}).visit(tree)
    return compile(ast.fix_missing_locations(changed), str(check.path), "exec")


def watched_code(path: Path, numbers: dict[str, int]) -> Any:
    """The compiled module in which every check notes that it was reached."""
    tree, found = _tree(path)
    by_node: dict[int, tuple[ast.AST, list[int]]] = {}
    for check, one in found:
        by_node.setdefault(id(one.node), (one.node, []))[1].append(numbers[check.key])

    def noting(node: ast.AST, told: list[int]) -> Any:
        notes = [_opened("seen", ast.Constant(number)) for number in told]
        if isinstance(node, ast.stmt):
            return [*(ast.copy_location(ast.Expr(note), node) for note in notes), node]
        assert isinstance(node, ast.expr)
        return ast.copy_location(
            ast.Subscript(ast.Tuple([*notes, node], ast.Load()), ast.Constant(len(notes)), ast.Load()),
            node,
        )

    changes = {key: (lambda new, told=told: noting(new, told)) for key, (_node, told) in by_node.items()}
    changed = _Put(changes).visit(copy.copy(tree))
    return compile(ast.fix_missing_locations(changed), str(path), "exec")
