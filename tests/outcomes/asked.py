"""Follow-ups whose day has come, patients who agreed to be written to, and their links."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging.actions.links import make_link
from outcomes.actions.questionnaires import ask_patient
from outcomes.models import Questionnaire
from tests.cast import Cast
from tests.messaging.made import agreed
from tests.outcomes.cycles import Visit, sign
from treatments.models import FollowUp

BIRTH = {"day": "2", "month": "3", "year": "1982"}


def noon(cast: Cast) -> datetime:
    return datetime.combine(cast.harbour.today(), time(12), cast.harbour.zone())


def due(
    cast: Cast, *, condition: str = "cervical_dystonia", days_ago: int = 14, step: str = "onset", language: str = ""
) -> FollowUp:
    """Joye's follow-up of a session so many days ago, due today; she was born on 2 March 1982 and agreed to e-mail."""
    today = cast.harbour.today()
    cast.joye.birth_date, cast.joye.email, cast.joye.language = date(1982, 3, 2), "joye@example.org", language
    cast.joye.save()
    agreed(cast.joye)
    visit = Visit(cast.course(condition=condition), today - timedelta(days=days_ago), cast.ito)
    sign([visit], cast)
    return FollowUp.objects.create(
        course=visit.course, session=visit.session, step=step, name="Week 2 contact", due_on=today, purpose="Spread."
    )


def asked(follow_up: FollowUp) -> Questionnaire:
    """Its questionnaire as the patient's pages load it."""
    ask_patient(follow_up=follow_up, by=None, now=timezone.now())
    return Questionnaire.objects.for_asking().get(follow_up=follow_up)


def link_to(cast: Cast, follow_up: FollowUp) -> str:
    """The secret of a link to its questions."""
    _, token = make_link(
        patient=cast.joye, site=cast.harbour, purpose="questionnaire", about_id=follow_up.pk,
        expires_at=timezone.now() + timedelta(days=20),
    )  # fmt: skip
    return token


def opened(token: str, **given: Any) -> Client:
    """A browser in which the date of birth was given at that link."""
    client = Client()
    assert client.post(reverse("messaging:link-open", args=[token]), BIRTH | given).status_code == 302
    return client
