from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from outcomes.models import Instrument, InstrumentVersion, ResponderRule
from outcomes.reference import FOLDER, load
from outcomes.rules.instruments import definition_problem
from tests.cast import Cast
from tests.outcomes.cycles import score, version_of
from treatments.models import Condition


@pytest.fixture
def loaded(cast: Cast) -> None:
    """The cast brings the reference data."""


@pytest.mark.usefixtures("loaded")
def test_loading_again_changes_nothing_and_keeps_what_a_clinic_changed():
    ResponderRule.objects.filter(condition__key="chronic_migraine").update(change=30, words="at least 30 % fewer")

    def rows() -> list[list[dict[str, object]]]:
        return [list(model.objects.order_by("pk").values()) for model in (Instrument, InstrumentVersion, ResponderRule)]

    before = rows()
    assert load() == {"instruments": 18, "responder rules": 7}
    assert rows() == before


@pytest.mark.usefixtures("loaded")
def test_a_newer_version_stands_beside_the_older_one_which_its_scores_keep(cast: Cast):
    hit6 = Instrument.objects.get(key="hit6")
    InstrumentVersion.objects.filter(instrument=hit6).update(is_current=False)
    older = InstrumentVersion.objects.create(instrument=hit6, version=1, minimum=36, maximum=60, confidence="C")
    row = score(cast.course(), "hit6", 60, cast.harbour.today(), cast.ito)
    load_again_as_shipped(hit6, older)
    assert InstrumentVersion.objects.current().get(instrument=hit6).maximum == 78
    row.refresh_from_db()
    assert row.version == older


def load_again_as_shipped(instrument: Instrument, older: InstrumentVersion) -> None:
    """As on the day of an upgrade: only the older version is there."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "DELETE FROM outcomes_instrumentversion WHERE instrument_id = %s AND id <> %s", [instrument.pk, older.pk]
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    load()


@pytest.mark.usefixtures("loaded")
def test_a_version_is_never_changed_or_removed():
    version = InstrumentVersion.objects.current().get(instrument__key="hit6")
    version.maximum = Decimal(80)
    with pytest.raises(DatabaseError), transaction.atomic():
        version.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        InstrumentVersion.objects.filter(instrument__key="hit6").delete()


@pytest.mark.usefixtures("loaded")
def test_a_score_under_another_instruments_version_is_refused(cast: Cast):
    row = score(cast.course(), "hit6", 60, cast.harbour.today(), cast.ito)
    row.instrument = Instrument.objects.get(key="nrs")
    with pytest.raises(DatabaseError, match="version is of another instrument"), transaction.atomic():
        row.save()


@pytest.mark.usefixtures("loaded")
def test_every_condition_has_a_rule_whose_instrument_is_asked_of_it():
    for condition in Condition.objects.all():
        assert condition.responder_rule.instrument in condition.instruments.all(), condition.key


@pytest.mark.usefixtures("loaded")
def test_rows_pass_their_own_checks_and_name_source_and_confidence():
    for version in InstrumentVersion.objects.current():
        assert definition_problem(version.definition()) == ("", ""), version
        assert bool(version.bands) == bool(version.bands_source) == bool(version.bands_confidence)
    for row in [*InstrumentVersion.objects.all(), *ResponderRule.objects.all()]:
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
    instrument = version_of(key)
    assert (instrument.minimum, instrument.maximum) == (minimum, maximum)


@pytest.mark.usefixtures("loaded")
def test_ashworth_names_its_coding():
    mas = version_of("mas")
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
    # What an item may be is a number; what it asks is only in the form a clinic holds a licence for.
    numbered = re.compile(r"(Item|Question) \d(, days)?|Severity|Disability|Pain")
    for entry in json.loads((FOLDER / "instruments.json").read_text()):
        if re.search(r"copyright|not to be altered", entry["licence"], re.IGNORECASE):
            assert all(numbered.fullmatch(item["label"]) for item in entry.get("items", [])), entry["key"]
            assert all(re.fullmatch(r"\d+", words) for item in entry.get("items", [])
                       for _, words in item.get("choices", [])), entry["key"]  # fmt: skip
