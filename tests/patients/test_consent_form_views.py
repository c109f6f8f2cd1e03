"""The wordings patients sign: a change is a new version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from patients.models import ConsentForm
from patients.reference_data import load
from tests.cast import Cast
from tests.patients.made import consent, wording
from tests.patients.pages import value_of, words_of

SignIn = Callable[[User], Client]


def typed(**changed: Any) -> dict[str, Any]:
    return {"title": "Treatment", "text": "# What it is\n\nA medicine.", "valid_days": "180", **changed}


class TestConsentForms:
    def test_all_versions_are_listed_with_how_often_they_were_signed(
        self, cast: Cast, sign_in: SignIn, django_assert_num_queries: Any
    ):
        consent(cast)
        client = sign_in(cast.ada)
        client.get("/consent-forms/")
        with django_assert_num_queries(4):  # session, user, sites, forms
            response = client.get("/consent-forms/")
        signed = {form.pk: form.signed for form in response.context["forms"]}
        assert signed == {wording().pk: 1, wording(off_label=True).pk: 0}

    def test_a_change_is_a_new_version_and_what_was_signed_keeps_its_own(self, cast: Cast, sign_in: SignIn):
        old = wording()
        row = consent(cast)
        client = sign_in(cast.ada)
        page = reverse("patients:consent-form-revise", args=[old.pk])
        assert "Saving makes version 2" in words_of(client.get(page))
        assert client.post(page, typed())["Location"] == "/consent-forms/"
        new = ConsentForm.objects.get(key=old.key, version=2)
        assert (new.is_current, new.valid_days, new.source) == (True, 180, "written by Ada Brandt")
        before = old.text
        old.refresh_from_db()
        row.refresh_from_db()
        assert (old.is_current, old.text, row.form) == (False, before, old)

    def test_of_two_who_change_the_same_version_one_is_told(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.ada)
        page = reverse("patients:consent-form-revise", args=[wording().pk])
        client.post(page, typed())
        response = client.post(page, typed(text="Mine, typed for long."))
        assert response.status_code == 422
        assert "Somebody made a newer version meanwhile" in words_of(response)
        assert value_of(response, "text") == "Mine, typed for long."
        assert ConsentForm.objects.filter(key="treatment").count() == 2
        # The old address leads to the newest version.
        assert client.get(page)["Location"] == reverse("patients:consent-form-revise", args=[wording().pk])

    def test_a_new_form(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.ada)
        assert client.post("/consent-forms/new/", typed(covers_off_label="on")).status_code == 422  # the key is taken
        assert client.post("/consent-forms/new/", typed(title="Jaw, by us", covers_off_label="on")).status_code == 302
        made = ConsentForm.objects.get(key="jaw-by-us")
        assert (made.version, made.is_current, made.covers_off_label) == (1, True, True)

    def test_bad_input_is_told(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.ada)
        for changed, words in (
            ({"title": ""}, "Enter a title."),
            ({"title": "!!!"}, "Give it a name with letters from a to z, or digits"),
            ({"text": " "}, "Enter the wording."),
            ({"valid_days": "0"}, "From 1 to 3650 days."),
            ({"valid_days": "4000"}, "From 1 to 3650 days."),
        ):
            response = client.post("/consent-forms/new/", typed(**{"title": "New", **changed}))
            assert response.status_code == 422
            assert words in words_of(response)
        assert ConsentForm.objects.count() == 2

    def test_only_an_administrator_may(self, cast: Cast, sign_in: SignIn):
        page = reverse("patients:consent-form-revise", args=[wording().pk])
        for user in (cast.ito, cast.robin, cast.max):
            client = sign_in(user)
            assert client.get("/consent-forms/").status_code == 403
            assert client.post("/consent-forms/new/", typed()).status_code == 403
            assert client.post(page, typed()).status_code == 403
        assert ConsentForm.objects.count() == 2


def test_loading_again_leaves_what_the_clinic_made_of_a_form(cast: Cast, sign_in: SignIn):
    sign_in(cast.ada).post(reverse("patients:consent-form-revise", args=[wording().pk]), typed())
    said: list[str] = []
    counts = load(report=said.append)["consent forms"]
    assert counts == {"left": 1, "unchanged": 1}
    assert said == ["left as the clinic has it: consent form Treatment, version 2"]
    assert ConsentForm.objects.count() == 3
