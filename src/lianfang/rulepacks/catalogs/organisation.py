"""Kinds of units and the roles that exist in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lianfang.kernel.labels import Label
from lianfang.rulepacks.catalogs.entry import Entry
from lianfang.rulepacks.catalogs.limits import Capacity

Level = Literal[
    "authority", "institution", "campus", "division", "class", "department", "dormitory", "vehicle", "community"
]


@dataclass(frozen=True, kw_only=True)
class UnitKind(Entry):
    """A kind of unit: its level in the tree, under which kinds it may stand, and an authority's capacity.

    ``rolls``: people are checked here as a group. ``short`` is the word for it on a narrow screen.
    """

    level: Level
    capacity: Capacity | None = None
    parents: tuple[str, ...] = ()
    rolls: bool = False
    short: Label | None = None


@dataclass(frozen=True, kw_only=True)
class Role(Entry):
    """A post or standing that a person holds in a unit between two dates."""

    unit_kinds: tuple[str, ...]
    family: Literal["pupil", "guardian", "teaching", "health", "management", "support", "authority"]
    single: bool = False
    capacity: Capacity | None = None


@dataclass(frozen=True, kw_only=True)
class PlaceKind(Entry):
    """A kind of place: in which kinds it may lie (``under``), whether it may stand alone (``top``), and whether it is a
    room with a door and people in it (``room``)."""

    under: tuple[str, ...] = ()
    top: bool = False
    room: bool = False


@dataclass(frozen=True, kw_only=True)
class GroupKind(Entry):
    """A kind of leading group or special team: the kinds of unit that form it, and what it usually sees to.

    ``single``: a unit has at most one of the kind at a time.
    """

    unit_kinds: tuple[str, ...]
    single: bool = False
    task: Label | None = None
