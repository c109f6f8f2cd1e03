"""Who may do what: the one table for the whole site. Views, templates and tests all read it from here."""

from django.db import models


class Role(models.TextChoices):
    PROVIDER = "provider", "Provider"
    FRONT_DESK = "front_desk", "Front desk"
    ADMINISTRATOR = "administrator", "Administrator"
    # Charts and drafts under a provider, who signs.
    TRAINEE = "trainee", "Trainee"


P, F, A, T = Role.PROVIDER, Role.FRONT_DESK, Role.ADMINISTRATOR, Role.TRAINEE

PERMISSIONS: dict[str, frozenset[Role]] = {
    "accounts.manage_staff": frozenset({A}),
    "audit.view_audit": frozenset({A}),
    "patients.view_patient": frozenset({P, F, A, T}),
    "patients.change_patient": frozenset({P, F, A, T}),
    # Allergies, medication and history: more than booking needs, so not for the front desk.
    "patients.view_clinical": frozenset({P, A, T}),
    "patients.change_clinical": frozenset({P, T}),
    # The answers are clinical; handing the tablet to the patient shows none of them.
    "patients.view_screening": frozenset({P, A, T}),
    "patients.record_screening": frozenset({P, T}),
    "patients.hand_over_screening": frozenset({P, F, T}),
    "patients.view_consent": frozenset({P, F, A, T}),
    "patients.record_consent": frozenset({P, F, T}),
    "patients.manage_consent_forms": frozenset({A}),
    # What matters of another site's patient, for a reason, for hours; and looking at that afterwards.
    "patients.open_in_emergency": frozenset({P, T}),
    "patients.review_emergency": frozenset({A}),
    "patients.view_coverage": frozenset({P, F, A, T}),
    "patients.change_coverage": frozenset({P, F, A}),
    "patients.manage_payers": frozenset({A}),
    "inventory.view_stock": frozenset({P, F, A, T}),
    "inventory.receive_lot": frozenset({P, A}),
    "inventory.recall_lot": frozenset({A}),
    "inventory.manage_stock": frozenset({A}),
    "patients.view_tasks": frozenset({P, F, A}),
    "patients.work_tasks": frozenset({P, F, A}),
    "patients.view_merges": frozenset({P, F, A}),
    "patients.merge_patient": frozenset({A}),
    "messaging.view_messages": frozenset({P, F, A}),
    "messaging.send_message": frozenset({P, F}),
    "messaging.record_consent": frozenset({P, F, T}),
    "messaging.manage_messages": frozenset({A}),
    "treatments.view_drug_orders": frozenset({P, F, A}),
    "treatments.order_drug": frozenset({P, F}),
    "treatments.view_course": frozenset({P, A, T}),
    "treatments.change_course": frozenset({P}),
    "treatments.write_evaluation": frozenset({P, T}),
    "treatments.view_session": frozenset({P, A, T}),
    "treatments.chart_session": frozenset({P, T}),
    "treatments.sign_session": frozenset({P}),
    # Whoever takes the call passes it on; what was answered is read by those who read sessions.
    "treatments.report_adverse_event": frozenset({P, F, T}),
    "treatments.review_adverse_event": frozenset({P}),
    # The list holds names, phones and who was called; what was given is read by those who read sessions.
    "treatments.view_lot_recall": frozenset({P, F, A}),
    "treatments.work_lot_recall": frozenset({P, F, A}),
    "treatments.start_lot_recall": frozenset({A}),
    "treatments.write_addendum": frozenset({P}),
    "treatments.print_record": frozenset({P, A}),
    "treatments.name_vial": frozenset({P, A}),
    "treatments.view_rules": frozenset({P, A, T}),
    "treatments.confirm_label": frozenset({P}),
    "treatments.manage_protocols": frozenset({P, A}),
    "treatments.record_outside_session": frozenset({P, A}),
    "scheduling.view_appointments": frozenset({P, F, A, T}),
    "scheduling.book": frozenset({P, F}),
    # Against a rule that may be set aside, with a reason; never a double booking.
    "scheduling.override_booking": frozenset({P, A}),
    "scheduling.manage_hours": frozenset({A}),
    "scheduling.manage_outcomes": frozenset({A}),
    "scheduling.view_waiting": frozenset({P, F, A}),
    "scheduling.work_waiting": frozenset({P, F}),
    "scheduling.view_recalls": frozenset({P, F, A}),
    "scheduling.work_recalls": frozenset({P, F}),
    "outcomes.view_follow_ups": frozenset({P, A, T}),
    # Which follow-ups are due, and what was sent; what they found is read by those who view follow-ups.
    "outcomes.view_follow_up_list": frozenset({P, F, A, T}),
    # Send the questions of a follow-up, hand them over on the tablet, withdraw them; none of it shows an answer.
    "outcomes.ask_patient": frozenset({P, F, T}),
    "outcomes.record_follow_up": frozenset({P, T}),
    "outcomes.record_assessment": frozenset({P, T}),
    # Why a treatment no longer works is judged by who may change it.
    "outcomes.review_response": frozenset({P}),
    "outcomes.view_instruments": frozenset({P, A, T}),
    "outcomes.manage_instruments": frozenset({A}),
    "outcomes.view_review": frozenset({P, A}),
    "outcomes.view_waste": frozenset({A}),
    "outcomes.export_registry": frozenset({A}),
    "interop.import_data": frozenset({A}),
    "interop.use_feed": frozenset({P, A}),
    "interop.view_claims": frozenset({P, A}),
    "interop.enter_procedure_codes": frozenset({A}),
}


def permissions_of(roles: list[str]) -> set[str]:
    """The permission codes a person with these roles holds."""
    held = set(roles)
    return {code for code, allowed in PERMISSIONS.items() if held & allowed}
