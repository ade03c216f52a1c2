"""Compilation to machine code with a cache that survives restarts and read-only installations.

Importing this module imports numba (about 0.3 s), so engines import it inside functions or from modules that are
themselves imported late.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def cache_directory(source: Path) -> Path | None:
    """Return where compiled code must go, or ``None`` where numba's own choice (beside the source) is writable.

    ``NUMBA_CACHE_DIR`` set by the operator always wins. The fall-back is private to the user.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return None
    beside = source.parent / "__pycache__"
    probe = beside if beside.is_dir() else source.parent
    if os.access(probe, os.W_OK):
        return None
    base = os.environ.get("XDG_CACHE_HOME")
    for root in (Path(base) if base else Path.home() / ".cache", Path(tempfile.gettempdir())):
        chosen = root / f"lianfang-numba-{os.getuid()}"
        try:
            chosen.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(chosen, os.W_OK) and chosen.stat().st_uid == os.getuid():
            return chosen
    return None


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on first call, keep the machine code on disk, and release the GIL while running."""
    import numba

    directory = cache_directory(Path(function.__code__.co_filename))
    if directory is not None:
        vars(numba.config)["CACHE_DIR"] = str(directory)
    decorated: Callable[..., Any] = numba.njit(cache=True, nogil=True)(function)
    return decorated
