"""From stored changes to what `people` applies, and from what `people` knows to a sheet of the same shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from lianfang.exchange.models import RosterChange
from lianfang.exchange.planning import Change
from lianfang.people.roster import RosterGuardian, RosterPost, RosterRow


def stored(change: Change, import_id: int) -> RosterChange:
    """A row of the changeset as it is kept."""
    shown = {"name": change.name, "where": change.where, "differences": change.differences, "row": change.proposed}
    return RosterChange(
        roster_import_id=import_id,
        sheet=change.sheet,
        row=change.row,
        kind=change.kind,
        person_id=change.person_id,
        membership_id=change.membership_id,
        raw=json.dumps(change.raw, ensure_ascii=False),
        proposed=json.dumps(shown, ensure_ascii=False),
        errors=change.errors,
        subject=change.subject,
        where=change.where[:60],
        fault=change.errors[0]["code"] if change.errors else "",
    )


def content_of(change: RosterChange) -> dict[str, Any]:
    """Name, where, differences and the proposed row; empty once it was erased."""
    content: dict[str, Any] = json.loads(change.proposed) if change.proposed else {}
    return content


def roster_row(change: RosterChange, begins: date, units: Mapping[str, int]) -> RosterRow | None:
    """What `people.actions.apply_roster` takes; `units` gives the ids of units that this import made, by key.

    None for a change without a row of its own (somebody leaves).
    """
    row = content_of(change).get("row")
    if not row or "kind" not in row:
        return None
    person_id, place = change.person_id, row["unit"]
    if change.kind in ("promote", "graduate") and change.decision == "decline":
        place = row["repeat"]  # the pupil stays another year
    elif change.kind == "graduate":
        return None
    if change.kind == "merge":
        same = change.decision == "accept"
        if (row["merge"] == "row" and same) or (row["merge"] == "id_number" and not same):
            return None  # the other row stands for both; a number of somebody else goes nowhere
        person_id = person_id if same else None

    def unit_id(ref: Mapping[str, Any] | None) -> int | None:
        if not ref:
            return None
        return int(ref["id"]) if ref["id"] else units[str(ref["new"])]

    posts = ((str(p["role"]), unit_id(p["unit"])) for p in row.get("posts", ()))
    return RosterRow(
        kind=row["kind"],
        name=row["name"],
        begins=begins,
        unit_id=unit_id(place),
        number=row["number"],
        order=int(row["order"]),
        sex=row["sex"],
        birth_date=date.fromisoformat(row["birth_date"]) if row["birth_date"] else None,
        id_type=row["id_type"],
        id_number=row["id_number"],
        phone=row["phone"],
        person_id=person_id,
        guardians=tuple(RosterGuardian(**guardian) for guardian in row["guardians"]),
        posts=tuple(RosterPost(role, at) for role, at in posts if at is not None),
        dormitory_id=unit_id(row["dormitory"]),
        address=row["address"],
    )
