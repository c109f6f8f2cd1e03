"""Which alerts the facts make, how grave they are, and who sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.models import Allergy, HistoryItem, Medication
from patients.rules import Severity, alerts, problems_of

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)


@dataclass
class An:
    """An allergy, as plain values."""

    substance: str
    name: str = ""
    reaction: str = ""
    ended_on: date | None = None


@dataclass
class Med:
    drug_class: str
    name: str = "some"
    started_on: date | None = None
    ended_on: date | None = None


@dataclass
class Hist:
    kind: str
    note: str = ""
    ended_on: date | None = None


@pytest.mark.parametrize(
    ("fact", "severity", "affects_booking", "confidence"),
    [
        (An("botulinum_toxin"), "stop", True, "(A)"),
        (An("milk_protein"), "warn", True, "(B)"),
        (An("albumin"), "warn", True, "(A BOTOX, Myobloc, Daxxify; B Dysport, Xeomin)"),
        (An("latex"), "note", True, ""),
        (An("local_anaesthetic"), "note", False, ""),
        (An("skin_antiseptic"), "note", False, ""),
        (Med("anticoagulant"), "warn", True, "(B)"),
        (Med("antiplatelet"), "warn", True, "(B)"),
        (Med("aminoglycoside"), "warn", True, "(A)"),
        (Med("neuromuscular_blocker"), "warn", False, "(A aminoglycoside, curare-like; C others)"),
        (Med("muscle_relaxant"), "warn", False, "(A)"),
        (Med("anticholinergic"), "warn", False, "(A)"),
        (Hist("neuromuscular"), "warn", False, "(A-)"),
        (Hist("swallowing_breathing"), "warn", False, "(A-)"),
        (Hist("bleeding"), "warn", True, "(B)"),
        (Hist("cardiac"), "warn", False, "(A Daxxify, B BOTOX)"),
        (Hist("pregnancy"), "warn", True, "(A-)"),
        (Hist("surgery"), "warn", True, "(B)"),
        (Hist("lost_response"), "warn", False, "(A)"),
    ],
)
def test_each_fact_is_as_grave_as_the_reference_says(fact, severity, affects_booking, confidence):
    [alert] = alerts_of(fact)
    assert (alert.severity, alert.affects_booking) == (severity, affects_booking)
    assert confidence in alert.source


def alerts_of(*facts, on: date = TODAY):
    return alerts(
        [fact for fact in facts if isinstance(fact, An)],
        [fact for fact in facts if isinstance(fact, Med)],
        [fact for fact in facts if isinstance(fact, Hist)],
        on=on,
    )


EVERY_FACT = [
    *(An(value, name="some") for value in Allergy.Substance.values),
    *(Med(value) for value in Medication.DrugClass.values),
    *(Hist(value) for value in HistoryItem.Kind.values),
]
SAYS_NOTHING = {"migraine_preventive", "migraine_acute", "other"}


def test_every_choice_of_the_models_makes_an_alert_or_is_known_to_say_nothing():
    silent = {
        getattr(fact, "drug_class", None) or getattr(fact, "kind", None) or fact.substance
        for fact in EVERY_FACT
        if not alerts_of(fact)
    }
    assert silent == SAYS_NOTHING


@given(st.lists(st.sampled_from(EVERY_FACT)))
def test_only_what_the_reference_marks_a_stops(facts):
    for alert in alerts_of(*facts):
        assert alert.severity in {"stop", "warn", "note"}
        if alert.severity == Severity.STOP:
            assert alert.source.endswith("(A)")
        assert alert.words.endswith(".")
        assert alert.label
        assert alert.source


@given(st.lists(st.sampled_from(EVERY_FACT)))
def test_the_gravest_stands_first_and_each_kind_once(facts):
    found = alerts_of(*facts)
    order = ["stop", "warn", "note"]
    assert [order.index(alert.severity) for alert in found] == sorted(order.index(alert.severity) for alert in found)
    assert len({alert.code for alert in found}) == len(found)


@pytest.mark.parametrize(
    ("fact", "seen"),
    [
        (Med("anticoagulant", ended_on=TODAY + DAY), True),
        (Med("anticoagulant", ended_on=TODAY), False),
        (Med("anticoagulant", started_on=TODAY), True),
        (Med("anticoagulant", started_on=TODAY + DAY), False),
        (Hist("pregnancy", ended_on=TODAY), False),
        (An("albumin", ended_on=TODAY - DAY), False),
    ],
)
def test_a_fact_is_seen_while_it_holds(fact, seen):
    assert bool(alerts_of(fact)) is seen


def test_two_of_a_kind_make_one_alert_that_names_both():
    [alert] = alerts_of(Med("anticoagulant", name="apixaban"), Med("anticoagulant", name="warfarin"))
    assert "(apixaban, warfarin)" in alert.words
    assert alert.label == "anticoagulant"


def test_another_allergy_is_named_in_its_tag():
    [alert] = alerts_of(An("other", name="adhesive", reaction="rash"))
    assert alert.label == "allergy: adhesive"
    assert alert.words == "Allergy (adhesive: rash)."


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"birth_date": TODAY}, set()),
        ({"birth_date": TODAY + DAY}, {"birth_date"}),
        ({"birth_date": date(1900, 1, 1)}, set()),
        ({"birth_date": date(1899, 12, 31)}, {"birth_date"}),
        ({"birth_date": date(1980, 2, 3), "died_on": date(1980, 2, 3)}, set()),
        ({"birth_date": date(1980, 2, 3), "died_on": date(1980, 2, 2)}, {"died_on"}),
        ({"died_on": TODAY + DAY}, {"died_on"}),
        ({"left_on": TODAY + DAY}, {"left_on"}),
        ({"birth_date": date(1980, 2, 3), "left_on": date(1979, 2, 2)}, {"left_on"}),
        ({"phone": ""}, set()),
        ({"phone": "555 0134"}, set()),
        ({"phone": "555 013"}, {"phone"}),
        ({"phone": "ask her sister"}, {"phone"}),
        ({"phone": "1" * 15}, set()),
        ({"phone": "1" * 16}, {"phone"}),
        ({"given_name": "Li", "family_name": "O"}, set()),
        ({"given_name": " \u200b", "family_name": "--"}, {"given_name", "family_name"}),
        ({"given_name": "王", "family_name": "Д"}, set()),
    ],
)
def test_what_a_patients_row_may_hold(values, wrong):
    assert set(problems_of(**values, on=TODAY)) == wrong
