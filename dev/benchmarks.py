"""`lianfang bench [NAME …] [--json]`: run bench/bench_*.py and print figures with the machine they were taken on.

A benchmark module has `NAME` and `run() -> list[dict]`; each dict is one figure: `name`, `value`, `unit`, `n` (how many
measurements or items), `ratio` (to the comparison named in `note`, or None) and `note`.
"""

import argparse
import ast
import importlib.util
import json
import os
import platform
import sqlite3
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "bench"


@dataclass(frozen=True)
class Figure:
    """One measured figure."""

    benchmark: str
    name: str
    value: float
    unit: str
    n: int
    ratio: float | None = None
    note: str = ""


def processor() -> str:
    """Model of the processor, as the system names it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.lower().startswith(("model name", "hardware")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine() -> dict[str, Any]:
    """What the figures depend on, without a host's name."""
    import psutil

    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def declared_name(path: Path) -> str:
    """`NAME` of a benchmark file, read without running it. Raises ValueError when it has none."""
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.Assign) and "NAME" in [ast.unparse(target) for target in node.targets]:
            return str(ast.literal_eval(node.value))
    raise ValueError(f"{path.name} has no NAME")


def discovered() -> dict[str, Path]:
    """Benchmark name → file, by name."""
    return dict(sorted((declared_name(path), path) for path in FOLDER.glob("bench_*.py")))


def loaded(path: Path) -> ModuleType:
    """Import a benchmark file."""
    spec = importlib.util.spec_from_file_location(f"bench.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def figures(name: str, path: Path) -> list[Figure]:
    """Run one benchmark."""
    return [Figure(benchmark=name, **row) for row in loaded(path).run()]


def line(figure: Figure) -> str:
    """One figure for reading."""
    ratio = "" if figure.ratio is None else f"  ×{figure.ratio:.3g}"
    note = f"  ({figure.note})" if figure.note else ""
    return f"  {figure.name:<48} {figure.value:>12,.4g} {figure.unit:<12} n={figure.n:,}{ratio}{note}"


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, all by default; 1 when one of them failed, 2 when there is no such name."""
    parser = argparse.ArgumentParser(prog="lianfang bench", allow_abbrev=False)
    parser.add_argument("name", nargs="*")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    known = discovered()
    unknown = [name for name in options.name if name not in known]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(known) or 'none'}", file=sys.stderr)
        return 2
    here = machine()
    if not options.json:
        print("machine: " + ", ".join(f"{key} {value}" for key, value in here.items()), flush=True)
    collected: list[Figure] = []
    failed: list[str] = []
    for name in options.name or known:
        begun = time.monotonic()
        try:
            rows = figures(name, known[name])
        except Exception as error:  # one failing benchmark must not hide the figures of the others
            failed.append(name)
            print(f"{name}: failed: {error!r}", file=sys.stderr)
            continue
        collected += rows
        if not options.json:
            print(f"\n{name} ({time.monotonic() - begun:.1f} s)")
            print("\n".join(line(row) for row in rows), flush=True)
    if options.json:
        document = {"machine": here, "figures": [asdict(row) for row in collected], "failed": failed}
        print(json.dumps(document, ensure_ascii=False, indent=1))
    return 1 if failed else 0
