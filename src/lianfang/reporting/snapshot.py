"""What a signature freezes: counts and references, no names, and the mark by which a signer proves what was looked at."""

from __future__ import annotations

import hashlib
from typing import Any

from lianfang.foundation.journal import canonical
from lianfang.kernel.decisions import to_json
from lianfang.reporting import rules
from lianfang.reporting.kinds import lowest_level
from lianfang.reporting.picture import Line, Picture


def basis_of(picture: Picture) -> dict[str, Any]:
    """What the figures rest on, JSON-able: calendar, rule versions, hours, every unit below with state and counts."""
    line, gathered = picture.line, picture.gathered
    declared = line.day_reason.exception
    decision = rules.verdict(picture.kind, gathered.figures)
    return {
        "facts_at": to_json(picture.at),
        "calendar": {
            "is_school_day": line.day_reason.is_school_day,
            "basis": to_json(line.day_reason.basis),
            "known_at": to_json(declared.known_at) if declared is not None else None,
        },
        "rules": {
            "kind": picture.kind.id,
            "version": picture.kind.version,
            "code": rules.RULES_VERSION,
            "set_by": line.owed.rules_set_by,
        },
        "hours": {
            "opens_at": to_json(line.owed.hours.opens_at),
            "due_at": to_json(line.owed.hours.due_at),
            "late_after": to_json(line.owed.hours.late_after),
            "time_zone": line.owed.time_zone,
        },
        "units": [_unit(child) for child in line.children],
        "lowest": [_unit(low) for low in lowest_of(picture)],
        "unanswered": list(gathered.unanswered),
        "unsigned": list(gathered.unsigned),
        "excused": list(gathered.excused),
        "broken": list(gathered.broken),
        "reasons": [reason.as_json() for reason in decision.reasons],
    }


def lowest_of(picture: Picture) -> list[Line]:
    """The lines of the kind's lowest level, however deep they stand: the classes of a school."""
    level_id = lowest_level(picture.kind)
    return [low for child in picture.line.children for low in child.lowest() if low.owed.level_id == level_id]


def _unit(line: Line) -> dict[str, Any]:
    """One unit of a snapshot; counts that are 0 are left out."""
    answered = line.counts is not None
    return {
        "unit": line.unit.pk,
        "level": line.owed.level_id,
        "state": line.state.value,
        "source": line.source,
        "check": line.answer.check_id if line.answer is not None else None,
        "report": line.report.pk if line.report is not None else None,
        "late": line.lateness.late,
        "members": line.members,
        "counts": {name: n for name, n in (line.counts or {}).items() if n} if answered else None,
    }


def seen_mark(picture: Picture) -> str:
    """A short mark of what a form shows. A signature names the mark; when facts have changed since, it differs."""
    gathered, report = picture.gathered, picture.line.report
    shown = {
        "figures": dict(gathered.figures),
        "outstanding": sorted(gathered.outstanding),
        "report": report.pk if report is not None else None,
        "version": picture.kind.version,
    }
    return hashlib.sha256(canonical(shown)).hexdigest()[:16]
