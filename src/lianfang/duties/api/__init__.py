"""/api/duties: what is owed, chasing, delegations, shifts, meetings. The same actions as the pages."""

from lianfang.duties.api import meetings, owed, shifts
from lianfang.duties.api.routing import router

__all__ = ["meetings", "owed", "router", "shifts"]
