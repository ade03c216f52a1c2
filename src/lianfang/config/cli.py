"""The command line: `lianfang COMMAND …`.

Each module of `lianfang.config.commands` is one command: `add_parser(subparsers)` declares its arguments, `run(args)`
does it and returns the exit code. Only the module of the command that was asked for is imported, and help reads the
others' first docstring line without importing them, so that every command starts as fast as what it needs itself. A
module with `PASS_THROUGH = True` gets everything after its name, unread, as `args.rest`.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from lianfang.config import commands

HELP = ("-h", "--help")


class Parser(argparse.ArgumentParser):
    """Arguments that do not fit are said in one line, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def modules() -> dict[str, str]:
    """Command name → module name, by name: `journal`, `up` … with hyphens for underscores."""
    found = [m.name for m in pkgutil.iter_modules(commands.__path__) if not m.name.startswith("_")]
    return {name.replace("_", "-"): name for name in sorted(found)}


def summary(module: str) -> str:
    """First line of a command module's docstring, read without importing the module."""
    for folder in commands.__path__:
        for path in (Path(folder) / f"{module}.py", Path(folder) / module / "__init__.py"):
            if path.exists():
                text = ast.get_docstring(ast.parse(path.read_bytes())) or ""
                return text.partition("\n")[0].rstrip(".")
    return ""


def overview() -> str:
    """What `lianfang --help` prints."""
    names = modules()
    width = max((len(name) for name in names), default=0)
    lines = [f"  {name:<{width}}  {summary(module)}" for name, module in names.items()]
    return "\n".join(["usage: lianfang COMMAND …", "", *lines, "", "lianfang COMMAND --help tells more."])


def program_version() -> str:
    """Version of the installed package, or of the checkout's pyproject.toml."""
    try:
        return version("lianfang")
    except PackageNotFoundError:
        import tomllib

        project = Path(__file__).resolve().parents[3] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def dispatch(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code, 2 when the command is unknown."""
    if not argv or argv[0] in HELP:
        print(overview())
        return 0 if argv else 2
    if argv[0] == "--version":
        print(f"lianfang {program_version()}")
        return 0
    name, rest = argv[0], list(argv[1:])
    module_name = modules().get(name)
    if module_name is None:
        print(f"lianfang: no command {name!r}. Commands: {', '.join(modules())}", file=sys.stderr)
        return 2
    module = importlib.import_module(f"{commands.__name__}.{module_name}")
    parser = Parser(prog="lianfang", allow_abbrev=False)
    subparsers = parser.add_subparsers(dest="command", required=True)
    module.add_parser(subparsers)
    if getattr(module, "PASS_THROUGH", False) and not set(rest) & set(HELP):
        args = argparse.Namespace(command=name, rest=rest)
    else:
        args = parser.parse_args([name, *rest])
    return int(module.run(args))


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point. Ctrl-C ends with 130; a reader that closes our output early (`| head`) is no error."""
    try:
        code = dispatch(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return code


if __name__ == "__main__":
    raise SystemExit(main())
