from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "lianfang.web"
    label = "web"

    def ready(self) -> None:
        from lianfang.web.signin.noting import connect

        connect()
