"""What detectors do with short, empty, broken and school series; corrections and explanations."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engines.aberration.charts import ears, ewma, moving_percentile
from lianfang.engines.aberration.correction import adjusted, discoveries
from lianfang.engines.aberration.cusum import cusum
from lianfang.engines.aberration.farrington import farrington, farrington_flexible
from lianfang.engines.aberration.quantiles import count_quantile
from lianfang.engines.aberration.reasons import Reason, because
from lianfang.engines.aberration.school import judge_school_days
from lianfang.engines.aberration.simulation import AbsenceModel, outbreak, performance

RNG = np.random.default_rng(3)
WEEKS = RNG.poisson(8, 340).astype(float)
DETECTORS: dict[str, Any] = {
    "flexible": farrington_flexible,
    "seasonal": lambda y: farrington_flexible(y, no_periods=10, threshold_method="muan", past_weeks_not_included=26),
    "original": farrington,
    "C1": lambda y: ears(y, method="C1"),
    "C2": lambda y: ears(y, method="C2"),
    "C3": lambda y: ears(y, method="C3"),
    "cusum": cusum,
    "rossi": lambda y: cusum(y, trans="rossi"),
    "glm": lambda y: cusum(y, m="glm"),
    "ewma": ewma,
    "percentile": moving_percentile,
}


def reasons(detection):
    return {Reason(int(code)) for code in np.unique(detection.reason)}


@pytest.mark.parametrize("name", DETECTORS)
def test_a_short_series_is_not_judged_and_does_not_fail(name):
    found = DETECTORS[name](np.array([1.0, 2.0]))
    assert found.signal.sum() == 0
    assert found.reason.size == 0 or Reason.JUDGED not in reasons(found) or name in ("cusum", "rossi")


@pytest.mark.parametrize("name", DETECTORS)
def test_a_series_of_zeros_says_why_it_is_not_judged(name):
    found = DETECTORS[name](np.zeros(340))
    expected = {
        "flexible": {Reason.LOW_COUNTS}, "original": {Reason.LOW_COUNTS}, "percentile": {Reason.JUDGED},
        "seasonal": {Reason.NOT_CONVERGED},
    }.get(name, {Reason.NO_VARIATION})  # fmt: skip
    assert reasons(found) == expected
    assert not found.signal.any()


@pytest.mark.parametrize("name", DETECTORS)
def test_a_missing_or_negative_count_touches_only_what_uses_it(name):
    for value, allowed in (
        (np.nan, {Reason.MISSING_NOW, Reason.MISSING_BASELINE}),
        (-1.0, {Reason.NEGATIVE, Reason.MISSING_BASELINE}),
    ):
        broken = WEEKS.copy()
        broken[320] = value
        whole, found = DETECTORS[name](WEEKS), DETECTORS[name](broken)
        before = found.positions < 320
        assert (found.reason[0, before] == whole.reason[0, before]).all()
        np.testing.assert_array_equal(found.upperbound[0, before], whole.upperbound[0, before])
        assert Reason(int(found.reason[0, found.positions == 320][0])) in allowed
        assert reasons(found) <= {Reason.JUDGED, *allowed}
        assert not found.signal[:, found.reason[0] != 0].any()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.just(np.nan) | st.floats(min_value=-3, max_value=1e9) | st.integers(0, 9), min_size=280, max_size=290),
    st.sampled_from(sorted(DETECTORS)),
)
def test_no_series_makes_a_detector_fail(values, name):
    found = DETECTORS[name](np.array(values))
    judged = found.reason == Reason.JUDGED
    assert np.isfinite(found.upperbound[judged]).all()
    assert not found.signal[~judged].any()


def test_many_series_are_judged_as_each_alone():
    many = RNG.poisson(6, (5, 340)).astype(float)
    for name, detector in DETECTORS.items():
        together = detector(many)
        for s in range(5):
            np.testing.assert_array_equal(together.upperbound[s], detector(many[s]).upperbound[0], err_msg=name)


def test_threads_change_nothing():
    many = RNG.poisson(6, (1100, 280)).astype(float)
    one, two = (farrington_flexible(many, positions=[279], threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one.upperbound, two.upperbound)


def test_the_papers_variance_is_wider_after_reweighting_and_the_same_without():
    y = RNG.negative_binomial(5, 0.1, 340).astype(float)
    reference, paper = (farrington_flexible(y, variance=form, trend=False) for form in ("reference", "paper"))
    assert (paper.upperbound >= reference.upperbound).all()
    np.testing.assert_array_equal(paper.phi, reference.phi)
    reference, paper = (farrington_flexible(y, variance=v, trend=False, reweight=False) for v in ("reference", "paper"))
    spread = reference.phi[0] > 1
    np.testing.assert_allclose(paper.upperbound[0, spread], reference.upperbound[0, spread])


def test_the_papers_form_of_c3_alarms_on_the_day_itself():
    y = np.array([4, 5, 3, 4, 6, 5, 4, 5, 4, 5, 4, 5, 30.0, 5])
    reference, paper = (ears(y, method="C3", form=form) for form in ("reference", "paper"))
    assert reference.alarm[0].tolist() == [False, False, True]
    assert paper.alarm[0].tolist() == [False, True, True]


# Called past the type checker, as data from outside would be.
UNTYPED: Any = SimpleNamespace(
    farrington_flexible=farrington_flexible, ears=ears, cusum=cusum, ewma=ewma, moving_percentile=moving_percentile,
    judge_school_days=judge_school_days, discoveries=discoveries,
)  # fmt: skip
ARGUMENTS = [
    (lambda: UNTYPED.farrington_flexible(WEEKS, b=0), "b, the number of past years"),
    (lambda: UNTYPED.farrington_flexible(WEEKS, w=-1), "w, the half-window"),
    (lambda: UNTYPED.farrington_flexible(WEEKS, alpha=0), "alpha must lie"),
    (lambda: UNTYPED.farrington_flexible(WEEKS, no_periods=0), "noPeriods"),
    (lambda: UNTYPED.farrington_flexible(WEEKS, past_weeks_not_included=-1), "pastWeeksNotIncluded"),
    (lambda: UNTYPED.farrington_flexible(WEEKS, powertrans="1/3"), "powertrans"),
    (lambda: UNTYPED.farrington_flexible(WEEKS, threshold_method="best"), "thresholdMethod"),
    (lambda: UNTYPED.farrington_flexible(WEEKS, variance="mine"), "variance must be"),
    (lambda: UNTYPED.farrington_flexible(WEEKS, positions=[400]), "points to judge must lie between 0 and 339"),
    (lambda: UNTYPED.farrington_flexible(WEEKS, positions=[300, 299]), "points to judge must ascend"),
    (lambda: UNTYPED.ears(np.zeros((2, 2, 2))), "counts must have shape"),
    (lambda: UNTYPED.ears(WEEKS, method="C4"), 'must be "C1", "C2" or "C3"'),
    (lambda: UNTYPED.ears(WEEKS, min_sigma=-1), "minSigma"),
    (lambda: UNTYPED.cusum(WEEKS, trans="log"), "trans must be one of"),
    (lambda: UNTYPED.cusum(WEEKS, trans="pearsonNegBin"), "needs alpha > 0"),
    (lambda: UNTYPED.cusum(WEEKS, positions=[200, 202]), "consecutive points"),
    (lambda: UNTYPED.cusum(WEEKS, m="mean"), 'm must be a number, "glm" or left out'),
    (lambda: UNTYPED.ewma(WEEKS, weight=0), "lambda must lie"),
    (lambda: UNTYPED.ewma(WEEKS, baseline=1), "baseline must be at least 2"),
    (lambda: UNTYPED.moving_percentile(WEEKS, percentile=100), "percentile must lie"),
    (lambda: UNTYPED.moving_percentile(WEEKS, baseline=1), "baseline must be at least 2"),
    (lambda: UNTYPED.judge_school_days(WEEKS, [True]), "in_session must have shape"),
    (lambda: UNTYPED.judge_school_days(WEEKS, np.ones(340), method="best"), "method must be one of"),
    (lambda: UNTYPED.discoveries([0.5], rate=0), "rate must lie"),
    (lambda: UNTYPED.discoveries([0.5], [1, 2]), "groups must have shape"),
]


@pytest.mark.parametrize("call, problem", ARGUMENTS, ids=[row[1] for row in ARGUMENTS])
def test_wrong_arguments_are_named(call, problem):
    with pytest.raises(ValueError, match=problem):
        call()


def test_ewma_by_hand():
    y = np.array([2.0, 4.0, 3.0, 9.0])
    found = ewma(y, baseline=2, guard=1, weight=0.5, limit=2)
    start = 3.0
    averages = [0.5 * 2 + 0.5 * start, 0.5 * 4 + 0.5 * 2.5, 0.5 * 3 + 0.5 * 3.25]
    ceiling = 3.5 - 0.5 + 2 * np.sqrt(2.0) * np.sqrt(0.5 / 1.5)
    assert found.positions.tolist() == [3]
    assert found.expected[0, 0] == 3.0
    np.testing.assert_allclose(found.upperbound[0, 0], (ceiling - 0.5 * averages[2]) / 0.5)
    assert found.alarm[0, 0] == (0.5 * 9 + 0.5 * averages[2] > ceiling)


def test_moving_percentile_by_hand():
    found = moving_percentile([1, 2, 3, 4, 5, 100], baseline=5, percentile=75)
    assert (found.upperbound[0, 0], found.expected[0, 0], bool(found.alarm[0, 0])) == (4.0, 3.0, True)


def week(weeks):
    """Monday to Friday in session."""
    return np.arange(7 * weeks) % 7 < 5


def test_school_days_only():
    y = np.where(week(6), RNG.poisson(5, 42), np.nan)
    y[40] = 7.0
    found = judge_school_days(y, week(6), method="ears-c1")
    open_days = np.flatnonzero(week(6))
    alone = ears(y[open_days], positions=np.arange(len(open_days)), min_sigma=0.5)
    np.testing.assert_array_equal(found.upperbound[0, open_days], alone.upperbound[0])
    assert set(found.reason[0, ~week(6)]) == {Reason.NOT_A_SCHOOL_DAY}
    assert found.because(0, 5) == "cannot judge, because no school on that day"


def test_the_variance_floor_keeps_a_class_of_zeros_quiet():
    y = np.zeros(20)
    y[15] = 1
    session = np.ones(20)
    assert not judge_school_days(y, session, method="ears-c2").signal.any()
    lower: Any = judge_school_days(y, session, method="ears-c2", minimum_sd=0.3)
    assert lower.signal[0, 15]


@pytest.mark.parametrize(
    "method, reach", [("ears-c1", 7), ("ears-c2", 9), ("ears-c3", 11), ("ewma", 30), ("moving-percentile", 28)]
)
def test_a_class_that_was_re_formed_is_judged_only_by_its_own_days(method, reach):
    y = RNG.poisson(4, 100).astype(float)
    found = judge_school_days(y, np.ones(100), method=method, changed_at=[50])
    changed = np.flatnonzero(found.reason[0] == Reason.STRUCTURE_CHANGED)
    assert changed.tolist() == list(range(50, 50 + reach))
    whole = judge_school_days(y, np.ones(100), method=method)
    np.testing.assert_array_equal(found.upperbound[0, 50 + reach :], whole.upperbound[0, 50 + reach :])


def test_the_future_is_not_judged():
    found: Any = judge_school_days(np.arange(30.0), np.ones(30), known_until=20)
    assert set(found.reason[0, 21:]) == {Reason.FUTURE}
    assert not found.alarm[0, 21:].any()
    assert np.isnan(found.pvalue[0, 21:]).all()


def test_benjamini_hochberg_by_hand():
    p = np.array([0.01, 0.04, 0.03, 0.005, np.nan])
    np.testing.assert_allclose(adjusted(p), [0.02, 0.04, 0.04, 0.02, np.nan])
    assert discoveries(p, rate=0.03).tolist() == [True, False, False, True, False]
    two = np.column_stack([p, p[::-1]])
    np.testing.assert_allclose(adjusted(two)[:, 0], adjusted(p))
    districts = discoveries(p, ["a", "a", "b", "b", "b"], rate=0.03)
    assert districts.tolist() == [True, False, True, True, False]


def test_false_discoveries_stay_below_the_rate_without_outbreaks():
    y = RNG.poisson(12, (400, 60)).astype(float)
    found = judge_school_days(y, np.ones(60), method="ears-c2")
    called = discoveries(found.pvalue, np.arange(400) // 20, rate=0.05).reshape(20, 20, 60)
    assert np.asarray(called.any(axis=1))[:, 9:].mean() < 0.08


def test_quantiles_by_definition():
    from scipy.stats import nbinom, poisson

    for mean in (0.0, 0.3, 4.0, 250.0, 1e5):
        for phi in (1.0, 1.3, 20.0):
            for q in (0.01, 0.5, 0.95, 0.999):
                got = count_quantile(q, np.array([mean]), np.array([phi]))[0]
                law = poisson(mean) if phi == 1 else nbinom(mean / (phi - 1), 1 / phi)
                want = 0.0 if mean == 0 else law.ppf(q)
                assert got == want, (mean, phi, q)
    assert np.isnan(count_quantile(0.9, np.array([np.inf]), np.array([1.0]))[0])
    assert abs(count_quantile(0.5, np.array([1e20]), np.array([2.0]))[0] / 1e20 - 1) < 1e-9


def test_a_signal_is_explained_in_a_sentence():
    y = np.array([4, 5, 3, 4, 6, 5, 4, 12.0])
    found = ears(y)
    assert found.sentence(0, 0) == "12 seen where about 4.4 are usual: above the limit of 7.4 (ears-c1)"
    assert found.sentence(0, 0, "zh") == "观察到 12 例,平常约 4.4,上限 7.4:超出(ears-c1)"
    assert cusum(np.zeros(20)).sentence(0, 0, "zh").startswith("无法判断,因为")
    assert {because(code) for code in Reason} & {""} == set()
    assert because(Reason.JUDGED) == "judged"


def test_simulated_absence_has_the_published_mean_and_exact_outbreaks():
    model = AbsenceModel(1620, 0.0028)
    drawn = model.simulate(200, 400, np.random.default_rng(1))
    assert abs(drawn.mean() / (1620 * 0.0028 / 2) - 1) < 0.02
    wave = outbreak(30, 10, 50, np.random.default_rng(1))
    assert (wave.sum(axis=1) == 30).all()
    assert (wave[:, 0] >= 1).all()
    quiet = np.zeros((2, 20), dtype=bool)
    struck = quiet.copy()
    struck[0, 12] = quiet[1, 3] = True
    found = performance(quiet, struck, 10, 5, np.arange(20))
    assert (found.power, found.delay, found.false_alarms) == (0.5, 2.0, 2.5)
