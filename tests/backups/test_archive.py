"""The archive: what was sealed comes back, and nothing else is ever accepted."""

from __future__ import annotations

import io
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.config.backups.archive import HEADER, TAG, Opener, Sealer
from lianfang.config.backups.problems import BackupError, Damaged, ForeignKey
from lianfang.foundation.keys import PURPOSES, Keyring

CHUNK = 32


def keyring() -> Keyring:
    return Keyring({p: {"k1": secrets.token_bytes(32)} for p in PURPOSES}, dict.fromkeys(PURPOSES, "k1"))


OURS = keyring()


def sealed(plain: bytes) -> bytes:
    target = io.BytesIO()
    sealer = Sealer(target, OURS, CHUNK)
    sealer.write(plain)
    sealer.finish()
    return target.getvalue()


def opened(data: bytes, keys: Keyring = OURS) -> bytes:
    opener = Opener(io.BytesIO(data), keys, CHUNK)
    plain = opener.read()
    opener.drain()
    return plain or b""


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, 5 * CHUNK + 7])
def test_what_was_sealed_comes_back(size: int) -> None:
    plain = secrets.token_bytes(size)
    assert opened(sealed(plain)) == plain


WHOLE = sealed(bytes(range(100)))


def test_every_single_byte_and_every_cut_is_found() -> None:
    for at in range(len(WHOLE)):
        with pytest.raises(BackupError):
            opened(WHOLE[:at] + bytes([WHOLE[at] ^ 1]) + WHOLE[at + 1 :])
        with pytest.raises(Damaged):
            opened(WHOLE[:at])


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_other_byte_is_found(at: int, change: int) -> None:
    with pytest.raises(BackupError):
        opened(WHOLE[:at] + bytes([WHOLE[at] ^ change]) + WHOLE[at + 1 :])


def test_swapped_repeated_and_appended_chunks_are_found() -> None:
    step = CHUNK + TAG
    head, chunks = WHOLE[:HEADER], [WHOLE[i : i + step] for i in range(HEADER, len(WHOLE), step)]
    orders = [[1, 0, 2, 3], [0, 0, 1, 2, 3], [0, 2, 3], [0, 1, 2], [0, 1, 2, 3, 3], [1, 2, 3]]
    assert len(chunks) == 4
    for order in orders:
        with pytest.raises(Damaged):
            opened(head + b"".join(chunks[i] for i in order))
    with pytest.raises(Damaged):
        opened(sealed(bytes(100))[:HEADER] + WHOLE[HEADER:])


def test_foreign_keys_are_named_as_such() -> None:
    with pytest.raises(ForeignKey):
        opened(WHOLE, keyring())
