"""Detectors, reproduction number and cluster rules: time per unit of work, and ratios to the reference packages.

Where R with surveillance and EpiEstim is installed, the ratios are to their times in the same run; elsewhere to the
lower of the times stated for them (6 ms a series-week, 14 µs a point, 20 ms a series).
"""

from __future__ import annotations

import csv
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

NAME = "engines"
ROUNDS = 7
STATED = {"flexible": 6e-3, "seasonal": 6e-3, "ears": 14e-6, "cusum": 14e-6, "rt": 20e-3}
R_PROGRAM = """
suppressMessages({library(surveillance); library(EpiEstim)}); options(warn = -1)
d <- read.csv(commandArgs(TRUE)[1]); s <- sts(observed = d$observed1, epoch = as.Date(d$epoch), frequency = 52)
timed <- function(name, n, f) { f(); t <- median(replicate(3, system.time(f())[["elapsed"]])); cat(name, t / n, "\n") }
timed("flexible", 100, function() farringtonFlexible(s, control = list(range = 290:389, pastWeeksNotIncluded = 3)))
timed("seasonal", 60, function() farringtonFlexible(s, control = list(range = 290:349, noPeriods = 10, alpha = .01,
  pThresholdTrend = 1, pastWeeksNotIncluded = 26, thresholdMethod = "nbPlugin")))
timed("ears", 771 * 5, function() for (i in 1:5) earsC(s, control = list(method = "C1")))
timed("cusum", 674 * 5, function() for (i in 1:5) cusum(s, control = list(range = 105:778, m = NULL)))
set.seed(1); I <- rpois(120, 20); w <- discr_si(0:20, 2.6, 1.5); w <- w / sum(w)
timed("rt", 10, function() for (i in 1:10)
  suppressMessages(estimate_R(I, method = "non_parametric_si", config = make_config(list(si_distr = w)))))
"""


def dataset(name: str) -> Path:
    """File of a shipped data set."""
    return Path(str(files("lianfang.data").joinpath(name)))


def seconds(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Median wall time of one call, s, after one call to warm up."""
    work()
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def reference() -> tuple[dict[str, float], str]:
    """Seconds per unit of the reference packages, and where these come from."""
    program = shutil.which("Rscript")
    if program is None:
        return STATED, "to the time stated for R"
    command = [program, "-e", R_PROGRAM, str(dataset("detection/salmAllOnset_raw.csv"))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
        return {k: float(v) for k, v in (x.split() for x in done.stdout.splitlines())}, "to R, same run"
    except (subprocess.SubprocessError, ValueError):
        return STATED, "to the time stated for R"


def figure(name: str, value: float, unit: str, n: int, ratio: float | None = None, note: str = "") -> dict[str, Any]:
    """One row of the answer; rows without a ratio leave it out."""
    row: dict[str, Any] = {"name": name, "value": value, "unit": unit, "n": n, "note": note}
    return row if ratio is None else {**row, "ratio": ratio}


def detectors(theirs: dict[str, float], source: str) -> list[dict[str, Any]]:
    """Farrington, EARS, CUSUM."""
    from lianfang.engines.aberration.charts import ears
    from lianfang.engines.aberration.cusum import cusum
    from lianfang.engines.aberration.farrington import farrington_flexible

    with dataset("detection/salmAllOnset_raw.csv").open() as file:
        rows = list(csv.DictReader(file))
    counts = np.array([float(row["observed1"]) for row in rows])
    epochs = np.array([row["epoch"] for row in rows], dtype="datetime64[D]")
    at = np.arange(289, 700)
    many = np.repeat(counts[None, :], 20, axis=0)
    seasonal: dict[str, Any] = {
        "alpha": 0.01, "p_threshold_trend": 1.0, "no_periods": 10, "past_weeks_not_included": 26,
        "threshold_method": "nbPlugin",
    }  # fmt: skip
    with dataset("detection/salmAllOnset_ff_default.csv").open() as file:
        bounds = np.array([float(row["upperbound"]) for row in csv.DictReader(file)])
    ours = farrington_flexible(counts, epochs=epochs, positions=at).upperbound[0]
    found = [
        figure(
            "farrington flexible, largest relative difference", float(np.abs(ours / bounds - 1).max()), "relative", 411
        )
    ]
    for name, series, options, key in (
        ("farrington flexible, 1 series x 411 weeks", counts, {}, "flexible"),
        ("farrington flexible, 20 series x 411 weeks", many, {}, "flexible"),
        ("farrington flexible, 10 levels, nbPlugin, 1 series", counts, seasonal, "seasonal"),
        ("farrington flexible, 10 levels, nbPlugin, 20 series", many, seasonal, "seasonal"),
    ):
        n = np.atleast_2d(series).shape[0] * len(at)
        taken = seconds(lambda s=series, o=options: farrington_flexible(s, epochs=epochs, positions=at, **o)) / n  # type: ignore[misc]
        found.append(figure(f"{name}, a series-week", taken * 1e6, "µs", n, theirs[key] / taken, source))
    county = np.random.default_rng(1).poisson(5.0, (10_000, 52 * 7)).astype(np.float64)
    taken = seconds(lambda: farrington_flexible(county, positions=[363], threads=2))
    found.append(figure("10,000 weekly series of 7 years, newest week, 2 threads", taken * 1e3, "ms", 10_000))
    for name, work, n, key in (
        ("EARS C1, 1 series", lambda: ears(counts), 771, "ears"),
        ("EARS C3, 20 series", lambda: ears(many, method="C3"), 767 * 20, "ears"),
        ("CUSUM, 1 series", lambda: cusum(counts), 674, "cusum"),
        ("CUSUM Rossi, 20 series", lambda: cusum(many, trans="rossi"), 674 * 20, "cusum"),
    ):
        taken = seconds(work, 101) / n
        note = f"{source}; {STATED[key] / taken:,.0f} to the {STATED[key] * 1e6:.0f} µs stated"
        found.append(figure(f"{name}, a point", taken * 1e9, "ns", n, theirs[key] / taken, note))
    return found


def reproduction(theirs: dict[str, float], source: str) -> list[dict[str, Any]]:
    """R(t) with all quantiles."""
    from lianfang.engines.reproduction.cori import reproduction_number
    from lianfang.engines.reproduction.interval import discretised_gamma

    weights = discretised_gamma(np.arange(21), 2.6, 1.5)
    weights /= weights.sum()
    counts = np.random.default_rng(1).poisson(20.0, (1000, 120)).astype(np.float64)
    many = seconds(lambda: reproduction_number(counts, weights)) / 1000
    one = seconds(lambda: reproduction_number(counts[0], weights), 101)
    return [
        figure("R(t), 1,000 series x 120 days, a series", many * 1e6, "µs", 1000, theirs["rt"] / many, source),
        figure("R(t), one series of 120 days", one * 1e6, "µs", 101, theirs["rt"] / one, source),
    ]


def county_facts(pupils: int, days: int, rate: float, seed: int) -> list[Any]:
    """Sickness absences of a county: ``rate`` new ones a pupil and day, classes of 45, schools of 36 classes."""
    from lianfang.engines.clusters.model import CaseFact

    draw = random.Random(seed)
    syndromes = [frozenset({"influenza_like", "acute_respiratory"}), frozenset({"acute_respiratory"}),
                 frozenset({"gastrointestinal"}), frozenset({"fever_rash"}), frozenset()]  # fmt: skip
    first = date(2026, 9, 1)
    facts = []
    for number in range(round(pupils * days * rate)):
        pupil = draw.randrange(pupils)
        form, school = pupil // 45, pupil // (45 * 36)
        onset = first + timedelta(days=draw.randrange(days))
        places = {"class": f"c{form}", "dormitory": f"d{pupil // 8}", "institution": f"s{school}"}
        shown = draw.choices(syndromes, (17, 25, 9, 3, 46))[0]
        disease = frozenset({"influenza"}) if draw.random() < 0.05 else frozenset()
        facts.append(CaseFact(f"f{number}", f"p{pupil}", onset, places, onset, shown, disease, new_absence=True))
    return facts


def clusters() -> list[dict[str, Any]]:
    """The statutory class rule, the influenza rules and local absence rules over a school and a county."""
    from lianfang.engines.clusters.evaluator import ClusterIndex, evaluate
    from lianfang.engines.clusters.model import ClusterRule

    influenza = frozenset({"influenza_like"})
    rules = [
        ClusterRule("alike-1-day", "bench", "class_or_dormitory", 3, 1, alike=True),
        ClusterRule("alike-3-days", "bench", "class_or_dormitory", 5, 3, alike=True),
        ClusterRule("influenza", "bench", "institution", 10, 7, disease="influenza", syndromes=influenza),
        ClusterRule("influenza-event", "bench", "institution", 30, 7, disease="influenza", hospitalised=5, deaths=1),
        ClusterRule("hfmd", "bench", "institution", 5, 7, disease="hfmd"),
        ClusterRule("absent-class", "bench", "class", 5, 1, measure="new_absences", basis="report"),
        ClusterRule("absent-school", "bench", "institution", 18, 7, measure="new_absences", basis="report"),
    ]
    school = county_facts(5_000, 280, 0.003, 1)
    index = ClusterIndex(rules, school[:-200])
    taken = []
    for fact in school[-200:]:
        begun = time.perf_counter()
        index.add(fact)
        taken.append(time.perf_counter() - begun)
    county = county_facts(150_000, 280, 0.003, 2)
    begun = time.perf_counter()
    answers = evaluate(rules, county)
    whole = time.perf_counter() - begun
    note = f"{len(county):,} facts, {len(rules)} rules, {len(answers):,} answers"
    return [
        figure(
            "one new fact, school of 5,000, median",
            statistics.median(taken) * 1e3,
            "ms",
            200,
            note=f"{len(school):,} facts",
        ),
        figure("one new fact, school of 5,000, slowest", max(taken) * 1e3, "ms", 200),
        figure("county of 150,000, one year, all answers", whole, "s", 1, note=note),
    ]


def starting() -> list[dict[str, Any]]:
    """What importing costs, in a fresh process."""
    measured = []
    program = "import time; b = time.perf_counter(); import lianfang.engines; print(time.perf_counter() - b)"
    for _ in range(ROUNDS):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        measured.append(float(done.stdout))
    return [figure("import lianfang.engines", statistics.median(measured) * 1e3, "ms", ROUNDS)]


def run() -> list[dict[str, Any]]:
    """Figures of all engines, medians."""
    theirs, source = reference()
    stated = [
        figure(f"R itself: {key}", value * 1e3, "ms", 3, note="this machine") for key, value in theirs.items()
    ] if theirs is not STATED else []  # fmt: skip
    return [*stated, *detectors(theirs, source), *reproduction(theirs, source), *clusters(), *starting()]


if __name__ == "__main__":
    for line in run():
        ratio = f"{line['ratio']:>9,.0f}x" if "ratio" in line else " " * 10
        print(f"{line['name']:<66}{line['value']:>12.4g} {line['unit']:<3}{ratio}  n={line['n']}  {line['note']}")
