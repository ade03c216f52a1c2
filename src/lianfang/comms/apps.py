from __future__ import annotations

from django.apps import AppConfig


class CommsConfig(AppConfig):
    name = "lianfang.comms"
    label = "comms"

    def ready(self) -> None:
        from lianfang.comms.retention import keep

        keep()
