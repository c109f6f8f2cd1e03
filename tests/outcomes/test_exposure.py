"""Adverse events by product, muscle and lot equal a count over plain rows, and each opens as many rows as it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from benchmarks.generated_outcomes import TODAY, TreatedClinic
from outcomes.review import Scope, events_of_none, exposures, rows
from outcomes.statistics.intervals import poisson_rate
from tests.cast import Cast
from treatments.models import AdverseEvent, FollowUp, InjectionSession

pytestmark = pytest.mark.django_db


def counted(scope: Scope) -> dict[str, tuple[int, int]]:
    """Sessions and events of each product, muscle and lot, row by row in Python."""
    sessions: Counter[str] = Counter()
    events: Counter[str] = Counter()
    given = InjectionSession.objects.filter(
        status="signed", patient__site__in=scope.sites, performed_on__range=(scope.first, scope.last)
    ).prefetch_related("treated__course", "injections__muscle", "injections__course", "vial_uses__vial__lot__product")
    for session in given.select_related("product"):
        wanted = {row.course_id for row in session.treated.all() if scope.condition in (None, row.course.condition_id)}
        if not wanted:
            continue
        shared = {f"product {session.product.brand}"} if session.product else set()
        lots = {use.vial.lot for use in session.vial_uses.all()}
        shared |= {f"lot {lot.product.brand} {lot.number}" for lot in lots}
        muscles = {f"muscle {site.muscle.name}" for site in session.injections.all() if site.course_id in wanted}
        sessions.update(shared | muscles)
        for event in AdverseEvent.objects.filter(session=session).exclude(outcome="error").select_related("muscle"):
            if event.course_id is None or event.course_id in wanted:
                events.update(shared | ({f"muscle {event.muscle.name}"} if event.muscle else set()))
        noted = FollowUp.objects.filter(session=session, status="done", adverse_event=True, adverse_event_record=None)
        for _ in noted.filter(course__in=wanted):
            events.update(shared)
    return {part: (sessions[part], events[part]) for part in sessions | events}


@pytest.fixture
def clinic(db: None) -> TreatedClinic:
    """Every second event with a muscle that was treated."""
    clinic = TreatedClinic(30, seed=8).build()
    for event in AdverseEvent.objects.order_by("pk")[::2]:
        site = event.session.injections.first()
        AdverseEvent.objects.filter(pk=event.pk).update(muscle=site and site.muscle)
    return clinic


def test_each_rate_equals_a_count_over_plain_rows_and_opens_its_rows(clinic: TreatedClinic) -> None:
    seen, without_muscle = set(), 0
    for chosen in clinic.filters(6):
        scope = Scope(**chosen | {"sites": tuple(chosen["sites"]), "provider": None, "product": None, "protocol": None})
        found = exposures(scope, on=TODAY)
        page = {row.part: (row.sessions, row.events) for kind in found for row in found[kind]}
        assert page == counted(scope)
        seen |= {row.kind for kind in found for row in found[kind] if row.events}
        for row in [one for kind in found for one in found[kind][:3]]:
            assert len(rows("sessions", scope, on=TODAY, part=row.part, limit=10_000)) == row.sessions
            assert len(rows("events", scope, on=TODAY, part=row.part, limit=10_000)) == row.events
            assert row.rate == poisson_rate(row.events, row.sessions)
        # What is of no muscle is counted too: by difference, as an event has one product and at most one muscle.
        events = sum(row.events for row in found["product"])
        of_none = events_of_none(scope, on=TODAY)
        assert of_none.get("muscle", 0) == events - sum(row.events for row in found["muscle"])
        assert of_none.get("product", 0) == 0
        without_muscle += of_none.get("muscle", 0)
    assert seen == {"product", "muscle", "lot"}
    assert without_muscle


def test_the_page_says_what_each_rate_is_of(
    clinic: TreatedClinic, cast: Cast, sign_in: Callable[[User], Client]
) -> None:
    cast.ada.sites.set(clinic.sites)
    client = sign_in(cast.ada)
    outcomes = client.get(reverse("outcomes:review"), {"period": "all"}).content.decode()
    assert reverse("outcomes:review-exposure") + "?period=all" in outcomes
    page = client.get(reverse("outcomes:review-exposure"), {"period": "all"})
    of_muscles = next(table for table in page.context["tables"] if table["kind"] == "muscle")
    assert f"{of_muscles['of_none']} events more: which muscle is not known" in page.content.decode()
    first = page.context["tables"][0]["rows"][0]
    assert first["row"].kind == "product"
    opened = client.get(first["events_href"])
    assert len(opened.context["rows"]) == min(first["row"].events, 50)
    assert f"only {first['row'].part}" in opened.content.decode()
    assert client.get(reverse("outcomes:review-exposure"), {"period": "x"}).status_code == 404
