"""A school year rolled over: the form; what it would do is shown as every changeset is."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from lianfang.exchange import actions, perms, queries
from lianfang.exchange.forms import RolloverForm
from lianfang.exchange.sheets import MAX_BYTES
from lianfang.foundation.access import access
from lianfang.foundation.errors import Conflict, Invalid
from lianfang.foundation.models import Unit


@access(perms.ROSTER_IMPORT)
def rollover(request: Any) -> HttpResponse:
    """Say how the new year begins; the rehearsal follows."""
    schools = queries.rolling_institutions(request.actor)
    units = Unit.objects.filter(pk__in=[unit.pk for unit in schools])
    initial = {"effective": queries.next_school_year(schools[0], request.now) if schools else None, "teachers": True}
    form = RolloverForm(request.POST or None, request.FILES or None, units=units, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        data, file = form.cleaned_data, form.cleaned_data["file"]
        try:
            row = actions.start_rollover(
                request.actor,
                request.now,
                institution=data["unit"],
                effective=data["effective"],
                last_grade=data["last_grade"],
                first_classes=data["first_classes"],
                reshuffle=tuple(int(grade) for grade in data["reshuffle"]),
                teachers=data["teachers"],
                name=file.name if file else "",
                content=file.read(MAX_BYTES + 1) if file else None,
            )
            return redirect("exchange:preview", row.pk)
        except Invalid as refused:
            for error in refused.errors:
                form.add_error(error.field if error.field in form.fields else None, error.message)
        except Conflict as refused:
            form.add_error(None, refused.message)
            status = 409
    if form.errors and status == 200:
        status = 422
    done = queries.rollovers(request.actor)[:20]
    return render(request, "exchange/rollover.html", {"form": form, "done": done}, status=status)
