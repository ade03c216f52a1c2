"""Permit: the one predicate for lists and objects, the declaration of routes, and the record of named looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Forbidden, NotFound
from lianfang.foundation.models import NamedLook, Unit
from lianfang.foundation.permissions import Permission, Scope

V = TypeVar("V", bound=Callable[..., Any])
M = TypeVar("M", bound=Model)


def permit(actor: Actor, permission: Permission) -> Scope:
    """The actor's scope for `permission`. Raises Forbidden when no role of theirs has it."""
    if not actor.can(permission):
        raise Forbidden(permission.name)
    return actor.scope(permission)


def unit_for(actor: Actor, permission: Permission, unit_id: int | str) -> Unit:
    """The unit if the permission reaches it. Raises Forbidden without any such right, NotFound for a foreign or missing unit."""
    scope = permit(actor, permission)
    try:
        unit = Unit.objects.filter(scope.unit_q("path"), pk=unit_id).first()
    except (ValueError, OverflowError):
        unit = None
    if unit is None:
        raise NotFound("unit")
    return unit


def one(queryset: QuerySet[M], **lookup: Any) -> M:
    """The single row of an already scoped queryset. Raises NotFound, also for ids that are no ids."""
    try:
        row = queryset.filter(**lookup).first()
    except (ValueError, OverflowError):
        row = None
    if row is None:
        raise NotFound(queryset.model._meta.model_name or "row")
    return row


def record_look(
    actor: Actor, permission: Permission, subject_type: str, subjects: Iterable[tuple[int, int | None]]
) -> None:
    """Record that named health detail of `subjects` ((subject id, unit id) pairs) was looked at, one row each."""
    if actor.account_id is None:
        return
    NamedLook.objects.bulk_create(
        NamedLook(
            account_id=actor.account_id,
            permission=permission.name,
            subject_type=subject_type,
            subject_id=subject_id,
            unit_id=unit_id,
            request_id=actor.request_id,
            at=actor.now,
        )
        for subject_id, unit_id in subjects
    )


def access(permission: Permission) -> Callable[[V], V]:
    """Declare what a route needs. A route without a declaration is refused at run time and fails the build."""

    def mark(view: V) -> V:
        view.access = permission  # type: ignore[attr-defined]
        return view

    return mark


def public(view: V) -> V:
    """Declare a route that needs no sign-in (sign-in itself, health check, static shell)."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: V) -> V:
    """Declare a route that every signed-in account may open (own password, language, Today)."""
    view.access = "signed_in"  # type: ignore[attr-defined]
    return view
