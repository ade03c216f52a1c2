"""Sending and reading notices.

`send_notice` and `send_notices` are called by the actions and jobs of other rooms, which have settled who may say what
to whom; no page or API operation offers them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from lianfang.comms import perms
from lianfang.comms.models import Delivery, Notice
from lianfang.comms.texts import checked_parameters
from lianfang.foundation.access import permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Account, Unit
from lianfang.foundation.realm import REAL, current_realm


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to be sent: see `send_notice`."""

    text_key: str
    params: Mapping[str, Any]
    accounts: Sequence[int]
    link: str = ""
    importance: str = "normal"
    unit_id: int | None = None
    dedupe: str = ""


def mail_is_configured() -> bool:
    """Whether the operator named a mail server."""
    return bool(settings.EMAIL_HOST)


def send_notice(
    actor: Actor,
    now: datetime,
    *,
    text_key: str,
    params: Mapping[str, Any],
    accounts: Iterable[int | Account],
    link: str = "",
    importance: str = "normal",
    unit: Unit | None = None,
    dedupe: str = "",
) -> Notice | None:
    """Send a declared text to accounts; one notice per dedupe key for ever, None when it was sent before.

    In the app at once; by e-mail, when the operator set up a mail server, as a job. Raises KeyError for an undeclared
    text and ValueError for parameters or a link that do not fit.
    """
    ids = [a.pk if isinstance(a, Account) else a for a in accounts]
    item = NewNotice(text_key, params, ids, link, importance, unit.pk if unit else None, dedupe)
    return send_notices(actor, now, [item])[0]


@transaction.atomic
def send_notices(actor: Actor, now: datetime, items: Sequence[NewNotice]) -> list[Notice | None]:
    """`send_notice` for many, with a number of statements that does not grow with them; answers in order."""
    realm = current_realm()
    notices = [_notice(item, realm, now) for item in items]
    if not notices:
        return []
    Notice.all_realms.bulk_create(notices, ignore_conflicts=True)
    stored = dict(Notice.objects.filter(uid__in=[n.uid for n in notices]).values_list("uid", "pk"))
    sent: list[Notice | None] = []
    for notice in notices:
        notice.pk = stored.get(notice.uid)
        sent.append(notice if notice.pk is not None else None)
    _deliver(realm, now, [(n, items[i].accounts) for i, n in enumerate(sent) if n is not None])
    events = [
        Event("comms.notice.sent", "notice", n.pk, n.unit_id, now, {"text": n.text_key, "accounts": len(i.accounts)})
        for n, i in zip(sent, items, strict=True)
        if n is not None
    ]
    write(actor, events, now)
    return sent


def _notice(item: NewNotice, realm: str, now: datetime) -> Notice:
    if item.link and not (item.link.startswith("/") and not item.link.startswith("//")):
        raise ValueError("a notice links to a path of this installation")
    return Notice(
        realm_id=realm,
        text_key=item.text_key,
        params=checked_parameters(item.text_key, item.params),
        link=item.link,
        importance=Notice.Importance(item.importance),
        unit_id=item.unit_id,
        dedupe=item.dedupe or None,
        sent_at=now,
    )


def _deliver(realm: str, now: datetime, sent: Sequence[tuple[Notice, Sequence[int]]]) -> None:
    wanted = {account for _notice, accounts in sent for account in accounts}
    addresses = dict(Account.objects.filter(pk__in=wanted, is_active=True).values_list("pk", "email"))
    by_mail = mail_is_configured() and realm == REAL  # an exercise never leaves the app
    deliveries = []
    for notice, accounts in sent:
        for account in dict.fromkeys(accounts):
            if account not in addresses:
                continue
            deliveries.append(
                Delivery(
                    realm_id=realm,
                    notice_id=notice.pk,
                    account_id=account,
                    channel=Delivery.Channel.IN_APP,
                    state=Delivery.State.SENT,
                    sent_at=now,
                )
            )
            if by_mail and addresses[account]:
                deliveries.append(
                    Delivery(
                        realm_id=realm,
                        notice_id=notice.pk,
                        account_id=account,
                        channel=Delivery.Channel.EMAIL,
                        state=Delivery.State.QUEUED,
                        next_try_at=now,
                    )
                )
    Delivery.all_realms.bulk_create(deliveries)


@transaction.atomic
def mark_read(actor: Actor, now: datetime, *, notice_ids: Iterable[int] | None = None) -> int:
    """Read receipts for one's own notices (all of them when none is named); returns how many were unread till now.

    Another's notice is passed over like one that does not exist. Raises Forbidden without a sign-in.
    """
    permit(actor, perms.OWN_NOTICES)
    mine = Delivery.objects.filter(account_id=actor.account_id, channel=Delivery.Channel.IN_APP, read_at=None)
    if notice_ids is not None:
        mine = mine.filter(notice_id__in=list(notice_ids))
    ids = list(mine.select_for_update().values_list("notice_id", flat=True))
    if not ids:
        return 0
    mine.filter(notice_id__in=ids).update(read_at=now, state=Delivery.State.READ)
    body = {"notices": ids[:500], "count": len(ids)}
    write(actor, [Event("comms.notice.read", "account", actor.account_id or 0, None, now, body)], now)
    return len(ids)
