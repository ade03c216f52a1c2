"""The door as tables of what happens at it, and what holds whatever happens."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.admission import Door, Slots, State, Ticket

A, B, C = "unit:1", "unit:2", "unit:3"
INSIDE, WAITING, REFUSED = State.INSIDE, State.WAITING, State.REFUSED


def crowd(places: int, room: int, keys: list[str]) -> tuple[Door, list[Ticket]]:
    door = Door(places, room)
    return door, [door.arrive(key)[0] for key in keys]


@pytest.mark.parametrize(
    "keys, states",
    [
        # Whoever is alone may have everything.
        ([A, A], [INSIDE, INSIDE]),
        ([A, A, A, A], [INSIDE, INSIDE, WAITING, WAITING]),
        ([A, A, A, A, A], [INSIDE, INSIDE, WAITING, WAITING, REFUSED]),
        # A full room makes way for a source that has less: the newest of the greediest leaves.
        ([A, A, A, A, B], [INSIDE, INSIDE, WAITING, REFUSED, WAITING]),
        ([A, A, A, A, B, C], [INSIDE, INSIDE, REFUSED, REFUSED, WAITING, WAITING]),
        # Between equals the one who was there first stays.
        ([A, B, A, B, A], [INSIDE, INSIDE, WAITING, WAITING, REFUSED]),
    ],
)
def test_who_comes_in(keys: list[str], states: list[State]) -> None:
    _door, tickets = crowd(2, 2, keys)
    assert [t.state for t in tickets] == states


@pytest.mark.parametrize(
    "keys, at_fault",
    [
        ([A, A, A, A, A], [False]),  # alone: the house is full, nobody is to blame
        ([A, A, A, A, B], [True]),
        ([A, A, B, C, A], [True]),
        ([A, B, A, B, C, C], [True, True]),  # two of five are more than a third
        ([A, B, A, B, A], [True]),
    ],
)
def test_whose_fault_it_is(keys: list[str], at_fault: list[bool]) -> None:
    _door, tickets = crowd(2, 2, keys)
    assert [t.own_fault for t in tickets if t.state is REFUSED] == at_fault


def test_a_quiet_source_goes_in_at_the_next_free_place() -> None:
    door, tickets = crowd(2, 6, [A, A, A, A, A, A, B])
    turn = door.leave(tickets[0])
    assert turn is tickets[6] and turn.state is INSIDE
    assert door.leave(tickets[1]) is tickets[2]


def test_turns_of_two_greedy_sources_alternate() -> None:
    door, tickets = crowd(1, 8, [C, A, A, A, A, B, B, B, B])
    order, inside = [], tickets[0]
    for _ in range(8):
        following = door.leave(inside)
        assert following is not None
        order.append(following.key)
        inside = following
    assert order == [A, B, A, B, A, B, A, B]


def test_giving_up_frees_the_room_and_the_share() -> None:
    door, tickets = crowd(1, 2, [A, A, A])
    assert door.give_up(tickets[1]) and tickets[1].state is REFUSED
    assert not door.give_up(tickets[1]) and not door.give_up(tickets[0])
    assert door.waiting == 1 and door.load(A) == 2
    assert door.leave(tickets[0]) is tickets[2]
    assert door.leave(tickets[2]) is None and door.load(A) == 0


def test_only_who_is_inside_can_leave() -> None:
    door, tickets = crowd(1, 1, [A, A])
    with pytest.raises(ValueError):
        door.leave(tickets[1])


@pytest.mark.parametrize("places, room", [(0, 1), (1, -1)])
def test_a_door_that_is_none(places: int, room: int) -> None:
    with pytest.raises(ValueError):
        Door(places, room)


steps = st.lists(st.tuples(st.sampled_from(["arrive", "leave", "give_up"]), st.integers(0, 9)), max_size=150)


@given(places=st.integers(1, 5), room=st.integers(0, 6), steps=steps)
def test_bounds_and_no_idle_place(places: int, room: int, steps: list[tuple[str, int]]) -> None:
    door = Door(places, room)
    everyone: list[Ticket] = []
    for what, number in steps:
        if what == "arrive":
            ticket, pushed = door.arrive(f"k{number}")
            everyone.append(ticket)
            assert pushed is None or (pushed.state is REFUSED and ticket.state is WAITING)
        else:
            there = [t for t in everyone if t.state is (INSIDE if what == "leave" else WAITING)]
            if there:
                chosen = there[number % len(there)]
                door.leave(chosen) if what == "leave" else door.give_up(chosen)
        inside = [t for t in everyone if t.state is INSIDE]
        waiting = [t for t in everyone if t.state is WAITING]
        assert (len(inside), len(waiting)) == (door.inside, door.waiting)
        assert len(inside) <= places and len(waiting) <= room
        assert not waiting or len(inside) == places  # nobody waits before a free place
        for key in {t.key for t in everyone}:
            assert door.load(key) == sum(t.key == key for t in inside + waiting)
    assert door._finish.keys() == door._load.keys() == {t.key for t in everyone if t.state in (INSIDE, WAITING)}


@given(
    places=st.integers(1, 4),
    room=st.integers(1, 6),
    greedy=st.integers(1, 10),
    newcomers=st.lists(st.integers(0, 50), min_size=200, max_size=200),
)
def test_nobody_waits_for_ever(places: int, room: int, greedy: int, newcomers: list[int]) -> None:
    """However many sources come after it (each new at every turn, if need be), a waiting request goes in within a number
    of turns that does not depend on them, or is refused so that it can come again."""
    door = Door(places, room)
    tickets = [door.arrive("greedy")[0] for _ in range(greedy)]
    watched = next((t for t in tickets if t.state is WAITING), None)
    if watched is None:
        return
    inside = [t for t in tickets if t.state is INSIDE]
    turns = 0
    for number in newcomers:
        ticket, _ = door.arrive(f"new{number}")
        if ticket.state is INSIDE:
            inside.append(ticket)
        if watched.state is not WAITING:
            break
        following = door.leave(inside.pop(0))
        turns += 1
        assert following is not None
        inside.append(following)
    bound = math.ceil((watched.tag + 1) * (places + room)) + places + room
    assert watched.state is not WAITING and turns <= bound


@given(st.integers(2, 8), st.integers(1, 6), st.integers(2, 7))
def test_a_flood_costs_a_quiet_source_one_turn(places: int, room: int, times: int) -> None:
    """One source sends `times` as much as fits; another one's single request goes in at the first place that gets free."""
    door = Door(places, room)
    flood = [door.arrive("flood")[0] for _ in range(times * (places + room))]
    quiet, _ = door.arrive("quiet")
    assert quiet.state is WAITING
    assert door.leave(next(t for t in flood if t.state is INSIDE)) is quiet


def test_slow_senders_have_a_bound_each() -> None:
    slots = Slots(3, 2)
    assert [slots.take(key) for key in (A, A, A, B, C)] == [True, True, False, True, False]
    slots.give(A)
    assert slots.take(C) and not slots.take(B)
    for key in (A, B, C):
        slots.give(key)
    assert slots.taken == 0 and slots.take(A) and slots.take(A)
