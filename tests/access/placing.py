"""Buses and printed rolls of the access tests' world."""

from __future__ import annotations

from typing import Any

from lianfang.daily.actions import print_sheet
from lianfang.foundation.actor import system_actor
from lianfang.people import actions as people
from tests.district import DAY, SETUP
from tests.reporting.cast import at

SHEETS = {"sheet": "class1", "dormitory_sheet": "dormitory", "foreign_sheet": "foreign_class"}


def enter(w: Any, say: Any) -> None:
    """A bus of each school and a printed roll of three groups."""
    system = system_actor("test", SETUP)
    for key, where, plate in (("bus", "school", "浙A12345"), ("foreign_bus", "foreign_school", "浙A54321")):
        bus = people.add_vehicle(
            system,
            SETUP,
            unit=w.d.units[where],
            name=say("bus", "1号校车"),
            plate=plate,
            seats=30,
            route=say("route", "文一路—学校"),
        )
        w.ids[key] = bus.pk
    for (key, where), part in zip(SHEETS.items(), ("teacher", "keeper", "foreign_teacher"), strict=True):
        actor = w.actor(part, at("10:39"))
        made = print_sheet(actor, actor.now, unit_id=w.unit(where), session="afternoon", day=DAY)
        w.ids[key] = made.pk
