"""Staff and sites in Django's administration pages: to be read. They are changed on Cadence's own pages."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.models import Credential, Site, User
from audit.admin import Page

# Django's own sign-in page knows neither the lock-out nor the audit trail: the clinic's stands in for it.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Cadence"

# Rights come from roles (accounts/permissions.py); a group would be a second place for them.
if admin.site.is_registered(Group):
    admin.site.unregister(Group)


class ReadOnly(Page):
    """For those who manage staff; nobody adds, changes or deletes here."""

    permission = "accounts.manage_staff"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.permission)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Site)
class SiteAdmin(ReadOnly):
    list_display = ["name", "time_zone", "phone"]


@admin.register(User)
class UserAdmin(ReadOnly):
    list_display = ["name", "email", "roles", "is_active", "last_login"]
    list_filter = ["is_active"]
    fields = ["name", "email", "roles", "sites", "is_active", "date_joined", "last_login"]


@admin.register(Credential)
class CredentialAdmin(ReadOnly):
    list_display = ["user", "title", "licence_number", "licence_expires_on", "npi"]
