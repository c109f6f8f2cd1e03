"""Signing: all or nothing, once, and never again changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEvent, StaleVersionError
from inventory.models import Product, StockMovement, Vial
from patients.models import Allergy
from tests.cast import Cast
from tests.treatments.charted import any_muscle, draft, migraine_sites, moment, signed, vials_in_stock
from treatments.actions.sessions import (
    DraftHeader,
    DraftSite,
    SigningRefusedError,
    record_outside_session,
    save_draft,
    sign_session,
    start_session,
    void_session,
)
from treatments.actions.windows import choose_target
from treatments.models import ConditionPolicy, FollowUp, Injection, InjectionSession, SessionCourse, VialUse

DAY = date(2026, 9, 4)


def test_signing_takes_stock_opens_the_window_and_plans_follow_ups(cast: Cast) -> None:
    course = cast.course()
    (vial,) = vials_in_stock(cast)
    session = draft(cast, course, on=DAY, vials=[vial])
    session = sign_session(session=session, by=cast.ito, version=session.version, reasons={}, now=moment(cast, DAY))

    assert session.status == "signed"
    assert session.signature == "Dr Kenji Ito, MD, licence L12345: author"
    (use,) = session.vial_uses.all()
    assert (use.units_given, use.units_discarded) == (Decimal(155), Decimal(45))
    vial.refresh_from_db()
    assert vial.status == Vial.Status.USED
    assert StockMovement.objects.filter(vial=vial, kind="used").count() == 1

    course.refresh_from_db()
    assert course.last_session_on == DAY
    assert course.eligible_on == date(2026, 11, 27)
    assert course.window_opens_on == date(2026, 12, 4)
    assert course.window_closes_on == date(2027, 3, 4)
    window = course.windows.get()
    assert window.closed_by is None
    assert {reason["date"] for reason in window.reasons} >= {"eligible_on", "target_on"}
    steps = window.policy.follow_up_steps.all()
    assert steps
    assert [(plan.step, plan.due_on) for plan in course.follow_ups.order_by("due_on")] == [
        (step.key, DAY + timedelta(days=step.day)) for step in steps
    ]
    assert AuditEvent.objects.filter(action="sign", subject_id=session.pk, actor_id=cast.ito.pk).count() == 1


def test_signing_again_changes_nothing(cast: Cast) -> None:
    session = signed(cast, cast.course(), on=DAY)
    again = sign_session(session=session, by=cast.ito, version=1, reasons={}, now=moment(cast, DAY))
    assert again.pk == session.pk
    assert again.version == session.version
    assert StockMovement.objects.filter(kind="used").count() == 1


def test_the_next_session_closes_one_window_and_opens_the_next(cast: Cast) -> None:
    course = cast.course()
    first = signed(cast, course, on=DAY)
    second = signed(cast, course, on=date(2026, 12, 10))
    windows = {window.session_id: window for window in course.windows.all()}
    assert windows[first.pk].closed_by_id == second.pk
    assert windows[second.pk].closed_by_id is None
    course.refresh_from_db()
    assert course.last_session_on == date(2026, 12, 10)


def test_a_session_treats_several_courses_from_the_same_vials(cast: Cast) -> None:
    migraine, jaw = cast.course(), cast.course(condition="tmj_bruxism")
    sites = [*migraine_sites(migraine), DraftSite(jaw.pk, any_muscle().pk, "left", Decimal(25))]
    session = signed(cast, migraine, jaw, on=DAY, sites=sites)
    (use,) = session.vial_uses.all()
    assert (use.units_given, use.units_discarded) == (Decimal(180), Decimal(20))
    for course in (migraine, jaw):
        course.refresh_from_db()
        assert course.last_session_on == DAY
        assert course.follow_ups.exists()


def test_a_touch_up_counts_for_stock_and_moves_no_window(cast: Cast) -> None:
    course = cast.course()
    signed(cast, course, on=DAY)
    one = [DraftSite(course.pk, any_muscle().pk, "left", Decimal(5))]
    touch_up = signed(
        cast, course, on=DAY + timedelta(days=14), sites=one, is_touch_up=True, touch_up_reason="ptosis side missed"
    )
    course.refresh_from_db()
    assert course.last_session_on == DAY
    assert not touch_up.windows.exists()
    assert not touch_up.follow_ups.exists()
    assert touch_up.vial_uses.get().units_discarded == Decimal(195)


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (lambda header: replace(header, dilution_ml=None), "no-dilution"),
        (lambda header: replace(header, is_touch_up=True), "touch-up"),
    ],
)
def test_an_incomplete_draft_is_kept_and_not_signed(
    cast: Cast, spoil: Callable[[DraftHeader], DraftHeader], key: str
) -> None:
    course = cast.course()
    header = DraftHeader(
        DAY, product=Product.objects.get(key="onabotulinumtoxinA"), dilution_units=200, dilution_ml=Decimal(4)
    )
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=DAY, by=cast.ito)
    session = save_draft(
        session=session,
        header=spoil(header),
        sites=migraine_sites(course),
        vials=vials_in_stock(cast),
        by=cast.ito,
        version=session.version,
    )
    with pytest.raises(SigningRefusedError) as refused:
        sign_session(session=session, by=cast.ito, version=session.version, reasons={}, now=moment(cast, DAY))
    assert key in [finding.key for finding in refused.value.findings]
    assert InjectionSession.objects.get(pk=session.pk).is_draft
    assert not StockMovement.objects.filter(kind="used").exists()
    assert not FollowUp.objects.exists()
    course.refresh_from_db()
    assert course.last_session_on is None


def test_an_expired_licence_signs_nothing(cast: Cast) -> None:
    cast.ito.credential.licence_expires_on = DAY - timedelta(days=1)
    cast.ito.credential.save()
    session = draft(cast, cast.course(), on=DAY, vials=vials_in_stock(cast))
    with pytest.raises(SigningRefusedError, match="licence expired"):
        sign_session(session=session, by=cast.ito, version=session.version, reasons={}, now=moment(cast, DAY))


def test_a_toxin_allergy_stops_and_a_warning_is_signed_with_its_reason(cast: Cast) -> None:
    course = cast.course()
    signed(cast, course, on=DAY)
    early = DAY + timedelta(days=80)
    session = draft(cast, course, on=early, vials=vials_in_stock(cast))
    with pytest.raises(SigningRefusedError) as refused:
        sign_session(session=session, by=cast.ito, version=session.version, reasons={}, now=moment(cast, early))
    assert [finding.key for finding in refused.value.findings] == [f"interval-{course.pk}"]
    done = sign_session(
        session=session,
        by=cast.ito,
        version=session.version,
        reasons={f"interval-{course.pk}": "travelling for four months"},
        now=moment(cast, early),
    )
    assert [(found["key"], found["reason"]) for found in done.findings if found["severity"] == "warn"] == [
        (f"interval-{course.pk}", "travelling for four months")
    ]

    Allergy.objects.create(patient=cast.joye, substance="botulinum_toxin")
    later = early + timedelta(days=100)
    session = draft(cast, course, on=later, vials=vials_in_stock(cast))
    with pytest.raises(SigningRefusedError):
        sign_session(
            session=session, by=cast.ito, version=session.version, reasons={"alert-x": "y"}, now=moment(cast, later)
        )


def test_doses_of_the_83_days_before_count_wherever_they_were_given(cast: Cast) -> None:
    course, neck = cast.course(), cast.course(condition="cervical_dystonia")
    botox = Product.objects.get(key="onabotulinumtoxinA")
    record_outside_session(
        course=neck, performed_on=DAY - timedelta(days=83), product=botox, units=Decimal(300), source="letter",
        on=DAY, by=cast.ito,
    )  # fmt: skip
    session = draft(cast, course, on=DAY, vials=vials_in_stock(cast))
    with pytest.raises(SigningRefusedError) as refused:
        sign_session(session=session, by=cast.ito, version=session.version, reasons={}, now=moment(cast, DAY))
    assert "55 U over" in str(refused.value)


def test_units_without_a_product_are_not_kept(cast: Cast) -> None:
    course = cast.course()
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=DAY, by=cast.ito)
    with pytest.raises(ValidationError, match="product before any units"):
        save_draft(
            session=session, header=DraftHeader(DAY), sites=migraine_sites(course), vials=[], by=cast.ito,
            version=session.version,
        )  # fmt: skip


def test_a_draft_saved_elsewhere_is_not_overwritten(cast: Cast) -> None:
    course = cast.course()
    session = draft(cast, course, on=DAY, vials=[])
    with pytest.raises(StaleVersionError):
        save_draft(
            session=session, header=DraftHeader(DAY), sites=[], vials=[], by=cast.ito, version=session.version - 1
        )
    assert session.injections.count() == 31


def test_saving_rewrites_only_the_sites_that_changed(cast: Cast) -> None:
    course = cast.course()
    session = draft(cast, course, on=DAY, vials=[])
    before = dict(session.injections.values_list("order", "pk"))
    sites = migraine_sites(course)
    sites[4] = replace(sites[4], units=Decimal("7.50"))
    saved = save_draft(
        session=session, header=DraftHeader(DAY, product=session.product), sites=sites[:-1], vials=[],
        by=cast.ito, version=session.version,
    )  # fmt: skip
    after = dict(saved.injections.values_list("order", "pk"))
    assert sorted(after) == list(range(1, 31))
    assert {order for order in after if after[order] != before[order]} == {5}
    assert saved.injections.get(order=5).units == Decimal("7.50")


def test_starting_twice_takes_up_the_same_draft(cast: Cast) -> None:
    course = cast.course()
    one = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=DAY, by=cast.ito)
    two = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=DAY, by=cast.ito)
    assert one.pk == two.pk


def test_a_new_draft_begins_with_the_product_and_dilution_of_the_last_session(cast: Cast) -> None:
    course = cast.course()
    last = signed(cast, course, on=DAY)
    draft = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=date(2026, 12, 10), by=cast.ito)
    assert (draft.product, draft.dilution_units, draft.dilution_ml) == (last.product, 200, Decimal(4))
    assert not draft.injections.exists()


def test_a_reason_is_a_sentence_or_two(cast: Cast) -> None:
    session = draft(cast, cast.course(), on=DAY, vials=vials_in_stock(cast))
    with pytest.raises(ValidationError, match="at most 500"):
        sign_session(
            session=session, by=cast.ito, version=session.version, reasons={"x": "y" * 501}, now=moment(cast, DAY)
        )


def test_a_course_of_another_patient_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="one patient"):
        start_session(patient=cast.omar, site=cast.mesa, courses=[cast.course()], on=DAY, by=cast.ito)


def test_an_outside_session_opens_the_window_and_is_never_signed(cast: Cast) -> None:
    course = cast.course()
    product = Product.objects.get(key="daxibotulinumtoxinA-lanm")
    session = record_outside_session(
        course=course, performed_on=DAY, product=product, units=Decimal(125), source="letter of Dr Weiss", on=DAY,
        by=cast.ito,
    )  # fmt: skip
    course.refresh_from_db()
    assert course.last_session_on == DAY
    assert course.eligible_on == DAY + timedelta(days=90)
    assert (session.status, session.signed_by, session.is_outside) == ("recorded", None, True)
    with pytest.raises(ValidationError, match="already there"):
        record_outside_session(
            course=course, performed_on=DAY, product=product, units=Decimal(125), source="again", on=DAY, by=cast.ito
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        InjectionSession.objects.filter(pk=session.pk).update(status="signed")


def test_an_older_session_recorded_later_does_not_move_the_open_window(cast: Cast) -> None:
    course = cast.course()
    latest = signed(cast, course, on=DAY)
    older = record_outside_session(
        course=course, performed_on=date(2025, 5, 1), product=Product.objects.get(key="incobotulinumtoxinA"),
        units=Decimal(100), source="letter", on=DAY, by=cast.ito,
    )  # fmt: skip
    course.refresh_from_db()
    assert course.last_session_on == DAY
    assert course.windows.get(session=older).closed_by_id == latest.pk


def test_voiding_puts_the_window_before_back(cast: Cast) -> None:
    course = cast.course()
    first = signed(cast, course, on=DAY)
    before = {name: getattr(course.windows.get(session=first), name) for name in ("eligible_on", "window_closes_on")}
    second = signed(cast, course, on=date(2026, 12, 10))
    void_session(session=second, reason="wrong patient", by=cast.ito, now=moment(cast, date(2026, 12, 11)))
    course.refresh_from_db()
    assert course.last_session_on == DAY
    assert {name: getattr(course, name) for name in before} == before
    assert course.windows.get(session=first).closed_by is None
    assert course.windows.get(session=second).voided
    assert set(second.follow_ups.values_list("status", flat=True)) == {"cancelled"}
    assert AuditEvent.objects.get(action="void").subject_id == second.pk
    void_session(session=first, reason="wrong patient too", by=cast.ito, now=moment(cast, date(2026, 12, 11)))
    course.refresh_from_db()
    assert course.last_session_on is None


def test_a_policy_change_never_moves_a_signed_sessions_window(cast: Cast) -> None:
    course = cast.course()
    signed(cast, course, on=DAY)
    course.refresh_from_db()
    stood = course.eligible_on
    ConditionPolicy.objects.create(
        condition=course.condition,
        version=3,
        in_force_from=date(2026, 12, 5),
        min_interval_days=120,
        source="clinic",
        confidence="A",
    )
    record_outside_session(
        course=course, performed_on=date(2025, 5, 1), product=Product.objects.get(key="incobotulinumtoxinA"),
        units=Decimal(100), source="letter", on=date(2026, 12, 6), by=cast.ito,
    )  # fmt: skip
    course.refresh_from_db()
    assert course.eligible_on == stood
    signed(cast, course, on=date(2026, 12, 10))
    course.refresh_from_db()
    assert course.eligible_on == date(2026, 12, 10) + timedelta(days=120)


def test_a_chosen_target_stands_beside_the_calculated_one(cast: Cast) -> None:
    course = cast.course()
    signed(cast, course, on=DAY)
    course = choose_target(course=course, target_on=date(2027, 1, 15), reason="holiday before", on=DAY, by=cast.ito)
    assert course.target_on == date(2027, 1, 15)
    assert course.windows.get().target_on == date(2026, 12, 4)
    for day, words in [
        (date(2026, 11, 26), "first allowed day is 27 November"),
        (date(2027, 9, 5), "counts as lapsed"),
    ]:
        with pytest.raises(ValueError, match=words):
            choose_target(course=course, target_on=day, reason="holiday", on=DAY, by=cast.ito)
    with pytest.raises(ValueError, match="past"):
        choose_target(course=course, target_on=date(2026, 12, 1), reason="x", on=date(2026, 12, 2), by=cast.ito)
    with pytest.raises(ValueError, match="why"):
        choose_target(course=course, target_on=date(2027, 1, 16), reason=" ", on=DAY, by=cast.ito)
    assert choose_target(course=course, target_on=None, reason="", on=DAY, by=cast.ito).target_on == date(2026, 12, 4)


@pytest.mark.parametrize("change", ["notes", "delete", "injection", "vial", "course", "new-injection"])
def test_the_database_refuses_to_change_a_signed_session(cast: Cast, change: str) -> None:
    session = signed(cast, cast.course(), on=DAY)
    table = InjectionSession._meta.db_table
    sites, vials, treated = (model._meta.db_table for model in (Injection, VialUse, SessionCourse))
    statements = {
        "notes": f"UPDATE {table} SET notes = 'better' WHERE id = %s",
        "delete": f"DELETE FROM {table} WHERE id = %s",
        "injection": f"UPDATE {sites} SET units = 6 WHERE session_id = %s",
        "vial": f"DELETE FROM {vials} WHERE session_id = %s",
        "course": f"DELETE FROM {treated} WHERE session_id = %s",
        "new-injection": f'INSERT INTO {sites} (session_id, course_id, muscle_id, side, view, units, "order") '
        f"SELECT session_id, course_id, muscle_id, side, '', 5, 99 FROM {sites} WHERE session_id = %s LIMIT 1",
    }
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements[change], [session.pk])


def test_the_database_refuses_to_sign_vials_that_do_not_close(cast: Cast) -> None:
    session = draft(cast, cast.course(), on=DAY, vials=vials_in_stock(cast))
    session.vial_uses.update(units_discarded=Decimal(44))
    with pytest.raises(IntegrityError, match="must close"), transaction.atomic():
        InjectionSession.objects.filter(pk=session.pk).update(
            status="signed", signed_at=moment(cast, DAY), signed_by=cast.ito
        )


def test_an_injection_belongs_to_a_course_the_session_treats(cast: Cast) -> None:
    other = cast.course(condition="cervical_dystonia")
    session = draft(cast, cast.course(), on=DAY, vials=[])
    Injection.objects.create(session=session, course=other, order=99, muscle=any_muscle(), side="left")
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="injection_course_is_treated"):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
