from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from lianfang.foundation.models.accounts import Account
from lianfang.foundation.models.units import Unit


class UnitSetting(models.Model):
    """A unit's own value of a declared setting from a date on; units below inherit it. Rows are never changed:
    a new row with a later `known_at` replaces an older one, so any past instant can be replayed."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="settings")
    key = models.CharField(max_length=80)
    value: models.JSONField[Any, Any] = models.JSONField(null=True, help_text="null: back to what is inherited")
    begins = models.DateField()
    known_at = models.DateTimeField()
    set_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["key", "unit", "known_at"])]
