"""Each item of the auditor's list: met, missing and not needed, with its words and where it is filled in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from treatments.rules.completeness import completeness_of
from treatments.rules.paper import CoursePaper, Item, Light, SessionPaper, SitePaper, VialPaper

MIGRAINE = CoursePaper(
    id=7,
    condition="chronic_migraine",
    name="Chronic migraine",
    diagnosis="G43.709",
    sessions_before=2,
    evaluated=True,
    guide_given=True,
    baseline="Headache days 19",
    headache_days=Decimal(19),
    scores_since=1,
    side_effects_asked=True,
)
NECK = replace(MIGRAINE, id=8, condition="cervical_dystonia", name="Cervical dystonia", headache_days=None)
VIAL = VialPaper(
    ndc="00023-3921-02",
    lot="C1234",
    expires=True,
    units=Decimal(200),
    given=Decimal(155),
    discarded=Decimal(45),
)
WHOLE = SessionPaper(
    signature="Dr Kenji Ito, MD, licence L12345: author",
    product="BOTOX",
    diluted=True,
    guidance="Landmarks only",
    complication="None",
    bleeding="None",
    last_response="good",
    tried_treatments=3,
    screened=True,
    consented=True,
    guide_given=True,
    aftercare_given=True,
    authorization_problem="",
    courses=(MIGRAINE,),
    sites=tuple(SitePaper("Frontalis", "left", Decimal(5)) for _ in range(31)),
    vials=(VIAL,),
)
FIRST = replace(MIGRAINE, sessions_before=0, scores_since=0, side_effects_asked=False)


def item(paper: SessionPaper, key: str) -> Item:
    return next(item for item in completeness_of(paper).items if item.key == key)


def test_a_whole_record_lacks_nothing() -> None:
    whole = completeness_of(WHOLE)
    assert whole.missing == ()
    assert str(whole) == "22 of 22"
    assert [row.key for row in whole.items if row.light == Light.NOT_NEEDED] == ["off_label"]


def test_an_empty_draft_lacks_nearly_everything_and_counts_what_is_needed() -> None:
    whole = completeness_of(SessionPaper(is_draft=True))
    assert whole.met + len(whole.missing) == whole.asked
    assert whole.asked < len(whole.items)
    assert {row.key for row in whole.items if row.light == Light.MET} == {"every_page", "guidance"}


def test_keys_are_unique_and_every_item_has_words_and_a_source() -> None:
    for paper in (WHOLE, SessionPaper(), SessionPaper(is_draft=True)):
        items = completeness_of(paper).items
        assert len({row.key for row in items}) == len(items)
        assert all(row.title and row.words and row.source for row in items)


CASES: list[tuple[str, dict[str, Any], Light, str]] = [
    # item, what is otherwise than in WHOLE, its light, words it says
    ("signature", {"signature": ""}, Light.MISSING, "Not signed"),
    ("signature", {"signature": "", "is_draft": True}, Light.NOT_NEEDED, "Signing adds"),
    ("diagnosis", {"courses": (replace(MIGRAINE, diagnosis=""),)}, Light.MISSING, "No code"),
    ("diagnosis", {"courses": (MIGRAINE, NECK)}, Light.MET, "G43.709"),
    ("diagnosis", {"courses": (MIGRAINE, replace(NECK, diagnosis=""))}, Light.MISSING, "Cervical dystonia"),
    ("evaluation", {"courses": (replace(MIGRAINE, evaluated=False),)}, Light.MISSING, "No evaluation"),
    ("evaluation", {"courses": (replace(MIGRAINE, not_suitable=True),)}, Light.MISSING, "says not suitable"),
    ("baseline", {"courses": (replace(MIGRAINE, baseline=""),)}, Light.MISSING, "No score before"),
    ("baseline", {}, Light.MET, "Headache days 19"),
    ("most_days", {"courses": (replace(MIGRAINE, headache_days=None),)}, Light.MISSING, "No headache days"),
    ("most_days", {"courses": (replace(MIGRAINE, headache_days=Decimal(14)),)}, Light.MISSING, "14 headache days"),
    ("most_days", {"courses": (replace(MIGRAINE, headache_days=Decimal(15)),)}, Light.MET, "15 of 28"),
    ("most_days", {"courses": (replace(MIGRAINE, headache_days=Decimal(0)),)}, Light.MISSING, "0 headache days"),
    ("most_days", {"courses": (NECK,)}, Light.NOT_NEEDED, "chronic migraine only"),
    ("tried", {"tried_treatments": 0}, Light.MISSING, "None on file"),
    ("tried", {"tried_treatments": 1}, Light.MET, "1 on file"),
    ("tried", {"tried_treatments": 0, "courses": (NECK,)}, Light.NOT_NEEDED, "focal dystonia"),
    ("tried", {"tried_treatments": 0, "courses": (NECK, MIGRAINE)}, Light.MISSING, "None"),
    ("product", {"product": "", "vials": ()}, Light.MISSING, "No product"),
    ("product", {"vials": ()}, Light.MISSING, "No vial"),
    ("product", {"vials": (replace(VIAL, ndc=""),)}, Light.MISSING, "no NDC"),
    ("product", {}, Light.MET, "00023-3921-02"),
    ("dilution", {"diluted": False}, Light.MISSING, "Not chosen"),
    ("dilution", {"diluted": False, "supplied_as_solution": True}, Light.NOT_NEEDED, "solution"),
    ("dilution", {"diluted": True, "supplied_as_solution": True}, Light.MET, "recorded"),
    ("lots", {"vials": ()}, Light.MISSING, "No vial"),
    ("lots", {"vials": (replace(VIAL, lot=""),)}, Light.MISSING, "No vial"),
    ("lots", {"vials": (VIAL, VIAL)}, Light.MET, "lot C1234."),
    ("sites", {"sites": ()}, Light.MISSING, "No site"),
    ("sites", {"sites": (SitePaper("Frontalis", "left", None),)}, Light.MISSING, "Without muscle, side or units: 1"),
    ("sites", {"sites": (SitePaper("Frontalis", "", Decimal(5)),)}, Light.MISSING, "1"),
    ("sites", {}, Light.MET, "31 in all"),
    ("dose", {"sites": (SitePaper("Frontalis", "left", None),)}, Light.MISSING, "No units"),
    ("dose", {}, Light.MET, "155 U of BOTOX"),
    ("guidance", {"guidance": "EMG", "guidance_used": True}, Light.MISSING, "no reason"),
    ("guidance", {"guidance": "EMG", "guidance_used": True, "guidance_reason": " "}, Light.MISSING, "no reason"),
    ("guidance", {"guidance": "EMG", "guidance_used": True, "guidance_reason": "deep"}, Light.MET, "EMG: deep"),
    ("guidance", {}, Light.MET, "Landmarks only"),
    ("waste", {"vials": ()}, Light.MISSING, "No vial"),
    ("waste", {"vials": (replace(VIAL, discarded=Decimal(44)),)}, Light.MISSING, "do not close"),
    (
        "waste",
        {"vials": (replace(VIAL, given=Decimal(150), discarded=Decimal(50)),)},
        Light.MISSING,
        "do not close",
    ),
    ("waste", {}, Light.MET, "200 U opened, 155 U given, 45 U discarded"),
    ("response", {"courses": (FIRST,)}, Light.NOT_NEEDED, "first session"),
    ("response", {"last_response": "none"}, Light.MET, "Recorded"),
    ("response", {"last_response": "unknown"}, Light.MET, "A score"),
    (
        "response",
        {"last_response": "", "courses": (replace(MIGRAINE, scores_since=0),)},
        Light.MISSING,
        "Neither",
    ),
    (
        "response",
        {"last_response": "unknown", "courses": (MIGRAINE, replace(NECK, scores_since=0))},
        Light.MISSING,
        "Cervical dystonia",
    ),
    ("side_effects", {"courses": (FIRST,)}, Light.NOT_NEEDED, "No session here"),
    (
        "side_effects",
        {"courses": (replace(MIGRAINE, side_effects_asked=False),)},
        Light.MISSING,
        "No follow-up asked",
    ),
    (
        "side_effects",
        {"courses": (replace(MIGRAINE, side_effects_asked=False, last_was_outside=True),)},
        Light.NOT_NEEDED,
        "No session here",
    ),
    ("tolerance", {"complication": ""}, Light.MISSING, "not recorded"),
    ("tolerance", {"complication": "Haematoma"}, Light.MET, "haematoma"),
    ("screening", {"screened": False}, Light.MISSING, "No screening"),
    ("consent", {"consented": False}, Light.MISSING, "No consent"),
    ("off_label", {}, Light.NOT_NEEDED, "label names"),
    ("off_label", {"courses": (replace(MIGRAINE, on_label=False),)}, Light.MISSING, "no consent says off-label"),
    (
        "off_label",
        {"courses": (replace(MIGRAINE, on_label=False, off_label_agreed=True),)},
        Light.MET,
        "said on the consent",
    ),
    # Each condition for itself: the labelled one beside it needs no such consent, the other off-label one has it.
    (
        "off_label",
        {
            "courses": (
                MIGRAINE,
                replace(NECK, on_label=False),
                replace(NECK, id=9, name="Jaw", on_label=False, off_label_agreed=True),
            )
        },
        Light.MISSING,
        "Cervical dystonia: no consent",
    ),
    ("medication_guide", {"guide_given": False}, Light.MET, "At the evaluation"),
    (
        "medication_guide",
        {"guide_given": False, "courses": (MIGRAINE, replace(NECK, guide_given=False))},
        Light.MISSING,
        "Not recorded",
    ),
    ("aftercare", {"aftercare_given": False}, Light.MISSING, "Not recorded"),
    ("authorization", {"authorization_problem": None}, Light.NOT_NEEDED, "No payer"),
    ("authorization", {"authorization_problem": "It ran out."}, Light.MISSING, "It ran out."),
]


@pytest.mark.parametrize(("key", "changes", "light", "words"), CASES)
def test_each_item(key: str, changes: dict[str, Any], light: Light, words: str) -> None:
    found = item(replace(WHOLE, **changes), key)
    assert (found.light, words in found.words) == (light, True), found


def test_every_item_has_a_case_of_each_light_it_can_show() -> None:
    covered = {key for key, *_ in CASES}
    assert covered | {"every_page"} == {row.key for row in completeness_of(WHOLE).items}


@pytest.mark.parametrize(
    ("changes", "key", "place", "course_id"),
    [
        ({"courses": (MIGRAINE, replace(NECK, diagnosis=""))}, "diagnosis", "course", 8),
        ({"courses": (replace(MIGRAINE, evaluated=False),)}, "evaluation", "evaluation", 7),
        ({"courses": (replace(MIGRAINE, baseline=""),)}, "baseline", "score", 7),
        ({"tried_treatments": 0}, "tried", "tried", None),
        ({"consented": False}, "consent", "consent", None),
        ({"sites": ()}, "sites", "chart", None),
    ],
)
def test_a_missing_item_leads_to_where_it_is_filled_in(
    changes: dict[str, Any], key: str, place: str, course_id: int | None
) -> None:
    found = item(replace(WHOLE, **changes), key)
    assert (found.place, found.course_id) == (place, course_id)


def test_units_are_summed_whatever_lacks_them() -> None:
    sites = (SitePaper("Frontalis", "left", Decimal("2.5")), SitePaper("Frontalis", "right", None))
    assert replace(WHOLE, sites=sites).units == Decimal("2.5")
