"""Django application of the room."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Templates, components and static files shared by every page."""

    name = "lianfang.ui"
    label = "ui"
