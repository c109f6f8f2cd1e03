"""The lights of the chart: what stands before the next needle, and who sees and may do what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.before import Light, lights_before
from patients.known import known_facts
from patients.models import PriorAuthorization, Weight
from tests.cast import Cast
from tests.patients import made
from tests.patients.pages import words_of

SignIn = Callable[[User], Client]
MIGRAINE = ("chronic_migraine",)


def lights(
    cast: Cast, by: User | None = None, *, conditions: tuple[str, ...] = MIGRAINE, off_label: tuple[str, ...] = ()
) -> dict[str, Light]:
    cast.joye.refresh_from_db()
    found = lights_before(
        patient=cast.joye,
        known=known_facts(patient_id=cast.joye.pk),
        conditions=conditions,
        off_label={key: f"the {key}" for key in off_label},
        today=cast.harbour.today(),
        by=by or cast.ito,
    )
    return {light.name: light for light in found}


def presses(light: Light) -> list[str]:
    return [press.word for press in light.presses]


class TestScreening:
    def test_not_asked(self, cast: Cast):
        light = lights(cast)["Screening"]
        assert (light.light, light.words, light.detail) == ("none", "not asked today", "never asked")
        assert presses(light) == ["Ask", "Tablet"]
        # The front desk hands the tablet over and asks nothing itself; an administrator does neither.
        assert presses(lights(cast, cast.robin)["Screening"]) == ["Tablet"]
        assert presses(lights(cast, cast.ada)["Screening"]) == []

    def test_the_one_of_yesterday_is_not_todays(self, cast: Cast):
        made.screening(cast, on=cast.harbour.today() - timedelta(days=1))
        assert lights(cast)["Screening"].light == "none"
        assert lights(cast)["Screening"].detail.startswith("last ")

    @pytest.mark.parametrize(
        ("answers", "light", "detail"),
        [
            ({}, "ok", ""),
            ({"surgery": "unsure"}, "warn", "surgery?"),
            ({"site_infection": "yes", "surgery": "yes"}, "stop", "infection at a site, surgery"),
        ],
    )
    def test_asked_today(self, cast: Cast, answers: dict[str, str], light: str, detail: str):
        made.screening(cast, answers=made.answers(**answers))
        found = lights(cast)["Screening"]
        assert (found.light, found.detail, presses(found)) == (light, detail, ["Read"])
        # What was answered is clinical.
        hidden = lights(cast, cast.robin)["Screening"]
        assert (hidden.light, hidden.words, hidden.detail, hidden.presses) == ("ok", "answered today", "", ())


class TestConsent:
    def test_none_on_file(self, cast: Cast):
        light = lights(cast)["Consent"]
        assert (light.light, light.words, presses(light)) == ("none", "No consent is on file", ["Sign"])
        assert presses(lights(cast, cast.ada)["Consent"]) == []

    def test_in_date(self, cast: Cast):
        made.consent(cast)
        light = lights(cast)["Consent"]
        assert (light.light, presses(light)) == ("ok", ["Read"])

    def test_soon_to_run_out(self, cast: Cast):
        made.consent(cast, expires_on=cast.harbour.today() + timedelta(days=29))
        light = lights(cast)["Consent"]
        assert (light.light, presses(light)) == ("warn", ["Read", "Sign"])

    def test_outside_the_label_or_for_another_condition(self, cast: Cast):
        made.consent(cast)
        assert "use outside the label" in lights(cast, off_label=MIGRAINE)["Consent"].words
        both = lights(cast, conditions=(*MIGRAINE, "tmj_bruxism"))["Consent"]
        assert (both.light, presses(both)) == ("warn", ["Sign"])
        made.consent(cast, form=made.wording(off_label=True), conditions=[])
        assert lights(cast, off_label=MIGRAINE)["Consent"].light == "ok"

    def test_each_condition_is_judged_for_itself(self, cast: Cast):
        both = (*MIGRAINE, "tmj_bruxism")
        made.consent(cast, conditions=list(both))
        light = lights(cast, conditions=both, off_label=("tmj_bruxism",))["Consent"]
        assert (light.light, light.detail) == ("warn", "needed for off-label use: the tmj_bruxism")
        # The consent for the one off-label condition is enough; the labelled one has its own.
        made.consent(cast, form=made.wording(off_label=True), conditions=["tmj_bruxism"])
        assert lights(cast, conditions=both, off_label=("tmj_bruxism",))["Consent"].light == "ok"


class TestWeight:
    @pytest.fixture
    def child(self, cast: Cast) -> None:
        cast.joye.birth_date = date(cast.harbour.today().year - 9, 1, 1)
        cast.joye.save()

    def test_of_an_adult_is_not_asked_for(self, cast: Cast):
        assert "Weight" not in lights(cast)

    @pytest.mark.parametrize(("ago", "light"), [(None, "warn"), (0, "ok"), (30, "ok"), (31, "warn")])
    def test_under_18_it_holds_for_30_days(self, cast: Cast, child: None, ago: int | None, light: str):
        if ago is not None:
            day = cast.harbour.today() - timedelta(days=ago)
            Weight.objects.create(patient=cast.joye, kg=Decimal("31.5"), measured_on=day, noted_by=cast.ito)
        found = lights(cast)["Weight"]
        assert found.light == light
        assert presses(found) == ["Add"]
        assert "Weight" not in lights(cast, cast.robin)


class TestAuthorization:
    def test_nobody_pays_yet(self, cast: Cast):
        light = lights(cast)["Coverage"]
        assert (light.light, presses(light)) == ("none", ["Add"])

    def test_not_needed(self, cast: Cast):
        made.coverage(cast)
        assert lights(cast)["Authorisation"].words == "not needed"

    @pytest.mark.parametrize(
        ("fields", "light", "words"),
        [
            (None, "warn", "needed, none in date"),
            ({}, "ok", "to "),
            ({"ends": 29}, "warn", "to "),
            ({"ends": 0}, "warn", "to "),
            ({"ends": -1}, "warn", "needed, none in date"),
            ({"status": "denied"}, "warn", "needed, none in date"),
            ({"status": "submitted"}, "warn", "asked for, no answer yet"),
            ({"condition": "cervical_dystonia"}, "warn", "missing for one condition"),
        ],
    )
    def test_needed(self, cast: Cast, fields: dict[str, Any] | None, light: str, words: str):
        made.coverage(cast, authorization_required=True)
        if fields is not None:
            ends = fields.pop("ends", 200)
            made.authorization(cast, ends_on=cast.harbour.today() + timedelta(days=ends), **fields)
        found = lights(cast)["Authorisation"]
        assert found.light == light
        assert found.words.startswith(words)


def test_the_chart_shows_the_lights_what_was_tried_and_who_pays(
    cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any
):
    cast.course()
    made.consent(cast)
    made.coverage(cast, authorization_required=True)
    made.authorization(cast)
    client = sign_in(cast.ito)
    chart = reverse("clinic:chart", args=[cast.joye.pk])
    client.get(chart)
    with django_assert_max_num_queries(12) as few:
        response = client.get(chart)
    words = words_of(response)
    for part in (
        "Before the needle",
        "Northfield Health",
        "BOTOX",
        "approved, no. PA-1",
        "0 of 800 U used, 800 left",
        "0 of 4 visits used, 4 left",
    ):
        assert part in words, part
    for place in range(5):
        made.consent(cast, signed_on=date(2025, 1, 1 + place))
        made.screening(cast, on=date(2025, 1, 1 + place))
        made.authorization(cast, number=f"PA-2{place}")
        Weight.objects.create(patient=cast.joye, kg=60, measured_on=date(2025, 1, 1 + place), noted_by=cast.ito)
    with django_assert_max_num_queries(len(few)):
        client.get(chart)


def test_the_front_desk_sees_lights_and_coverage_and_no_answers(cast: Cast, sign_in: SignIn):
    cast.course()
    made.screening(cast, answers=made.answers(site_infection="yes"))
    made.coverage(cast)
    words = words_of(sign_in(cast.robin).get(reverse("clinic:chart", args=[cast.joye.pk])))
    assert "answered today" in words
    assert "Northfield Health" in words
    assert "infection" not in words
    assert "Tried treatments" not in words
    assert PriorAuthorization.objects.count() == 0
