"""The list of authorisations to ask for, against a slow computation of its own; and the press that asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from patients.actions import update_authorization
from patients.models import Patient, PriorAuthorization
from scheduling.actions.renewals import ask_for_authorization
from scheduling.renewals import STANDINGS, TO_ASK, read_place, renewal_counts, renewal_page, renewals
from tests.cast import Cast
from tests.patients import made
from tests.scheduling.asking import clinic, listed, slowly, wanting
from tests.treatments.charted import BOTOX, signed
from treatments.models import TreatmentCourse

SignIn = Callable[[User], Client]


def test_the_list_equals_a_slow_computation(cast: Cast) -> None:
    clinic(cast)
    found = listed(cast)
    assert found == slowly(cast)
    assert {row[3] for row in found.values()} == set(STANDINGS)
    courses = renewals(user=cast.robin, sites=[cast.harbour, cast.mesa], now=timezone.now())
    page = renewal_page(courses, standings=STANDINGS, size=500)
    counts = renewal_counts(courses)
    assert counts["all"].number == len(found)
    assert counts["ask"].number == len([row for row in found.values() if row[3] in TO_ASK])
    assert counts["asked"].number == len([row for row in found.values() if row[3] not in TO_ASK])
    places = TreatmentCourse.objects.select_related("site").in_bulk(found)
    late = [pk for pk, row in found.items() if row[1] < places[pk].site.today() and row[3] in TO_ASK]
    assert counts["overdue"].number == len(late)
    # Page by page it is the same rows in the same order.
    walked: list[int] = []
    after = ""
    while True:
        part = renewal_page(
            renewals(user=cast.robin, sites=[cast.harbour, cast.mesa], now=timezone.now()),
            standings=STANDINGS,
            size=4,
            after=after,
        )
        walked += [row.pk for row in part.rows]
        after = part.after
        if not after:
            break
    assert walked == sorted(found, key=lambda pk: (found[pk][1], pk)) == [row.pk for row in page.rows]


def test_a_session_counts_under_one_authorisation_alone(cast: Cast) -> None:
    """Of two that overlap: the one it was signed with; and where none was kept, the one that ends first."""
    from treatments.authorizations import authorizations_of_patient, held

    today = cast.harbour.today()
    course = cast.course()
    first = made.authorization(cast, starts_on=today - timedelta(days=200), ends_on=today + timedelta(days=100))
    second = made.authorization(cast, number="PA-2", starts_on=today - timedelta(days=200))
    session = signed(cast, course, on=today - timedelta(days=100))

    def used() -> dict[int, tuple[Decimal, int]]:
        row: Any = Patient.objects.annotate(rows=authorizations_of_patient()).get(pk=cast.joye.pk)
        return {one.id: (one.units_used, one.visits_used) for one in held(row.rows, on=today)}

    assert session.authorization == first
    assert used() == {first.pk: (Decimal(155), 1), second.pk: (Decimal(0), 0)}
    # Another one that would end earlier is entered later: what was signed stays where it was.
    third = made.authorization(cast, number="PA-3", starts_on=today - timedelta(days=200), ends_on=today)
    assert used()[third.pk] == (Decimal(0), 0)
    assert used()[first.pk] == (Decimal(155), 1)


class TestAsking:
    def test_one_press_and_it_is_asked_for(self, cast: Cast, sign_in: SignIn):
        course = wanting(cast)
        client = sign_in(cast.robin)
        page = client.get(reverse("scheduling:renewal-list"))
        assert page.status_code == 200
        assert "Aetna wants one" in page.content.decode()
        assert "asked for by" not in page.content.decode(), "the day stands in its own column"
        answer = client.post(reverse("scheduling:renewal-ask", args=[course.pk]), {"tab": "ask", "within": "1"})
        assert answer["Location"] == reverse("scheduling:renewal-list") + "?within=1"
        row = PriorAuthorization.objects.get()
        assert (row.status, row.submitted_on, row.product) == ("submitted", cast.harbour.today(), BOTOX)
        assert row.starts_on <= course.target_on <= row.ends_on
        assert listed(cast)[course.pk][3] == "submitted"
        # Pressed again there is one, and the list says so.
        client.post(reverse("scheduling:renewal-ask", args=[course.pk]))
        assert PriorAuthorization.objects.count() == 1

    def test_a_slip_is_taken_back_until_more_is_entered(self, cast: Cast, sign_in: SignIn):
        course, client = wanting(cast), sign_in(cast.robin)
        ask = reverse("scheduling:renewal-ask", args=[course.pk])
        page = client.post(ask, follow=True).content.decode()
        assert "Noted for Koch, Joye: asked for today" in page
        undo = reverse("scheduling:renewal-take-back", args=[PriorAuthorization.objects.get().pk])
        assert undo in page
        assert undo not in client.get(reverse("scheduling:renewal-list")).content.decode(), "said once"
        assert "Taken back for Koch, Joye" in client.post(undo, follow=True).content.decode()
        assert not PriorAuthorization.objects.exists()
        client.post(ask)
        row = PriorAuthorization.objects.get()
        update_authorization(authorization=row, version=1, by=cast.robin, number="PA-7")
        undo = reverse("scheduling:renewal-take-back", args=[row.pk])
        assert "entered more of it" in client.post(undo, follow=True).content.decode()
        assert PriorAuthorization.objects.exists()

    def test_it_begins_where_the_last_one_ends(self, cast: Cast):
        course = wanting(cast)
        last = made.authorization(
            cast, units_approved=620, ends_on=course.target_on - timedelta(days=1), starts_on=date(2026, 3, 1)
        )
        row, is_new = ask_for_authorization(
            course=TreatmentCourse.objects.for_list().get(pk=course.pk),
            coverage=last.coverage,
            next_on=course.target_on,
            on=cast.harbour.today(),
            by=cast.robin,
        )
        assert is_new
        assert (row.units_approved, row.visits_approved) == (620, 4)
        assert row.starts_on == course.target_on
        assert row.ends_on - row.starts_on == last.ends_on - last.starts_on

    def test_what_was_denied_is_appealed_or_asked_for_anew(self, cast: Cast, sign_in: SignIn):
        course, client = wanting(cast), sign_in(cast.robin)
        ask = reverse("scheduling:renewal-ask", args=[course.pk])
        denied = made.authorization(
            cast, status="denied", denial_reason="not on the formulary", starts_on=cast.harbour.today()
        )
        here = reverse("scheduling:renewal-list") + "?tab=all"
        page = client.get(here).content.decode()
        assert ask not in page
        appeal = reverse("clinic:authorization-edit", args=[denied.pk]) + "?appeal=1&next=" + quote(here)
        assert appeal.replace("&", "&amp;") in page
        assert reverse("clinic:authorization-renew", args=[denied.pk]) in page
        # Somebody who still has the page from before the denial is told, and nothing is asked for.
        assert "has denied it for Koch, Joye meanwhile" in client.post(ask, follow=True).content.decode()
        assert PriorAuthorization.objects.count() == 1
        form = client.get(appeal).context["form"]
        sent = {name: form[name].value() or "" for name in form.fields}
        assert (sent["status"], sent["appealed_on"]) == ("appeal", cast.harbour.today())
        assert client.post(appeal, sent | {"next": here})["Location"] == here
        assert listed(cast)[course.pk][3] == "appeal"
        assert client.get(appeal).context["form"]["appealed_on"].value() == cast.harbour.today()
        assert "In appeal" not in client.get(here).content.decode()
        anew = client.get(reverse("clinic:authorization-renew", args=[denied.pk])).context["form"]
        assert anew["starts_on"].value() > denied.ends_on, "in appeal it is a renewal as any other"

    def test_without_a_known_product_the_form_is_opened(self, cast: Cast, sign_in: SignIn):
        made.coverage(cast, authorization_required=True)
        course = cast.course()
        answer = sign_in(cast.robin).post(reverse("scheduling:renewal-ask", args=[course.pk]))
        assert answer["Location"] == reverse("clinic:authorization-create", args=[cast.joye.pk])
        assert not PriorAuthorization.objects.exists()

    def test_a_booked_visit_is_the_next_session(self, cast: Cast):
        course = wanting(cast)
        day = course.target_on + timedelta(days=9)
        TreatmentCourse.objects.filter(pk=course.pk).update(booked_dates=[day], booked_until=day)
        assert listed(cast)[course.pk][:2] == (day, day - timedelta(days=10))


@pytest.mark.parametrize("text", ["", "x", "20261399-1", "20261201", "2026-12-01-1", "20261201-1x", "20261201-"])
def test_no_place(text: str) -> None:
    assert read_place(text) is None


def test_a_place() -> None:
    assert read_place("20261201-12") == (date(2026, 12, 1), 12)


def test_the_cost_does_not_grow(cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any) -> None:
    wanting(cast)
    client = sign_in(cast.robin)
    url = reverse("scheduling:renewal-list")
    client.get(url)
    with django_assert_max_num_queries(12) as few:
        client.get(url)
    for number in range(12):
        patient = Patient.objects.create(
            given_name=f"P{number}", family_name="Row", birth_date=date(1980, 1, 1), sex="F", site=cast.harbour
        )
        cast.course(patient)
        made.coverage(cast, patient=patient, paid_by=f"Payer {number}", authorization_required=True)
    with django_assert_max_num_queries(len(few)):
        page = client.get(url)
    assert len(page.context["page"].rows) == 13
