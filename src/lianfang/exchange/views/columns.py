"""What the columns of a sheet are: shown as understood, changed by a person, remembered for the school."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from lianfang.exchange import actions, perms, queries, words
from lianfang.exchange.actions.mapping import SaidSheet
from lianfang.exchange.models import RosterImport
from lianfang.exchange.tables import sheet_kinds
from lianfang.foundation.access import access
from lianfang.foundation.errors import Conflict, Invalid


@access(perms.ROSTER_IMPORT)
def columns(request: Any, import_id: int) -> HttpResponse:
    """Kind, header row and columns of every sheet. "Look again" asks anew, "remember" stores and previews."""
    row = queries.import_for(request.actor, import_id)
    if row.source != RosterImport.Source.SHEET or row.state not in ("uploaded", "preview"):
        return redirect("exchange:preview", row.pk)
    hints: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    if request.method == "POST":
        sheets = queries.sheets_seen(request.actor, row)
        hints = {sheet.name: _hint(request, n) for n, sheet in enumerate(sheets)}
        if "save" in request.POST:
            said = [_said(request, n, sheet.name, hints[sheet.name]) for n, sheet in enumerate(sheets)]
            try:
                actions.say_columns(request.actor, request.now, roster_import=row, sheets=said)
            except Invalid as refused:
                problems = list(dict.fromkeys(str(error.message) for error in refused.errors))
            except Conflict as refused:
                problems = [refused.message]
            else:
                messages.success(request, _("已记住这所学校的栏目，并重新预览。"))
                return redirect("exchange:preview", row.pk)
    kinds = {kind.name: kind for kind in sheet_kinds()}
    shown = [
        {
            "view": sheet,
            "fields": [(name, kinds[sheet.kind].header_of(name)) for name in kinds[sheet.kind].columns]
            if sheet.kind in kinds
            else [],
            "needs": [kinds[sheet.kind].header_of(name) for name in kinds[sheet.kind].needs]
            if sheet.kind in kinds
            else [],
        }
        for sheet in queries.sheets_seen(request.actor, row, hints or None)
    ]
    context = {"row": row, "sheets": shown, "kinds": list(words.SHEET_KIND.items()), "problems": problems}
    return render(request, "exchange/columns.html", context, status=422 if problems else 200)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _hint(request: Any, n: int) -> dict[str, Any]:
    kind = request.POST.get(f"s{n}-kind", "")
    return {"kind": kind if kind in words.SHEET_KIND else "", "row": _number(request.POST.get(f"s{n}-row", "")) or None}


def _said(request: Any, n: int, name: str, hint: dict[str, Any]) -> SaidSheet:
    start = f"s{n}-c"
    chosen = {
        _number(key.removeprefix(start)): str(value)
        for key, value in request.POST.items()
        if key.startswith(start) and key.removeprefix(start).isdigit()
    }
    return SaidSheet(name, hint["kind"], hint["row"] or 0, chosen)
