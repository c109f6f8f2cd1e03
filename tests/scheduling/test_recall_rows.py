"""The recall page: filters, saved views, who is being called, why a date is so, the outcomes a clinic keeps."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import SavedView, User
from patients.models import Patient
from scheduling import actions
from scheduling.actions.outcomes import add_outcome, change_outcome
from scheduling.models import AttemptOutcome, RecallAttempt, RecallClaim
from tests.accounts.test_staff import sent_at_once
from tests.cast import Cast
from tests.patients import made
from tests.scheduling.made import booked, course_in
from tests.scheduling.test_concurrency import at_once
from treatments.models import TreatmentCourse

SignIn = Callable[[User], Client]
LIST = "/recalls/"


def act(name: str, course: TreatmentCourse) -> str:
    return reverse(f"scheduling:recall-{name}", args=[course.pk])


def test_filters_that_are_set_stand_above_the_list_with_what_they_leave_out(cast: Cast, sign_in: SignIn):
    course_in(cast, "due", patient=cast.joye)
    spanish = course_in(cast, "overdue")
    Patient.objects.filter(pk=spanish.patient_id).update(language="Spanish")
    client = sign_in(cast.robin)
    page = client.get(LIST, {"language": "Spanish", "attempts": "0", "sort": "name"}).content.decode()
    assert "Koch, Joye" not in page
    assert ">1 left out<" in page
    assert 'href="/recalls/?sort=name&amp;attempts=0"' in page, "without the language"
    assert 'href="/recalls/?sort=name"' in page, "without any"
    assert "By name. Who is booked" in page
    assert "Next best" not in page
    whole = client.get(LIST).content.decode()
    assert "left out<" not in whole
    assert "in the order their window closes, so the longest overdue come first" in whole


@pytest.mark.parametrize("few", [0, 20_000], ids=["walked in order", "begun with the patients"])
def test_a_common_filter_and_a_rare_one_find_the_same(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, few: int
):
    monkeypatch.setattr("scheduling.recall_filters.FEW", few)
    today = cast.harbour.today()
    theirs, ended, other = (course_in(cast, "due") for _ in range(3))
    made.coverage(cast, patient=theirs.patient, paid_by="Aetna")
    made.coverage(cast, patient=theirs.patient, paid_by="Aetna")  # twice is once
    made.coverage(cast, patient=ended.patient, paid_by="Aetna", ends_on=today - timedelta(days=1))
    made.coverage(cast, patient=other.patient, paid_by="Cedar")
    Patient.objects.filter(pk__in=[ended.patient_id, other.patient_id]).update(language="Spanish")
    client, payer = sign_in(cast.robin), made.payer("Aetna").pk

    def found(**chosen: Any) -> list[int]:
        return [row.pk for row in client.get(LIST, chosen).context["rows"]]

    assert found(payer=payer) == [theirs.pk]
    assert sorted(found(language="Spanish")) == sorted([ended.pk, other.pk])
    assert found(language="none") == [theirs.pk]
    assert found(language="Spanish", payer=payer) == []


@pytest.mark.parametrize(
    "query",
    [
        "payer=1&authorisation=ok&attempts=3",
        "authorisation=missing&ready=1",
        "sort=contact&after=3&place=77",
        "sort=x",
        "target_from=2026-02-30&target_to=soon",
        "language=Klingon",
        "sort=attempts&before=4&place=0",
        "sort=name&after=2",
    ],
)
def test_every_filter_and_order_answers(cast: Cast, sign_in: SignIn, query: str):
    course_in(cast, "due")
    assert sign_in(cast.robin).get(f"{LIST}?{query}").status_code == 200


@pytest.mark.parametrize("rows", ["²", "1.²", "9" * 5000, "-1", "x", "1.." * 400])
def test_the_changes_of_rows_that_are_none_are_no_error(cast: Cast, sign_in: SignIn, rows: str):
    course = course_in(cast, "due")
    answer = sign_in(cast.robin).get("/recalls/changes/", {"rows": f"{course.pk}.{rows}"})
    assert answer.status_code == 200
    assert f"{course.pk}" in answer.content.decode()


def test_a_view_is_kept_renamed_and_deleted(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.robin)
    asked = "tab=due&sort=target&attempts=0"
    assert "Save this view" in client.get(f"{LIST}?{asked}").content.decode()
    answer = client.post("/recalls/views/", {"name": "Mornings", "query": asked + "&after=9&evil=x"})
    view = SavedView.objects.get()
    assert (view.user, view.query) == (cast.robin, asked)
    assert answer["Location"] == f"/recalls/?{asked}"
    page = client.get(f"{LIST}?{asked}").content.decode()
    assert "Mornings" in page
    assert f"/recalls/views/{view.pk}/" in page, "the one shown now can be renamed"
    again = client.post("/recalls/views/", {"name": "Mornings", "query": asked})
    assert again.status_code == 422
    assert "There is a saved view with this name." in again.content.decode()
    client.post(f"/recalls/views/{view.pk}/", {"name": "Early"})
    assert SavedView.objects.get().name == "Early"
    assert sign_in(cast.ito).get(f"/recalls/views/{view.pk}/").status_code == 404
    client.post(f"/recalls/views/{view.pk}/", {"delete": "1"})
    assert not SavedView.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_view_kept_twice_at_once_is_there_once(cast: Cast, sign_in: SignIn):
    keep = (sign_in(cast.robin), "/recalls/views/", {"name": "Mornings", "query": "tab=due"})
    assert sorted(sent_at_once(cast.robin, [keep, keep])) == [302, 422]
    assert SavedView.objects.get().name == "Mornings"


def test_who_is_being_called_is_seen_told_and_taken_over(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    robin, ito = sign_in(cast.robin), sign_in(cast.ito)
    robin.get(act("log", course))
    assert "Robin Vale is calling this patient since" in ito.get(LIST).content.decode()
    assert "is calling" not in robin.get(LIST).content.decode()
    changes = ito.get(f"/recalls/changes/?rows={course.pk}&tab=due").content.decode()
    assert f'id="claim-{course.pk}"' in changes
    assert "Robin Vale is calling" in changes

    told = ito.get(act("log", course)).content.decode()
    assert "Robin Vale is calling Koch, Joye since" in told
    assert 'name="outcome"' not in told
    refused = ito.post(act("log", course), {"channel": "phone", "outcome": "no_answer", "note": "rang"})
    assert refused.status_code == 409
    assert "rang" in refused.content.decode()
    assert not RecallAttempt.objects.exists()

    assert 'name="outcome"' in ito.post(act("log", course), {"take_over": "1"}).content.decode()
    assert RecallClaim.objects.get().by == cast.ito
    ito.post(act("release", course), {})
    assert not RecallClaim.objects.exists()
    assert robin.post(act("log", course), {"channel": "phone", "outcome": "no_answer"}).status_code == 302


def test_changes_say_what_happened_to_the_rows_of_an_open_page(
    cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any
):
    called, booked_one, still = (course_in(cast, "due") for _ in range(3))
    actions.log_attempt(course=called, channel="phone", outcome="voicemail", by=cast.robin)
    booked(cast, booked_one)
    other = course_in(cast, "due", patient=cast.omar)
    client = sign_in(cast.max)
    assert client.get(f"/recalls/changes/?rows={other.pk}").content.decode().count("No longer on the lists") == 1
    client = sign_in(cast.robin)
    rows = f"{called.pk}.{booked_one.pk}.{still.pk}.x.99999999999999999999999"
    with django_assert_max_num_queries(4):  # session, user, sites, and the rows
        page = client.get(f"/recalls/changes/?rows={rows}&tab=due").content.decode()
    notes = dict(re.findall(r'id="claim-(\d+)"[^>]*>([^<]*)<', page))
    assert notes == {
        str(called.pk): "Called or put away meanwhile",
        str(booked_one.pk): "Booked meanwhile",
        str(still.pk): "",
    }


def test_why_says_the_reasons_and_the_lights(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    window = course.windows.get()
    window.reasons = [{"date": "eligible_on", "words": "84 days after the session: clinic policy"}]
    window.save()
    page = sign_in(cast.ada).get(act("why", course)).content.decode()
    assert "84 days after the session: clinic policy" in page
    assert "Ready to book" in page
    assert "Screening" in page


def test_the_preferred_way_and_the_language_stand_in_the_row(cast: Cast, sign_in: SignIn):
    Patient.objects.filter(pk=cast.joye.pk).update(
        preferred_channel="email", email="joye@example.org", language="Spanish"
    )
    course_in(cast, "due", patient=cast.joye)
    page = sign_in(cast.robin).get(LIST).content.decode()
    assert 'href="mailto:joye@example.org"' in page
    assert "+1 617 555 0134" in page, "and the telephone beside it"
    assert '<span class="tag" title="speaks Spanish">Spanish</span>' in page


def test_a_letter_to_write_stands_in_the_row(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due")
    for _ in range(3):
        actions.log_attempt(course=course, channel="phone", outcome="wrong_number", by=cast.robin)
    page = sign_in(cast.robin).get(LIST).content.decode()
    assert 'title="letter to write"' in page
    assert "3 tries" in page


def test_stop_and_why_it_is_hidden(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    client = sign_in(cast.robin)
    answer = client.post(act("hold", course), {"kind": "stop", "reason": "asked us to"}, follow=True)
    assert "until brought back or the next session" in answer.content.decode()
    hidden = client.get(LIST, {"tab": "hidden"}).content.decode()
    assert "Stopped" in hidden
    assert "asked us to" in hidden
    assert "Robin Vale" in hidden


def test_an_administrator_keeps_the_outcomes(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.ada)
    assert "Outcomes of calls" in client.get(LIST).content.decode()
    page = client.get("/recalls/outcomes/").content.decode()
    assert "Left a voicemail" in page
    bad = client.post("/recalls/outcomes/", {"name": "X", "closes_cycle": "on", "attempt_again": "on", "hide_days": 0})
    assert bad.status_code == 422
    assert "Either nobody is called any more, or somebody tries again." in bad.content.decode()
    fields = {"name": "Asked a relative", "hide_days": 5, "attempt_again": "on"}
    assert client.post("/recalls/outcomes/", fields).status_code == 302
    added = AttemptOutcome.objects.get(name="Asked a relative")
    edit = f"/recalls/outcomes/{added.pk}/"
    assert client.post(edit, fields | {"hide_days": 6, "version": added.version}).status_code == 302
    stale = client.post(edit, fields | {"hide_days": 9, "version": added.version})
    assert stale.status_code == 422
    assert "Saved meanwhile: 6" in stale.content.decode()
    client.post(f"{edit}move/", {"to": "up"})
    assert [key for key, _ in AttemptOutcome.offered()][-2] == added.key
    client.post(f"{edit}offer/", {"offered": "0"})
    assert added.key not in dict(AttemptOutcome.offered())
    assert "Asked a relative" not in sign_in(cast.robin).get(act("log", course_in(cast, "due"))).content.decode()


@pytest.mark.parametrize("name", ["recall-log", "recall-hold"])
def test_in_a_tab_of_its_own_a_form_of_a_row_is_sent_as_a_page(cast: Cast, sign_in: SignIn, name: str):
    """There is no list there that an answer could be put into: with htmx the buttons did nothing."""
    url, client = reverse(f"scheduling:{name}", args=[course_in(cast, "due").pk]), sign_in(cast.robin)
    assert 'hx-target="#recalls"' not in client.get(url).content.decode()
    assert 'hx-target="#recalls"' in client.get(url, headers={"HX-Request": "true"}).content.decode()


def test_a_wrong_outcome_is_told_in_the_words_of_the_form(cast: Cast, sign_in: SignIn):
    answer = sign_in(cast.ada).post("/recalls/outcomes/", {"name": "No answer", "hide_days": 9999})
    page = answer.content.decode()
    assert "An outcome is called that already." in page
    assert "At most 366 days." in page
    assert "Attempt outcome" not in page


@pytest.mark.django_db(transaction=True)
def test_an_outcome_added_twice_at_once_or_in_other_letters_is_there_once(cast: Cast):
    add = partial(add_outcome, by=cast.ada, hide_days=2)
    results = at_once(*[partial(add, name="Moved away")] * 3)
    refused = [result for result in results if isinstance(result, ValidationError)]
    assert [error.message_dict for error in refused] == [{"name": ["An outcome is called that already."]}] * 2
    with pytest.raises(ValidationError, match="called that already"):
        add(name="moved AWAY")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["Rang twice", "RANG twice"])
def test_two_outcomes_given_one_name_at_once_keep_two_names(cast: Cast, name: str):
    first, second = AttemptOutcome.objects.order_by("position")[:2]
    is_given = threading.Event()

    def one() -> AttemptOutcome:
        with transaction.atomic():
            changed = change_outcome(outcome=first, version=first.version, name="Rang twice", by=cast.ada)
            is_given.set()
            time.sleep(0.5)  # the second one waits in line by now
        return changed

    def late() -> AttemptOutcome:
        is_given.wait(10)
        return change_outcome(outcome=second, version=second.version, name=name, by=cast.ada)

    won, told = at_once(one, late)
    assert won.name == "Rang twice"
    assert told.message_dict == {"name": ["An outcome is called that already."]}


def test_where_somebody_else_calls_what_came_of_it_stands_in_what_is_kept(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due")
    sign_in(cast.ito).get(act("log", course))
    sent = {"channel": "phone", "outcome": "voicemail", "note": "rang twice"}
    answer = sign_in(cast.robin).post(act("log", course), sent, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert '<span class="strong">Left a voicemail</span>, “rang twice”' in answer.content.decode()


def test_the_address_of_the_list_holds_only_what_is_asked(cast: Cast, sign_in: SignIn):
    sent = {"tab": "due", "condition": "", "payer": "", "sort": "closes", "attempts": "0", "site": cast.harbour.pk}
    answer = sign_in(cast.robin).get(LIST, sent, headers={"HX-Request": "true"})
    assert answer["HX-Push-Url"] == "/recalls/?tab=due&attempts=0"
