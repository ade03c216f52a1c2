"""Every route of the URL configuration and every operation of the API, with what each declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from pydantic import BaseModel

from lianfang.config.api import api

# A client names its own submission; kinds and layouts are data.
NOT_OBJECTS = frozenset({"client_id", "kind_id", "layout_id"})
NAMES_OBJECTS = re.compile(r"(^id$|_ids?$|^corrects$|^answers$|^accepted_unanswered$)")


@dataclass(frozen=True)
class Page:
    """A page: its name with namespace, its declaration and the converters of its address."""

    name: str
    declared: Any
    parameters: frozenset[str]

    @property
    def objects(self) -> frozenset[str]:
        return frozenset(p for p in self.parameters if NAMES_OBJECTS.search(p)) - NOT_OBJECTS


@dataclass(frozen=True)
class Operation:
    """An operation of the API; `parameters` are those of path, query and body, the last by dotted path."""

    name: str
    method: str
    path: str
    declared: Any
    parameters: frozenset[str]

    @property
    def objects(self) -> frozenset[str]:
        last = {p: p.rsplit(".", 1)[-1] for p in self.parameters}
        return frozenset(p for p, name in last.items() if NAMES_OBJECTS.search(name) and name not in NOT_OBJECTS)


def pages() -> list[Page]:
    """Every page, the API's views left out (they declare by operation)."""
    found = []
    for namespace, pattern in _patterns(get_resolver().url_patterns, ()):
        declared = getattr(pattern.callback, "access", None)
        if namespace[:1] == ("api",):
            assert declared == "api", pattern
            continue
        name = ":".join((*namespace, pattern.name or str(pattern.pattern)))
        found.append(Page(name, declared, frozenset(pattern.pattern.regex.groupindex)))
    return found


def _patterns(patterns: list[Any], namespace: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], URLPattern]]:
    for item in patterns:
        if isinstance(item, URLResolver):
            inner = (*namespace, item.namespace) if item.namespace else namespace
            yield from _patterns(item.url_patterns, inner)
        else:
            yield namespace, item


def operations() -> list[Operation]:
    """Every operation of the API."""
    found = []
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                address = re.sub(r"\{(?:\w+:)?(\w+)\}", r"{\1}", f"/api{prefix}{path}")
                parameters = frozenset(p for model in operation.models for p in _leaves(model))
                for method in operation.methods:
                    declared = getattr(operation.view_func, "access", None)
                    found.append(Operation(f"{method} {address}", method, address, declared, parameters))
    return found


def _leaves(model: Any, prefix: str = "") -> Iterator[str]:
    """Dotted names of a model's fields; lists and alternatives are looked through, a wrapped body keeps no prefix."""
    for name, field in model.model_fields.items():
        inner = list(_models(field.annotation))
        if not inner:
            yield prefix + name
        for one in inner:
            wraps = model.__name__ in ("BodyParams", "QueryParams", "PathParams")
            yield from _leaves(one, prefix if wraps else f"{prefix}{name}.")


def _models(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)
