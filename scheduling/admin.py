from __future__ import annotations

from django.contrib import admin

from accounts.admin import ReadOnly
from scheduling.models import Appointment, Availability, Room


@admin.register(Room)
class RoomAdmin(ReadOnly):
    """To be read: rooms change on the clinic's own page."""

    permission = "scheduling.manage_hours"
    list_display = ("name", "site", "is_active")
    list_filter = ("site", "is_active")


@admin.register(Availability)
class AvailabilityAdmin(ReadOnly):
    permission = "scheduling.manage_hours"
    list_display = ("provider", "site", "weekday", "starts_at", "ends_at")
    list_filter = ("site", "provider")
    list_select_related = ("provider", "site")


@admin.register(Appointment)
class AppointmentAdmin(ReadOnly):
    """To be read: appointments change through the actions, which check and name what stands in the way."""

    permission = "scheduling.view_appointments"
    list_display = ["id", "site", "provider", "starts_at", "kind", "status"]
    list_select_related = ["site", "provider"]
    list_filter = ["site", "status", "kind"]
    show_full_result_count = False
