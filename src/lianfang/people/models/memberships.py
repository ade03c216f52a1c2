from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from lianfang.foundation.models import Account, Unit

if TYPE_CHECKING:
    from lianfang.foundation.permissions import Scope


class InTime(models.QuerySet[Any]):
    """Rows with `begins`, `ends` (true), `known_at` and `end_known_at` (received)."""

    def in_force(self, on: date, known_at: datetime | None = None) -> Self:
        """In force on a day; with `known_at`, as the system knew it at that instant (H4)."""
        if known_at is None:
            return self.filter(begins__lte=on, void_at=None).filter(Q(ends=None) | Q(ends__gt=on))
        return (
            self.filter(begins__lte=on, known_at__lte=known_at)
            .filter(Q(void_at=None) | Q(void_at__gt=known_at))
            .filter(Q(ends=None) | Q(ends__gt=on) | Q(end_known_at__gt=known_at))
        )

    def in_scope(self, scope: Scope) -> Self:
        return self.filter(scope.unit_q("unit__path"))


class Timed(models.Model):
    """Base of facts about belonging, with both times. `ends` is the first day on which it no longer holds.

    `void_at`: the row was a mistake and never held; it stays for the record.
    """

    begins = models.DateField()
    ends = models.DateField(null=True)
    known_at = models.DateTimeField()
    end_known_at = models.DateTimeField(null=True)
    void_at = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[Any] = InTime.as_manager()

    class Meta:
        abstract = True


class Membership(Timed):
    """A student or a member of staff belongs to a class, department or dormitory in time. A transfer keeps the row."""

    class Kind(models.TextChoices):
        STUDENT = "student"
        STAFF = "staff"
        RESIDENT = "resident"
        RIDER = "rider"

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="memberships")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="memberships")
    kind = models.CharField(max_length=10, choices=Kind)
    number = models.CharField(max_length=40, blank=True, help_text="student or staff number at this institution")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["unit", "begins"]),
            models.Index(fields=["number"], condition=~Q(number=""), name="membership_by_number"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "unit", "kind"],
                condition=Q(ends=None, void_at=None),
                name="membership_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=models.F("begins")), name="membership_ends_after_it_begins"
            ),
        ]


class Post(Timed):
    """A person holds a role at a unit in time (homeroom teacher of a class, reporter of a school). While the person has
    an account, the post gives it a grant; the post is the fact, the grant follows (`actions.posts`)."""

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="posts")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts")
    role = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "unit", "role"], condition=Q(ends=None, void_at=None), name="post_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=models.F("begins")), name="post_ends_after_it_begins"
            ),
        ]
