"""Writes about people. Each permits, locks, checks, saves and journals in one transaction."""

from lianfang.people.actions.accounts import open_account
from lianfang.people.actions.calendar import declare_day, declare_term
from lianfang.people.actions.guardians import confirm_guardian, end_guardian, link_guardian, register_guardian
from lianfang.people.actions.memberships import add_membership, end_membership, move_member
from lianfang.people.actions.persons import create_person, enrol_person, update_person
from lianfang.people.actions.places import (
    NewLesson,
    add_place,
    close_place,
    move_place,
    occupy,
    set_lessons,
    update_place,
    vacate,
)
from lianfang.people.actions.posts import assign_post, end_post
from lianfang.people.actions.roster import apply_roster
from lianfang.people.actions.seats import NewSeat, arrange_seats
from lianfang.people.actions.vehicles import add_vehicle, end_vehicle, ride, update_vehicle

__all__ = [
    "NewLesson",
    "NewSeat",
    "add_membership",
    "add_place",
    "add_vehicle",
    "apply_roster",
    "arrange_seats",
    "assign_post",
    "close_place",
    "confirm_guardian",
    "create_person",
    "declare_day",
    "declare_term",
    "end_guardian",
    "end_membership",
    "end_post",
    "end_vehicle",
    "enrol_person",
    "link_guardian",
    "move_member",
    "move_place",
    "occupy",
    "open_account",
    "register_guardian",
    "ride",
    "set_lessons",
    "update_person",
    "update_place",
    "update_vehicle",
    "vacate",
]
