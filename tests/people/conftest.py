from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.clock import using_clock
from lianfang.kernel.clock import FixedClock
from lianfang.people.models import Person
from tests.people.cast import NOW, Cast, make_cast


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:
    forget_cached_actors()
    yield make_cast()
    forget_cached_actors()


@pytest.fixture
def at_now() -> Iterator[None]:
    with using_clock(FixedClock(NOW)):
        yield


@pytest.fixture
def signed_in(cast: Cast, at_now: None) -> Callable[[str], Client]:
    """A browser of one of the cast."""

    def client_of(name: str) -> Client:
        client = Client()
        account = Person.objects.get(pk=cast.persons[name].pk).account
        assert account is not None
        account.must_change_password = False  # replaced long ago
        account.save(update_fields=["must_change_password"])
        client.force_login(account, "django.contrib.auth.backends.ModelBackend")
        return client

    return client_of
