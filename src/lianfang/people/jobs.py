"""What happens to people with the passing of days."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from lianfang.foundation.actor import Actor
from lianfang.people.actions.following import close_account_when_done, today_at
from lianfang.people.models import GuardianClaim, Guardianship, Membership, Person, Post

# Who was refused keeps the empty account for a while, so that a slip of the right child can be used with it.
REFUSED_STAYS = timedelta(days=30)


def end_accounts(actor: Actor, now: datetime) -> int:
    """Disable the accounts of people whose last post, ward or membership has ended by now. Returns how many.

    An end set for a later day takes the right away by itself (the grant ends); this shuts the account behind it.
    """
    today = today_at(None, now)
    over = Q(ends__lte=today)
    own = {"person": OuterRef("pk"), "void_at": None}
    ended = (
        Exists(Post.objects.filter(over, **own))
        | Exists(Membership.objects.filter(over, **own))
        | Exists(Guardianship.objects.filter(over, guardian=OuterRef("pk")))
        | Exists(
            GuardianClaim.objects.filter(claimant=OuterRef("pk"), confirmed=False, decided_at__lte=now - REFUSED_STAYS)
        )
    )
    left = Q(ends=None) | Q(ends__gt=today)
    held = (
        Exists(Post.objects.filter(left, **own))
        | Exists(Membership.objects.filter(left, **own))
        | Exists(Guardianship.objects.filter(left, guardian=OuterRef("pk")).exclude(confirmed_at=None))
    )
    done = 0
    for person in Person.objects.filter(ended, ~held, account__is_active=True).order_by("pk"):
        done += close_account_when_done(actor, now, person)
    return done
