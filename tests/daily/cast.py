"""The district's people at their morning work, and short ways to let them say something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from lianfang.daily.actions import (
    CheckAnswer,
    CheckItem,
    LeaveAnswer,
    LeaveItem,
    ReportAnswer,
    ReportItem,
    record_early_leave,
    save_checks,
    submit_reports,
)
from lianfang.daily.rules import MarkInput, SaidInput
from lianfang.foundation.actor import Actor
from tests.district import DAY, MORNING, District, make_district

__all__ = ["DAY", "MORNING", "Morning", "make_morning"]


class Morning:
    """Who says what. Every verb returns the answer or raises what the action gave for the item."""

    def __init__(self, district: District) -> None:
        self.d = district

    def actor(self, part: str, now: datetime = MORNING) -> Actor:
        return self.d.actor(part, now)

    def unit(self, key: str = "class1") -> int:
        return self.d.units[key].pk

    def pupil(self, seat: int, key: str = "class1") -> int:
        return self.d.pupils[key][seat].pk

    def check(
        self,
        part: str = "teacher",
        *,
        marks: Sequence[MarkInput] = (),
        now: datetime = MORNING,
        day: date | None = None,
        unit: str = "class1",
        session: str = "morning",
        client_id: UUID | None = None,
        **more: Any,
    ) -> CheckAnswer:
        item = CheckItem(
            actor=self.actor(part, now),
            client_id=client_id or uuid4(),
            unit_id=self.unit(unit),
            day=day or (now + timedelta(hours=8)).date(),
            session=session,
            marks=marks,
            **more,
        )
        return _taken(save_checks([item]))

    def report(
        self,
        part: str,
        person_id: int,
        *,
        now: datetime = MORNING - timedelta(minutes=35),
        client_id: UUID | None = None,
        said: SaidInput | None = None,
        true_at: datetime | None = None,
        client_now: datetime | None = None,
        corrects: int | None = None,
        day: date | None = None,
        **words: Any,
    ) -> ReportAnswer:
        item = ReportItem(
            actor=self.actor(part, now),
            client_id=client_id or uuid4(),
            person_id=person_id,
            said=said or SaidInput(**words),
            true_at=true_at,
            client_now=client_now,
            corrects=corrects,
            day=day,
        )
        return _taken(submit_reports([item]))

    def leave(
        self, part: str, person_id: int, now: datetime = MORNING, unit: str = "class1", **more: Any
    ) -> LeaveAnswer:
        item = LeaveItem(
            actor=self.actor(part, now), client_id=uuid4(), person_id=person_id, unit_id=self.unit(unit), **more
        )
        return _taken(record_early_leave([item]))


def _taken(results: Sequence[Any]) -> Any:
    (result,) = results
    if isinstance(result, Exception):
        raise result
    return result


def make_morning(size: int = 8) -> Morning:
    return Morning(make_district(size))


def absent(person_id: int, cause: str = "illness", **more: Any) -> MarkInput:
    return MarkInput(person_id, "absent", cause=cause, **more)


def ill(person_id: int, *symptoms: str, **more: Any) -> MarkInput:
    return MarkInput(person_id, "present", symptoms=symptoms, **more)
