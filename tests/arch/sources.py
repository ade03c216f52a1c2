"""The source tree as the architecture tests see it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "lianfang"
ORDER = (
    ("config",),
    ("web",),
    ("exchange",),
    ("oversight",),
    ("response",),
    ("reporting",),
    ("surveillance",),
    ("entry",),
    ("cases",),
    ("daily", "facilities"),
    ("duties",),
    ("comms",),
    ("people",),
    ("ui",),
    ("foundation",),
    ("rulepacks",),
    ("engines",),
    ("kernel",),
)
PURE_ROOMS = ("kernel", "engines", "rulepacks")
NOT_OURS = {"node_modules", "vendor", "__pycache__"}


def rooms() -> list[str]:
    """Rooms that exist, in the order of the house."""
    return [room for level in ORDER for room in level if any((PACKAGE / room).glob("*.py"))]


def files(suffix: str, under: Path = PACKAGE) -> list[Path]:
    """Our own files with a suffix, in a stable order."""
    return sorted(p for p in under.rglob(f"*{suffix}") if not set(p.relative_to(under).parts) & NOT_OURS)


def is_test(path: Path) -> bool:
    return "tests" in path.parts or path.name.startswith(("test_", "conftest"))


def is_migration(path: Path) -> bool:
    return "migrations" in path.parts


def code() -> list[Path]:
    """Python files that run in an installation: no tests, no migrations."""
    return [p for p in files(".py") if not is_test(p.relative_to(ROOT / "src")) and not is_migration(p)]


def name(path: Path) -> str:
    """Path from the repository's root, for messages."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), str(path))


def module_name(path: Path) -> str:
    """Dotted name of a file under src/, or of a tool or test from the repository's root."""
    parts = path.relative_to(SOURCE if path.is_relative_to(SOURCE) else ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def module_path(dotted: str) -> Path | None:
    """File of a dotted name, or None when it is not ours."""
    base = SOURCE.joinpath(*dotted.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.exists():
            return path
    return None


def imports(path: Path, *, at_import: bool = False) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of what a file imports; names taken from our own packages are resolved to modules.

    With `at_import`, only what is imported when the module itself is: not inside functions, not for type checkers.
    """
    own = module_name(path)
    package = own if path.name == "__init__.py" else own.rpartition(".")[0]
    for node in _nodes(tree(path), at_import):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield node.lineno, inner if base.startswith("lianfang") and module_path(inner) else base


def _nodes(parent: ast.AST, at_import: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(parent):
        if at_import and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _nodes(child, at_import)


def room_of(dotted: str) -> str:
    """Room of a dotted name, "" outside the house."""
    parts = dotted.split(".")
    return parts[1] if parts[0] == "lianfang" and len(parts) > 1 else ""
