"""Pages of notices, mounted at /notices/."""

from __future__ import annotations

from django.urls import path

from lianfang.comms import views

app_name = "comms"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("read", views.read_all, name="read_all"),
    path("<int:notice_id>/", views.open_notice, name="open"),
    path("<int:notice_id>/read", views.read_one, name="read_one"),
]
