from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from lianfang.foundation.realm import REAL, current_realm


class Realm(models.Model):
    """`real`, or one exercise or replay. An exercise may have a clock of its own (`clock_at`, moved by its director)."""

    class Kind(models.TextChoices):
        REAL = "real"
        EXERCISE = "exercise"

    key = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.EXERCISE)
    name = models.CharField(max_length=100)
    clock_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(key=REAL, kind="real", clock_at__isnull=True)
                | models.Q(kind="exercise") & ~models.Q(key=REAL),
                name="realm_real_is_one_and_has_no_clock",
            )
        ]

    def __str__(self) -> str:
        return self.key


class RealmQuerySet(models.QuerySet[Any]):
    """What the query sets of tables with a realm are made from."""


class RealmManager(models.Manager.from_queryset(RealmQuerySet)):  # type: ignore[misc]
    """Only rows of the realm in force."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(realm_id=current_realm())


class RealmModel(models.Model):
    """Base of every fact, duty, notice and report: belongs to one realm. `all_realms` is for jobs that visit each."""

    realm = models.ForeignKey(Realm, on_delete=models.PROTECT, default=current_realm, related_name="+", db_index=False)

    objects: ClassVar[Any] = RealmManager()
    all_realms: ClassVar[Any] = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "all_realms"
