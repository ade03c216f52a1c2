"""Upload and preview: nothing of people changes before the commit."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.exchange import perms
from lianfang.exchange.actions.following import becomes, locked, refused, tell
from lianfang.exchange.models import RosterChange, RosterImport, RosterMapping
from lianfang.exchange.planning import Plan, make_plan
from lianfang.exchange.planning.rollover import plan_rollover
from lianfang.exchange.rows import stored
from lianfang.exchange.sheets import Sheet, read_sheets
from lianfang.foundation.access import unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import invalid
from lianfang.foundation.files import read_file, store_file
from lianfang.foundation.models import StoredFile, Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.kernel.errors import InputError
from lianfang.people.roster import roster_mark

BATCH = 500
EARLIEST = date(2000, 1, 1)
LATEST = date(2100, 1, 1)
MEDIA = {"csv": "text/csv", "txt": "text/csv"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def institution_for(actor: Actor, institution: Unit) -> Unit:
    """The institution for an import. Raises Forbidden, NotFound, Invalid."""
    institution = unit_for(actor, perms.ROSTER_IMPORT, institution.pk)
    if institution.level != "institution":
        raise invalid("institution", "level", _("名册只能导入到学校等机构。"))
    return institution


def keep_file(actor: Actor, now: datetime, institution: Unit, name: str, content: bytes) -> StoredFile:
    """Keep an uploaded sheet, encrypted. Raises Invalid (`file`)."""
    try:
        read_sheets(name, content)
    except InputError as error:
        raise refused(error) from error
    return store_file(
        actor,
        now,
        unit=institution,
        name=name,
        media_type=MEDIA.get(name.rsplit(".", 1)[-1].lower(), XLSX),
        purpose="roster",
        content=content,
    )


@transaction.atomic
def upload_roster(
    actor: Actor, now: datetime, *, institution: Unit, name: str, content: bytes, effective: date | None = None
) -> RosterImport:
    """Keep an uploaded XLSX or CSV, encrypted. `effective` is the day from which new memberships count (today).

    Raises Forbidden, NotFound, Invalid (`file`: kinds `file.*` of `sheets.read_sheets`; `effective`); then nothing is
    kept.
    """
    institution = institution_for(actor, institution)
    if effective is not None and not EARLIEST <= effective < LATEST:
        raise invalid("effective", "range", _("起算日期不在 2000 年到 2100 年之间，请检查。"))
    file = keep_file(actor, now, institution, name, content)
    row: RosterImport = RosterImport.objects.create(
        unit=institution,
        file=file,
        effective=effective or local_date(now, time_zone_of(institution)),
        created_by_id=actor.account_id,
        created_at=now,
    )
    tell(actor, now, "uploaded", row, {"file": str(file.uid), "size": len(content)})
    return row


@transaction.atomic
def preview(actor: Actor, now: datetime, *, roster_import: RosterImport) -> RosterImport:
    """Work out what the file (or the rollover) would change, without changing it. A second preview keeps decisions
    about the same rows.

    Raises Forbidden, NotFound, Conflict (already committed), Invalid (`file`: no roster in it).
    """
    row = locked(actor, roster_import)
    becomes(row, RosterImport.State.PREVIEW)
    institution = Unit.objects.get(pk=row.unit_id)
    row.mark = roster_mark(institution)
    plan = _plan(row, institution, now)
    decided = {
        tuple(key): decision
        for *key, decision in row.changes.exclude(decision="").values_list(
            "kind", "subject", "sheet", "row", "person_id", "membership_id", "decision"
        )
    }
    row.changes.all().delete()
    changes = [stored(change, row.pk) for change in plan.changes]
    for change in changes:
        key = (change.kind, change.subject, change.sheet, change.row, change.person_id, change.membership_id)
        change.decision = decided.get(key, "")
    RosterChange.objects.bulk_create(changes, batch_size=BATCH)
    row.mapping, row.new_units, row.counts = plan.mapping, plan.new_units, plan.counts()
    row.failure, row.progress = "", {}
    row.save()
    tell(actor, now, "previewed", row, row.counts)
    return row


def sheets_of(row: RosterImport) -> list[Sheet]:
    """What the uploaded file holds. Raises Invalid."""
    if row.file is None:
        return []
    try:
        return read_sheets(row.file.name, read_file(row.file))
    except InputError as error:
        raise refused(error) from error


def remembered(institution: Unit) -> dict[str, dict[str, str]]:
    """What the school's own headers mean, by kind of sheet."""
    return dict(RosterMapping.objects.filter(unit=institution).values_list("kind", "columns"))


def _plan(row: RosterImport, institution: Unit, now: datetime) -> Plan:
    today = local_date(now, time_zone_of(institution))
    sheets, own, said = sheets_of(row), remembered(institution), row.options.get("sheets", {})
    try:
        if row.source == RosterImport.Source.ROLLOVER:
            return plan_rollover(
                institution, effective=row.effective, today=today, options=row.options, sheets=sheets, remembered=own
            )
        return make_plan(institution, sheets, effective=row.effective, today=today, remembered=own, said=said)
    except InputError as error:
        raise refused(error) from error
