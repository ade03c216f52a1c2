"""What follows when sickness is recorded: those who have to know are told, in numbers and without names.

Readers of the journal call these (`config/wiring.py`), each once per event. A notice goes out once per check, or per
class and day for families' reports, whatever is repeated. What is about a day gone by is no news any more: it stands on
the class's pages.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from lianfang.comms.actions import send_notice
from lianfang.comms.texts import declare_text
from lianfang.daily.models import HealthReport, RollCheck
from lianfang.daily.queries import class_figures
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import JournalEntry, Unit
from lianfang.foundation.units import institution_of, time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people.reading import accounts_holding

CHECK_UNWELL = declare_text(
    "daily.check_unwell",
    subject=_("%(unit)s：新增病缺 %(new_ill)s 人，发热 %(fever)s 人"),
    body=_("请查看点名结果并跟进。名单只在系统里看。"),
)
FAMILY_UNWELL = declare_text(
    "daily.family_unwell",
    subject=_("%(unit)s：有家长报告孩子不适"),
    body=_("点名前请先看一眼，名单上已标出。"),
)
TOLD = ("school_nurse", "epidemic_reporter")


def tell_nurse(actor: Actor, entry: JournalEntry, now: datetime) -> None:
    """`daily.check.saved` and `daily.check.corrected`: new illness or fever in a class is told to nurse and reporter."""
    check = RollCheck.objects.filter(pk=entry.subject_id, superseded_at=None).select_related("unit").first()
    if check is None or check.day < local_date(now, time_zone_of(check.unit)):
        return
    figures = class_figures([check.unit_id], check.day, check.session).get(check.unit_id)
    if figures is None or not (figures.new_ill or figures.fever):
        return
    institution = institution_of(check.unit)
    send_notice(
        actor,
        now,
        text_key=CHECK_UNWELL.key,
        params={"unit": check.unit.name, "new_ill": figures.new_ill, "fever": figures.fever},
        accounts=_holders(institution, now),
        link=f"/daily/changes/{check.unit_id}/",
        importance="high",
        unit=check.unit,
        dedupe=f"daily.unwell:{check.pk}",
    )


def tell_teacher(actor: Actor, entry: JournalEntry, now: datetime) -> None:
    """`daily.report.submitted` by a family that reports illness: the class teacher is told before calling the roll."""
    row = (
        HealthReport.objects.filter(pk=entry.subject_id, unwell=True, superseded_at=None).select_related("unit").first()
    )
    if row is None or row.channel != HealthReport.Channel.GUARDIAN or row.unit is None:
        return
    if row.day < local_date(now, time_zone_of(row.unit)):
        return
    send_notice(
        actor,
        now,
        text_key=FAMILY_UNWELL.key,
        params={"unit": row.unit.name},
        accounts=accounts_holding(row.unit_id, "homeroom_teacher", now),
        link=f"/daily/roll/{row.unit_id}/morning/",
        unit=row.unit,
        dedupe=f"daily.family:{row.unit_id}:{row.day.isoformat()}",
    )


def _holders(institution: Unit | None, now: datetime) -> list[int]:
    if institution is None:
        return []
    found = [account for role in TOLD for account in accounts_holding(institution.pk, role, now)]
    return list(dict.fromkeys(found))
