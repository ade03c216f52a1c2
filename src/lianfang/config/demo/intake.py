"""A school's workbook goes in as an administrator would do it: upload, preview, decide, commit."""

from __future__ import annotations

from datetime import date, datetime

from lianfang.config.demo.rosters import School, workbook
from lianfang.exchange import actions as exchange
from lianfang.exchange.models import RosterImport
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit

State = RosterImport.State


class DemoRosterRefused(Exception):
    """A row of an invented roster was not accepted; the message says which and why."""


def is_taken_in(unit: Unit) -> bool:
    """Whether the institution's roster has been committed."""
    return bool(RosterImport.objects.filter(unit=unit, state=State.COMMITTED).exists())


def take_in(actor: Actor, now: datetime, unit: Unit, school: School, begins: date) -> str:
    """Import the school's workbook; returns what came of it in words. An import that was left half-way is given up.

    Raises DemoRosterRefused when a row is wrong; then nothing of the roster is stored.
    """
    for row in RosterImport.objects.filter(unit=unit).exclude(state__in=(State.COMMITTED, State.CANCELLED)):
        exchange.cancel_import(actor, now, roster_import=row)
    kept = exchange.upload_roster(
        actor, now, institution=unit, name=f"{school.name}.xlsx", content=workbook(school), effective=begins
    )
    kept = exchange.preview(actor, now, roster_import=kept)
    wrong = kept.changes.filter(kind="error").order_by("sheet", "row").first()
    if wrong is not None:
        raise DemoRosterRefused(f"{school.name} {wrong.sheet} {wrong.row}: {wrong.errors}")
    for kind in kept.counts:
        if kind in ("create", "second", "merge", "doubt"):
            exchange.decide(actor, now, roster_import=kept, decision="accept", kind=kind)
    kept = exchange.commit_import(actor, now, roster_import=kept, leave=0)
    return f"{len(school.pupils)} 名学生、{len(school.posts)} 名教职工、{kept.progress['guardians']} 个监护关系"
