from __future__ import annotations

from django.apps import AppConfig


class DailyConfig(AppConfig):
    name = "lianfang.daily"
    label = "daily"

    def ready(self) -> None:
        from lianfang.daily.retention import keep
        from lianfang.duties.templates import declare_link

        declare_link("class_check", "/daily/roll/{unit}/{session}/?day={day}")
        declare_link("roll_check", "/daily/roll/{unit}/{session}/?day={day}")
        keep()
