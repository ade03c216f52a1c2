"""A school year rolled over: rehearsed as a changeset, done once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.exchange import rollover
from lianfang.exchange.actions.following import tell
from lianfang.exchange.models import RosterImport
from lianfang.foundation.actions import end_unit
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import invalid
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people import actions as people
from lianfang.people.models import Post
from lianfang.people.roster import moves_within

BACK = timedelta(days=31)
AHEAD = timedelta(days=400)
MOST_CLASSES = 40


@transaction.atomic
def start_rollover(
    actor: Actor,
    now: datetime,
    *,
    institution: Unit,
    effective: date,
    last_grade: int | None = None,
    first_classes: int | None = None,
    reshuffle: tuple[int, ...] = (),
    teachers: bool = True,
    name: str = "",
    content: bytes | None = None,
) -> RosterImport:
    """Rehearse a new school year from a day on, which may lie ahead. Nothing changes before the commit.

    `last_grade`: after it pupils graduate; `first_classes`: empty classes of the first grade; `reshuffle`: grades of the
    new year whose pupils are dealt anew; `teachers`: whether they go up with their class; `content`: a sheet of pupils
    with their new classes. Raises Forbidden, NotFound, Invalid, Conflict (the year was opened already).
    """
    from lianfang.exchange.actions.committing import check_once
    from lianfang.exchange.actions.uploading import institution_for, keep_file, preview

    institution = institution_for(actor, institution)
    today = local_date(now, time_zone_of(institution))
    if not moves_within(institution.kind):
        raise invalid("institution", "kind", _("培训机构没有年级升级。"))
    if effective.month not in rollover.MONTHS or not today - BACK <= effective <= today + AHEAD:
        raise invalid("effective", "range", _("新学年从 6 月到 9 月的某一天开始，最多提前 13 个月，最多补做 1 个月。"))
    if first_classes is not None and not 0 <= first_classes <= MOST_CLASSES:
        raise invalid("first_classes", "range", _("班级数应在 0 到 40 之间。"))
    if any(not 1 <= grade <= 12 for grade in (*reshuffle, *([last_grade] if last_grade is not None else ()))):
        raise invalid("last_grade", "range", _("年级应在 1 到 12 之间。"))
    options: dict[str, Any] = {"last_grade": last_grade, "first_classes": first_classes}
    options |= {"reshuffle": sorted(set(reshuffle)), "teachers": teachers}
    row = RosterImport(
        unit=institution,
        source=RosterImport.Source.ROLLOVER,
        school_year=rollover.year_opened(effective),
        options=options,
        effective=effective,
        created_by_id=actor.account_id,
        created_at=now,
    )
    check_once(row)
    if content is not None:
        row.file = keep_file(actor, now, institution, name, content)
    row.save()
    tell(actor, now, "rehearsed", row, {"year": row.school_year, "effective": effective})
    return preview(actor, now, roster_import=row)


def end_old_classes(actor: Actor, now: datetime, row: RosterImport) -> int:
    """Close the classes of the year that is over, so that their names are free. Returns how many."""
    units = Unit.objects.filter(pk__in=row.mapping.get("ends", ()), ends=None).order_by("pk")
    return len([end_unit(actor, now, unit, row.effective) for unit in units])


def end_old_posts(actor: Actor, now: datetime, row: RosterImport) -> int:
    """End what was held at them; after the new posts began, so that no account closes in between."""
    posts = Post.objects.filter(unit_id__in=row.mapping.get("ends", ()), void_at=None, ends=None)
    done = 0
    for post in posts.select_related("unit", "person__account").order_by("pk"):
        people.end_post(actor, now, post=post, ends=max(row.effective, post.begins))
        done += 1
    return done
