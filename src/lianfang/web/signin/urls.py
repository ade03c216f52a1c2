"""Addresses of the ways to sign in; the names are those by which allauth finds them."""

from __future__ import annotations

from django.urls import path

from lianfang.web.signin import views
from lianfang.web.views import account

urlpatterns = [
    path("login", account.sign_in, name="account_login"),
    path("login/code", views.second_step, name="mfa_authenticate"),
    path("login/passkey", views.by_passkey, name="mfa_login_webauthn"),
    path("login/again", views.again, name="account_reauthenticate"),
    path("login/with/<slug:provider_id>", views.by_identity, name="openid_connect_login"),
    path("login/with/<slug:provider_id>/back", views.from_identity, name="openid_connect_callback"),
    path("account", account.own_account, name="mfa_index"),
    path("account/authenticator", views.activate, name="mfa_activate_totp"),
    path("account/authenticator/remove", views.deactivate, name="mfa_deactivate_totp"),
    path("account/codes", views.codes, name="mfa_view_recovery_codes"),
    path("account/codes/new", views.new_codes, name="mfa_generate_recovery_codes"),
    path("account/passkeys/add", views.add_passkey, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/remove", views.remove_passkey, name="mfa_remove_webauthn"),
    path("account/sessions/end", views.sign_out_elsewhere, name="sign_out_elsewhere"),
    path("account/identities/<int:identity_id>/remove", views.unlink_identity, name="unlink_identity"),
]
