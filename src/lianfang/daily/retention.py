"""What the morning keeps about persons, for which purpose, and how it is removed (see `foundation.retention`)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lianfang.daily.models import EarlyLeave, HealthReport, RollCheck, RollMark
from lianfang.foundation.journal import erase_payloads
from lianfang.foundation.keeping import entries_of
from lianfang.foundation.models import JournalEntry
from lianfang.foundation.retention import Holding, Subject, clearing, dropping, register_holdings, register_scrubber

DETAILS: dict[str, Any] = {
    "temperature": None,
    "symptoms": [],
    "site": "",
    "instrument": "",
    "fever": False,
    "onset": None,
    "diagnosis": "",
    "hospital": "",
    "note": None,
}
BODY = {"day": _("日期"), "temperature": _("体温"), "symptoms": _("症状")}


def _with_details() -> QuerySet[Any]:
    texts = ~Q(site="") | ~Q(instrument="") | ~Q(diagnosis="") | ~Q(hospital="") | Q(note__isnull=False)
    body = Q(temperature__isnull=False) | ~Q(symptoms=[]) | Q(fever=True) | Q(onset__isnull=False)
    rows: QuerySet[Any] = RollMark.all_realms.filter(texts | body)
    return rows


def scrub(subject: Subject, now: Any) -> dict[str, int]:
    """Contents of journal entries about one person's marks, reports and leaves, and words about them in corrections."""
    mine = {"person_id": subject.person_id}
    about = {
        "roll_check": RollMark.all_realms.filter(**mine).values_list("roll_check_id", flat=True),
        "health_report": HealthReport.all_realms.filter(**mine).values_list("pk", flat=True),
        "early_leave": EarlyLeave.all_realms.filter(**mine).values_list("pk", flat=True),
    }
    removed = 0
    for kind, ids in about.items():
        entries = JournalEntry.all_realms.filter(subject_type=kind, subject_id__in=[str(pk) for pk in set(ids)])
        removed += erase_payloads(entries.values_list("pk", flat=True), now)
    for pk, reason in RollCheck.all_realms.exclude(correction_reason="").values_list("pk", "correction_reason"):
        if subject.mentioned_in(reason):
            removed += RollCheck.all_realms.filter(pk=pk).update(correction_reason="—")
    return {"health-check.details": removed} if removed else {}


def keep() -> None:
    """Register what the morning keeps."""
    register_scrubber(scrub)
    register_holdings(
        Holding(
            "health-check.absences",
            RollMark.all_realms.all,
            "day",
            dropping(RollMark),
            dated=True,
            person="person_id",
            shown={"day": _("日期"), "session": _("时段"), "presence": _("出勤"), "cause": _("原因")},
        ),
        Holding(
            "health-check.details",
            _with_details,
            "day",
            clearing(RollMark, **DETAILS),
            dated=True,
            person="person_id",
            shown={**BODY, "diagnosis": _("诊断"), "hospital": _("医院"), "note": _("备注")},
        ),
        Holding(
            "health-check.details",
            lambda: entries_of("daily.check.saved", "daily.check.corrected"),
            "entry__received_at",
            erase_payloads,
            unit="entry__unit__path",
        ),
        Holding(
            "health-check.leaves",
            EarlyLeave.all_realms.all,
            "day",
            dropping(EarlyLeave, "corrects"),
            dated=True,
            person="person_id",
            shown={**BODY, "cause": _("原因"), "fetched_by": _("由谁接走"), "note": _("备注")},
        ),
        Holding(
            "health-check.leaves",
            lambda: entries_of("daily.leave.recorded"),
            "entry__received_at",
            erase_payloads,
            unit="entry__unit__path",
        ),
        Holding(
            "family-report.reports",
            HealthReport.all_realms.all,
            "day",
            dropping(HealthReport, "corrects"),
            dated=True,
            person="person_id",
            shown={
                **BODY,
                "cause": _("原因"),
                "contact_case": _("接触过病人"),
                "contact_region": _("接触过重点地区的人"),
            },
        ),
        Holding(
            "family-report.reports",
            lambda: entries_of("daily.report.submitted"),
            "entry__received_at",
            erase_payloads,
            unit="entry__unit__path",
        ),
        Holding(
            "tracks.places",
            lambda: HealthReport.all_realms.filter(track__isnull=False),
            "day",
            clearing(HealthReport, track=None),
            dated=True,
            person="person_id",
            shown={"day": _("日期"), "track": _("去过的地方")},
        ),
    )
