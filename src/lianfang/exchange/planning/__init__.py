"""From a sheet to a changeset: what is known, what the rows say, what would change."""

from lianfang.exchange.planning.changes import Change, Plan
from lianfang.exchange.planning.plan import make_plan

__all__ = ["Change", "Plan", "make_plan"]
