"""Paths in a tree: "1/7/23/" names a row's id after those above it, from the root down."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=65_536)
def ids_of_path(path: str | None) -> tuple[int, ...]:
    """The ids that a path names, from the root down; none for an empty one. Raises ValueError for anything else."""
    return tuple(int(part) for part in (path or "").strip("/").split("/") if part)
