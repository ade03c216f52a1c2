from __future__ import annotations

import uuid

from django.db import models

from lianfang.foundation.models.accounts import Account
from lianfang.foundation.models.realms import RealmModel
from lianfang.foundation.models.units import Unit


class StoredFile(RealmModel):
    """A file kept encrypted in the data folder under its random id; `sha256` is of the plain content."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    purpose = models.CharField(max_length=40)
    stored_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    stored_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
