from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "lianfang.exchange"
    label = "exchange"

    def ready(self) -> None:
        from lianfang.exchange.retention import keep

        keep()
