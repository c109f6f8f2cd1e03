"""The pages about two records of one person: who may, what they show, and what they say when it cannot be done."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from patients.models import Allergy, Patient, PatientMerge, ToldApart
from scheduling.models import Appointment
from tests.cast import Cast
from tests.clinic.test_merging import merge, outside, twin, visit

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


def preview_url(kept: Patient, merged: Patient) -> str:
    return reverse("clinic:merge-preview", args=[kept.pk, merged.pk])


def sent(kept: Patient, merged: Patient, **more: Any) -> dict[str, Any]:
    kept.refresh_from_db()
    merged.refresh_from_db()
    return {
        "kept_version": kept.version,
        "merged_version": merged.version,
        "reason": "same card",
        "take_given_name": "kept",
        **more,
    }


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- found


def test_a_likely_pair_is_listed_compared_and_told_apart(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    client = sign_in(cast.robin)
    page = client.get(reverse("clinic:pair-list"))
    assert "The same date of birth and a similar name" in words(page)
    assert preview_url(cast.joye, other) in page.content.decode()
    answer = client.post(reverse("clinic:pair-apart"), {"first": cast.joye.pk, "second": other.pk}, follow=True)
    assert "are two people" in words(answer)
    assert "No pair to look at" in words(answer)
    told = ToldApart.objects.get()
    assert (told.first_id, told.second_id, told.by) == (cast.joye.pk, other.pk, cast.robin)
    assert "Robin Vale looked at both" in words(client.get(preview_url(cast.joye, other)))
    assert 'name="undo"' in answer.content.decode()
    pair = {"first": other.pk, "second": cast.joye.pk, "undo": "1"}
    answer = client.post(reverse("clinic:pair-apart"), pair, follow=True)
    assert "The same date of birth and a similar name" in words(answer)
    assert not ToldApart.objects.exists()


@pytest.mark.parametrize("pair", [{}, {"first": "x", "second": "1"}, {"first": "1"}, {"first": "-1", "second": "2"}])
def test_a_pair_that_is_none_is_404(cast: Cast, sign_in: SignIn, pair: dict[str, str]) -> None:
    assert sign_in(cast.robin).post(reverse("clinic:pair-apart"), pair).status_code == 404


def test_one_record_is_no_pair(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.robin).post(reverse("clinic:pair-apart"), {"first": cast.joye.pk, "second": cast.joye.pk})
    assert answer.status_code == 404


def test_the_other_record_is_found_by_search(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    client = sign_in(cast.robin)
    chart = client.get(reverse("clinic:chart", args=[cast.joye.pk])).content.decode()
    find = reverse("clinic:merge-find", args=[cast.joye.pk])
    assert find in chart
    page = client.post(find, {"q": "koch joy"})
    assert preview_url(cast.joye, other) in page.content.decode()
    assert reverse("clinic:merge-preview", args=[cast.joye.pk, cast.joye.pk]) not in page.content.decode()
    assert "No other record" in words(client.post(find, {"q": "zzz"}))
    assert client.get(find).status_code == 200


# --- side by side


def test_both_records_stand_side_by_side(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    Allergy.objects.create(patient=other, substance="albumin")
    outside(cast, cast.course(other), date(2026, 9, 1))
    page = sign_in(cast.ada).get(preview_url(cast.joye, other))
    shown = words(page)
    assert "differs" in shown
    assert "filled from the other" in shown
    assert "Albumin" in shown or "albumin" in shown
    assert re.search(r"Injection sessions 0 1 ", shown)
    assert re.search(r"Treatment courses 0 1 ", shown)
    read = AuditEvent.objects.filter(action="chart-read").values_list("patient_id", flat=True)
    assert set(read) == {cast.joye.pk, other.pk}


def test_the_front_desk_sees_no_clinical_words_and_no_button(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    Allergy.objects.create(patient=other, substance="albumin", reaction="hives")
    outside(cast, cast.course(other), date(2026, 9, 1))
    page = words(sign_in(cast.robin).get(preview_url(cast.joye, other)))
    assert "hives" not in page
    assert not re.search(r"Allergies|Injection sessions", page)
    assert re.search(r"Treatment courses 0 1 ", page)
    assert "Make them one" not in page
    assert "An administrator can make them one" in page


def test_only_who_may_merge_merges(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    for person in (cast.ito, cast.robin):
        assert sign_in(person).post(preview_url(cast.joye, other), sent(cast.joye, other)).status_code == 403
    assert sign_in(cast.max).get(preview_url(cast.joye, other)).status_code == 404
    assert not PatientMerge.objects.exists()


def test_a_record_of_another_site_is_not_there(cast: Cast, sign_in: SignIn) -> None:
    far = twin(cast, site=cast.elsewhere)
    assert sign_in(cast.ada).get(preview_url(cast.joye, far)).status_code == 404
    assert sign_in(cast.ada).get(preview_url(cast.joye, cast.joye)).status_code == 404


def test_merged_and_opened_the_kept_record_answers(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    client = sign_in(cast.ada)
    answer = client.post(preview_url(cast.joye, other), sent(cast.joye, other, take_given_name="merged"), follow=True)
    assert "is now part of" in words(answer)
    cast.joye.refresh_from_db()
    assert cast.joye.given_name == "Joy"
    for name in ("clinic:chart", "patients:patient-edit"):
        assert client.get(reverse(name, args=[other.pk])).headers["Location"] == reverse(name, args=[cast.joye.pk])
    # Neither by name nor in the list; by the number on the old card the kept record.
    assert other.record_number not in words(client.get(reverse("patients:patient-list")))
    found = client.post(reverse("patients:patient-search"), {"q": other.record_number})
    assert cast.joye.record_number in words(found)
    # Strangers learn nothing.
    assert sign_in(cast.max).get(reverse("clinic:chart", args=[other.pk])).status_code == 404
    assert client.post(reverse("patients:patient-edit", args=[other.pk]), {}).status_code == 404


def test_who_comes_second_is_led_to_what_the_first_has_made(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    client, late = sign_in(cast.ada), sent(cast.joye, other, reason="the second press")
    client.post(preview_url(cast.joye, other), late | {"reason": "the first press"})
    made = PatientMerge.objects.get()
    for url in (preview_url(cast.joye, other), preview_url(other, cast.joye)):
        for answer in (client.post(url, late, follow=True), client.get(url, follow=True)):
            assert answer.redirect_chain[-1][0] == reverse("clinic:merge", args=[made.pk])
            assert f"is part of {cast.joye.record_number} already, by {cast.ada}." in words(answer)
    assert sign_in(cast.max).get(preview_url(cast.joye, other)).status_code == 404
    assert PatientMerge.objects.count() == 1


def test_what_is_missing_is_said_and_what_was_chosen_is_kept(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast, phone="+1 617 555 0199")
    answer = sign_in(cast.ada).post(
        preview_url(cast.joye, other), sent(cast.joye, other, reason="", take_phone="merged")
    )
    assert answer.status_code == 422
    assert "Say how you know" in words(answer)
    assert re.search(r'name="take_phone" value="merged" checked', answer.content.decode())
    answer = sign_in(cast.ada).post(preview_url(cast.joye, other), sent(cast.joye, other, take_phone="both"))
    assert answer.status_code == 422


def test_an_empty_form_is_answered_in_words(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.ada).post(reverse("clinic:merge-preview", args=[cast.joye.pk, cast.omar.pk]), {})
    assert (answer.status_code, "Say how you know" in answer.content.decode()) == (422, True)


def test_two_visits_at_one_time_stop_it_in_words(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    starts_at = datetime(2026, 12, 7, 15, tzinfo=UTC)
    visit(cast, cast.joye, starts_at)
    visit(cast, other, starts_at + timedelta(minutes=10), provider=cast.okafor)
    client = sign_in(cast.ada)
    assert "To settle first" in words(client.get(preview_url(cast.joye, other)))
    answer = client.post(preview_url(cast.joye, other), sent(cast.joye, other))
    assert answer.status_code == 422
    assert "Cancel one of them first" in words(answer)
    assert Appointment.objects.filter(patient=other).exists()


def test_the_course_that_goes_on_is_chosen(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    own, rival = cast.course(), cast.course(other)
    outside(cast, rival, date(2026, 9, 1))
    client = sign_in(cast.ada)
    page = client.get(preview_url(cast.joye, other)).content.decode()
    name = f"course_{own.condition_id}"
    assert re.search(rf'name="{name}" value="{rival.pk}" checked', page)
    assert re.search(rf'name="{name}" value="{own.pk}" disabled', page)
    assert client.post(preview_url(cast.joye, other), sent(cast.joye, other)).status_code == 422
    answer = client.post(preview_url(cast.joye, other), sent(cast.joye, other, **{name: own.pk}))
    assert answer.status_code == 422
    assert client.post(preview_url(cast.joye, other), sent(cast.joye, other, **{name: rival.pk})).status_code == 302
    own.refresh_from_db()
    assert own.closed_reason == "merged"


def test_a_record_changed_meanwhile_is_looked_at_again(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    client = sign_in(cast.ada)
    form = sent(cast.joye, other)
    Patient.objects.filter(pk=other.pk).update(version=5, city="Boston")
    answer = client.post(preview_url(cast.joye, other), form)
    assert answer.status_code == 409
    assert "Look at both again" in words(answer)
    assert 'name="merged_version" value="5"' in answer.content.decode()
    assert client.post(preview_url(cast.joye, other), {**form, "merged_version": 5}).status_code == 302


# --- taken apart


def test_a_merge_shows_what_moved_and_what_came_since_and_is_taken_apart(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    Allergy.objects.create(patient=other, substance="albumin")
    made = merge(cast, cast.joye, other)
    Allergy.objects.create(patient=cast.joye, substance="milk_protein")
    client = sign_in(cast.ada)
    assert other.record_number in words(client.get(reverse("clinic:merge-list")))
    page = words(client.get(reverse("clinic:merge", args=[made.pk])))
    assert re.search(r"What moved Allerg\w+ 1 ", page)
    assert re.search(r"Added since Allerg\w+ 1 ", page)
    undo = reverse("clinic:merge-undo", args=[made.pk])
    assert "Say why they are two people" in words(client.post(undo, {"reason": " "}))
    assert client.post(undo, {"reason": " "}).status_code == 422
    answer = client.post(undo, {"reason": "two cousins"}, follow=True)
    assert "They are two records again" in words(answer)
    assert "two cousins" in words(answer)
    assert client.get(reverse("clinic:chart", args=[other.pk])).status_code == 200
    assert "already" in words(client.post(undo, {"reason": "again"}, follow=True))


def test_the_front_desk_is_not_told_how_many_clinical_rows_moved(cast: Cast, sign_in: SignIn) -> None:
    other = twin(cast)
    Allergy.objects.create(patient=other, substance="albumin")
    cast.course(other)
    made = merge(cast, cast.joye, other)
    Allergy.objects.create(patient=cast.joye, substance="milk_protein")
    page = words(sign_in(cast.robin).get(reverse("clinic:merge", args=[made.pk])))
    assert re.search(r"What moved Treatment courses 1 ", page)
    assert "llerg" not in page


def test_only_who_may_merge_takes_apart(cast: Cast, sign_in: SignIn) -> None:
    made = merge(cast, cast.joye, twin(cast))
    undo = reverse("clinic:merge-undo", args=[made.pk])
    for person, status in ((cast.ito, 403), (cast.robin, 403), (cast.max, 403)):
        assert sign_in(person).post(undo, {"reason": "x"}).status_code == status
    assert sign_in(cast.max).get(reverse("clinic:merge", args=[made.pk])).status_code == 404
    assert "Take apart" not in words(sign_in(cast.robin).get(reverse("clinic:merge", args=[made.pk])))


def test_a_newer_merge_comes_first(cast: Cast, sign_in: SignIn) -> None:
    first = merge(cast, cast.joye, twin(cast))
    second = merge(cast, cast.joye, twin(cast, given_name="Joi"))
    client = sign_in(cast.ada)
    assert "Take it apart first" in words(client.get(reverse("clinic:merge", args=[first.pk])))
    answer = client.post(reverse("clinic:merge-undo", args=[first.pk]), {"reason": "x"})
    assert answer.status_code == 422
    assert second.is_standing


# --- what the pages cost


def test_the_pages_cost_the_same_for_one_row_and_for_many(
    cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = sign_in(cast.ada)
    other = twin(cast)
    for number in range(30):
        Allergy.objects.create(patient=other, substance="other", name=f"thing {number}")
        twin(cast, given_name="Joye", birth_date=date(1990, 1, 1 + number % 28), family_name=f"Koch{number}")
    outside(cast, cast.course(other), date(2026, 9, 1))
    cast.course()
    client.get(reverse("clinic:pair-list"))
    for url in (
        reverse("clinic:pair-list"),
        reverse("clinic:merge-list"),
        reverse("clinic:merge-find", args=[cast.joye.pk]),
        preview_url(cast.joye, other),
    ):
        with django_assert_max_num_queries(12):
            assert client.get(url).status_code == 200
    made = merge(cast, cast.joye, other, goes_on={c.condition_id: c.pk for c in other.courses.all()})
    with django_assert_max_num_queries(12):
        assert client.get(reverse("clinic:merge", args=[made.pk])).status_code == 200
