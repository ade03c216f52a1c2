"""Imports of rosters: what was uploaded, what it would change, what was decided."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from lianfang.foundation.crypto import EncryptedTextField
from lianfang.foundation.models import Account, RealmModel, StoredFile, Unit
from lianfang.people.models import Membership, Person


class RosterImport(RealmModel):
    """One uploaded roster of an institution and where it stands (`rules.TRANSITIONS`).

    `mark` is that of the roster when it was previewed; `effective` the day from which new memberships count.
    """

    class Source(models.TextChoices):
        SHEET = "sheet"
        ROLLOVER = "rollover"

    class State(models.TextChoices):
        UPLOADED = "uploaded"
        PREVIEW = "preview"
        QUEUED = "queued"
        COMMITTING = "committing"
        COMMITTED = "committed"
        CANCELLED = "cancelled"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", help_text="the institution")
    source = models.CharField(max_length=10, choices=Source, default=Source.SHEET)
    file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, related_name="+", help_text="a rollover may do without"
    )
    options: models.JSONField[Any, Any] = models.JSONField(
        default=dict, help_text="of a rollover: how classes are made"
    )
    school_year = models.PositiveSmallIntegerField(null=True, help_text="of a rollover: the year that it opens")
    mapping: models.JSONField[Any, Any] = models.JSONField(default=dict, help_text="sheet → its kind and columns")
    state = models.CharField(max_length=12, choices=State, default=State.UPLOADED)
    effective = models.DateField()
    mark = models.CharField(max_length=32, blank=True)
    new_units: models.JSONField[Any, Any] = models.JSONField(default=list)
    counts: models.JSONField[Any, Any] = models.JSONField(default=dict)
    progress: models.JSONField[Any, Any] = models.JSONField(default=dict, help_text="done, total; outcome at the end")
    failure = models.CharField(max_length=300, blank=True, help_text="why the last commit was refused: `words.FAILURE`")
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    committed_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    committed_at = models.DateTimeField(null=True)

    class Meta(RealmModel.Meta):
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["unit", "created_at"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["unit", "school_year"],
                condition=models.Q(source="rollover", state="committed"),
                name="one_rollover_a_school_year",
            )
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"


class RosterChange(models.Model):
    """One row of the changeset. What the sheet said and what would be stored are encrypted, and erased once done."""

    class Kind(models.TextChoices):
        ERROR = "error"
        DOUBT = "doubt"
        MERGE = "merge"
        MOVE = "move"
        LEAVE = "leave"
        GRADUATE = "graduate"
        PROMOTE = "promote"
        SECOND = "second"
        CREATE = "create"
        UPDATE = "update"
        SAME = "same"

    class Subject(models.TextChoices):
        STUDENT = "student"
        STAFF = "staff"
        UNIT = "unit"
        PLACE = "place"
        LESSON = "lesson"
        POST = "post"

    class Decision(models.TextChoices):
        NONE = ""
        ACCEPT = "accept"
        DECLINE = "decline"

    roster_import = models.ForeignKey(RosterImport, on_delete=models.CASCADE, related_name="changes")
    sheet = models.CharField(max_length=40, blank=True)
    row = models.PositiveIntegerField(help_text="row of the sheet as a spreadsheet counts; 0 where there is none")
    kind = models.CharField(max_length=8, choices=Kind)
    subject = models.CharField(max_length=8, choices=Subject, default=Subject.STUDENT)
    where = models.CharField(max_length=60, blank=True, help_text="class or department, to choose by; never a person")
    fault = models.CharField(max_length=60, blank=True, help_text="code of the first error, to choose by")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, null=True, related_name="+")
    raw = EncryptedTextField(null=True)
    proposed = EncryptedTextField(null=True)
    errors: models.JSONField[Any, Any] = models.JSONField(
        default=list, help_text="column, code, params: worded when read (`faults`)"
    )
    decision = models.CharField(max_length=8, choices=Decision, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["roster_import", "kind", "row"])]

    def __str__(self) -> str:
        return f"row {self.row}"


class RosterMapping(models.Model):
    """What a school's own headers mean: header (as `rules.header_key` writes it) → field, or "" for a column that is
    passed over. Said once by a person, used for every later sheet of this kind."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+", help_text="the institution")
    kind = models.CharField(max_length=20, help_text="a kind of sheet of data/columns.yaml")
    columns: models.JSONField[Any, Any] = models.JSONField(default=dict)
    changed_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["unit", "kind"], name="one_mapping_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.unit_id}"
