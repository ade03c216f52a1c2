"""Texts as long as their columns. SQLite stores what is longer, PostgreSQL refuses it without words: so actions ask here first."""

from __future__ import annotations

from django.db.models import CharField, Model
from django.utils.translation import gettext as _

from lianfang.foundation.errors import FieldError, Invalid


def too_long(row: Model) -> list[FieldError]:
    """One error, code "too_long", for each text of the row that is longer than its column, in the order of the columns."""
    return [
        FieldError(column.name, "too_long", _("最多 %(most)d 字，请写短一些。") % {"most": column.max_length})
        for column in row._meta.concrete_fields
        if isinstance(column, CharField)
        and column.max_length
        and len(str(getattr(row, column.attname) or "")) > column.max_length
    ]


def check_lengths(row: Model) -> None:
    """Raises Invalid with every text of the row that is too long."""
    errors = too_long(row)
    if errors:
        raise Invalid(errors)
