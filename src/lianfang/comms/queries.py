"""One's own notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from lianfang.comms import perms
from lianfang.comms.models import Delivery, Notice
from lianfang.comms.texts import rendered
from lianfang.foundation.access import one, permit
from lianfang.foundation.actor import Actor


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A notice as its reader sees it. `state` is a key of the status group `delivery`; `email` None: not sent by mail."""

    id: int
    subject: str
    body: str
    link: str
    importance: str
    sent_at: datetime
    read_at: datetime | None
    unit: str
    state: str
    email: str | None


def unread_count(actor: Actor) -> int:
    """How many notices the actor has not opened; 0 when nobody is signed in. One query."""
    if actor.account_id is None:
        return 0
    unread: int = Delivery.objects.filter(account_id=actor.account_id, channel="in_app", read_at=None).count()
    return unread


def inbox(actor: Actor, *, unread_only: bool = False) -> Any:
    """The actor's in-app deliveries, newest first, as a queryset to be paged; give a page of it to `items`."""
    permit(actor, perms.OWN_NOTICES)
    own_mail = Prefetch(
        "notice__deliveries",
        Delivery.objects.filter(account_id=actor.account_id, channel=Delivery.Channel.EMAIL),
        to_attr="own_mail",
    )
    rows = Delivery.objects.filter(account_id=actor.account_id, channel=Delivery.Channel.IN_APP)
    if unread_only:
        rows = rows.filter(read_at=None)
    return rows.select_related("notice", "notice__unit").prefetch_related(own_mail).order_by("-id")


def items(rows: Any, language: str) -> list[InboxItem]:
    """Deliveries of `inbox` in words."""
    return [_item(row, language) for row in rows]


def notice_for(actor: Actor, notice_id: int) -> Notice:
    """One of the actor's own notices. Raises NotFound, also for another's."""
    found: Notice = one(inbox(actor), notice_id=notice_id).notice
    return found


def _item(row: Any, language: str) -> InboxItem:
    notice = row.notice
    words = rendered(notice.text_key, notice.params, language)
    mail = notice.own_mail[0] if notice.own_mail else None
    return InboxItem(
        id=notice.pk,
        subject=words.subject,
        body=words.body,
        link=notice.link,
        importance=notice.importance,
        sent_at=notice.sent_at,
        read_at=row.read_at,
        unit=notice.unit.name if notice.unit else "",
        state=row.state,
        email=mail.state if mail else None,
    )
