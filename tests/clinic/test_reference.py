"""The reference data that ships: what it must hold, and that loading it again changes nothing a clinic has."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

import treatments.reference_data
from clinic.reference import load_reference
from inventory.models import Dilution, LabelInterval, LabelMaximum, Product, VialSize
from outcomes.models import Instrument
from treatments.models import (
    Condition,
    ConditionPolicy,
    DiagnosisCode,
    FollowUpStep,
    Muscle,
    Protocol,
    ProtocolSite,
)

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("inventory/reference/*.json"), *ROOT.glob("treatments/reference/*.json")])

pytestmark = pytest.mark.django_db


def every_row() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables of the clinic's apps, ids and history included."""
    ours = {"accounts", "audit", "inventory", "patients", "treatments", "scheduling", "outcomes", "interop"}
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))  # type: ignore[misc]
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in ours
    }


def test_second_load_changes_no_row() -> None:
    load_reference()
    before = every_row()
    assert sum(map(len, before.values())) > 600

    said: list[str] = []
    counts = load_reference(report=said.append)

    assert every_row() == before
    assert said == []
    assert {word for done in counts.values() for word, number in done.items() if number} == {"unchanged"}


def test_command_says_what_it_did() -> None:
    first, second = StringIO(), StringIO()
    call_command("load_reference", stdout=first)
    call_command("load_reference", stdout=second)

    assert "conditions: 7 created\n" in first.getvalue()
    assert re.search(r"^0 created, 0 corrected, \d+ unchanged, 0 left", second.getvalue().splitlines()[-1])


def test_what_a_clinic_changed_stays_and_is_named() -> None:
    load_reference()
    ConditionPolicy.objects.filter(condition__key="chronic_migraine").update(lead_days=30)
    FollowUpStep.objects.filter(policy__condition__key="chronic_migraine", key="onset").delete()
    Condition.objects.get(key="low_back_pain").muscles.clear()

    said: list[str] = []
    counts = load_reference(report=said.append)

    policy = ConditionPolicy.objects.get(condition__key="chronic_migraine")
    assert policy.lead_days == 30
    assert [step.key for step in policy.follow_up_steps.all()] == ["evaluation"]
    assert not Condition.objects.get(key="low_back_pain").muscles.exists()
    assert said == ["left as the clinic has it: condition policy Migraine policy 1"]
    assert counts["policies"] == {"left": 1, "unchanged": 6}


def release(tmp_path: Path, name: str, change: Any) -> Path:
    """A folder with the treatments' reference files, one of them changed as a later release would."""
    folder = tmp_path / "reference"
    folder.mkdir()
    for path in (ROOT / "treatments/reference").glob("*.json"):
        content = json.loads(path.read_text())
        if path.name == name:
            change(content)
        (folder / path.name).write_text(json.dumps(content))
    return folder


def test_later_release_corrects_only_what_still_equals_what_shipped(tmp_path: Path) -> None:
    load_reference()
    Muscle.objects.filter(key="masseter").update(name="Jaw muscle")

    def rename(muscles: list[dict[str, Any]]) -> None:
        for muscle in muscles:
            if muscle["key"] in ("masseter", "procerus"):
                muscle["was"] = [{"name": muscle["name"]}]
                muscle["name"] = muscle["name"].upper()

    counts = treatments.reference_data.load(folder=release(tmp_path, "muscles.json", rename))

    assert Muscle.objects.get(key="procerus").name == "PROCERUS"
    assert Muscle.objects.get(key="masseter").name == "Jaw muscle"
    assert counts["muscles"] == {"corrected": 1, "left": 1, "unchanged": 54}


@pytest.mark.parametrize("clinic_has_its_own", [False, True])
def test_new_protocol_version_is_a_new_row(tmp_path: Path, clinic_has_its_own: bool) -> None:
    load_reference()
    old = Protocol.objects.get(key="preempt_155")
    if clinic_has_its_own:
        Protocol.objects.filter(pk=old.pk).update(is_current=False)
        Protocol.objects.create(
            key="preempt_155", version=7, name="Ours", condition=old.condition, source="clinic", confidence="C"
        )

    def add(protocols: list[dict[str, Any]]) -> None:
        preempt = next(entry for entry in protocols if entry["key"] == "preempt_155")
        protocols.append(preempt | {"version": 2, "sites": preempt["sites"][:3]})

    folder = release(tmp_path, "protocols.json", add)
    treatments.reference_data.load(folder=folder)
    treatments.reference_data.load(folder=folder)

    assert old.sites.count() == 31
    assert Protocol.objects.get(key="preempt_155", version=2).sites.count() == 3
    current = Protocol.objects.get(key="preempt_155", is_current=True)
    assert current.version == (7 if clinic_has_its_own else 2)


def test_everything_that_issue_two_names_is_there() -> None:
    load_reference()

    assert list(Condition.objects.values_list("name", flat=True)) == [
        "Chronic migraine",
        "Cervical dystonia",
        "Upper-limb spasticity",
        "Lower-limb spasticity",
        "TMJ disorder / bruxism",
        "Neck and shoulder myofascial pain",
        "Chronic low back pain with spasm",
    ]
    assert set(Product.objects.values_list("brand", flat=True)) == {"BOTOX", "Dysport", "Xeomin", "Myobloc", "Daxxify"}
    assert Muscle.objects.count() == 56
    assert len(set(Muscle.objects.values_list("short", flat=True))) == 56
    assert all(re.fullmatch("[a-z]{2}", short) for short in Muscle.objects.values_list("short", flat=True))
    for condition in Condition.objects.all():
        policy = condition.policies.get()
        assert (policy.min_interval_days, policy.opens_months, policy.closes_months) == (84, 3, 6)
        assert (policy.lead_days, policy.lapse_months) == (21, 6)
        assert policy.follow_up_steps.count() >= 2
        assert condition.muscles.exists()
        assert condition.diagnosis_codes.exists()
        assert condition.protocols.filter(is_current=True).exists()
    known = set(Instrument.objects.values_list("key", flat=True))
    asked = {key for step in FollowUpStep.objects.all() for key in step.instruments}
    assert asked
    assert asked <= known


def test_every_number_carries_confidence_and_source() -> None:
    load_reference()
    for model in (VialSize, LabelInterval, LabelMaximum, ConditionPolicy, Protocol):
        for row in model.objects.all():
            assert row.confidence in ("A", "A-", "B", "C"), row
            assert row.source, row
    assert all(row.confidence for row in Dilution.objects.all())
    assert all(row.source and row.reference_version for row in Product.objects.all())


def test_label_limits_match_the_clinical_reference() -> None:
    load_reference()
    maxima = {
        (row.product.brand, tuple(row.indications)): (row.units, row.window_days, row.confidence)
        for row in LabelMaximum.objects.select_related("product")
    }
    limbs = ("upper_limb_spasticity", "lower_limb_spasticity")
    assert maxima == {
        ("BOTOX", ()): (400, 84, "A"),
        ("Xeomin", ()): (400, 0, "A"),
        ("Dysport", limbs): (1500, 0, "A"),
        ("Dysport", ("cervical_dystonia",)): (1000, 0, "B"),
        # R4: a range and not a stated maximum, so it may warn and must not stop.
        ("Daxxify", ("cervical_dystonia",)): (250, 0, "B"),
        ("Myobloc", ("cervical_dystonia",)): (5000, 0, "B"),
    }
    general = dict(LabelInterval.objects.filter(indication="").values_list("product__brand", "days"))
    assert general == {"BOTOX": 84, "Dysport": 84, "Xeomin": 84, "Myobloc": 84, "Daxxify": 90}
    child = LabelInterval.objects.get(product__brand="Dysport", indication="upper_limb_spasticity", under_18=True)
    assert (child.days, child.confidence) == (112, "A")


def test_no_aesthetic_carton_and_one_row_a_size() -> None:
    load_reference()
    assert not VialSize.objects.filter(ndc11__startswith="00299").exists()
    assert not VialSize.objects.filter(ndc11__startswith="46783").exists()
    sizes = {(row.product.brand, row.units) for row in VialSize.objects.select_related("product")}
    assert len(sizes) == VialSize.objects.count() == 12
    assert {(row.product.brand, row.vial_units) for row in Dilution.objects.select_related("product")} == sizes


def test_spasticity_codes_are_shared_and_no_procedure_code_ships() -> None:
    load_reference()

    def codes(condition: str) -> set[str]:
        return set(DiagnosisCode.objects.filter(condition__key=condition).values_list("code", flat=True))

    assert codes("upper_limb_spasticity") == codes("lower_limb_spasticity") >= {"G81.11", "I69.351", "G35.A"}
    assert codes("chronic_migraine") >= {"G43.709", "G43.719"}
    # CPT numbers are five digits and are the American Medical Association's.
    procedure = re.compile(r"(?<![\d-])(?:64[0-9]{3}|9[0-9]{4}|20[0-9]{3}|76[0-9]{3})(?![\d-])")
    for path in FILES:
        assert not procedure.search(path.read_text()), path


def test_protocol_sites_use_muscles_of_their_condition() -> None:
    load_reference()
    for site in ProtocolSite.objects.select_related("protocol__condition", "muscle"):
        assert site.protocol.condition.muscles.filter(pk=site.muscle_id).exists(), site
        assert site.view in ("", *site.protocol.condition.body_views), site
