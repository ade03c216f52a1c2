"""All routes. Rooms name theirs in their own `urls.py`; every view declares its access."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from lianfang.config.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("", include("lianfang.ui.urls")),
]

handler400 = "lianfang.ui.views.bad_request"
handler403 = "lianfang.ui.views.permission_denied"
handler404 = "lianfang.ui.views.not_found"
handler500 = "lianfang.ui.views.server_error"
