"""Puts changed code into the functions that are loaded, in this process only."""

from __future__ import annotations

import builtins
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any

from dev.mutation import opened
from dev.mutation.checks import SOURCE, Check, opened_code

Place = tuple[str, str, int]
Loaded = dict[Place, list[FunctionType]]


def loaded() -> Loaded:
    """Every function of the application in this process, by file, qualified name and first line."""
    gc.unfreeze()  # the test run puts aside what was read before it; `get_objects` leaves that out
    found: Loaded = {}
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename.startswith(str(SOURCE)):
            found.setdefault(_place(thing.__code__), []).append(thing)
    return found


def _place(code: CodeType) -> Place:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def swap(module: Any, functions: Loaded, only: str | None = None) -> list[tuple[FunctionType, CodeType]]:
    """Give the loaded functions the code of `module` (compiled); with `only`, that function and those around it.

    Returns the functions that were changed, each with the code that it had.
    """
    builtins.__dict__["__opened__"] = opened
    changed = []
    for code in _codes(module):
        if only is not None and not (only == code.co_qualname or only.startswith(code.co_qualname + ".<locals>.")):
            continue
        for function in functions.get(_place(code), []):
            if len(function.__code__.co_freevars) == len(code.co_freevars):
                changed.append((function, function.__code__))
                function.__code__ = code
    return changed


@contextmanager
def open_check(check: Check, functions: Loaded) -> Iterator[None]:
    """The check is open while this lasts. Raises LookupError when its function is not loaded."""
    changed = swap(opened_code(check), functions, only=check.function)
    if not changed:
        raise LookupError(check.key)
    try:
        yield
    finally:
        for function, code in changed:
            function.__code__ = code
