"""Declare an operation that programs may reach past Django's handler: what a city sends by the hundred thousand within an
hour and a half. `config.shortway` is the way; what may be asked of it stands beside the operation's route.

It is no second way to write. The operation names the same body and the same shared commit that its route uses, its access
is the route's, and whatever is not plainly in order takes the ordinary way from its beginning (ADR 0018).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from lianfang.foundation.actor import Actor
from lianfang.foundation.tokens import Presented

V = TypeVar("V", bound=Callable[..., object])


class Body(Protocol):
    """What comes in, one submission: a pydantic model that makes the action's item."""

    client_id: UUID | None

    def item(self, actor: Actor, client_id: UUID, client_now: datetime | None) -> Any: ...


class Answer(Protocol):
    """What the action answers, as the API gives it."""

    def as_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Short:
    """`read` makes the body of what JSON said, or raises ValueError; `submit` hands it to the shared commit."""

    read: Callable[[Any], Body]
    submit: Callable[[Presented[Any]], Answer]


def short_way(read: Callable[[Any], Body], submit: Callable[[Presented[Any]], Answer]) -> Callable[[V], V]:
    """Declare that one submission may come the short way."""

    def mark(view: V) -> V:
        view.short = Short(read, submit)  # type: ignore[attr-defined]
        return view

    return mark
