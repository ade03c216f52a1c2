"""What comes in: one item of a batch, with who sends it, the client's id and the client's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from lianfang.daily.actions.answers import shallow
from lianfang.daily.rules import MarkInput, SaidInput
from lianfang.foundation.actor import Actor
from lianfang.foundation.receipts import Submission


@dataclass(frozen=True, kw_only=True)
class Item:
    """Common to all. `actor.now` is when we received it; `true_at` is when it was so, None for just now; `client_now`
    the sending phone's clock. A repeated `client_id` with the same content gets the earlier answer."""

    actor: Actor
    client_id: UUID
    true_at: datetime | None = None
    client_now: datetime | None = None
    on_paper: bool = False
    corrects: int | None = None

    @property
    def now(self) -> datetime:
        return self.actor.now

    def content(self) -> dict[str, Any]:
        """What is sent again unchanged when the phone repeats itself: everything but the actor and the clock at sending."""
        return {
            "true_at": self.true_at,
            "on_paper": self.on_paper,
            "corrects": self.corrects,
        }

    def submission(self) -> Submission:
        return Submission(self.actor.agent, self.client_id, self.content())


@dataclass(frozen=True, kw_only=True)
class CheckItem(Item):
    """A roll called. Who has no mark was present and well; `all_well` says so of everybody. `reason` is why it is corrected.
    `sheet` is the printed roll from which it was entered afterwards."""

    unit_id: int
    day: date
    session: str
    marks: Sequence[MarkInput] = ()
    all_well: bool = False
    reason: str = ""
    sheet: UUID | None = None

    def content(self) -> dict[str, Any]:
        return {
            **super().content(),
            "unit_id": self.unit_id,
            "day": self.day,
            "session": self.session,
            "marks": [shallow(mark) for mark in self.marks],
            "all_well": self.all_well,
            "reason": self.reason,
            **({"sheet": self.sheet} if self.sheet is not None else {}),
        }


@dataclass(frozen=True, kw_only=True)
class ReportItem(Item):
    """A person's health on a day: by themselves, their guardian, or their class. `day` None: the day of `true_at`."""

    person_id: int
    said: SaidInput = field(default_factory=SaidInput)
    day: date | None = None
    contact_case: bool = False
    contact_region: bool = False
    track: str = ""

    def content(self) -> dict[str, Any]:
        return {
            **super().content(),
            "person_id": self.person_id,
            "said": shallow(self.said),
            "day": self.day,
            "contact_case": self.contact_case,
            "contact_region": self.contact_region,
            "track": self.track,
        }


@dataclass(frozen=True, kw_only=True)
class LeaveItem(Item):
    """A person left before the end of the day; `true_at` is when. `said.cause` is why."""

    person_id: int
    unit_id: int
    said: SaidInput
    fetched_by: str = ""
    hospital: str = ""
    note: str = ""

    def content(self) -> dict[str, Any]:
        return {
            **super().content(),
            "person_id": self.person_id,
            "unit_id": self.unit_id,
            "said": shallow(self.said),
            "fetched_by": self.fetched_by,
            "hospital": self.hospital,
            "note": self.note,
        }
