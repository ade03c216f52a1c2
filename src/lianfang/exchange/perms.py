"""Who may bring a roster in and take it out."""

from __future__ import annotations

from lianfang.foundation.permissions import Detail, Reach, declare

ROSTER_IMPORT = declare(
    "exchange.roster.import",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.ROSTER,
    writes=True,
)
ROSTER_EXPORT = declare(
    "exchange.roster.export",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.ROSTER,
)
