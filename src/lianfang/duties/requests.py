"""Requests about one's own data are a duty of the school: raised, chased and done as every other."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from lianfang.comms.actions import send_notice
from lianfang.comms.texts import declare_text
from lianfang.duties.actions import DutyKey, NewDuty, fulfil, owe
from lianfang.duties.rules import Step, Telling, Terms
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import JournalEntry
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.kernel.labels import Label
from lianfang.people.models import DataRequest
from lianfang.rulepacks.library import content_version

KIND = "data-request"
DAY = 24 * 60
TERMS = Terms(
    label=Label("答复个人数据请求", "Answer a request about personal data"),
    text=Label(
        "家长或本人请求更正、删除或了解数据，请处理并写明结果。",
        "A guardian or person asks to correct, erase or explain data; decide and answer in words.",
    ),
    holder_role="system_admin",
    stand_in=("principal",),
    steps=(
        Step(-3 * DAY, True),
        Step(0, True, (Telling("principal", "institution"),)),
        Step(3 * DAY, True, (Telling("principal", "institution"),)),
    ),
)
ANSWERED = declare_text(
    "people.request_answered",
    subject=_("您提出的个人数据请求已有答复"),
    body=_("请打开查看处理结果和说明。"),
)


def on_asked(actor: Actor, entry: JournalEntry, now: datetime) -> None:
    """`people.request.asked`: the institution owes an answer until the request's term."""
    row = DataRequest.objects.select_related("unit").filter(pk=entry.subject_id).first()
    if row is None:
        return
    duty = NewDuty(
        kind=KIND,
        unit_id=row.unit_id,
        period=f"request-{row.pk}",
        day=local_date(row.asked_at, time_zone_of(row.unit)),
        opens_at=row.asked_at,
        due_at=row.due_at,
        terms=TERMS,
        version=content_version(TERMS.as_json()),
        link=f"/people/privacy/requests/{row.pk}/",
    )
    owe(actor, now, [duty])


def on_answered(actor: Actor, entry: JournalEntry, now: datetime) -> None:
    """`people.request.answered`: the duty is done, and who asked is told."""
    row = DataRequest.objects.select_related("unit", "asked_by").filter(pk=entry.subject_id).first()
    if row is None:
        return
    fulfil(actor, row.answered_at or now, [DutyKey(KIND, row.unit_id, f"request-{row.pk}")])
    if row.asked_by.account_id is not None:
        send_notice(
            actor,
            now,
            text_key=ANSWERED.key,
            params={},
            accounts=[row.asked_by.account_id],
            link=f"/people/privacy/persons/{row.person_id}/",
            unit=row.unit,
            dedupe=f"people.request:{row.pk}",
        )
