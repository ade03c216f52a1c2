"""`lianfang detect` on other series and parameters: the reference's answers, read as a person would ask for them."""

import csv
import io

import numpy as np
import pytest

from lianfang.engines.aberration.terminal import judge_file
from tests.engines.reference import agree, cases, numbers

CASES = cases("terminal")


def column(rows, name):
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_terminal_answers_as_the_reference(number, tmp_path):
    case = CASES[number]
    counts = numbers(case["counts"])
    epochs = (
        np.datetime64(case["start"]) + 7 * np.arange(len(counts)) if case["start"] else np.arange(1, len(counts) + 1)
    )
    path = tmp_path / "series.csv"
    lines = [f"{i + 1},{e},{c:g}" for i, (e, c) in enumerate(zip(epochs, counts, strict=True))]
    path.write_text("\n".join(["t,epoch,y", *lines]), encoding="utf-8")
    answer = judge_file(str(path), case["method"], case["parameters"].split(), int(case["from"]), int(case["to"]))
    rows = list(csv.DictReader(io.StringIO(answer.csv)))
    about = (case["method"], case["parameters"], answer.notes)
    assert [int(row["t"]) for row in rows] == list(range(int(case["from"]), int(case["to"]) + 1))
    agree(column(rows, "upperbound"), numbers(case["upperbound"]), about)
    alarm = numbers(case["alarm"])
    assert (column(rows, "alarm")[~np.isnan(alarm)] == alarm[~np.isnan(alarm)]).all(), about
    if case["method"].startswith("farrington"):
        agree(column(rows, "expected"), numbers(case["expected"]), about)
    if case["method"] == "farrington-flexible":
        agree(column(rows, "phi"), numbers(case["phi"]), about)


def test_what_the_cases_are():
    """First weeks, low counts and lost fits are among them, so that the agreement is about these too."""
    texts = [(case["method"], case["upperbound"], case["expected"]) for case in CASES]
    assert sum(method == "farrington-flexible" and "NA" in bound for method, bound, _ in texts) >= 3
    assert any(method == "farrington-flexible" and "0" in expected.split(",") for method, _, expected in texts)
    assert any("from" in case and case["from"] == "263" for case in CASES)
