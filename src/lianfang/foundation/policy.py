"""Which sign-in profile holds for an account: chosen by units (setting, inherited), the strictest where several hold.

The profiles are rule-pack data (`sign_in_profiles`, ADR 0017). What they ask of passwords is checked in `passwords.py`, of
sessions in `sessions.py`, of second factors in `signin.py`, of tries by django-axes through the two functions below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from lianfang.foundation.clock import system_now
from lianfang.foundation.models import Account, Grant, Unit, UnitSetting
from lianfang.foundation.unitsettings import declare_setting, settings_for
from lianfang.kernel.clock import local_date
from lianfang.rulepacks import packs
from lianfang.rulepacks.catalogs.signin import SignInProfile

PROFILE = "foundation.sign_in_profile"
DEFAULT = "asvs-5-l2"


def _fault(value: Any) -> str | None:
    known = packs().sign_in_profiles
    if isinstance(value, str) and value in known:
        return None
    return _("没有这种登录规则。可以选：%(names)s") % {"names": ", ".join(known)}


declare_setting(PROFILE, DEFAULT, _fault)


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for one account: of each value the strictest of the profiles in `ids`."""

    ids: tuple[str, ...]
    min_length: int
    recommended_length: int | None
    max_length: int
    kinds: int
    common: bool
    context_words: frozenset[str]
    rotation_days: int | None
    history: int
    tries: int
    wait: timedelta
    one_time: timedelta
    idle: timedelta
    longest: timedelta
    second_factor: bool


def strictest(held: Iterable[tuple[SignInProfile, frozenset[str]]]) -> Policy:
    """The policy of (profile, roles held where it holds). Needs at least one pair."""
    pairs = list(held)
    profiles = [profile for profile, _roles in pairs]
    limits = [limit for profile, roles in pairs for limit in profile.sessions if not limit.roles or limit.roles & roles]
    least = max(p.min_length for p in profiles)
    advised = max((p.recommended_length or 0) for p in profiles)
    rotations = [p.rotation_days for p in profiles if p.rotation_days is not None]
    return Policy(
        ids=tuple(sorted({p.id for p in profiles})),
        min_length=least,
        recommended_length=advised if advised > least else None,
        max_length=min(p.max_length for p in profiles),
        kinds=max(p.kinds for p in profiles),
        common=any(p.common for p in profiles),
        context_words=frozenset(word for p in profiles for word in p.context_words),
        rotation_days=min(rotations) if rotations else None,
        history=max(p.history for p in profiles),
        tries=min(p.tries for p in profiles),
        wait=timedelta(minutes=max(p.wait_minutes for p in profiles)),
        one_time=timedelta(days=min(p.one_time_days for p in profiles)),
        idle=timedelta(minutes=min(limit.idle_minutes for limit in limits)),
        longest=timedelta(hours=min(limit.longest_hours for limit in limits)),
        second_factor=any(p.second_factor_roles & roles for p, roles in pairs),
    )


UnitsResolver = Callable[[int, datetime], list[Unit]]
_units_of_family: UnitsResolver = lambda account_id, now: []  # noqa: E731


def register_units(resolver: UnitsResolver) -> None:
    """Called by `people` when it is loaded: the units of the children of an account without a post of its own."""
    global _units_of_family
    _units_of_family = resolver


def units_of_family(account_id: int, now: datetime) -> list[Unit]:
    """Units to which the person of an account and their children belong."""
    return _units_of_family(account_id, now)


def held_roles(account: Account, now: datetime) -> dict[int, set[str]]:
    """Roles of an account by unit, in force at `now`."""
    held: dict[int, set[str]] = {}
    for grant in Grant.objects.filter(account=account, begins__lte=now).exclude(ends__lte=now):
        held.setdefault(grant.unit_id, set()).add(grant.role)
    return held


def policy_for(account: Account | None, now: datetime, unit: Unit | None = None) -> Policy:
    """The policy of an account: of the units where it holds a role, else where its children are; `unit` for somebody
    who is only just being let in there. Nobody's (None), and who belongs nowhere: the strictest of all in use."""
    held = held_roles(account, now) if account is not None and account.pk else {}
    units = list(Unit.objects.filter(pk__in=held)) if held else []
    if unit is not None:
        units.append(unit)
    if not units and account is not None and account.pk:
        units = units_of_family(account.pk, now)
    if not units:
        return strictest((profile, frozenset()) for profile in in_use())
    found = settings_for(units, PROFILE, local_date(now, settings.TIME_ZONE), now)
    return strictest((_profile(found[u.pk].value), frozenset(held.get(u.pk, ()))) for u in units)


def in_use() -> list[SignInProfile]:
    """The default's profile and every one that a unit has chosen."""
    chosen = UnitSetting.objects.filter(key=PROFILE).exclude(value=None).values_list("value", flat=True)
    return [_profile(key) for key in sorted({DEFAULT, *chosen})]


def _profile(key: str) -> SignInProfile:
    """A profile that later packs no longer know counts as the default."""
    known = packs().sign_in_profiles
    return known.get(key) or known[DEFAULT]


def tries_allowed(request: Any, credentials: Any = None) -> int:
    """How many wrong passwords of a login name from one address shut it (django-axes)."""
    name = (credentials or {}).get("username") or ""
    account = Account.objects.filter(username=name).first() if name else None
    return policy_for(account, system_now()).tries


def wait_after(request: Any = None) -> timedelta:
    """How long it stays shut (django-axes): one time for the whole installation, since the count is cleared for all."""
    return max(timedelta(minutes=profile.wait_minutes) for profile in in_use())
