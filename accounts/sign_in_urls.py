"""The pages of django-allauth that Cadence uses. Left out: signing up, and changing one's own e-mail address, by which
people sign in and which an administrator keeps."""

from allauth.account import urls
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.views import password_change, password_from_link

USED = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
}

urlpatterns = [
    *(pattern for pattern in urls.urlpatterns if pattern.name in USED),
    path("password/change/", password_change, name="account_change_password"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        password_from_link,
        name="account_reset_password_from_key",
    ),
    # Passkeys are listed with the other second factors.
    path("second-factor/webauthn/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("second-factor/", include("allauth.mfa.urls")),
]
