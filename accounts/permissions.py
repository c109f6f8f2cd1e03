"""Who may do what: the one table for the whole site. Views, templates and tests all read it from here."""

from django.db import models


class Role(models.TextChoices):
    PROVIDER = "provider", "Provider"
    FRONT_DESK = "front_desk", "Front desk"
    ADMINISTRATOR = "administrator", "Administrator"


P, F, A = Role.PROVIDER, Role.FRONT_DESK, Role.ADMINISTRATOR

PERMISSIONS: dict[str, frozenset[Role]] = {
    "accounts.manage_staff": frozenset({A}),
    "audit.view_audit": frozenset({A}),
    "patients.view_patient": frozenset({P, F, A}),
    "patients.change_patient": frozenset({P, F, A}),
    # Allergies, medication and history: more than booking needs, so not for the front desk.
    "patients.view_clinical": frozenset({P, A}),
    "patients.change_clinical": frozenset({P}),
    "inventory.view_stock": frozenset({P, F, A}),
    "inventory.receive_lot": frozenset({P, A}),
    "inventory.recall_lot": frozenset({A}),
    "treatments.view_course": frozenset({P, A}),
    "treatments.change_course": frozenset({P}),
    "treatments.view_session": frozenset({P, A}),
    "treatments.chart_session": frozenset({P}),
    "treatments.sign_session": frozenset({P}),
    "treatments.record_outside_session": frozenset({P, A}),
    "scheduling.view_appointments": frozenset({P, F, A}),
    "scheduling.book": frozenset({P, F}),
    "scheduling.view_recalls": frozenset({P, F, A}),
    "scheduling.work_recalls": frozenset({P, F}),
    "outcomes.view_follow_ups": frozenset({P, A}),
    "outcomes.record_follow_up": frozenset({P}),
    "outcomes.record_assessment": frozenset({P}),
    "outcomes.view_review": frozenset({P, A}),
    "interop.import_data": frozenset({A}),
}


def permissions_of(roles: list[str]) -> set[str]:
    """The permission codes a person with these roles holds."""
    held = set(roles)
    return {code for code, allowed in PERMISSIONS.items() if held & allowed}
