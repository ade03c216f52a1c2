"""Which action of which room reads which event. All of it is here.

A lower room never calls up: it journals, and a reader of an upper room named here acts on it. Readers run in the
worker (`foundation/readers.py`).
"""

from __future__ import annotations

from lianfang.duties import jobs as duties
from lianfang.foundation.readers import Reader

READERS: tuple[Reader, ...] = (
    # A day declared a holiday excuses what was owed on it; a day declared a school day raises its duties at once.
    Reader("duties.calendar", {"people.calendar.changed": duties.on_calendar_changed}),
)
