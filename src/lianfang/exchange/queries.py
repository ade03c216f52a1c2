"""Reading imports and their changesets; and taking a roster out in the shape in which it comes in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from lianfang.exchange import perms
from lianfang.exchange.models import RosterChange, RosterImport
from lianfang.exchange.rows import content_of
from lianfang.exchange.sheets import write_xlsx
from lianfang.exchange.tables import sheet_kind
from lianfang.foundation.access import one, permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.realm import current_realm

ORDER = ("error", "move", "leave", "second", "create", "update", "same")


def institutions(actor: Actor) -> list[Unit]:
    """Institutions whose roster the actor may import. Raises Forbidden."""
    scope = permit(actor, perms.ROSTER_IMPORT)
    rows = Unit.objects.in_scope(scope).filter(level="institution", realm_id=current_realm(), ends=None)
    return list(rows.order_by("path"))


def imports(actor: Actor) -> QuerySet[RosterImport]:
    """Imports within reach, newest first. Raises Forbidden."""
    scope = permit(actor, perms.ROSTER_IMPORT)
    rows: QuerySet[RosterImport] = (
        RosterImport.objects.filter(scope.unit_q("unit__path"))
        .select_related("unit", "file", "created_by")
        .order_by("-created_at", "-pk")
    )
    return rows


def import_for(actor: Actor, import_id: int | str) -> RosterImport:
    """One import. Raises Forbidden, NotFound."""
    return one(imports(actor), pk=import_id)


def decisions(roster_import: RosterImport) -> list[tuple[str, str, int]]:
    """How many rows of each kind stand under each decision, of an import already read within reach."""
    rows = roster_import.changes.values_list("kind", "decision").annotate(n=Count("pk")).order_by("kind", "decision")
    return [(kind, decision, number) for kind, decision, number in rows]


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A row of a changeset as shown."""

    id: int
    sheet: str
    row: int
    kind: str
    name: str
    where: str
    differences: list[dict[str, str]]
    errors: list[dict[str, str]]
    decision: str


def changeset(actor: Actor, roster_import: RosterImport, *, kind: str = "") -> QuerySet[RosterChange]:
    """Rows of an import, errors first, then what a person must decide, then by row. Raises Forbidden, NotFound."""
    kept = import_for(actor, roster_import.pk)
    rank = Case(*(When(kind=k, then=Value(n)) for n, k in enumerate(ORDER)), output_field=IntegerField())
    rows: QuerySet[RosterChange] = kept.changes.annotate(rank=rank).order_by("rank", "sheet", "row", "pk")
    return rows.filter(kind=kind) if kind else rows


def shown(changes: Iterable[RosterChange]) -> list[ChangeView]:
    """Decrypted rows of one page."""
    found = []
    for change in changes:
        content = content_of(change)
        found.append(
            ChangeView(
                change.pk,
                change.sheet,
                change.row,
                change.kind,
                content.get("name", ""),
                content.get("where", ""),
                content.get("differences", []),
                change.errors,
                change.decision,
            )
        )
    return found


def bad_rows_sheet(actor: Actor, roster_import: RosterImport) -> bytes:
    """The rows that cannot go in, as they were, with a column saying why; to be corrected and uploaded again."""
    kept = import_for(actor, roster_import.pk)
    sheets: dict[str, list[tuple[dict[str, str], list[dict[str, Any]]]]] = {}
    for change in kept.changes.filter(kind="error").order_by("sheet", "row"):
        kind = kept.mapping.get(change.sheet, {}).get("kind", "students")
        raw = json.loads(change.raw) if change.raw else {}
        sheets.setdefault(kind, []).append((raw, change.errors))
    from lianfang.exchange.words import ERROR_COLUMN

    pages: list[tuple[str, list[list[str]]]] = []
    for name, rows in sheets.items():
        kind = sheet_kind(name)
        fields = [field for field in kind.columns if any(field in raw for raw, _errors in rows)]
        page = [[*(kind.header_of(field) for field in fields), str(ERROR_COLUMN)]]
        for raw, errors in rows:
            said = "；".join(f"{error['column']}：{error['message']}" for error in errors)
            page.append([*(raw.get(field, "") for field in fields), said])
        pages.append((kind.title, page))
    return write_xlsx(pages or [(sheet_kind("students").title, [[str(ERROR_COLUMN)]])])
