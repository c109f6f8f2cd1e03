"""Opening the draft of a booked visit."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from scheduling.actions import link_session
from scheduling.models import Appointment
from tests.cast import Cast
from tests.scheduling.made import booked
from tests.treatments.charted import signed
from treatments.actions.records import replace_session
from treatments.actions.sessions import void_session
from treatments.models import InjectionSession


def test_a_visit_whose_draft_was_thrown_away_gets_a_new_one(cast: Cast, sign_in: Callable[[User], Client]) -> None:
    appointment = booked(cast, cast.course())
    client, page = sign_in(cast.ito), reverse("clinic:session-start", args=[appointment.pk])
    client.post(page)
    first = InjectionSession.objects.get()
    void_session(session=first, reason="opened by mistake", by=cast.ito, now=timezone.now())
    response = client.post(page)
    second = InjectionSession.objects.exclude(pk=first.pk).get()
    assert response["Location"] == reverse("treatments:session-chart", args=[second.pk])
    assert Appointment.objects.get().session_id == second.pk


def test_a_visit_at_ones_site_of_a_patient_one_may_not_see_begins_nothing(
    cast: Cast, sign_in: Callable[[User], Client]
) -> None:
    appointment = booked(cast, cast.course())
    cast.ito.sites.set([cast.mesa])
    Appointment.objects.update(site=cast.mesa)
    response = sign_in(cast.ito).post(reverse("clinic:session-start", args=[appointment.pk]))
    assert response.status_code == 404
    assert not InjectionSession.objects.exists()


def test_a_visit_whose_session_was_voided_leads_to_what_replaces_it(
    cast: Cast, sign_in: Callable[[User], Client]
) -> None:
    appointment = booked(cast, cast.course())
    session = signed(cast, *appointment.courses.all(), on=cast.harbour.today())
    link_session(appointment=appointment, session=session, by=cast.ito)
    voided = void_session(session=session, reason="wrong side", by=cast.ito, now=timezone.now())
    copy = replace_session(session=voided, by=cast.ito)
    response = sign_in(cast.ito).post(reverse("clinic:session-start", args=[appointment.pk]))
    assert response["Location"] == reverse("treatments:session-chart", args=[copy.pk])
    assert Appointment.objects.get().session_id == copy.pk
