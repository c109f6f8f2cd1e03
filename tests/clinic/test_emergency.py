"""Emergency access: a clinician of another site reads what matters, for a reason, for hours; another looks at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from patients.actions.emergency import open_in_emergency, review_emergency
from patients.models import EmergencyAccess, Task
from tests.cast import Cast
from tests.treatments.charted import signed

OPEN = "/patients/emergency/"
WHY = "Brought in with trouble breathing"
SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def no_attempts_counted_yet(db: None) -> None:
    cache.clear()


def asked(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {"record_number": cast.joye.record_number, "birth_date": "1982-08-25", "reason": WHY} | changes


@pytest.fixture
def opened(cast: Cast) -> EmergencyAccess:
    return open_in_emergency(patient=cast.joye, reason=WHY, by=cast.max, now=timezone.now())


def page(cast: Cast) -> str:
    return f"/patients/{cast.joye.pk}/emergency/"


def test_a_clinician_of_another_site_reads_what_matters_and_all_of_it_is_on_record(cast: Cast, sign_in: SignIn):
    session = signed(cast, cast.course(), on=cast.harbour.today() - timedelta(days=20))
    stranger = sign_in(cast.max)
    assert stranger.get(page(cast)).status_code == 404
    assert stranger.get(f"/patients/{cast.joye.pk}/").status_code == 404

    answer = stranger.post(OPEN, asked(cast))

    assert answer.url == page(cast)
    shown = stranger.get(page(cast)).content.decode()
    assert "Koch" in shown
    assert session.product.brand in shown
    assert WHY in shown
    assert stranger.get(f"/patients/{cast.joye.pk}/").status_code == 404, "nothing else is open"
    trail = AuditEvent.objects.filter(actor_id=cast.max.pk, patient_id=cast.joye.pk).order_by("pk")
    assert [event.action for event in trail] == ["emergency", "chart-read"]
    task = Task.objects.get(kind="emergency")
    assert (task.patient, task.site, task.done_at) == (cast.joye, cast.harbour, None)


def test_it_ends_after_twelve_hours(cast: Cast, opened: EmergencyAccess, sign_in: SignIn):
    stranger = sign_in(cast.max)
    assert stranger.get(page(cast)).status_code == 200
    now = timezone.now()
    assert EmergencyAccess.objects.standing(user=cast.max, now=now + timedelta(hours=11, minutes=59)).exists()
    assert not EmergencyAccess.objects.standing(user=cast.max, now=now + timedelta(hours=12, minutes=1)).exists()


def test_it_is_the_one_persons_who_opened_it(cast: Cast, opened: EmergencyAccess, sign_in: SignIn):
    other = User.objects.create_user("other@example.org", "x", name="Dr Other", roles=["provider"])
    other.sites.add(cast.elsewhere)

    assert sign_in(other).get(page(cast)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birth_date": "1982-08-26"}, "record_number"),
        ({"record_number": "999999"}, "record_number"),
        ({"record_number": "\x00"}, "record_number"),
        ({"birth_date": "soon"}, "birth_date"),
        ({"reason": ""}, "reason"),
        ({"reason": "help"}, "reason"),
        ({"reason": " " * 30}, "reason"),
    ],
)
def test_bad_input_is_told_and_opens_nothing(cast: Cast, sign_in: SignIn, changes: dict[str, str], field: str):
    answer = sign_in(cast.max).post(OPEN, asked(cast, **changes))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not EmergencyAccess.objects.exists()


def test_guessing_is_stopped(cast: Cast, sign_in: SignIn):
    stranger = sign_in(cast.max)
    for day in range(1, 11):
        stranger.post(OPEN, asked(cast, birth_date=f"1982-07-{day:02}"))

    answer = stranger.post(OPEN, asked(cast))

    assert answer.status_code == 422
    assert "Too many were tried" in answer.content.decode()
    assert not EmergencyAccess.objects.exists()


def test_who_works_there_is_led_to_the_chart(cast: Cast, sign_in: SignIn):
    assert sign_in(cast.ito).post(OPEN, asked(cast)).url == f"/patients/{cast.joye.pk}/"
    assert not EmergencyAccess.objects.exists()


def test_pressed_twice_it_is_opened_once(cast: Cast, opened: EmergencyAccess):
    again = open_in_emergency(patient=cast.joye, reason=WHY, by=cast.max, now=timezone.now())

    assert again == opened
    assert Task.objects.filter(kind="emergency").count() == 1


def test_an_administrator_looks_at_it_once_and_the_task_is_done(cast: Cast, opened: EmergencyAccess, sign_in: SignIn):
    ada = sign_in(cast.ada)
    assert WHY in ada.get("/emergency/").content.decode()

    refused = ada.post("/emergency/", {"access": opened.pk, "version": 1, "note": ""})
    assert refused.status_code == 422
    assert "Say in a few words what was found." in refused.content.decode()
    stale = ada.post("/emergency/", {"access": opened.pk, "version": 7, "note": "Was right."})
    assert "Somebody looked at it meanwhile." in stale.content.decode()
    assert ada.post("/emergency/", {"access": opened.pk, "version": 1, "note": "Was right."}).status_code == 302

    opened.refresh_from_db()
    assert (opened.reviewed_by, opened.review_note) == (cast.ada, "Was right.")
    assert Task.objects.get(kind="emergency").done_by == cast.ada
    with pytest.raises(ValidationError, match="already"):
        review_emergency(access=opened, note="x", version=None, by=cast.ada, now=timezone.now())
    late = ada.post("/emergency/", {"access": opened.pk, "version": 1, "note": "Came too late."})
    assert late.status_code == 422
    assert "Somebody looked at it meanwhile." in late.content.decode()
    assert "You wrote: Came too late." in late.content.decode()


def test_nobody_looks_at_their_own(cast: Cast, opened: EmergencyAccess):
    with pytest.raises(ValidationError, match="Somebody else"):
        review_emergency(access=opened, note="fine", version=1, by=cast.max, now=timezone.now())


def test_an_administrator_of_another_site_sees_none_of_it(cast: Cast, opened: EmergencyAccess, sign_in: SignIn):
    cast.max.roles = ["administrator"]
    cast.max.save()
    other = sign_in(cast.max)

    assert WHY not in other.get("/emergency/").content.decode()
    assert other.post("/emergency/", {"access": opened.pk, "version": 1, "note": "x"}).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "another"},
        {"ends_at": timezone.now() + timedelta(days=9)},
        {"reviewed_at": timezone.now()},
    ],
)
def test_the_database_keeps_it_as_it_was(opened: EmergencyAccess, change: dict[str, Any]):
    with pytest.raises(DatabaseError), transaction.atomic():
        EmergencyAccess.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        EmergencyAccess.objects.all().delete()


def test_the_page_takes_the_same_queries_for_one_session_and_many(cast: Cast, opened: EmergencyAccess, sign_in: SignIn):
    course, stranger = cast.course(), sign_in(cast.max)
    signed(cast, course, on=cast.harbour.today() - timedelta(days=300))
    with CaptureQueriesContext(connection) as one:
        stranger.get(page(cast))
    for days in (200, 100):
        signed(cast, course, on=cast.harbour.today() - timedelta(days=days))
    with CaptureQueriesContext(connection) as many:
        assert len(stranger.get(page(cast)).context["sessions"]) == 3

    assert len(one) == len(many) <= 12
