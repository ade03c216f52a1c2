"""Notices about duties, for many at once: who is to be told what. No actor; used by the sweeper and by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianfang.comms.actions import NewNotice
from lianfang.comms.texts import instant_parameter, label_parameter
from lianfang.duties import holders
from lianfang.duties.models import DutyStep
from lianfang.duties.rules import Step, Telling, Terms
from lianfang.foundation.units import time_zones
from lianfang.kernel.clock import local_date


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice about a duty that nobody has sent yet; without `accounts` there is nobody to tell."""

    kind: str
    role: str
    accounts: tuple[int, ...]
    notice: NewNotice | None


@dataclass(frozen=True)
class Teller:
    """Everything needed to address notices about a set of duties, read in a fixed number of queries."""

    tree: holders.Tree
    book: holders.Book
    zones: dict[int, str]
    now: datetime

    def holder(self, duty: Any, terms: Terms) -> tuple[str, tuple[int, ...]]:
        """The role that owes the duty now, and its accounts: the holder's own, or the first stand-in anybody holds."""
        return self.book.first_of(duty.unit_id, (duty.holder_role, *terms.stand_in))

    def step(self, duty: Any, terms: Terms, step: Step, remind: bool, dedupe: str) -> list[Draft]:
        """The drafts of a step: the reminder of the holder, and who is told of its escalation."""
        drafts = []
        if remind:
            role, accounts = self.holder(duty, terms)
            overdue = self.now > duty.due_at
            drafts.append(
                self._draft(
                    DutyStep.Kind.REMINDER,
                    role or duty.holder_role,
                    accounts,
                    duty,
                    "duties.overdue" if overdue else "duties.reminder",
                    {"text": label_parameter(terms.text), **self._words(duty, terms)},
                    f"{dedupe}:holder",
                    high=overdue,
                )
            )
        for telling in step.tell:
            accounts = self.told(duty, telling)
            drafts.append(
                self._draft(
                    DutyStep.Kind.ESCALATION,
                    telling.role,
                    accounts,
                    duty,
                    "duties.escalated",
                    self._words(duty, terms),
                    f"{dedupe}:{telling.role}:{telling.level}",
                    high=True,
                )
            )
        return drafts

    def told(self, duty: Any, telling: Telling) -> tuple[int, ...]:
        """Accounts that an escalation reaches."""
        places = self.tree.place(self.tree.units[duty.unit_id], telling)
        return tuple(dict.fromkeys(a for place in places for a in self.book.at(place, telling.role)))

    def by_hand(self, duty: Any, terms: Terms, by: str, dedupe: str) -> Draft:
        """The draft of a reminder that a person sends."""
        role, accounts = self.holder(duty, terms)
        words = {"by": by, **self._words(duty, terms)}
        return self._draft(
            DutyStep.Kind.BY_HAND, role or duty.holder_role, accounts, duty, "duties.by_hand", words, dedupe, high=True
        )

    def _words(self, duty: Any, terms: Terms) -> dict[str, Any]:
        return {
            "what": label_parameter(terms.label),
            "unit": self.tree.units[duty.unit_id].name,
            "due": instant_parameter(duty.due_at, self.zones[duty.unit_id]),
        }

    def _draft(
        self,
        kind: str,
        role: str,
        accounts: tuple[int, ...],
        duty: Any,
        text_key: str,
        params: dict[str, Any],
        dedupe: str,
        *,
        high: bool,
    ) -> Draft:
        notice = NewNotice(
            text_key=text_key,
            params=params,
            accounts=accounts,
            link=f"/duties/{duty.pk}/",
            importance="high" if high else "normal",
            unit_id=duty.unit_id,
            dedupe=dedupe,
        )
        return Draft(kind, role, accounts, notice if accounts else None)


def teller(duties: Sequence[Any], terms: Iterable[Terms], now: datetime) -> Teller:
    """A teller for duties whose `unit` is loaded. At most seven queries, however many duties."""
    listed = list(terms)
    tellings = [t for item in listed for step in item.steps for t in step.tell]
    units = {duty.unit_id: duty.unit for duty in duties}
    known = holders.tree(units.values(), [t.capacity for t in tellings], local_date(now))
    roles = {t.role for t in tellings}
    roles |= {role for item in listed for role in (item.holder_role, *item.stand_in)}
    elsewhere = {i for ids in known.authorities.values() for i in ids} - set(known.units)
    places = dict(known.units)
    if elsewhere:
        places |= type(next(iter(known.units.values()))).objects.in_bulk(elsewhere)
    return Teller(known, holders.book(places.values(), roles, now), time_zones(units.values()), now)
