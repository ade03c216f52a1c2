"""What the load client said and what it was told, written durably before it goes on: one JSON line each.

`sent` before the first try of a submission, `acked` with the answer, `refused` with the status of a refusal (4xx). What has
`sent` alone is open: it may be there or not, but wholly.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any


class Ledger:
    """Append-only; lines of several threads do not mix. A line is on the disk when the call returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, *lines: dict[str, Any]) -> None:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        with self._lock:
            os.write(self._fd, text)
            os.fsync(self._fd)

    def close(self) -> None:
        os.close(self._fd)


def read(paths: list[Path]) -> dict[str, dict[str, Any]]:
    """Every submission by its id: `kind`, `sent`, and `answer` or `refused` where it got one."""
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            found.setdefault(entry.pop("id"), {}).update(entry)
    return found
