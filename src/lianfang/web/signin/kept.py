"""Secrets of authenticator apps and recovery codes when keys are exchanged (`foundation.rekeying`)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt

from lianfang.foundation.crypto import is_stale
from lianfang.foundation.rekeying import batches

# Where allauth keeps what our adapter encrypted.
PLACES = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


def authenticators(now: datetime | None) -> Iterator[int]:
    """A `foundation.rekeying.Store`."""
    for part in batches(Authenticator.objects.filter(type__in=PLACES), "type", "data"):
        stale = [
            Authenticator(pk=pk, data={**data, place: encrypt(decrypt(data[place]))})
            for pk, type_, data in part
            if (place := PLACES[type_]) in data and is_stale(base64.b64decode(data[place]))
        ]
        if now is not None:
            Authenticator.objects.bulk_update(stale, ["data"])
        yield len(stale)
