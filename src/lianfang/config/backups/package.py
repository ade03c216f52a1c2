"""What is in an archive: a compressed tar of the database, the files and a manifest with every size and hash."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from lianfang.config.backups.archive import Opener, Sealer
from lianfang.config.backups.problems import Damaged
from lianfang.foundation.keys import Keyring

MANIFEST = "manifest.json"
MARKS = ("demo", "demo.filled")
MEMBER = re.compile(r"database\.sqlite3|tables/[a-z0-9_]{1,63}|demo|demo\.filled|files/[0-9a-f]{2}/[0-9a-f]{32}")
PRIVATE = 0o700
PIECE = 2**20


@dataclass
class Manifest:
    """What a backup holds. Instants are ISO 8601 with zone.

    `kind` is the database's vendor; `sealed` and `head` the number and digest with which its journal ended (`head` is ""
    in backups of format 1 and where there was no head); `last_at` when its newest journal entry was received; `migrations` its state as
    (app, name) pairs; `tables` name → rows; `columns`, `sequences` ("table.column" → last number) and the statements that
    make PostgreSQL's tables (`made_by` before the rows, `finished_by` after them); `missing` contents of files that were
    erased while the backup was made; `members` name → (bytes, SHA-256).
    """

    kind: str
    version: str
    made_at: str
    entries: int
    receipts: int
    sealed: int
    last_at: str | None
    migrations: list[tuple[str, str]]
    tables: dict[str, int]
    head: str = ""
    columns: dict[str, list[str]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    made_by: list[str] = field(default_factory=list)
    finished_by: list[str] = field(default_factory=list)
    missing: int = 0
    members: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @property
    def last(self) -> datetime | None:
        return datetime.fromisoformat(self.last_at) if self.last_at else None

    @property
    def noted(self) -> list[tuple[int, str]]:
        """The end of the journal, as `journal.verify` expects it; nothing where it was not noted."""
        return [(self.sealed, self.head)] if self.head else []

    @property
    def size(self) -> int:
        """Bytes of everything unpacked."""
        return sum(size for size, _digest in self.members.values())


def data_files(data: Path, known: Collection[str]) -> Iterator[tuple[str, Path]]:
    """(name in the archive, path) of what lies beside the database and cannot be made again: of the stored files those
    whose ids are `known` to the copied database."""
    for mark in MARKS:
        if (data / mark).is_file():
            yield mark, data / mark
    for path in sorted((data / "files").glob("??/*")):
        name = f"files/{path.parent.name}/{path.name}"
        if path.name in known and MEMBER.fullmatch(name):
            yield name, path


class _Hashing(io.RawIOBase):
    """Passes a file on and remembers its hash."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.source.read(size)
        self.hash.update(piece)
        return piece


def pack(
    target: IO[bytes],
    keyring: Keyring,
    members: Iterable[tuple[str, Path]],
    manifest: Manifest,
    known: Collection[str] = (),
) -> None:
    """Write the archive of `members` (name, path) and complete the manifest. One that is gone is left out; `known` are
    the ids of stored files that should be there."""
    sealer = Sealer(target, keyring)
    with (
        gzip.GzipFile(fileobj=sealer, mode="wb", compresslevel=1, mtime=0) as thin,
        tarfile.open(fileobj=thin, mode="w|", format=tarfile.PAX_FORMAT, bufsize=PIECE) as tar,
    ):
        for name, path in members:
            try:
                source = path.open("rb")
            except FileNotFoundError:
                continue
            with source:
                member = tarfile.TarInfo(name)
                member.size, member.mode = os.fstat(source.fileno()).st_size, 0o600
                hashing = _Hashing(source)
                tar.addfile(member, hashing)
            manifest.members[name] = (member.size, hashing.hash.hexdigest())
        manifest.missing = len(set(known) - {name.rpartition("/")[2] for name in manifest.members})
        text = json.dumps(asdict(manifest), ensure_ascii=False).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mode = len(text), 0o600
        tar.addfile(member, io.BytesIO(text))
    sealer.finish()


def unpack(file: Path, keyring: Keyring, into: Path | None, *, files: bool = True) -> Manifest:
    """Read an archive to its end into the folder `into` (None: only look; without `files` only the database).

    Every member's size and hash is compared with the manifest, and nothing else may be there. Raises Damaged,
    ForeignKey, NewerFormat; what was written until then is not to be used.
    """
    found: dict[str, tuple[int, str]] = {}
    manifest: Manifest | None = None
    with file.open("rb") as source:
        opener = Opener(source, keyring)
        try:
            with (
                gzip.GzipFile(fileobj=io.BufferedReader(opener, PIECE), mode="rb") as thin,
                tarfile.open(fileobj=thin, mode="r|", bufsize=PIECE) as tar,
            ):
                for member in tar:
                    content = tar.extractfile(member)
                    if content is None or manifest is not None:
                        raise Damaged
                    if member.name == MANIFEST:
                        manifest = _manifest(content.read())
                    elif MEMBER.fullmatch(member.name):
                        keep = into is not None and (files or member.name.startswith(("database.", "tables/")))
                        found[member.name] = _copy(content, into / member.name if into and keep else None)
                    else:
                        raise Damaged
                while thin.read(PIECE):
                    pass
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Damaged from error
        opener.drain()
    if manifest is None or found != manifest.members:
        raise Damaged
    return manifest


def _manifest(text: bytes) -> Manifest:
    try:
        raw = json.loads(text)
        raw["members"] = {name: (int(size), str(digest)) for name, (size, digest) in raw["members"].items()}
        raw["migrations"] = [(str(app), str(name)) for app, name in raw["migrations"]]
        return Manifest(**raw)
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged from error


def _copy(content: IO[bytes], target: Path | None) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    where = os.devnull if target is None else target
    with os.fdopen(os.open(where, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
        while piece := content.read(PIECE):
            digest.update(piece)
            size += len(piece)
            out.write(piece)
        if target is not None:
            out.flush()
            os.fsync(out.fileno())
    return size, digest.hexdigest()
