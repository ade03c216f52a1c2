"""The address that stands on the sign at a door, mounted at /places/."""

from __future__ import annotations

from django.urls import path

from lianfang.people.views import doors

app_name = "doors"
urlpatterns = [path("<uuid:uid>/", doors.at_door, name="place")]
