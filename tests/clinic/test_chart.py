"""The pages that combine apps: chart, course, my day; what each role sees of them, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from outcomes.models import Instrument
from patients.models import Allergy
from scheduling.actions import book_appointment, log_attempt
from scheduling.models import Appointment
from tests.cast import Cast
from tests.outcomes.cycles import score
from tests.treatments.charted import draft, signed
from treatments.models import FollowUp, InjectionSession, TreatmentCourse

SignIn = Callable[[User], Client]


def chart_url(patient: Any) -> str:
    return reverse("clinic:chart", args=[patient.pk])


def book(cast: Cast, course: TreatmentCourse, starts_at: datetime, **changes: Any) -> Appointment:
    return book_appointment(
        **{
            "patient": course.patient,
            "provider": cast.ito,
            "site": cast.harbour,
            "room": None,
            "kind": "session",
            "courses": [course],
            "follow_up": None,
            "starts_at": starts_at,
            "minutes": 30,
            "override_reason": "",
            "by": cast.robin,
            "now": timezone.now(),
            **changes,
        }
    )


def busy_chart(cast: Cast, sessions: int = 1) -> TreatmentCourse:
    """Joye with sessions, a score, a contact and a booking."""
    course = cast.course()
    today = cast.harbour.today()
    for place in range(sessions):
        signed(cast, course, on=today - timedelta(days=100 * (sessions - place)))
        score(course, "headache_days", 8, today - timedelta(days=place + 1), cast.ito)
        log_attempt(course=course, channel="phone", outcome="voicemail", note="", by=cast.robin)
    course.refresh_from_db()
    book(cast, course, timezone.now() + timedelta(days=20))
    return course


def test_a_provider_sees_courses_timeline_and_facts_and_it_is_recorded(cast: Cast, sign_in: SignIn) -> None:
    busy_chart(cast)
    Allergy.objects.create(patient=cast.joye, substance="albumin")
    page = sign_in(cast.ito).get(chart_url(cast.joye)).content.decode()
    for words in ("Koch", "Chronic migraine", "155 U", "Left a voicemail", "Human albumin", "Visit for injection"):
        assert words in page
    event = AuditEvent.objects.get(action="chart-read")
    assert (event.actor_id, event.patient_id) == (cast.ito.pk, cast.joye.pk)


def test_a_visit_for_two_courses_names_both(cast: Cast, sign_in: SignIn) -> None:
    migraine, jaw = cast.course(), cast.course(condition="tmj_bruxism")
    book(cast, migraine, timezone.now() + timedelta(days=20), courses=[migraine, jaw])
    page = sign_in(cast.robin).get(chart_url(cast.joye)).content.decode()
    assert "Chronic migraine, TMJ disorder / bruxism" in page


def test_a_visit_whose_session_is_signed_reads_as_done(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    visit = book(cast, course, timezone.now() + timedelta(hours=1))
    visit.session = signed(cast, course, on=cast.harbour.today())
    visit.save()
    page = sign_in(cast.robin).get(chart_url(cast.joye)).content.decode()
    assert re.search(r"Visit for injection</a>\s+done", page)


def test_front_desk_sees_windows_and_contacts_and_nothing_clinical(cast: Cast, sign_in: SignIn) -> None:
    course = busy_chart(cast)
    Allergy.objects.create(patient=cast.joye, substance="latex", reaction="hives on the arm")
    page = sign_in(cast.robin).get(chart_url(cast.joye)).content.decode()
    assert "Chronic migraine" in page
    assert "Left a voicemail" in page
    for words in (
        "155 U",
        "hives on the arm",
        "Record a score",
        "Start session",
        f'"{reverse("clinic:course", args=[course.pk])}"',
    ):
        assert words not in page


def test_a_chart_of_another_site_is_not_found(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.max).get(chart_url(cast.joye)).status_code == 404
    assert not AuditEvent.objects.filter(action="chart-read").exists()


def test_an_empty_chart_offers_to_start_a_course(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.ito).get(chart_url(cast.joye)).content.decode()
    assert "No course of treatment yet" in page
    assert reverse("treatments:course-start", args=[cast.joye.pk]) in page


def test_the_title_and_url_of_a_chart_name_nobody(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.ito).get(chart_url(cast.joye)).content.decode()
    assert "<title>Chart · Cadence</title>" in page


@pytest.mark.parametrize("page", ["clinic:chart", "clinic:course"])
def test_the_cost_of_a_page_does_not_grow(
    cast: Cast, sign_in: SignIn, page: str, django_assert_max_num_queries: Any
) -> None:
    course = busy_chart(cast, sessions=1)
    url = reverse(page, args=[cast.joye.pk if page == "clinic:chart" else course.pk])
    client = sign_in(cast.ito)
    client.get(url)
    with django_assert_max_num_queries(12) as few:
        client.get(url)
    today = cast.harbour.today()
    for place in range(4):
        signed(cast, course, on=today - timedelta(days=2000 - 100 * place))
    cast.course(condition="cervical_dystonia")
    cast.course(condition="tmj_bruxism")
    with django_assert_max_num_queries(len(few)):
        client.get(url)


def test_the_diary_is_offered_where_it_measures_the_condition(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    page, diary = (reverse(name, args=[course.pk]) for name in ("clinic:course", "outcomes:diary"))
    client = sign_in(cast.ito)
    assert diary in client.get(page).content.decode()
    Instrument.objects.get(key="headache_days").conditions.clear()
    assert diary not in client.get(page).content.decode()
    assert client.get(diary).status_code == 404


def test_a_draft_leads_an_administrator_to_where_they_may_read_it(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    session = draft(cast, course, on=cast.harbour.today(), vials=[])
    to_chart = reverse("treatments:session-chart", args=[session.pk])
    for page in (chart_url(cast.joye), reverse("clinic:course", args=[course.pk])):
        assert to_chart in sign_in(cast.ito).get(page).content.decode()
        shown = sign_in(cast.ada).get(page).content.decode()
        assert to_chart not in shown
        assert reverse("treatments:session-detail", args=[session.pk]) in shown


def test_older_entries_of_the_timeline_come_on_demand(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    for _ in range(45):
        log_attempt(course=course, channel="phone", outcome="voicemail", note="", by=cast.robin)
    client = sign_in(cast.robin)
    first = client.get(chart_url(cast.joye)).content.decode()
    assert first.count("Left a voicemail") == 40
    more = client.get(chart_url(cast.joye) + "?page=2", HTTP_HX_REQUEST="true").content.decode()
    assert more.count("Left a voicemail") == 45
    assert "<html" not in more
    assert client.get(chart_url(cast.joye) + "?page=rubbish").status_code == 200


def test_the_course_page_says_why_each_date_is_what_it_is(cast: Cast, sign_in: SignIn) -> None:
    course = busy_chart(cast)
    page = sign_in(cast.ito).get(reverse("clinic:course", args=[course.pk])).content.decode()
    assert "84 days after the session" in page
    assert "BOTOX label" in page
    for step in FollowUp.objects.filter(course=course):
        assert step.name in page
    assert sign_in(cast.robin).get(reverse("clinic:course", args=[course.pk])).status_code == 403
    assert sign_in(cast.max).get(reverse("clinic:course", args=[course.pk])).status_code == 404


@pytest.mark.parametrize(
    ("who", "where"),
    [("ito", "clinic:my-day"), ("robin", "scheduling:recall-list"), ("ada", "outcomes:review")],
)
def test_each_role_lands_on_its_page(cast: Cast, sign_in: SignIn, who: str, where: str) -> None:
    response = sign_in(getattr(cast, who)).get("/")
    assert response["Location"] == reverse(where)


def test_someone_without_a_role_is_told_so(cast: Cast, sign_in: SignIn) -> None:
    nobody = User.objects.create_user("new@example.org", "x", name="New Person")
    response = sign_in(nobody).get("/")
    assert response.status_code == 403
    assert "no role yet" in response.content.decode()


def test_my_day_shows_todays_visits_drafts_and_follow_ups(
    cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    course = cast.course()
    today = cast.harbour.today()
    session = signed(cast, course, on=today - timedelta(days=120))
    FollowUp.objects.filter(session=session).update(due_on=today - timedelta(days=1))
    course.refresh_from_db()
    noon = timezone.now().astimezone(cast.harbour.zone()).replace(hour=12, minute=0, second=0, microsecond=0)
    visit = book(cast, course, noon, now=noon - timedelta(days=1))
    client = sign_in(cast.ito)
    url = reverse("clinic:my-day")
    client.get(url)
    with django_assert_max_num_queries(12):
        page = client.get(url).content.decode()
    assert "12:00" in page
    assert "Start session" in page
    assert "yesterday" in page

    started = client.post(reverse("clinic:session-start", args=[visit.pk]))
    draft = InjectionSession.objects.get(status="draft")
    assert started["Location"] == reverse("treatments:session-chart", args=[draft.pk])
    visit.refresh_from_db()
    assert visit.session == draft
    assert client.post(reverse("clinic:session-start", args=[visit.pk]))["Location"] == started["Location"]
    assert InjectionSession.objects.filter(status="draft").count() == 1
    assert "Continue draft" in client.get(url).content.decode()
    # A colleague's day is their own.
    assert "Koch" not in sign_in(cast.okafor).get(url).content.decode()
    assert sign_in(cast.robin).get(url).status_code == 403
    assert sign_in(cast.robin).post(reverse("clinic:session-start", args=[visit.pk])).status_code == 403
    assert sign_in(cast.max).post(reverse("clinic:session-start", args=[visit.pk])).status_code == 404


def test_alerts_stand_on_every_page_about_a_patient(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    session = signed(cast, course, on=cast.harbour.today() - timedelta(days=100))
    Allergy.objects.create(patient=cast.joye, substance="albumin")
    follow_up = FollowUp.objects.filter(session=session).first()
    assert follow_up is not None
    client = sign_in(cast.ito)
    for name, key in [
        ("clinic:chart", cast.joye.pk),
        ("clinic:course", course.pk),
        ("treatments:course-start", cast.joye.pk),
        ("treatments:course-edit", course.pk),
        ("treatments:course-close", course.pk),
        ("treatments:target-choose", course.pk),
        ("treatments:outside-session-create", course.pk),
        ("treatments:session-detail", session.pk),
        ("treatments:session-void", session.pk),
        ("outcomes:follow-up-record", follow_up.pk),
        ("outcomes:assessment-create", course.pk),
        ("patients:patient-edit", cast.joye.pk),
    ]:
        assert "allergy: albumin" in client.get(reverse(name, args=[key])).content.decode(), name
