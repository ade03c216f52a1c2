"""The file format: a header and AES-256-GCM chunks, so that an edit, a swap, an insertion or a cut is found.

`magic(8) version(1) key id length(1) key id(16) key mark(16) salt(32) check(16)`, then chunks of 1 MiB plain text with
16 bytes of tag each. The file's key is HKDF-SHA256(field key, salt); the nonce is the chunk's number and whether it is
the last (the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015); the header is associated data.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lianfang.config.backups.problems import Damaged, ForeignKey, NewerFormat
from lianfang.foundation.keys import Keyring

MAGIC = b"LFBACKUP"
VERSION = 2  # 2: the manifest notes where the journal ends; 1 is read as well
ID_ROOM = 16
CHUNK = 2**20
TAG = 16
HEADER = len(MAGIC) + 2 + ID_ROOM + 16 + 32 + 16


def _derive(key: bytes, salt: bytes | None, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(key)


def _mark(key: bytes) -> bytes:
    """Names the key without telling it, so that a foreign file is not taken for a damaged one."""
    return _derive(key, None, b"lianfang backup: which key", 16)


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(_derive(key, salt, b"lianfang backup: chunks", 32))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class Sealer(io.RawIOBase):
    """Writes plain bytes encrypted into `target`. The end is only marked by `close`; `target` stays open."""

    def __init__(self, target: IO[bytes], keyring: Keyring, chunk: int = CHUNK) -> None:
        key_id, key = keyring.current_key("field")
        name = key_id.encode()
        if len(name) > ID_ROOM:
            raise ValueError("key id too long")
        salt = os.urandom(32)
        head = MAGIC + bytes([VERSION, len(name)]) + name.ljust(ID_ROOM, b"\0") + _mark(key) + salt
        self._header = head + hashlib.sha256(head).digest()[:16]
        self._target = target
        self._aead = _cipher(key, salt)
        self._chunk = chunk
        self._waiting = bytearray()
        self._number = 0
        target.write(self._header)

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        block = memoryview(data)  # type: ignore[arg-type]
        self._waiting += block
        # One full chunk may stay waiting: it could be the last.
        while len(self._waiting) > self._chunk:
            self._seal(bytes(self._waiting[: self._chunk]), False)
            del self._waiting[: self._chunk]
        return int(block.nbytes)

    def _seal(self, plain: bytes, last: bool) -> None:
        self._target.write(self._aead.encrypt(_nonce(self._number, last), plain, self._header))
        self._number += 1

    def finish(self) -> None:
        """Write the last chunk. Without it the file is refused as cut off."""
        self._seal(bytes(self._waiting), True)
        self._waiting.clear()


class Opener(io.RawIOBase):
    """Reads the plain bytes of an archive. Raises Damaged, ForeignKey, NewerFormat; hands out no unverified byte."""

    def __init__(self, source: IO[bytes], keyring: Keyring, chunk: int = CHUNK) -> None:
        self._header = source.read(HEADER)
        if len(self._header) < HEADER or not self._header.startswith(MAGIC):
            raise Damaged
        if not hmac.compare_digest(hashlib.sha256(self._header[:-16]).digest()[:16], self._header[-16:]):
            raise Damaged
        at = len(MAGIC)
        version, length = self._header[at], self._header[at + 1]
        if version > VERSION:
            raise NewerFormat
        if version < 1 or length > ID_ROOM:
            raise Damaged
        key_id = self._header[at + 2 : at + 2 + length].decode("utf-8", "replace")
        at += 2 + ID_ROOM
        mark, salt = self._header[at : at + 16], self._header[at + 16 : at + 48]
        key = keyring.keys["field"].get(key_id)
        if key is None or not hmac.compare_digest(_mark(key), mark):
            raise ForeignKey
        self._source = source
        self._aead = _cipher(key, salt)
        self._size = chunk + TAG
        self._number = 0
        self._next = source.read(self._size)
        self._plain = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def _open_next(self) -> None:
        sealed, self._next = self._next, self._source.read(self._size)
        last = not self._next
        try:
            self._plain = self._aead.decrypt(_nonce(self._number, last), sealed, self._header)
        except (InvalidTag, ValueError):
            raise Damaged from None
        self._number += 1
        self._ended = last

    def readinto(self, buffer: object) -> int:
        while not self._plain and not self._ended:
            self._open_next()
        room = memoryview(buffer)  # type: ignore[arg-type]
        piece, self._plain = self._plain[: room.nbytes], self._plain[room.nbytes :]
        room[: len(piece)] = piece
        return len(piece)

    def drain(self) -> None:
        """Read to the end. Raises Damaged when the last chunk is not the last, or anything else was altered."""
        while not self._ended:
            self._open_next()
        self._plain = b""
