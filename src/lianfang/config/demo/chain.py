"""Signing and amending a day's report in the name of the one whose post it is."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict
from lianfang.foundation.models import Unit
from lianfang.reporting import rules
from lianfang.reporting.actions import Statement, amend_report, sign_report
from lianfang.reporting.models import Report
from lianfang.reporting.queries import form

KIND = "daily-zero"


@dataclass(frozen=True)
class Signing:
    """The daily report of a unit on a day."""

    unit: Unit
    day: date

    def is_done(self) -> bool:
        return bool(Report.objects.filter(kind=KIND, unit=self.unit, day=self.day).exists())


def _statement(signing: Signing, actor: Actor, at: datetime, client_id: uuid.UUID, reason: str) -> Statement:
    shown = form(actor, KIND, signing.unit.pk, signing.day, at)
    gathered = shown.picture.gathered
    zero = rules.verdict(shown.kind, gathered.figures).value == "confirmed_zero"
    return Statement(
        client_id=client_id,
        seen=shown.seen,
        states_zero=zero,
        accepted_unanswered=tuple(gathered.outstanding),
        reason=reason,
    )


def sign(signing: Signing, actor: Actor, at: datetime, client_id: uuid.UUID, reason: str = "") -> None:
    """Sign what the form shows, naming who has not answered. What was signed before stays as it is; when somebody enters
    something between looking and signing, it is looked at again."""
    for _attempt in range(3):
        if signing.is_done():
            return
        statement = _statement(signing, actor, at, client_id, reason)
        with contextlib.suppress(Conflict):
            sign_report(actor, at, kind_id=KIND, unit_id=signing.unit.pk, day=signing.day, statement=statement)


def amend(signing: Signing, actor: Actor, at: datetime, client_id: uuid.UUID, reason: str) -> None:
    """Put an amendment beside the report, unless there is one."""
    standing = Report.objects.filter(kind=KIND, unit=signing.unit, day=signing.day, superseded_at=None).first()
    if standing is not None and standing.amends_id is None:
        statement = _statement(signing, actor, at, client_id, reason)
        amend_report(actor, at, report_id=standing.pk, statement=statement)
