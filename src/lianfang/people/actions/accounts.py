"""The account of a person: opened once, with the rights of the posts they hold."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.foundation.access import permit
from lianfang.foundation.actions import create_account, enable_account, set_password, touch_access
from lianfang.foundation.actions.accounts import one_time_password
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Account
from lianfang.people import perms
from lianfang.people.actions.following import following, today_at
from lianfang.people.actions.posts import grant_for
from lianfang.people.models import Membership, Person, Post
from lianfang.people.reaching import persons_reached


def _free_username(person: Person) -> str:
    """The person's number where it has one and nobody uses it, else one made from the row's id."""
    numbers = Membership.objects.filter(person=person, void_at=None, ends=None).exclude(number="")
    number = numbers.order_by("kind", "pk").values_list("number", flat=True).first()
    for candidate in [number, f"{number}-{person.pk}"] if number else []:
        if not Account.objects.filter(username=candidate).exists():
            return str(candidate)
    return f"u{person.pk}"


@transaction.atomic
def open_account(actor: Actor, now: datetime, *, person: Person, username: str = "") -> tuple[Account, str]:
    """Give a person a sign-in; returns it with the one-time password, which must be changed at first sign-in.

    An account that was shut when its last post ended is opened again under its old name.
    Raises Forbidden, NotFound, Invalid (`person` has an account, `username` is taken).
    """
    scope = permit(actor, perms.ACCOUNT_OPEN)
    today = today_at(None, now)
    kept = persons_reached(scope, today).select_for_update(of=("self",)).filter(pk=person.pk).first()
    if kept is None:
        raise NotFound("person")
    account = kept.account
    if account is not None and account.is_active:
        raise invalid("person", "has_account", _("此人已有账号“%(name)s”。") % {"name": account.username})
    if account is None:
        account, secret = create_account(
            following(actor), now, username=username.strip() or _free_username(kept), display_name=kept.name
        )
        kept.account = account
        kept.save(update_fields=["account"])
    else:
        enable_account(following(actor), now, account, "opened again")
        secret = one_time_password()
        set_password(following(actor), now, account, secret)
        account.refresh_from_db()
        account.must_change_password = True
        account.save(update_fields=["must_change_password"])
    person.account = account
    posts = Post.objects.filter(person=kept, void_at=None).filter(Q(ends=None) | Q(ends__gt=today))
    for post in posts.select_related("unit", "person__account"):
        grant_for(actor, now, post)
    touch_access([account.pk])
    account.refresh_from_db()
    write(actor, [Event("people.account.opened", "person", kept.pk, None, now, {"account": account.pk})], now)
    return account, secret
