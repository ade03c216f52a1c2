"""E-mail, when the operator named a mail server."""

from __future__ import annotations

from datetime import datetime

from lianfang.foundation.actor import Actor


def deliver(actor: Actor, now: datetime) -> int:
    return 0
