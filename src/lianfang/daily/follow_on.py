"""What follows when sickness is recorded: those who have to know are told, in numbers and without names.

Readers of the journal call these (`config/wiring.py`), each once per event. A notice goes out once per check, or per
class and day for families' reports, whatever is repeated. What is about a day gone by is no news any more: it stands on
the class's pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from lianfang.comms.actions import send_notice
from lianfang.comms.texts import declare_text
from lianfang.daily.elsewhere import class_words, leaves_of
from lianfang.daily.models import HealthReport, RollCheck
from lianfang.daily.queries import class_figures
from lianfang.daily.reading import marks_of, statements
from lianfang.daily.rules import missing
from lianfang.daily.vocabularies import vocabulary_at
from lianfang.duties.actions import DutyKey, fulfil, owe, reopen
from lianfang.duties.models import Duty
from lianfang.duties.planning import asked_by_event
from lianfang.duties.templates import packs_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import JournalEntry, Unit
from lianfang.foundation.readers import Told
from lianfang.foundation.units import institution_of, time_zone_of
from lianfang.kernel.clock import at_local, local_date
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
NOT_BACK = declare_text(
    "daily.not_back",
    subject=_("%(unit)s：%(count)s 人未归，原因不明"),
    body=_("请立即联系家长和班主任查找。名单只在系统里看；找到后请更正点名结果。"),
)
MISSING = "dormitory-missing"
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


def look_for_missing(actor: Actor, entry: JournalEntry, now: datetime) -> None:
    """`daily.check.saved` and `daily.check.corrected` of a dormitory: who is missing and nobody knows why is a duty of
    the keeper, told at once to the leader on duty; once everybody is accounted for, it is done."""
    check = RollCheck.objects.filter(pk=entry.subject_id, superseded_at=None).select_related("unit").first()
    if check is None or check.unit.level != "dormitory":
        return
    if check.day < local_date(now, time_zone_of(check.unit)) - timedelta(days=1):
        return
    words = vocabulary_at(check.unit, check.day)
    marks = {person: kept.mark for person, kept in marks_of([check.pk], {check.unit_id: words})[check.pk].items()}
    people = list(marks)
    words_of_class = class_words(check.unit, check.day, check.session, people, words)
    explained = {p for p, word in words_of_class.items() if word.mark is not None and word.mark.absent}
    explained |= set(leaves_of(check.unit, check.day, people))
    reports = statements(people, [check.day])
    explained |= {person for (person, _), told in reports.items() if any(said.absent for said in told)}
    gone = missing(marks, frozenset(explained))
    key = DutyKey(MISSING, check.unit_id, check.day.isoformat())
    if not gone:
        fulfil(actor, now, [key])
        return
    template = packs_for([check.unit], check.day)[check.unit_id].duty_templates.get(MISSING)
    if template is None:
        return
    due_at = check.received_at + timedelta(minutes=int(template.extra.get("minutes", "15")))
    link = f"/daily/roll/{check.unit_id}/{check.session}/?day={check.day.isoformat()}"
    closes_at = at_local(check.day, "24:00", time_zone_of(check.unit)) + timedelta(hours=12)
    closes_at = max(closes_at, due_at)
    duty = asked_by_event(template, check.unit_id, check.day, check.received_at, due_at, closes_at, link)
    entered = owe(actor, now, [duty])
    done = Duty.objects.filter(kind=key.kind, unit_id=key.unit_id, period=key.period).exclude(done_at=None)
    if not entered and done.exists():
        reopen(actor, now, [key], "missing again")
    told = [
        account
        for role in ("dormitory_keeper", "leader_on_duty")
        for account in accounts_holding(check.unit_id, role, now, nearest=True)
    ]
    send_notice(
        actor,
        now,
        text_key=NOT_BACK.key,
        params={"unit": check.unit.name, "count": len(gone)},
        accounts=list(dict.fromkeys(told)),
        link=link,
        importance="high",
        unit=check.unit,
        dedupe=f"daily.not_back:{check.pk}",
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


def reports_to_tell(entries: Sequence[Told]) -> set[int]:
    """Of these `daily.report.submitted` the ids that `tell_teacher` may tell of: a morning brings thousands, few unwell."""
    rows = HealthReport.objects.filter(pk__in=[e.subject_id for e in entries], unwell=True)
    told = set(rows.filter(channel=HealthReport.Channel.GUARDIAN).values_list("pk", flat=True))
    return {entry.pk for entry in entries if int(entry.subject_id) in told}


def _holders(institution: Unit | None, now: datetime) -> list[int]:
    if institution is None:
        return []
    found = [account for role in TOLD for account in accounts_holding(institution.pk, role, now)]
    return list(dict.fromkeys(found))
