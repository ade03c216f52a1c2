"""One populated morning for all tests of this package, inside a transaction that is rolled back at its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.certificates import make_authority
from lianfang.foundation.clock import using_clock
from lianfang.kernel.clock import FixedClock
from lianfang.web import installing
from tests.access.world import NOW, World, hostile, make_world


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The district at 10:40, with hostile text wherever people type freely. Whoever changes something does it inside `undone()`.

    It is served with a certificate of its own authority, so that the page about it is there."""
    folder = tmp_path_factory.mktemp("install")
    installing.write(folder, make_authority((), NOW).root, ["school.test"], 8443, 8000)
    with django_db_blocker.unblock(), using_clock(FixedClock(NOW)), transaction.atomic():
        with override_settings(INSTALL_DIR=str(folder)):
            yield make_world(hostile)
        transaction.set_rollback(True)
    forget_cached_actors()
