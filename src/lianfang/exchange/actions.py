"""Writes of the import: upload, preview, decide, commit, cancel. Nothing of people changes before the commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lianfang.exchange import perms, rules
from lianfang.exchange.models import RosterChange, RosterImport
from lianfang.exchange.planning import make_plan
from lianfang.exchange.rows import roster_row, stored
from lianfang.exchange.sheets import read_sheets
from lianfang.foundation.access import permit, unit_for
from lianfang.foundation.actions import create_unit
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, Invalid, NotFound, invalid
from lianfang.foundation.files import erase_file, read_file, store_file
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.kernel.errors import InputError
from lianfang.people.actions import apply_roster
from lianfang.people.roster import RosterOutcome, roster_mark

BATCH = 500
MEDIA = {"csv": "text/csv", "txt": "text/csv"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _refused(error: InputError) -> Invalid:
    return invalid("file", error.kind, error.text(get_language() or "zh-hans"))


def _locked(actor: Actor, roster_import: RosterImport) -> RosterImport:
    scope = permit(actor, perms.ROSTER_IMPORT)
    rows = RosterImport.objects.select_for_update(of=("self",)).filter(scope.unit_q("unit__path"))
    kept: RosterImport | None = rows.select_related("unit", "file").filter(pk=roster_import.pk).first()
    if kept is None:
        raise NotFound("import")
    return kept


def _becomes(row: RosterImport, state: str) -> None:
    if not rules.may_become(row.state, state):
        raise Conflict(_("这次导入已经完成或取消，不能再改。要再次导入，请重新上传。"))
    row.state = state


def _tell(actor: Actor, now: datetime, what: str, row: RosterImport, body: Mapping[str, Any]) -> None:
    write(actor, [Event(f"exchange.import.{what}", "roster_import", row.pk, row.unit_id, now, body)], now)


@transaction.atomic
def upload_roster(
    actor: Actor, now: datetime, *, institution: Unit, name: str, content: bytes, effective: date | None = None
) -> RosterImport:
    """Keep an uploaded XLSX or CSV, encrypted. `effective` is the day from which new memberships count (today).

    Raises Forbidden, NotFound, Invalid (`file`: kinds `file.*` of `sheets.read_sheets`); then nothing is kept.
    """
    institution = unit_for(actor, perms.ROSTER_IMPORT, institution.pk)
    if institution.level != "institution":
        raise invalid("institution", "level", _("名册只能导入到学校等机构。"))
    try:
        read_sheets(name, content)
    except InputError as error:
        raise _refused(error) from error
    extension = name.rsplit(".", 1)[-1].lower()
    file = store_file(
        actor,
        now,
        unit=institution,
        name=name,
        media_type=MEDIA.get(extension, XLSX),
        purpose="roster",
        content=content,
    )
    row: RosterImport = RosterImport.objects.create(
        unit=institution,
        file=file,
        effective=effective or local_date(now, time_zone_of(institution)),
        created_by_id=actor.account_id,
        created_at=now,
    )
    _tell(actor, now, "uploaded", row, {"file": str(file.uid), "size": len(content)})
    return row


@transaction.atomic
def preview(actor: Actor, now: datetime, *, roster_import: RosterImport) -> RosterImport:
    """Work out what the file would change, without changing it. A second preview keeps decisions about the same rows.

    Raises Forbidden, NotFound, Conflict (already committed), Invalid (`file`: no roster in it).
    """
    row = _locked(actor, roster_import)
    _becomes(row, RosterImport.State.PREVIEW)
    institution = Unit.objects.get(pk=row.unit_id)
    row.mark = roster_mark(institution)
    try:
        sheets = read_sheets(row.file.name, read_file(row.file))
        today = local_date(now, time_zone_of(institution))
        plan = make_plan(institution, sheets, effective=row.effective, today=today)
    except InputError as error:
        raise _refused(error) from error
    decided = {
        key: decision
        for *key_parts, decision in row.changes.exclude(decision="").values_list(
            "kind", "sheet", "row", "person_id", "membership_id", "decision"
        )
        for key in [tuple(key_parts)]
    }
    row.changes.all().delete()
    changes = [stored(change, row.pk) for change in plan.changes]
    for change in changes:
        key = (change.kind, change.sheet, change.row, change.person_id, change.membership_id)
        change.decision = decided.get(key, "")
    RosterChange.objects.bulk_create(changes, batch_size=BATCH)
    row.mapping, row.new_units, row.counts = plan.mapping, plan.new_units, plan.counts()
    row.failure, row.progress = "", {}
    row.save()
    _tell(actor, now, "previewed", row, row.counts)
    return row


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
    row = _locked(actor, roster_import)
    if row.state != RosterImport.State.PREVIEW:
        raise Conflict(_("这次导入已经完成或取消，不能再改。要再次导入，请重新上传。"))
    if decision not in RosterChange.Decision.values:
        raise invalid("decision", "unknown", _("请选择接受或不接受。"))
    changes = row.changes.exclude(kind__in=("error", "same"))
    if kind:
        changes = changes.filter(kind=kind)
    elif change_ids:
        changes = changes.filter(pk__in=list(change_ids))
        if changes.count() != len(set(change_ids)):
            raise NotFound("change")
    else:
        raise invalid("change_ids", "required", _("请先选择要处理的行。"))
    number = changes.update(decision=decision)
    _tell(actor, now, "decided", row, {"decision": decision, "rows": number})
    return number


def _confirmed(row: RosterImport, leave: int | None) -> None:
    """Bad rows are left out only if the person was told how many."""
    bad = int(row.counts.get("error", 0))
    if bad and leave is None:
        raise invalid(
            "leave", "confirm", _("有 %(n)d 行有错误，不会导入。请确认只导入其余的行，或改好后重新上传。") % {"n": bad}
        )
    if leave is not None and leave != bad:
        raise Conflict(_("预览内容已经变化，没有导入任何内容。请重新查看预览，再确认。"))


@transaction.atomic
def request_commit(
    actor: Actor, now: datetime, *, roster_import: RosterImport, leave: int | None = None
) -> RosterImport:
    """Hand a large import to the worker, which commits it in the name of this account. Raises as `commit_import`."""
    row = _locked(actor, roster_import)
    _confirmed(row, leave)
    _becomes(row, RosterImport.State.QUEUED)
    row.committed_by_id, row.failure = actor.account_id, ""
    row.save(update_fields=["state", "committed_by", "failure"])
    _tell(actor, now, "requested", row, {"leave": leave or 0})
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
    """Carry out the good rows that were not declined, and the moves and leavers that were accepted: all or nothing.

    `leave` is the number of bad rows that the person agreed to leave out. A second call for a committed import changes
    nothing. Raises Forbidden, NotFound, Invalid (`leave`), Conflict (the roster was changed since the preview).
    """
    row = _locked(actor, roster_import)
    if row.state == RosterImport.State.COMMITTED:
        return row
    if row.state != RosterImport.State.COMMITTING:
        _confirmed(row, leave)
    _becomes(row, RosterImport.State.COMMITTED)
    institution = Unit.objects.select_for_update().get(pk=row.unit_id)
    if row.mark != roster_mark(institution):
        raise Conflict(_("预览之后名册又有改动，没有导入任何内容。请重新预览，再确认。"))
    chosen = [c for c in row.changes.order_by("sheet", "row", "pk") if rules.is_carried_out(c.kind, c.decision)]
    outcome = _applied(actor, now, row, institution, chosen, progress)
    row.progress = outcome.counts()
    row.committed_by_id, row.committed_at = actor.account_id, now
    row.save()
    # What went in lives in `people` now; only rows that were left out are kept here, to be downloaded.
    row.changes.exclude(kind="error").update(raw=None, proposed=None)
    _tell(actor, now, "committed", row, {**row.progress, "left": int(row.counts.get("error", 0))})
    return row


def _applied(
    actor: Actor,
    now: datetime,
    row: RosterImport,
    institution: Unit,
    chosen: Sequence[RosterChange],
    progress: Callable[[int, int], None] | None,
) -> RosterOutcome:
    # Making the classes that the roster names follows from the permitted import.
    following = replace(actor, system=True)
    made: dict[str, Unit] = {}
    for new in row.new_units:
        parent = made.get(new["parent_key"]) or Unit.objects.filter(pk=new["parent_id"]).first() or institution
        made[new["key"]] = create_unit(
            following,
            now,
            parent=parent,
            kind=new["kind"],
            level=new["level"],
            name=new["name"],
            grade=new["grade"],
            order=new["order"] or 0,
            begins=row.effective,
        )
    units = {key: unit.pk for key, unit in made.items()}
    rows = [found for c in chosen if (found := roster_row(c, row.effective, units)) is not None]
    leavers = [c.membership_id for c in chosen if c.kind == "leave" and c.membership_id is not None]
    return apply_roster(following, now, institution=institution, rows=rows, leavers=leavers, progress=progress)


@transaction.atomic
def cancel_import(actor: Actor, now: datetime, *, roster_import: RosterImport) -> RosterImport:
    """Give an import up: its rows and file are erased. Raises Forbidden, NotFound, Conflict."""
    row = _locked(actor, roster_import)
    _becomes(row, RosterImport.State.CANCELLED)
    row.save(update_fields=["state"])
    row.changes.all().delete()
    _tell(actor, now, "cancelled", row, {})
    transaction.on_commit(lambda: erase_file(row.file, now))
    return row


@transaction.atomic
def note_failure(actor: Actor, now: datetime, *, roster_import: RosterImport, words: str) -> None:
    """A commit by the worker was refused: back to the preview, with the reason. Only the system may."""
    row = _locked(actor, roster_import)
    _becomes(row, RosterImport.State.PREVIEW)
    row.failure = words[:300]
    row.save(update_fields=["state", "failure"])
    _tell(actor, now, "refused", row, {})
