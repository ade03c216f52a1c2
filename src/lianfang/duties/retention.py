"""What duties keep about persons, and how it is removed (see `foundation.retention`)."""

from __future__ import annotations

from datetime import datetime

from lianfang.duties.models import Delegation, Duty
from lianfang.foundation.retention import Holding, Subject, clearing, register_holdings, register_scrubber

GONE = "—"


def scrub(subject: Subject, now: datetime) -> dict[str, int]:
    """Words about the person in the reasons of excuses and stand-ins."""
    removed = 0
    for model, column in ((Duty, "excuse"), (Delegation, "reason")):
        named = [
            pk
            for pk, text in model.all_realms.exclude(**{column: ""}).values_list("pk", column)
            if subject.mentioned_in(text)
        ]
        removed += model.all_realms.filter(pk__in=named).update(**{column: GONE})
    return {"duties.reasons": removed} if removed else {}


def keep() -> None:
    """Register what duties keep. An excuse stays an excuse: its words become a dash."""
    register_scrubber(scrub)
    register_holdings(
        Holding(
            "duties.reasons",
            lambda: Duty.all_realms.exclude(excuse__in=("", GONE)),
            "excused_at",
            clearing(Duty, excuse=GONE),
        ),
        Holding(
            "duties.reasons",
            lambda: Delegation.all_realms.exclude(reason__in=("", GONE)),
            "recorded_at",
            clearing(Delegation, reason=GONE),
        ),
    )
