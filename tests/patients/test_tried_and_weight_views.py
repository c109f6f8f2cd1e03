"""What was tried before, and weights: facts with days of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from patients.models import Patient, TriedTreatment, Weight
from tests.cast import Cast
from tests.patients.pages import words_of
from tests.treatments.charted import signed
from treatments.seals import verify_records

SignIn = Callable[[User], Client]

TRIED = {
    "kind": "beta_blocker",
    "name": "propranolol",
    "dose": "160 mg daily",
    "started_on": "2024-01-08",
    "ended_on": "2024-06-01",
    "stopped": "no_effect",
    "note": "",
}


class TestTriedTreatments:
    def url(self, cast: Cast) -> str:
        return reverse("patients:tried-treatment-create", args=[cast.joye.pk])

    def test_one_is_added_with_its_end_and_why(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.ito)
        assert "New tried treatment" in words_of(client.get(self.url(cast)))
        assert client.post(self.url(cast), TRIED).status_code == 302
        row = TriedTreatment.objects.get()
        assert {name: str(getattr(row, name)) for name in TRIED} == TRIED
        assert (row.patient, row.noted_by) == (cast.joye, cast.ito)
        chart = words_of(client.get(reverse("clinic:chart", args=[cast.joye.pk])))
        assert "propranolol 160 mg daily" in chart
        assert "Jan 2024 to Jun 2024. No or too little effect" in chart

    def test_the_same_may_be_tried_again_later_but_is_listed_once(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.ito)
        client.post(self.url(cast), TRIED)
        assert "This is listed already." in words_of(client.post(self.url(cast), TRIED))
        later = TRIED | {"started_on": "2025-01-08", "ended_on": "2025-03-01"}
        assert client.post(self.url(cast), later).status_code == 302
        assert TriedTreatment.objects.count() == 2

    @pytest.mark.parametrize(
        ("changed", "field", "words"),
        [
            ({"kind": ""}, "kind", "Choose one."),
            ({"name": ""}, "name", "Enter the medicine or what was done."),
            ({"stopped": ""}, "stopped", "Choose one."),
            ({"stopped": "ongoing"}, "ended_on", "Still taken: leave the end empty."),
            ({"ended_on": "2023-01-01"}, "ended_on", "This lies before the start."),
            ({"started_on": "1979-01-01"}, "started_on", "This lies before the date of birth."),
            ({"started_on": "2999-01-01", "ended_on": ""}, "started_on", "This lies in the future."),
        ],
    )
    def test_bad_input_is_told_beside_its_field(
        self, cast: Cast, sign_in: SignIn, changed: dict[str, str], field: str, words: str
    ):
        response = sign_in(cast.ito).post(self.url(cast), TRIED | changed)
        assert response.status_code == 422
        assert words in response.context["form"].errors[field]
        assert "__all__" not in response.context["form"].errors
        assert not TriedTreatment.objects.exists()

    def test_one_is_changed_and_a_stale_form_is_refused(self, cast: Cast, sign_in: SignIn):
        row = TriedTreatment.objects.create(patient=cast.joye, noted_by=cast.ito, **TRIED)
        url = reverse("patients:tried-treatment-edit", args=[row.pk])
        client = sign_in(cast.ito)
        assert client.get(url).status_code == 200
        changed = client.post(url, TRIED | {"version": 1, "stopped": "side_effects"})
        assert changed.status_code == 302, changed.context["form"].errors
        stale = client.post(url, TRIED | {"version": 1})
        assert stale.status_code == 409
        assert "Saved meanwhile: Side effects" in words_of(stale)

    def test_who_may_not(self, cast: Cast, sign_in: SignIn):
        row = TriedTreatment.objects.create(patient=cast.joye, noted_by=cast.ito, **TRIED)
        edit = reverse("patients:tried-treatment-edit", args=[row.pk])
        for user, status in ((cast.robin, 403), (cast.ada, 403), (cast.max, 404)):
            client = sign_in(user)
            assert client.post(self.url(cast), TRIED).status_code == status
            assert client.post(edit, TRIED | {"version": 1}).status_code == status
        assert TriedTreatment.objects.count() == 1


class TestWeights:
    def url(self, cast: Cast) -> str:
        return reverse("patients:weight-create", args=[cast.joye.pk])

    def test_one_of_today_is_a_number_and_a_press(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.ito)
        today = cast.harbour.today()
        assert client.get(self.url(cast)).context["form"]["measured_on"].value() == today
        assert client.post(self.url(cast), {"kg": "23.4", "measured_on": today.isoformat()}).status_code == 302
        row = Weight.objects.get()
        assert (row.kg, row.measured_on, row.noted_by) == (Decimal("23.4"), today, cast.ito)

    @pytest.mark.parametrize(
        ("kg", "day", "field", "words"),
        [
            ("", "2026-01-05", "kg", "Enter the weight."),
            ("heavy", "2026-01-05", "kg", "Enter the weight in kg, with one decimal"),
            ("44 lb", "2026-01-05", "kg", "Enter the weight in kg"),
            ("1e3", "2026-01-05", "kg", "Enter the weight in kg"),
            ("0.9", "2026-01-05", "kg", "From 1 to 400 kg."),
            ("400.1", "2026-01-05", "kg", "From 1 to 400 kg."),
            ("1e2", "2026-01-05", "kg", "with one decimal at most, for example 23.4."),
            ("23.45", "2026-01-05", "kg", "with one decimal at most, for example 23.4."),
            ("23", "", "measured_on", "Enter the day."),
            ("23", "2999-01-01", "measured_on", "This lies in the future."),
            ("23", "1979-01-01", "measured_on", "This lies before the date of birth."),
        ],
    )
    def test_bad_input_is_told(self, cast: Cast, sign_in: SignIn, kg: str, day: str, field: str, words: str):
        response = sign_in(cast.ito).post(self.url(cast), {"kg": kg, "measured_on": day})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]
        assert words in str(response.context["form"].errors[field])
        assert not Weight.objects.exists()

    def test_a_day_has_one_weight(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.ito)
        values = {"kg": "23", "measured_on": "2026-01-05"}
        client.post(self.url(cast), values)
        again = client.post(self.url(cast), values | {"kg": "24"})
        assert again.status_code == 422
        assert "There is a weight of this day already" in words_of(again)
        row = Weight.objects.get()
        edit = reverse("patients:weight-edit", args=[row.pk])
        assert client.post(edit, values | {"kg": "24", "version": 1}).status_code == 302
        assert client.post(edit, values | {"kg": "25", "version": 1}).status_code == 409
        row.refresh_from_db()
        assert row.kg == 24

    def test_who_may_not(self, cast: Cast, sign_in: SignIn):
        row = Weight.objects.create(patient=cast.joye, kg="23", measured_on="2026-01-05")
        for user, status in ((cast.robin, 403), (cast.ada, 403), (cast.max, 404)):
            client = sign_in(user)
            assert client.post(self.url(cast), {"kg": "20", "measured_on": "2026-01-06"}).status_code == status
            assert client.get(reverse("patients:weight-edit", args=[row.pk])).status_code == status
        assert Weight.objects.count() == 1

    def test_one_that_a_signed_session_rests_on_stays_and_another_of_the_day_is_added(
        self, cast: Cast, sign_in: SignIn
    ):
        today = cast.harbour.today()
        Patient.objects.filter(pk=cast.joye.pk).update(birth_date=date(today.year - 14, 1, 1))
        cast.joye.refresh_from_db()
        weight = Weight.objects.create(patient=cast.joye, kg=50, measured_on=today, noted_by=cast.ito)
        session = signed(cast, cast.course(), on=today)
        assert session.weight_id == weight.pk
        client = sign_in(cast.ito)
        typed = {"kg": "52", "measured_on": today.isoformat()}
        answer = client.post(reverse("patients:weight-edit", args=[weight.pk]), typed | {"version": 1})
        assert answer.status_code == 422
        assert answer.context["form"].errors["kg"] == ["A signed session rests on this weight: add a new one."]
        assert 'value="52"' in answer.content.decode()
        # The database refuses it of everybody, and lets everything else be said of it.
        for change in ({"kg": 52}, {"measured_on": today - timedelta(days=1)}):
            with pytest.raises(IntegrityError, match="rests on this weight"), transaction.atomic():
                Weight.objects.filter(pk=weight.pk).update(**change)
        assert client.post(self.url(cast), typed).status_code == 302
        added = Weight.objects.exclude(pk=weight.pk).get()
        assert (added.kg, added.measured_on) == (52, today)
        # That one is still free, so the day takes no third.
        assert client.post(self.url(cast), typed | {"kg": "53"}).status_code == 422
        assert client.post(
            reverse("patients:weight-edit", args=[added.pk]), typed | {"kg": "53", "version": 1}
        ).status_code == 302  # fmt: skip
        assert verify_records().sound
