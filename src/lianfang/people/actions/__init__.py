"""Writes about people. Each permits, locks, checks, saves and journals in one transaction."""

from lianfang.people.actions.accounts import open_account
from lianfang.people.actions.calendar import declare_day, declare_term
from lianfang.people.actions.guardians import confirm_guardian, end_guardian, link_guardian, register_guardian
from lianfang.people.actions.memberships import add_membership, end_membership, move_member
from lianfang.people.actions.persons import create_person, enrol_person, update_person
from lianfang.people.actions.places import NewLesson, add_place, occupy, set_lessons, update_place, vacate
from lianfang.people.actions.posts import assign_post, end_post
from lianfang.people.actions.roster import apply_roster

__all__ = [
    "NewLesson",
    "add_membership",
    "add_place",
    "apply_roster",
    "assign_post",
    "confirm_guardian",
    "create_person",
    "declare_day",
    "declare_term",
    "end_guardian",
    "end_membership",
    "end_post",
    "enrol_person",
    "link_guardian",
    "move_member",
    "occupy",
    "open_account",
    "register_guardian",
    "set_lessons",
    "update_person",
    "update_place",
    "vacate",
]
