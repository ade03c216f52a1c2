"""Reading imports and their changesets; and taking a roster out in the shape in which it comes in."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from lianfang.exchange import perms
from lianfang.exchange.actions.uploading import remembered, sheets_of
from lianfang.exchange.faults import error_words
from lianfang.exchange.headers import HEADER_ROWS, fields_of, header_texts
from lianfang.exchange.models import RosterChange, RosterImport
from lianfang.exchange.planning.reading import header_of
from lianfang.exchange.rollover import MONTHS
from lianfang.exchange.rows import content_of
from lianfang.exchange.rules import plain
from lianfang.exchange.sheets import write_xlsx
from lianfang.exchange.tables import sheet_kind
from lianfang.exchange.words import difference_words
from lianfang.foundation.access import one, permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.realm import current_realm
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people.models import Term
from lianfang.people.roster import moves_within

ORDER = ("error", "doubt", "merge", "move", "leave", "graduate", "promote", "second", "create", "update", "same")
LONGEST_SEARCH = 60


def institutions(actor: Actor) -> list[Unit]:
    """Institutions whose roster the actor may import. Raises Forbidden."""
    scope = permit(actor, perms.ROSTER_IMPORT)
    rows = Unit.objects.in_scope(scope).filter(level="institution", realm_id=current_realm(), ends=None)
    return list(rows.order_by("path"))


def rolling_institutions(actor: Actor) -> list[Unit]:
    """Schools whose year the actor may roll over. Raises Forbidden."""
    return [unit for unit in institutions(actor) if moves_within(unit.kind)]


def rollovers(actor: Actor) -> QuerySet[RosterImport]:
    """Rollovers within reach, newest first. Raises Forbidden."""
    return imports(actor).filter(source=RosterImport.Source.ROLLOVER).exclude(state=RosterImport.State.CANCELLED)


def next_school_year(institution: Unit, now: datetime) -> date:
    """The day on which the next school year begins: that of a declared term, else 1 September."""
    today = local_date(now, time_zone_of(institution))
    terms = Term.objects.filter(unit_id__in=institution.ancestor_ids, begins__gt=today, begins__month__in=list(MONTHS))
    found: date | None = terms.order_by("begins").values_list("begins", flat=True).first()
    this_year = date(today.year, 9, 1)
    return found or (this_year if today < this_year else date(today.year + 1, 9, 1))


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
    """A row of a changeset as shown, in the language in force."""

    id: int
    sheet: str
    row: int
    kind: str
    subject: str
    name: str
    where: str
    differences: list[dict[str, str]]
    errors: list[dict[str, str]]
    decision: str


def changeset(
    actor: Actor, roster_import: RosterImport, *, kind: str = "", where: str = "", fault: str = "", subject: str = ""
) -> QuerySet[RosterChange]:
    """Rows of an import, errors first, then what a person must decide, then by row; chosen by kind, class, code of the
    first error, and what they are about. Raises Forbidden, NotFound."""
    kept = import_for(actor, roster_import.pk)
    rank = Case(*(When(kind=k, then=Value(n)) for n, k in enumerate(ORDER)), output_field=IntegerField())
    rows: QuerySet[RosterChange] = kept.changes.annotate(rank=rank).order_by("rank", "subject", "sheet", "row", "pk")
    chosen = {"kind": kind, "where": where, "fault": fault, "subject": subject}
    return rows.filter(**{name: value for name, value in chosen.items() if value})


def found_in(changes: Iterable[RosterChange], text: str) -> list[RosterChange]:
    """Of the chosen rows those whose name or number holds a text. Names are kept encrypted, so this reads them."""
    wanted = plain(text[:LONGEST_SEARCH])
    if not wanted:
        return list(changes)
    found = []
    for change in changes:
        raw = json.loads(change.raw) if change.raw else {}
        said = (content_of(change).get("name", ""), raw.get("name", ""), raw.get("number", ""))
        if any(wanted in plain(text) for text in said):
            found.append(change)
    return found


def choices(roster_import: RosterImport) -> dict[str, list[tuple[str, int]]]:
    """What there is to choose rows by, with how many: classes, codes of faults, subjects; of an import already read."""
    rows = roster_import.changes.order_by()
    return {
        name: [
            (str(value), int(n))
            for value, n in rows.exclude(**{name: ""}).values_list(name).annotate(n=Count("pk")).order_by(name)
        ]
        for name in ("where", "fault", "subject")
    }


def shown(changes: Iterable[RosterChange]) -> list[ChangeView]:
    """Decrypted rows of one page, worded for whoever reads them."""
    found = []
    for change in changes:
        content = content_of(change)
        found.append(
            ChangeView(
                change.pk,
                change.sheet,
                change.row,
                change.kind,
                change.subject,
                content.get("name", ""),
                content.get("where", ""),
                [difference_words(one) for one in content.get("differences", [])],
                [{"column": e["column"], "code": e["code"], "message": error_words(e)} for e in change.errors],
                change.decision,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column of an uploaded sheet: index from 0, its header, a few cells below it, and the field it is read as."""

    index: int
    header: str
    examples: list[str]
    field: str


@dataclass(frozen=True, slots=True)
class SheetView:
    """A sheet of an uploaded file as it is understood; `kind` "" where it is not."""

    name: str
    kind: str
    row: int
    columns: list[ColumnView]


def sheets_seen(
    actor: Actor, roster_import: RosterImport, said: Mapping[str, Mapping[str, Any]] | None = None
) -> list[SheetView]:
    """How each sheet of the file is understood, or would be if `said` (by sheet: kind, row) were so.

    Raises Forbidden, NotFound, Invalid (`file`).
    """
    row = import_for(actor, roster_import.pk)
    own = remembered(row.unit)
    answers: dict[str, Mapping[str, Any]] = {**row.options.get("sheets", {}), **(said or {})}
    found = []
    for sheet in sheets_of(row):
        hint = answers.get(sheet.name, {})
        header = header_of(sheet, own, hint)
        at = header.row if header else _first_full_row(sheet.rows)
        at = int(hint["row"]) - 1 if hint.get("row") else at
        kind = header.kind.name if header else str(hint.get("kind", ""))
        texts = header_texts(sheet.rows, at, sheet.merged, header is not None and header.double)
        field_at = {column: name for name, column in header.columns.items()} if header else {}
        if not field_at and kind not in ("", "none"):
            field_at = fields_of(texts, sheet_kind(kind), own.get(kind, {}))
        columns = [
            ColumnView(n, text, _examples(sheet.rows, at, n), field_at.get(n, ""))
            for n, text in enumerate(texts)
            if text
        ]
        found.append(SheetView(sheet.name, kind, at + 1, columns))
    return found


def _first_full_row(rows: Sequence[Sequence[str]]) -> int:
    return next((n for n, row in enumerate(rows[:HEADER_ROWS]) if sum(map(bool, row)) > 1), 0)


def _examples(rows: Sequence[Sequence[str]], at: int, column: int) -> list[str]:
    cells = (row[column] for row in rows[at + 1 : at + 30] if column < len(row) and row[column])
    return [masked(text) for text in itertools.islice(cells, 3)]


def masked(text: str) -> str:
    """An example of a cell: long numbers keep their ends only."""
    return re.sub(r"\d[\d -]{6,}[\dXx]", lambda m: f"{m[0][:3]}…{m[0][-2:]}", text)[:30]


def bad_rows_sheet(actor: Actor, roster_import: RosterImport) -> bytes:
    """The rows that cannot go in, as they were, with a column saying why; to be corrected and uploaded again."""
    kept = import_for(actor, roster_import.pk)
    kinds: dict[str, dict[str, str]] = kept.mapping if kept.source == "sheet" else {}
    sheets: dict[str, list[tuple[dict[str, str], list[dict[str, Any]]]]] = {}
    for change in kept.changes.filter(kind="error").order_by("sheet", "row"):
        name = kinds.get(change.sheet, {}).get("kind", "students")
        raw = json.loads(change.raw) if change.raw else {}
        sheets.setdefault(name, []).append((raw, change.errors))
    from lianfang.exchange.words import ERROR_COLUMN

    pages: list[tuple[str, list[list[str]]]] = []
    for name, rows in sheets.items():
        kind = sheet_kind(name)
        fields = [field for field in kind.columns if any(field in raw for raw, _errors in rows)]
        page = [[*(kind.header_of(field) for field in fields), str(ERROR_COLUMN)]]
        for raw, errors in rows:
            said = "；".join(f"{error['column']}：{error_words(error)}" for error in errors)
            page.append([*(raw.get(field, "") for field in fields), said])
        pages.append((kind.title, page))
    return write_xlsx(pages or [(sheet_kind("students").title, [[str(ERROR_COLUMN)]])])
