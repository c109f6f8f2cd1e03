from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from outcomes.actions.instruments import add_instrument
from outcomes.models import Assessment, Instrument, InstrumentText, InstrumentVersion, UnscoredAnswer
from tests.cast import Cast
from tests.outcomes.cycles import score, version_of
from tests.patients.test_actions import at_once, kinds
from treatments.models import Condition

CREATE = reverse("outcomes:instrument-create")


def edit(key: str) -> str:
    return reverse("outcomes:instrument-edit", args=[Instrument.objects.get(key=key).pk])


def opened_on(client: Client, key: str) -> str:
    return client.get(edit(key)).context["form"]["seen"].value()


def sent(cast: Cast, **changes: object) -> dict[str, object]:
    condition = Condition.objects.get(key="chronic_migraine")
    return {
        "name": "Sleep disturbance, last week", "short_name": "Sleep", "unit": "points", "better": "lower",
        "minimum": "0", "maximum": "12", "step": "1", "scoring": "sum", "may_miss": "0",
        "items": "Falling asleep; 0; 6\nStaying asleep; 0 = never; 3 = some nights; 6 = every night",
        "bands": "0; good\n7; poor", "bands_source": "our own", "meaningful_points": "3", "change_source": "our own",
        "conditions": [condition.pk], "source": "our own", "confidence": "C",
    } | changes  # fmt: skip


def test_an_administrator_adds_an_instrument_and_a_provider_scores_it(cast, sign_in):
    course = cast.course()
    assert sign_in(cast.ada).post(CREATE, sent(cast)).status_code == 302
    version = version_of("sleep")
    assert (version.version, version.made_by, version.confidence, version.bands_confidence) == (1, cast.ada, "C", "C")
    client = sign_in(cast.ito)
    page = reverse("outcomes:assessment-create", args=[course.pk])
    assert "Falling asleep" in client.get(page).content.decode()
    response = client.post(
        page,
        {"assessed_on": course.site.today().isoformat(), "item_sleep_q1": "5", "item_sleep_q2": "3", "note": ""},
        follow=True,
    )
    assert "Sleep 8 (poor)" in response.content.decode()
    row = Assessment.objects.get(instrument__key="sleep")
    assert (row.value, row.answers) == (8, {"q1": "5", "q2": "3"})


def test_a_change_is_a_new_version_and_old_scores_keep_theirs(cast, sign_in):
    client = sign_in(cast.ada)
    client.post(CREATE, sent(cast))
    old = score(cast.course(cast.omar), "sleep", 7, cast.mesa.today(), cast.ito)
    opened = opened_on(client, "sleep")
    assert client.post(edit("sleep"), sent(cast, bands="0; good\n9; poor", seen=opened)).status_code == 302
    new = version_of("sleep")
    assert (new.version, new.bands[1]["from"], [row["key"] for row in new.items]) == (2, "9", ["q1", "q2"])
    old = Assessment.objects.select_related("version__instrument").get(pk=old.pk)
    assert (old.version.version, old.band) == (1, "poor")
    # Nothing changed is no version.
    client.post(edit("sleep"), sent(cast, bands="0; good\n9; poor", seen=opened_on(client, "sleep")))
    assert version_of("sleep").version == 2


def test_a_form_opened_before_somebody_elses_change_is_told_so_and_goes_on(cast, sign_in):
    client = sign_in(cast.ada)
    client.post(CREATE, sent(cast))
    opened = opened_on(client, "sleep")
    # A name and the conditions are no version, and are as easily lost.
    client.post(edit("sleep"), sent(cast, name="Sleep, last night", conditions=[], seen=opened))

    stale = client.post(edit("sleep"), sent(cast, bands="0; good\n8; poor", seen=opened))

    assert stale.status_code == 422
    form = stale.context["form"]
    assert form.errors["name"] == ["Saved meanwhile: Sleep, last night"]
    assert form.errors["conditions"] == ["Saved meanwhile: empty"]
    assert form.errors["bands"] == ["Saved meanwhile: 0; good\n7; poor"]
    assert set(form.errors) == {"__all__", "name", "conditions", "bands"}
    assert Instrument.objects.get(key="sleep").name == "Sleep, last night"
    again = sent(cast, bands="0; good\n8; poor", seen=form["seen"].value())
    assert client.post(edit("sleep"), again).status_code == 302
    assert (version_of("sleep").version, Instrument.objects.get(key="sleep").name) == (
        2,
        "Sleep disturbance, last week",
    )


@pytest.mark.django_db(transaction=True)
def test_two_who_add_the_same_at_once_make_one_and_the_other_is_told_why(cast):
    def add() -> Instrument:
        definition = {"minimum": 0, "maximum": 10, "source": "our own", "confidence": "C"}
        return add_instrument(
            name="Sleep", short_name="Sleep", unit="", better="lower", conditions=[], definition=definition, by=cast.ada
        )

    results = at_once(add, add)

    assert kinds(results) == ["Instrument", "ValidationError"], results
    assert Instrument.objects.filter(key="sleep").count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"items": ""}, "items", "A score from items needs items."),
        ({"items": "Falling asleep"}, "items", "Line 1: name; lowest; highest"),
        ({"items": "Falling asleep; none; 6"}, "items", "“none” is no number"),
        ({"items": "A; 0; 6\nB; 6; 0"}, "items", "B: the lowest answer has to be lower"),
        ({"maximum": "0"}, "maximum", "The lowest score has to be lower than the highest."),
        ({"bands": "99; poor"}, "bands", "A band begins outside the scores."),
        ({"bands": "few; poor"}, "bands", "“few” is no number"),
        ({"items": "A; 0; 6\nB; 0; 6\nA; 0; 6"}, "items", "Line 3: “A” stands there twice."),
        ({"items": "\n".join(f"A{number}; 0; 1" for number in range(61))}, "items", "At most 60 items."),
        ({"items": f"{'A' * 81}; 0; 6"}, "items", "Line 1: at most 80 characters"),
        ({"items": f"A; 0 = {'n' * 61}; 1 = yes"}, "items", "Line 1: at most 60 characters"),
        ({"bands": f"0; {'g' * 81}"}, "bands", "Line 1: at most 80 characters"),
        ({"bands_source": ""}, "bands_source", "Say where this comes from."),
        ({"change_source": ""}, "change_source", "Say where this comes from."),
        ({"short_name": "HIT-6"}, "short_name", "There is an instrument of this name."),
        ({"source": ""}, "source", "This field is required."),
    ],
)
def test_what_cannot_be_scored_by_is_said_and_what_was_typed_kept(cast, sign_in, changes, field, message):
    response = sign_in(cast.ada).post(CREATE, sent(cast, **changes))
    assert response.status_code == 422
    assert message in " ".join(response.context["form"].errors[field])
    assert "Sleep disturbance" in response.content.decode()
    assert not Instrument.objects.filter(key="sleep").exists()


def test_shipped_instrument_of_its_own_way_keeps_it_in_a_new_version(cast, sign_in):
    gas = version_of("gas")
    client = sign_in(cast.ada)
    form = client.get(edit("gas")).context["form"]
    assert "items" not in form.fields
    values = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    values |= {"meaningful_points": "12"}
    assert client.post(edit("gas"), values).status_code == 302
    new = version_of("gas")
    assert (new.version, new.scoring, new.meaningful_points) == (gas.version + 1, "goals", 12)


def test_retired_is_offered_no_longer_and_what_a_response_is_judged_by_stays(cast, sign_in):
    client = sign_in(cast.ada)
    hit6, days = (Instrument.objects.get(key=key) for key in ("hit6", "headache_days"))
    for instrument in (hit6, days):
        client.post(reverse("outcomes:instrument-retire", args=[instrument.pk]), {"retired": "1"})
        instrument.refresh_from_db()
    assert (hit6.is_retired, days.is_retired) == (True, False)
    page = sign_in(cast.ito).get(reverse("outcomes:assessment-create", args=[cast.course().pk])).content.decode()
    assert "score_hit6" not in page
    assert "score_headache_days" in page


def test_licensed_items_are_asked_once_a_text_is_loaded_and_no_longer_when_withdrawn(cast, sign_in):
    hit6 = Instrument.objects.get(key="hit6")
    page = reverse("outcomes:assessment-create", args=[cast.course().pk])
    load = reverse("outcomes:instrument-text-create", args=[hit6.pk])
    client, provider = sign_in(cast.ada), sign_in(cast.ito)
    assert "item_hit6_q1" not in provider.get(page).content.decode()
    text = {
        "language": "en", "licence": "Licence 4711 of 2026", "is_held": "on",
        "questions": "\n".join(f"Words of ours {number}" for number in range(1, 7)),
        "answers": "one\ntwo\nthree\nfour\nfive",
    }  # fmt: skip
    assert client.post(load, text | {"is_held": ""}).status_code == 422
    short = client.post(load, text | {"questions": "only one"})
    assert "6 lines are needed, one for each item; there are 1." in short.content.decode()
    assert client.post(load, text).status_code == 302
    assert client.post(load, text).status_code == 422  # one text in a language
    asked = provider.get(page).content.decode()
    assert "Words of ours 6" in asked
    assert ">five</option>" in asked
    loaded = InstrumentText.objects.get()
    client.post(reverse("outcomes:instrument-text-withdraw", args=[loaded.pk]))
    assert "item_hit6_q1" not in provider.get(page).content.decode()


def test_a_missing_answer_is_kept_as_not_scored(cast, sign_in):
    course = cast.course()
    client = sign_in(cast.ito)
    page = reverse("outcomes:assessment-create", args=[course.pk])
    day = course.site.today().isoformat()
    given = {"assessed_on": day, "note": ""} | {f"item_midas_q{number}": "2" for number in (1, 2, 4, 5)}
    for _ in range(2):
        response = client.post(page, given, follow=True)
        assert "MIDAS not scored: Question 3, days missing" in response.content.decode()
    assert UnscoredAnswer.objects.get().answers == {"q1": "2", "q2": "2", "q4": "2", "q5": "2"}
    assert not Assessment.objects.exists()
    both = client.post(page, given | {"item_midas_q3": "2", "score_midas": "11"})
    assert both.context["form"].errors["score_midas"] == ["The items make 10."]
    client.post(page, given | {"item_midas_q3": "2", "score_midas": "10"})
    assert Assessment.objects.get().value == 10


def test_goals_are_kept_in_the_patients_words_and_offered_again(cast, sign_in):
    course = cast.course(condition="upper_limb_spasticity")
    client = sign_in(cast.ito)
    page = reverse("outcomes:assessment-create", args=[course.pk])
    goals = {
        "item_gas_goal_1": "open the hand to wash it", "item_gas_importance_1": "3", "item_gas_difficulty_1": "1",
        "item_gas_attained_1": "-1", "item_gas_goal_2": "dress without help", "item_gas_importance_2": "2",
        "item_gas_difficulty_2": "1", "item_gas_attained_2": "-1",
    }  # fmt: skip
    assert client.post(page, goals | {"assessed_on": course.site.today().isoformat(), "note": ""}).status_code == 302
    row = Assessment.objects.get(instrument__key="gas")
    # Two goals at -1, weights 3 and 2: 50 - 10 * 5 / sqrt(0.7 * 13 + 0.3 * 25).
    assert row.value == Decimal("37.73")
    assert row.words == {"goal_1": "open the hand to wash it", "goal_2": "dress without help"}
    again = client.get(page).content.decode()
    assert 'value="open the hand to wash it"' in again
    # A goal or a weight written now and not rated is asked for, whatever else was scored; the old ones may stay.
    other = {"assessed_on": course.site.today().isoformat(), "note": "", "score_nrs": "4"}
    before = {f"item_gas_{key}": value for key, value in (row.answers | row.words).items() if "attained" not in key}
    for written in ({"item_gas_goal_3": "hold a cup"}, {"item_gas_importance_2": "3"}):
        refused = client.post(page, other | before | written)
        number = next(iter(written))[-1]
        assert refused.context["form"].errors == {f"item_gas_attained_{number}": ["Rate this goal, or take it out."]}
    assert client.post(page, other | before).status_code == 302
    assert Assessment.objects.filter(instrument__key="gas").count() == 1
    # Words and weights alone are no rating.
    kept = {key: value for key, value in goals.items() if "attained" not in key}
    assert client.post(page, kept | {"assessed_on": course.site.today().isoformat()}).status_code == 422


def test_list_and_detail_say_source_and_versions(cast, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.ito)
    with django_assert_max_num_queries(12):
        text = client.get(reverse("outcomes:instrument-list")).content.decode()
    assert "HIT-6 total" in text
    version = InstrumentVersion.objects.current().get(instrument__key="hit6")
    detail = client.get(reverse("outcomes:instrument-detail", args=[version.instrument_id])).content.decode()
    assert "PREEMPT analyses" in detail
    assert "from 60 severe impact" in detail
    assert "New version" not in detail
