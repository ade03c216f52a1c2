"""The words of a person about a changeset: accept, decline, give it up; and the word of the worker that it was refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.exchange import rules
from lianfang.exchange.actions.following import becomes, locked, over, tell
from lianfang.exchange.models import RosterChange, RosterImport
from lianfang.exchange.rows import content_of
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound, invalid
from lianfang.foundation.files import erase_file


@transaction.atomic
def decide(
    actor: Actor,
    now: datetime,
    *,
    roster_import: RosterImport,
    decision: str,
    change_ids: Sequence[int] = (),
    kind: str = "",
) -> int:
    """Accept or decline rows (or take a word back with ""), by id or all of one kind. Returns how many.

    Raises Forbidden, NotFound (a row of another import), Conflict, Invalid.
    """
    row = locked(actor, roster_import)
    if row.state != RosterImport.State.PREVIEW:
        raise over()
    if decision not in RosterChange.Decision.values:
        raise invalid("decision", "unknown", _("请选择接受或不接受。"))
    changes = row.changes.filter(kind__in=rules.DECIDABLE)
    if kind:
        changes = changes.filter(kind=kind)
    elif change_ids:
        changes = changes.filter(pk__in=list(change_ids))
        if changes.count() != len(set(change_ids)):
            raise NotFound("change")
    else:
        raise invalid("change_ids", "required", _("请先选择要处理的行。"))
    if decision == "decline" and row.source == RosterImport.Source.ROLLOVER:
        _can_repeat(changes)
    number = changes.update(decision=decision)
    tell(actor, now, "decided", row, {"decision": decision, "rows": number})
    return number


def _can_repeat(changes: Iterable[RosterChange]) -> None:
    """Raises Invalid where a pupil who would stay another year has no class to stay in."""
    rolled = [content_of(change).get("row", {}) for change in changes if change.kind in ("promote", "graduate")]
    if any(not row.get("repeat") for row in rolled):
        raise invalid("decision", "repeat", _("原年级新学年没有班级，不能留级。请先在升级设置中保留这个年级的班级。"))


@transaction.atomic
def cancel_import(actor: Actor, now: datetime, *, roster_import: RosterImport) -> RosterImport:
    """Give an import up: its rows and file are erased. Raises Forbidden, NotFound, Conflict."""
    row = locked(actor, roster_import)
    becomes(row, RosterImport.State.CANCELLED)
    row.save(update_fields=["state"])
    row.changes.all().delete()
    tell(actor, now, "cancelled", row, {})
    if row.file is not None:
        file = row.file
        transaction.on_commit(lambda: erase_file(file, now))
    return row


@transaction.atomic
def note_failure(actor: Actor, now: datetime, *, roster_import: RosterImport, reason: str) -> None:
    """A commit by the worker was refused: back to the preview, with the reason (a code of `words.FAILURE`, so that
    everybody reads it in their own language). Only the system may."""
    row = locked(actor, roster_import)
    becomes(row, RosterImport.State.PREVIEW)
    row.failure = reason[:300]
    row.save(update_fields=["state", "failure"])
    tell(actor, now, "refused", row, {})
