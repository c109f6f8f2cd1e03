"""Vials reconstituted for a session that is not signed yet: with their clock, and the way to the draft."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from inventory.actions import remove_vials
from tests.cast import Cast
from tests.treatments.charted import draft, signed, vials_in_stock
from treatments.actions.sessions import void_session
from treatments.models import InjectionSession, VialUse

SignIn = Callable[[User], Client]
OPEN = "/stock/open/"


def opened(cast: Cast, *, hours_ago: float | None = 1, count: int = 1) -> InjectionSession:
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast, count))
    at = None if hours_ago is None else timezone.now() - timedelta(hours=hours_ago)
    VialUse.objects.filter(session=session).update(reconstituted_at=at)
    return session


def words(response: Any) -> list[str]:
    return [row.clock.words() for row in response.context["rows"]]


def test_it_says_how_long_each_may_be_used_and_where_it_belongs(cast: Cast, sign_in: SignIn):
    session = opened(cast, hours_ago=0.999)
    answer = sign_in(cast.ito).get(OPEN)
    assert words(answer) == ["23 h left"]
    page = answer.content.decode()
    assert "Koch, Joye" in page or "Joye Koch" in page
    assert f'href="/sessions/{session.pk}/chart/"' in page


def test_one_that_ran_out_stands_at_the_top_and_says_so(cast: Cast, sign_in: SignIn):
    opened(cast, hours_ago=0.999)
    other = draft(cast, cast.course(cast.omar), on=cast.harbour.today(), vials=vials_in_stock(cast))
    VialUse.objects.filter(session=other).update(reconstituted_at=timezone.now() - timedelta(hours=27, seconds=9))
    answer = sign_in(cast.ito).get(OPEN)
    assert words(answer) == ["over for 3 h", "23 h left"]
    assert "tag-alert" in answer.content.decode()


def test_picked_and_not_reconstituted_or_signed_is_not_open(cast: Cast, sign_in: SignIn):
    opened(cast, hours_ago=None)
    signed(cast, cast.course(cast.omar), on=cast.harbour.today())
    answer = sign_in(cast.ito).get(OPEN)
    assert words(answer) == []
    assert "No vial is open." in answer.content.decode()


def test_one_of_a_draft_thrown_away_waits_to_be_removed(cast: Cast, sign_in: SignIn):
    session = opened(cast)
    void_session(session=session, reason="did not come", by=cast.ito, now=timezone.now())
    vial = session.vial_uses.get().vial
    page = sign_in(cast.ito).get(OPEN).content.decode()
    assert "draft thrown away" in page
    assert f'href="/stock/lots/{vial.lot_id}/remove/?vial={vial.pk}"' in page
    remove_vials(vials=[vial], reason="other", note="opened, draft thrown away", by=cast.ito)
    assert words(sign_in(cast.ito).get(OPEN)) == []


def test_others_open_it_and_do_not_chart_it(cast: Cast, sign_in: SignIn):
    session = opened(cast)
    for person in (cast.okafor, cast.ada):
        page = sign_in(person).get(OPEN).content.decode()
        assert f'href="/sessions/{session.pk}/"' in page
        assert "/chart/" not in page


def test_a_patient_of_another_site_is_not_named(cast: Cast, sign_in: SignIn):
    opened(cast)
    cast.joye.site = cast.elsewhere
    cast.joye.save()
    page = sign_in(cast.ito).get(OPEN).content.decode()
    assert "a patient of another site" in page
    assert "Koch" not in page


def test_it_costs_the_same_with_one_and_with_many_and_goes_on(
    cast: Cast, sign_in: SignIn, django_assert_num_queries: Any
):
    ito = sign_in(cast.ito)
    first = opened(cast)
    with django_assert_num_queries(5):  # session, person, sites twice, the open vials
        ito.get(OPEN)
    VialUse.objects.bulk_create(
        VialUse(session=first, vial=vial, reconstituted_at=timezone.now()) for vial in vials_in_stock(cast, 60)
    )
    with django_assert_num_queries(5):
        page = ito.get(OPEN)
    rest = ito.get(OPEN, {"after": page.context["next"]})
    seen = [row.use.pk for answer in (page, rest) for row in answer.context["rows"]]
    assert len(seen) == len(set(seen)) == 61
