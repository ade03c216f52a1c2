"""Many rows in one statement: the same rows that the ORM would have written."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from lianfang.daily.models import HealthReport
from lianfang.foundation import bulk
from lianfang.foundation.bulk import insert_rows, new_row
from lianfang.foundation.models import JournalEntry, JournalPayload, JournalSeal, Receipt

AT = datetime(2026, 9, 15, 0, 0, 0, 123456, tzinfo=UTC)


def receipts(count: int) -> list[Receipt]:
    return [
        Receipt(source="account:1", client_id=uuid.uuid4(), body_hash="ab", answer={"字": [1, None, i]}, received_at=AT)
        for i in range(count)
    ]


@pytest.mark.django_db
def test_rows_come_back_as_they_went_in():
    rows = insert_rows(receipts(3))
    assert insert_rows([]) == []
    for row in rows:
        kept = Receipt.objects.get(pk=row.pk)
        assert (kept.client_id, kept.answer, kept.received_at, kept.source) == (
            row.client_id, row.answer, AT, "account:1",
        )  # fmt: skip


@pytest.mark.django_db
def test_one_statement_for_many_and_more_only_beyond_the_limit(monkeypatch: pytest.MonkeyPatch):
    with CaptureQueriesContext(connection) as captured:
        insert_rows(receipts(200))
    assert len(captured) == 1
    monkeypatch.setattr(bulk, "MOST_PARAMETERS", 50)
    with CaptureQueriesContext(connection) as captured:
        insert_rows(receipts(21))
    # PostgreSQL takes all rows as one parameter
    assert (len(captured), Receipt.objects.count()) == (3 if connection.vendor == "sqlite" else 1, 221)


@pytest.mark.django_db
def test_the_database_keeps_its_constraints():
    first = receipts(1)
    insert_rows(first)
    twin = Receipt(source="account:1", client_id=first[0].client_id, body_hash="x", answer=1, received_at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([twin])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([JournalPayload(entry_id=987654, body={}, salt="")])
        connection.check_constraints()
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize("model", [JournalEntry, JournalPayload, JournalSeal, Receipt, HealthReport])
def test_a_new_row_holds_what_the_model_would_hold(model: type[Model]):
    """Every column, with defaults; what is made anew for each row is no row's twice."""
    row, again, ordinary = new_row(model), new_row(model), model()
    made = {f.attname for f in model._meta.concrete_fields if f.has_default() and callable(f.default)}
    for field in model._meta.concrete_fields:
        name = field.attname
        if name in made:
            assert type(getattr(row, name)) is type(getattr(ordinary, name))
            if isinstance(getattr(row, name), uuid.UUID | list):
                assert getattr(row, name) is not getattr(again, name)
        else:
            assert getattr(row, name) == getattr(ordinary, name), name
    assert row._state.adding and row._state.db is None
    with pytest.raises(TypeError, match="nothing_like_it"):
        new_row(model, nothing_like_it=1)
