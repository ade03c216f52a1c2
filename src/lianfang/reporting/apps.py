from __future__ import annotations

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "lianfang.reporting"
    label = "reporting"

    def ready(self) -> None:
        from lianfang.duties.templates import declare_link
        from lianfang.reporting import statuses

        statuses.register()
        declare_link("report", "/reports/{report_kind}/{unit}/{day}/sign")
        declare_link("report_signature", "/reports/{report_kind}/{unit}/{day}/sign")
