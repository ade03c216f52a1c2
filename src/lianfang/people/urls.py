"""Addresses of the people pages, below /people/."""

from __future__ import annotations

from django.urls import path

from lianfang.people.privacyurls import urlpatterns as privacy_urls
from lianfang.people.views import calendar, doors, groups, inviting, linkbook, persons, places, units

app_name = "people"
urlpatterns = [
    path("", units.tree, name="tree"),
    path("units/<int:unit_id>/", units.roster, name="roster"),
    *privacy_urls,
    path("persons/new/", persons.enrol, name="enrol"),
    path("persons/<int:person_id>/", persons.person, name="person"),
    path("persons/<int:person_id>/edit/", persons.edit, name="edit"),
    path("persons/<int:person_id>/account/", persons.open_account, name="open_account"),
    path("persons/<int:person_id>/posts/", persons.assign, name="assign"),
    path("persons/<int:person_id>/guardians/", persons.add_guardian, name="add_guardian"),
    path("memberships/<int:membership_id>/move/", persons.move, name="move"),
    path("memberships/<int:membership_id>/end/", persons.end, name="end"),
    path("posts/<int:post_id>/end/", persons.end_post, name="end_post"),
    path("guardians/<int:guardianship_id>/confirm/", persons.confirm_guardian, name="confirm_guardian"),
    path("guardians/<int:guardianship_id>/end/", persons.end_guardian, name="end_guardian"),
    path("calendar/", calendar.home, name="calendars"),
    path("calendar/<int:unit_id>/", calendar.calendar, name="calendar"),
    path("calendar/<int:unit_id>/days/", calendar.declare_day, name="declare_day"),
    path("calendar/<int:unit_id>/terms/", calendar.declare_term, name="declare_term"),
    path("groups/", groups.home, name="all_groups"),
    path("groups/<int:unit_id>/", groups.sheet, name="groups"),
    path("groups/<int:unit_id>/add/", groups.add, name="add_group"),
    path("groups/of/<int:group_id>/", groups.group, name="group"),
    path("groups/of/<int:group_id>/members/", groups.add_member, name="add_group_member"),
    path("groups/of/<int:group_id>/end/", groups.end, name="end_group"),
    path("groups/members/<int:member_id>/end/", groups.end_member, name="end_group_member"),
    path("linkbook/", linkbook.home, name="linkbooks"),
    path("linkbook/<int:unit_id>/", linkbook.book, name="linkbook"),
    path("linkbook/<int:unit_id>/add/", linkbook.add, name="add_link"),
    path("linkbook/entries/<int:entry_id>/", linkbook.mend, name="mend_link"),
    path("linkbook/entries/<int:entry_id>/end/", linkbook.end, name="end_link"),
    path("linkbook/entries/<int:entry_id>/calls/", linkbook.called, name="record_call"),
    path("places/", places.home, name="all_places"),
    path("places/<int:unit_id>/", places.places, name="places"),
    path("places/<int:unit_id>/labels/", doors.labels, name="place_labels"),
    path("vehicles/<int:unit_id>/", doors.vehicles, name="vehicles"),
    path("vehicles/of/<int:vehicle_id>/", doors.vehicle, name="vehicle"),
    path("seats/<int:unit_id>/", doors.seats, name="seats"),
    path("places/<int:unit_id>/add/", places.add, name="add_place"),
    path("places/<int:unit_id>/<int:place_id>/", places.edit, name="edit_place"),
    path("invitations/", inviting.home, name="inviting"),
    path("units/<int:unit_id>/invitations/", inviting.invitations, name="invitations"),
    path("units/<int:unit_id>/invitations/sheet/", inviting.sheet, name="invite_sheet"),
    path("units/<int:unit_id>/invitations/code/", inviting.class_code, name="invite_class"),
    path("units/<int:unit_id>/invitations/staff/", inviting.staff, name="invite_staff"),
    path("invitations/<int:invitation_id>/revoke/", inviting.revoke, name="revoke_invitation"),
    path("claims/", inviting.claims, name="claims"),
    path("claims/<int:claim_id>/confirm/", inviting.confirm, name="confirm_claim"),
    path("claims/<int:claim_id>/refuse/", inviting.refuse, name="refuse_claim"),
    path("persons/<int:person_id>/sign-in/reset/", inviting.reset, name="reset_sign_in"),
]
