"""Keys, kept outside the data folder so that a copied database alone opens nothing.

`keyring.json` in the key folder (mode 0600) holds one 32-byte key per purpose and generation:
`django` (sessions), `field` (AES-256-GCM), `index` (blind index), `journal` (hash chain), `receipt` (body hash).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

PURPOSES = ("django", "field", "index", "journal", "receipt")

# What `lianfang keys renew` exchanges. The others hold for the life of an installation: `index` finds people and tokens by
# digests of what is not kept in plain text, `journal` seals a chain, `receipt` knows a repeated submission for ever.
RENEWABLE = ("django", "field")


class KeyringError(Exception):
    """The key folder is unreadable or incomplete; the message says which file and what to do."""


@dataclass(frozen=True)
class Keyring:
    """All keys by purpose; `current` names the generation used for writing, older ones stay for reading."""

    keys: dict[str, dict[str, bytes]]
    current: dict[str, str]

    def current_key(self, purpose: str) -> tuple[str, bytes]:
        key_id = self.current[purpose]
        return key_id, self.keys[purpose][key_id]

    def key(self, purpose: str, key_id: str) -> bytes:
        try:
            return self.keys[purpose][key_id]
        except KeyError:
            raise KeyringError(
                f"key {purpose}/{key_id} is not in the keyring; restore it from the recovery sheet"
            ) from None

    def text(self, purpose: str) -> str:
        return base64.b64encode(self.current_key(purpose)[1]).decode()

    def first_text(self, purpose: str) -> str:
        """The oldest generation's key as text: what has to stay the same when keys are exchanged."""
        return base64.b64encode(self.keys[purpose][min(self.keys[purpose], key=_number)]).decode()

    def digest(self, purpose: str, message: bytes) -> str:
        """Keyed SHA-256 of `message`, 64 hex digits."""
        return hmac.new(self.current_key(purpose)[1], message, hashlib.sha256).hexdigest()

    def renewed(self) -> Keyring:
        """A keyring with a new generation of each RENEWABLE purpose in use; the older ones stay for reading."""
        keys, current = {p: dict(known) for p, known in self.keys.items()}, dict(self.current)
        for purpose in RENEWABLE:
            current[purpose] = f"k{1 + max(_number(key_id) for key_id in keys[purpose])}"
            keys[purpose][current[purpose]] = secrets.token_bytes(32)
        return Keyring(keys, current)


def _number(key_id: str) -> int:
    return int(key_id[1:]) if key_id[1:].isdecimal() else 0  # "k1", "k2" …


def load_keyring(folder: Path) -> Keyring:
    """Read the keyring, making it on the first start.

    Two processes that start together agree: the file is created exclusively and the loser reads the winner's.
    Raises KeyringError when the file is damaged or lacks a purpose.
    """
    path = folder / "keyring.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        body = {
            p: {"current": "k1", "keys": {"k1": base64.b64encode(secrets.token_bytes(32)).decode()}} for p in PURPOSES
        }
        temporary = folder / f".keyring.{os.getpid()}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump(body, handle, indent=1)
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    try:
        raw = json.loads(path.read_text())
        keys = {p: {i: base64.b64decode(k) for i, k in raw[p]["keys"].items()} for p in PURPOSES}
        current = {p: str(raw[p]["current"]) for p in PURPOSES}
        for purpose in PURPOSES:
            if len(keys[purpose][current[purpose]]) != 32:
                raise ValueError(purpose)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeyringError(
            f"{path.name} in the key folder cannot be used ({error!r}); restore it from the recovery sheet"
        ) from error
    return Keyring(keys, current)
