from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "lianfang.web"
    label = "web"

    def ready(self) -> None:
        from lianfang.foundation.rekeying import register_store
        from lianfang.web.signin.kept import authenticators
        from lianfang.web.signin.noting import connect

        connect()
        register_store(authenticators)
