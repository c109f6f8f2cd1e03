"""Who pays, and what they allowed: the same ladder for both forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from patients.models import Coverage, PriorAuthorization
from tests.cast import Cast
from tests.patients.made import authorization, coverage
from tests.patients.pages import value_of, words_of

SignIn = Callable[[User], Client]

COVERAGE = {
    "payer": "Northfield Health",
    "member_id": "N123",
    "authorization_required": "on",
    "starts_on": "2026-01-01",
    "ends_on": "",
}
AUTHORIZATION = {
    "status": "approved",
    "number": "PA-77",
    "product": "onabotulinumtoxinA",
    "condition": "chronic_migraine",
    "units_approved": "800",
    "visits_approved": "4",
    "starts_on": "2026-06-01",
    "ends_on": "2027-05-31",
    "note": "",
}


@pytest.fixture(params=["coverage", "authorization"])
def kind(request: Any) -> Any:
    return {
        "coverage": (Coverage, "patients:coverage", COVERAGE, coverage, "payer", "Enter who pays."),
        "authorization": (
            PriorAuthorization,
            "clinic:authorization",
            AUTHORIZATION,
            authorization,
            "number",
            "An approved authorisation has a number.",
        ),
    }[request.param]


class TestBoth:
    def values(self, kind: Any, cast: Cast) -> dict[str, Any]:
        row = Coverage.objects.filter(patient=cast.joye).first()
        return dict(kind[2]) | ({"coverage": row.pk} if kind[0] is PriorAuthorization and row else {})

    def test_one_is_added_once(self, cast: Cast, sign_in: SignIn, kind: Any):
        model, name, *_ = kind
        if model is PriorAuthorization:
            coverage(cast)
        client = sign_in(cast.robin)
        url = reverse(f"{name}-create", args=[cast.joye.pk])
        assert client.get(url).status_code == 200
        assert AuditEvent.objects.filter(action="chart-read", patient_id=cast.joye.pk).count() == 1
        values = self.values(kind, cast)
        assert client.post(url, values)["Location"] == reverse("clinic:chart", args=[cast.joye.pk])
        again = client.post(url, values)
        assert again.status_code == 422
        assert "This is listed already." in words_of(again)
        row = model.objects.get(patient=cast.joye)
        plain = {key: value for key, value in values.items() if key not in ("authorization_required", "coverage")}
        assert {key: str(getattr(row, key) or "") for key in plain} == plain

    def test_bad_input_is_told_beside_its_field_and_kept(self, cast: Cast, sign_in: SignIn, kind: Any):
        _, name, _, _, field, words = kind
        coverage(cast)
        values = self.values(kind, cast) | {field: ""}
        response = sign_in(cast.robin).post(reverse(f"{name}-create", args=[cast.joye.pk]), values)
        assert response.status_code == 422
        assert response.context["form"].errors == {field: [words]}
        assert value_of(response, "starts_on") == values["starts_on"]

    def test_an_end_before_the_start_is_told_once(self, cast: Cast, sign_in: SignIn, kind: Any):
        coverage(cast)
        values = self.values(kind, cast) | {"ends_on": "2025-01-01"}
        response = sign_in(cast.robin).post(reverse(f"{kind[1]}-create", args=[cast.joye.pk]), values)
        assert response.status_code == 422
        assert response.context["form"].errors == {"ends_on": ["It ends before it starts."]}

    def test_one_is_changed_and_a_stale_form_is_refused(self, cast: Cast, sign_in: SignIn, kind: Any):
        _, name, _, make, field, _ = kind
        row = make(cast)
        client = sign_in(cast.robin)
        url = reverse(f"{name}-edit", args=[row.pk])
        assert client.get(url).status_code == 200
        values = self.values(kind, cast)
        assert client.post(url, values | {"version": 1, field: "changed"}).status_code == 302
        stale = client.post(url, values | {"version": 1, field: "mine"})
        assert stale.status_code == 409
        assert "Saved meanwhile: changed" in words_of(stale)
        assert value_of(stale, field) == "mine"
        assert client.post(url, values).status_code == 409  # without its version a form is stale
        row.refresh_from_db()
        assert (str(getattr(row, field)), row.version) == ("changed", 2)

    def test_who_may_not(self, cast: Cast, sign_in: SignIn, kind: Any):
        _, name, _, make, _, _ = kind
        row = make(cast)
        values = self.values(kind, cast) | {"version": 1}
        client = sign_in(cast.max)
        assert client.post(reverse(f"{name}-create", args=[cast.joye.pk]), values).status_code == 404
        assert client.post(reverse(f"{name}-edit", args=[row.pk]), values).status_code == 404
        User.objects.filter(pk=cast.okafor.pk).update(roles=["trainee"])
        client = sign_in(cast.okafor)
        assert client.post(reverse(f"{name}-create", args=[cast.joye.pk]), values).status_code == 403
        assert client.post(reverse(f"{name}-edit", args=[row.pk]), values).status_code == 403
        row.refresh_from_db()
        assert row.version == 1


class TestAuthorizations:
    def test_who_pays_comes_first(self, cast: Cast, sign_in: SignIn):
        response = sign_in(cast.robin).get(reverse("clinic:authorization-create", args=[cast.joye.pk]))
        assert response["Location"] == reverse("patients:coverage-create", args=[cast.joye.pk])

    def test_another_patients_coverage_is_no_choice(self, cast: Cast, sign_in: SignIn):
        coverage(cast)
        other = coverage(cast, patient=cast.omar)
        response = sign_in(cast.robin).post(
            reverse("clinic:authorization-create", args=[cast.joye.pk]), AUTHORIZATION | {"coverage": other.pk}
        )
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["coverage"]
        assert not PriorAuthorization.objects.exists()

    @pytest.mark.parametrize(("field", "value"), [("product", "water"), ("condition", "baldness")])
    def test_what_the_clinic_does_not_have_is_no_choice(self, cast: Cast, sign_in: SignIn, field: str, value: str):
        mine = coverage(cast)
        response = sign_in(cast.robin).post(
            reverse("clinic:authorization-create", args=[cast.joye.pk]),
            AUTHORIZATION | {"coverage": mine.pk, field: value},
        )
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]

    def test_what_the_clinic_no_longer_has_stays_as_it_was_entered(self, cast: Cast, sign_in: SignIn):
        row = authorization(cast, condition="left_ear")
        url = reverse("clinic:authorization-edit", args=[row.pk])
        values = AUTHORIZATION | {"coverage": row.coverage_id, "condition": "left_ear", "version": 1}
        assert sign_in(cast.robin).post(url, values).status_code == 302
