"""Pages of duties, mounted at /duties/."""

from __future__ import annotations

from django.urls import path

from lianfang.duties import views

app_name = "duties"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("chase/", views.chase, name="chase"),
    path("chase/remind", views.remind, name="remind"),
    path("delegations/", views.delegations, name="delegations"),
    path("delegations/new", views.new_delegation, name="new_delegation"),
    path("delegations/<int:delegation_id>/end", views.end_delegation, name="end_delegation"),
    path("<int:duty_id>/", views.detail, name="detail"),
    path("<int:duty_id>/excuse", views.excuse, name="excuse"),
    path("<int:duty_id>/owe-again", views.owe_again, name="owe_again"),
]
