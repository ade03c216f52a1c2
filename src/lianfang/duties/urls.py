"""Pages of duties, mounted at /duties/."""

from __future__ import annotations

from django.urls import path

from lianfang.duties import views
from lianfang.duties.views import meetings, shifts

app_name = "duties"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("chase/", views.chase, name="chase"),
    path("chase/remind", views.remind, name="remind"),
    path("delegations/", views.delegations, name="delegations"),
    path("delegations/new", views.new_delegation, name="new_delegation"),
    path("delegations/<int:delegation_id>/end", views.end_delegation, name="end_delegation"),
    path("shifts/", shifts.home, name="shifts"),
    path("shifts/mine/", shifts.own, name="own_shifts"),
    path("shifts/of/<int:unit_id>/", shifts.roster, name="roster"),
    path("shifts/of/<int:unit_id>/new", shifts.new_plan, name="new_plan"),
    path("shifts/plans/<int:plan_id>/withdraw", shifts.withdraw_plan, name="withdraw_plan"),
    path("shifts/<int:shift_id>/", shifts.shift, name="shift"),
    path("shifts/<int:shift_id>/ask", shifts.ask, name="ask_change"),
    path("shifts/<int:shift_id>/order", shifts.order, name="order_change"),
    path("shifts/<int:shift_id>/on-post", shifts.on_post, name="on_post"),
    path("shifts/<int:shift_id>/hand-over", shifts.hand_over, name="hand_over"),
    path("shifts/changes/<int:change_id>/answer", shifts.answer, name="answer_change"),
    path("shifts/changes/<int:change_id>/take-back", shifts.take_back, name="take_back_change"),
    path("shifts/notes/<int:note_id>/seen", shifts.acknowledge, name="acknowledge"),
    path("meetings/", meetings.home, name="meetings"),
    path("meetings/of/<int:unit_id>/", meetings.meetings, name="meetings_of"),
    path("meetings/of/<int:unit_id>/new", meetings.new, name="new_meeting"),
    path("meetings/<int:meeting_id>/", meetings.meeting, name="meeting"),
    path("meetings/<int:meeting_id>/attendance", meetings.attendance, name="attendance"),
    path("meetings/<int:meeting_id>/minutes", meetings.minutes, name="minutes"),
    path("meetings/<int:meeting_id>/decisions", meetings.decide, name="decide"),
    path("decisions/<int:decision_id>/", meetings.decision, name="decision"),
    path("decisions/<int:decision_id>/done", meetings.carry_out, name="carry_out"),
    path("decisions/<int:decision_id>/withdraw", meetings.withdraw, name="withdraw_decision"),
    path("<int:duty_id>/", views.detail, name="detail"),
    path("<int:duty_id>/excuse", views.excuse, name="excuse"),
    path("<int:duty_id>/owe-again", views.owe_again, name="owe_again"),
]
