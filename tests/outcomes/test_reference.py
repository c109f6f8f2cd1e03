from __future__ import annotations

import json
from decimal import Decimal

import pytest

from outcomes.models import Instrument, ResponderRule
from outcomes.reference import FOLDER, load
from tests.cast import Cast
from treatments.models import Condition


@pytest.fixture
def loaded(cast: Cast) -> None:
    """The cast brings the reference data."""


@pytest.mark.usefixtures("loaded")
def test_loading_again_changes_nothing_and_keeps_what_a_clinic_changed():
    ResponderRule.objects.filter(condition__key="chronic_migraine").update(change=30, words="at least 30 % fewer")
    before = list(Instrument.objects.values()), list(ResponderRule.objects.values())
    assert load() == {"instruments": 5, "responder rules": 7}
    assert (list(Instrument.objects.values()), list(ResponderRule.objects.values())) == before


@pytest.mark.usefixtures("loaded")
def test_a_newer_version_replaces_an_older_row():
    Instrument.objects.filter(key="hit6").update(version=0, maximum=60)
    load()
    assert Instrument.objects.get(key="hit6").maximum == 78


@pytest.mark.usefixtures("loaded")
def test_every_condition_has_a_rule_whose_instrument_is_asked_of_it():
    for condition in Condition.objects.all():
        assert condition.responder_rule.instrument in condition.instruments.all(), condition.key


@pytest.mark.usefixtures("loaded")
def test_rows_pass_their_own_checks_and_name_source_and_confidence():
    for row in [*Instrument.objects.all(), *ResponderRule.objects.all()]:
        row.full_clean()
        assert row.source
        assert row.confidence in {"A", "A-", "B", "C"}
    for rule in ResponderRule.objects.all():
        assert rule.from_day < rule.to_day


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("key", "minimum", "maximum"),
    [("headache_days", 0, 28), ("hit6", 36, 78), ("nrs", 0, 10), ("mas", 0, 4), ("twstrs", 0, 85)],
)
def test_ranges_are_those_of_the_clinical_reference(key, minimum, maximum):
    instrument = Instrument.objects.get(key=key)
    assert (instrument.minimum, instrument.maximum) == (minimum, maximum)


@pytest.mark.usefixtures("loaded")
def test_ashworth_names_its_coding():
    mas = Instrument.objects.get(key="mas")
    assert mas.grade_labels() == {
        Decimal(0): "0", Decimal(1): "1", Decimal("1.5"): "1+", Decimal(2): "2", Decimal(3): "3", Decimal(4): "4",
    }  # fmt: skip
    assert "1+ is 1.5" in mas.coding


@pytest.mark.usefixtures("loaded")
def test_every_instrument_a_follow_up_asks_for_exists():
    asked = {
        key
        for condition in Condition.objects.prefetch_related("policies__follow_up_steps")
        for policy in condition.policies.all()
        for step in policy.follow_up_steps.all()
        for key in step.instruments
    }
    assert asked <= set(Instrument.objects.values_list("key", flat=True))


@pytest.mark.django_db
def test_a_condition_that_is_not_loaded_is_named(without_reference: None):
    with pytest.raises(LookupError, match="chronic_migraine"):
        load()
    assert not Instrument.objects.exists()


def test_licensed_forms_ship_no_item_text():
    # The totals have no items: a row says what a score may be, never what is asked.
    for entry in json.loads((FOLDER / "instruments.json").read_text()):
        assert not {"items", "questions", "answers"} & set(entry)
