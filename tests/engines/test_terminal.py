"""`lianfang detect` and `lianfang rt`: the answers' exact shape, and one clear line for bad input."""

import argparse
import csv
import io

import numpy as np
import pytest

from lianfang.config.cli import dispatch
from lianfang.config.commands import detect, rt
from tests.engines.reference import agree, answers, dataset

SALMONELLA = str(dataset("detection/salmAllOnset_raw.csv"))
INFLUENZA = str(dataset("rt/rt_Flu2009_incidence.csv"))
INTERVAL = str(dataset("rt/rt_Flu2009_si_nonparam.csv"))


@pytest.fixture
def run(capsys):
    """Run a command line; return exit code, rows of the CSV on standard output, lines on standard error."""

    def call(*argv):
        parser = argparse.ArgumentParser()
        subparsers = parser.add_subparsers()
        detect.add_parser(subparsers)
        rt.add_parser(subparsers)
        args = parser.parse_args([str(a) for a in argv])
        code = args.func(args)
        out, err = capsys.readouterr()
        return code, list(csv.DictReader(io.StringIO(out))), err.splitlines()

    return call


@pytest.fixture
def file(tmp_path):
    """Write a text file and return its path."""

    def write(text, name="file.csv", **options):
        path = tmp_path / name
        path.write_text(text, **{"encoding": "utf-8", **options})
        return path

    return write


def weekly(counts, first="2019-01-07", names="a"):
    epochs = np.datetime64(first) + 7 * np.arange(len(counts))
    return f"t,epoch,{names}\n" + "".join(
        f"{i + 1},{e},{c}\n" for i, (e, c) in enumerate(zip(epochs, counts, strict=True))
    )


def test_detect_gives_the_reference_numbers(run):
    theirs = answers("ff_muan10")
    parameters = ["noPeriods=10", "alpha=0.01", "pThresholdTrend=1", "pastWeeksNotIncluded=26"]
    code, rows, errors = run(
        "detect", SALMONELLA, "--method", "farrington-flexible", "--param", "limit54=5,4",
        "--param", "thresholdMethod=muan", "--param", *parameters, "--from", 290, "--to", 700,
    )  # fmt: skip
    assert (code, errors) == (0, [])
    assert list(rows[0]) == ["method", "series", "t", "epoch", "observed", "expected", "upperbound", "alarm", "phi"]
    assert rows[0] == {**rows[0], "method": "farrington-flexible", "series": "observed1", "t": "290"}
    assert (rows[0]["epoch"], rows[0]["observed"], rows[0]["upperbound"]) == ("2006-07-17", "1337", "1638")
    for column in ("expected", "upperbound", "phi", "alarm"):
        agree([float(row[column]) for row in rows], theirs[column], column)


@pytest.mark.parametrize("method, first", [("ears-c1", 8), ("ears-c2", 10), ("ears-c3", 12), ("cusum", 105)])
def test_detect_begins_where_the_reference_does(run, method, first):
    code, rows, errors = run("detect", SALMONELLA, "--method", method)
    name = "cusum_standard" if method == "cusum" else f"ears{method[-2:].upper()}"
    assert (code, errors, int(rows[0]["t"]), rows[0]["phi"]) == (0, [], first, "")
    agree([float(row["upperbound"]) for row in rows], answers(name)["upperbound"])


@pytest.mark.parametrize("method", ["farrington", "ewma", "moving-percentile"])
def test_detect_with_every_other_method(run, method):
    code, rows, errors = run("detect", SALMONELLA, "--method", method, "--from", 400, "--to", 420)
    assert (code, errors) == (0, [])
    assert [int(row["t"]) for row in rows] == list(range(400, 421))
    assert all(row["alarm"] in ("0", "1") and row["expected"] for row in rows)


def test_detect_takes_several_series_and_parameters_as_the_reference_names_them(run, file):
    path = file("t,epoch,a,b\n" + "".join(f"{i},{i},{i % 5},{i % 3}\n" for i in range(1, 30)))
    code, rows, errors = run("detect", path, "--method", "ears-c1", "--param", "baseline=5", "minSigma=1", "alpha=NULL")
    assert (code, errors) == (0, [])
    assert [row["series"] for row in rows] == ["a"] * 24 + ["b"] * 24
    code, rows, _ = run("detect", path, "--method", "cusum", "--param", "m=NULL", "trans=rossi", "--from", 10)
    assert (code, len(rows)) == (0, 40)
    code, rows, _ = run("detect", path, "--method", "cusum", "--param", "m=2.5", "--from", 1, "--to", 3)
    assert [row["expected"] for row in rows] == ["2.5"] * 6


@pytest.mark.parametrize("written", ["0,4", "(0,4)", "c(0,4)", " 0, 4 "])
def test_pairs_are_read_as_people_write_them(run, written):
    _, rows, _ = run(
        "detect", SALMONELLA, "--method", "farrington", "--param", f"limit54={written}", "--from", 300, "--to", 300
    )
    assert rows[0]["alarm"] == "0"


def test_what_cannot_be_judged_is_said(run, file):
    path = file(weekly([0] * 300))
    code, rows, errors = run("detect", path, "--method", "farrington-flexible")
    assert (code, rows[0]["upperbound"], rows[0]["alarm"]) == (0, "", "0")
    assert errors == [
        f"lianfang detect: a, {len(rows)} of {len(rows)} points (t {rows[0]['t']} to 300): cannot judge, because too few "
        "cases in the last weeks for a bound to mean anything"
    ]
    code, rows, errors = run("detect", file(weekly([3] * 100)), "--method", "farrington")
    assert (code, rows) == (1, [])
    assert "does not reach back far enough" in errors[0]
    code, rows, errors = run(
        "detect", file(weekly([3] * 300)), "--method", "farrington-flexible", "--from", 262, "--to", 265
    )
    assert [row["upperbound"] == "" for row in rows] == [True, True, False, False]
    assert errors[0].endswith(
        "(t 262 to 263): cannot judge, because the series does not reach back far enough for the baseline"
    )


def test_a_missing_week_is_a_gap_and_not_a_shift(run, file):
    rng = np.random.default_rng(5)
    text = weekly(rng.poisson(20, 320))
    lines = text.splitlines(keepends=True)
    whole = file(text, "whole.csv")
    gap = file("".join(lines[:200] + lines[201:]), "gap.csv")
    emptied = file("".join([*lines[:200], ",".join(lines[200].split(",")[:2]) + ",\n", *lines[201:]]), "emptied.csv")
    answer = {}
    for path in (whole, gap, emptied):
        _, rows, _ = run("detect", path, "--method", "farrington-flexible")
        answer[path.stem] = {row["t"]: row["upperbound"] for row in rows}
    assert answer["gap"] == answer["emptied"]
    assert answer["gap"]["320"] == answer["whole"]["320"]
    assert answer["gap"]["305"] != answer["whole"]["305"]


def test_days_to_come_are_not_judged(run, file):
    path = file(weekly(range(1, 30)))
    _, rows, errors = run("detect", path, "--method", "ears-c1", "--as-of", "2019-07-08")
    assert {row["upperbound"] == "" for row in rows if row["epoch"] > "2019-07-08"} == {True}
    assert "after the day on which it was judged" in errors[0]


BAD_FILES = [
    ("", "the file is empty"),
    ("t,epoch,a\n", "there is a header but no row"),
    ("week,count\n1,2\n", 'the header must begin with "t,epoch", not "week,count"'),
    ("t,epoch\n1,2\n", "there is no series after t and epoch"),
    ("t,epoch,a,a\n1,1,2,3\n", "line 1: every column needs a name of its own"),
    ("t,epoch,a\n1,1,x\n", 'line 2: a is not a number: "x"'),
    ("t,epoch,a\n1,1,inf\n", 'line 2: a is not a finite number: "inf"'),
    ("t,epoch,a\n1,1,2\n2,2,-3\n", "line 3: a has a negative count (-3), which cannot be judged"),
    ("t,epoch,a\n1,1,2\n1,2,3\n", "line 3: t must ascend, but 1 follows 1"),
    ("t,epoch,a\n1.5,1,2\n", "line 2: t must be a whole number, not 1.5"),
    ("t,epoch,a\n,1,2\n", "line 2: t is missing"),
    ("t,epoch,a\n1,2020-01-06,2\n2,2020-01-06,2\n", "line 3: epoch must ascend"),
    ("t,epoch,a\n1,1,2,3\n", "line 2: 4 cells, but the header has 3"),
    ('t,epoch,a\n1,1,"2\n', "not a CSV file"),
    ("t,epoch,a\n1,1,\0\n", "not a text file"),
    ("t,epoch,a\n1,1,2\n900000,2,3\n", "t runs from 1 to 900000 in only 2 rows"),
]


@pytest.mark.parametrize("text, problem", BAD_FILES, ids=[row[1][:40] for row in BAD_FILES])
def test_a_bad_file_gets_one_line_and_code_2(run, file, text, problem):
    code, rows, errors = run("detect", file(text), "--method", "ears-c1")
    assert (code, rows, len(errors)) == (2, [], 1)
    assert problem in errors[0]
    assert errors[0].startswith("lianfang detect: ")


BAD_CALLS = [
    (("--param", "q=3"), 'ears-c1 has no parameter "q"; it has baseline, minSigma, alpha, form'),
    (("--param", "baseline"), '--param needs NAME=VALUE, not "baseline"'),
    (("--param", "baseline=two"), 'the value of parameter baseline cannot be used: "two"'),
    (("--param", "alpha=2"), "alpha must lie between 0 and 1, not 2"),
    (("--param", "baseline=1"), "the baseline must have at least 2 points"),
    (("--from", "900"), "--from 900 lies outside the file, whose t runs from 1 to 778"),
    (("--from", "20", "--to", "10"), "--from 20 lies after --to 10"),
    (("--as-of", "tomorrow"), '--as-of is not a date (YYYY-MM-DD): "tomorrow"'),
]


@pytest.mark.parametrize("more, problem", BAD_CALLS, ids=[" ".join(row[0]) for row in BAD_CALLS])
def test_a_bad_call_gets_one_line_and_code_2(run, more, problem):
    code, rows, errors = run("detect", SALMONELLA, "--method", "ears-c1", *more)
    assert (code, rows, len(errors)) == (2, [], 1)
    assert problem in errors[0]


BAD_VALUES = [
    ("ears-c1", "minSigma=nan", 'the value of parameter minSigma cannot be used: "nan"'),
    ("ears-c1", "form=other", 'form must be "reference" or "paper", not "other"'),
    ("cusum", "h=inf", 'the value of parameter h cannot be used: "inf"'),
    ("cusum", "m=-3", "m, the expected count, must not be negative: -3"),
    ("cusum", "frequency=0", "frequency, the number of steps in a year, must be at least 1, not 0"),
    ("cusum", "trans=anscombeNegBin", "needs alpha > 0"),
    ("ewma", "limit=nan", 'the value of parameter limit cannot be used: "nan"'),
    ("farrington", "limit54=5,-4", "limit54 must be cases and weeks, neither negative, not 5,-4"),
    ("farrington", "limit54=5", 'the value of parameter limit54 cannot be used: "5"'),
    ("farrington", "w=26", "w=26 makes windows of 53 steps, which overlap in a year of 52"),
    ("farrington-flexible", "b=99999999", "b, the number of past years, must be at most 200"),
    ("farrington-flexible", "noPeriods=999", "noPeriods must be at most 366"),
    ("farrington-flexible", "weightsThreshold=-1", "weightsThreshold must not be negative: -1"),
    ("farrington-flexible", "pThresholdTrend=7", "pThresholdTrend must lie between 0 and 1, not 7"),
]


@pytest.mark.parametrize("method, value, problem", BAD_VALUES, ids=[f"{row[0]} {row[1]}" for row in BAD_VALUES])
def test_values_that_cannot_be_meant_get_one_line_and_code_2(run, method, value, problem):
    code, rows, errors = run("detect", SALMONELLA, "--method", method, "--param", value)
    assert (code, rows, len(errors)) == (2, [], 1)
    assert problem in errors[0]


@pytest.mark.parametrize(
    "line, problem",
    [
        (["detect", SALMONELLA, "--method", "shewhart"], "invalid choice: 'shewhart'"),
        (["detect", SALMONELLA, "--method", "cusum", "--from", "may"], "invalid int value: 'may'"),
        (["detect", SALMONELLA], "required: --method"),
        (["rt", INFLUENZA], "required: --si"),
        (["rt", INFLUENZA, "--si", INTERVAL, "--window", "week"], "invalid int value: 'week'"),
    ],
)
def test_arguments_that_do_not_fit_get_one_line_and_code_2(capsys, line, problem):
    with pytest.raises(SystemExit) as stopped:
        dispatch(line)
    out, err = capsys.readouterr()
    assert (stopped.value.code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(f"lianfang {line[0]}: ")
    assert problem in err


def test_files_that_are_not_there_or_not_text(run, tmp_path):
    binary = tmp_path / "x.csv"
    binary.write_bytes(b"\xff\xfe\x00t")
    for path, problem in (("none.csv", "no such file"), (tmp_path, "is a folder"), (binary, "not a UTF-8 text file")):
        code, _, errors = run("detect", path, "--method", "ears-c1")
        assert (code, len(errors)) == (2, 1)
        assert problem in errors[0]


def test_rt_gives_the_reference_numbers(run):
    code, rows, errors = run("rt", INFLUENZA, "--si", INTERVAL)
    assert code == 0
    assert list(rows[0]) == ["t_start", "t_end", "mean", "sd", "q025", "q05", "q25", "median", "q75", "q95", "q975"]
    with dataset("rt/rt_Flu2009_nonparam.csv").open() as reference:
        theirs = [[float(x) for x in row.values()] for row in csv.DictReader(reference)]
    agree([[float(x) for x in row.values()] for row in rows], theirs)
    assert errors == [
        "lianfang rt: 6 of 25 windows (ending t 27 to 32): cannot judge, because there are too few cases in the window "
        "for the precision asked for"
    ]
    _, rows, _ = run("rt", INFLUENZA, "--si", INTERVAL, "--window", 3)
    assert (rows[0]["t_end"], len(rows)) == ("4", 29)


RT_BAD = [
    ("t,I\n1,2\n2,-1\n3,4\n", None, 7, "line 3: I is negative (-1), which cannot be judged"),
    ("t,I\n1,2\n3,1\n", None, 7, "line 3: t must rise by 1, but 3 follows 1"),
    ("day,cases\n1,2\n", None, 7, 'the header must be "t,I", not "day,cases"'),
    ("t,I\n1,2\n2,3\n", None, 1, "cannot judge, because there are only 2 days"),
    (None, "k,w\n0,0.2\n1,0.8\n", 7, "the probability of a serial interval of 0 days must be 0, not 0.2"),
    (None, "k,w\n0,0\n1,0.8\n", 7, "sum to 0.8, not to 1"),
    (None, "k,w\n1,1\n", 7, "line 2: k must count 0, 1, 2 …, but here is 1"),
    (None, "k,w\n0,0\n1,-1\n2,2\n", 7, "must be numbers from 0 to 1"),
    (None, "a,b\n0,0\n", 7, 'the header must be "k,w", not "a,b"'),
    (None, None, 32, "the window must have 1 to 31 days, not 32"),
]


@pytest.mark.parametrize("incidence, interval, window, problem", RT_BAD, ids=[row[3][:40] for row in RT_BAD])
def test_rt_answers_bad_input_with_one_line(run, file, incidence, interval, window, problem):
    first = INFLUENZA if incidence is None else file(incidence, "i.csv")
    second = INTERVAL if interval is None else file(interval, "w.csv")
    code, rows, errors = run("rt", first, "--si", second, "--window", window)
    assert (code, rows, len(errors)) == (2, [], 1)
    assert problem in errors[0]


def test_rt_leaves_windows_with_missing_days_empty(run, file):
    days = "".join(f"{i + 11},{'' if i == 9 else 5}\n" for i in range(40))
    code, rows, errors = run("rt", file("t,I\n" + days), "--si", INTERVAL)
    assert (code, rows[0]["t_start"], rows[-1]["t_end"]) == (0, "12", "50")
    assert next(row["t_end"] for row in rows if row["mean"] == "") == "20"
    assert any("a count is missing" in error for error in errors)
