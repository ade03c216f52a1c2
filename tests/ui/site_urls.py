"""Routes of the test site."""

from django.urls import include, path

from tests.ui import site_views

urlpatterns = [
    path("", include("lianfang.ui.urls")),
    path("api/csrf", site_views.csrf),
    path("api/reports", site_views.receive),
    path("test/control", site_views.control),
    path("enter", site_views.enter),
    path("login", site_views.login),
    path("logout", site_views.logout),
    path("form", site_views.form),
    path("error/<int:code>", site_views.error),
    path("plain", site_views.plain),
]
handler400 = "lianfang.ui.views.bad_request"
handler403 = "lianfang.ui.views.permission_denied"
handler404 = "lianfang.ui.views.not_found"
handler500 = "lianfang.ui.views.server_error"
