"""Reaching the developers' tools, which are in a checkout and not in an installed package."""

from __future__ import annotations

import importlib
from types import ModuleType


def developer_module(name: str) -> ModuleType:
    """The module `dev.<name>`. Raises SystemExit with the remedy outside a checkout."""
    try:
        return importlib.import_module(f"dev.{name}")
    except ModuleNotFoundError as error:
        if error.name in ("dev", f"dev.{name}"):
            raise SystemExit("this command needs a checkout of the source: run ./lianfang there") from error
        raise SystemExit(
            f"{error.name} is not installed here: run the command as ./lianfang in the checkout"
        ) from error
