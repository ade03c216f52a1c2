"""Tables of people, by subject."""

from lianfang.people.models.calendar import CalendarException, Term
from lianfang.people.models.groups import Group, GroupMember
from lianfang.people.models.households import Guardianship, Household
from lianfang.people.models.joining import GuardianClaim, Invitation, WrongCode
from lianfang.people.models.linkbook import LinkCall, LinkEntry
from lianfang.people.models.memberships import Membership, Post
from lianfang.people.models.persons import Person
from lianfang.people.models.places import Lesson, Occupancy, Place
from lianfang.people.models.privacy import Consent, DataRequest, Erasure, NoticeSeen, OwnDataCopy
from lianfang.people.models.seats import SeatHolding, SeatPlan
from lianfang.people.models.sizes import RollSize
from lianfang.people.models.vehicles import Vehicle

__all__ = [
    "CalendarException",
    "Consent",
    "DataRequest",
    "Erasure",
    "Group",
    "GroupMember",
    "GuardianClaim",
    "Guardianship",
    "Household",
    "Invitation",
    "Lesson",
    "LinkCall",
    "LinkEntry",
    "Membership",
    "NoticeSeen",
    "Occupancy",
    "OwnDataCopy",
    "Person",
    "Place",
    "Post",
    "RollSize",
    "SeatHolding",
    "SeatPlan",
    "Term",
    "Vehicle",
    "WrongCode",
]
