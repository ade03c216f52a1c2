"""What a guardian, the person or the teacher said earlier today is never covered by a tap (H2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from lianfang.daily.rules.marks import Mark

Kind = Literal["fever", "symptoms", "absence"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A report of the day as far as it can contradict a check."""

    report_id: int
    person_id: int
    channel: str
    fever: bool
    symptoms: tuple[str, ...]
    absent: bool
    cause: str
    temperature: Decimal | None
    received_at: datetime

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What it says against "present and well"; empty when it says the same."""
        named: list[Kind] = []
        if self.absent:
            named.append("absence")
        if self.fever:
            named.append("fever")
        if set(self.symptoms) - {"fever"}:
            named.append("symptoms")
        return tuple(named)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A report that the check does not answer, and in what."""

    person_id: int
    report_id: int
    channel: str
    kinds: tuple[Kind, ...]


def _agrees(kind: Kind, mark: Mark) -> bool:
    if mark.absent:
        return True
    if kind == "fever":
        return mark.fever
    if kind == "symptoms":
        return mark.symptomatic
    return False


def contradictions(
    statements: Iterable[Statement],
    marks: Mapping[int, Mark],
    settled_at: datetime | None = None,
    settled: Mapping[int, datetime] | None = None,
) -> list[Contradiction]:
    """Reports that are neither agreed with nor answered by a mark, in the order given.

    Who has no mark is claimed to be present and well. A mark answers a report by naming its id. Reports received up
    to `settled_at` are left out: an earlier check of the same day was accepted after them, so they were answered there.
    `settled` says the same of single persons, whom another group's check of the day answered for.
    """
    open_: list[Contradiction] = []
    for said in statements:
        if settled_at is not None and said.received_at <= settled_at:
            continue
        answered = (settled or {}).get(said.person_id)
        if answered is not None and said.received_at <= answered:
            continue
        mark = marks.get(said.person_id)
        if mark is not None and said.report_id in mark.answers:
            continue
        kinds = tuple(k for k in said.kinds if mark is None or not _agrees(k, mark))
        if kinds:
            open_.append(Contradiction(said.person_id, said.report_id, said.channel, kinds))
    return open_
