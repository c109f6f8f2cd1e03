"""The screening on one page, and reading one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from audit.models import AuditEvent
from patients.models import Allergy, Medication, Patient, Screening
from patients.rules.screening import QUESTIONS, VERSION
from tests.cast import Cast
from tests.patients.made import answers, screening, typed
from tests.patients.pages import words_of

SignIn = Callable[[User], Client]


def url(cast: Cast) -> str:
    return reverse("patients:screening-create", args=[cast.joye.pk])


class TestAsking:
    def test_every_question_is_asked_and_none_is_answered_beforehand(self, cast: Cast, sign_in: SignIn):
        Allergy.objects.create(patient=cast.joye, substance="albumin")
        Medication.objects.create(patient=cast.joye, drug_class="antiplatelet", name="clopidogrel")
        response = sign_in(cast.ito).get(url(cast))
        words = unescape(words_of(response))
        for question in QUESTIONS:
            assert question.label in words
            assert question.words in words
        assert "checked" not in response.content.decode().partition('<form method="post" id="screening"')[2]
        # What is on file stands beside the question it answers.
        rows = {row["question"].key: row for row in response.context["rows"]}
        assert [alert.label for alert in rows["albumin_objection"]["on_file"]] == ["allergy: albumin"]
        assert [alert.label for alert in rows["anticoagulants"]["on_file"]] == ["antiplatelet"]
        assert sum(len(row["on_file"]) for row in rows.values()) == 2
        assert AuditEvent.objects.filter(action="chart-read", patient_id=cast.joye.pk).count() == 1

    def test_answers_are_kept_with_their_notes_and_who_wrote_them(self, cast: Cast, sign_in: SignIn):
        sent = typed(anticoagulants="yes", cardiac="unsure") | {"note_anticoagulants": " apixaban 5 mg "}
        response = sign_in(cast.ito).post(url(cast), sent)
        assert response["Location"] == reverse("clinic:chart", args=[cast.joye.pk])
        row = Screening.objects.get()
        assert row.answers["anticoagulants"] == {"answer": "yes", "note": "apixaban 5 mg"}
        assert row.answers["cardiac"] == {"answer": "unsure", "note": ""}
        assert len(row.answers) == len(QUESTIONS)
        assert (row.patient, row.recorded_by, row.by_patient) == (cast.joye, cast.ito, False)
        assert (row.answered_on, row.questionnaire) == (cast.harbour.today(), VERSION)

    def test_sent_twice_it_is_one_screening_and_other_answers_are_another(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.ito)
        for _ in range(2):
            assert client.post(url(cast), typed()).status_code == 302
        assert Screening.objects.count() == 1
        client.post(url(cast), typed(surgery="yes"))
        client.post(url(cast), typed())
        assert Screening.objects.count() == 3

    def test_the_same_answers_of_another_day_are_another_screening(self, cast: Cast, sign_in: SignIn):
        screening(cast, on=cast.harbour.today() - timedelta(days=1))
        sign_in(cast.ito).post(url(cast), typed())
        assert Screening.objects.count() == 2

    def test_what_has_no_answer_is_marked_and_nothing_is_lost(self, cast: Cast, sign_in: SignIn):
        sent = typed(cardiac="yes") | {"note_cardiac": "stent 2019"}
        del sent["answer_surgery"]
        sent["answer_pregnancy"] = "perhaps"
        response = sign_in(cast.ito).post(url(cast), sent)
        assert response.status_code == 422
        assert not Screening.objects.exists()
        rows = {row["question"].key: row for row in response.context["rows"]}
        assert [key for key, row in rows.items() if row["answer"].errors] == ["pregnancy", "surgery"]
        assert words_of(response).count("This has no answer.") == 2
        assert rows["cardiac"]["given"] == "yes"
        assert rows["cardiac"]["note"].value() == "stent 2019"

    def test_a_note_that_is_too_long_is_told(self, cast: Cast, sign_in: SignIn):
        response = sign_in(cast.ito).post(url(cast), typed() | {"note_cardiac": "x" * 201})
        assert response.status_code == 422
        assert "at most 200" in words_of(response)

    def test_a_note_alone_is_not_said_to_be_an_answer_missing(self, cast: Cast, sign_in: SignIn):
        words = words_of(sign_in(cast.ito).post(url(cast), typed() | {"note_cardiac": "x" * 201}))
        assert "Something is to be corrected. It is marked." in words
        assert "no answer yet" not in words

    @pytest.mark.parametrize(("spoken", "chosen"), [("", "en"), ("English", "en"), ("Spanish", ""), ("Polish", "")])
    def test_another_language_is_for_whoever_asks_to_say(self, cast: Cast, sign_in: SignIn, spoken: str, chosen: str):
        Patient.objects.filter(pk=cast.joye.pk).update(language=spoken)
        client = sign_in(cast.ito)
        assert (client.get(url(cast)).context["form"]["language"].value() or "") == chosen
        refused = client.post(url(cast), typed() | {"language": ""})
        assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["language"])
        assert "Say in which language it was asked." in words_of(refused)
        for sent, kept in (("es", "es"), ("other", "")):
            client.post(url(cast), typed() | {"language": sent})
            row = Screening.objects.latest("pk")
            assert row.language == kept
            page = words_of(client.get(reverse("patients:screening-detail", args=[row.pk])))
            assert ("asked in Español" in page) == bool(kept)

    def test_one_press_answers_the_rest_with_no_and_saves_nothing(self, cast: Cast, sign_in: SignIn):
        response = sign_in(cast.ito).post(
            url(cast), {"rest": "no", "answer_cardiac": "yes", "note_cardiac": "stent 2019"}
        )
        assert response.status_code == 200
        assert not Screening.objects.exists()
        given = {row["question"].key: row["given"] for row in response.context["rows"]}
        assert given.pop("cardiac") == "yes"
        assert set(given.values()) == {"no"}
        assert "stent 2019" in response.content.decode()

    def test_it_leads_back_where_it_was_asked_from_but_to_no_other_site(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.ito)
        inside = client.post(url(cast), typed() | {"next": "/my-day/"})
        assert inside["Location"] == "/my-day/"
        for outside in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"):
            answer = client.post(url(cast), typed() | {"next": outside})
            assert answer["Location"] == reverse("clinic:chart", args=[cast.joye.pk])

    def test_who_may_not(self, cast: Cast, sign_in: SignIn):
        for user, status in ((cast.robin, 403), (cast.ada, 403), (cast.max, 404)):
            assert sign_in(user).post(url(cast), typed()).status_code == status
        assert not Screening.objects.exists()

    def test_it_costs_no_more_with_more_facts(
        self, cast: Cast, sign_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries
    ):
        client = sign_in(cast.ito)
        client.get(url(cast))
        for _ in range(2):
            Allergy.objects.create(patient=cast.joye, substance="latex")
            with django_assert_num_queries(8):  # session, user, sites, patient, three kinds of facts, audit
                client.get(url(cast))


class TestReading:
    def test_what_needs_a_look_comes_first_with_its_source(self, cast: Cast, sign_in: SignIn):
        row = screening(cast, answers=answers(site_infection="yes", cardiac="unsure"), by_patient=True)
        response = sign_in(cast.ito).get(reverse("patients:screening-detail", args=[row.pk]))
        assert [each["key"] for each in response.context["to_see"]] == ["site_infection", "cardiac"]
        assert len(response.context["no"]) == len(QUESTIONS) - 2
        words = words_of(response)
        assert "contraindicated, all products" in words
        assert "rule R9 (A)." in words
        assert "Answered by the patient on the tablet" in words
        assert AuditEvent.objects.filter(action="chart-read", subject_id=row.pk).count() == 1

    def test_answers_of_an_earlier_version_stay_readable(self, cast: Cast, sign_in: SignIn):
        row = screening(cast, questionnaire="2020-1", answers={"old_question": {"answer": "yes", "note": "so"}})
        words = words_of(sign_in(cast.ito).get(reverse("patients:screening-detail", args=[row.pk])))
        assert "old_question" in words
        assert "version 2020-1" in words

    def test_other_days_are_named(self, cast: Cast, sign_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries):
        row = screening(cast)
        page = reverse("patients:screening-detail", args=[row.pk])
        client = sign_in(cast.ito)
        client.get(page)
        for ago in range(1, 9):
            other = screening(cast, on=cast.harbour.today() - timedelta(days=ago))
            # session, user, sites, screening, patient, three kinds of facts, audit, other days
            with django_assert_num_queries(10):
                content = client.get(page).content.decode()
            assert (reverse("patients:screening-detail", args=[other.pk]) in content) == (ago <= 5)

    def test_who_may_not(self, cast: Cast, sign_in: SignIn):
        page = reverse("patients:screening-detail", args=[screening(cast).pk])
        for user, status in ((cast.robin, 403), (cast.ada, 200), (cast.max, 404)):
            assert sign_in(user).get(page).status_code == status

    def test_the_database_refuses_a_later_change(self, cast: Cast):
        from django.db import DatabaseError, transaction

        row = screening(cast)
        for change in (lambda: Screening.objects.update(answers={}), row.delete):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
