"""Addresses of the newcomer's pages, below /join/: short, because they stand on paper."""

from __future__ import annotations

from django.urls import path

from lianfang.people.views import joining

app_name = "joining"
urlpatterns = [
    path("", joining.join, name="join"),
    path("accept/", joining.accept, name="accept"),
    path("done/", joining.done, name="done"),
]
