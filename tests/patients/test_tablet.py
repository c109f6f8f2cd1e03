"""The tablet in a patient's hands: the questions, and that nothing else opens until a password is given."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from audit.models import AuditEvent
from patients.models import Screening
from patients.rules.screening import QUESTIONS
from tests.cast import PASSWORD, Cast
from tests.patients.pages import words_of

SignIn = Callable[[User], Client]
RETURN = "/tablet/"
CHECK = "/tablet/check/"


@pytest.fixture
def clear_rate_limits(db: None) -> None:
    cache.clear()


@pytest.fixture
def held(cast: Cast, sign_in: SignIn, clear_rate_limits: None) -> Client:
    """Robin's session, handed over to Joye."""
    client = sign_in(cast.robin)
    response = client.post(reverse("patients:screening-tablet", args=[cast.joye.pk]))
    assert response["Location"] == "/tablet/1/"
    return client


def answer_all(client: Client, answer: str = "no") -> None:
    for number in range(1, len(QUESTIONS) + 1):
        client.post(f"/tablet/{number}/", {"answer": answer})


class TestHandingOver:
    def test_the_page_says_what_will_happen_and_hands_nothing_over(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.robin)
        words = words_of(client.get(reverse("patients:screening-tablet", args=[cast.joye.pk])))
        assert f"Joye answers {len(QUESTIONS)} questions" in words
        assert client.get("/patients/").status_code == 200

    def test_who_may_not(self, cast: Cast, sign_in: SignIn):
        page = reverse("patients:screening-tablet", args=[cast.joye.pk])
        for user, status in ((cast.ada, 403), (cast.max, 404)):
            client = sign_in(user)
            assert client.post(page).status_code == status
            assert client.get("/accounts/profile/", follow=True).status_code in (200, 404)

    def test_without_a_hand_over_there_are_no_questions(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.robin)
        for page in ("/tablet/1/", "/tablet/1/more/", CHECK, RETURN):
            assert client.get(page).status_code == 404


class TestAnswering:
    def test_nothing_of_the_record_is_shown_but_the_first_name(self, cast: Cast, held: Client):
        for page in ("/tablet/1/", RETURN):
            content = held.get(page).content.decode()
            for secret in ("Koch", cast.joye.record_number, "1982", "555", 'href="/patients', "/admin", "/my-day"):
                assert secret not in content, (page, secret)
        assert "Joye" in held.get("/tablet/1/").content.decode()

    def test_a_no_goes_on_and_a_yes_asks_for_more(self, held: Client):
        assert held.post("/tablet/1/", {"answer": "no"})["Location"] == "/tablet/2/"
        assert held.post("/tablet/2/", {"answer": "yes"})["Location"] == "/tablet/2/more/"
        assert "Can you say more?" in words_of(held.get("/tablet/2/more/"))
        assert held.post("/tablet/2/more/", {"note": " hives "})["Location"] == "/tablet/3/"
        assert held.post("/tablet/3/", {"answer": "unsure"})["Location"] == "/tablet/3/more/"

    def test_an_answer_can_be_taken_back(self, held: Client):
        held.post("/tablet/1/", {"answer": "no"})
        held.post("/tablet/2/", {"answer": "yes"})
        page = held.get("/tablet/1/").content.decode()
        assert 'value="no" aria-current="true"' in page
        # The note of the second question is still to come, the third is the first without an answer.
        assert held.post("/tablet/1/", {"answer": "no"})["Location"] == "/tablet/3/"

    @pytest.mark.parametrize("sent", [{}, {"answer": ""}, {"answer": "perhaps"}])
    def test_no_answer_is_told(self, held: Client, sent: dict[str, str]):
        response = held.post("/tablet/1/", sent)
        assert response.status_code == 422
        assert "Press one of the three." in words_of(response)

    def test_a_note_with_what_cannot_be_kept_is_sent_all_the_same(self, held: Client):
        answer_all(held)
        held.post("/tablet/1/", {"answer": "yes"})
        held.post("/tablet/1/more/", {"note": "hi\0ves"})
        assert held.post(CHECK)["Location"] == "/tablet/"
        assert Screening.objects.get().answers[QUESTIONS[0].key] == {"answer": "yes", "note": "hives"}

    def test_a_note_that_is_too_long_comes_back(self, held: Client):
        held.post("/tablet/1/", {"answer": "yes"})
        response = held.post("/tablet/1/more/", {"note": "x" * 201})
        assert response.status_code == 422
        assert "x" * 201 in response.content.decode()

    def test_questions_that_are_none_are_not_found(self, held: Client):
        assert held.get("/tablet/0/").status_code == 404
        assert held.get(f"/tablet/{len(QUESTIONS) + 1}/").status_code == 404

    def test_the_end_is_only_reached_with_every_answer(self, held: Client):
        held.post("/tablet/1/", {"answer": "no"})
        assert held.post(CHECK)["Location"] == "/tablet/2/"
        assert not Screening.objects.exists()

    def test_sent_answers_are_one_screening_however_often_they_are_sent(self, cast: Cast, held: Client):
        answer_all(held)
        held.post("/tablet/3/", {"answer": "yes"})
        assert held.post("/tablet/3/more/", {"note": "I object"})["Location"] == CHECK
        assert "I object" in words_of(held.get(CHECK))
        for _ in range(2):
            assert held.post(CHECK)["Location"] == RETURN
        row = Screening.objects.get()
        assert (row.patient, row.recorded_by, row.by_patient) == (cast.joye, cast.robin, True)
        assert row.answers["albumin_objection"] == {"answer": "yes", "note": "I object"}
        assert "Thank you" in words_of(held.get(RETURN))
        # Nobody reads the answers of the one before.
        assert held.get("/tablet/3/")["Location"] == RETURN
        assert held.session["tablet"]["answers"] == {}


class TestInSpanish:
    @pytest.fixture
    def spanish(self, cast: Cast, sign_in: SignIn, clear_rate_limits: None) -> Client:
        client = sign_in(cast.robin)
        client.post(reverse("patients:screening-tablet", args=[cast.joye.pk]), {"language": "es"})
        return client

    def test_the_patients_language_stands_chosen(self, cast: Cast, sign_in: SignIn):
        cast.joye.language = "Spanish"
        cast.joye.save()
        page = sign_in(cast.robin).get(reverse("patients:screening-tablet", args=[cast.joye.pk])).content.decode()
        assert 'value="es" checked' in page
        assert 'value="en" checked' not in page

    def test_all_that_the_patient_reads_is_spanish(self, spanish: Client):
        page = spanish.get("/tablet/2/")
        assert '<html lang="es">' in page.content.decode()
        for words in ("Joye, pregunta 2 de", "¿Es alérgico o alérgica a la proteína", "No estoy segur", "Atrás"):
            assert words in words_of(page), words
        assert "Pulse una de las tres." in words_of(spanish.post("/tablet/2/", {}))
        spanish.post("/tablet/2/", {"answer": "yes"})
        assert "Qué le pasa. Puede dejarlo en blanco." in words_of(spanish.get("/tablet/2/more/"))
        answer_all(spanish)
        assert "¿Son estas sus respuestas?" in words_of(spanish.get(CHECK))
        assert "Devuelva la tableta" in words_of(spanish.get(RETURN))

    def test_the_patient_changes_it_and_keeps_the_answers(self, spanish: Client):
        spanish.post("/tablet/1/", {"answer": "no"})
        answer = spanish.post("/tablet/language/", {"language": "en", "number": "2"})
        assert answer["Location"] == "/tablet/2/"
        assert "Are you allergic to the protein" in words_of(spanish.get("/tablet/2/"))
        assert 'value="no" aria-current="true"' in spanish.get("/tablet/1/").content.decode()
        assert spanish.post("/tablet/language/", {"language": "xx", "number": "99"})["Location"] == CHECK
        assert '<html lang="en">' in spanish.get("/tablet/2/").content.decode()

    def test_the_record_and_the_staffs_pages_stay_as_they_are(self, cast: Cast, spanish: Client):
        answer_all(spanish)
        spanish.post("/tablet/2/", {"answer": "yes"})
        spanish.post("/tablet/2/more/", {"note": "ronchas"})
        spanish.post(CHECK)
        row = Screening.objects.get()
        assert row.answers["milk_allergy"] == {"answer": "yes", "note": "ronchas"}
        assert row.language == "es"
        assert {given["answer"] for given in row.answers.values()} == {"no", "yes"}
        page = spanish.post(RETURN, {"password": PASSWORD}, follow=True)
        assert '<html lang="en">' in page.content.decode()

    def test_every_question_is_written_in_spanish(self):
        asked = {words for each in QUESTIONS for words in (each.words, each.help, each.note) if words}
        templates = (settings.BASE_DIR / "templates/patients").glob("*tablet_*.html")
        asked |= {words for file in templates for words in re.findall(r'{% translate "([^"]+)" %}', file.read_text())}
        with translation.override("es"):
            same = {words for words in asked if translation.gettext(words) == words}
        assert same == {"No"}


PAGES = ["/", "/patients/", "/recalls/", "/calendar/", "/account/login/", "/account/password/change/", "/admin/", "/x/"]


class TestTheLock:
    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_every_other_page_asks_for_the_tablet_back(self, cast: Cast, held: Client, page: str, method: str):
        for address in (page, reverse("clinic:chart", args=[cast.joye.pk])):
            response = getattr(held, method)(address)
            assert response.status_code == 423
            content = response.content.decode()
            assert "Please hand the tablet back" in content
            assert "Koch" not in content

    def test_it_shuts_with_every_url_of_the_site(self, cast: Cast, held: Client):
        """A page added later is shut as well, since what stays open is listed and the rest is not."""
        from patients.middleware import OPEN_PAGES
        from tests.access_table import TABLE
        from tests.access_things import THINGS

        checked = 0
        for row in TABLE:
            if row.name in OPEN_PAGES:
                continue
            # The thing itself may be missing: the lock answers before anybody looks for it.
            args = {name: 1 for name in row.args}
            assert set(row.args.values()) <= set(THINGS) | set(row.args.values())
            try:
                address = reverse(row.name, kwargs=args)
            except Exception:  # noqa: S112 - an argument that is no number
                continue
            assert held.get(address).status_code == 423, row.name
            checked += 1
        assert checked > 50

    def test_a_search_and_its_answers_are_shut_too(self, held: Client):
        response = held.post("/patients/search/", {"q": "Koch"}, HTTP_ACCEPT="application/json")
        assert response.status_code == 423
        assert "Koch" not in response.content.decode()

    def test_the_right_password_opens_it(self, cast: Cast, held: Client):
        answer_all(held)
        held.post(CHECK)
        response = held.post(RETURN, {"password": PASSWORD})
        # The front desk does not read answers.
        assert response["Location"] == reverse("clinic:chart", args=[cast.joye.pk])
        assert held.get("/patients/").status_code == 200
        assert held.get(RETURN).status_code == 404

    def test_a_provider_goes_on_to_the_answers(self, cast: Cast, sign_in: SignIn, clear_rate_limits: None):
        client = sign_in(cast.ito)
        client.post(reverse("patients:screening-tablet", args=[cast.joye.pk]))
        answer_all(client)
        client.post(CHECK)
        response = client.post(RETURN, {"password": PASSWORD})
        assert response["Location"] == reverse("patients:screening-detail", args=[Screening.objects.get().pk])

    @pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper()])
    def test_a_wrong_password_does_not(self, held: Client, password: str):
        response = held.post(RETURN, {"password": password})
        assert response.status_code == 422
        assert "This password is wrong." in words_of(response)
        assert held.get("/patients/").status_code == 423
        assert AuditEvent.objects.filter(action="sign-in-failed").exists()

    def test_another_persons_password_does_not(self, cast: Cast, held: Client):
        User.objects.get(pk=cast.ito.pk).set_password("another good password")
        cast.ito.set_password("another good password")
        cast.ito.save()
        assert held.post(RETURN, {"password": "another good password"}).status_code == 422

    def test_guessing_locks_it(self, held: Client):
        for _ in range(6):
            response = held.post(RETURN, {"password": "wrong"})
        assert "Too many failed attempts" in words_of(response)
        assert held.post(RETURN, {"password": PASSWORD}).status_code == 422
        assert held.get("/patients/").status_code == 423

    def test_taken_back_half_way_nothing_is_kept(self, cast: Cast, held: Client):
        held.post("/tablet/1/", {"answer": "yes"})
        response = held.post(RETURN, {"password": PASSWORD})
        assert "its answers are gone" in " ".join(str(each) for each in get_messages(response.wsgi_request))
        assert not Screening.objects.exists()
        assert "tablet" not in held.session

    def test_signing_out_is_open_and_takes_everything_away(self, cast: Cast, held: Client):
        assert held.post("/account/logout/").status_code == 302
        assert held.get(reverse("clinic:chart", args=[cast.joye.pk]))["Location"].startswith("/account/login/")
        held.force_login(cast.robin, backend="accounts.backends.StaffBackend")
        assert held.get("/patients/").status_code == 200

    def test_another_browser_of_the_same_person_is_not_locked(self, cast: Cast, held: Client, sign_in: SignIn):
        assert sign_in(cast.robin).get("/patients/").status_code == 200


def test_browsers_keep_no_copy_of_what_staff_are_shown(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.ito)
    for page in (reverse("clinic:chart", args=[cast.joye.pk]), "/patients/"):
        assert client.get(page)["Cache-Control"] == "no-store"
