"""Every action and query that asks for a permission refuses who holds nothing before it looks at anything: no row is read,
so a refusal tells nothing about ids, and no caller (page, operation, import, job) can forget to ask.

Which function asks for which permission is written down in `asking_for.txt`, so that a question that is taken out, or a
new one, is a line in a diff.
"""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Model

from dev.mutation.checks import ROOT, checks
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Forbidden
from lianfang.foundation.permissions import Permission, permission
from tests.access.world import NOW

TABLE = Path(__file__).with_name("asking_for.txt")
NOBODY = Actor(None, "", "test", NOW)  # not even everybody's own permissions are theirs
ASKED = [tuple(line.split()) for line in TABLE.read_text(encoding="utf-8").splitlines()]


def asking() -> set[str]:
    """Functions of actions and queries in which `permit` or `unit_for` is called, dotted."""
    found = set()
    for check in checks():
        module = check.file.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if check.kind in ("permit", "unit") and not {"views", "api", "config"} & set(module.split(".")):
            found.add(f"{module}.{check.function}")
    return found


def test_every_question_is_written_down() -> None:
    named = {function for function, _permission in ASKED}
    beside = {"lianfang.foundation.access.unit_for"}  # asks for whichever permission it is given
    assert asking() - beside == named, f"{TABLE.relative_to(ROOT)} is to be brought up to date"


def anything(kind: Any) -> Any:
    """A value of the kind that a parameter is declared with; what it holds is never looked at."""
    kind = next((part for part in typing.get_args(kind) if part is not type(None)), kind)
    if isinstance(kind, type) and issubclass(kind, Model):
        return kind(pk=1)
    return {int: 1, str: "x"}.get(kind)


@pytest.mark.parametrize("function, asked", ASKED)
def test_who_holds_nothing_is_refused_before_anything_is_read(function: str, asked: str) -> None:
    module, _, name = function.rpartition(".")
    called: Callable[..., Any] = inspect.unwrap(getattr(importlib.import_module(module), name))
    kinds = typing.get_type_hints(called)
    known = {Actor: NOBODY, datetime: NOW, Permission: permission(asked)}
    given = {
        p.name: known[kinds[p.name]] if kinds[p.name] in known else anything(kinds[p.name])
        for p in inspect.signature(called).parameters.values()
        if p.default is p.empty and p.kind is not p.VAR_KEYWORD
    }
    with pytest.raises(Forbidden) as refused:
        called(**given)
    assert refused.value.args == (asked,)
