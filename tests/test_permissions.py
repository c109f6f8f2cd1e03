"""Who may open what: one line for each URL of the site, with the answer that each kind of person gets.

A URL that has no line fails `test_every_url_has_its_line`, whose message prints the missing lines. To add one:

    line("patients:patient-edit", {"patient_id": "joye"}, 200, 200, 200, 404),

The four numbers are what a provider, the front desk, an administrator and a stranger get.

- The arguments of the URL name a thing of THINGS below, which is made for the line.
- A page that only takes a POST says post={...} (what is sent; the name of a thing is sent as its number); query={...}
  is what stands behind the question mark.
- The stranger holds every role, at another site only: a page about a patient or a lot of ours is 404 to them.
- Anonymous people and those whose account was closed are sent to sign in, unless the line says anonymous=.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.actions import save_view
from accounts.models import User
from accounts.permissions import Role
from interop.models import ImportJob
from inventory.models import Lot, Product, Vial, VialCost, VialSize
from messaging.models import ContactConsent, LetterBatch, Message, MessageTemplate
from outcomes.actions.questionnaires import ask_patient
from outcomes.models import Export, Instrument, InstrumentText
from patients.actions import open_task
from patients.models import (
    Allergy,
    HistoryItem,
    Medication,
    PatientMerge,
    PossibleDuplicate,
    Task,
    TriedTreatment,
    Weight,
)
from scheduling.models import (
    Appointment,
    AppointmentCourse,
    AttemptOutcome,
    Holiday,
    HoursException,
    Room,
    WaitingEntry,
)
from tests.cast import Cast
from tests.outcomes.cycles import score
from tests.patients import made
from tests.treatments.charted import signed
from treatments.actions.evaluations import write_evaluation
from treatments.actions.lot_recalls import start_lot_recall
from treatments.actions.stock_counts import count_line, start_count
from treatments.models import (
    AdverseEvent,
    DrugOrder,
    Evaluation,
    FollowUp,
    InjectionSession,
    LotRecall,
    Protocol,
    SessionCourse,
    StockCount,
    StockCountLine,
    TreatmentCourse,
)

SIGN_IN = "sign in"  # is sent to the sign-in page


@dataclass(frozen=True)
class Line:
    name: str
    args: dict[str, str]
    answers: dict[str, int | str]
    post: dict[str, str] | None = None
    query: dict[str, str] = field(default_factory=dict)


def line(
    name: str,
    args: dict[str, str],
    provider: int,
    front_desk: int,
    administrator: int,
    stranger: int,
    *,
    anonymous: int | str = SIGN_IN,
    post: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> Line:
    answers = {
        "provider": provider,
        "front_desk": front_desk,
        "administrator": administrator,
        "stranger": stranger,
        "anonymous": anonymous,
        "deactivated": anonymous,
    }
    return Line(name, args, answers, post, query or {})


TABLE: list[Line] = [
    # URL, its arguments, then: provider, front desk, administrator, stranger
    line("home", {}, 302, 302, 302, 302),
    line("clinic:my-day", {}, 200, 403, 403, 200),
    line("clinic:chart", {"patient_id": "joye"}, 200, 200, 200, 404),
    line("clinic:course", {"course_id": "course"}, 200, 403, 200, 404),
    line("clinic:evaluation-create", {"course_id": "course"}, 200, 403, 403, 404),
    line("clinic:evaluation", {"evaluation_id": "evaluation"}, 200, 403, 200, 404),
    line("clinic:evaluation-edit", {"evaluation_id": "evaluation"}, 200, 403, 403, 404),
    line("clinic:evaluation-pdf", {"evaluation_id": "evaluation"}, 200, 403, 200, 404),
    line("clinic:event-medwatch", {"event_id": "event"}, 200, 403, 200, 404),
    line("clinic:session-note", {"session_id": "draft"}, 200, 403, 200, 404),
    line("clinic:session-packet", {"session_id": "draft"}, 200, 403, 200, 404),
    line("clinic:session-after-visit", {"session_id": "draft"}, 200, 403, 200, 404),
    line("clinic:session-start", {"appointment_id": "appointment"}, 302, 403, 403, 404, post={}),
    line("scheduling:recall-list", {}, 200, 200, 200, 200),
    line("scheduling:recall-log", {"course_id": "course"}, 200, 200, 403, 404),
    line("scheduling:recall-hold", {"course_id": "course"}, 200, 200, 403, 404),
    line("scheduling:recall-bring-back", {"course_id": "course"}, 302, 302, 403, 404, post={}),
    line("scheduling:recall-release", {"course_id": "course"}, 302, 302, 403, 404, post={}),
    line("scheduling:recall-why", {"course_id": "course"}, 200, 200, 200, 404),
    line("scheduling:recall-changes", {}, 200, 200, 200, 200),
    line("scheduling:recall-view-save", {}, 200, 200, 200, 200),
    line("scheduling:recall-view-edit", {"view_id": "saved_view"}, 404, 200, 404, 404),
    line("scheduling:recall-outcome-list", {}, 403, 403, 200, 200),
    line("scheduling:recall-outcome-edit", {"outcome_id": "outcome"}, 403, 403, 200, 200),
    line("scheduling:recall-outcome-offer", {"outcome_id": "outcome"}, 403, 403, 302, 302, post={"offered": "0"}),
    line("scheduling:recall-outcome-move", {"outcome_id": "outcome"}, 403, 403, 302, 302, post={"to": "up"}),
    line("scheduling:day-list", {}, 200, 200, 200, 200),
    line("scheduling:appointment-create", {}, 200, 200, 403, 200),
    line("scheduling:appointment-detail", {"appointment_id": "appointment"}, 200, 200, 200, 404),
    line("scheduling:appointment-move", {"appointment_id": "appointment"}, 200, 200, 403, 404),
    line("scheduling:appointment-place", {"appointment_id": "appointment"}, 302, 302, 403, 404, post={}),
    line("scheduling:appointment-tell", {"appointment_id": "appointment"}, 302, 302, 403, 404, post={}),
    line("scheduling:appointment-status", {"appointment_id": "appointment"}, 302, 302, 403, 404, post={}),
    line(
        "scheduling:appointment-cancel",
        {"appointment_id": "appointment"},
        302,
        302,
        403,
        404,
        post={"reason": "asked to", "cancelled_by": "patient"},
    ),
    line("scheduling:appointment-take-back", {"appointment_id": "cancelled"}, 302, 302, 403, 404, post={}),
    line("scheduling:appointment-follow-ups", {"appointment_id": "appointment"}, 302, 302, 403, 404, post={}),
    line("scheduling:freed-detail", {"appointment_id": "cancelled"}, 200, 200, 200, 404),
    line(
        "scheduling:freed-work",
        {"appointment_id": "cancelled", "entry_id": "waiting_entry"},
        302,
        302,
        403,
        404,
        post={"do": "offer"},
    ),
    line("scheduling:waiting-list", {}, 200, 200, 200, 200),
    line("scheduling:waiting-create", {}, 200, 200, 403, 200),
    line("scheduling:waiting-withdraw", {"entry_id": "waiting_entry"}, 302, 302, 403, 404, post={}),
    line("scheduling:waiting-put-back", {"entry_id": "waiting_entry"}, 302, 302, 403, 404, post={}),
    line("scheduling:hours-month", {}, 200, 200, 200, 200),
    line("scheduling:hours-week", {"user_id": "ito"}, 403, 403, 200, 404),
    line(
        "scheduling:exception-add",
        {"user_id": "ito"},
        403,
        403,
        302,
        404,
        post={"is_away": "1", "starts_on": "2027-02-03"},
    ),
    line("scheduling:exception-remove", {"exception_id": "hours_exception"}, 403, 403, 302, 404, post={}),
    line("scheduling:place-detail", {}, 403, 403, 200, 200),
    line("scheduling:holiday-add", {}, 403, 403, 302, 302, post={"on": "2027-02-03", "name": "Founders' Day"}),
    line("scheduling:holiday-remove", {"holiday_id": "holiday"}, 403, 403, 302, 404, post={}),
    line("scheduling:room-add", {}, 403, 403, 302, 302, post={"name": "Room Z"}),
    line("scheduling:room-change", {"room_id": "room"}, 403, 403, 302, 404, post={"name": "Room Y"}),
    line("scheduling:lengths-save", {}, 403, 403, 302, 302, post={"session-": "40"}),
    line("outcomes:review", {}, 200, 403, 200, 200),
    line("outcomes:review-list", {}, 200, 403, 200, 200, query={"figure": "responder"}),
    line("outcomes:review-csv", {}, 200, 403, 200, 200),
    line("outcomes:review-picture", {"name": "events_picture"}, 200, 403, 200, 404),
    line("outcomes:review-view-save", {}, 200, 403, 200, 200),
    line("outcomes:review-view-edit", {"view_id": "outcomes_view"}, 404, 403, 200, 404),
    line("outcomes:waste", {}, 403, 403, 200, 200),
    line("outcomes:waste-list", {}, 403, 403, 200, 200),
    line("outcomes:export-list", {}, 200, 403, 200, 200),
    line("outcomes:export-start", {}, 403, 403, 302, 302, post={"kind": "registry"}),
    line("outcomes:export-detail", {"export_id": "export"}, 404, 403, 200, 404),
    line("outcomes:export-download", {"export_id": "export"}, 404, 403, 200, 404),
    line("outcomes:export-remove", {"export_id": "export"}, 404, 403, 302, 404, post={}),
    line("outcomes:review-exposure", {}, 200, 403, 200, 200),
    line("clinic:outcomes-pdf", {}, 200, 403, 200, 200),
    line("outcomes:follow-up-list", {}, 200, 200, 200, 200),
    line("outcomes:follow-up-record", {"follow_up_id": "follow_up"}, 200, 403, 200, 404),
    line("outcomes:side-by-side", {"course_id": "course"}, 200, 403, 200, 404),
    line("outcomes:response-review", {"course_id": "course"}, 200, 403, 403, 404),
    line("outcomes:questions-send", {"follow_up_id": "follow_up"}, 302, 302, 403, 404, post={}),
    line("outcomes:questions-tablet", {"follow_up_id": "follow_up"}, 302, 302, 403, 404, post={}),
    line("outcomes:questions-withdraw", {"follow_up_id": "asked_follow_up"}, 302, 302, 403, 404, post={}),
    line("outcomes:follow-up-take", {"follow_up_id": "follow_up"}, 302, 403, 403, 404, post={}),
    line("outcomes:diary", {"course_id": "course"}, 200, 403, 200, 404),
    line("outcomes:diary-score", {"course_id": "course"}, 302, 403, 403, 404, post={"last": "2026-02-03"}),
    line("outcomes:diary-send", {"course_id": "course"}, 302, 403, 403, 404, post={}),
    line("outcomes:instrument-list", {}, 200, 403, 200, 200),
    line("outcomes:instrument-detail", {"instrument_id": "instrument"}, 200, 403, 200, 200),
    line("outcomes:instrument-create", {}, 403, 403, 200, 200),
    line("outcomes:instrument-edit", {"instrument_id": "instrument"}, 403, 403, 200, 200),
    line("outcomes:instrument-retire", {"instrument_id": "instrument"}, 403, 403, 302, 302, post={"retired": "1"}),
    line("outcomes:instrument-text-create", {"instrument_id": "instrument"}, 403, 403, 200, 200),
    line("outcomes:instrument-text-withdraw", {"text_id": "instrument_text"}, 403, 403, 302, 302, post={}),
    line("outcomes:assessment-create", {"course_id": "course"}, 200, 403, 403, 404),
    line("outcomes:assessment-withdraw", {"assessment_id": "assessment"}, 200, 403, 403, 404),
    line("treatments:course-start", {"patient_id": "joye"}, 200, 403, 403, 404),
    line("treatments:course-edit", {"course_id": "course"}, 200, 403, 403, 404),
    line("treatments:course-close", {"course_id": "course"}, 200, 403, 403, 404),
    line("treatments:course-reopen", {"course_id": "course"}, 302, 403, 403, 404, post={}),
    line("treatments:target-choose", {"course_id": "course"}, 200, 403, 403, 404),
    line("treatments:outside-session-create", {"course_id": "course"}, 200, 403, 200, 404),
    line("treatments:session-start", {"patient_id": "joye"}, 302, 403, 403, 404, post={}),
    line("treatments:session-detail", {"session_id": "session"}, 200, 403, 200, 404),
    line("treatments:session-chart", {"session_id": "draft"}, 200, 403, 403, 404),
    line("treatments:session-review", {"session_id": "draft"}, 200, 403, 403, 404),
    line("treatments:event-report", {"patient_id": "joye"}, 200, 200, 403, 404),
    line("treatments:event-detail", {"event_id": "event"}, 200, 403, 200, 404),
    line("treatments:event-seen", {"event_id": "event"}, 302, 403, 403, 404, post={}),
    line("treatments:rule-list", {}, 200, 403, 200, 200),
    line("treatments:label-confirm", {}, 302, 403, 403, 302, post={"withdraw": "nothing"}),
    line("treatments:session-void", {"session_id": "session"}, 200, 403, 403, 404),
    line("treatments:session-replace", {"session_id": "session"}, 302, 403, 403, 404, post={}),
    line("treatments:addendum-write", {"session_id": "session"}, 302, 403, 403, 404),
    line("treatments:draft-list", {}, 200, 403, 200, 200),
    line("treatments:protocol-save", {"session_id": "draft"}, 200, 403, 200, 404),
    line("treatments:protocol-list", {}, 200, 403, 200, 200),
    line("treatments:protocol-retire", {"protocol_id": "protocol"}, 302, 403, 302, 302, post={}),
    line("treatments:protocol-restore", {"protocol_id": "protocol"}, 302, 403, 302, 302, post={}),
    line("patients:payer-list", {}, 403, 403, 200, 200),
    line("patients:payer-create", {}, 403, 403, 200, 200),
    line("patients:payer-edit", {"payer_id": "payer"}, 403, 403, 200, 200),
    line("clinic:authorization-renew", {"authorization_id": "authorization"}, 200, 200, 200, 404),
    line("clinic:authorization-letter", {"authorization_id": "lettered"}, 200, 200, 200, 404),
    line("scheduling:renewal-list", {}, 200, 200, 200, 200),
    line("scheduling:renewal-take-back", {"authorization_id": "authorization"}, 302, 302, 302, 404, post={}),
    line("scheduling:renewal-ask", {"course_id": "course"}, 302, 302, 302, 404, post={}),
    line("treatments:drug-order-list", {}, 200, 200, 200, 200),
    line("treatments:drug-order-create", {"patient_id": "joye"}, 200, 200, 403, 404),
    line("treatments:drug-order", {"order_id": "drug_order"}, 200, 200, 200, 404),
    line("treatments:drug-order-edit", {"order_id": "drug_order"}, 200, 200, 403, 404),
    line("treatments:drug-order-ship", {"order_id": "drug_order"}, 302, 302, 403, 404, post={}),
    line("treatments:drug-order-arrive", {"order_id": "drug_order"}, 422, 422, 403, 404, post={}),
    line("treatments:drug-order-cancel", {"order_id": "drug_order"}, 302, 302, 403, 404, post={"reason": "stopped"}),
    line("patients:patient-list", {}, 200, 200, 200, 200),
    line("patients:patient-search", {}, 200, 200, 200, 200, post={}),
    line("patients:patient-create", {}, 200, 200, 200, 200),
    line("patients:patient-edit", {"patient_id": "joye"}, 200, 200, 200, 404),
    line("patients:allergy-create", {"patient_id": "joye"}, 200, 403, 403, 404),
    line("patients:allergy-edit", {"allergy_id": "allergy"}, 200, 403, 403, 404),
    line("patients:allergy-end", {"allergy_id": "allergy"}, 302, 403, 403, 404, post={}),
    line("patients:medication-create", {"patient_id": "joye"}, 200, 403, 403, 404),
    line("patients:medication-edit", {"medication_id": "medication"}, 200, 403, 403, 404),
    line("patients:medication-end", {"medication_id": "medication"}, 302, 403, 403, 404, post={}),
    line("patients:history-item-create", {"patient_id": "joye"}, 200, 403, 403, 404),
    line("patients:history-item-edit", {"history_item_id": "history_item"}, 200, 403, 403, 404),
    line("patients:history-item-end", {"history_item_id": "history_item"}, 302, 403, 403, 404, post={}),
    line("patients:tried-treatment-create", {"patient_id": "joye"}, 200, 403, 403, 404),
    line("patients:tried-treatment-edit", {"tried_treatment_id": "tried_treatment"}, 200, 403, 403, 404),
    line("patients:weight-create", {"patient_id": "joye"}, 200, 403, 403, 404),
    line("patients:weight-edit", {"weight_id": "weight"}, 200, 403, 403, 404),
    line("patients:coverage-create", {"patient_id": "joye"}, 200, 200, 200, 404),
    line("patients:coverage-edit", {"coverage_id": "coverage"}, 200, 200, 200, 404),
    line("patients:screening-create", {"patient_id": "joye"}, 200, 403, 403, 404),
    line("patients:screening-detail", {"screening_id": "screening"}, 200, 403, 200, 404),
    line("patients:screening-tablet", {"patient_id": "joye"}, 200, 200, 403, 404),
    # Without a tablet in somebody's hands these are not there; with one, see tests/patients/test_tablet.py.
    line("patients:tablet-question", {"number": "first"}, 404, 404, 403, 404),
    line("patients:tablet-note", {"number": "first"}, 404, 404, 403, 404),
    line("patients:tablet-language", {}, 404, 404, 403, 404, post={"language": "es"}),
    line("patients:tablet-check", {}, 404, 404, 403, 404),
    line("patients:tablet-return", {}, 404, 404, 403, 404),
    line("patients:consent-form-list", {}, 403, 403, 200, 200),
    line("patients:consent-form-create", {}, 403, 403, 200, 200),
    line("patients:consent-form-revise", {"form_id": "consent_form"}, 403, 403, 200, 200),
    line("clinic:consent-create", {"patient_id": "joye"}, 200, 200, 403, 404),
    line("clinic:consent-detail", {"consent_id": "consent"}, 200, 200, 200, 404),
    line("clinic:consent-blank", {"patient_id": "joye"}, 200, 200, 403, 404, post={}),
    line("clinic:consent-pdf", {"consent_id": "consent"}, 200, 200, 200, 404),
    line("clinic:consent-withdraw", {"consent_id": "consent"}, 302, 302, 403, 404, post={"reason": "asked to"}),
    line("clinic:authorization-create", {"patient_id": "insured"}, 200, 200, 200, 404),
    line("clinic:authorization-edit", {"authorization_id": "authorization"}, 200, 200, 200, 404),
    line("patients:duplicate-list", {}, 200, 200, 200, 200),
    line("patients:duplicate-decide", {"duplicate_id": "duplicate"}, 302, 302, 302, 404, post={}),
    line("clinic:pair-list", {}, 200, 200, 200, 200),
    line("clinic:pair-apart", {}, 302, 302, 302, 404, post={"first": "joye", "second": "omar"}),
    line("clinic:merge-find", {"patient_id": "joye"}, 200, 200, 200, 404),
    line("clinic:merge-preview", {"patient_id": "joye", "other_id": "omar"}, 200, 200, 200, 404),
    line("clinic:merge-preview", {"patient_id": "joye", "other_id": "omar"}, 403, 403, 422, 404, post={}),
    line("clinic:merge-list", {}, 200, 200, 200, 200),
    line("clinic:merge", {"merge_id": "merge"}, 200, 200, 200, 404),
    line("clinic:merge-undo", {"merge_id": "merge"}, 403, 403, 302, 404, post={"reason": "two people"}),
    line("inventory:stock-list", {}, 200, 200, 200, 200),
    line("inventory:lot-receive", {}, 200, 403, 200, 200),
    line("inventory:reorder-levels", {}, 403, 403, 200, 200),
    line("inventory:vial-costs", {}, 403, 403, 200, 200),
    line("inventory:vial-cost-remove", {"cost_id": "vial_cost"}, 403, 403, 302, 302, post={}),
    line("inventory:lot-detail", {"lot_id": "lot"}, 200, 200, 200, 404),
    line("inventory:lot-recall", {"lot_id": "lot"}, 403, 403, 200, 404),
    line("inventory:vial-remove", {"lot_id": "lot"}, 200, 403, 200, 404),
    line("treatments:open-vials", {}, 200, 403, 200, 200),
    line("treatments:count-list", {}, 200, 403, 200, 200),
    line("treatments:count", {"count_id": "stock_count"}, 200, 403, 200, 404),
    line("treatments:count-sheet", {"count_id": "stock_count"}, 200, 403, 200, 404),
    line("treatments:count-line-add", {"count_id": "stock_count"}, 200, 403, 200, 404),
    line("treatments:count-close", {"count_id": "stock_count"}, 302, 403, 302, 404, post={}),
    line("treatments:count-call-off", {"count_id": "stock_count"}, 200, 403, 200, 404),
    line(
        "treatments:count-line", {"line_id": "counted_line"}, 302, 403, 302, 404, post={"counted": "2", "version": "2"}
    ),
    line("treatments:count-line-resolve", {"line_id": "counted_line"}, 200, 403, 200, 404),
    line("treatments:lot-sessions", {"lot_id": "lot"}, 200, 403, 200, 404),
    line("treatments:lot-recall-start", {"lot_id": "lot"}, 403, 403, 200, 404),
    line("treatments:lot-recall-list", {}, 200, 200, 200, 200),
    line("treatments:lot-recall", {"recall_id": "lot_recall"}, 200, 200, 200, 404),
    line("treatments:lot-recall-letters", {"recall_id": "lot_recall"}, 302, 302, 403, 404, post={}),
    line("treatments:lot-recall-add", {"recall_id": "lot_recall"}, 302, 302, 302, 404, post={}),
    line("treatments:lot-recall-call-off", {"recall_id": "lot_recall"}, 403, 403, 200, 404),
    line("treatments:lot-recall-csv", {"recall_id": "lot_recall"}, 200, 200, 200, 404),
    line("treatments:lot-recall-patient", {"row_id": "lot_recall_patient"}, 200, 200, 200, 404),
    line("treatments:lot-recall-undo", {"row_id": "lot_recall_patient"}, 302, 302, 302, 404, post={}),
    line("treatments:patient-vials", {"patient_id": "joye"}, 200, 403, 200, 404),
    line("treatments:vial-name", {"vial_id": "pharmacy_vial"}, 200, 403, 200, 404),
    line("treatments:vial-release", {"vial_id": "pharmacy_vial"}, 302, 403, 302, 404, post={}),
    line("interop:claim-list", {}, 200, 403, 200, 200),
    line("interop:claim-export", {}, 200, 403, 200, 200),
    line("interop:code-list", {}, 403, 403, 200, 200),
    line("interop:claim-detail", {"session_id": "signed_session"}, 200, 403, 200, 404),
    line("interop:claim-csv", {"session_id": "signed_session"}, 200, 403, 200, 404),
    line("interop:feed", {}, 200, 403, 200, 200),
    line("interop:feed-make", {}, 200, 403, 200, 200, post={}),
    line("interop:feed-stop", {}, 302, 403, 302, 302, post={}),
    line("patients:task-list", {}, 200, 200, 200, 200),
    line("patients:task-take", {"task_id": "task"}, 302, 302, 302, 404, post={}),
    line("patients:task-leave", {"task_id": "task"}, 302, 302, 302, 404, post={}),
    line("patients:task-done", {"task_id": "task"}, 302, 302, 302, 404, post={}),
    line("patients:task-undo", {"task_id": "task"}, 302, 302, 302, 404, post={}),
    line("messaging:message-list", {}, 200, 200, 200, 200),
    line("messaging:message-detail", {"message_id": "message"}, 200, 200, 200, 404),
    line("messaging:message-cancel", {"message_id": "message"}, 302, 302, 403, 404, post={}),
    line("messaging:message-again", {"message_id": "failed_message"}, 302, 302, 403, 404, post={}),
    line("messaging:message-decide", {"message_id": "lost_message"}, 302, 302, 403, 404, post={"decision": "arrived"}),
    line("messaging:template-list", {}, 403, 403, 200, 200),
    line("messaging:template-edit", {"template_id": "text"}, 403, 403, 200, 200),
    line("messaging:template-preview", {"template_id": "text"}, 403, 403, 200, 200, post={}),
    line("messaging:policy-edit", {}, 403, 403, 200, 200),
    line("messaging:consent-record", {"patient_id": "joye"}, 200, 200, 403, 404),
    line("messaging:patient-messages", {"patient_id": "joye"}, 200, 200, 200, 404),
    line("clinic:letter-list", {}, 200, 200, 200, 200),
    line("clinic:letter-list", {}, 422, 422, 403, 422, post={}),
    line("clinic:letter-batch", {"batch_id": "letter_batch"}, 200, 200, 200, 404),
    line("clinic:letter-batch-pdf", {"batch_id": "letter_batch"}, 200, 200, 200, 404),
    line("clinic:letter-pdf", {"message_id": "printed_letter"}, 200, 200, 200, 404),
    line("messaging:link-open", {"token": "first"}, 404, 404, 404, 404, anonymous=404),
    line("scheduling:link-visit", {"token": "first"}, 404, 404, 404, 404, anonymous=404),
    line("scheduling:link-times", {"token": "first"}, 404, 404, 404, 404, anonymous=404),
    line("scheduling:link-offer", {"token": "first"}, 404, 404, 404, 404, anonymous=404),
    line("outcomes:link-questions", {"token": "first"}, 404, 404, 404, 404, anonymous=404),
    line("outcomes:link-question", {"token": "first", "number": "first"}, 404, 404, 404, 404, anonymous=404),
    line("outcomes:link-urgent", {"token": "first"}, 404, 404, 404, 404, anonymous=404),
    line("outcomes:link-check", {"token": "first"}, 404, 404, 404, 404, anonymous=404),
    line("outcomes:link-diary", {"token": "first"}, 404, 404, 404, 404, anonymous=404),
    line("outcomes:link-diary-day", {"token": "first", "day": "first"}, 404, 404, 404, 404, anonymous=404),
    # Without a tablet handed over there is nothing to answer.
    line("outcomes:tablet-questions", {}, 404, 404, 403, 404),
    line("outcomes:tablet-question", {"number": "first"}, 404, 404, 403, 404),
    line("outcomes:tablet-urgent", {}, 404, 404, 403, 404),
    line("outcomes:tablet-check", {}, 404, 404, 403, 404),
    line("outcomes:tablet-diary", {}, 404, 404, 403, 404),
    line("outcomes:tablet-diary-day", {"day": "first"}, 404, 404, 403, 404),
    line("messaging:mail-report", {}, 404, 404, 404, 404, anonymous=404, post={}),
    line("messaging:text-report", {"message_id": "first"}, 403, 403, 403, 403, anonymous=403, post={}),
    line("interop:link-ics", {"token": "first"}, 404, 404, 404, 404, anonymous=404),
    line("interop:feed-ics", {"token": "first"}, 404, 404, 404, 404, anonymous=404),
    line("accounts:set-up", {}, 404, 404, 404, 404, anonymous=404),
    line("accounts:profile", {}, 200, 200, 200, 200),
    line("accounts:site-list", {}, 403, 403, 200, 200),
    line("accounts:site-switch", {}, 302, 302, 302, 404, post={"site": "harbour"}),
    line("accounts:site-create", {}, 403, 403, 200, 200),
    line("accounts:site-edit", {"site_id": "harbour"}, 403, 403, 200, 200),
    line("accounts:staff-list", {}, 403, 403, 200, 200),
    line("accounts:staff-create", {}, 403, 403, 200, 200),
    line("accounts:staff-edit", {"user_id": "robin"}, 403, 403, 200, 200),
    line("accounts:staff-password", {"user_id": "robin"}, 403, 403, 200, 200),
    line("accounts:staff-send-link", {"user_id": "robin"}, 403, 403, 302, 302, post={}),
    line("interop:import-list", {}, 403, 403, 200, 200),
    line("interop:import-preview", {"job_id": "import_job"}, 403, 403, 200, 404),
    line("interop:import-detail", {"job_id": "import_job"}, 403, 403, 200, 404),
    line("audit:event-list", {}, 403, 403, 200, 200),
    line("audit:change-list", {}, 403, 403, 200, 200),
    line("audit:event-export", {}, 403, 403, 200, 200),
    line("health", {}, 200, 200, 200, 200, anonymous=200),
]

# URLs that are not ours, by the beginning of their names. Each group has its own tests below.
GROUPS = {
    "account_": "django-allauth: signing in and out, one's own password; see tests/accounts/test_signing_in.py",
    "admin:": "Django's administration pages, which let administrators read",
}

# What anybody may open without signing in, and why.
PUBLIC = {
    "health": "asked by load balancers; says only that the database answers",
    "interop:feed-ics": "a calendar program signs in nowhere; 404 without the secret of the address",
    "accounts:set-up": "there is nobody yet who could sign in; 404 as soon as there is",
    "messaging:link-open": "a patient's link: asks for the date of birth, says only the clinic's name",
    "scheduling:link-visit": "behind such a link",
    "scheduling:link-times": "behind such a link",
    "scheduling:link-offer": "behind such a link",
    "interop:link-ics": "behind such a link",
    "outcomes:link-questions": "behind such a link",
    "outcomes:link-question": "behind such a link",
    "outcomes:link-urgent": "behind such a link",
    "outcomes:link-check": "behind such a link",
    "outcomes:link-diary": "behind such a link",
    "outcomes:link-diary-day": "behind such a link",
    "messaging:mail-report": "a mail provider reports what bounced; 404 without one, 400 without the webhook's secret",
    "messaging:text-report": "the text message carrier reports; 403 without its signature",
    "account_login": "signing in",
    "account_logout": "asks whether to sign out; sends nobody's data",
    "account_inactive": "says that an account is closed",
    "account_reset_password": "a forgotten password",
    "account_reset_password_done": "says that a mail is on its way",
    "account_reset_password_from_key": "the link in that mail",
    "account_reset_password_from_key_done": "says that the password is set",
    "admin:login": "leads to the clinic's own sign-in page",
}


# --- the things that lines are about


def course(cast: Cast) -> TreatmentCourse:
    return TreatmentCourse.objects.filter(patient=cast.joye).first() or cast.course()


def draft(cast: Cast) -> InjectionSession:
    session = InjectionSession.objects.create(
        patient=cast.joye, site=cast.harbour, provider=cast.ito, performed_on=cast.harbour.today()
    )
    SessionCourse.objects.create(session=session, course=course(cast))
    return session


def outside_session(cast: Cast) -> InjectionSession:
    from treatments.actions.sessions import record_outside_session

    return record_outside_session(
        course=course(cast),
        performed_on=date(2026, 2, 3),
        product=Product.objects.get(key="onabotulinumtoxinA"),
        units=Decimal(155),
        source="referral letter",
        on=cast.harbour.today(),
        by=cast.ito,
    )


def follow_up(cast: Cast) -> FollowUp:
    session = outside_session(cast)
    return FollowUp.objects.create(
        course=course(cast), session=session, step="peak", name="Peak effect", due_on=cast.harbour.today()
    )


def asked_follow_up(cast: Cast) -> FollowUp:
    planned = follow_up(cast)
    ask_patient(follow_up=planned, by=cast.ito, now=timezone.now())
    return planned


def instrument(cast: Cast) -> Instrument:
    return Instrument.objects.get(key="hit6")


def instrument_text(cast: Cast) -> InstrumentText:
    from outcomes.actions.instruments import load_text

    return load_text(
        version=instrument(cast).versions.get(is_current=True), language="en", licence="made up for a test",
        instructions="", questions=[f"Question {number}?" for number in range(1, 7)], answers=[], by=cast.ada,
    )  # fmt: skip


def adverse_event(cast: Cast) -> AdverseEvent:
    session = outside_session(cast)
    return AdverseEvent.objects.create(
        session=session, term="ptosis", words="Drooping eyelid", onset_on=session.performed_on, reported_by=cast.ito
    )


def appointment(cast: Cast) -> Appointment:
    starts_at = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    made = Appointment.objects.create(
        patient=cast.joye,
        provider=cast.ito,
        site=cast.harbour,
        kind=Appointment.Kind.SESSION,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        created_by=cast.robin,
    )
    AppointmentCourse.objects.create(appointment=made, course=course(cast))
    return made


def task(cast: Cast) -> Task:
    return open_task(patient=cast.joye, site=cast.harbour, kind="other", words="Call", due_on=cast.harbour.today())


def message(cast: Cast, status: str = "queued", channel: str = "email") -> Message:
    cast.joye.email, cast.joye.address, cast.joye.city = "joye@example.org", "1 Mill Road", "Boston"
    cast.joye.save()
    ContactConsent.objects.create(patient=cast.joye, channel="email", agreed=True)
    now = timezone.now()
    return Message.objects.create(
        patient=cast.joye,
        site=cast.harbour,
        purpose="cancelled",
        channel=channel,
        language="en",
        once=f"test {status}",
        about="appointment",
        about_id=appointment(cast).pk,
        status=status,
        send_after=now,
        send_before=now + timedelta(days=9),
        sent_at=now if status == "sent" else None,
        body="Your appointment is cancelled." if status == "sent" else "",
    )


def letter_batch(cast: Cast) -> LetterBatch:
    return LetterBatch.objects.create(site=cast.harbour, made_by=cast.robin, status="ready", pdf=b"%PDF-")


def merge(cast: Cast) -> PatientMerge:
    from clinic.merging.merge import merge_patients

    return merge_patients(
        kept=cast.joye,
        merged=cast.omar,
        versions=(cast.joye.version, cast.omar.version),
        take={},
        goes_on={},
        reason="same card",
        by=cast.ada,
        now=datetime(2026, 11, 21, tzinfo=UTC),
    )


def cancelled(cast: Cast) -> Appointment:
    made = appointment(cast)
    made.status, made.starts_at = Appointment.Status.CANCELLED, timezone.now() + timedelta(days=30)
    made.ends_at = made.starts_at + timedelta(minutes=30)
    made.save()
    return made


def waiting_entry(cast: Cast) -> WaitingEntry:
    return WaitingEntry.objects.create(
        patient=cast.joye,
        course=course(cast),
        kind=Appointment.Kind.SESSION,
        site=cast.harbour,
        minutes=30,
        earliest_on=cast.harbour.today(),
        latest_on=cast.harbour.today() + timedelta(days=60),
        created_by=cast.robin,
    )


def lot(cast: Cast) -> Lot:
    from inventory.actions import receive_lot

    product = Product.objects.get(key="onabotulinumtoxinA")
    return receive_lot(
        product=product,
        number="C1234",
        expires_on=date(2040, 1, 31),
        size=product.vial_sizes.get(units=200),
        vials=2,
        site=cast.harbour,
        on=cast.harbour.today(),
        by=cast.ada,
    )


def stock_count(cast: Cast) -> StockCount:
    lot(cast)
    return start_count(site=cast.harbour, product=None, by=cast.ito, now=timezone.now())


def counted_line(cast: Cast) -> StockCountLine:
    """Counted, and one fewer than there should be."""
    line, now = stock_count(cast).lines.get(), timezone.now()
    return count_line(line=line, counted=1, at=now, version=line.version, by=cast.ito, now=now)


def vial_cost(cast: Cast) -> VialCost:
    size = VialSize.objects.get(product__key="onabotulinumtoxinA", units=200)
    return VialCost.objects.create(size=size, holds_from=date(2026, 1, 1), amount=Decimal(1200), by=cast.ada)


def evaluation(cast: Cast) -> Evaluation:
    today = cast.harbour.today()
    return write_evaluation(
        course=course(cast),
        evaluated_on=today,
        content={
            "symptoms": "headache",
            "suitability": Evaluation.Suitability.SUITABLE,
            "suitability_reasons": "two preventives failed",
            "goals": "work",
        },
        today=today,
        by=cast.ito,
    )


def pharmacy_vial(cast: Cast) -> Vial:
    made = lot(cast).vials.first()
    made.source = Vial.Source.PHARMACY
    made.save()
    return made


def duplicate(cast: Cast) -> PossibleDuplicate:
    return PossibleDuplicate.objects.create(
        patient=cast.joye,
        system="synthea",
        value="77",
        incoming={"given_name": "Joye", "family_name": "Koch", "birth_date": "1982-08-25"},
        site=cast.harbour,
        reason="same name and date of birth",
    )


def import_job(cast: Cast) -> ImportJob:
    from interop.actions import upload

    return upload(
        kind=ImportJob.Kind.PATIENTS,
        file=SimpleUploadedFile("people.csv", b"Id,FIRST,LAST,BIRTHDATE\n1,Ana,Ruiz,1980-01-01\n"),
        provider=None,
        site=cast.harbour,
        by=cast.ada,
    )


def drug_order(cast: Cast) -> DrugOrder:
    return DrugOrder.objects.create(
        patient=cast.joye,
        site=cast.harbour,
        size=VialSize.objects.get(product__key="onabotulinumtoxinA", units=200),
        vials=1,
        pharmacy="Far Pharmacy",
        ordered_on=date(2026, 11, 2),
        ordered_by=cast.robin,
    )


def events_picture(cast: Cast) -> Any:
    """A picture that is there once a session was given, by its name in the address."""
    signed(cast, course(cast), on=cast.harbour.today())
    return SimpleNamespace(pk="events")


def lot_recall(cast: Cast) -> LotRecall:
    """Of a lot that Joye had of."""
    given = signed(cast, course(cast), on=cast.harbour.today()).vial_uses.get().vial.lot
    Lot.objects.filter(pk=given.pk).update(recalled_on=cast.harbour.today(), recall_reason="potency")
    return start_lot_recall(lot=given, owner=cast.ada, by=cast.ada, now=timezone.now())


THINGS: dict[str, Callable[[Cast], Any]] = {
    "assessment": lambda cast: score(course(cast), "headache_days", 8, date(2026, 2, 3), cast.ito),
    "joye": lambda cast: cast.joye,
    "vial_cost": vial_cost,
    "stock_count": stock_count,
    "counted_line": counted_line,
    "omar": lambda cast: cast.omar,
    "merge": merge,
    "task": task,
    "message": message,
    "failed_message": lambda cast: message(cast, "failed"),
    "lost_message": lambda cast: message(cast, "unknown"),
    "printed_letter": lambda cast: message(cast, "sent", "letter"),
    "letter_batch": letter_batch,
    "text": lambda cast: MessageTemplate.objects.get(purpose="booked", channel="email", language="en"),
    "robin": lambda cast: cast.robin,
    "ito": lambda cast: cast.ito,
    "cancelled": cancelled,
    "waiting_entry": waiting_entry,
    "hours_exception": lambda cast: HoursException.objects.create(
        provider=cast.ito, starts_on=date(2027, 2, 3), ends_on=date(2027, 2, 3)
    ),
    "holiday": lambda cast: Holiday.objects.create(site=cast.harbour, on=date(2027, 2, 3), name="Founders' Day"),
    "room": lambda cast: Room.objects.create(site=cast.harbour, name="Room A"),
    "harbour": lambda cast: cast.harbour,
    "course": course,
    "draft": draft,
    "session": outside_session,
    "evaluation": evaluation,
    "protocol": lambda cast: Protocol.objects.get(key="preempt_155", is_current=True),
    "follow_up": follow_up,
    "asked_follow_up": asked_follow_up,
    "events_picture": events_picture,
    "export": lambda cast: Export.objects.create(
        kind="registry", on=date(2026, 11, 2), status="ready", data=b"", asked_by=cast.ada
    ),
    "outcomes_view": lambda cast: save_view(user=cast.ada, page="outcomes", name="Mine", query="period=12m"),
    "instrument": instrument,
    "instrument_text": instrument_text,
    "saved_view": lambda cast: save_view(user=cast.robin, page="recalls", name="Mine", query="tab=due"),
    "outcome": lambda cast: AttemptOutcome.objects.get(key="voicemail"),
    "event": adverse_event,
    "appointment": appointment,
    "lot": lot,
    "lot_recall": lot_recall,
    "lot_recall_patient": lambda cast: lot_recall(cast).patients.get(),
    "duplicate": duplicate,
    "pharmacy_vial": pharmacy_vial,
    "signed_session": lambda cast: signed(cast, course(cast), on=cast.harbour.today()),
    "import_job": import_job,
    "allergy": lambda cast: Allergy.objects.create(patient=cast.joye, substance="albumin", noted_by=cast.ito),
    "medication": lambda cast: Medication.objects.create(
        patient=cast.joye, drug_class="anticoagulant", name="warfarin", noted_by=cast.ito
    ),
    "tried_treatment": lambda cast: TriedTreatment.objects.create(
        patient=cast.joye, kind="beta_blocker", name="propranolol", stopped="no_effect"
    ),
    "weight": lambda cast: Weight.objects.create(patient=cast.joye, kg=60, measured_on=date(2026, 1, 5)),
    "coverage": made.coverage,
    "authorization": made.authorization,
    "lettered": made.lettered,
    "payer": lambda cast: made.payer(),
    "drug_order": drug_order,
    "insured": lambda cast: made.coverage(cast).patient,
    "screening": made.screening,
    "consent": made.consent,
    "consent_form": lambda cast: made.wording(),
    "first": lambda cast: SimpleNamespace(pk=1),
    "history_item": lambda cast: HistoryItem.objects.create(patient=cast.joye, kind="bleeding", noted_by=cast.ito),
}


# --- the tests


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_person_gets_the_answer_of_the_table(row: Line, cast: Cast, sign_in: Callable[[User], Client]):
    assert ask_everybody(row, cast, sign_in) == row.answers


def ask_everybody(row: Line, cast: Cast, sign_in: Callable[[User], Client]) -> dict[str, int | str]:
    args = {name: THINGS[thing](cast).pk for name, thing in row.args.items()}
    User.objects.filter(pk=cast.max.pk).update(roles=list(Role))
    left = cast.okafor
    clients = {
        "provider": sign_in(cast.ito),
        "front_desk": sign_in(cast.robin),
        "administrator": sign_in(cast.ada),
        "stranger": sign_in(cast.max),
        "anonymous": Client(),
        "deactivated": sign_in(left),
    }
    User.objects.filter(pk=left.pk).update(is_active=False, roles=list(Role))
    sent = row.post and {name: THINGS[text](cast).pk if text in THINGS else text for name, text in row.post.items()}
    url = reverse(row.name, kwargs=args)
    return {person: ask(client, url, sent, row.query) for person, client in clients.items()}


def ask(client: Client, url: str, sent: dict[str, Any] | None, query: dict[str, str]) -> int | str:
    """The status of one request, whose changes are undone so that the next person finds everything as it was."""
    with transaction.atomic():
        response = client.get(url, query) if sent is None else client.post(url, sent, query_params=query)
        transaction.set_rollback(True)
    if response.status_code == 302 and response.headers["Location"].startswith("/account/login/"):
        return SIGN_IN
    return response.status_code


def test_every_url_has_its_line():
    listed = {row.name for row in TABLE}
    missing = [
        f"    line({name!r}, {arguments(pattern)}, ..., ..., ..., ...),"
        for name, pattern in urls()
        if name not in listed and not name.startswith(tuple(GROUPS))
    ]
    assert not missing, "Add to TABLE in tests/test_permissions.py:\n" + "\n".join(missing).replace("'", '"')


def test_the_table_names_no_url_that_is_gone():
    assert {row.name for row in TABLE} <= {name for name, _ in urls()}


def test_nothing_else_is_open_to_people_who_have_not_signed_in():
    opened = {name for name, pattern in urls() if not getattr(pattern.callback, "login_required", True)}
    assert opened <= set(PUBLIC), "Open to anybody, and not among the exceptions"
    assert set(PUBLIC) <= opened, "Exceptions that are none"


def test_every_url_has_a_name():
    assert [pattern for name, pattern in urls() if name.endswith("?") and not name.startswith(tuple(GROUPS))] == []


@pytest.mark.parametrize("person", ["provider", "front_desk"])
def test_the_administration_pages_are_for_administrators(person: str, cast: Cast, sign_in: Callable[[User], Client]):
    client = sign_in({"provider": cast.ito, "front_desk": cast.robin}[person])
    for name in ("admin:index", "admin:accounts_user_changelist", "admin:audit_auditevent_changelist"):
        response = client.get(reverse(name), follow=True)
        assert response.status_code == 403 or response.redirect_chain, name


@pytest.mark.parametrize("action", ["add", "change", "delete"])
def test_administrators_change_nothing_on_the_administration_pages(
    action: str, cast: Cast, sign_in: Callable[[User], Client]
):
    User.objects.filter(pk=cast.ada.pk).update(is_staff=True)
    client = sign_in(cast.ada)
    args = [] if action == "add" else [cast.robin.pk]
    url = reverse(f"admin:accounts_user_{action}", args=args)

    assert client.post(url, {"name": "Eve", "post": "yes"}).status_code == 403
    cast.robin.refresh_from_db()
    assert cast.robin.name == "Robin Vale"


def urls() -> Iterator[tuple[str, URLPattern]]:
    """Every URL of the site with its full name; one without a name is called by its path and a question mark."""

    def walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern.url_patterns, inner)
            else:
                yield namespace + (pattern.name or f"{pattern.pattern}?"), pattern

    return walk(get_resolver().url_patterns, "")


def arguments(pattern: URLPattern) -> str:
    return "{" + ", ".join(f'"{name}": "?"' for name in re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern))) + "}"
