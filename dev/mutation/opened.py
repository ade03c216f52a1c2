"""What stands in the place of an opened check. The changed code reaches this module as the builtin `__opened__`."""

from __future__ import annotations

from typing import Any

reached: set[int] = set()


def seen(number: int) -> None:
    """Note that the check with this number was reached (baseline)."""
    reached.add(number)


def everything(*asked: Any) -> Any:
    """A scope without limits, whatever the permission."""
    from lianfang.foundation.permissions import Scope

    return Scope(everything=True)


def unit(function: Any, actor: Any, permission: Any, unit_id: Any) -> Any:
    """The unit of that id, whoever asks."""
    return function(_everyone(actor), permission, unit_id)


def _everyone(actor: Any) -> Any:
    import dataclasses

    return dataclasses.replace(actor, system=True)


def yes(*asked: Any) -> bool:
    return True


def no(*asked: Any) -> bool:
    return False


def nothing(*asked: Any, **named: Any) -> None:
    """A call that does nothing."""


def always(*asked: Any, **named: Any) -> Any:
    """A condition that every row fulfils."""
    from django.db.models import Q

    return ~Q(pk__in=[])


def unfiltered(method: Any, *asked: Any) -> Any:
    """The rows that were to be narrowed, all of them."""
    return method.__self__.all()


def persons(function: Any, scope: Any, on: Any) -> Any:
    """All persons."""
    return function(everything(), on)


def all_units(*asked: Any) -> tuple[int, ...]:
    from lianfang.foundation.models import Unit

    return tuple(Unit.objects.values_list("pk", flat=True))


def everybody(*asked: Any) -> frozenset[int]:
    from lianfang.people.models import Person

    return frozenset(Person.objects.values_list("pk", flat=True))


def plain(function: Any, counts: Any, *rest: Any, **named: Any) -> dict[Any, Any]:
    """Counts without suppression."""
    return dict(counts)


def without(dropped: tuple[str, ...], function: Any, *given: Any, **named: Any) -> Any:
    """The call without the conditions called `dropped`."""
    kept = {name: value for name, value in named.items() if name not in dropped}
    if not kept and not given and getattr(function, "__name__", "") == "Q":
        return always()
    return function(*given, **kept)
