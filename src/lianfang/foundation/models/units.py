from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models

from lianfang.foundation.models.realms import Realm
from lianfang.foundation.realm import REAL
from lianfang.kernel.trees import ids_of_path

if TYPE_CHECKING:
    from lianfang.foundation.permissions import Scope


class UnitQuerySet(models.QuerySet["Unit"]):
    def within(self, unit: Unit) -> Self:
        """`unit` and everything below it."""
        return self.filter(path__startswith=unit.path)

    def in_scope(self, scope: Scope) -> Self:
        return self.filter(scope.unit_q("path"))


class Unit(models.Model):
    """A node of the administrative tree (D1). `path` is "/1/4/9/": ids from the root to the unit itself.

    `kind` and its level (authority, institution, campus, division, class …) are data: rulepacks `unitkinds`.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    realm = models.ForeignKey(Realm, on_delete=models.PROTECT, default=REAL, related_name="+")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=200, unique=True, null=True, editable=False)
    depth = models.PositiveSmallIntegerField(default=0, editable=False)
    kind = models.CharField(max_length=30)
    level = models.CharField(max_length=20)
    code = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=100)
    stage = models.CharField(
        max_length=20, blank=True, help_text="primary, junior, senior …; the class year follows from `grade`"
    )
    grade = models.PositiveSmallIntegerField(null=True)
    region = models.CharField(max_length=6, blank=True, help_text="GB/T 2260 code")
    time_zone = models.CharField(max_length=40, blank=True, help_text="empty: as the unit above")
    order = models.IntegerField(default=0)
    begins = models.DateField(null=True)
    ends = models.DateField(null=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["path"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["parent", "order"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["parent", "name"], name="unit_name_once_below_a_parent", condition=models.Q(ends__isnull=True)
            ),
            models.CheckConstraint(
                condition=models.Q(ends__isnull=True)
                | models.Q(begins__isnull=True)
                | models.Q(ends__gt=models.F("begins")),
                name="unit_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ancestor_ids(self) -> tuple[int, ...]:
        """Ids from the root down to and including this unit."""
        return ids_of_path(self.path)


class AuthorityRelation(models.Model):
    """`authority` has rights of one capacity over a subtree, or over every institution of a region, between dates."""

    class Capacity(models.TextChoices):
        EDUCATION = "education"
        DISEASE_CONTROL = "disease_control"
        HEALTH = "health"
        MARKET = "market"

    authority = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="authority_over")
    subject = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="authorities")
    region = models.CharField(max_length=6, blank=True)
    capacity = models.CharField(max_length=20, choices=Capacity)
    begins = models.DateField()
    ends = models.DateField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(subject__isnull=False, region="")
                | (models.Q(subject__isnull=True) & ~models.Q(region="")),
                name="authority_over_a_subtree_or_a_region",
            ),
            models.CheckConstraint(
                condition=models.Q(ends__isnull=True) | models.Q(ends__gt=models.F("begins")),
                name="authority_ends_after_it_begins",
            ),
        ]
