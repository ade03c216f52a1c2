"""All routes. Rooms name theirs in their own `urls.py`; every view declares its access."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from lianfang.config.api import routes, unknown
from lianfang.config.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", routes()),
    path("api/<path:rest>", unknown, name="unknown_operation"),
    path("metrics", metrics, name="metrics"),
    path("people/", include("lianfang.people.urls")),
    path("join/", include("lianfang.people.joining_urls")),
    path("places/", include("lianfang.people.doors")),
    path("notices/", include("lianfang.comms.urls")),
    path("duties/", include("lianfang.duties.urls")),
    path("daily/", include("lianfang.daily.urls")),
    path("reports/", include("lianfang.reporting.urls")),
    path("import/", include("lianfang.exchange.urls")),
    path("", include("lianfang.web.urls")),
    path("", include("lianfang.web.signin.urls")),
    path("", include("lianfang.ui.urls")),
]

handler400 = "lianfang.ui.views.bad_request"
handler403 = "lianfang.ui.views.permission_denied"
handler404 = "lianfang.ui.views.not_found"
handler500 = "lianfang.ui.views.server_error"
