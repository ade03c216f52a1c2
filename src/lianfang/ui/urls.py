"""Addresses of the shell; the styleguide only while DEBUG is on."""

from django.conf import settings
from django.urls import path
from django.views.i18n import set_language

from lianfang.foundation.access import public
from lianfang.ui import views

app_name = "ui"
urlpatterns = [
    path("sw.js", public(views.service_worker), name="service_worker"),
    path("manifest.webmanifest", public(views.manifest), name="manifest"),
    path("offline", public(views.offline), name="offline"),
    path("i18n/setlang", public(set_language), name="set_language"),
]
if settings.DEBUG:
    from lianfang.ui import styleguide

    urlpatterns.append(path("styleguide", public(styleguide.styleguide), name="styleguide"))
