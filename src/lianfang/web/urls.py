"""Addresses of the pages that belong to no single room."""

from __future__ import annotations

from django.urls import path

from lianfang.web.views import account, health, install, overview, policies, search, today, welcome

app_name = "web"
urlpatterns = [
    path("", today.today, name="today"),
    path("login", account.sign_in, name="sign_in"),
    path("logout", account.sign_out, name="sign_out"),
    path("account", account.own_account, name="account"),
    path("units/<int:unit_id>/sign-in-rules", policies.sign_in_rules, name="sign_in_rules"),
    path("welcome", welcome.welcome, name="welcome"),
    path("healthz", health.healthz, name="healthz"),
    path("install", install.install, name="install"),
    path("search", search.search, name="search"),
    path("overview/", overview.overview, name="overview"),
    path("overview/<int:unit_id>/", overview.overview, name="overview_unit"),
]
