"""Places, school buses and seats: where a place may lie, what moves with it, who sat where on which day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from lianfang.foundation.actor import system_actor
from lianfang.foundation.errors import Invalid, NotFound
from lianfang.people import actions, queries
from lianfang.people.models import Place, SeatHolding
from lianfang.people.place_rules import (
    Grid,
    clean_plate,
    filled_in_order,
    grid_fault,
    is_plate,
    neighbours,
    placing_fault,
    seats_fault,
    taps_short,
)
from lianfang.people.placing import room_order, seating_on
from lianfang.rulepacks import packs
from tests.district import DAY, SETUP, TERM, District, make_district

LATER = SETUP + timedelta(days=20)


@pytest.fixture
def district(db: None) -> District:
    return make_district(accounts=False)


@pytest.mark.parametrize(
    "kind, above, fault",
    [
        ("campus", None, None),
        ("campus", "campus", "under"),
        ("building", None, None),
        ("building", "campus", None),
        ("building", "floor", "under"),
        ("floor", None, "top"),
        ("floor", "building", None),
        ("classroom", None, None),
        ("classroom", "floor", None),
        ("classroom", "classroom", "under"),
        ("washroom", "dormitory", None),
        ("seat", "canteen", None),
        ("seat", "gate", "under"),
        ("seat", None, "top"),
        ("cellar", None, "unknown"),
    ],
)
def test_where_a_place_may_lie(kind: str, above: str | None, fault: str | None) -> None:
    assert placing_fault(kind, above, packs().place_kinds) == fault


@pytest.mark.parametrize("taps, persons, short", [(20, 1000, 0), (20, 1001, 1), (0, 1, 1), (None, 900, 0), (3, 0, 0)])
def test_one_tap_for_fifty(taps: int | None, persons: int, short: int) -> None:
    assert taps_short(taps, persons, int(packs().standards["persons-per-tap"].maximum or 0)) == short


@pytest.mark.parametrize(
    "text, fits",
    [("浙A12345", True), ("浙 a·12345", True), ("浙AD12345", True), ("浙A0521学", True), ("A12345", False)],
)
def test_plates(text: str, fits: bool) -> None:
    assert is_plate(clean_plate(text)) is fits


@pytest.mark.parametrize(
    "grid, seats, fault",
    [
        (Grid(2, 3, (1,)), [(1, 1, 7), (2, 3, 8)], None),
        (Grid(0, 3), [], "rows"),
        (Grid(2, 21), [], "columns"),
        (Grid(2, 3, (3,)), [], "aisles"),
        (Grid(2, 3, (1, 1)), [], "aisles"),
        (Grid(2, 3), [(3, 1, 7)], ("outside", 0)),
        (Grid(2, 3), [(1, 1, 7), (1, 1, 8)], ("twice_seat", 1)),
        (Grid(2, 3), [(1, 1, 7), (1, 2, 7)], ("twice_person", 1)),
    ],
)
def test_grids_and_seats(grid: Grid, seats: list[tuple[int, int, int]], fault: Any) -> None:
    assert (grid_fault(grid) or seats_fault(grid, seats)) == fault


def test_neighbours_over_a_gangway_and_corners() -> None:
    grid = Grid(2, 3, (2,))
    seats = filled_in_order(grid, [1, 2, 3, 4, 5, 6])
    around = {n.person_id: (n.side, n.across_aisle) for n in neighbours(grid, seats, 2)}
    assert around == {
        1: ("left", False),
        3: ("right", True),
        4: ("corner", False),
        5: ("behind", False),
        6: ("corner", True),
    }
    assert neighbours(grid, seats, 99) == []
    assert sorted(["110", "9", "102", "A2"], key=room_order) == ["9", "102", "110", "A2"]


def test_a_subtree_moves_closes_and_never_holds_itself(district: District) -> None:
    d, system = district, system_actor("test", LATER)
    school = d.units["school"]

    def add(kind: str, name: str, parent: Place | None = None) -> Place:
        return actions.add_place(system, LATER, unit=school, kind=kind, name=name, parent=parent)

    campus, old, new = add("campus", "北校区"), add("building", "老楼"), add("building", "新楼")
    floor = add("floor", "1层", old)
    room = add("dormitory", "101", floor)
    for place, parent, code in ((old, floor, "inside_itself"), (campus, new, "kind"), (floor, None, "required")):
        with pytest.raises(Invalid) as refused:
            actions.move_place(system, LATER, place=place, parent=parent)
        assert [(e.field, e.code) for e in refused.value.errors] == [("parent", code)]
    with pytest.raises(Invalid) as refused:
        actions.update_place(system, LATER, place=floor, kind="building")
    assert refused.value.errors[0].field in ("kind", "parent")
    actions.move_place(system, LATER, place=old, parent=campus)
    actions.move_place(system, LATER, place=floor, parent=new)
    room.refresh_from_db()
    assert room.path == f"/{new.pk}/{floor.pk}/{room.pk}/"
    old.refresh_from_db()
    assert old.path == f"/{campus.pk}/{old.pk}/"

    boarder = d.pupils["class2"][0]
    stay = actions.occupy(system, LATER, person=boarder, place=room, begins=DAY)
    with pytest.raises(Invalid) as occupied:
        actions.close_place(system, LATER, place=new, closed_from=DAY)
    assert [error.field for error in occupied.value.errors] == ["closed_from"]
    actions.vacate(system, LATER, occupancy=stay, ends=DAY + timedelta(days=1))
    assert actions.close_place(system, LATER, place=new, closed_from=DAY + timedelta(days=2)) == 3
    room.refresh_from_db()
    with pytest.raises(Invalid) as closed:
        actions.occupy(system, LATER, person=boarder, place=room, begins=DAY + timedelta(days=2))
    assert [error.code for error in closed.value.errors] == ["closed"]
    signs = queries.signs(system, school.pk, DAY + timedelta(days=3))[1]
    assert room.pk not in {place.pk for place, _above in signs}
    assert queries.place_at_door(system, room.uid, DAY).above[0].pk == new.pk


def test_a_bus_with_seats_riders_and_an_end(district: District) -> None:
    d, system = district, system_actor("test", SETUP)
    school = d.units["school"]
    for wrong, field in (({"plate": "X1"}, "plate"), ({"seats": 0}, "seats"), ({"route": "路" * 201}, "route")):
        with pytest.raises(Invalid) as refused:
            actions.add_vehicle(
                system,
                SETUP,
                unit=school,
                **dict[str, Any]({"name": "1号车", "plate": "浙A12345", "seats": 2}, **wrong),
            )
        assert refused.value.errors[0].field == field
    bus = actions.add_vehicle(system, SETUP, unit=school, name="1号车", plate="浙a12345", seats=2)
    with pytest.raises(Invalid):
        actions.add_vehicle(system, SETUP, unit=school, name="2号车", plate="浙A12345", seats=2)
    first, second, third = d.pupils["class1"][:3]
    for child in (first, second):
        actions.ride(system, SETUP, person=child, vehicle=bus, begins=TERM[0])
    with pytest.raises(Invalid) as refused:
        actions.ride(system, SETUP, person=third, vehicle=bus, begins=TERM[0])
    assert refused.value.errors[0].code == "full"
    with pytest.raises(NotFound):
        actions.ride(system, SETUP, person=d.pupils["foreign_class"][0], vehicle=bus, begins=TERM[0])
    assert queries.vehicles(system, school.pk, DAY)[1][0].riders == 2
    actions.end_vehicle(system, LATER, vehicle=bus, ends=DAY)
    assert queries.vehicles(system, school.pk, DAY)[1] == []


def test_who_sat_where_on_a_day_stays_known(district: District) -> None:
    d, system = district, system_actor("test", LATER)
    unit, pupils = d.units["class1"], [p.pk for p in d.pupils["class1"]]
    first, second, third = date(2026, 9, 8), date(2026, 9, 14), date(2026, 9, 18)

    def arrange(begins: date, seats: list[tuple[int, int, int]], rows: int = 2, now: Any = LATER) -> None:
        chosen = [actions.NewSeat(*seat) for seat in seats]
        actions.arrange_seats(system, now, unit=unit, rows=rows, columns=4, aisles=(2,), seats=chosen, begins=begins)

    arrange(first, [(1, 1, pupils[0]), (1, 2, pupils[1])])
    arrange(second, [(1, 1, pupils[0]), (1, 2, pupils[2]), (2, 2, pupils[1])], now=LATER + timedelta(hours=1))
    kept = SeatHolding.objects.get(person_id=pupils[0], void_at=None)
    assert (kept.begins, kept.ends) == (first, None)
    assert seating_on(unit, DAY - timedelta(days=2)).seats == {(1, 1): pupils[0], (1, 2): pupils[1]}
    assert seating_on(unit, DAY, LATER).seats == {(1, 1): pupils[0], (1, 2): pupils[1]}
    around = queries.seat_neighbours(system, unit.pk, pupils[0], DAY)
    assert {p: n.side for p, n in around.items()} == {pupils[2]: "right", pupils[1]: "corner"}
    arrange(third, [(3, 1, pupils[0])], rows=3, now=LATER + timedelta(hours=2))
    assert seating_on(unit, third).seats == {(3, 1): pupils[0]}
    assert len(seating_on(unit, DAY).seats) == 3
    for seats, field in (([(1, 1, d.pupils["class2"][0].pk)], "seats.0"), ([(9, 1, pupils[0])], "seats.0")):
        with pytest.raises(Invalid) as refused:
            arrange(third, seats, rows=3)
        assert refused.value.errors[0].field == field
    with pytest.raises(Invalid) as refused:
        arrange(date(2026, 12, 1), [])
    assert refused.value.errors[0].field == "begins"
