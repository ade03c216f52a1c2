"""Room for the frames of deep calls.

CPython (3.11 and later) keeps the frames of a thread in chunks of 16 KiB, maps the next one from the system when a call
does not fit, and unmaps it when that call returns. A loop whose calls cross the end of a chunk pays two system calls and
several page faults each time round; deep in the templates of a page that is some hundred times a request. A chunk
is made large enough for the frame that needs it, so one large frame below everything makes room for all that follow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
# Slots of eight bytes. The chunk becomes the next power of two, 2 MiB; what nobody uses of it is never touched.
SLOTS = 2**17


def with_room(call: Callable[P, T]) -> Callable[P, T]:
    """The same call, on a frame with about a megabyte of room behind it."""

    def roomy(*args: P.args, **kwargs: P.kwargs) -> T:
        return call(*args, **kwargs)

    roomy.__code__ = roomy.__code__.replace(co_stacksize=SLOTS)
    return roomy
