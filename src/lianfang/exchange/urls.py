"""Addresses of the import, below /import/."""

from __future__ import annotations

from django.urls import path

from lianfang.exchange import views

app_name = "exchange"
urlpatterns = [
    path("", views.home, name="home"),
    path("template/", views.template, name="template"),
    path("roster/<int:unit_id>/", views.export, name="export"),
    path("rollover/", views.rollover, name="rollover"),
    path("<int:import_id>/columns/", views.columns, name="columns"),
    path("<int:import_id>/search/", views.search, name="search"),
    path("<int:import_id>/", views.preview, name="preview"),
    path("<int:import_id>/again/", views.again, name="again"),
    path("<int:import_id>/decide/", views.decide, name="decide"),
    path("<int:import_id>/commit/", views.commit, name="commit"),
    path("<int:import_id>/progress/", views.watch, name="progress"),
    path("<int:import_id>/cancel/", views.cancel, name="cancel"),
    path("<int:import_id>/errors/", views.bad_rows, name="bad_rows"),
]
