"""The recovery sheet: a whole keyring as lines that a person can type, and as a QR code.

The keyring as bytes, with a checksum of all at the end, in base 32 without letters that look like others (Crockford's
alphabet: no I, L, O, U). A line holds 20 bytes as eight groups of four and ends with a group that checks the line and
its number, so that a typing error, a swapped or a forgotten line is found where it is.
"""

from __future__ import annotations

import hashlib
import re
import struct

from lianfang.config.backups.problems import BackupError
from lianfang.foundation.keys import PURPOSES, Keyring
from lianfang.kernel.labels import Label

VERSION = 1
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LINE_BYTES = 20
GROUP = 4
SUM = 8
QR_HEAD = "LIANFANG-KEYS-1:"
ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
NUMBERED = re.compile(r"\s*(\d{1,2})\s*[.:、]?\s+(.*)")


class SheetError(BackupError):
    """What was typed is not the sheet; `line` is the number of the wrong line, None when it is about the whole."""

    def __init__(self, label: Label, line: int | None = None) -> None:
        super().__init__(label)
        self.line = line


def packed(keyring: Keyring) -> bytes:
    """The keyring as bytes with its checksum."""
    body = bytearray([VERSION])
    for number, purpose in enumerate(PURPOSES):
        current = keyring.current[purpose]
        generations = sorted(keyring.keys[purpose].items(), key=lambda item: item[0] != current)
        body += struct.pack("BB", number, len(generations))
        for key_id, key in generations:  # the one in use first
            name = key_id.encode()
            body += struct.pack("BB", len(name), len(key)) + name + key
    return bytes(body) + hashlib.sha256(body).digest()[:SUM]


def unpacked(data: bytes) -> Keyring:
    """The keyring of `packed`. Raises SheetError."""
    body, check = data[:-SUM], data[-SUM:]
    if len(data) <= SUM or hashlib.sha256(body).digest()[:SUM] != check:
        raise _whole()
    keys: dict[str, dict[str, bytes]] = {}
    current: dict[str, str] = {}
    at = 1
    try:
        if body[0] != VERSION:
            raise _whole()
        while at < len(body):
            purpose, count = PURPOSES[body[at]], body[at + 1]
            at += 2
            for _ in range(count):
                named, long = body[at], body[at + 1]
                key_id = body[at + 2 : at + 2 + named].decode()
                keys.setdefault(purpose, {})[key_id] = body[at + 2 + named : at + 2 + named + long]
                current.setdefault(purpose, key_id)
                at += 2 + named + long
    except (IndexError, UnicodeDecodeError):
        raise _whole() from None
    if at != len(body) or set(keys) != set(PURPOSES) or any(len(keys[p][current[p]]) != 32 for p in PURPOSES):
        raise _whole()
    return Keyring(keys, current)


def _whole() -> SheetError:
    return SheetError(
        Label(
            "恢复单不完整：请从第 1 行到最后一行全部输入。密钥没有改动。",
            "The sheet is not complete: type every line from the first to the last. The keys were not changed.",
        )
    )


def _base32(data: bytes) -> str:
    bits, room, signs = 0, 0, []
    for byte in data:
        bits, room = bits << 8 | byte, room + 8
        while room >= 5:
            room -= 5
            signs.append(ALPHABET[bits >> room & 31])
    if room:
        signs.append(ALPHABET[bits << (5 - room) & 31])
    return "".join(signs)


def _bytes(text: str) -> bytes:
    """Raises ValueError for another letter."""
    bits, room, found = 0, 0, bytearray()
    for sign in text:
        bits, room = (bits << 5 | ALPHABET.index(sign)) & 0xFFFFF, room + 5
        if room >= 8:
            room -= 8
            found.append(bits >> room & 255)
    return bytes(found)


def _check(number: int, signs: str) -> str:
    return _base32(hashlib.sha256(f"{number}:{signs}".encode()).digest())[:GROUP]


def fingerprint(keyring: Keyring) -> str:
    """Eight signs that name a keyring and tell nothing about it."""
    signs = _base32(hashlib.sha256(b"lianfang keyring" + packed(keyring)).digest())[:8]
    return f"{signs[:4]}-{signs[4:]}"


def lines(keyring: Keyring) -> list[str]:
    """The lines to type, without their numbers: groups of four signs, the last group checks the line."""
    data, found = packed(keyring), []
    for number, at in enumerate(range(0, len(data), LINE_BYTES), 1):
        signs = _base32(data[at : at + LINE_BYTES])
        groups = [signs[i : i + GROUP] for i in range(0, len(signs), GROUP)]
        found.append(" ".join([*groups, _check(number, signs)]))
    return found


def qr_text(keyring: Keyring) -> str:
    """What the QR code says: the same lines without spaces, in the letters that QR codes hold best."""
    return QR_HEAD + ":".join(line.replace(" ", "") for line in lines(keyring))


def read_line(number: int, typed: str) -> str:
    """The signs of one typed line without its check. Spaces, hyphens and small letters do not matter; O is 0, I and L
    are 1. Raises SheetError with the line's number."""
    found = NUMBERED.fullmatch(typed)
    if found and int(found.group(1)) == number:
        typed = found.group(2)
    signs = re.sub(r"[\s\-–—_.·]", "", typed).upper().translate(ALIKE)
    signs, check = signs[:-GROUP], signs[-GROUP:]
    if not signs or set(signs) - set(ALPHABET) or _check(number, signs) != check:
        raise SheetError(
            Label(
                f"第 {number} 行有误，请对照恢复单再看一遍这一行。密钥没有改动。",
                f"Line {number} is not as on the sheet; look at this line again. The keys were not changed.",
            ),
            number,
        )
    return signs


def read_sheet(text: str) -> Keyring:
    """The keyring from all lines (numbered or not, empty lines passed over) or from the QR code's text.

    Raises SheetError.
    """
    text = text.strip()
    if text.upper().startswith(QR_HEAD):
        text = text[len(QR_HEAD) :].replace(":", "\n")
    typed = [line for line in text.splitlines() if line.strip()]
    data = b"".join(_bytes(read_line(number, line)) for number, line in enumerate(typed, 1))
    return unpacked(data)
