"""The same numbers as the reference implementations, at every point."""

import csv
from typing import Any

import numpy as np
import pytest

from lianfang.engines.aberration.charts import ears
from lianfang.engines.aberration.cusum import cusum
from lianfang.engines.aberration.farrington import farrington, farrington_flexible
from lianfang.engines.reproduction.cori import parametric_reproduction_number, reproduction_number
from lianfang.engines.reproduction.interval import discretised_gamma
from tests.engines.reference import agree, answers, cases, dataset, numbers, salmonella

FLEXIBLE: dict[str, dict[str, Any]] = {
    "ff_default": {},
    "ff_default_nolimit": {"limit54": (0, 4)},
    "ff_muan10": {
        "alpha": 0.01,
        "p_threshold_trend": 1,
        "no_periods": 10,
        "past_weeks_not_included": 26,
        "threshold_method": "muan",
    },
}


@pytest.mark.parametrize("name", FLEXIBLE)
def test_farrington_flexible_on_salmonella(name):
    counts, epochs = salmonella()
    theirs = answers(name)
    ours: Any = farrington_flexible(counts, epochs=epochs, positions=theirs["position"], **FLEXIBLE[name])
    for column in ("expected", "phi", "upperbound", "pvalue"):
        agree(getattr(ours, column)[0], theirs[column], column)
    assert (ours.alarm[0] == (theirs["alarm"] == 1)).all()
    assert (ours.trend[0] == (theirs["trend"] == 1)).all()
    assert (ours.reason == 0).all()


@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
def test_ears_on_salmonella(method):
    theirs = answers(f"ears{method}")
    ours = ears(salmonella()[0], method=method)
    assert (ours.positions == theirs["position"]).all()
    agree(ours.upperbound[0], theirs["upperbound"])
    assert (ours.alarm[0] == (theirs["alarm"] == 1)).all()


def test_cusum_on_salmonella():
    theirs = answers("cusum_standard")
    ours = cusum(salmonella()[0])
    assert (ours.positions == theirs["position"]).all()
    agree(ours.upperbound[0], theirs["upperbound"])
    assert (ours.alarm[0] == (theirs["alarm"] == 1)).all()


def flag(text):
    return text == "TRUE"


def pair(text):
    cases_, period = text.split(",")
    return float(cases_), int(period)


def epochs_of(case, length):
    return np.datetime64(case["start"]) + 7 * np.arange(length) if flag(case["dated"]) else None


def test_farrington_flexible_on_random_series_and_parameters():
    for number, case in enumerate(cases("farrington_flexible")):
        counts = numbers(case["counts"])
        theirs = numbers(case["upperbound"])
        population = np.round(1000 * np.exp(0.002 * np.arange(1, len(counts) + 1)))
        ours: Any = farrington_flexible(
            counts,
            epochs=epochs_of(case, len(counts)),
            positions=int(case["from"]) - 1 + np.arange(len(theirs)),
            b=int(case["b"]),
            w=int(case["w"]),
            reweight=flag(case["reweight"]),
            weights_threshold=float(case["weightsThreshold"]),
            alpha=float(case["alpha"]),
            trend=flag(case["trend"]),
            p_threshold_trend=float(case["pThresholdTrend"]),
            limit54=pair(case["limit54"]),
            powertrans=case["powertrans"],
            no_periods=int(case["noPeriods"]),
            past_weeks_not_included=int(case["pastWeeksNotIncluded"]),
            threshold_method=case["thresholdMethod"],
            population=population if flag(case["populationOffset"]) else None,
        )
        about = (number, {k: v for k, v in case.items() if k != "counts"})
        bounded = ~np.isnan(theirs)
        agree(ours.upperbound[0], theirs, about)
        agree(ours.expected[0][bounded], numbers(case["expected"])[bounded], about)
        agree(ours.phi[0], numbers(case["phi"]), about)
        assert (ours.alarm[0] == (np.nan_to_num(numbers(case["alarm"])) == 1)).all(), about
        trended = numbers(case["trended"])
        assert (ours.trend[0] == (np.nan_to_num(trended) == 1)).all(), about


STEPS: dict[str, tuple[str, Any]] = {"month": ("2001-03", "M"), "day": ("2001-02-10", "D")}


def test_farrington_flexible_on_months_and_days():
    for number, case in enumerate(cases("farrington_other_steps")):
        counts = numbers(case["counts"])
        first, unit = STEPS.get(case["step"], ("", ""))
        epochs = (np.datetime64(first, unit) + np.arange(len(counts))).astype("datetime64[D]") if first else None
        ours = farrington_flexible(
            counts,
            epochs=epochs,
            positions=int(case["from"]) - 1 + np.arange(10),
            b=int(case["b"]),
            w=int(case["w"]),
            limit54=(0, 4),
            no_periods=int(case["noPeriods"]),
            threshold_method=case["thresholdMethod"],
            past_weeks_not_included=int(case["pastWeeksNotIncluded"]),
            frequency=12,
        )
        agree(ours.upperbound[0], numbers(case["upperbound"]), (number, case["step"]))
        agree(ours.expected[0], numbers(case["expected"]), (number, case["step"]))


def test_original_farrington_on_random_series_and_parameters():
    for number, case in enumerate(cases("farrington")):
        counts = numbers(case["counts"])
        theirs = numbers(case["upperbound"])
        ours = farrington(
            counts,
            epochs=epochs_of(case, len(counts)),
            positions=int(case["from"]) - 1 + np.arange(len(theirs)),
            b=int(case["b"]),
            w=int(case["w"]),
            reweight=flag(case["reweight"]),
            alpha=float(case["alpha"]),
            trend=flag(case["trend"]),
            limit54=pair(case["limit54"]),
            powertrans=case["powertrans"],
        )
        agree(ours.upperbound[0], theirs, number)
        agree(ours.expected[0], numbers(case["expected"]), number)
        assert (ours.alarm[0] == (np.nan_to_num(numbers(case["alarm"])) == 1)).all(), number


def test_control_charts_on_random_series_and_parameters():
    for number, case in enumerate(cases("charts")):
        counts = numbers(case["counts"])
        if case["method"] == "cusum":
            m = None if case["m"] == "NULL" else case["m"] if case["m"] == "glm" else float(case["m"])
            ours = cusum(
                counts,
                positions=np.arange(int(case["from"]) - 1, len(counts)),
                k=float(case["k"]),
                h=float(case["h"]),
                m=m,
                trans=case["trans"],
                alpha=float(case["alpha"]),
            )
        else:
            ours = ears(
                counts,
                method=case["method"],
                baseline=int(case["baseline"]),
                min_sigma=float(case["minSigma"]),
                alpha=float(case["alpha"]),
            )
        about = (number, {k: v for k, v in case.items() if k != "counts"})
        agree(ours.upperbound[0], numbers(case["upperbound"]), about)
        assert (ours.alarm[0] == (np.nan_to_num(numbers(case["alarm"])) == 1)).all(), about


def read(name):
    with dataset(f"rt/rt_Flu2009_{name}.csv").open() as file:
        return np.array([[float(x) for x in row.values()] for row in csv.DictReader(file)])


@pytest.mark.parametrize("kind", ["nonparam", "parametric"])
def test_reproduction_number_on_school_influenza(kind):
    incidence, weights, theirs = read("incidence")[:, 1], read(f"si_{kind}")[:, 1], read(kind)
    ours = reproduction_number(incidence, weights)
    agree(np.column_stack([ours.start, ours.end, ours.mean[0], ours.sd[0], ours.quantiles[0]]), theirs)


def test_parametric_serial_interval_of_school_influenza():
    weights = read("si_parametric")[:, 1]
    agree(discretised_gamma(np.arange(len(weights)), 2.6, 1.5), weights)
    incidence = read("incidence")[:, 1]
    agree(parametric_reproduction_number(incidence, 2.6, 1.5).mean[0], read("parametric")[:, 2])


def test_reproduction_number_on_random_series():
    for number, case in enumerate(cases("reproduction")):
        incidence = numbers(case["incidence"])
        options: dict[str, Any] = {
            "window": int(case["window"]),
            "prior_mean": float(case["mean_prior"]),
            "prior_sd": float(case["sd_prior"]),
        }
        if case["weights"]:
            ours = reproduction_number(incidence, numbers(case["weights"]), **options)
        else:
            ours = parametric_reproduction_number(incidence, float(case["mean_si"]), float(case["sd_si"]), **options)
        agree(ours.mean[0], numbers(case["mean"]), number)
        agree(ours.sd[0], numbers(case["sd"]), number)
        for column, quantile in (("q025", 0), ("q50", 3), ("q95", 5)):
            agree(ours.quantiles[0, :, quantile], numbers(case[column]), (number, column))
