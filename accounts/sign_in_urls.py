"""The pages of django-allauth that Cadence uses. Left out: signing up, and changing one's own e-mail address, by which
people sign in and which an administrator keeps."""

from allauth.account import urls
from django.urls import include, path
from django.views.generic import RedirectView

USED = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}

urlpatterns = [
    *(pattern for pattern in urls.urlpatterns if pattern.name in USED),
    # Passkeys are listed with the other second factors.
    path("second-factor/webauthn/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("second-factor/", include("allauth.mfa.urls")),
]
