"""Windows after what happens seldom: a late wear-off, a session voided, two sessions of one day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from inventory.models import Product
from tests.cast import Cast
from tests.treatments.charted import any_muscle, moment, signed, vials_in_stock
from treatments.actions.follow_ups import record_follow_up
from treatments.actions.sessions import DraftHeader, DraftSite, save_draft, sign_session, start_session, void_session
from treatments.checks import findings_of
from treatments.models import FollowUp, InjectionSession, TreatmentCourse

DAY = date(2026, 9, 4)
DAXXIFY, BOTOX = "daxibotulinumtoxinA-lanm", "onabotulinumtoxinA"


def follow_up_of(session: InjectionSession) -> FollowUp:
    found = session.follow_ups.order_by("due_on").last()
    assert found is not None
    return found


def drafted(cast: Cast, course: TreatmentCourse, *, product: str, by: User, size: int = 100) -> InjectionSession:
    session = start_session(patient=course.patient, site=cast.harbour, courses=[course], on=DAY, by=by)
    return save_draft(
        session=session,
        header=DraftHeader(
            performed_on=DAY, product=Product.objects.get(key=product), dilution_units=100, dilution_ml=Decimal(2)
        ),
        sites=[DraftSite(course.pk, any_muscle().pk, "left", Decimal(50))],
        vials=vials_in_stock(cast, units=size, product=product),
        by=by,
        version=session.version,
    )


def sign(cast: Cast, sessions: Sequence[InjectionSession]) -> None:
    for minutes, session in enumerate(sessions):
        assert session.provider is not None
        found = findings_of(InjectionSession.objects.for_chart().get(pk=session.pk), by=session.provider, today=DAY)
        sign_session(
            session=session,
            by=session.provider,
            version=session.version,
            reasons={finding.key: "seen" for finding in found},
            now=moment(cast, DAY) + timedelta(minutes=minutes),
        )


def test_a_wear_off_taken_back_gives_the_calculated_target_back(cast: Cast) -> None:
    course = cast.course()
    follow_up = follow_up_of(signed(cast, course, on=DAY))
    worn_off = DAY + timedelta(days=100)
    record_follow_up(follow_up=follow_up, by=cast.ito, version=None, on=worn_off, wear_off_on=worn_off)
    course.refresh_from_db()
    assert course.target_on == worn_off
    record_follow_up(follow_up=follow_up, by=cast.ito, version=None, on=worn_off)
    course.refresh_from_db()
    window = course.windows.get()
    assert course.target_on == window.target_on == course.window_opens_on
    (reason,) = [reason for reason in window.reasons if reason["date"] == "target_on"]
    assert reason["rule"] == "condition policy"
    assert reason["version"] == str(window.policy.version)


def test_a_window_opened_again_aims_at_the_wear_off_known_by_then(cast: Cast) -> None:
    course = cast.course()
    first = signed(cast, course, on=DAY)
    second = signed(cast, course, on=date(2026, 12, 10))
    worn_off = DAY + timedelta(days=95)
    record_follow_up(
        follow_up=follow_up_of(first), by=cast.ito, version=None, on=date(2026, 12, 11), wear_off_on=worn_off
    )
    void_session(session=second, reason="wrong patient", by=cast.ito, now=moment(cast, date(2026, 12, 11)))
    course.refresh_from_db()
    assert course.last_session_on == DAY
    assert course.target_on == worn_off


@pytest.mark.parametrize("daxxify_first", [True, False])
def test_two_products_on_one_day_count_in_whatever_order_they_are_signed(cast: Cast, daxxify_first: bool) -> None:
    course = cast.course()
    daxxify = drafted(cast, course, product=DAXXIFY, by=cast.ito)
    botox = drafted(cast, course, product=BOTOX, by=cast.okafor)
    sign(cast, [daxxify, botox] if daxxify_first else [botox, daxxify])
    course.refresh_from_db()
    assert course.eligible_on == DAY + timedelta(days=90)
    assert course.follow_ups.filter(session=daxxify).exists()
    assert course.follow_ups.filter(session=botox).exists()


@pytest.mark.parametrize("daxxify_first", [True, False])
def test_voiding_one_of_two_sessions_of_a_day_leaves_the_label_of_the_other(cast: Cast, daxxify_first: bool) -> None:
    course = cast.course()
    daxxify = drafted(cast, course, product=DAXXIFY, by=cast.ito)
    botox = drafted(cast, course, product=BOTOX, by=cast.okafor)
    sign(cast, [daxxify, botox] if daxxify_first else [botox, daxxify])
    void_session(session=daxxify, reason="wrong product", by=cast.ito, now=moment(cast, DAY))
    course.refresh_from_db()
    window = course.windows.get(closed_by=None, voided=False)
    assert (window.session_id, window.eligible_on) == (botox.pk, DAY + timedelta(days=84))
    assert course.eligible_on == window.eligible_on


def test_a_follow_up_cancelled_by_a_void_cannot_be_recorded_from_a_page_opened_before(cast: Cast) -> None:
    session = signed(cast, cast.course(), on=DAY)
    opened_before = follow_up_of(session)
    void_session(session=session, reason="wrong patient", by=cast.ito, now=moment(cast, DAY))
    with pytest.raises(ValidationError, match="cancelled"):
        record_follow_up(follow_up=opened_before, by=cast.ito, version=opened_before.version, on=DAY)
    opened_before.refresh_from_db()
    assert opened_before.status == FollowUp.Status.CANCELLED
