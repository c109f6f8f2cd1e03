"""The small forms of allergies, medications and history items: the same ladder for each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from patients.models import Allergy, HistoryItem, Medication
from tests.cast import Cast
from tests.patients.pages import value_of, words_of

SignIn = Callable[[User], Client]

FACTS: list[tuple[str, str, Any, dict[str, str], dict[str, str], str]] = [
    (
        "allergies",
        "allergy",
        Allergy,
        {"substance": "albumin", "name": "", "reaction": "hives"},
        {"substance": "other"},
        "Say which substance it is.",
    ),
    (
        "medications",
        "medication",
        Medication,
        {"drug_class": "anticoagulant", "name": "apixaban", "dose": "5 mg", "started_on": "2024-05-01"},
        {"name": " "},
        "Enter the name of the medicine.",
    ),
    (
        "history",
        "history item",
        HistoryItem,
        {"kind": "cardiac", "note": "arrhythmia", "since": "2020-01-01"},
        {"kind": "other", "note": ""},
        "Say what it is.",
    ),
]


@pytest.mark.parametrize(("path", "word", "model", "values", "bad", "words"), FACTS)
class TestFacts:
    def make(self, cast: Cast, model: Any, values: dict[str, str]) -> Any:
        return model.objects.create(patient=cast.joye, noted_by=cast.ito, **values)

    def test_one_is_added(self, cast, sign_in, path, word, model, values, bad, words):
        client = sign_in(cast.ito)
        url = f"/patients/{cast.joye.pk}/{path}/new/"
        assert f"New {word}" in words_of(client.get(url))
        assert AuditEvent.objects.filter(action="chart-read", patient_id=cast.joye.pk).count() == 1
        assert client.post(url, values)["Location"] == reverse("clinic:chart", args=[cast.joye.pk])
        fact = model.objects.get()
        assert (fact.patient, fact.noted_by) == (cast.joye, cast.ito)
        assert {name: str(getattr(fact, name)) for name in values} == values

    def test_bad_input_is_told_beside_the_field(self, cast, sign_in, path, word, model, values, bad, words):
        client = sign_in(cast.ito)
        typed = {**values, **bad}
        response = client.post(f"/patients/{cast.joye.pk}/{path}/new/", typed)
        assert response.status_code == 422
        assert words in words_of(response)
        assert len(response.context["form"].errors) == 1
        assert "__all__" not in response.context["form"].errors
        assert {name: value_of(response, name) for name in typed} == typed
        assert client.post(f"/patients/{cast.joye.pk}/{path}/new/", {}).status_code == 422
        assert not model.objects.exists()

    def test_what_is_listed_is_not_listed_twice(self, cast, sign_in, path, word, model, values, bad, words):
        self.make(cast, model, values)
        response = sign_in(cast.ito).post(f"/patients/{cast.joye.pk}/{path}/new/", values)
        assert "This is listed already." in words_of(response)
        assert model.objects.count() == 1

    def test_one_is_changed_and_a_stale_form_is_refused(self, cast, sign_in, path, word, model, values, bad, words):
        fact = self.make(cast, model, values)
        client = sign_in(cast.ito)
        url = f"/{path}/{fact.pk}/edit/"
        assert f"Change {word}" in words_of(client.get(url))
        today = cast.harbour.today()
        assert client.post(url, {**values, "version": 1, "ended_on": today.isoformat()}).status_code == 302
        stale = client.post(url, {**values, "version": 1, "ended_on": ""})
        assert stale.status_code == 409
        assert f"Saved meanwhile: {today:%-d %b %Y}" in words_of(stale)
        fact.refresh_from_db()
        assert (fact.ended_on, fact.version) == (today, 2)

    def test_an_end_before_birth_is_refused(self, cast, sign_in, path, word, model, values, bad, words):
        fact = self.make(cast, model, values)
        response = sign_in(cast.ito).post(
            f"/{path}/{fact.pk}/edit/", {**values, "version": 1, "ended_on": "1979-01-01"}
        )
        assert "This lies before the" in words_of(response)
        fact.refresh_from_db()
        assert fact.ended_on is None

    def test_one_ends_today_at_a_press(self, cast, sign_in, path, word, model, values, bad, words):
        fact = self.make(cast, model, values)
        client = sign_in(cast.ito)
        assert f"/{path}/{fact.pk}/end/" in client.get(f"/{path}/{fact.pk}/edit/").content.decode()
        assert client.get(f"/{path}/{fact.pk}/end/").status_code == 405
        assert client.post(f"/{path}/{fact.pk}/end/").status_code == 302
        fact.refresh_from_db()
        assert fact.ended_on == cast.harbour.today()

    def test_only_a_provider_of_the_site_may(self, cast, sign_in, path, word, model, values, bad, words):
        fact = self.make(cast, model, values)
        for user, status in ((cast.robin, 403), (cast.ada, 403), (cast.max, 404)):
            client = sign_in(user)
            assert client.get(f"/patients/{cast.joye.pk}/{path}/new/").status_code == status
            assert client.post(f"/patients/{cast.joye.pk}/{path}/new/", values).status_code == status
            assert client.get(f"/{path}/{fact.pk}/edit/").status_code == status
            assert client.post(f"/{path}/{fact.pk}/end/").status_code == status
        fact.refresh_from_db()
        assert (model.objects.count(), fact.ended_on) == (1, None)
