"""What notices keep about persons, and how it is removed (see `foundation.retention`)."""

from __future__ import annotations

import json
from datetime import datetime

from lianfang.comms.models import Delivery, Notice
from lianfang.foundation.retention import Holding, Subject, dropping, register_holdings, register_scrubber


def scrub(subject: Subject, now: datetime) -> dict[str, int]:
    """The person's own inbox, and notices to others that name the person."""
    removed = 0
    if subject.account_id is not None:
        removed += Delivery.all_realms.filter(account_id=subject.account_id).delete()[0]
    naming = [
        pk
        for pk, params in Notice.all_realms.exclude(params={}).values_list("pk", "params")
        if subject.mentioned_in(json.dumps(params, ensure_ascii=False))
    ]
    Notice.all_realms.filter(pk__in=naming).delete()
    removed += len(naming)
    return {"messages.notices": removed} if removed else {}


def keep() -> None:
    """Register what notices keep: deliveries go with their notice."""
    register_scrubber(scrub)
    register_holdings(Holding("messages.notices", Notice.all_realms.all, "sent_at", dropping(Notice)))
