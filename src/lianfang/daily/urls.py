"""Addresses of the morning, mounted at /daily/."""

from __future__ import annotations

from django.urls import path

from lianfang.daily.views import days, leaves, reports, rolls, sheets

app_name = "daily"
urlpatterns = [
    path("", rolls.index, name="index"),
    path("roll/<int:unit_id>/", rolls.roll_now, name="roll_now"),
    path("roll/<int:unit_id>/<str:session>/", rolls.roll_page, name="roll"),
    path("roll/<int:unit_id>/<str:session>/sheet/", sheets.sheet, name="sheet"),
    path("sheets/<uuid:uid>/", sheets.entry, name="sheet_entry"),
    path("sheets/<uuid:uid>/print/", sheets.paper, name="sheet_print"),
    path("report/", reports.own, name="report"),
    path("report/class/<int:unit_id>/", reports.for_class, name="class_report"),
    path("leave/<int:unit_id>/", leaves.leave, name="leave"),
    path("changes/<int:unit_id>/", days.changes, name="changes"),
    path("day/<int:unit_id>/", days.day, name="day"),
    path("coverage/<int:unit_id>/", days.coverage, name="coverage"),
]
