"""The commands `lianfang test` and `lianfang bench`."""

import json

import pytest

from dev import benchmarks, suite
from dev.pytest_plugin import slow_first
from tests.faults import bench, soak


@pytest.mark.parametrize(
    "arguments, databases, rest, chosen",
    [
        ([], ("postgres", "sqlite"), [], False),
        (["--fast"], ("sqlite",), [], False),
        (["--fast", "--db=both"], ("postgres", "sqlite"), [], False),
        (["--db", "postgres", "-x"], ("postgres",), ["-x"], False),
        (["tests/arch", "-q"], ("postgres", "sqlite"), ["tests/arch", "-q"], True),
        (["-k", "zero"], ("postgres", "sqlite"), ["-k", "zero"], True),
    ],
)
def test_what_is_run(arguments, databases, rest, chosen):
    options = suite.parse(arguments)
    assert (options.databases, options.rest, options.chosen) == (databases, rest, chosen)


def test_an_unknown_database_is_refused(capsys):
    with pytest.raises(SystemExit) as end:
        suite.parse(["--db", "oracle"])
    assert end.value.code == 2
    assert "oracle" in capsys.readouterr().err


def test_sqlite_runs_last_and_everything():
    assert suite.Options().databases[-1] == "sqlite"
    assert "-m" not in suite.pytest_command(suite.Options())[len([*suite.PYTHON, "-m"]) :]


def test_fast_leaves_browser_and_slow_tests_out():
    assert "not slow and not e2e" in suite.pytest_command(suite.Options(fast=True))


def test_tests_run_in_parallel_unless_told():
    assert "--dist" in suite.pytest_command(suite.Options())
    assert "--dist" not in suite.pytest_command(suite.Options(rest=["-n0"]))


def test_the_soak_is_handed_its_own_options(monkeypatch):
    handed: list[list[str]] = []

    def instead(words: list[str]) -> int:
        handed.append(words)
        return 3

    monkeypatch.setattr("tests.faults.soak.main", instead)
    assert suite.main(["--soak", "--db", "sqlite", "--minutes", "5", "--seed", "7"]) == 3
    assert handed == [["--db", "sqlite", "--minutes", "5", "--seed", "7"]]
    options = soak.arguments(handed[0])
    assert (options.db, options.minutes, options.seed) == ("sqlite", 5.0, 7)
    with pytest.raises(SystemExit):
        soak.arguments(["--db", "oracle"])


def test_the_soak_takes_what_is_demanded_and_less_only_when_told():
    names = [name for database in ("sqlite", "postgres") for name, _network, _do in soak.faults(database, 1.0)]
    assert len(names) == 10
    row = bench.Row("x", lost=1)
    assert not row.good and "FAILED" in row.line()
    assert bench.Row("x", points=3, recoveries=[1.0, 3.0]).good
    broken = soak.attempted("y", lambda: (_ for _ in ()).throw(TimeoutError("no answer")))
    assert not broken.good


def test_a_check_that_fails_shows_its_words(tmp_path):
    values = suite.environment(tmp_path)
    command = [*suite.PYTHON, "-c", "import sys; print('line 3 is wrong'); sys.exit(1)"]
    outcome = suite.quiet(command, values)
    assert (outcome.passed, outcome.words) == (False, "line 3 is wrong\n")
    assert outcome.seconds > 0


def test_where_no_bytecode_may_lie_beside_the_sources_it_lies_in_the_folder_of_the_run(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    values = suite.environment(tmp_path)
    command = [*suite.PYTHON, "-c", "import sys; print(sys.dont_write_bytecode, sys.pycache_prefix)"]
    assert suite.quiet(command, values).words == f"False {tmp_path / 'bytecode'}\n"
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    assert "PYTHONPYCACHEPREFIX" not in suite.environment(tmp_path)


@pytest.mark.parametrize("shares", [1, 2, 3, 4])
@pytest.mark.parametrize("marked", [set(), {3, 9, 10}, {0}, {9, 10}, set(range(11))])
def test_every_process_begins_with_its_part_of_the_slow_tests(marked, shares):
    items = list(range(11))
    ordered = slow_first(items, [item in marked for item in items], shares)
    assert sorted(ordered) == items
    assert [item for item in ordered if item not in marked] == [item for item in items if item not in marked]
    cuts = [11 * n // shares for n in range(shares)]
    heads = [sum(item in marked for item in ordered[at : at + len(marked) // shares]) for at in cuts]
    assert heads == [len(marked) // shares] * shares


def test_every_check_is_made_and_the_failed_ones_show_their_words(tmp_path, monkeypatch, capsys):
    def says(words: str, code: int) -> list[str]:
        return [*suite.PYTHON, "-c", f"import sys; print({words!r}); sys.exit({code})"]

    checks = (("types", says("x is no y", 1)), ("style", says("all well", 0)), ("format", says("line 7", 2)))
    monkeypatch.setattr(suite, "STATIC", checks)
    report = suite.Report()
    suite.run_checks(suite.Options(), suite.environment(tmp_path), report)
    out = capsys.readouterr().out
    assert report.failed == ["types", "format"]
    assert "x is no y" in out and "line 7" in out and "all well" not in out
    assert [line.split()[0] for line in out.splitlines() if line.endswith(" s")] == ["types", "style", "format"]


def test_a_failed_stage_is_remembered(capsys):
    report = suite.Report()
    report.record("types", False, 0.0)
    report.record("style", True, 0.0)
    assert report.failed == ["types"]
    assert "FAILED" in capsys.readouterr().out


@pytest.fixture
def benches(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks, "FOLDER", tmp_path)
    figure = '{"name": "sum", "value": 2.5, "unit": "ms", "n": 100, "ratio": 3.0, "note": "against a loop"}'
    (tmp_path / "bench_sum.py").write_text(f'NAME = "sum"\ndef run(): return [{figure}]\n', encoding="utf-8")
    (tmp_path / "bench_broken.py").write_text('NAME = "broken"\ndef run(): raise OSError("disk")\n', encoding="utf-8")


def test_figures_are_printed_with_the_machine(benches, capsys):
    assert benchmarks.main(["sum"]) == 0
    out = capsys.readouterr().out
    assert "cores" in out.splitlines()[0]
    assert "2.5 ms" in out
    assert "×3" in out


def test_figures_as_json(benches, capsys):
    assert benchmarks.main(["sum", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["figures"] == [
        {
            "benchmark": "sum",
            "name": "sum",
            "value": 2.5,
            "unit": "ms",
            "n": 100,
            "ratio": 3.0,
            "note": "against a loop",
        }
    ]
    assert {"processor", "cores", "memory_gib", "python", "sqlite"} <= set(document["machine"])
    assert not {"host", "node", "hostname"} & set(document["machine"])


def test_a_benchmark_that_fails_hides_no_other(benches, capsys):
    assert benchmarks.main([]) == 1
    printed = capsys.readouterr()
    assert "2.5 ms" in printed.out
    assert "broken: failed: OSError('disk')" in printed.err


def test_an_unknown_benchmark_is_named_with_those_there_are(benches, capsys):
    assert benchmarks.main(["speed"]) == 2
    assert "broken, sum" in capsys.readouterr().err
