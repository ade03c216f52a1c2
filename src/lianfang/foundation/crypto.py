"""Encrypted text columns (AES-256-GCM) and blind indexes for equality look-up.

A stored value is `version(1) | key id length(1) | key id | nonce(12) | ciphertext+tag`; the associated data is the
column's label, so that a value moved to another column does not decrypt. "" and None are kept apart.
"""

from __future__ import annotations

import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models


class DecryptionError(Exception):
    """A stored value does not decrypt: wrong key, moved column or damaged bytes."""


def encrypt(text: str, label: str) -> bytes:
    """Encrypt `text` for the column `label` ("app.Model.field")."""
    key_id, key = settings.KEYRING.current_key("field")
    nonce = os.urandom(12)
    name = key_id.encode()
    return b"\x01" + bytes([len(name)]) + name + nonce + AESGCM(key).encrypt(nonce, text.encode(), label.encode())


def decrypt(stored: bytes, label: str) -> str:
    """Inverse of `encrypt`. Raises DecryptionError."""
    data = bytes(stored)
    if len(data) < 30 or data[0] != 1:
        raise DecryptionError(f"{label}: not an encrypted value")
    end = 2 + data[1]
    key = settings.KEYRING.key("field", data[2:end].decode())
    try:
        return AESGCM(key).decrypt(data[end : end + 12], data[end + 12 :], label.encode()).decode()
    except InvalidTag:
        raise DecryptionError(f"{label}: the value does not belong to this key or column") from None


def is_stale(stored: bytes) -> bool:
    """Whether a stored value stands under another key than the one now used for writing, or is none at all."""
    name = settings.KEYRING.current["field"].encode()
    return not bytes(stored).startswith(b"\x01" + bytes([len(name)]) + name)


def blind_index(purpose: str, value: str) -> str:
    """Keyed digest of a normalised value, 64 hex digits; "" for an empty value, so that look-ups never match it."""
    return str(settings.KEYRING.digest("index", f"{purpose}\0{value}".encode())) if value else ""


class EncryptedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text to Python, ciphertext in the database. Not searchable: pair it with a `blind_index` column."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = True
        super().__init__(*args, **kwargs)

    @property
    def label(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, bytes | memoryview):
            return value
        return encrypt(str(value), self.label)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else decrypt(value, self.label)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj) or "")
