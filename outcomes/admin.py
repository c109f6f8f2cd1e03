from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from audit.admin import Page
from outcomes.models import Assessment, Instrument, ResponderRule


@admin.register(Instrument)
class InstrumentAdmin(Page):
    """Instruments are read here; the page Instruments changes them, with a new version for each change."""

    list_display = ["name", "short_name", "unit", "better", "is_retired"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ResponderRule)
class ResponderRuleAdmin(Page):
    list_display = ["condition", "instrument", "is_percent", "change", "from_day", "to_day", "confidence", "version"]
    list_select_related = ["condition", "instrument"]


@admin.register(Assessment)
class AssessmentAdmin(Page):
    """Scores are read here and never changed: a wrong one is answered by another."""

    list_display = ["course", "instrument", "assessed_on", "value", "label", "recorded_by"]
    list_select_related = ["course", "instrument", "recorded_by"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
