"""Which action of which room reads which event. All of it is here.

A lower room never calls up: it journals, and a reader of an upper room named here acts on it. Readers run in the
worker (`foundation/readers.py`).
"""

from __future__ import annotations

from lianfang.comms import follow_on as comms
from lianfang.config.backups import erasures
from lianfang.daily import follow_on as daily
from lianfang.duties import jobs as duties
from lianfang.duties import requests
from lianfang.foundation.readers import Reader

READERS: tuple[Reader, ...] = (
    # Who says that they are a guardian is told to the class teacher, the answer to them; a reset sign-in to its person.
    Reader(
        "comms.joining",
        {
            "people.claim.made": comms.tell_claim,
            "people.claim.confirmed": comms.tell_answer,
            "people.claim.refused": comms.tell_answer,
            "people.sign_in.reset": comms.tell_reset,
        },
    ),
    # A day declared a holiday excuses what was owed on it and cancels its shifts; a school day brings both back.
    Reader("duties.calendar", {"people.calendar.changed": duties.on_calendar_changed}),
    # When every number of a link book was called, its check is done.
    Reader("duties.links", {"people.link.called": duties.on_link_called}),
    # A request about personal data is a duty of the school; its answer ends the duty and is told to who asked.
    Reader(
        "duties.requests",
        {"people.request.asked": requests.on_asked, "people.request.answered": requests.on_answered},
    ),
    # New illness or fever in a class is told to nurse and reporter; what a family reports, to the class teacher.
    Reader("daily.nurse", {"daily.check.saved": daily.tell_nurse, "daily.check.corrected": daily.tell_nurse}),
    # Who is missing at the dormitory and nobody knows why is a duty of the keeper; the leader on duty is told at once.
    Reader(
        "daily.missing", {"daily.check.saved": daily.look_for_missing, "daily.check.corrected": daily.look_for_missing}
    ),
    Reader(
        "daily.teacher",
        {"daily.report.submitted": daily.tell_teacher},
        {"daily.report.submitted": daily.reports_to_tell},
    ),
    # Who was erased on request is kept outside the database as well: an older backup must not bring them back.
    Reader("backups.erasures", {"people.person.erased": erasures.note}),
)
