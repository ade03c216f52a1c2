"""Pages of reports, mounted at /reports/. `day` is an ISO date, local to the unit."""

from __future__ import annotations

from django.urls import path

from lianfang.reporting import views

app_name = "reporting"
urlpatterns = [
    path("", views.index, name="index"),
    path("report/<int:report_id>/", views.report, name="report"),
    path("report/<int:report_id>/amend", views.amend, name="amend"),
    path("rule/<str:kind_id>/<int:unit_id>/<str:day>/", views.rule, name="rule"),
    path("<str:kind_id>/<int:unit_id>/<str:day>/", views.board, name="board"),
    path("<str:kind_id>/<int:unit_id>/<str:day>/sign", views.sign, name="sign"),
    path("<str:kind_id>/<int:unit_id>/<str:day>/excuse", views.excuse, name="excuse"),
    path("<str:kind_id>/<int:unit_id>/<str:day>/history", views.history, name="history"),
    path("<str:kind_id>/<int:unit_id>/<str:day>/table/<str:layout_id>.xlsx", views.table, name="table"),
]
