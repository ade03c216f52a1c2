"""`lianfang doctor`: looks at what an operator answers for, and says of each finding what it means and what to do.

Every check is a function of a `Case` that yields findings; `examine` runs them all, whatever one of them meets. It writes
nothing, asks nobody over the network, and needs no running installation.
"""

from __future__ import annotations

from lianfang.config.doctor.findings import Case, Finding, Level
from lianfang.config.doctor.round import examine

__all__ = ["Case", "Finding", "Level", "examine"]
