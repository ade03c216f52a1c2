"""What a stored delivery may say about itself."""

import pytest
from django.db import IntegrityError, transaction

from lianfang.comms.models import Delivery, Notice
from lianfang.comms.rules import TRANSITIONS
from tests.comms.conftest import NOW


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"state": "queued"},
        {"state": "sent", "next_try_at": NOW},
        {"state": "read"},
        {"state": "sent", "read_at": NOW},
    ],
)
def test_the_database_refuses_what_contradicts_itself(people, fields):
    notice = Notice.objects.create(text_key="test.plain", sent_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(notice=notice, account=people["mother"], channel="email", **fields)


def test_transitions_name_known_states():
    known = set(Delivery.State.values)
    for channel, table in TRANSITIONS.items():
        assert channel in Delivery.Channel.values
        assert {*table, *(s for after in table.values() for s in after)} <= known
