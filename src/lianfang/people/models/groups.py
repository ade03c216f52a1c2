from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.foundation.models import Unit
from lianfang.people.models.memberships import Timed


class Group(Timed):
    """A leading group or special team of a unit in time (D3). `kind` is of the rule pack `group_kinds`.

    The first person responsible and the named reporter are posts of the unit, not parts of a group.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="groups")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    task = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["unit", "name"], condition=Q(ends=None, void_at=None), name="group_name_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=models.F("begins")), name="group_ends_after_it_begins"
            ),
        ]


class GroupMember(Timed):
    """A person has a part in a group in time: head, deputy or member, with what they see to."""

    class Part(models.TextChoices):
        HEAD = "head"
        DEPUTY = "deputy"
        MEMBER = "member"

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    part = models.CharField(max_length=8, choices=Part)
    task = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["group", "person"], condition=Q(ends=None, void_at=None), name="group_member_once_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(ends=None, void_at=None, part="head"),
                name="group_has_one_head_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=models.F("begins")), name="group_member_ends_after_it_begins"
            ),
        ]
