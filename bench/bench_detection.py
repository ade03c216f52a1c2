"""Power, delay and false alarms of the detectors on simulated absence with the published Chinese rates.

`python bench/bench_detection.py --write` puts the tables into docs/algorithms/power.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from lianfang.engines.aberration.charts import ears, ewma, moving_percentile
from lianfang.engines.aberration.correction import discoveries
from lianfang.engines.aberration.cusum import cusum
from lianfang.engines.aberration.farrington import farrington, farrington_flexible
from lianfang.engines.aberration.simulation import PREVALENCE, AbsenceModel, Performance, outbreak, performance
from lianfang.engines.clusters.evaluator import evaluate
from lianfang.engines.clusters.model import CaseFact, ClusterRule

NAME = "detection"
PAGE = Path(__file__).parents[1] / "docs" / "algorithms" / "power.md"
SCHOOLS, DAYS, BEGIN, LENGTH, PUPILS = 1000, 160, 120, 10, 1620
JUDGED = np.arange(60, DAYS)
FLOOR = 0.5
Detector = Callable[[Any], Any]


def from_start(**found: Any) -> Any:
    """Alarms of a detection put back on the whole time axis."""
    detection = found["detection"]
    alarms = np.zeros((detection.alarm.shape[0], DAYS), dtype=np.bool_)
    alarms[:, detection.positions] = detection.signal
    return alarms


DETECTORS: dict[str, Detector] = {
    "EARS C1": lambda y: from_start(detection=ears(y, method="C1", min_sigma=FLOOR)),
    "EARS C2": lambda y: from_start(detection=ears(y, method="C2", min_sigma=FLOOR)),
    "EARS C3 (reference)": lambda y: from_start(detection=ears(y, method="C3", min_sigma=FLOOR)),
    "EARS C3 (paper)": lambda y: from_start(detection=ears(y, method="C3", min_sigma=FLOOR, form="paper")),
    "EWMA (0.25, 2.0)": lambda y: from_start(detection=ewma(y, min_sigma=FLOOR)),
    "moving P95": lambda y: from_start(detection=moving_percentile(y, percentile=95.0)),
    "CUSUM Rossi (1.04, 2.26)": lambda y: from_start(detection=cusum(y, positions=np.arange(40, DAYS), trans="rossi")),
    "EARS C2, false discovery rate 5 % over 20 schools": lambda y: corrected(y),
}


def corrected(y: Any) -> Any:
    """C2 with the Benjamini-Hochberg correction a district of 20 schools and day."""
    found = ears(y, method="C2", min_sigma=FLOOR, pvalues=True)
    alarms = np.zeros(y.shape, dtype=np.bool_)
    alarms[:, found.positions] = discoveries(found.pvalue, np.arange(len(y)) // 20, rate=0.05)
    return alarms


def school_table(cases: int, kinds: Iterable[str] = PREVALENCE, seed: int = 1) -> list[tuple[str, str, Performance]]:
    """Every detector against every rate, an outbreak of ``cases`` in a school of 36 classes of 45."""
    rows = []
    for kind in kinds:
        rng = np.random.default_rng(seed)
        quiet = AbsenceModel(PUPILS, PREVALENCE[kind]).simulate(SCHOOLS, DAYS, rng)
        struck = quiet.copy()
        struck[:, BEGIN : BEGIN + LENGTH] += outbreak(cases, LENGTH, SCHOOLS, rng)
        for name, detector in DETECTORS.items():
            alone = (
                struck if "over 20" not in name else np.where((np.arange(SCHOOLS) % 20 == 0)[:, None], struck, quiet)
            )
            rows_struck = detector(alone)
            if "over 20" in name:
                rows_struck = rows_struck[::20]
            rows.append((kind, name, performance(detector(quiet), rows_struck, BEGIN, LENGTH, JUDGED)))
    return rows


def class_rule(
    cases: int, kinds: Iterable[str] = PREVALENCE, seed: int = 2, schools: int = 60
) -> list[tuple[str, str, Performance]]:
    """The statutory class rule (3 in 1 day or 5 in 3 days alike) with the outbreak in one class of 45.

    Absences of a school fall on its classes at random; 30.7 % of them show respiratory and 8.8 % gastrointestinal signs
    (Chongqing); all cases of the outbreak are respiratory.
    """
    rules = [
        ClusterRule("alike-1-day", "simulation", "class", 3, 1, alike=True),
        ClusterRule("alike-3-days", "simulation", "class", 5, 3, alike=True),
    ]
    rows = []
    for kind in kinds:
        rng = np.random.default_rng(seed)
        quiet = AbsenceModel(PUPILS, PREVALENCE[kind]).simulate(schools, DAYS, rng)
        facts = [fact for s in range(schools) for fact in school_facts(s, quiet[s], rng)]
        false = evaluate(rules, facts)
        wave = outbreak(cases, LENGTH, schools, rng)
        delays = []
        for s in range(schools):
            mine = [
                fact for fact in facts if fact.places["institution"] == f"s{s}" and fact.places["class"] == f"s{s}c0"
            ]
            hit = [day for day in range(LENGTH) for _ in range(int(wave[s, day]))]
            new = [absence(f"o{s}-{i}", s, 0, BEGIN + day, {"respiratory"}) for i, day in enumerate(hit)]
            first = FIRST + timedelta(days=BEGIN)
            raised = [a.raised_on for a in evaluate(rules, [*mine, *new]) if a.raised_on >= first]
            if raised and (min(raised) - first).days < LENGTH:
                delays.append((min(raised) - first).days)
        rate = len(false) / (schools * DAYS) * 100.0
        power = len(delays) / schools
        rows.append((kind, "class rule", Performance(power, float(np.median(delays)) if delays else np.nan, rate)))
    return rows


FIRST = date(2026, 1, 1)


def absence(name: str, school: int, form: int, day: int, signs: set[str]) -> CaseFact:
    """One pupil newly absent; school days are counted as consecutive days."""
    onset = FIRST + timedelta(days=day)
    places = {"class": f"s{school}c{form}", "institution": f"s{school}"}
    return CaseFact(name, name, onset, places, onset, frozenset(signs))


def school_facts(school: int, counts: Any, rng: np.random.Generator) -> list[CaseFact]:
    """Absences of one school spread over its 36 classes."""
    facts = []
    for day, count in enumerate(counts.astype(int).tolist()):
        for i in range(count):
            draw = float(rng.random())
            signs = {"respiratory"} if draw < 0.307 else {"gastrointestinal"} if draw < 0.395 else set()
            facts.append(absence(f"s{school}d{day}n{i}", school, int(rng.integers(36)), day, signs))
    return facts


def weekly_table(
    means: Iterable[float] = (2.0, 20.0, 200.0), seed: int = 3, series: int = 1000
) -> list[tuple[str, str, Performance]]:
    """Farrington's methods on weekly series of 7 years; outbreaks of 5 standard deviations spread over 4 weeks."""
    variants: dict[str, Detector] = {
        "original, alpha 0.01": lambda y: farrington(y, positions=np.arange(312, 364), alpha=0.01),
        "flexible, delta, alpha 0.01": lambda y: farrington_flexible(y, positions=np.arange(312, 364), alpha=0.01),
        "flexible, delta, alpha 0.01, paper's variance": lambda y: farrington_flexible(
            y, positions=np.arange(312, 364), alpha=0.01, variance="paper"
        ),
        "flexible, 10 levels, nbPlugin, alpha 0.01": lambda y: seasonal(y, "nbPlugin", "reference"),
        "flexible, 10 levels, muan, alpha 0.01": lambda y: seasonal(y, "muan", "reference"),
        "flexible, 10 levels, muan, alpha 0.01, paper's variance": lambda y: seasonal(y, "muan", "paper"),
    }
    rows = []
    for mean in means:
        rng = np.random.default_rng(seed)
        week = np.arange(364)
        level = mean * np.exp(0.3 * np.cos(2.0 * np.pi * week / 52.0) + 0.0005 * week)
        quiet = rng.poisson(level * rng.gamma(level, 1.0 / level, size=(series, 364))).astype(np.float64)
        struck = quiet.copy()
        size = round(5.0 * float(np.sqrt(2.0 * level[340])))
        struck[:, 340:344] += rng.multinomial(size, [0.2, 0.4, 0.3, 0.1], size=series)
        for name, detector in variants.items():
            calm = detector(quiet).signal
            found = performance(calm, detector(struck).signal, 28, 4, np.arange(52))
            rows.append((f"{mean:g} a week", name, found))
    return rows


def seasonal(y: Any, method: Any, variance: Any) -> Any:
    """The settings of Noufaily et al. (2013)."""
    return farrington_flexible(
        y, positions=np.arange(312, 364), alpha=0.01, p_threshold_trend=1.0, no_periods=10, past_weeks_not_included=26,
        threshold_method=method, variance=variance, threads=2,
    )  # fmt: skip


def tables() -> dict[str, list[tuple[str, str, Performance]]]:
    """Every table of docs/algorithms/power.md by its heading."""
    return {
        "School series, an outbreak of 30 within 10 school days": school_table(30),
        "School series, an outbreak of 10 within 10 school days": school_table(10),
        "Class rule, an outbreak of 10 in one class within 10 school days": class_rule(10),
        "Weekly series of a district, an outbreak of 5 standard deviations over 4 weeks": weekly_table(),
    }


def run() -> list[dict[str, Any]]:
    """Power, delay and false alarms of a primary school and a district of 20 cases a week; the page has them all."""
    kind = ["primary (Hangzhou)"]
    short = {
        "30 cases in 10 days": school_table(30, kind),
        "10 cases in one class": class_rule(10, kind),
        "5 standard deviations in 4 weeks": weekly_table([20.0]),
    }
    found = []
    for title, rows in short.items():
        for group, name, got in rows:
            note = f"{title}; median delay {got.delay:g}, false alarms {got.false_alarms:.2f} in 100"
            n = 60 if name == "class rule" else SCHOOLS
            found.append({"name": f"{group}, {name}", "value": got.power * 100, "unit": "%", "n": n, "note": note})
    return found


def page() -> str:
    """The tables as Markdown."""
    text = [PAGE_HEAD]
    for title, rows in tables().items():
        unit = "weeks" if "Weekly" in title else "school days"
        each = "a school" if "Class" in title else "a series"
        text += ["", f"## {title}", ""]
        text.append(f"| series | method | found | median delay, {unit} | false alarms in 100 {unit}, {each} |")
        text.append("|---|---|---:|---:|---:|")
        for group, name, got in rows:
            delay = "–" if np.isnan(got.delay) else f"{got.delay:g}"
            text.append(f"| {group} | {name} | {got.power:.0%} | {delay} | {got.false_alarms:.2f} |")
    return "\n".join(text) + "\n"


PAGE_HEAD = f"""# Power, delay, false alarms

Written by `python bench/bench_detection.py --write`; seeds are fixed, so that the same code writes the same page.

School series: {SCHOOLS} schools of 36 classes of 45, {DAYS} school days, new sickness absences a day. Mean: share absent
(published, named in the table) x pupils / 2 days of absence; Mondays 1.3 times, season ±40 %, negative binomial with
k = 10 (these four are ours). The outbreak begins on day {BEGIN} with one case and follows a gamma curve over {LENGTH} days;
"found" is the share of outbreaks with an alarm within them, by chance alarms included. Standard deviations are floored
at {FLOOR} cases. False alarms are counted in the same schools without outbreak, days 60 to {DAYS}. The false discovery rate
row judges 20 schools a day together, one of them struck. Weekly series: 1000 a row, 7 years, variance twice the mean,
season and slow growth.

What to take from it. Where a school's own count is large (kindergartens), no chart of the school finds an outbreak of ten
reliably, and the class rule finds nine of ten. Where it is small, charts find most outbreaks within two days, at two to
five false alarms in a hundred days; with the false discovery rate held, one in a hundred, at a price in power. The class
rule has next to none in schools (2.5 in kindergartens), but needs a class. `muan` with the reference's variance raises
one and a half to four times as many false alarms as with the papers', and finds more."""


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page())
