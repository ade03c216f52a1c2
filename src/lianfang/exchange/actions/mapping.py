"""What a school's own headers mean: said once by a person, remembered for every later sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.exchange.actions.following import locked, over, tell
from lianfang.exchange.actions.uploading import preview, remembered, sheets_of
from lianfang.exchange.headers import HEADER_ROWS, header_texts
from lianfang.exchange.models import RosterImport, RosterMapping
from lianfang.exchange.planning.reading import header_of
from lianfang.exchange.rules import header_key
from lianfang.exchange.tables import sheet_kinds
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import FieldError, Invalid
from lianfang.foundation.models import Unit

MAX_HEADERS = 500


@dataclass(frozen=True, slots=True)
class SaidSheet:
    """What somebody says a sheet is: its kind ("none": no roster), the row of its header as a spreadsheet counts, and
    the field of each column by its index from 0 ("" passes it over)."""

    name: str
    kind: str
    row: int
    columns: Mapping[int, str]


@transaction.atomic
def say_columns(
    actor: Actor, now: datetime, *, roster_import: RosterImport, sheets: Sequence[SaidSheet]
) -> RosterImport:
    """Remember what the columns of an uploaded file mean at this school, and preview again.

    Raises Forbidden, NotFound, Conflict (committed), Invalid (paths `sheets.<n>.<what>`; `file`).
    """
    row = locked(actor, roster_import)
    if row.state not in (RosterImport.State.UPLOADED, RosterImport.State.PREVIEW):
        raise over()
    there = {sheet.name: sheet for sheet in sheets_of(row)}
    kinds = {kind.name: kind for kind in sheet_kinds()}
    own = remembered(row.unit)
    errors: list[FieldError] = []
    learned: dict[str, dict[str, str]] = {}
    said_of: dict[str, dict[str, object]] = dict(row.options.get("sheets", {}))
    for n, said in enumerate(sheets):
        sheet, kind = there.get(said.name), kinds.get(said.kind)
        if sheet is None:
            errors.append(FieldError(f"sheets.{n}.name", "unknown", _("文件里没有这张表。")))
            continue
        if said.kind == "none":
            said_of[said.name] = {"kind": "none"}
            continue
        if kind is None:
            errors.append(FieldError(f"sheets.{n}.kind", "unknown", _("请选择这张表是什么。")))
            continue
        if not 1 <= said.row <= min(HEADER_ROWS, len(sheet.rows)):
            errors.append(FieldError(f"sheets.{n}.row", "range", _("表头应在前 15 行之内，请填行号。")))
            continue
        errors += _faults(n, said, kind.columns, kind.needs)
        said_of[said.name] = {"kind": kind.name, "row": said.row}
        header = header_of(sheet, own, said_of[said.name])
        texts = header_texts(sheet.rows, said.row - 1, sheet.merged, header is not None and header.double)
        for column, field in said.columns.items():
            key = header_key(texts[column]) if 0 <= column < len(texts) else ""
            if key:
                learned.setdefault(kind.name, {})[key] = field
    if errors:
        raise Invalid(errors)
    row.options = {**row.options, "sheets": said_of}
    row.save(update_fields=["options"])
    _remember(actor, now, row.unit, learned)
    tell(actor, now, "mapped", row, {"kinds": sorted(learned), "columns": sum(map(len, learned.values()))})
    return preview(actor, now, roster_import=row)


def _faults(n: int, said: SaidSheet, columns: Mapping[str, object], needs: Sequence[str]) -> list[FieldError]:
    chosen = [field for field in said.columns.values() if field]
    errors = []
    if any(field not in columns for field in chosen):
        errors.append(FieldError(f"sheets.{n}.columns", "unknown", _("没有这个栏目，请从列表中选择。")))
    if len(set(chosen)) != len(chosen):
        errors.append(FieldError(f"sheets.{n}.columns", "twice", _("两列选了同一个栏目，请改正其中一列。")))
    if any(need not in chosen for need in needs):
        errors.append(FieldError(f"sheets.{n}.columns", "needs", _("必需的栏目还没有选全。")))
    return errors


def _remember(actor: Actor, now: datetime, institution: Unit, learned: Mapping[str, Mapping[str, str]]) -> None:
    """What is said anew replaces what was said before about the same headers, and about the same fields."""
    for kind, columns in learned.items():
        kept = RosterMapping.objects.select_for_update().filter(unit=institution, kind=kind).first()
        before = kept.columns if kept is not None else {}
        fields = {field for field in columns.values() if field}
        merged = {key: field for key, field in before.items() if field not in fields} | dict(columns)
        merged = dict(list(merged.items())[-MAX_HEADERS:])
        RosterMapping.objects.update_or_create(
            unit=institution,
            kind=kind,
            defaults={"columns": merged, "changed_by_id": actor.account_id, "changed_at": now},
        )
