"""The status of a person on a day, derived from everything said about it. Keys are those of `ui.status`, person_day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lianfang.daily.rules.contradictions import Statement, contradictions
from lianfang.daily.rules.marks import LEFT_EARLY, Mark
from lianfang.daily.rules.vocabulary import Vocabulary
from lianfang.kernel.decisions import Decision, Reason

Key = Literal["well", "ill_present", "absent_ill", "absent_other", "left_early", "unanswered", "contradicted"]
RULE = "daily.person_day"


@dataclass(frozen=True, slots=True)
class PersonDay:
    """The facts about one person on one day: the mark of the last effective check (None: present and well, if
    `checked`), the day's effective reports, and the time of leaving early."""

    person_id: int
    checked: bool
    mark: Mark | None = None
    statements: Sequence[Statement] = field(default_factory=tuple)
    left_at: datetime | None = None


def person_day(facts: PersonDay, words: Vocabulary) -> Decision[Key]:
    """The status with its reasons. Time alone never changes it: no data is `unanswered`, never well."""

    def because(key: Key, text_key: str, **used: object) -> Decision[Key]:
        return Decision(key, (Reason(RULE, words.version, used, f"{RULE}.{text_key}"),))

    mark = facts.mark
    if facts.checked:
        open_ = contradictions(facts.statements, {facts.person_id: mark} if mark is not None else {})
        if open_:
            return because("contradicted", "check_against_report", reports=[c.report_id for c in open_])
        if mark is not None and mark.absent:
            ill = words.counts_as(mark.cause) == "ill"
            return because("absent_ill" if ill else "absent_other", "marked_absent", cause=mark.cause)
        if facts.left_at is not None:
            return because("left_early", "left", at=facts.left_at)
        if mark is not None and mark.presence == LEFT_EARLY:
            return because("left_early", "marked_left")
        if mark is not None and mark.symptomatic:
            return because("ill_present", "marked_ill", symptoms=mark.symptoms, temperature=mark.temperature)
        return because("well", "checked")
    if facts.left_at is not None:
        return because("left_early", "left", at=facts.left_at)
    away = next((s for s in facts.statements if s.absent), None)
    if away is not None:
        ill = words.counts_as(away.cause) == "ill"
        return because("absent_ill" if ill else "absent_other", "reported_absent", report=away.report_id)
    unwell = next((s for s in facts.statements if s.kinds), None)
    if unwell is not None:
        return because("ill_present", "reported_ill", report=unwell.report_id)
    if facts.statements:
        return because("well", "reported_well", report=facts.statements[-1].report_id)
    return because("unanswered", "nothing_known")
