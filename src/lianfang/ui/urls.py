"""Addresses of the shell; the styleguide only while DEBUG is on."""

from django.conf import settings
from django.urls import path
from django.views.i18n import set_language

from lianfang.ui import views

app_name = "ui"
urlpatterns = [
    path("sw.js", views.service_worker, name="service_worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("offline", views.offline, name="offline"),
    path("i18n/setlang", set_language, name="set_language"),
]
if settings.DEBUG:
    from lianfang.ui import styleguide

    urlpatterns.append(path("styleguide", styleguide.styleguide, name="styleguide"))
