"""What changed since the last session, on the charting page, the review and the signed session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import Product
from tests.cast import Cast
from tests.treatments.charted import draft, migraine_sites, signed
from treatments.actions.sessions import DraftSite
from treatments.differences import differences_of
from treatments.models import InjectionSession, Muscle, TreatmentCourse
from treatments.rules.difference import Change


@pytest.fixture
def ito(cast: Cast, sign_in: Callable[..., Client]) -> Client:
    return sign_in(cast.ito)


def compared(session: InjectionSession) -> InjectionSession:
    return InjectionSession.objects.for_chart().get(pk=session.pk)


def days_ago(cast: Cast, days: int) -> date:
    return cast.harbour.today() - timedelta(days=days)


def more_sites(course: TreatmentCourse) -> list[DraftSite]:
    """The 31 sites, one with 7.5 U, and one more in the masseter."""
    first, *rest = migraine_sites(course)
    dearer = DraftSite(first.course_id, first.muscle_id, first.side, Decimal("7.5"), first.view, first.x, first.y)
    masseter = DraftSite(course.pk, Muscle.objects.get(key="masseter").pk, "left", Decimal(10))
    return [dearer, *rest, masseter]


def test_every_page_of_the_session_shows_it(cast: Cast, ito: Client) -> None:
    course = cast.course()
    signed(cast, course, on=days_ago(cast, 91))
    now = draft(cast, course, on=cast.harbour.today(), vials=[], sites=more_sites(course))
    for name in ("session-chart", "session-review", "session-detail"):
        html = unescape(ito.get(reverse(f"treatments:{name}", args=[now.pk])).content.decode())
        assert "31 → 32 sites, 155 → 167.5 U" in html, name
        assert "2.5 U more" in html
        assert "Masseter, left" in html


def test_a_signed_session_is_compared_with_the_one_before_it_not_with_a_later_one(cast: Cast) -> None:
    course = cast.course()
    first = signed(cast, course, on=days_ago(cast, 200))
    second = signed(cast, course, on=days_ago(cast, 100), sites=more_sites(course))
    third = signed(cast, course, on=days_ago(cast, 2))
    assert differences_of(compared(first)) == []
    (at_second,) = differences_of(compared(second))
    assert (at_second.last_id, at_second.units) == (first.pk, Decimal("12.5"))
    assert [(name, row.change) for name, row in at_second.rows] == [
        ("Corrugator supercilii", Change.MORE),
        ("Masseter", Change.ADDED),
    ]
    (at_third,) = differences_of(compared(third))
    assert (at_third.last_id, at_third.units) == (second.pk, Decimal("-12.5"))


def test_another_product_is_said_and_its_units_are_not_compared(cast: Cast, ito: Client) -> None:
    course = cast.course()
    signed(cast, course, on=days_ago(cast, 91))
    now = draft(cast, course, on=cast.harbour.today(), vials=[], sites=more_sites(course))
    InjectionSession.objects.filter(pk=now.pk).update(product=Product.objects.get(key="abobotulinumtoxinA"))
    (found,) = differences_of(compared(now))
    assert not found.same_product
    assert [(name, row.units) for name, row in found.rows] == [("Masseter", None)]
    html = unescape(ito.get(reverse("treatments:session-chart", args=[now.pk])).content.decode())
    assert "It was BOTOX: units of another product are not compared. 31 → 32 sites" in html
    assert "155 →" not in html


def test_each_course_has_its_own_last_session(cast: Cast, ito: Client) -> None:
    migraine, jaw = cast.course(), cast.course(condition="tmj_bruxism")
    masseter = DraftSite(jaw.pk, Muscle.objects.get(key="masseter").pk, "left", Decimal(20))
    older = signed(cast, jaw, on=days_ago(cast, 120), sites=[masseter])
    newer = signed(cast, migraine, on=days_ago(cast, 91))
    now = draft(cast, migraine, jaw, on=cast.harbour.today(), vials=[], sites=[*migraine_sites(migraine), masseter])
    assert [(found.course, found.last_id, found.rows) for found in differences_of(compared(now))] == [
        (migraine, newer.pk, []),
        (jaw, older.pk, []),
    ]
    # Same as last time takes both.
    now.injections.all().delete()
    page = ito.get(reverse("treatments:session-chart", args=[now.pk])).content.decode()
    assert "Same as last time" in page


def test_a_touch_up_and_a_voided_session_are_not_the_last_one(cast: Cast) -> None:
    course = cast.course()
    first = signed(cast, course, on=days_ago(cast, 100))
    signed(cast, course, on=days_ago(cast, 90), is_touch_up=True, touch_up_reason="one side weak")
    now = draft(cast, course, on=cast.harbour.today(), vials=[])
    (found,) = differences_of(compared(now))
    assert found.last_id == first.pk


def test_an_empty_draft_is_not_compared(cast: Cast) -> None:
    course = cast.course()
    signed(cast, course, on=days_ago(cast, 91))
    assert differences_of(compared(draft(cast, course, on=cast.harbour.today(), vials=[], sites=[]))) == []
