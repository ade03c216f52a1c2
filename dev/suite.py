"""`lianfang test`: the checks, as many at once as there are cores, then pytest on PostgreSQL and on SQLite.

Every stage runs even when an earlier one failed, so that one run tells everything; the exit code is 0 only when all
passed. pytest on SQLite, which runs every test, is the last stage and so prints the last summary. `--soak` runs the fault
bench instead (`tests/faults/soak.py`, ADR 0015).
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from dev.browser import VARIABLE, BrowserMissing, bring

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable]
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
# The longest first. Collecting compiles the tests once, which each process of pytest would otherwise do for itself.
STATIC: tuple[tuple[str, list[str]], ...] = (
    ("types", [*PYTHON, "-m", "mypy"]),
    ("tests collected", [*PYTHON, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]),
    ("message catalogues", [*PYTHON, "-m", "dev.messages", "--check"]),
    ("style", [*PYTHON, "-m", "ruff", "check", "--quiet"]),
    ("format", [*PYTHON, "-m", "ruff", "format", "--check", "--quiet"]),
    ("import contract", [*PYTHON, "-c", LINT_IMPORTS]),
)
NOTHING_COLLECTED = 5


@dataclass
class Options:
    """What the command line asked for; `rest` goes to pytest."""

    fast: bool = False
    only_pytest: bool = False
    databases: tuple[str, ...] = ("postgres", "sqlite")
    rest: list[str] = field(default_factory=list)

    @property
    def chosen(self) -> bool:
        """Whether single tests were named, so that the checks of the whole are left out."""
        return any(a in ("-k", "-m", "--lf", "--ff") or not a.startswith("-") for a in self.rest)


def parse(arguments: list[str]) -> Options:
    """Read our own options and leave the others, in order, to pytest. Raises SystemExit(2) on an unknown database."""
    options = Options()
    database = None
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument == "--fast":
            options.fast = True
        elif argument == "--only-pytest":
            options.only_pytest = True
        elif argument == "--db" or argument.startswith("--db="):
            database = argument.partition("=")[2] or (remaining.pop(0) if remaining else "")
        else:
            options.rest.append(argument)
    if database not in (None, "both", "sqlite", "postgres"):
        print(f"--db must be both, sqlite or postgres, not {database!r}", file=sys.stderr)
        raise SystemExit(2)
    if database in ("sqlite", "postgres"):
        options.databases = (str(database),)
    elif options.fast and database is None:
        options.databases = ("sqlite",)
    return options


def environment(folder: Path) -> dict[str, str]:
    """Environment of the checks: a data folder of their own, this Python's tools first, no network settings."""
    values = dict(os.environ)
    values["LIANFANG_DATA_DIR"] = str(folder / "data")
    values["LIANFANG_SECRET_DIR"] = str(folder / "keys")
    values["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    values["PYTHONUTF8"] = "1"
    if values.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Nothing is written beside the sources, and yet not every one of some hundred processes compiles Django anew.
        values["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    return values


class Report:
    """Prints a line for each stage with its time and remembers what failed."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def record(self, name: str, passed: bool, seconds: float) -> None:
        """Note the outcome of a stage and how long it took."""
        print(f"{name:<22} {'ok' if passed else 'FAILED':<7} {seconds:6.1f} s", flush=True)
        if not passed:
            self.failed.append(name)


@dataclass(frozen=True)
class Outcome:
    """What became of a check; `words` are shown only when it did not pass."""

    passed: bool
    words: str
    seconds: float


def quiet(command: list[str], values: dict[str, str]) -> Outcome:
    """Run a check to its end."""
    begun = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=values, capture_output=True, text=True, check=False)
    return Outcome(done.returncode == 0, done.stdout + done.stderr, time.monotonic() - begun)


def cores() -> int:
    """How many processes do the work: one a core, at most 8."""
    return max(1, min(os.cpu_count() or 1, 8))


def pytest_command(options: Options) -> list[str]:
    """pytest in parallel on every core, unless the caller says otherwise; who is done early helps out."""
    command = [*PYTHON, "-m", "pytest"]
    named = any(a == "-n" or a.startswith(("-n", "--numprocesses", "--pdb")) for a in options.rest)
    if not named:
        command += ["-n", str(cores()), "--dist", "worksteal"]
    if options.fast:
        command += ["-m", "not slow and not e2e"]
    return command + options.rest


def run_pytest(database: str, options: Options, values: dict[str, str]) -> bool:
    """One pytest run on one database, its output shown as it comes; whether it passed."""
    values = {**values, "LIANFANG_TEST_DB": database}
    for name in ("LIANFANG_DATA_DIR", "LIANFANG_SECRET_DIR", "LIANFANG_TEST_HOME", "LIANFANG_DATABASE_URL"):
        values.pop(name, None)
    process = subprocess.Popen(pytest_command(options), cwd=ROOT, env=values)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.wait()  # pytest got the same Ctrl-C and clears up after itself
        raise
    finally:
        if process.poll() is None:
            process.terminate()
    if code == NOTHING_COLLECTED and options.chosen and len(options.databases) > 1:
        return True  # the tests that were named may store nothing, and so have no part on PostgreSQL
    return code == 0


def run_checks(options: Options, values: dict[str, str], report: Report) -> None:
    """The checks that come before pytest."""
    if options.only_pytest or options.chosen:
        print("checks before pytest are left out", flush=True)
        return
    with ThreadPoolExecutor(cores()) as pool:
        running = [(name, pool.submit(quiet, command, values)) for name, command in STATIC]
        try:
            for name, check in running:
                outcome = check.result()
                report.record(name, outcome.passed, outcome.seconds)
                if not outcome.passed:
                    print(outcome.words.rstrip(), flush=True)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C nothing more is begun


def run_tests(options: Options, values: dict[str, str], report: Report) -> None:
    """pytest on each database; the last one's summary ends the output, so its time is pytest's own."""
    for database in options.databases:
        last = database == options.databases[-1]
        if last and report.failed:
            print(f"failed so far: {', '.join(report.failed)}", flush=True)
        name = f"tests on {'PostgreSQL' if database == 'postgres' else 'SQLite'}"
        print(f"\n{name}", flush=True)
        begun = time.monotonic()
        passed = run_pytest(database, options, values)
        if not last:
            report.record(name, passed, time.monotonic() - begun)
        elif not passed:
            report.failed.append(name)


def main(arguments: list[str]) -> int:
    """Run the suite, or with `--soak` the fault bench at length; 0 only when every stage passed."""
    if "--soak" in arguments:
        from tests.faults import soak

        return soak.main([word for word in arguments if word != "--soak"])
    options = parse(arguments)
    report = Report()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="lianfang-checks-") as folder:
        values = environment(Path(folder))
        if not options.fast:
            try:
                values[VARIABLE] = bring()
            except BrowserMissing as error:
                print(error, file=sys.stderr)
                return 1
        run_checks(options, values, report)
        run_tests(options, values, report)
    if report.failed:
        print(f"not passed: {', '.join(report.failed)}", file=sys.stderr)
    return 1 if report.failed else 0
