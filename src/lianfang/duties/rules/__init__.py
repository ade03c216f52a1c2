"""What follows from a duty's instants and its terms: its state, its next step, and whether a day asks for it.

Pure functions of dataclasses and an explicit `now` (aware). Instants are UTC, days are local to the unit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from lianfang.kernel.calendar import DayBasis, SchoolCalendar
from lianfang.kernel.clock import at_local, zone
from lianfang.kernel.decisions import Decision, Reason
from lianfang.kernel.labels import Label
from lianfang.rulepacks.catalogs.reporting import Due, DutyTemplate, ReportKind

State = Literal["open", "due_soon", "overdue", "done", "done_late", "excused"]
STATES: tuple[State, ...] = ("overdue", "due_soon", "open", "done_late", "done", "excused")
SOON = timedelta(minutes=30)
REMIND_AGAIN_AFTER = timedelta(minutes=10)
RULE = "duty_templates"


@dataclass(frozen=True, slots=True)
class Facts:
    """A duty as the rules see it."""

    kind: str
    version: str
    opens_at: datetime
    due_at: datetime
    closes_at: datetime | None = None
    done_at: datetime | None = None
    excused_at: datetime | None = None
    excuse: str = ""
    excuse_fact: Mapping[str, Any] | None = None


def state(duty: Facts, now: datetime) -> Decision[State]:
    """The state of a duty at `now`, why, and when time alone changes it.

    Done counts before excused; exactly at the deadline is still in time; late follows from `done_at`, which is when we
    received it.
    """
    rule = f"{RULE}.{duty.kind}"
    due = {"due_at": duty.due_at}
    if duty.done_at is not None:
        late = duty.done_at > duty.due_at
        value: State = "done_late" if late else "done"
        return Decision(value, (Reason(rule, duty.version, {**due, "received_at": duty.done_at}, f"duty.{value}"),))
    if duty.excused_at is not None:
        facts = {"excused_at": duty.excused_at, "reason": duty.excuse, **(duty.excuse_fact or {})}
        key = "duty.excused_by_calendar" if duty.excuse_fact else "duty.excused"
        return Decision("excused", (Reason(rule, duty.version, facts, key),))
    if now > duty.due_at:
        return Decision("overdue", (Reason(rule, duty.version, due, "duty.overdue"),))
    soon_from = max(duty.due_at - SOON, duty.opens_at)
    just_after = duty.due_at + timedelta(microseconds=1)
    if now >= soon_from:
        return Decision("due_soon", (Reason(rule, duty.version, due, "duty.due_soon"),), just_after)
    return Decision("open", (Reason(rule, duty.version, due, "duty.open"),), soon_from)


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told in an escalation: a role at the unit's level of that name; an authority by its capacity."""

    role: str
    level: str
    capacity: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: so many minutes after the deadline (before: negative) the holder is reminded, others are told."""

    minutes: int
    remind: bool
    tell: tuple[Telling, ...] = ()

    def at(self, due_at: datetime) -> datetime:
        return due_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what a duty was raised: names, who may do it instead, and the steps in the order of time."""

    label: Label
    text: Label
    holder_role: str
    stand_in: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "label": {"zh": self.label.zh, "en": self.label.en},
            "text": {"zh": self.text.zh, "en": self.text.en},
            "holder_role": self.holder_role,
            "stand_in": list(self.stand_in),
            "steps": [
                {"minutes": s.minutes, "remind": s.remind, "tell": [[t.role, t.level, t.capacity] for t in s.tell]}
                for s in self.steps
            ],
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Terms:
        """The terms as written by `as_json`."""
        return cls(
            Label(**body["label"]),
            Label(**body["text"]),
            body["holder_role"],
            tuple(body["stand_in"]),
            tuple(Step(s["minutes"], s["remind"], tuple(Telling(*t) for t in s["tell"])) for s in body["steps"]),
        )


def terms_of(template: DutyTemplate) -> Terms:
    """The terms of a template. A reminder and an escalation of the same minute are one step."""
    minutes = sorted({*template.reminders, *(e.after_minutes for e in template.escalations)})
    steps = tuple(
        Step(
            at,
            at in template.reminders,
            tuple(Telling(e.role, e.level, e.capacity or "") for e in template.escalations if e.after_minutes == at),
        )
        for at in minutes
    )
    text = template.text or template.label
    return Terms(template.label, text, template.holder.role, template.holder.stand_in, steps)


def terms_for(terms: Terms, role: str) -> Terms:
    """The same terms for another holder, without stand-ins: a decision names who carries it out."""
    return replace(terms, holder_role=role, stand_in=())


def version_for(version: str, role: str) -> str:
    """The name of `terms_for`: 40 hexadecimal digits at most, equal for equal content."""
    return hashlib.sha256(f"{version}:{role}".encode()).hexdigest()[:40]


def next_step_at(steps: Sequence[Step], taken: int, due_at: datetime, closes_at: datetime | None) -> datetime | None:
    """The instant of the first step that was not taken; None when none is left before the duty closes."""
    if taken >= len(steps):
        return None
    at = steps[taken].at(due_at)
    return at if closes_at is None or at < closes_at else None


@dataclass(frozen=True, slots=True)
class Move:
    """What a sweep does: the step to send (None: nothing, the duty has closed), those passed over, and how many are
    taken afterwards. The holder is reminded once if any of them would have reminded."""

    send: int | None
    skipped: tuple[int, ...]
    taken: int
    remind: bool


def move(steps: Sequence[Step], taken: int, due_at: datetime, closes_at: datetime | None, now: datetime) -> Move | None:
    """The move for a duty at `now`; None when no step is due.

    After an interruption only the newest due step is sent and the earlier ones are passed over: nobody gets a burst of
    reminders that time has overtaken. Whom the earlier ones would have told is told with it, once. Once the duty has
    closed, all that is left is passed over in silence.
    """
    due = [number for number in range(taken, len(steps)) if steps[number].at(due_at) <= now]
    if closes_at is not None and now >= closes_at:
        left = tuple(range(taken, len(steps)))
        return Move(None, left, len(steps), False) if left else None
    if not due:
        return None
    return Move(due[-1], tuple(due[:-1]), due[-1] + 1, any(steps[number].remind for number in due))


@dataclass(frozen=True, slots=True)
class Hours:
    """When a recurring duty of one day opens, is due and closes."""

    opens_at: datetime
    due_at: datetime
    closes_at: datetime


def hours(template: DutyTemplate, report_kinds: Mapping[str, ReportKind], day: date, time_zone: str) -> Hours | None:
    """The instants of a template on a local day; None where its report kind or level is switched off or missing, and for
    a duty of shifts (`shift_hours`).

    Grace is part of the deadline. Without `opens` it opens when the report's level opens, else with the day; without
    `closes` it closes with the day.
    """
    due = template.due
    opens = template.opens
    grace = timedelta()
    last = day
    if due.report_kind is not None:
        kind = report_kinds.get(due.report_kind)
        level = kind.levels.get(due.level or "") if kind is not None and kind.enabled else None
        if level is None:
            return None
        at, opens, grace = level.due, opens or level.opens, timedelta(minutes=level.grace_minutes)
    elif due.at is not None:
        at, last = due.at, day + timedelta(days=due.after_days)
    else:
        return None
    due_at = at_local(last, at, time_zone) + grace
    opens_at = min(at_local(day, opens or "00:00", time_zone), due_at)
    closes_at = at_local(last, template.closes or "24:00", time_zone)
    return Hours(opens_at, due_at, max(closes_at, due_at))


HAND_OVER_OPENS = timedelta(hours=1)


def shift_hours(due: Due, begins: datetime, ends: datetime) -> Hours:
    """The instants of a duty of one shift. One of its beginning opens with it and closes with its end, so that it is
    always owed by whoever is on duty; one of its end opens an hour before."""
    later = timedelta(minutes=due.minutes)
    if due.shift == "begins":
        due_at = max(begins, min(begins + later, ends))
        return Hours(begins, due_at, ends)
    due_at = max(begins, ends + later)
    return Hours(max(begins, min(ends - HAND_OVER_OPENS, due_at)), due_at, max(ends, due_at))


def period_of(every: str, day: date) -> str:
    """What a recurring duty of a day is called: the day, its ISO week or its month. One of a name is raised."""
    if every == "week":
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{day:%Y-%m}" if every == "month" else day.isoformat()


def period_of_shift(begins: datetime, time_zone: str) -> str:
    """What a duty of a shift is called: its local beginning."""
    return begins.astimezone(zone(time_zone)).strftime("%Y-%m-%dT%H:%M")


def asks_for(template: DutyTemplate, calendar: SchoolCalendar, day: date) -> Decision[bool]:
    """Whether a template raises its duty on a local day, with the word of the calendar that decided."""
    answer = calendar.reason(day)
    facts: dict[str, object] = {"day": day, "basis": answer.basis, "every": template.every}
    if answer.exception is not None:
        facts |= {"declared": answer.exception.kind, "source": answer.exception.source}
    wanted = template.enabled and template.in_force(day)
    by_school_day = template.every in ("school_day", "week", "month") and answer.is_school_day
    wanted = wanted and (template.every == "every_day" or by_school_day)
    reason = Reason(f"{RULE}.{template.id}", template.version, facts, "duty.asked" if wanted else "duty.not_asked")
    return Decision(wanted, (reason,))


def calendar_fact(calendar: SchoolCalendar, day: date) -> dict[str, Any] | None:
    """The word of the calendar that makes a day no school day, JSON-able; None for a school day."""
    answer = calendar.reason(day)
    if answer.is_school_day:
        return None
    fact: dict[str, Any] = {"day": day.isoformat(), "basis": answer.basis.value}
    if answer.basis is DayBasis.EXCEPTION and answer.exception is not None:
        fact |= {"declared": answer.exception.kind.value, "source": answer.exception.source}
    return fact


def on_time_rate(counts: Mapping[str, int]) -> float | None:
    """Share of what was done in time among everything that had to be done by now; None when nothing had to be."""
    owed = counts.get("done", 0) + counts.get("done_late", 0) + counts.get("overdue", 0)
    return counts.get("done", 0) / owed if owed else None


_CLASS_POSTS = frozenset({"homeroom_teacher", "subject_teacher", "lesson_teacher", "dormitory_keeper"})
_SCHOOL_POSTS = _CLASS_POSTS | {"grade_head", "school_nurse", "epidemic_reporter", "leader_on_duty", "gate_guard"}
HANDS_OVER: Mapping[str, frozenset[str]] = {
    "principal": _SCHOOL_POSTS,
    "system_admin": _SCHOOL_POSTS,
    "epidemic_reporter": _CLASS_POSTS | {"grade_head", "school_nurse"},
    "grade_head": _CLASS_POSTS,
}


def may_hand_over(held_above: Set[str], role: str) -> bool:
    """Whether somebody who holds these roles at or above a unit may hand over another's post there.

    Nobody gives away a post above their own: a principal's is handed over by the principal alone.
    """
    return any(role in HANDS_OVER.get(held, ()) for held in held_above)
