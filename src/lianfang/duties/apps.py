from __future__ import annotations

from django.apps import AppConfig


class DutiesConfig(AppConfig):
    name = "lianfang.duties"
    label = "duties"

    def ready(self) -> None:
        from lianfang.duties import texts
        from lianfang.duties.retention import keep

        assert texts.REMINDER.key == "duties.reminder"
        keep()
