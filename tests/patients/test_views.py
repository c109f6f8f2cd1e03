"""The pages of patients: each works, is refused to whom it should be, knows no stranger, and keeps what was typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from audit.models import AuditEvent
from patients.models import Allergy, HistoryItem, Medication, Patient
from tests.cast import Cast
from tests.patients.pages import value_of, words_of

SignIn = Callable[[User], Client]

NEWCOMER = {
    "given_name": "Ines",
    "family_name": "Vega",
    "birth_date": "1991-05-17",
    "sex": "F",
    "phone": "617 555 0177",
    "preferred_channel": "phone",
}


class TestPatientList:
    url = "/patients/"

    def test_shows_name_number_birth_age_and_phone(self, cast: Cast, sign_in: SignIn):
        words = words_of(sign_in(cast.robin).get(self.url))
        age = cast.joye.age(on=cast.harbour.today())
        for part in ("Koch, Joye", cast.joye.record_number, "25 Aug 1982", str(age), "+1 617 555 0134", "Díaz, Omar"):
            assert part in words

    def test_a_stranger_sees_nobody(self, cast: Cast, sign_in: SignIn):
        words = words_of(sign_in(cast.max).get(self.url))
        assert "Koch" not in words
        assert "No patients yet" in words

    def test_pages_go_forth_and_back_and_no_address_holds_a_name(self, cast: Cast, sign_in: SignIn):
        crowd(cast, 120)
        client = sign_in(cast.robin)
        seen, url = [], self.url
        for _ in range(3):
            response = client.get(url)
            seen += [patient.pk for patient in response.context["patients"]]
            url = f"{self.url}?after={response.context['next']}"
        assert seen == list(Patient.objects.by_name().values_list("pk", flat=True))
        assert response.context["next"] is None

        back = client.get(f"{self.url}?before={response.context['patients'][0].pk}")
        assert [patient.pk for patient in back.context["patients"]] == seen[50:100]
        first = client.get(f"{self.url}?before={back.context['patients'][0].pk}")
        assert [patient.pk for patient in first.context["patients"]] == seen[:50]
        assert first.context["previous"] is None

    def test_a_letter_leads_to_its_names(self, cast: Cast, sign_in: SignIn):
        response = sign_in(cast.robin).get(self.url, {"letter": "E"})
        assert [patient.family_name for patient in response.context["patients"]] == ["Koch"]
        assert response.context["previous"] == cast.joye.pk

    @pytest.mark.parametrize(
        "query", ["?letter=ä", "?letter=AB", "?after=x", "?after=-1", "?before=" + "9" * 30, "?letter="]
    )
    def test_what_is_no_place_in_the_list_is_its_beginning(self, cast: Cast, sign_in: SignIn, query: str):
        response = sign_in(cast.robin).get(self.url + query)
        assert [patient.family_name for patient in response.context["patients"]] == ["Díaz", "Koch"]

    def test_a_place_of_another_site_is_not_known(self, cast: Cast, sign_in: SignIn):
        assert sign_in(cast.max).get(self.url, {"after": cast.joye.pk}).status_code == 404

    def test_asks_as_much_for_one_as_for_many(
        self, cast: Cast, sign_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries
    ):
        client = sign_in(cast.robin)
        for count in (0, 60):
            crowd(cast, count)
            with django_assert_num_queries(6):  # session, user, sites, page, any before, duplicates
                client.get(self.url)


def crowd(cast: Cast, count: int) -> None:
    Patient.objects.bulk_create(
        [
            Patient(
                given_name="Same",
                family_name=f"Name{n % 7}",
                birth_date=date(1950, 1, 1) + timedelta(days=n),
                site=cast.harbour,
                died_on=date(2020, 1, 1) if n % 5 == 0 else None,
            )
            for n in range(count)
        ]
    )


class TestPatientSearch:
    url = "/patients/search/"

    def ask(self, client: Client, text: str) -> Any:
        return client.post(self.url, {"q": text}, headers={"accept": "application/json"})

    def test_answers_the_search_box_with_options(self, cast: Cast, sign_in: SignIn):
        response = self.ask(sign_in(cast.robin), "koch jo")
        age = cast.joye.age(on=cast.harbour.today())
        assert response.json() == {
            "results": [
                {
                    "name": "Koch, Joye",
                    "detail": f"F {age} · 25 Aug 1982 · {cast.joye.record_number}",
                    "url": reverse("clinic:chart", args=[cast.joye.pk]),
                }
            ]
        }

    def test_offers_twelve_at_most(self, cast: Cast, sign_in: SignIn):
        crowd(cast, 20)
        assert len(self.ask(sign_in(cast.robin), "same").json()["results"]) == 12

    def test_answers_a_browser_without_scripts_with_a_page(self, cast: Cast, sign_in: SignIn):
        response = sign_in(cast.robin).post(
            self.url, {"q": "koch"}, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        )
        words = words_of(response)
        assert "1 patient found" in words
        assert reverse("clinic:chart", args=[cast.joye.pk]) in response.content.decode()

    @pytest.mark.parametrize(("text", "words"), [("zzz", "No patient found"), ("", "Find a patient"), ("\0", "Find a")])
    def test_says_so_when_nobody_is_found(self, cast: Cast, sign_in: SignIn, text: str, words: str):
        assert words in words_of(sign_in(cast.robin).post(self.url, {"q": text}))

    def test_text_of_any_length_is_read(self, cast: Cast, sign_in: SignIn):
        assert self.ask(sign_in(cast.robin), "koch " * 10_000).status_code == 200

    def test_is_never_asked_by_address(self, cast: Cast, sign_in: SignIn):
        assert sign_in(cast.robin).get(self.url, {"q": "koch"}).status_code == 405

    def test_a_stranger_finds_nobody(self, cast: Cast, sign_in: SignIn):
        assert self.ask(sign_in(cast.max), "koch").json() == {"results": []}

    def test_the_audit_holds_how_many_and_not_what_was_asked(self, cast: Cast, sign_in: SignIn):
        self.ask(sign_in(cast.robin), "koch")
        event = AuditEvent.objects.get(action="search")
        assert (event.actor_id, event.patient_id, event.detail) == (cast.robin.pk, None, "1 found")

    def test_asks_as_much_for_one_as_for_many(
        self, cast: Cast, sign_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries
    ):
        client = sign_in(cast.robin)
        for count in (1, 60):
            crowd(cast, count)
            with django_assert_num_queries(5):  # session, user, sites, search, audit
                self.ask(client, "same")


class TestPatientCreate:
    url = "/patients/new/"

    def test_makes_a_patient_and_opens_the_chart(self, cast: Cast, sign_in: SignIn):
        response = sign_in(cast.robin).post(self.url, {**NEWCOMER, "site": cast.mesa.pk})
        patient = Patient.objects.get(family_name="Vega")
        assert response.status_code == 302
        assert response["Location"] == reverse("clinic:chart", args=[patient.pk])
        assert (patient.site, patient.birth_date, patient.phone) == (cast.mesa, date(1991, 5, 17), "617 555 0177")

    def test_starts_at_the_site_one_works_at(self, cast: Cast, sign_in: SignIn):
        assert value_of(sign_in(cast.robin).get(self.url), "site") == str(cast.harbour.pk)

    @pytest.mark.parametrize(
        ("field", "typed", "words"),
        [
            ("given_name", "", "Enter the given name."),
            ("given_name", "   ", "Enter the given name."),
            ("family_name", "\u200b", "A name has at least one letter."),
            ("family_name", "x" * 81, "at most 80 characters"),
            ("birth_date", "", "Enter the date of birth."),
            ("birth_date", "31/31/1980", "Enter a valid date."),
            ("birth_date", "2999-01-01", "The date of birth lies in the future."),
            ("birth_date", "1899-12-31", "The date of birth lies before 1900."),
            ("phone", "555", "A phone number has 7 to 15 digits."),
            ("email", "joye at home", "Enter a valid email address."),
            ("sex", "Q", "Select a valid choice."),
            ("postal_code", "1" * 13, "at most 12 characters"),
            ("site", "", "This field is required."),
        ],
    )
    def test_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed(
        self, cast: Cast, sign_in: SignIn, field: str, typed: str, words: str
    ):
        response = sign_in(cast.robin).post(self.url, {**NEWCOMER, "site": cast.harbour.pk, field: typed})
        assert response.status_code == 200
        assert set(response.context["form"].errors) == {field}
        assert words in " ".join(response.context["form"].errors[field])
        assert words in words_of(response)
        for name, value in {**NEWCOMER, field: typed}.items():
            assert value_of(response, name) == value
        assert not Patient.objects.filter(phone=NEWCOMER["phone"]).exists()

    def test_a_site_one_does_not_work_at_is_no_choice(self, cast: Cast, sign_in: SignIn):
        response = sign_in(cast.robin).post(self.url, {**NEWCOMER, "site": cast.elsewhere.pk})
        assert set(response.context["form"].errors) == {"site"}

    def test_shows_who_may_be_the_same_and_asks_for_a_tick(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.robin)
        typed = {**NEWCOMER, "family_name": "Koch", "birth_date": "1982-08-25", "site": cast.harbour.pk}
        response = client.post(self.url, typed)
        assert "This may be a patient who is here already." in words_of(response)
        assert reverse("clinic:chart", args=[cast.joye.pk]) in response.content.decode()
        assert value_of(response, "given_name") == "Ines"
        assert Patient.objects.filter(family_name="Koch").count() == 1

        # Pressed again without the tick, the question stays.
        assert client.post(self.url, typed).context["resembling"] == [cast.joye]

        [tick] = re.findall(r'name="someone_else"[^>]*value="([^"]+)"', response.content.decode())
        assert client.post(self.url, {**typed, "someone_else": tick}).status_code == 302
        assert Patient.objects.filter(family_name="Koch").count() == 2

    def test_one_more_who_appeared_meanwhile_is_asked_about_too(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.robin)
        typed = {**NEWCOMER, "phone": "617 555 0134", "site": cast.harbour.pk, "someone_else": str(cast.joye.pk)}
        Patient.objects.filter(pk=cast.omar.pk).update(phone="+1 617 555 0134")
        response = client.post(self.url, typed)
        assert response.context["resembling"] == [cast.omar]
        [tick] = re.findall(r'name="someone_else"[^>]*value="([^"]+)"', response.content.decode())
        assert client.post(self.url, {**typed, "someone_else": tick}).status_code == 302

    @pytest.mark.parametrize("tick", ["on", "1; DROP", "²", ",,,", "-1"])
    def test_a_tick_that_names_nobody_is_no_answer(self, cast: Cast, sign_in: SignIn, tick: str):
        typed = {**NEWCOMER, "phone": "617 555 0134", "site": cast.harbour.pk, "someone_else": tick}
        assert sign_in(cast.robin).post(self.url, typed).context["resembling"] == [cast.joye]


class TestPatientEdit:
    def url(self, patient: Patient) -> str:
        return f"/patients/{patient.pk}/edit/"

    def typed(self, patient: Patient, **fields: Any) -> dict[str, Any]:
        return {
            "version": patient.version,
            "given_name": patient.given_name,
            "family_name": patient.family_name,
            "birth_date": patient.birth_date.isoformat(),
            "sex": patient.sex,
            "phone": patient.phone,
            "preferred_channel": patient.preferred_channel,
            "site": patient.site_id,
            **fields,
        }

    def test_saves_and_opens_the_chart(self, cast: Cast, sign_in: SignIn):
        response = sign_in(cast.robin).post(
            self.url(cast.joye), self.typed(cast.joye, city="Boston", died_on="2026-01-02", left_on="2026-01-01")
        )
        assert response["Location"] == reverse("clinic:chart", args=[cast.joye.pk])
        cast.joye.refresh_from_db()
        assert (cast.joye.city, cast.joye.died_on, cast.joye.version) == ("Boston", date(2026, 1, 2), 2)

    def test_a_read_is_audited(self, cast: Cast, sign_in: SignIn):
        sign_in(cast.robin).get(self.url(cast.joye))
        event = AuditEvent.objects.get(action="chart-read")
        assert (event.actor_id, event.patient_id) == (cast.robin.pk, cast.joye.pk)

    def test_a_stranger_does_not_learn_that_the_patient_exists(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.max)
        assert client.get(self.url(cast.joye)).status_code == 404
        assert client.post(self.url(cast.joye), self.typed(cast.joye)).status_code == 404
        assert AuditEvent.objects.filter(action="chart-read").count() == 0

    @pytest.mark.parametrize(
        ("field", "typed", "words"),
        [
            ("died_on", "1980-01-01", "The date of death lies before the date of birth."),
            ("died_on", "2999-01-01", "The date of death lies in the future."),
            ("left_on", "2999-01-01", "The day of leaving lies in the future."),
            ("family_name", " ", "Enter the family name."),
            ("phone", "1", "A phone number has 7 to 15 digits."),
        ],
    )
    def test_says_what_is_wrong_and_the_head_shows_what_is_saved(
        self, cast: Cast, sign_in: SignIn, field: str, typed: str, words: str
    ):
        response = sign_in(cast.robin).post(
            self.url(cast.joye), self.typed(cast.joye, given_name="Typed", **{field: typed})
        )
        assert set(response.context["form"].errors) == {field}
        assert words in words_of(response)
        assert value_of(response, field) == typed
        assert "Joye Koch" in words_of(response)

    def test_a_stale_form_shows_both_versions_and_loses_nothing(self, cast: Cast, sign_in: SignIn):
        robin, ito = sign_in(cast.robin), sign_in(cast.ito)
        mine, hers = self.typed(cast.joye, phone="617 555 0001"), self.typed(cast.joye, phone="617 555 0002")
        assert ito.post(self.url(cast.joye), hers).status_code == 302

        response = robin.post(self.url(cast.joye), mine)
        assert response.status_code == 409
        assert value_of(response, "phone") == "617 555 0001"
        assert "Saved meanwhile: 617 555 0002" in words_of(response)
        cast.joye.refresh_from_db()
        assert cast.joye.phone == "617 555 0002"

        # Saving again, now with the other version seen, puts one's own in its place.
        again = {**mine, "version": value_of(response, "version")}
        assert robin.post(self.url(cast.joye), again).status_code == 302
        cast.joye.refresh_from_db()
        assert (cast.joye.phone, cast.joye.version) == ("617 555 0001", 3)

    @pytest.mark.parametrize("version", ["", "0", "x", "99"])
    def test_a_form_without_its_version_is_stale(self, cast: Cast, sign_in: SignIn, version: str):
        sign_in(cast.robin).post(self.url(cast.joye), self.typed(cast.joye, city="Boston", version=version))
        cast.joye.refresh_from_db()
        assert cast.joye.city == ""

    def test_asks_as_much_for_one_fact_as_for_many(
        self, cast: Cast, sign_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries
    ):
        client = sign_in(cast.ito)
        for count in (1, 30):
            many_facts(cast, count)
            with django_assert_num_queries(9):  # session, user, sites, patient, three kinds of facts, consents, audit
                client.get(self.url(cast.joye))


def many_facts(cast: Cast, count: int) -> None:
    for n in range(count):
        Allergy.objects.create(patient=cast.joye, substance="other", name=f"{count} {n}")
        Medication.objects.create(patient=cast.joye, drug_class="anticoagulant", name=f"{count} {n}")
        HistoryItem.objects.create(patient=cast.joye, kind="other", note=f"{count} {n}")
