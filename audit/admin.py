from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from audit.models import AuditEvent


class Page(admin.ModelAdmin):
    """What all of Django's administration pages are made from here."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        # `?_to_field=` names no field; Django looks for one without a name.
        return super().get_object(request, object_id, from_field or None)


@admin.register(AuditEvent)
class AuditEventAdmin(Page):
    """The trail, to be read only; the database refuses everything else as well."""

    list_display = ["at", "action", "actor_id", "actor_roles", "patient_id", "subject_type", "subject_id", "detail"]
    list_filter = ["action"]
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("audit.view_audit")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("audit.view_audit")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
