"""Simulated absence with injected outbreaks: what a detector can be expected to do in a school.

Published rates (rules/REGULATIONS section 9): share of pupils absent through sickness on a day, Hangzhou 2018-20 (856
schools): kindergarten 1.77 %, primary 0.28 %, middle 0.08 %; Chongqing Nan'an 2020-21: primary 0.405 %, junior middle
0.191 %, senior 0.127 %. Mean length of an absence, weekday pattern, season and overdispersion are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lianfang.engines.aberration.result import BoolArray, FloatArray

PREVALENCE = {
    "kindergarten (Hangzhou)": 0.0177,
    "primary (Hangzhou)": 0.0028,
    "primary (Chongqing)": 0.00405,
    "junior middle (Chongqing)": 0.00191,
    "middle (Hangzhou)": 0.0008,
}
"""Share of pupils absent through sickness on a school day."""


@dataclass(frozen=True)
class AbsenceModel:
    """New sickness absences a day: negative binomial about prevalence x pupils / days absent, weekday and season.

    ``monday`` multiplies the first school day of a week; ``season`` is the relative amplitude of a yearly wave;
    ``dispersion`` the k of the negative binomial (variance m + m^2 / k).
    """

    pupils: int
    prevalence: float
    days_absent: float = 2.0
    monday: float = 1.3
    season: float = 0.4
    dispersion: float = 10.0

    def expected(self, days: int) -> FloatArray:
        """Mean number of new absences on each school day (days,), 200 school days a year, five a week."""
        day = np.arange(days)
        week = np.where(day % 5 == 0, self.monday, (5.0 - self.monday) / 4.0)
        wave = 1.0 + self.season * np.sin(2.0 * np.pi * day / 200.0)
        return np.asarray(self.pupils * self.prevalence / self.days_absent * week * wave)

    def simulate(self, schools: int, days: int, rng: np.random.Generator) -> FloatArray:
        """Draw new absences (schools, days)."""
        mean = self.expected(days)
        mixed = mean * rng.gamma(self.dispersion, 1.0 / self.dispersion, size=(schools, days))
        return rng.poisson(mixed).astype(np.float64)


def outbreak(cases: int, days: int, schools: int, rng: np.random.Generator) -> FloatArray:
    """Draw new cases (schools, days) of outbreaks of exactly ``cases``, rising and falling like a gamma (3) curve.

    The first case falls on day 0.
    """
    curve = (np.arange(1, days + 1) / days) ** 2 * np.exp(-6.0 * np.arange(1, days + 1) / days)
    drawn = rng.multinomial(cases - 1, curve / curve.sum(), size=schools).astype(np.float64)
    drawn[:, 0] += 1.0
    return drawn


@dataclass(frozen=True)
class Performance:
    """``power``: share of outbreaks with an alarm; ``delay``: median days from the first case to it (NaN if none).

    ``false_alarms``: alarms in 100 judged school days without an outbreak, a series.
    """

    power: float
    delay: float
    false_alarms: float


def performance(quiet: BoolArray, struck: BoolArray, begin: int, days: int, judged: Any) -> Performance:
    """Compare alarms without (``quiet``) and with outbreaks (``struck``), both (schools, T); they begin at ``begin``.

    ``judged`` (T,) tells the days on which false alarms are counted.
    """
    during = struck[:, begin : begin + days]
    found = during.any(axis=1)
    first = during.argmax(axis=1)[found]
    rate = float(quiet[:, np.asarray(judged)].mean()) * 100.0
    return Performance(float(found.mean()), float(np.median(first)) if found.any() else np.nan, rate)
