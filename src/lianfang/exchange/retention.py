"""What imports keep about persons, and how it is removed (see `foundation.retention`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from lianfang.exchange.models import RosterChange, RosterImport
from lianfang.foundation.files import erase_file
from lianfang.foundation.models import StoredFile
from lianfang.foundation.retention import Holding, Subject, dropping, register_holdings, register_scrubber

OPEN = ("uploaded", "preview")


def _imports() -> QuerySet[Any]:
    """Imports that still have their file; given up or left lying, the term runs from the upload."""
    rows: QuerySet[Any] = RosterImport.all_realms.exclude(state__in=("queued", "committing"))
    rows = rows.filter(file__isnull=False, file__erased_at=None)
    closed: QuerySet[Any] = rows.annotate(closed_at=Coalesce(F("committed_at"), F("created_at")))
    return closed


def _rows() -> QuerySet[Any]:
    rows = RosterChange.objects.exclude(roster_import__state__in=("queued", "committing"))
    return rows.annotate(closed_at=Coalesce(F("roster_import__committed_at"), F("roster_import__created_at")))


def erase_files(ids: Sequence[int], now: datetime) -> int:
    """The uploaded files of these imports; one still open is given up, because it cannot go on without."""
    RosterImport.all_realms.filter(pk__in=ids, state__in=OPEN).update(state="cancelled")
    for row in StoredFile.all_realms.filter(pk__in=RosterImport.all_realms.filter(pk__in=ids).values("file_id")):
        erase_file(row, now)
    return len(ids)


def scrub(subject: Subject, now: datetime) -> dict[str, int]:
    """Imports whose rows are about the person or name them: the rows and the whole file go."""
    named: set[int] = set()
    for change in RosterChange.objects.only("roster_import_id", "person_id", "raw", "proposed").iterator():
        if (
            change.person_id == subject.person_id
            or subject.mentioned_in(change.raw)
            or subject.mentioned_in(change.proposed)
        ):
            named.add(change.roster_import_id)
    if not named:
        return {}
    rows = RosterChange.objects.filter(roster_import_id__in=named).filter(
        Q(raw__isnull=False) | Q(proposed__isnull=False)
    )
    return {
        "roster-import.rows": rows.update(raw=None, proposed=None),
        "roster-import.files": erase_files(sorted(named), now),
    }


def keep() -> None:
    """Register what imports keep."""
    register_scrubber(scrub)
    register_holdings(
        Holding("roster-import.files", _imports, "closed_at", erase_files),
        Holding("roster-import.rows", _rows, "closed_at", dropping(RosterChange), unit="roster_import__unit__path"),
    )
