"""Secrets of authenticator apps and recovery codes when keys are exchanged (`foundation.rekeying`)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt

from lianfang.foundation.crypto import is_stale
from lianfang.foundation.rekeying import batches, naming
from lianfang.web.signin.adapters import SECRET_LABEL

# Where allauth keeps what our adapter encrypted.
PLACES = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


def authenticators(now: datetime | None) -> Iterator[int]:
    """A `foundation.rekeying.Store`."""
    for part in batches(Authenticator.objects.filter(type__in=PLACES), "type", "data"):
        stale = [
            (pk, data, PLACES[type_])
            for pk, type_, data in part
            if PLACES[type_] in data and is_stale(base64.b64decode(data[PLACES[type_]]))
        ]
        if now is not None and stale:
            renewed = []
            for pk, data, place in stale:
                with naming(SECRET_LABEL, pk):
                    renewed.append(Authenticator(pk=pk, data={**data, place: encrypt(decrypt(data[place]))}))
            Authenticator.objects.bulk_update(renewed, ["data"])
        yield len(stale)
