from datetime import UTC, datetime

import pytest
from django.utils.translation import gettext_lazy as _

from lianfang.comms import texts
from lianfang.foundation.actions import create_account
from lianfang.foundation.actor import forget_cached_actors, load_actor, system_actor
from lianfang.foundation.models import Account

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LONG_AGO = datetime(2025, 9, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def test_texts(monkeypatch):
    """Two texts of the tests' own, gone afterwards."""
    monkeypatch.setattr(texts, "_texts", dict(texts.all_texts()))
    texts.declare_text("test.plain", subject=_("通知"), body=_("已读"))
    texts.declare_text("test.due", subject="%(what)s", body="%(unit)s %(due)s %(n)d")


class People:
    """Accounts by name: mother and teacher read Chinese, john English; mute has no address."""

    def __init__(self):
        system = system_actor("test", LONG_AGO)
        for name, email, language in (
            ("mother", "mother@home.test", ""),
            ("teacher", "teacher@school.test", ""),
            ("john", "john@school.test", "en"),
            ("mute", "", ""),
        ):
            account, _secret = create_account(
                system, LONG_AGO, username=name, display_name=name, email=email, password="long enough 1"
            )
            Account.objects.filter(pk=account.pk).update(language=language)

    def __getitem__(self, name):
        return Account.objects.get(username=name)

    def actor(self, name, now=NOW):
        return load_actor(self[name], now)

    @staticmethod
    def system(now=NOW):
        return system_actor("test", now)


@pytest.fixture
def people(db):
    forget_cached_actors()
    return People()
