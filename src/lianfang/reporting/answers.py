"""What the checks of `daily` answer for classes, as counts of a report kind (ADR 0007)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lianfang.daily.models import RollCheck
from lianfang.daily.queries import class_figures
from lianfang.rulepacks.catalogs.reporting import ReportKind


@dataclass(frozen=True, slots=True)
class Answer:
    """A class's check: its counts by field, and both times. `first_received_at` is that of the first version, which is
    what lateness looks at; `corrected` says that the check has been corrected since."""

    check_id: int
    counts: Mapping[str, int]
    true_at: datetime
    received_at: datetime
    first_received_at: datetime
    corrected: bool
    stand_in: bool
    on_paper: bool


def class_answers(
    kind: ReportKind, unit_ids: Sequence[int], day: date, known_at: datetime | None = None
) -> dict[int, Answer]:
    """The answers of classes that have one, by unit id; as known at an instant. Constant number of queries."""
    if not unit_ids:
        return {}
    rows = RollCheck.objects.filter(unit_id__in=list(unit_ids), day=day, session=kind.session)
    if known_at is not None:
        rows = rows.filter(received_at__lte=known_at)
    versions: dict[int, list[RollCheck]] = {}
    for row in rows.order_by("received_at", "pk"):
        versions.setdefault(row.unit_id, []).append(row)
    figures = class_figures(list(versions), day, kind.session, known_at)
    answers = {}
    for unit_id, checks in versions.items():
        if unit_id not in figures:
            continue
        first, last = checks[0], checks[-1]
        answers[unit_id] = Answer(
            check_id=last.pk,
            counts=_counts(figures[unit_id].as_dict()),
            true_at=last.true_at,
            received_at=last.received_at,
            first_received_at=first.received_at,
            corrected=len(checks) > 1,
            stand_in=last.stand_in,
            on_paper=last.on_paper,
        )
    return answers


def _counts(figures: Mapping[str, int]) -> dict[str, int]:
    """A check calls the whole roll, so everybody on it was expected and has an answer."""
    return {"registered": figures["expected"], "excused": 0, "unanswered": 0, **figures}
