from __future__ import annotations

from django.apps import AppConfig


class DutiesConfig(AppConfig):
    name = "lianfang.duties"
    label = "duties"

    def ready(self) -> None:
        from lianfang.duties import texts
        from lianfang.duties.retention import keep
        from lianfang.duties.templates import declare_link

        declare_link("post_check", "/duties/shifts/mine/")
        declare_link("hand_over", "/duties/shifts/mine/")
        declare_link("link_check", "/people/linkbook/{unit}/")
        assert texts.REMINDER.key == "duties.reminder"
        keep()
