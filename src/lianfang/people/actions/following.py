"""What follows by itself from a permitted action: rights from posts, the end of an account, the end of belongings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from lianfang.foundation.actions import disable_account
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Account, Unit
from lianfang.foundation.units import institution_of, time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people import rules
from lianfang.people.models import GuardianClaim, Guardianship, Membership, Person, Post


def following(actor: Actor) -> Actor:
    """The same actor (the journal names them) for a step that follows from an action they were permitted."""
    return replace(actor, system=True)


def today_at(unit: Unit | None, now: datetime) -> date:
    """The local day at a unit (the installation's zone without one)."""
    return local_date(now, time_zone_of(unit) if unit is not None else settings.TIME_ZONE)


def home_of(unit: Unit) -> Unit:
    """The institution of a unit; the unit itself above institutions."""
    return institution_of(unit) or unit


@transaction.atomic
def close_account_when_done(actor: Actor, now: datetime, person: Person) -> bool:
    """Disable the account of a person for whom nothing is left that it is for. Returns whether it was disabled."""
    if person.account_id is None:
        return False
    today = today_at(None, now)
    later = Q(ends=None) | Q(ends__gt=today)
    done = rules.account_ends(
        posts_left=Post.objects.filter(later, person=person, void_at=None).count(),
        confirmed_wards=Guardianship.objects.filter(later, guardian=person).exclude(confirmed_at=None).count(),
        memberships_left=Membership.objects.filter(later, person=person, void_at=None).count(),
        claims_waiting=GuardianClaim.objects.filter(claimant=person, decided_at=None).count(),
    )
    account = Account.objects.filter(pk=person.account_id, is_active=True).first()
    if not done or account is None:
        return False
    disable_account(following(actor), now, account, "nothing left that the account is for")
    return True
