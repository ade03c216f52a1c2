from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lianfang.foundation.models import Account, RealmModel, Unit


class RollSheet(RealmModel):
    """A roll printed on paper for one session of a day, or of the school days of a week. The code on it opens the page
    where it is entered afterwards; each check entered there names it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    session = models.CharField(max_length=20)
    first = models.DateField()
    last = models.DateField()
    printed_at = models.DateTimeField()
    printed_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta(RealmModel.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="sheet_last_not_before_first")
        ]
