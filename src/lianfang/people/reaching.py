"""Which persons a scope reaches on a day: members of its units, those children's guardians, and single persons."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from lianfang.foundation.permissions import Scope
from lianfang.foundation.realm import current_realm
from lianfang.people.models import Guardianship, Membership, Person, Post


def persons_reached(scope: Scope, on: date) -> QuerySet[Person]:
    """Persons of the realm whom the scope reaches: members and holders of posts of its units on or after the day,
    guardians of such members, and the single persons that it names (oneself, one's children)."""
    persons = Person.objects.filter(realm_id=current_realm(), erased_at=None)
    if scope.everything:
        return persons
    later = Q(ends=None) | Q(ends__gt=on)
    inside = scope.unit_q("unit__path")
    members = Membership.objects.filter(later, inside, void_at=None).values("person_id")
    holders = Post.objects.filter(later, inside, void_at=None).values("person_id")
    guardians = Guardianship.objects.filter(later, child_id__in=members).values("guardian_id")
    named = Q(pk__in=scope.person_ids)
    if not scope.paths:
        return persons.filter(named)
    return persons.filter(named | Q(pk__in=members) | Q(pk__in=holders) | Q(pk__in=guardians))
