"""Addresses of the data protection pages, below /people/privacy/."""

from __future__ import annotations

from django.urls import path

from lianfang.people.views import privacy, protection

urlpatterns = [
    path("privacy/", privacy.mine, name="my_data"),
    path("privacy/purposes/", privacy.purposes, name="purposes"),
    path("privacy/seen/", privacy.seen, name="notice_seen"),
    path("privacy/copies/", privacy.copy, name="copy_own_data"),
    path("privacy/copies/<int:copy_id>/", privacy.download, name="own_copy"),
    path("privacy/persons/<int:person_id>/", privacy.person, name="privacy"),
    path("privacy/persons/<int:person_id>/consent/", privacy.say, name="say_consent"),
    path("privacy/persons/<int:person_id>/requests/", privacy.ask, name="ask_about_data"),
    path("privacy/persons/<int:person_id>/erase/", protection.erase, name="erase"),
    path("privacy/units/", protection.home, name="protection"),
    path("privacy/units/<int:unit_id>/retention/", protection.retention, name="retention"),
    path("privacy/units/<int:unit_id>/requests/", protection.requests, name="requests"),
    path("privacy/units/<int:unit_id>/year/", protection.compliance, name="compliance"),
    path("privacy/units/<int:unit_id>/year.xlsx", protection.compliance_sheet, name="compliance_sheet"),
    path("privacy/requests/<int:request_id>/", protection.answer, name="request"),
]
