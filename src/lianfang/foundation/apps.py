from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def seed(using: str, **_kwargs: Any) -> None:
    """The rows without which nothing can be written: the real realm and the journal's head."""
    from datetime import UTC, datetime

    from lianfang.foundation.models import JournalHead, Realm
    from lianfang.foundation.realm import REAL

    Realm.objects.using(using).get_or_create(
        key=REAL, defaults={"kind": Realm.Kind.REAL, "name": "real", "created_at": datetime(2020, 1, 1, tzinfo=UTC)}
    )
    JournalHead.objects.using(using).get_or_create(id=1)


class FoundationConfig(AppConfig):
    name = "lianfang.foundation"
    label = "foundation"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from lianfang.foundation.keeping import keep
        from lianfang.foundation.retention import declare_terms
        from lianfang.foundation.sessions import begin

        declare_terms()
        keep()
        user_logged_in.connect(begin, dispatch_uid="foundation.session_begins")
        post_migrate.connect(seed, sender=self, dispatch_uid="foundation.seed")
