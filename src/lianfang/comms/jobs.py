"""E-mail, when the operator named a mail server."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from lianfang.comms import rules
from lianfang.comms.actions import mail_is_configured
from lianfang.comms.mail import MailServer, NotSent, ServerLost
from lianfang.comms.models import Delivery
from lianfang.foundation.actor import Actor
from lianfang.foundation.realm import REAL, in_realm

log = logging.getLogger("lianfang.comms")
BATCH = 50


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a run did: handed over, to be tried again, given up."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0

    def __add__(self, other: Delivered) -> Delivered:
        return Delivered(self.sent + other.sent, self.waiting + other.waiting, self.failed + other.failed)


def deliver(actor: Actor, now: datetime) -> Delivered:
    """Hand queued e-mails to the mail server; without one nothing happens and nothing is lost.

    Each message is claimed, sent and recorded by itself: a kill between sending and recording repeats that one message
    (under the same id), never loses one. When the server is away the rest of the queue waits with growing pauses.
    """
    total = Delivered()
    if not mail_is_configured():
        return total
    with in_realm(REAL), MailServer() as server:
        while True:
            batch = _claim(now)
            for place, delivery in enumerate(batch):
                try:
                    total += _send(server, delivery, now)
                except ServerLost as lost:
                    log.warning("the mail server is not available (%s); %s messages wait", lost, len(batch) - place)
                    return total + _park(batch[place:], str(lost), now)
            if len(batch) < BATCH:
                return total


@transaction.atomic
def _claim(now: datetime) -> list[Delivery]:
    """The messages whose turn it is. Should this process die, they are tried again when the lease has run out."""
    skip = connection.features.has_select_for_update_skip_locked
    rows: list[Delivery] = list(
        Delivery.objects.filter(channel=Delivery.Channel.EMAIL, state=Delivery.State.QUEUED, next_try_at__lte=now)
        .select_related("notice", "account")
        .select_for_update(of=("self",), skip_locked=skip)
        .order_by("next_try_at", "pk")[:BATCH]
    )
    Delivery.objects.filter(pk__in=[r.pk for r in rows]).update(tries=F("tries") + 1, next_try_at=now + rules.LEASE)
    for row in rows:
        row.tries += 1
    return rows


def _send(server: MailServer, delivery: Delivery, now: datetime) -> Delivered:
    if not delivery.account.email or not delivery.account.is_active:
        return _settle(delivery, "no_address", now, final=True)
    try:
        server.send(delivery)
    except NotSent as not_sent:
        return _settle(delivery, not_sent.problem, now, final=not_sent.problem == "refused")
    _queued(delivery).update(state=Delivery.State.SENT, sent_at=now, next_try_at=None, problem="")
    return Delivered(sent=1)


def _settle(delivery: Delivery, problem: str, now: datetime, *, final: bool) -> Delivered:
    again = None if final else rules.next_try(delivery.tries, delivery.notice.sent_at, now)
    if again is None:
        _queued(delivery).update(state=Delivery.State.FAILED, next_try_at=None, problem=problem)
        return Delivered(failed=1)
    _queued(delivery).update(next_try_at=again, problem=problem)
    return Delivered(waiting=1)


def _park(rest: Sequence[Delivery], problem: str, now: datetime) -> Delivered:
    total = Delivered()
    with transaction.atomic():
        for delivery in rest:
            total += _settle(delivery, problem, now, final=False)
    return total


def _queued(delivery: Delivery) -> Any:
    return Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.QUEUED)
