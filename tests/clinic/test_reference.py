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
    MuscleDose,
    Protocol,
    ProtocolSite,
)

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("inventory/reference/*.json"), *ROOT.glob("treatments/reference/*.json")])

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_reference")]


def every_row() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables of the clinic's apps, ids and history included."""
    ours = {"accounts", "audit", "inventory", "patients", "treatments", "scheduling", "outcomes", "interop"}
    return {
        model._meta.label: sorted(
            repr([bytes(value) if isinstance(value, memoryview) else value for value in row])
            for row in model._base_manager.values_list()  # type: ignore[misc]
        )
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
    ConditionPolicy.objects.filter(condition__key="chronic_migraine", version=2).update(lead_days=30)
    FollowUpStep.objects.filter(policy__condition__key="chronic_migraine", policy__version=2, key="onset").delete()
    Condition.objects.get(key="low_back_pain").muscles.clear()

    said: list[str] = []
    counts = load_reference(report=said.append)

    policy = ConditionPolicy.objects.get(condition__key="chronic_migraine", version=2)
    assert policy.lead_days == 30
    assert [step.key for step in policy.follow_up_steps.all()] == ["peak", "evaluation"]
    assert not Condition.objects.get(key="low_back_pain").muscles.exists()
    assert said == ["left as the clinic has it: condition policy Migraine policy 2"]
    assert counts["policies"] == {"left": 1, "unchanged": 7}


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
        policy = condition.policies.order_by("-version").first()
        assert policy is not None
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
        (row.product.brand, tuple(row.indications), row.limbs): (row.units, row.window_days, row.confidence)
        for row in LabelMaximum.objects.select_related("product").filter(under_18=False)
    }
    limbs = ("upper_limb_spasticity", "lower_limb_spasticity")
    assert maxima == {
        ("BOTOX", (), ""): (400, 84, "A"),
        ("Xeomin", (), ""): (400, 0, "A"),
        ("Dysport", limbs, ""): (1500, 0, "A"),
        ("Dysport", ("cervical_dystonia",), ""): (1000, 0, "B"),
        # R4: ranges and not stated maxima, so they may warn and never stop, confirmed or not.
        ("Daxxify", ("cervical_dystonia",), ""): (250, 0, "C"),
        ("Myobloc", ("cervical_dystonia",), ""): (5000, 0, "C"),
    }
    childrens = {
        (row.product.brand, tuple(row.indications), row.limbs): (row.per_kg, row.units, row.window_days, row.confidence)
        for row in LabelMaximum.objects.select_related("product").filter(under_18=True)
    }
    arm, leg = ("upper_limb_spasticity",), ("lower_limb_spasticity",)
    assert childrens == {
        ("BOTOX", arm, ""): (6, 200, 0, "A"),
        ("BOTOX", leg, ""): (8, 300, 0, "B"),
        ("BOTOX", (), ""): (10, 340, 84, "B"),
        ("Dysport", arm, ""): (16, 640, 0, "A"),
        ("Dysport", leg, "one"): (15, 1000, 0, "A"),
        ("Dysport", limbs, "several"): (30, 1000, 0, "A"),
        ("Xeomin", arm, "one"): (8, 200, 0, "A"),
        ("Xeomin", arm, "several"): (16, 400, 0, "B"),
    }
    general = dict(LabelInterval.objects.filter(indication="").values_list("product__brand", "days"))
    assert general == {"BOTOX": 84, "Dysport": 84, "Xeomin": 84, "Myobloc": 84, "Daxxify": 90}
    child = LabelInterval.objects.get(product__brand="Dysport", indication="upper_limb_spasticity", under_18=True)
    assert (child.days, child.confidence) == (112, "A")


# Units and sites of a muscle, one side, by hand from the tables 2.4 to 2.6 of the clinical reference.
BOTOX_ARM = {
    "biceps": (60, 200, 2, 4),
    "brachioradialis": (45, 75, 1, 2),
    "brachialis": (30, 50, 1, 2),
    "pronator_teres": (15, 25, 1, 1),
    "pronator_quadratus": (10, 50, 1, 1),
    "fcr": (12.5, 50, 1, 1),
    "fcu": (12.5, 50, 1, 1),
    "fdp": (30, 50, 1, 1),
    "fds": (30, 50, 1, 1),
    "lumb_int": (5, 10, 1, 1),
    "add_poll": (20, 20, 1, 1),
    "fpl": (20, 20, 1, 1),
    "fpb_op": (5, 25, 1, 1),
}
DYSPORT_ARM = {
    "fcr": (100, 200, 1, 2),
    "fcu": (100, 200, 1, 2),
    "fdp": (100, 200, 1, 2),
    "fds": (100, 200, 1, 2),
    "brachialis": (200, 400, 1, 2),
    "brachioradialis": (100, 200, 1, 2),
    "biceps": (200, 400, 1, 2),
    "pronator_teres": (100, 200, 1, 1),
}
XEOMIN_ARM = {
    "fds": (25, 100, 2, 2),
    "fdp": (25, 100, 2, 2),
    "fcr": (25, 100, 1, 2),
    "fcu": (20, 100, 1, 2),
    "brachioradialis": (25, 100, 1, 3),
    "biceps": (50, 200, 1, 4),
    "brachialis": (25, 100, 1, 2),
    "pronator_quadratus": (10, 50, 1, 1),
    "pronator_teres": (25, 75, 1, 2),
    "fpl": (10, 50, 1, 1),
    "add_poll": (5, 30, 1, 1),
    "fpb_op": (5, 30, 1, 1),
}
BOTOX_LEG = {
    **dict.fromkeys(["gastroc_med", "gastroc_lat", "soleus", "tib_post"], (75, 75, 3, 3)),
    **dict.fromkeys(["fhl", "fdl"], (50, 50, 2, 2)),
}
DYSPORT_LEG = {
    "gastroc_med": (100, 150, 1, 1),
    "gastroc_lat": (100, 150, 1, 1),
    "soleus": (330, 500, 3, 3),
    "tib_post": (200, 300, 2, 2),
    "fdl": (130, 200, 1, 2),
    "fhl": (70, 200, 1, 1),
}
BOTOX_CHILD_ARM = {
    "biceps": (1.5, 3, 4, 4),
    **dict.fromkeys(["brachialis", "fcr", "fcu"], (1, 2, 2, 2)),
    **dict.fromkeys(["brachioradialis", "fdp", "fds"], (0.5, 1, 2, 2)),
}
BOTOX_CHILD_LEG = dict.fromkeys(["gastroc_med", "gastroc_lat", "soleus", "tib_post"], (1, 2, 2, 2))
DYSPORT_CHILD_ARM = {
    "brachialis": (3, 6, None, 2),
    "brachioradialis": (1.5, 3, 1, 1),
    "biceps": (3, 6, None, 2),
    "pronator_teres": (1, 2, 1, 1),
    "pronator_quadratus": (0.5, 1, 1, 1),
    "fcr": (2, 4, None, 2),
    "fcu": (1.5, 3, 1, 1),
    "fdp": (1, 2, 1, 1),
    "fds": (1.5, 3, None, 4),
}
DYSPORT_CHILD_LEG = {"gastroc_med gastroc_lat": (6, 9, None, 4), "soleus": (4, 6, None, 2)}


@pytest.mark.parametrize(
    ("brand", "condition", "child", "confidence", "table"),
    [
        ("BOTOX", "upper_limb_spasticity", False, "B", BOTOX_ARM),
        ("Dysport", "upper_limb_spasticity", False, "B", DYSPORT_ARM),
        ("Xeomin", "upper_limb_spasticity", False, "A", XEOMIN_ARM),
        ("BOTOX", "lower_limb_spasticity", False, "B", BOTOX_LEG),
        ("Dysport", "lower_limb_spasticity", False, "B", DYSPORT_LEG),
        ("BOTOX", "upper_limb_spasticity", True, "A", BOTOX_CHILD_ARM),
        ("BOTOX", "lower_limb_spasticity", True, "B", BOTOX_CHILD_LEG),
        ("Dysport", "upper_limb_spasticity", True, "B", DYSPORT_CHILD_ARM),
        ("Dysport", "lower_limb_spasticity", True, "B", DYSPORT_CHILD_LEG),
    ],
)
def test_muscle_doses_match_the_clinical_reference(
    brand: str, condition: str, child: bool, confidence: str, table: dict[str, tuple[float, ...]]
) -> None:
    load_reference()
    rows = MuscleDose.objects.filter(product__brand=brand, condition__key=condition, under_18=child)
    found = {
        " ".join(row.muscles): (float(row.units_min or 0), float(row.units_max), row.sites_min, row.sites_max)
        for row in rows
    }
    assert found == table
    assert {(row.confidence, row.per_kg) for row in rows} == {(confidence, child)}


def test_what_is_no_label_row_is_marked_c() -> None:
    load_reference()
    studies = MuscleDose.objects.exclude(condition__key__in=["upper_limb_spasticity", "lower_limb_spasticity"])
    assert {row.confidence for row in studies} == {"C"}
    neck = {
        row.muscles[0]: (row.units_min, row.units_max)
        for row in studies.filter(condition__key="cervical_dystonia", product__brand="Dysport")
    }
    assert neck == {
        "scm": (50, 350),
        "splenius_capitis": (75, 450),
        "trapezius_upper": (50, 300),
        "levator_scapulae": (50, 200),
        "scalenus_ant": (50, 300),
        "semispinalis_capitis": (50, 250),
        "longissimus_capitis": (100, 200),
    }
    # The cross-checks of the reference: BOTOX in the leg sums to 400 U in 16 sites, Dysport to 1500 U.
    leg = MuscleDose.objects.filter(condition__key="lower_limb_spasticity", under_18=False)
    assert sum(row.units_max for row in leg.filter(product__brand="BOTOX")) == 400
    assert sum(row.sites_max or 0 for row in leg.filter(product__brand="BOTOX")) == 16
    assert sum(row.units_max for row in leg.filter(product__brand="Dysport")) == 1500
    arm = MuscleDose.objects.filter(condition__key="upper_limb_spasticity", under_18=False, product__brand="BOTOX")
    assert (arm.count(), sum(row.sites_max or 0 for row in arm)) == (13, 18)


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
