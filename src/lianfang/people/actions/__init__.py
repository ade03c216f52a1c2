"""Writes about people. Each permits, locks, checks, saves and journals in one transaction."""

from lianfang.people.actions.accounts import open_account
from lianfang.people.actions.calendar import declare_day, declare_term
from lianfang.people.actions.claims import confirm_claim, may_reset_sign_in, refuse_claim, reset_sign_in
from lianfang.people.actions.groups import add_group_member, end_group, end_group_member, form_group
from lianfang.people.actions.guardians import confirm_guardian, end_guardian, link_guardian, register_guardian
from lianfang.people.actions.inviting import (
    NewPost,
    Slip,
    invite_class,
    invite_guardians,
    invite_staff,
    revoke_invitation,
)
from lianfang.people.actions.joining import (
    Joined,
    NewSignIn,
    TooManyCodes,
    accept_as_guardian,
    accept_as_staff,
    find_invitation,
)
from lianfang.people.actions.linkbook import add_link, end_link, mend_link, record_call
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
    "Joined",
    "NewLesson",
    "NewPost",
    "NewSeat",
    "NewSignIn",
    "Slip",
    "TooManyCodes",
    "accept_as_guardian",
    "accept_as_staff",
    "add_group_member",
    "add_link",
    "add_membership",
    "add_place",
    "add_vehicle",
    "apply_roster",
    "arrange_seats",
    "assign_post",
    "close_place",
    "confirm_claim",
    "confirm_guardian",
    "create_person",
    "declare_day",
    "declare_term",
    "end_group",
    "end_group_member",
    "end_guardian",
    "end_link",
    "end_membership",
    "end_post",
    "end_vehicle",
    "enrol_person",
    "find_invitation",
    "form_group",
    "invite_class",
    "invite_guardians",
    "invite_staff",
    "link_guardian",
    "may_reset_sign_in",
    "mend_link",
    "move_member",
    "move_place",
    "occupy",
    "open_account",
    "record_call",
    "refuse_claim",
    "register_guardian",
    "reset_sign_in",
    "revoke_invitation",
    "ride",
    "set_lessons",
    "update_person",
    "update_place",
    "update_vehicle",
    "vacate",
]
