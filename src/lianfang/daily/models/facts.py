from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest

from lianfang.foundation.models import RealmModel
from lianfang.foundation.models.realms import RealmManager, RealmQuerySet
from lianfang.kernel.temperature import HIGHEST, LOWEST


class FactQuerySet(RealmQuerySet):
    def effective(self, known_at: datetime | None = None) -> Self:
        """Rows that no correction has replaced; with `known_at`, as we knew it at that instant (H4)."""
        if known_at is None:
            return self.filter(superseded_at=None)
        return self.filter(received_at__lte=known_at).filter(Q(superseded_at=None) | Q(superseded_at__gt=known_at))


class Fact(RealmModel):
    """Base of what somebody said about a day: both times, and what a correction replaced.

    `true_at` is when it was so (the client's word, corrected by its clock's offset), `received_at` when we had it; only the
    latter decides lateness. A row is never changed: a correction is a new row whose `corrects` points at the old one, and
    the old one gets `superseded_at`.
    """

    true_at = models.DateTimeField()
    received_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    on_paper = models.BooleanField(default=False, help_text="written on a printed sheet and entered later")

    objects: ClassVar[Any] = RealmManager.from_queryset(FactQuerySet)()

    class Meta(RealmModel.Meta):
        abstract = True


def plausible_temperature(name: str) -> models.CheckConstraint:
    """The column `temperature` is empty or a possible body temperature in °C."""
    return models.CheckConstraint(
        condition=Q(temperature=None) | Q(temperature__gte=LOWEST, temperature__lte=HIGHEST), name=name
    )


def replaced_after_receipt(name: str) -> models.CheckConstraint:
    """A row is replaced at the earliest when it was received."""
    return models.CheckConstraint(condition=Q(superseded_at=None) | Q(superseded_at__gte=F("received_at")), name=name)


def replaced_at(received_at: datetime) -> Greatest:
    """What to write into `superseded_at`: when we received the new fact, but never before the old one, should our own
    clock have been put back in between (a correction is not refused for that)."""
    return Greatest(F("received_at"), Value(received_at, output_field=models.DateTimeField()))
