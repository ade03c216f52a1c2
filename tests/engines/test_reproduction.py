"""Reproduction number, growth, final size, attack rates, forecasts: by hand, and where they cannot be judged."""

import csv

import numpy as np
import pytest

from lianfang.engines.reproduction.cori import (
    pooled_reproduction_number,
    reproduction_number,
    uncertain_reproduction_number,
)
from lianfang.engines.reproduction.forecast import (
    LEVELS,
    forecast,
    interval_score,
    steady_forecast,
    weighted_interval_score,
)
from lianfang.engines.reproduction.growth import (
    attack_rate,
    attack_rates,
    final_size,
    growth,
    reproduction_number_from_final_size,
)
from lianfang.engines.reproduction.interval import UncertainInterval, checked_interval, discretised_gamma
from lianfang.engines.reproduction.model import Reason, because
from tests.engines.reference import GOLDEN, dataset

W = np.array([0, 0.25, 0.5, 0.25])
UNCERTAIN = UncertainInterval(2.6, 1.0, 1.0, 4.2, 1.5, 0.5, 0.5, 2.5)


def test_one_window_by_hand():
    found = reproduction_number([1, 2, 3, 4, 6], W, windows=([3], [5]))
    pressure = [0.25 * 2 + 0.5 * 1, 0.25 * 3 + 0.5 * 2 + 0.25 * 1, 0.25 * 4 + 0.5 * 3 + 0.25 * 2]
    shape, scale = 1 + 3 + 4 + 6, 1 / (1 / 5 + sum(pressure))
    np.testing.assert_allclose([found.mean[0, 0], found.sd[0, 0]], [shape * scale, np.sqrt(shape) * scale])


def test_imported_cases_infect_but_were_not_infected_here():
    counts, imported = [1, 2, 3, 4, 6], [0, 2, 0, 0, 0]
    own, all_local = (reproduction_number(counts, W, windows=([2], [5]), imported=i) for i in (imported, None))
    np.testing.assert_allclose(own.scale, all_local.scale)
    np.testing.assert_allclose(own.shape, all_local.shape - 2)
    with pytest.raises(ValueError, match="more imported cases than cases"):
        reproduction_number(counts, W, windows=([2], [5]), imported=[0, 3, 0, 0, 0])


REASONS = [
    ("too early", [1] * 20, 1, Reason.TOO_EARLY),
    ("too few", [1] + [0] * 5 + [1] * 14, 5, Reason.TOO_FEW_CASES),
    ("nobody before", [0] * 10 + [9] * 10, 5, Reason.NO_INFECTORS),
    ("missing", [5, 5, np.nan, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5], 6, Reason.MISSING),
    ("negative", [5, 5, -1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5], 6, Reason.NEGATIVE),
    ("enough", [5] * 14, 8, Reason.JUDGED),
]


@pytest.mark.parametrize("what, counts, end, reason", REASONS, ids=[row[0] for row in REASONS])
def test_what_counts_do_not_support_is_said(what, counts, end, reason):
    found = reproduction_number(counts, W, window=1 if what == "too early" else 3)
    at = int(np.flatnonzero(found.end == end)[0]) if what != "too early" else 0
    if what == "too early":
        found = reproduction_number(counts, [0, 0, 0, 1], window=1)
    assert Reason(int(found.reason[0, at])) is reason
    assert found.because(0, at).startswith("judged" if reason is Reason.JUDGED else "cannot judge, because")


def test_reasons_in_both_languages():
    for code in Reason:
        assert because(code)
        assert because(code, "zh")
    assert because(Reason.TOO_EARLY, "zh").startswith("无法判断,因为")


BAD = [
    (lambda: checked_interval([1.0]), "needs the probabilities"),
    (lambda: checked_interval([0, np.nan]), "numbers from 0 to 1"),
    (lambda: reproduction_number([1, 2, 3], W, window=3), "the window must have 1 to 2 days"),
    (lambda: reproduction_number([1], W), "at least 2 days"),
    (lambda: reproduction_number([1, 2, 3], W, window=1, prior_sd=0), "the prior must be above 0"),
    (lambda: reproduction_number([1, 2, 3], W, windows=([1], [2])), "windows must begin at 2"),
    (lambda: discretised_gamma([0, 1], 1.0, 1.0), "mean above 1 day"),
    (lambda: UncertainInterval(2, 1, 5, 4, 1, 1, 0.5, 2).sample(1, 10, np.random.default_rng()), "can be drawn"),
    (lambda: UncertainInterval(2, 1, 60, 61, 1, 1, 0.5, 2).sample(1, 10, np.random.default_rng()), "can be drawn"),
    (lambda: pooled_reproduction_number(np.ones((2, 20)), [W], rng=np.random.default_rng()), "one series at a time"),
    (lambda: growth([1, 2], confidence=1), "confidence"),
    (lambda: final_size(-1), "must not be negative"),
    (lambda: reproduction_number_from_final_size(1.0), "strictly between"),
    (lambda: attack_rate(5, 4), "5 ill of 4 cannot be"),
    (lambda: forecast([1] * 20, W, days=15, rng=np.random.default_rng()), "1 to 14 days"),
    (lambda: weighted_interval_score(1, [1, 2], (0.1, 0.9)), "symmetric"),
    (lambda: weighted_interval_score(1, [1, 2], LEVELS), "quantiles must have shape"),
]


@pytest.mark.parametrize("call, problem", BAD, ids=[row[1] for row in BAD])
def test_wrong_arguments_are_named(call, problem):
    with pytest.raises(ValueError, match=problem):
        call()


def test_many_series_as_each_alone_and_fractions_too():
    counts = np.random.default_rng(2).poisson(9, (4, 40)).astype(float)
    together = reproduction_number(counts, W)
    for s in range(4):
        np.testing.assert_array_equal(together.quantiles[s], reproduction_number(counts[s], W).quantiles[0])
    halves = reproduction_number(counts + 0.5, W)
    assert (halves.quantiles[:, :, 0] < halves.mean).all()


def test_a_known_interval_pools_to_itself():
    counts = np.random.default_rng(2).poisson(9, 40).astype(float)
    pooled = pooled_reproduction_number(counts, [W, W], rng=np.random.default_rng(1), draws=20000)
    alone = reproduction_number(counts, W)
    np.testing.assert_allclose(pooled.mean, alone.mean, rtol=0.01)
    np.testing.assert_allclose(pooled.quantiles, alone.quantiles, rtol=0.03)


def test_an_uncertain_interval_widens():
    counts = np.round(3 * np.exp(0.12 * np.arange(30)))
    alone = reproduction_number(counts, np.append(discretised_gamma(np.arange(25), 2.6, 1.5), 0))
    widened = uncertain_reproduction_number(counts, UNCERTAIN, rng=np.random.default_rng(1), size=200)
    assert (widened.sd[0, 5:] > alone.sd[0, 5:]).all()
    again = uncertain_reproduction_number(counts, UNCERTAIN, rng=np.random.default_rng(1), size=200)
    np.testing.assert_array_equal(widened.mean, again.mean)


def test_an_uncertain_interval_agrees_with_the_reference_within_sampling():
    """Influenza at a Pennsylvania school, 2009: mean 2.6 (1 to 4.2), sd 1.5 (0.5 to 2.5). The reference drew 2,000
    intervals and 500 values each; the random numbers differ, so that 3 % is what two such samples may differ by."""
    with (GOLDEN / "uncertain_interval.csv").open() as file:
        theirs = np.array([[float(x) for x in row] for row in list(csv.reader(file))[1:]])
    with dataset("rt/rt_Flu2009_incidence.csv").open() as file:
        counts = [float(row["I"]) for row in csv.DictReader(file)]
    ours = uncertain_reproduction_number(counts, UNCERTAIN, rng=np.random.default_rng(7), size=2000, draws=50)
    table = np.column_stack([ours.start, ours.end, ours.mean[0], ours.sd[0], ours.quantiles[0]])
    known = ~np.isnan(table[:, 2])
    assert known.sum() >= 22
    np.testing.assert_allclose(
        table[known][:, [0, 1, 2, 4, 5, 6, 7, 8]], theirs[known][:, [0, 1, 2, 4, 5, 6, 7, 8]], rtol=0.03
    )
    np.testing.assert_allclose(table[known][:, [3, 9, 10]], theirs[known][:, [3, 9, 10]], rtol=0.06)


def test_growth_of_school_influenza_as_a_quasi_poisson_regression_has_it():
    """The first 15 days of the same outbreak; numbers of R's glm (tests/golden/engines/make_reproduction_reference.R)."""
    with dataset("rt/rt_Flu2009_incidence.csv").open() as file:
        counts = [float(row["I"]) for row in csv.DictReader(file)]
    found = growth(counts[:15])
    np.testing.assert_allclose(
        [found.rate, found.rate_low, found.rate_high, found.doubling],
        [0.188940694394, 0.121104381742, 0.256777007046, 3.668596555038],
        rtol=1e-6,
    )
    np.testing.assert_allclose([found.doubling_low, found.doubling_high], np.log(2) / [0.256777007046, 0.121104381742])


def test_doubling_time_of_a_doubling_series():
    found = growth(np.round(10 * 2 ** (np.arange(12) / 3)))
    assert abs(found.doubling - 3) < 0.05
    assert found.doubling_low < found.doubling < found.doubling_high
    halving = growth(np.round(1000 * 2 ** (-np.arange(12) / 4)))
    assert abs(halving.doubling + 4) < 0.05


@pytest.mark.parametrize(
    "counts, why",
    [
        ([5, 5, 5], "3 days are known"),
        ([0, 1, 0, 1, 0], "2 cases and 10 are needed"),
        ([9, 11, 10, 9, 11, 10], "neither growing nor shrinking"),
        ([9, 11, -10, 9, 11, 10], "negative"),
    ],
)
def test_a_doubling_time_that_cannot_be_judged(counts, why):
    found = growth(counts)
    assert found.cannot.startswith("cannot judge, because")
    assert why in found.cannot
    assert np.isnan(found.doubling)


def test_final_size():
    z = final_size([0.5, 1.0, 1.5, 2.0, 4.0])
    np.testing.assert_allclose(z, [0, 0, 0.58281, 0.79681, 0.98017], atol=1e-5)
    np.testing.assert_allclose(reproduction_number_from_final_size(z[2:]), [1.5, 2.0, 4.0])
    assert final_size(3.0, susceptible=0.3) == 0
    assert abs(final_size(3.0, susceptible=0.5) - final_size(1.5)) < 1e-12
    assert reproduction_number_from_final_size(512 / 763) == pytest.approx(1.65685, abs=1e-5)


def test_attack_rates_have_exact_intervals():
    found = attack_rates({"ill": (512, 763), "none": (0, 10), "all": (10, 10), "nobody": (0, 0)})
    nobody = 1 - 0.025**0.1
    expected = {"ill": [0.636430, 0.704312], "none": [0.0, nobody], "all": [1 - nobody, 1.0]}
    for name, interval in expected.items():
        np.testing.assert_allclose([found[name].low, found[name].high], interval, atol=1e-5, err_msg=name)
    assert np.isnan(found["nobody"].rate)


PUBLISHED = [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)]


@pytest.mark.parametrize("ill, total, low, high", PUBLISHED)
def test_exact_intervals_as_published(ill, total, low, high):
    """R. G. Newcombe (1998): Two-sided confidence intervals for the single proportion. Stat. Med. 17, 857-872, table I."""
    found = attack_rate(ill, total)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_weighted_interval_score_by_hand():
    levels = (0.1, 0.5, 0.9)
    assert interval_score(12, 4, 10, 0.2) == 6 + 10 * 2
    assert weighted_interval_score(12, [4, 7, 10], levels) == pytest.approx((0.5 * 5 + 0.1 * 26) / 1.5)
    assert weighted_interval_score(7, [7, 7, 7], levels) == 0


def test_a_forecast_covers_and_beats_standing_still():
    rng = np.random.default_rng(4)
    scores, baseline, inside = [], [], []
    for _ in range(40):
        counts = [12.0] * 4
        while len(counts) < 28:
            counts.append(float(rng.poisson(1.3 * (np.array(counts[-3:])[::-1] @ W[1:]))))
        series = np.array(counts)
        made = forecast(series[:21], W, days=7, rng=rng)
        assert made.cannot == ""
        assert made.quantiles.shape == (7, len(LEVELS))
        assert (np.diff(made.quantiles, axis=1) >= 0).all()
        truth = series[21:]
        scores.append(weighted_interval_score(truth, made.quantiles).mean())
        baseline.append(weighted_interval_score(truth, steady_forecast(series[:21], days=7)).mean())
        inside.append(((truth >= made.quantiles[:, 1]) & (truth <= made.quantiles[:, -2])).mean())
    assert np.mean(scores) < 0.6 * np.mean(baseline)
    assert 0.8 < np.mean(inside) <= 1.0


def test_a_forecast_that_cannot_be_made_says_so():
    rng = np.random.default_rng(1)
    for counts in ([1] * 5, [0] * 30, [1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0]):
        made = forecast(counts, W, days=3, rng=rng)
        assert made.cannot.startswith("cannot judge, because")
        assert made.quantiles.shape == (0, len(LEVELS))


def test_dispersion_widens_a_forecast():
    counts = np.full(30, 40.0)
    tight, wide = (
        forecast(counts, W, days=5, rng=np.random.default_rng(1), dispersion=k).quantiles for k in (None, 1.0)
    )
    assert ((wide[:, -1] - wide[:, 0]) > (tight[:, -1] - tight[:, 0])).all()
