"""Claim lines: the worked examples of the clinical reference, sections 1.8, 2.8 and 4.2, and what must always hold."""

from __future__ import annotations

import re
from decimal import Decimal
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.rules.claims import (
    SLOT_NOTES,
    SLOTS,
    DrugLine,
    SiteFacts,
    VialFacts,
    claim,
    drug_lines,
    procedure_lines,
    slot_of,
)
from treatments.rules.vials import draw_from

ARM, LEG = "upper limb", "lower limb"


def vials(total: object, *opened: int, own: tuple[int, ...] = ()) -> list[VialFacts]:
    """Vials emptied in turn; those in `own` are not billed."""
    draws = draw_from([Decimal(units) for units in opened], total=Decimal(str(total)))
    return [
        VialFacts(Decimal(units), draw.given, draw.discarded, is_billed=place not in own)
        for place, (units, draw) in enumerate(zip(opened, draws, strict=True))
    ]


@pytest.mark.parametrize(
    ("code", "per", "total", "opened", "lines"),
    [
        # The reference's own examples.
        ("J0585", 1, 155, [200], [("J0585", "", 155), ("J0585", "JW", 45)]),
        ("J0585", 1, 100, [100], [("J0585", "JZ", 100)]),
        ("J0585", 1, 155, [100, 100], [("J0585", "", 155), ("J0585", "JW", 45)]),
        # Half a unit: the dose is not rounded, its billing unit is, and the half that is left is no whole unit.
        ("J0585", 1, "152.5", [200], [("J0585", "", 153), ("J0585", "JW", 47)]),
        ("J0585", 1, "199.5", [200], [("J0585", "JZ", 200)]),
        # 5 U in a billing unit.
        ("J0586", 5, 500, [500], [("J0586", "JZ", 100)]),
        ("J0586", 5, 497, [500], [("J0586", "JZ", 100)]),  # rounded up it covers the vial
        ("J0586", 5, 496, [500], [("J0586", "JZ", 100)]),
        ("J0586", 5, 495, [500], [("J0586", "", 99), ("J0586", "JW", 1)]),
        ("J0586", 5, 493, [500], [("J0586", "", 99), ("J0586", "JW", 1)]),  # 7 U left: one whole unit
        ("J0586", 5, 250, [300], [("J0586", "", 50), ("J0586", "JW", 10)]),
        ("J0586", 5, 298, [300, 300], [("J0586", "", 60), ("J0586", "JW", 60)]),
        # 100 U in a billing unit.
        ("J0587", 100, 2500, [2500], [("J0587", "JZ", 25)]),
        ("J0587", 100, 2450, [2500], [("J0587", "JZ", 25)]),
        ("J0587", 100, 2400, [2500], [("J0587", "", 24), ("J0587", "JW", 1)]),
        ("J0587", 100, 2350, [2500], [("J0587", "", 24), ("J0587", "JW", 1)]),
        ("J0589", 1, 125, [100, 50], [("J0589", "", 125), ("J0589", "JW", 25)]),
        ("J0585", 1, 0, [200], []),
        ("J0585", 1, "0.5", [50], [("J0585", "", 1), ("J0585", "JW", 49)]),
        ("J0585", 1, 1, [50], [("J0585", "", 1), ("J0585", "JW", 49)]),
    ],
)
def test_drug_lines(code: str, per: int, total: object, opened: list[int], lines: list[tuple[str, str, int]]):
    assert drug_lines(code, per, vials(total, *opened)) == [DrugLine(*line) for line in lines]


def test_samples_and_the_patients_own_drug_are_not_billed():
    # The first vial is the patient's own: 100 of its units are not on the claim.
    assert drug_lines("J0585", 1, vials(155, 100, 100, own=(0,))) == [
        DrugLine("J0585", "", 55),
        DrugLine("J0585", "JW", 45),
    ]
    assert drug_lines("J0585", 1, vials(155, 200, own=(0,))) == []


@given(
    st.sampled_from([(1, (50, 100, 200)), (5, (300, 500)), (100, (2500, 5000, 10000))]),
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6),
    st.decimals(min_value=0, max_value=1, places=4),
)
def test_what_is_billed_never_exceeds_what_was_opened(product, picked, share):
    per, sizes = product
    opened = [sizes[place % len(sizes)] for place, _ in picked]
    total = (sum(opened) * share).quantize(Decimal("0.01"))
    drawn = vials(total, *opened, own=tuple(place for place, (_, own) in enumerate(picked) if own))
    lines = drug_lines("J", per, drawn)
    billed = [vial for vial in drawn if vial.is_billed]
    bought = sum((vial.opened for vial in billed), Decimal(0))
    dose = sum((vial.given for vial in billed), Decimal(0))
    assert sum(line.units for line in lines) <= ceil(bought / per)
    assert bool(lines) == (dose > 0)
    if not lines:
        return
    administered, waste = lines[0].units, sum(line.units for line in lines if line.modifier == "JW")
    assert (administered - 1) * per < dose <= administered * per
    # JZ and JW exclude each other, one of them stands there, and waste is whole units of what was thrown away.
    assert (lines[0].modifier == "JZ") == (waste == 0)
    assert waste <= floor((bought - dose) / per)
    # Nothing is lost either: every whole vial is on the claim, as given or as waste.
    assert administered + waste == bought / per


def sites(*rows: tuple[str, str, str], condition: str = "upper_limb_spasticity") -> list[SiteFacts]:
    return [SiteFacts(muscle, region, side, condition) for muscle, region, side in rows]


def slots(charted: list[SiteFacts], guidance: str = "none") -> list[tuple[str, str, str]]:
    return [(line.slot, line.modifier, line.what) for line in procedure_lines(charted, guidance=guidance, numbers={})]


def arm(side: str, count: int) -> list[SiteFacts]:
    return sites(*((f"muscle {number}", ARM, side) for number in range(count)))


def leg(side: str, count: int) -> list[SiteFacts]:
    return sites(*((f"muscle {number}", LEG, side) for number in range(count)), condition="lower_limb_spasticity")


@pytest.mark.parametrize(
    ("charted", "expected"),
    [
        ([], []),
        (
            sites(
                ("frontalis", "head", "left"),
                ("trapezius_upper", "neck/shoulder", "right"),
                condition="chronic_migraine",
            ),
            [("head-neck-migraine", "", "")],
        ),
        (sites(("scm", "neck", "left"), condition="cervical_dystonia"), [("neck-dystonia", "", "left side")]),
        (
            sites(("scm", "neck", "left"), ("splenius_capitis", "neck", "right"), condition="cervical_dystonia"),
            [("neck-dystonia", "50", "both sides")],
        ),
        (arm("left", 4), [("limb-first-1-4", "", "left arm, 4 muscles")]),
        (arm("left", 5), [("limb-first-5", "", "left arm, 5 muscles")]),
        # Muscles are counted, not sites.
        (arm("left", 4) + arm("left", 4), [("limb-first-1-4", "", "left arm, 4 muscles")]),
        # The base is the limb with the most muscles, and both sides are two limbs, without a modifier.
        (
            arm("left", 2) + arm("right", 6),
            [("limb-first-5", "", "right arm, 6 muscles"), ("limb-further-1-4", "", "left arm, 2 muscles")],
        ),
        (
            arm("right", 5) + leg("right", 7),
            [("limb-first-5", "", "right leg, 7 muscles"), ("limb-further-5", "", "right arm, 5 muscles")],
        ),
        (
            arm("left", 1) + arm("right", 2) + leg("left", 3) + leg("right", 4),
            [
                ("limb-first-1-4", "", "right leg, 4 muscles"),
                ("limb-further-1-4", "", "left leg, 3 muscles"),
                ("limb-further-1-4", "", "right arm, 2 muscles"),
                ("limb-further-1-4", "", "left arm, 1 muscle"),
            ],
        ),
        # The two heads of gastrocnemius are one muscle.
        (
            sites(
                *((name, LEG, "left") for name in ("gastroc_med", "gastroc_lat", "soleus", "tib_post", "fhl")),
                condition="lower_limb_spasticity",
            ),
            [("limb-first-1-4", "", "left leg, 4 muscles")],
        ),
        (
            sites(("erector_lumbar", "trunk", "left"), ("erector_lumbar", "trunk", "right"), condition="low_back_pain"),
            [("trunk-1-5", "", "1 muscle")],
        ),
        (
            sites(*((f"muscle {number}", "trunk", "left") for number in range(5)), condition="low_back_pain"),
            [("trunk-1-5", "", "5 muscles")],
        ),
        (
            sites(*((f"muscle {number}", "trunk", "left") for number in range(6)), condition="low_back_pain"),
            [("trunk-6", "", "6 muscles")],
        ),
        (sites(("masseter", "head", "right"), condition="tmj_bruxism"), [("other-jaw", "", "right side")]),
        (
            sites(("trapezius_upper", "neck/shoulder", "left"), condition="myofascial_neck_shoulder"),
            [("other-myofascial", "", "left side")],
        ),
        # A neck muscle and the jaw's digastric in one dystonia are two things.
        (
            sites(("scm", "neck", "left"), ("digastric", "head", "left"), condition="cervical_dystonia"),
            [("neck-dystonia", "", "left side"), ("other-jaw", "", "left side")],
        ),
        # A muscle of the face that is none of the jaw's, for a dystonia, is neither.
        (sites(("frontalis", "head", "left"), condition="cervical_dystonia"), [("other-head-neck", "", "left side")]),
        # A jaw muscle for a use that is neither the jaw's nor a dystonia goes by that use.
        (sites(("masseter", "head", "left"), condition="a_new_one"), [("other-head-neck", "", "left side")]),
        # An arm muscle charted for a migraine is an arm muscle.
        (sites(("biceps", ARM, "left"), condition="chronic_migraine"), [("limb-first-1-4", "", "left arm, 1 muscle")]),
        (sites(("frontalis", "head", "left"), condition="a_new_one"), [("other-head-neck", "", "left side")]),
    ],
)
def test_procedures_from_muscles(charted: list[SiteFacts], expected: list[tuple[str, str, str]]):
    assert slots(charted) == expected


@pytest.mark.parametrize("guidance", ["emg", "stimulation", "ultrasound"])
def test_one_guidance_code_however_many_limbs(guidance: str):
    assert [slot for slot, _, _ in slots(arm("left", 2) + leg("left", 2), guidance)][2:] == [f"guidance-{guidance}"]
    assert slots([], guidance) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["biceps", "soleus", "gastroc_med", "gastroc_lat", "fds", "fcr", "fcu", "scm", "masseter"]),
            st.sampled_from(["head", "neck", "neck/shoulder", ARM, LEG, "trunk"]),
            st.sampled_from(["left", "right", "midline"]),
            st.sampled_from(["chronic_migraine", "cervical_dystonia", "tmj_bruxism", "other"]),
        ),
        max_size=30,
    ),
    st.randoms(),
)
def test_order_and_repetition_change_nothing(rows, shuffle):
    charted = [SiteFacts(muscle, region, side, condition) for muscle, region, side, condition in rows]
    again = charted * 2
    shuffle.shuffle(again)
    found = procedure_lines(charted, guidance="emg", numbers={})
    assert found == procedure_lines(again, guidance="emg", numbers={})
    named = [line.slot for line in found]
    # One limb comes first, whatever else there is; one code for the trunk and one for guidance.
    limbs = {slot_of(site) for site in charted if site.region in (ARM, LEG)}
    assert sum(slot.startswith("limb-first") for slot in named) == bool(limbs)
    assert sum(slot.startswith("limb-") for slot in named) == len(limbs)
    assert sum(slot.startswith("trunk") for slot in named) <= 1
    assert sum(slot.startswith("guidance") for slot in named) == bool(charted)
    assert not any(line.modifier for line in found if line.slot.startswith(("limb", "trunk", "head")))
    assert set(named) <= set(SLOTS)


def test_the_clinics_numbers_stand_beside_their_use():
    lines = procedure_lines(arm("left", 5) + arm("right", 1), guidance="emg", numbers={"limb-first-5": "12345"})
    assert [line.number for line in lines] == ["12345", "", ""]


def test_no_number_of_a_procedure_code_ships():
    assert not re.search(r"\d{3}", " ".join([*SLOTS.values(), *SLOT_NOTES.values()]))
    assert set(SLOT_NOTES) <= set(SLOTS)


def full(**changes: object):
    values: dict[str, object] = {
        "hcpcs": "J0585",
        "per": 1,
        "vials": vials(155, 200),
        "sites": sites(("frontalis", "head", "left"), condition="chronic_migraine"),
        "guidance": "none",
        "numbers": {"head-neck-migraine": "99999"},
        "diagnoses": {"Chronic migraine": "G43.709"},
        "off_label": [],
        "is_touch_up": False,
    }
    return claim(**(values | changes))  # type: ignore[arg-type]


def test_a_plain_claim_has_nothing_to_look_at():
    found = full()
    assert found.diagnoses == ("G43.709",)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"off_label": ["Low back pain"]}, "Off-label: the product has no label for low back pain."),
        ({"is_touch_up": True}, "This session is a touch-up."),
        ({"diagnoses": {"Chronic migraine": ""}}, "Chronic migraine has no diagnosis code."),
        ({"vials": vials(155, 100, 100, own=(1,))}, "not billed"),
        ({"vials": vials(155, 200, own=(0,))}, "there is no line for the drug"),
        ({"numbers": {}}, "No procedure code number is entered for: head and neck, both sides, for migraine."),
        (
            {
                "sites": sites(("frontalis", "head", "left"), condition="chronic_migraine")
                + sites(("masseter", "head", "left"), condition="tmj_bruxism")
            },
            "does not stand beside",
        ),
        (
            {
                "sites": sites(
                    *((f"muscle {n}", "trunk", side) for n in range(3) for side in ("left", "right")),
                    condition="low_back_pain",
                )
            },
            "counted once here",
        ),
        ({"guidance": "ultrasound"}, "permanently recorded image"),
    ],
)
def test_what_a_person_has_to_look_at(changes: dict[str, object], words: str):
    assert words in " ".join(full(**changes).notes)


def ndc(number: str, units: int, *, is_billed: bool = True) -> VialFacts:
    return VialFacts(Decimal(100), Decimal(units), Decimal(100 - units), is_billed, ndc=number)


@pytest.mark.parametrize(
    ("opened", "notes"),
    [
        ([ndc("1", 100), ndc("1", 55)], []),
        (
            [ndc("1", 100), ndc("", 55), ndc("1", 5)],
            ["NDC 1: 105 U given, 95 U discarded.", "NDC not known: 55 U given, 45 U discarded."],
        ),
        (
            [ndc("1", 100), ndc("2", 55), ndc("3", 1)],
            [f"NDC {n}: {g} U given, {100 - g} U discarded." for n, g in ((1, 100), (2, 55), (3, 1))],
        ),
        # A sample is another matter.
        ([ndc("1", 100), ndc("2", 55, is_billed=False)], []),
    ],
)
def test_the_units_of_each_ndc_are_said_where_there_are_several(opened: list[VialFacts], notes: list[str]):
    assert [note for note in full(vials=opened).notes if note.startswith("NDC")] == notes


def test_what_was_opened_beside_the_billed_vials_is_said_by_source_and_lot():
    billed = VialFacts(Decimal(100), Decimal(100), Decimal(0), lot="C1")
    sample = VialFacts(Decimal(100), Decimal(55), Decimal(45), is_billed=False, source="sample", lot="C2")
    nameless = VialFacts(Decimal(50), Decimal(50), Decimal(0), is_billed=False)
    notes = full(vials=[billed, sample, sample, nameless]).notes
    assert [note for note in notes if "ot billed" in note] == [
        "Samples and the patient's own drug are not billed: their units are left out.",
        "Not billed, sample: lot C2, 200 U opened, 110 U given, 90 U discarded.",
    ]


@pytest.mark.parametrize(
    ("muscles", "sides", "said"),
    [(2, 2, False), (3, 2, True), (5, 2, True), (6, 2, False), (5, 1, False), (6, 1, False)],
)
def test_what_counting_trunk_muscles_by_side_would_change_is_said(muscles: int, sides: int, said: bool):
    charted = [(f"muscle {n}", "trunk", side) for n in range(muscles) for side in ("left", "right")[:sides]]
    notes = full(sites=sites(*charted, condition="low_back_pain"), numbers={"trunk-6": "1", "trunk-1-5": "1"}).notes
    assert any("counted once here" in note for note in notes) is said
    limbs = [
        SiteFacts(f"muscle {n}", ARM, side, "upper_limb_spasticity") for n in range(5) for side in ("left", "right")
    ]
    assert not any("counted once here" in note for note in full(sites=limbs).notes)


def test_the_same_code_of_two_courses_stands_once():
    assert full(diagnoses={"Arm": "G81.11", "Leg": "G81.11"}).diagnoses == ("G81.11",)
