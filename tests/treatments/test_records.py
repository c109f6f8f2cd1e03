"""What may still happen to a signed session: addenda, voiding, a replacement."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Role
from audit.models import AuditEvent
from inventory.models import Product, StockMovement, Vial
from tests.cast import PASSWORD, Cast
from tests.treatments.charted import _Always, draft, moment, signed, vials_in_stock
from treatments.actions.records import replace_session, write_addendum
from treatments.actions.sessions import (
    DraftHeader,
    DraftSite,
    record_outside_session,
    save_draft,
    sign_session,
    start_session,
    void_session,
)
from treatments.models import Addendum, FollowUp, InjectionSession
from treatments.seals import verify_records

DAY = date(2026, 9, 4)


def sign(cast: Cast, session: InjectionSession, by: User | None = None) -> InjectionSession:
    return sign_session(
        session=session, by=by or cast.ito, version=session.version, reasons=_Always(), now=moment(cast, DAY)
    )


def voided(cast: Cast, **changes: object) -> InjectionSession:
    session = signed(cast, cast.course(), on=DAY, **changes)
    return void_session(session=session, reason="wrong side", by=cast.ito, now=timezone.now())


# --- addenda


def test_an_addendum_is_added_under_a_name_and_the_session_stays(cast: Cast) -> None:
    session = signed(cast, cast.course(), on=DAY)
    addendum = write_addendum(session=session, text=" Ice was given. ", by=cast.okafor, now=timezone.now())
    assert addendum.text == "Ice was given."
    assert addendum.signature == "Dr Ngozi Okafor, MD, licence L12453: author"
    assert InjectionSession.objects.get(pk=session.pk).version == session.version
    assert AuditEvent.objects.get(action="addendum").subject_id == session.pk


def test_an_addendum_pressed_twice_is_one(cast: Cast) -> None:
    session = signed(cast, cast.course(), on=DAY)
    now = timezone.now()
    one, two = (write_addendum(session=session, text="Ice.", by=cast.ito, now=now) for _ in range(2))
    assert one == two
    # Another day the same words are another addendum; so are another person's.
    write_addendum(session=session, text="Ice.", by=cast.ito, now=now + timedelta(days=1))
    write_addendum(session=session, text="Ice.", by=cast.okafor, now=now)
    assert session.addenda.count() == 3
    assert verify_records().sound


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 5_001])
def test_an_addendum_says_something_and_not_a_book(cast: Cast, text: str) -> None:
    session = signed(cast, cast.course(), on=DAY)
    with pytest.raises(ValidationError):
        write_addendum(session=session, text=text, by=cast.ito, now=timezone.now())


def test_only_a_signed_session_takes_an_addendum(cast: Cast) -> None:
    course = cast.course()
    outside = record_outside_session(
        course=course, performed_on=date(2026, 1, 5), product=Product.objects.get(key="onabotulinumtoxinA"),
        units=Decimal(155), source="letter", on=DAY, by=cast.ito,
    )  # fmt: skip
    other = signed(cast, cast.course(cast.omar), on=DAY)
    void_session(session=other, reason="wrong patient", by=cast.ito, now=timezone.now())
    for session in (draft(cast, course, on=DAY, vials=[]), outside, other):
        with pytest.raises(ValidationError, match="Only a signed session"):
            write_addendum(session=session, text="Ice.", by=cast.ito, now=timezone.now())


def test_without_a_licence_nobody_writes_an_addendum(cast: Cast) -> None:
    session = signed(cast, cast.course(), on=DAY)
    cast.okafor.credential.delete()
    with pytest.raises(ValidationError, match="licence"):
        write_addendum(session=session, text="Ice.", by=User.objects.get(pk=cast.okafor.pk), now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_same_moment_write_one_addendum(cast: Cast) -> None:
    session = signed(cast, cast.course(), on=DAY)
    barrier = threading.Barrier(2)

    def press() -> None:
        try:
            barrier.wait(10)
            write_addendum(session=session, text="Ice.", by=cast.ito, now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Addendum.objects.count() == 1


# --- void and replace


def test_a_replacement_describes_the_same_vials_and_stock_goes_down_once(cast: Cast) -> None:
    first = voided(cast)
    (vial,) = Vial.objects.all()
    second = replace_session(session=first, by=cast.ito)
    assert second.is_draft
    assert second.replaces == first
    assert second.injections.count() == 31
    second = sign(cast, second)
    assert second.status == "signed"
    assert [use.vial_id for use in second.vial_uses.all()] == [vial.pk]
    assert (second.vial_uses.get().units_given, second.vial_uses.get().units_discarded) == (Decimal(155), Decimal(45))
    assert list(StockMovement.objects.filter(kind="used").values_list("vial_id", flat=True)) == [vial.pk]
    assert Vial.objects.get().status == Vial.Status.USED
    assert verify_records().sound


def test_a_replacement_can_be_corrected_and_takes_what_it_needs_more_from_the_shelf(cast: Cast) -> None:
    first = voided(cast)
    course = first.courses.get()
    (more,) = vials_in_stock(cast)
    second = replace_session(session=first, by=cast.ito)
    vials = [*Vial.objects.filter(uses__session=first).for_list(), more]
    sites = [
        DraftSite(course.pk, row.muscle_id, row.side, Decimal(10), row.view, row.x, row.y)
        for row in first.injections.all()
    ]
    second = save_draft(
        session=second,
        header=DraftHeader(DAY, product=first.product, dilution_units=200, dilution_ml=Decimal(4)),
        sites=sites, vials=vials, by=cast.ito, version=second.version,
    )  # fmt: skip
    second = sign(cast, second)
    assert second.vial_uses.count() == 2
    assert StockMovement.objects.filter(kind="used").count() == 2
    assert not Vial.objects.in_stock().exists()


def test_the_vials_of_a_voided_session_are_for_its_replacement_alone(cast: Cast) -> None:
    first = voided(cast)
    vials = list(Vial.objects.filter(uses__session=first).for_list())
    other = draft(cast, cast.course(cast.omar), on=DAY, vials=vials)
    with pytest.raises(Exception, match="stock"):
        sign(cast, other)


def test_the_window_and_the_follow_ups_are_those_of_the_replacement(cast: Cast) -> None:
    course = cast.course()
    before = signed(cast, course, on=DAY - timedelta(days=100))
    first = signed(cast, course, on=DAY)
    asked = first.follow_ups.order_by("due_on")[0]
    FollowUp.objects.filter(pk=asked.pk).update(
        status="done", done_on=asked.due_on, done_by=cast.ito, wear_off_on=DAY + timedelta(days=75)
    )
    steps = first.follow_ups.count()
    first = void_session(session=first, reason="wrong side", by=cast.ito, now=timezone.now())
    course.refresh_from_db()
    assert course.last_session_on == before.performed_on

    second = sign(cast, replace_session(session=first, by=cast.ito))
    course.refresh_from_db()
    assert course.last_session_on == DAY
    assert course.windows.get(session=before).closed_by == second
    assert course.windows.get(session=second).closed_by is None
    assert course.windows.get(session=first).voided
    # What was found about those injections stays theirs; the rest is planned anew, nothing twice.
    assert second.follow_ups.count() == steps
    assert second.follow_ups.get(status="done").wear_off_on == DAY + timedelta(days=75)
    assert set(first.follow_ups.values_list("status", flat=True)) == {"cancelled"}


def test_a_session_is_replaced_once_until_its_draft_is_thrown_away(cast: Cast) -> None:
    first = voided(cast)
    one = replace_session(session=first, by=cast.ito)
    assert replace_session(session=first, by=cast.okafor) == one
    void_session(session=one, reason="not needed", by=cast.ito, now=timezone.now())
    assert replace_session(session=first, by=cast.ito) != one


def test_a_replacement_can_be_voided_and_replaced_itself(cast: Cast) -> None:
    first = voided(cast)
    second = sign(cast, replace_session(session=first, by=cast.ito))
    second = void_session(session=second, reason="again", by=cast.ito, now=timezone.now())
    third = sign(cast, replace_session(session=second, by=cast.ito))
    assert third.replaces == second
    assert StockMovement.objects.filter(kind="used").count() == 1
    assert verify_records().sound


def test_what_was_not_signed_here_is_not_replaced(cast: Cast) -> None:
    session = draft(cast, cast.course(), on=DAY, vials=[])
    with pytest.raises(ValidationError):
        replace_session(session=session, by=cast.ito)
    thrown = void_session(session=session, reason="x", by=cast.ito, now=timezone.now())
    with pytest.raises(ValidationError):
        replace_session(session=thrown, by=cast.ito)


def test_starting_a_session_takes_up_no_replacement(cast: Cast) -> None:
    first = voided(cast)
    replacement = replace_session(session=first, by=cast.ito)
    begun = start_session(patient=cast.joye, site=cast.harbour, courses=first.courses.all(), on=DAY, by=cast.ito)
    assert begun != replacement


# --- a trainee's draft


@pytest.fixture
def trainee(cast: Cast) -> User:
    user = User.objects.create_user("tess@example.org", PASSWORD, name="Dr Tess Lang", roles=[Role.TRAINEE])
    user.sites.set([cast.harbour])
    return user


def test_who_signs_a_trainees_draft_signs_as_its_supervisor(cast: Cast, trainee: User) -> None:
    session = draft(cast, cast.course(), on=DAY, vials=vials_in_stock(cast), by=trainee)
    session = sign(cast, session)
    assert session.signature == (
        "drafted by Dr Tess Lang, trainee; reviewed and signed by Dr Kenji Ito, MD, licence L12345: supervising author"
    )
    assert session.signed_by == cast.ito


def test_a_trainee_signs_nothing(cast: Cast, trainee: User) -> None:
    session = draft(cast, cast.course(), on=DAY, vials=vials_in_stock(cast), by=trainee)
    with pytest.raises(Exception, match="Only a provider signs"):
        sign(cast, session, by=trainee)


def test_the_longest_names_fit_the_signature(cast: Cast, trainee: User) -> None:
    for user in (cast.ito, trainee):
        user.name = "N" * 120
        user.save()
    cast.ito.credential.title, cast.ito.credential.licence_number = "T" * 40, "L" * 40
    cast.ito.credential.save()
    session = draft(cast, cast.course(), on=DAY, vials=vials_in_stock(cast), by=trainee)
    assert sign(cast, session).signature.endswith(": supervising author")
    mine = draft(cast, cast.course(cast.omar), on=DAY, vials=vials_in_stock(cast))
    assert len(sign(cast, mine).signature) <= 200
