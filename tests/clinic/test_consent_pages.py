"""Having a consent signed, reading and withdrawing it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from patients.models import Consent, ConsentForm
from tests.cast import Cast
from tests.patients.made import SIGNATURE, consent, wording
from tests.patients.pages import words_of

SignIn = Callable[[User], Client]


def url(cast: Cast) -> str:
    return reverse("clinic:consent-create", args=[cast.joye.pk])


def sent(**changed: Any) -> dict[str, Any]:
    return {
        "form": wording().pk,
        "conditions": ["chronic_migraine"],
        "signer": "patient",
        "signer_name": "Joye Koch",
        "method": "screen",
        "signature": SIGNATURE,
        **changed,
    }


class TestSigning:
    def test_the_page_shows_the_wording_and_is_ready_for_the_patients_courses(self, cast: Cast, sign_in: SignIn):
        cast.course()
        response = sign_in(cast.robin).get(url(cast))
        words = words_of(response)
        assert "The effect starts within days to two weeks" in words
        assert response.context["wording"] == wording()
        assert response.context["form"]["conditions"].value() == ["chronic_migraine"]
        assert response.context["form"]["signer_name"].value() == "Joye Koch"
        assert AuditEvent.objects.filter(action="chart-read", patient_id=cast.joye.pk).count() == 1

    def test_a_condition_that_no_label_lists_brings_its_own_wording(self, cast: Cast, sign_in: SignIn):
        cast.course()
        cast.course(condition="tmj_bruxism")
        client = sign_in(cast.robin)
        response = client.get(url(cast))
        assert response.context["wording"] == wording(off_label=True)
        assert response.context["unlabelled"] == ["TMJ disorder / bruxism"]
        other = client.get(url(cast), {"form": wording().pk})
        assert "the form for treatment outside the label is needed" in words_of(other)

    def test_what_was_signed_is_kept(self, cast: Cast, sign_in: SignIn):
        response = sign_in(cast.robin).post(url(cast), sent(conditions=["tmj_bruxism", "chronic_migraine"]))
        assert response["Location"] == reverse("clinic:chart", args=[cast.joye.pk])
        row = Consent.objects.get()
        today = cast.harbour.today()
        assert (row.patient, row.form, row.witness) == (cast.joye, wording(), cast.robin)
        assert row.conditions == ["chronic_migraine", "tmj_bruxism"]
        assert (row.signed_on, row.expires_on) == (today, today + timedelta(days=365))
        assert (row.signer, row.signer_name, row.method, row.signature) == (
            "patient",
            "Joye Koch",
            "screen",
            SIGNATURE,
        )
        event = AuditEvent.objects.get(action="consent")
        assert (event.actor_id, event.patient_id, event.subject_id) == (cast.robin.pk, cast.joye.pk, row.pk)

    def test_on_paper_no_drawing_is_kept(self, cast: Cast, sign_in: SignIn):
        sign_in(cast.robin).post(url(cast), sent(method="paper"))
        row = Consent.objects.get()
        assert (row.method, row.signature) == ("paper", "")

    def test_sent_twice_it_is_one_consent(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.robin)
        for _ in range(2):
            assert client.post(url(cast), sent()).status_code == 302
        assert Consent.objects.count() == 1
        assert AuditEvent.objects.filter(action="consent").count() == 1

    @pytest.mark.parametrize(
        ("changed", "field", "words"),
        [
            ({"conditions": []}, "conditions", "Choose what it is for."),
            ({"conditions": ["baldness"]}, "conditions", "baldness"),
            ({"signer": "neighbour"}, "signer", "neighbour"),
            ({"signer_name": "  "}, "signer_name", "Enter the name of who signs."),
            ({"signature": ""}, "signature", "The signature is missing."),
            ({"signature": "M 1 1 L 2 2"}, "signature", "too short"),
            ({"signature": 'M 1 1 L 300 20"/><script>alert(1)</script>'}, "signature", "could not be read"),
        ],
    )
    def test_what_cannot_be_kept_is_told_beside_its_field(
        self, cast: Cast, sign_in: SignIn, changed: dict[str, Any], field: str, words: str
    ):
        response = sign_in(cast.robin).post(url(cast), sent(**{"signer_name": "J. Koch-Lund"} | changed))
        assert response.status_code == 422
        assert set(response.context["form"].errors) == {field}
        assert words in words_of(response)
        assert "<script>alert" not in response.content.decode()
        if field != "signer_name":
            assert response.context["form"]["signer_name"].value() == "J. Koch-Lund"
        assert not Consent.objects.exists()

    def test_under_18_somebody_else_signs(self, cast: Cast, sign_in: SignIn):
        today = cast.harbour.today()
        cast.joye.birth_date = date(today.year - 9, 1, 1)
        cast.joye.save()
        client = sign_in(cast.robin)
        page = client.get(url(cast))
        assert page.context["form"]["signer"].value() == "parent"
        assert page.context["form"]["signer_name"].value() == ""
        refused = client.post(url(cast), sent())
        assert refused.status_code == 422
        assert "a parent, guardian or representative signs" in words_of(refused)
        client.post(url(cast), sent(signer="parent", signer_name="Ann Koch"))
        assert Consent.objects.get().signer == "parent"

    def test_a_wording_that_was_replaced_meanwhile_is_not_signed(self, cast: Cast, sign_in: SignIn):
        values = sent()
        ConsentForm.objects.filter(pk=values["form"]).update(is_current=False)
        response = sign_in(cast.robin).post(url(cast), values)
        assert response.status_code == 422
        assert "There is a newer wording" in words_of(response)
        assert not Consent.objects.exists()

    def test_without_any_form_the_page_says_so(self, cast: Cast, sign_in: SignIn):
        ConsentForm.objects.update(is_current=False)
        assert "There is no consent form." in words_of(sign_in(cast.robin).get(url(cast)))
        assert sign_in(cast.robin).post(url(cast), {"form": "x"}).status_code in (200, 422)

    def test_who_may_not(self, cast: Cast, sign_in: SignIn):
        for user, status in ((cast.ada, 403), (cast.max, 404)):
            assert sign_in(user).post(url(cast), sent()).status_code == status
        assert not Consent.objects.exists()

    def test_the_cost_does_not_grow(self, cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any):
        client = sign_in(cast.robin)
        client.get(url(cast))
        with django_assert_max_num_queries(12) as few:
            client.get(url(cast))
        for condition in ("chronic_migraine", "tmj_bruxism", "cervical_dystonia"):
            cast.course(condition=condition)
        with django_assert_max_num_queries(len(few)):
            client.get(url(cast))


class TestReading:
    def test_it_is_shown_as_it_was_signed(self, cast: Cast, sign_in: SignIn):
        row = consent(cast)
        ConsentForm.objects.filter(pk=row.form_id).update(is_current=False)
        response = sign_in(cast.ada).get(reverse("clinic:consent-detail", args=[row.pk]))
        words = words_of(response)
        for part in ("Chronic migraine", "Joye Koch", "Robin Vale", "not covered", "version 1", "Call 911"):
            assert part in words, part
        assert f'<path d="{SIGNATURE}"' in response.content.decode()
        assert AuditEvent.objects.filter(action="chart-read", subject_id=row.pk).exists()

    def test_who_may_not(self, cast: Cast, sign_in: SignIn):
        page = reverse("clinic:consent-detail", args=[consent(cast).pk])
        assert sign_in(cast.max).get(page).status_code == 404


class TestWithdrawing:
    def page(self, row: Consent) -> str:
        return reverse("clinic:consent-withdraw", args=[row.pk])

    def test_it_is_noted_with_its_reason(self, cast: Cast, sign_in: SignIn):
        row = consent(cast)
        client = sign_in(cast.robin)
        assert client.post(self.page(row), {"reason": " is pregnant "}).status_code == 302
        row.refresh_from_db()
        assert (row.withdrawn_on, row.withdrawn_reason, row.withdrawn_by) == (
            cast.harbour.today(),
            "is pregnant",
            cast.robin,
        )
        assert "Withdrawn on" in words_of(client.get(reverse("clinic:consent-detail", args=[row.pk])))
        assert AuditEvent.objects.filter(action="consent", detail="withdrawn").count() == 1

    def test_a_second_time_changes_nothing(self, cast: Cast, sign_in: SignIn):
        row = consent(cast)
        client = sign_in(cast.robin)
        client.post(self.page(row), {"reason": "first"})
        response = client.post(self.page(row), {"reason": "second"}, follow=True)
        assert "withdrawn already" in words_of(response)
        row.refresh_from_db()
        assert row.withdrawn_reason == "first"

    def test_without_a_reason_it_is_not(self, cast: Cast, sign_in: SignIn):
        row = consent(cast)
        response = sign_in(cast.robin).post(self.page(row), {"reason": " "})
        assert response.status_code == 422
        assert "Say why it is withdrawn." in words_of(response)
        row.refresh_from_db()
        assert row.withdrawn_on is None

    def test_who_may_not(self, cast: Cast, sign_in: SignIn):
        row = consent(cast)
        for user, status in ((cast.ada, 403), (cast.max, 404)):
            assert sign_in(user).post(self.page(row), {"reason": "x"}).status_code == status
        row.refresh_from_db()
        assert row.withdrawn_on is None

    def test_the_database_refuses_any_other_change(self, cast: Cast):
        row = consent(cast)
        for change in (
            lambda: Consent.objects.filter(pk=row.pk).update(signer_name="Somebody Else"),
            lambda: Consent.objects.filter(pk=row.pk).delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
