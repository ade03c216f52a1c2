"""The link book of a unit as the actor may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lianfang.foundation.access import one, permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.people import linkbook, perms
from lianfang.people.models import LinkCall, LinkEntry


@dataclass(frozen=True, slots=True)
class LinkLine:
    """An entry with its number as shown; `dial` is empty where the reader may not call it. `call` is the last one."""

    entry: LinkEntry
    number: str
    dial: str
    call: LinkCall | None

    @property
    def wrong(self) -> bool:
        """Whether the last call found a wrong number, which nobody has mended yet."""
        return self.call is not None and self.call.outcome == LinkCall.Outcome.WRONG_NUMBER


@dataclass(frozen=True, slots=True)
class LinkBook:
    """The book of a unit. `wrong` counts numbers to be mended, whatever the filter shows."""

    unit: Unit
    lines: tuple[LinkLine, ...]
    wrong: int
    may_call: bool
    may_manage: bool


def link_book(actor: Actor, unit_id: int, on: date, *, wrong_only: bool = False) -> LinkBook:
    """Entries in force on a day, by kind. Somebody's own number is masked for those who may not call.

    Raises Forbidden, NotFound. Three queries, however many entries.
    """
    unit = unit_for(actor, perms.LINKBOOK_VIEW, unit_id)
    may_call = actor.scope(perms.LINKBOOK_CALL).covers_path(unit.path)
    kinds = {kind: place for place, kind in enumerate(linkbook.KINDS)}
    rows = sorted(
        LinkEntry.objects.in_force(on).filter(unit=unit).order_by("order", "pk"),
        key=lambda r: kinds.get(r.kind, len(kinds)),
    )
    last = _last_calls(rows)
    lines = tuple(line(row, last.get(row.pk), may_call) for row in rows)
    wrong = [item for item in lines if item.wrong]
    return LinkBook(
        unit=unit,
        lines=tuple(wrong) if wrong_only else lines,
        wrong=len(wrong),
        may_call=may_call,
        may_manage=actor.scope(perms.LINKBOOK_MANAGE).covers_path(unit.path),
    )


def line(row: LinkEntry, call: LinkCall | None, may_call: bool) -> LinkLine:
    """An entry as somebody sees it who may call, or not."""
    shown = may_call or not row.private
    return LinkLine(row, row.phone if shown else linkbook.masked(row.phone), row.phone if shown else "", call)


def _last_calls(rows: Sequence[LinkEntry]) -> dict[int, LinkCall]:
    calls = LinkCall.objects.filter(entry_id__in=[r.pk for r in rows]).select_related("called_by")
    return {call.entry_id: call for call in calls.order_by("called_at", "pk")}


def link_for(actor: Actor, entry_id: int) -> LinkEntry:
    """An entry in force that the actor may change. Raises Forbidden, NotFound."""
    scope = permit(actor, perms.LINKBOOK_MANAGE)
    rows = LinkEntry.objects.in_scope(scope).filter(void_at=None, ends=None).select_related("unit")
    row: LinkEntry = one(rows, pk=entry_id)
    return row
