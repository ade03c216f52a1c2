"""How far a long import has come: a small file beside the data, because nothing of a transaction is seen before its end."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings


def _path(import_id: int) -> Path:
    return Path(settings.DATA_DIR) / "progress" / f"import-{import_id}.json"


def tell(import_id: int, done: int, total: int) -> None:
    """Replace what was said before."""
    path = _path(import_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps({"done": done, "total": total}))
    temporary.replace(path)


def told(import_id: int) -> dict[str, Any]:
    """Done and total; empty when nothing is under way."""
    try:
        said: dict[str, Any] = json.loads(_path(import_id).read_text())
    except (OSError, ValueError):
        return {}
    return said


def forget(import_id: int) -> None:
    _path(import_id).unlink(missing_ok=True)
