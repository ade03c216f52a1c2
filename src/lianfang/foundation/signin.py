"""Ways to sign in: which an account has, which its roles ask for, and the words that open it once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext as _

from lianfang.foundation.clock import now_in, system_now
from lianfang.foundation.models import Account, Unit
from lianfang.foundation.passwords import is_over
from lianfang.foundation.policy import held_roles, policy_for
from lianfang.foundation.realm import REAL
from lianfang.foundation.unitsettings import declare_setting, settings_for
from lianfang.kernel.clock import local_date
from lianfang.rulepacks import packs

SECOND_FACTOR_ROLES = "foundation.second_factor_roles"
STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def _roles_fault(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(role, str) for role in value):
        return _("请给出岗位代码的列表。")
    unknown = [role for role in value if role not in packs().roles]
    return _("没有这些岗位：%(names)s") % {"names": ", ".join(unknown)[:100]} if unknown else None


declare_setting(SECOND_FACTOR_ROLES, [], _roles_fault)


def has_second_factor(account: Account) -> bool:
    """Whether an authenticator app or a passkey is set up."""
    return bool(Authenticator.objects.filter(user_id=account.pk, type__in=STRONG).exists())


def second_factor_asked(account: Account, now: datetime) -> bool:
    """Whether a role that the account holds asks for a second factor where it is held: by the sign-in profile, or by
    the setting that names further roles (both inherited)."""
    if policy_for(account, now).second_factor:
        return True
    held = held_roles(account, now)
    units = list(Unit.objects.filter(pk__in=held))
    if not units:
        return False
    found = settings_for(units, SECOND_FACTOR_ROLES, local_date(now, settings.TIME_ZONE), now)
    return any(held[unit.pk] & set(found[unit.pk].value) for unit in units)


def second_factor_owed(account: Account, now: datetime) -> bool:
    """Whether the account has to set up a second factor before it goes on."""
    return not has_second_factor(account) and second_factor_asked(account, now)


OWED_KEY = "second_factor_owed"
OVER_KEY = "password_over"
GO_ON_KEY = "go_on"


def note_owed(request: Any, account: Account) -> None:
    """At sign-in: what has to be settled before anything else, kept in the session."""
    now = now_in(account.home_realm_id or REAL)
    if second_factor_owed(account, now):
        request.session[OWED_KEY] = True
    if is_over(account, policy_for(account, now), system_now()):
        request.session[OVER_KEY] = True


def go_on(request: Any) -> str:
    """Where somebody was going when they were held up; the start page when nowhere."""
    return str(request.session.pop(GO_ON_KEY, "/"))


def held_up(request: Any) -> bool:
    """Whether the signed-in account has to settle its way of signing in before it may do anything else: a one-time
    password to replace, one that is over, or a second factor to set up. A demonstration does not ask: its passwords
    stand in its window."""
    if settings.DEMO or not request.user.is_authenticated:
        return False
    if request.user.must_change_password:
        return True
    session = getattr(request, "session", None)
    if session is None:
        return False
    if session.get(OVER_KEY):
        return True
    if not session.get(OWED_KEY):
        return False
    if has_second_factor(request.user):
        del session[OWED_KEY]
        return False
    return True


def settles_sign_in(view: Any) -> Any:
    """Mark a page on which what holds somebody up is settled; all others send there first."""
    view.settles_sign_in = True
    return view
