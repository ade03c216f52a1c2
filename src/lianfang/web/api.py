"""API of Today, overview and search: the same queries as the pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.utils.translation import get_language
from ninja import Router, Schema
from pydantic import Field

from lianfang.duties.queries import Owed
from lianfang.foundation.access import access, signed_in
from lianfang.foundation.apischemas import ERRORS, Day, Given
from lianfang.reporting.queries import Row
from lianfang.web import overview as overviews
from lianfang.web import perms, queries
from lianfang.web.today import today as make_today

router = Router(tags=["web"])


class TodayDutyOut(Schema):
    """A duty in short."""

    id: int
    kind: str
    label: str
    unit_id: int
    unit: str
    day: date
    due_at: datetime
    done_at: datetime | None
    state: str
    link: str


class TodayChangeOut(Schema):
    """A class whose figures changed."""

    unit_id: int
    unit: str
    new_ill: int
    fever: int
    returned: int
    absent_ill: int


class TodaySchoolOut(Schema):
    """An institution whose signed figures differ from those of the school day before; null: not signed that day."""

    unit_id: int
    unit: str
    absent_ill: int
    absent_ill_before: int | None
    fever: int
    fever_before: int | None


class TodaySubjectOut(Schema):
    """Somebody one reports for."""

    person_id: int
    name: str
    unit_id: int
    unit: str
    reported: bool


class TodayOut(Schema):
    """What I owe now, what is late below me, what changed since yesterday, for whom I report."""

    day: date
    owed: list[TodayDutyOut]
    done: list[TodayDutyOut]
    late: list[TodayDutyOut]
    late_total: int
    changes: list[TodayChangeOut]
    schools: list[TodaySchoolOut]
    schools_total: int
    subjects: list[TodaySubjectOut]


class OverviewRowOut(Schema):
    """A unit of the overview; a count that is null is hidden because it is small."""

    unit_id: int
    unit: str
    state: str
    answered: int
    below: int
    counts: dict[str, int | None] | None


class TrendOut(Schema):
    """A school day of the trend; null where nothing was signed."""

    day: date
    absent_ill: int | None
    fever: int | None


class OverviewOut(Schema):
    """The overview of a unit on a day."""

    unit_id: int
    unit: str
    day: date
    state: str
    totals: dict[str, int | None]
    rows: list[OverviewRowOut]
    trend: list[TrendOut]


class TopOut(Schema):
    """A unit where one's overview begins."""

    unit_id: int
    unit: str


class SearchIn(Given):
    """What to look for: a part of a name, or a whole ID or mobile number."""

    q: Annotated[str, Field(max_length=60)]


class FoundOut(Schema):
    """What a search answers."""

    units: list[dict[str, Any]]
    persons: list[dict[str, Any]]
    more: bool


def _owed(duty: Owed) -> dict[str, Any]:
    return {
        "id": duty.id,
        "kind": duty.kind,
        "label": duty.label.text(get_language() or ""),
        "unit_id": duty.unit_id,
        "unit": duty.unit_name,
        "day": duty.day,
        "due_at": duty.due_at,
        "done_at": duty.done_at,
        "state": duty.state,
        "link": duty.link,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "unit_id": row.unit.pk,
        "unit": row.unit.name,
        "state": row.state,
        "answered": row.answered,
        "below": row.below,
        "counts": dict(row.counts) if row.counts is not None else None,
    }


@router.get("/today", response={200: TodayOut, **ERRORS})
@signed_in
def today(request: Any) -> Any:
    """The Today page as data."""
    page = make_today(request.actor, request.now)
    return {
        "day": page.day,
        "owed": [_owed(d) for d in page.owed],
        "done": [_owed(d) for d in page.done],
        "late": [_owed(d) for d in page.late.rows] if page.late else [],
        "late_total": page.late.total if page.late else 0,
        "changes": [
            {
                "unit_id": c.unit.pk,
                "unit": c.unit.name,
                "new_ill": c.new_ill,
                "fever": c.fever,
                "returned": c.returned,
                "absent_ill": c.absent_ill,
            }
            for c in page.below or ()
        ],
        "schools": [
            {
                "unit_id": line.unit.pk,
                "unit": line.unit.name,
                "absent_ill": line.absent_ill,
                "absent_ill_before": line.ill_before,
                "fever": line.fever,
                "fever_before": line.fever_before,
            }
            for line in (page.schools.rows if page.schools else ())
        ],
        "schools_total": page.schools.total if page.schools else 0,
        "subjects": [
            {
                "person_id": s.person_id,
                "name": s.name,
                "unit_id": s.unit.pk,
                "unit": s.unit.name,
                "reported": bool(s.reports),
            }
            for s in page.subjects
        ],
    }


@router.get("/overview", response={200: list[TopOut], **ERRORS})
@access(perms.OVERVIEW)
def overview_tops(request: Any) -> Any:
    """The units where my overview begins."""
    return [{"unit_id": u.pk, "unit": u.name} for u in overviews.tops(request.actor)]


@router.get("/overview/{unit_id}", response={200: OverviewOut, **ERRORS})
@access(perms.OVERVIEW)
def overview(request: Any, unit_id: int, day: Day | None = None) -> Any:
    """The overview of a unit on a day; without a day its last school day."""
    page = overviews.overview(request.actor, unit_id, day, request.now)
    return {
        "unit_id": page.board.unit.pk,
        "unit": page.board.unit.name,
        "day": page.day,
        "state": page.board.line.state.value,
        "totals": {name: (page.totals or {}).get(name) for name in overviews.SHOWN_FIELDS},
        "rows": [_row(row) for row in page.board.rows],
        "trend": [{"day": d.day, "absent_ill": d.absent_ill, "fever": d.fever} for d in page.trend],
    }


@router.post("/search", response={200: FoundOut, **ERRORS})
@access(perms.SEARCH)
def search(request: Any, data: SearchIn) -> Any:
    """Units and persons by name, within one's reach. Posted, so that no name stands in an address."""
    found = queries.find(request.actor, data.q.strip()[:60])
    return {
        "units": [{"id": u.id, "name": u.name, "above": u.above, "kind": u.kind} for u in found.units],
        "persons": [{"id": p.id, "name": p.name, "units": p.units} for p in found.persons],
        "more": found.more,
    }
