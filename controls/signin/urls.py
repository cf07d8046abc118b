"""Addresses on the way in (open), and of one's own account (for who is in)."""

from django.urls import path

from controls.signin import account, views

signin = (
    [
        path("", views.password, name="password"),
        path("factor/", views.factor, name="factor"),
        path("recovery/", views.factor, {"recovery": True}, name="recovery"),
        path("passkey/options/", views.passkey_options, name="passkey-options"),
        path("passkey/", views.passkey_answer, name="passkey-answer"),
        path("new-password/", views.new_password, name="new-password"),
        path("enrol/", views.enrol, name="enrol"),
        path("recovery-codes/", views.recovery_codes, name="codes"),
        path("again/", views.start_again, name="again"),
        path("confirm/", account.confirm, name="confirm"),
        path("confirm/recovery/", account.confirm, {"recovery": True}, name="confirm-recovery"),
        path("confirm/passkey/options/", account.confirm_passkey_options, name="confirm-passkey-options"),
        path("confirm/passkey/", account.confirm_passkey_answer, name="confirm-passkey-answer"),
    ],
    "signin",
)

own = (
    [
        path("", account.account, name="home"),
        path("authenticator/", account.authenticator, name="authenticator"),
        path("authenticator/<uuid:key>/remove/", account.remove_authenticator, name="remove-authenticator"),
        path("recovery-codes/", account.recovery_codes, name="codes"),
        path("password/", account.password, name="password"),
        path("passkeys/options/", account.passkey_options, name="passkey-options"),
        path("passkeys/", account.passkey_answer, name="passkey-answer"),
        path("passkeys/<uuid:key>/remove/", account.remove_passkey, name="remove-passkey"),
        path("sessions/", account.sessions, name="sessions"),
        path("sessions/<uuid:key>/end/", account.end_session, name="end-session"),
        path("sessions/end-others/", account.end_others, name="end-others"),
        path("sign-out/", account.sign_out, name="sign-out"),
    ],
    "account",
)
