"""Tables of the morning's health facts, by subject."""

from lianfang.daily.models.checks import RollCheck, RollMark
from lianfang.daily.models.facts import Fact, FactQuerySet
from lianfang.daily.models.leaves import EarlyLeave
from lianfang.daily.models.reports import HealthReport
from lianfang.daily.models.sheets import RollSheet

__all__ = ["EarlyLeave", "Fact", "FactQuerySet", "HealthReport", "RollCheck", "RollMark", "RollSheet"]
