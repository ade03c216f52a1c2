"""Carrying a changeset out: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from lianfang.exchange import rules
from lianfang.exchange.actions.carrying import carry_out
from lianfang.exchange.actions.following import becomes, locked, tell
from lianfang.exchange.models import RosterImport
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, invalid
from lianfang.foundation.models import Unit
from lianfang.people.roster import roster_mark


def _confirmed(row: RosterImport, leave: int | None) -> None:
    """Bad rows are left out only if the person was told how many."""
    bad = int(row.counts.get("error", 0))
    if bad and leave is None:
        raise invalid(
            "leave", "confirm", _("有 %(n)d 行有错误，不会导入。请确认只导入其余的行，或改好后重新上传。") % {"n": bad}
        )
    if leave is not None and leave != bad:
        raise Conflict(_("预览内容已经变化，没有导入任何内容。请重新查看预览，再确认。"))


def check_once(row: RosterImport) -> None:
    """A school year is opened once. Raises Conflict."""
    if row.source != RosterImport.Source.ROLLOVER:
        return
    done = RosterImport.objects.filter(unit_id=row.unit_id, source=row.source, school_year=row.school_year)
    if done.filter(state=RosterImport.State.COMMITTED).exists():
        raise already_rolled(row.school_year or 0)


def already_rolled(year: int) -> Conflict:
    return Conflict(
        _("%(year)d 学年的升级已经做过，不能再做一次。个别调整请用名册导入或在班级页面修改。") % {"year": year}
    )


@transaction.atomic
def request_commit(
    actor: Actor, now: datetime, *, roster_import: RosterImport, leave: int | None = None
) -> RosterImport:
    """Hand a large import to the worker, which commits it in the name of this account. Raises as `commit_import`."""
    row = locked(actor, roster_import)
    _confirmed(row, leave)
    check_once(row)
    becomes(row, RosterImport.State.QUEUED)
    row.committed_by_id, row.failure = actor.account_id, ""
    row.save(update_fields=["state", "committed_by", "failure"])
    tell(actor, now, "requested", row, {"leave": leave or 0})
    return row


@transaction.atomic
def commit_import(
    actor: Actor,
    now: datetime,
    *,
    roster_import: RosterImport,
    leave: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> RosterImport:
    """Carry out the good rows that were not declined, and the moves, merges and leavers that were accepted: all or
    nothing.

    `leave` is the number of bad rows that the person agreed to leave out. A second call for a committed import changes
    nothing. Raises Forbidden, NotFound, Invalid (`leave`), Conflict (the roster was changed since the preview, or a
    school year that was opened already).
    """
    row = locked(actor, roster_import)
    if row.state == RosterImport.State.COMMITTED:
        return row
    if row.state != RosterImport.State.COMMITTING:
        _confirmed(row, leave)
    becomes(row, RosterImport.State.COMMITTED)
    check_once(row)
    institution = Unit.objects.select_for_update().get(pk=row.unit_id)
    if row.mark != roster_mark(institution):
        raise Conflict(_("预览之后名册又有改动，没有导入任何内容。请重新预览，再确认。"))
    changes = list(row.changes.order_by("sheet", "row", "pk"))
    chosen = [c for c in changes if rules.is_carried_out(c.kind, c.decision)]
    row.progress = carry_out(actor, now, row, institution, changes, chosen, progress)
    row.committed_by_id, row.committed_at = actor.account_id, now
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as twice:
        raise already_rolled(row.school_year or 0) from twice
    # What went in lives in `people` now; only rows that were left out are kept here, to be downloaded.
    row.changes.exclude(kind="error").update(raw=None, proposed=None)
    tell(actor, now, "committed", row, {**row.progress, "left": int(row.counts.get("error", 0))})
    return row
