"""Every table has a history, or a reason why it needs none; a row that is removed stays in it."""

from __future__ import annotations

import pytest
from django.apps import apps

from audit.models import Link
from scheduling.models import Holiday
from tests.cast import Cast

OURS = {"accounts", "patients", "inventory", "messaging", "treatments", "scheduling", "outcomes", "interop"}
REFERENCE = "ships with Cadence; a change is a new version, never an edit"
SEALED = "part of a session: free while a draft, then locked, sealed and covered by verify_records"
ADDED = "rows are only ever added, and the database refuses anything else"
PASSING = "says who is at work now, or what waits; nobody is treated by it"
WITHOUT = {
    "accounts.SavedView": "a person's own filters",
    "inventory.Product": REFERENCE,
    "inventory.VialSize": REFERENCE,
    "inventory.Dilution": REFERENCE,
    "inventory.LabelInterval": REFERENCE,
    "inventory.LabelMaximum": REFERENCE,
    "inventory.Receipt": ADDED,
    "inventory.StockMovement": ADDED,
    "interop.ImportJob": PASSING,
    "outcomes.Export": PASSING,
    "outcomes.InstrumentVersion": REFERENCE,
    "patients.PossibleDuplicate": PASSING,
    "patients.Screening": ADDED,
    "scheduling.RecallClaim": PASSING,
    "treatments.Addendum": SEALED,
    "treatments.Condition": REFERENCE,
    "treatments.ConditionPolicy": REFERENCE,
    "treatments.DiagnosisCode": REFERENCE,
    "treatments.FollowUpStep": REFERENCE,
    "treatments.Injection": SEALED,
    "treatments.Muscle": REFERENCE,
    "treatments.MuscleDose": REFERENCE,
    "treatments.Protocol": "a clinic's own is replaced by a new one; a session keeps what it was",
    "treatments.ProtocolSite": "of a protocol",
    "treatments.RecordSeal": SEALED,
    "treatments.SessionCourse": SEALED,
    "treatments.StockCount": ADDED,
    "treatments.StockCountResolution": ADDED,
    "treatments.VialUse": SEALED,
}


def test_every_table_has_a_history_or_a_reason():
    models = [model for model in apps.get_models() if model._meta.app_label in OURS and not model._meta.proxy]
    tracked = {model.pgh_tracked_model._meta.label for model in models if hasattr(model, "pgh_tracked_model")}
    plain = {model._meta.label for model in models if not hasattr(model, "pgh_tracked_model")}

    assert plain - tracked == set(WITHOUT)


@pytest.mark.django_db
def test_a_removed_row_stays_in_the_history_with_all_it_held(cast: Cast):
    day = cast.harbour.today()
    holiday = Holiday.objects.create(site=cast.harbour, on=day, name="Founders' day")
    history = Holiday.pgh_event_models["delete"]  # type: ignore[attr-defined]
    number = holiday.pk
    holiday.delete()

    row = history.objects.get(pgh_obj_id=number, pgh_label="delete")
    assert (row.on, row.name) == (day, "Founders' day")
    assert Link.objects.filter(source__table_name=history._meta.db_table, row=str(row.pk)).exists()
