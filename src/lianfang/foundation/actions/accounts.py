"""Accounts, tokens and grants. Every change of rights raises `access_version`, which drops cached actors."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from lianfang.foundation import perms
from lianfang.foundation.access import permit
from lianfang.foundation.actor import Actor, load_actor
from lianfang.foundation.errors import FieldError, Forbidden, Invalid, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.lengths import check_lengths
from lianfang.foundation.models import Account, ApiToken, Grant, Unit
from lianfang.foundation.passwords import context_words, faults, kinds_of, remember, used_before
from lianfang.foundation.policy import policy_for
from lianfang.foundation.realm import current_realm
from lianfang.foundation.sources import institution_of, named_token
from lianfang.foundation.tokens import token_digest


def one_time_password() -> str:
    """Twelve characters without look-alikes, about 68 bits; capital, small and digit, so that every profile takes it."""
    alphabet = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
    while True:
        word = "".join(secrets.choice(alphabet) for _i in range(12))
        if kinds_of(word) == 3:
            return word


def touch_access(account_ids: Iterable[int]) -> None:
    """Drop cached rights of these accounts at their next request."""
    Account.objects.filter(pk__in=list(account_ids)).update(access_version=F("access_version") + 1)


@transaction.atomic
def create_account(
    actor: Actor, now: datetime, *, username: str, display_name: str, email: str = "", password: str | None = None
) -> tuple[Account, str]:
    """Make an account; returns it with its one-time password (must be changed at first sign-in unless `password` is given).

    Raises Forbidden; Invalid when the name is taken.
    """
    permit(actor, perms.ACCOUNT_MANAGE)
    if not username.strip():
        raise invalid("username", "required", _("请填写登录名。"))
    if Account.objects.filter(username=username.strip()).exists():
        raise invalid("username", "taken", _("登录名“%(name)s”已被使用，请换一个。") % {"name": username.strip()})
    account = Account(
        username=username.strip(),
        display_name=display_name,
        email=email,
        home_realm_id=current_realm(),
        created_at=now,
        must_change_password=password is None,
        password_set_at=now,
    )
    secret = password or one_time_password()
    account.set_password(secret)
    check_lengths(account)
    account.save()
    write(actor, [Event("foundation.account.created", "account", account.pk, None, now, {})], now)
    return account, secret


@transaction.atomic
def set_password(actor: Actor, now: datetime, account: Account, password: str, unit: Unit | None = None) -> None:
    """Set one's own password (or the system sets it). `unit` is where somebody is only just being let in.

    Raises Forbidden; Invalid (`password`) with everything that the policy has against it.
    """
    if not actor.system and actor.account_id != account.pk:
        raise Forbidden("password")
    policy = policy_for(account, now, unit)
    errors = faults(policy, password, context_words(account, unit, now))
    if used_before(account, policy, password):
        words = _("这个密码用过了，不能与最近 %(n)d 次的相同。") % {"n": policy.history}
        errors.append(FieldError("password", "password_used", words))
    if errors:
        raise Invalid(errors)
    account.set_password(password)
    account.must_change_password = False
    account.password_set_at = now
    account.save(update_fields=["password", "must_change_password", "password_set_at"])
    remember(account, policy, password, now)
    write(actor, [Event("foundation.account.password_changed", "account", account.pk, None, now, {})], now)


@transaction.atomic
def disable_account(actor: Actor, now: datetime, account: Account, reason: str) -> None:
    """Shut an account at once; its sessions and tokens stop at their next request. Raises Forbidden."""
    permit(actor, perms.ACCOUNT_MANAGE)
    Account.objects.filter(pk=account.pk).update(
        is_active=False, disabled_at=now, access_version=F("access_version") + 1
    )
    write(actor, [Event("foundation.account.disabled", "account", account.pk, None, now, {"reason": reason})], now)


@transaction.atomic
def enable_account(actor: Actor, now: datetime, account: Account, reason: str) -> None:
    """Open a disabled account again. Raises Forbidden."""
    permit(actor, perms.ACCOUNT_MANAGE)
    Account.objects.filter(pk=account.pk).update(
        is_active=True, disabled_at=None, access_version=F("access_version") + 1
    )
    write(actor, [Event("foundation.account.enabled", "account", account.pk, None, now, {"reason": reason})], now)


@transaction.atomic
def give_grant(
    actor: Actor,
    now: datetime,
    *,
    account: Account,
    role: str,
    unit: Unit,
    source: str,
    begins: datetime,
    ends: datetime | None = None,
    reason: str = "",
) -> Grant:
    """Let an account hold a role at a unit. The same source again changes the dates. Raises Forbidden, Invalid."""
    scope = permit(actor, perms.ACCOUNT_MANAGE)
    if not scope.covers_path(unit.path):
        raise Forbidden("grant outside one's own units")
    if ends is not None and ends < begins:
        raise invalid("ends", "before_begin", _("结束时间不能早于开始时间。"))
    grant, _created = Grant.objects.update_or_create(
        account=account,
        role=role,
        unit=unit,
        source=source,
        defaults={"begins": begins, "ends": ends, "reason": reason, "given_by_id": actor.account_id},
    )
    touch_access([account.pk])
    body = {"account": account.pk, "role": role, "source": source, "begins": begins, "ends": ends, "reason": reason}
    write(actor, [Event("foundation.grant.given", "grant", grant.pk, unit.pk, now, body)], now)
    return grant


@transaction.atomic
def end_grants_of_source(actor: Actor, now: datetime, source: str, at: datetime | None = None) -> int:
    """End every grant that a record gave (a post that ended, an incident that closed). Returns how many."""
    ends = at or now
    open_grants = list(Grant.objects.filter(source=source).filter(Q(ends=None) | Q(ends__gt=ends)))
    for grant in open_grants:
        grant.ends = max(ends, grant.begins)
        grant.save(update_fields=["ends"])
    touch_access({g.account_id for g in open_grants})
    write(
        actor,
        [
            Event("foundation.grant.ended", "grant", g.pk, g.unit_id, now, {"account": g.account_id, "ends": g.ends})
            for g in open_grants
        ],
        now,
    )
    return len(open_grants)


@transaction.atomic
def issue_token(
    actor: Actor, now: datetime, account: Account, label: str, ends: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a bearer token for one's own account; the secret is shown once. Raises Forbidden, Invalid (`label`).

    It names the institution where the account belongs now, for turns at the door (`sources`); it opens nothing by that.
    """
    if not actor.system and actor.account_id != account.pk:
        raise Forbidden("token")
    secret = named_token(institution_of(load_actor(account, now)), secrets.token_urlsafe(32))
    token = ApiToken(account=account, digest=token_digest(secret), label=label.strip(), begins=now, ends=ends)
    check_lengths(token)
    token.save()
    write(
        actor,
        [Event("foundation.token.issued", "token", token.pk, None, now, {"label": token.label, "ends": ends})],
        now,
    )
    return token, secret


@transaction.atomic
def revoke_token(actor: Actor, now: datetime, token: ApiToken) -> None:
    """End a token now. Raises Forbidden when it is somebody else's."""
    if not actor.system and actor.account_id != token.account_id:
        raise Forbidden("token")
    token.ends = now
    token.save(update_fields=["ends"])
    write(actor, [Event("foundation.token.revoked", "token", token.pk, None, now, {})], now)
