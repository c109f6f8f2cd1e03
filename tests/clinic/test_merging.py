"""Two records of one person made one, and taken apart again: what moves, what stays locked and sealed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from audit.models import AuditEvent, StaleVersionError
from clinic.merging.merge import AlreadyMergedError, added_since, merge_patients, take_apart
from clinic.merging.rows import kinds, tangled
from inventory.models import Product
from patients.models import Allergy, Patient, PatientMerge, Screening, Weight
from scheduling.models import Appointment, AppointmentCourse
from tests.cast import Cast
from tests.treatments.charted import draft, signed, vials_in_stock
from treatments.actions.records import write_addendum
from treatments.actions.sessions import record_outside_session, void_session
from treatments.models import InjectionSession, RetreatmentWindow, TreatmentCourse
from treatments.seals import verify_records

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


def twin(cast: Cast, **fields: Any) -> Patient:
    """Joye once more, entered by somebody who did not find her."""
    return Patient.objects.create(
        **{
            "given_name": "Joy",
            "family_name": "Koch",
            "birth_date": date(1982, 8, 25),
            "sex": "F",
            "email": "joye@example.org",
            "site": cast.harbour,
            **fields,
        }
    )


def merge(cast: Cast, kept: Patient, merged: Patient, **changes: Any) -> PatientMerge:
    kept.refresh_from_db()
    merged.refresh_from_db()
    return merge_patients(
        **{
            "kept": kept,
            "merged": merged,
            "versions": (kept.version, merged.version),
            "take": {},
            "goes_on": {},
            "reason": "same card",
            "by": cast.ada,
            "now": NOW,
            **changes,
        }
    )


def apart(cast: Cast, made: PatientMerge) -> Any:
    return take_apart(merge=made, reason="two people after all", by=cast.ada, now=NOW + timedelta(days=1))


def outside(cast: Cast, course: TreatmentCourse, on: date, product: str = "onabotulinumtoxinA") -> InjectionSession:
    return record_outside_session(
        course=course,
        performed_on=on,
        product=Product.objects.get(key=product),
        units=Decimal(155),
        source="letter",
        on=date(2026, 11, 20),
        by=cast.ito,
    )


def visit(cast: Cast, patient: Patient, starts_at: datetime, *courses: TreatmentCourse, **fields: Any) -> Appointment:
    made = Appointment.objects.create(
        **{
            "patient": patient,
            "provider": cast.ito,
            "site": cast.harbour,
            "kind": Appointment.Kind.SESSION,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=30),
            "created_by": cast.robin,
            **fields,
        }
    )
    for course in courses:
        AppointmentCourse.objects.create(appointment=made, course=course)
    return made


def everything() -> dict[str, list[Any]]:
    """Every row of the clinic's tables but histories, the audit and merges, without versions."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.endswith("event") and table != "treatments_adverseevent":
                continue
            if (
                table.startswith(("audit_", "django_", "auth_", "account_", "mfa_", "pghistory"))
                or table == "patients_patientmerge"
            ):
                continue
            cursor.execute(f"SELECT to_jsonb(t) - 'version' FROM {table} AS t")
            found[table] = sorted(str(row) for row in cursor.fetchall())
    return found


# --- what moves


def test_everything_moves_and_the_merged_record_is_no_patient_any_more(cast: Cast) -> None:
    other = twin(cast)
    course = cast.course(other)
    session = signed(cast, course, on=date(2026, 6, 1))
    Allergy.objects.create(patient=other, substance="albumin")
    weight = Weight.objects.create(patient=other, kg=Decimal(70), measured_on=date(2026, 6, 1))

    made = merge(cast, cast.joye, other)

    for kind in kinds():
        assert not kind.of(other.pk).exists(), kind.key
    for row in (course, session, weight):
        row.refresh_from_db()
        assert row.patient_id == cast.joye.pk
    other.refresh_from_db()
    assert other.merged_into == cast.joye
    assert list(Patient.objects.visible_to(cast.ada).filter(pk__in=[other.pk, cast.joye.pk])) == [cast.joye]
    cast.joye.refresh_from_db()
    assert (cast.joye.email, cast.joye.given_name) == ("joye@example.org", "Joye")
    assert made.filled == {"email": ["", "joye@example.org"]}
    assert made.moved["treatments.InjectionSession"] == [session.pk]
    told = AuditEvent.objects.filter(action="merge").values_list("patient_id", "actor_id", "detail")
    assert set(told) == {(cast.joye.pk, cast.ada.pk, "merged"), (other.pk, cast.ada.pk, "merged")}
    assert not list(tangled(cast.joye.pk, other.pk))


def test_every_kind_of_row_is_named_once_for_the_triggers(db: None) -> None:
    keys = [kind.key for kind in kinds()]
    assert len(keys) == len(set(keys))
    # The triggers look these up by their label.
    assert {"treatments.InjectionSession", "patients.Screening", "patients.Consent", "patients.Weight"} <= set(keys)


def test_a_person_chooses_which_value_stays(cast: Cast) -> None:
    other = twin(cast, phone="+1 617 555 0199", birth_date=date(1982, 8, 26))
    made = merge(cast, cast.joye, other, take={"phone": True, "birth_date": False, "email": False})
    cast.joye.refresh_from_db()
    assert cast.joye.phone == "+1 617 555 0199"
    assert cast.joye.birth_date == date(1982, 8, 25)
    assert cast.joye.email == ""
    assert set(made.filled) == {"phone"}


def test_a_later_change_of_a_filled_field_stays(cast: Cast) -> None:
    other = twin(cast)
    made = merge(cast, cast.joye, other)
    Patient.objects.filter(pk=cast.joye.pk).update(email="new@example.org")
    done = apart(cast, made)
    cast.joye.refresh_from_db()
    assert cast.joye.email == "new@example.org"
    assert len(done.kept_changes) == 1
    assert "e-mail" in done.kept_changes[0]


# --- signed sessions


def test_a_merge_breaks_no_seal_and_taking_apart_neither(cast: Cast) -> None:
    other = twin(cast)
    mine, theirs = cast.course(), cast.course(other)
    signed(cast, mine, on=date(2026, 3, 2))
    session = signed(cast, theirs, on=date(2026, 6, 1))
    voided = void_session(session=outside(cast, theirs, date(2026, 1, 5)), reason="wrong", by=cast.ito, now=NOW)
    assert verify_records().sound

    made = merge(cast, cast.joye, other, goes_on={mine.condition_id: theirs.pk})
    assert verify_records().problems == []
    session.refresh_from_db()
    voided.refresh_from_db()
    assert {session.patient_id, voided.patient_id} == {cast.joye.pk}
    # What comes after the merge is sealed too.
    write_addendum(session=session, text="Ice was given.", by=cast.ito, now=timezone.now())
    assert verify_records().problems == []

    apart(cast, made)
    assert verify_records().problems == []
    session.refresh_from_db()
    assert session.patient_id == other.pk
    void_session(session=session, reason="wrong side", by=cast.ito, now=timezone.now())
    assert verify_records().problems == []


def test_a_record_merged_twice_over_still_fits_its_seals(cast: Cast) -> None:
    first, second = twin(cast), twin(cast, given_name="Joi")
    session = signed(cast, cast.course(first), on=date(2026, 6, 1))
    one = merge(cast, second, first)
    two = merge(cast, cast.joye, second)
    session.refresh_from_db()
    assert session.patient_id == cast.joye.pk
    assert verify_records().problems == []
    with pytest.raises(ValidationError, match="apart first"):
        apart(cast, one)
    apart(cast, two)
    assert verify_records().problems == []
    apart(cast, one)
    session.refresh_from_db()
    assert session.patient_id == first.pk
    assert verify_records().problems == []


def test_the_database_moves_no_signed_session_without_a_merge(cast: Cast) -> None:
    other = twin(cast)
    session = signed(cast, cast.course(), on=date(2026, 6, 1))
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        InjectionSession.objects.filter(pk=session.pk).update(patient=other)
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        Screening.objects.filter(pk=session.screening_id).update(patient=other)
    merge(cast, cast.joye, other)
    # A merge of these two lets only its own rows through, and nothing but the patient.
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        InjectionSession.objects.filter(pk=session.pk).update(patient=other)
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        InjectionSession.objects.filter(pk=session.pk).update(notes="better")


@pytest.mark.parametrize("with_a_made_up_merge", [False, True])
def test_a_change_of_patient_by_the_superuser_is_found(cast: Cast, with_a_made_up_merge: bool) -> None:
    other = twin(cast)
    session = signed(cast, cast.course(), on=date(2026, 6, 1))
    assert verify_records().sound
    with connection.cursor() as cursor:
        if with_a_made_up_merge:
            cursor.execute(
                "INSERT INTO patients_patientmerge (kept_id, merged_id, reason, moved, filled, changed, newest, seal,"
                " at, by_id, undone_reason) VALUES (%s, %s, 'x', %s, '{}', '{}', '{}', '', now(), %s, '')",
                [other.pk, cast.joye.pk, f'{{"treatments.InjectionSession": [{session.pk}]}}', cast.ada.pk],
            )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE treatments_injectionsession DISABLE TRIGGER USER")
        cursor.execute("UPDATE treatments_injectionsession SET patient_id = %s WHERE id = %s", [other.pk, session.pk])
        cursor.execute("ALTER TABLE treatments_injectionsession ENABLE TRIGGER USER")
    assert [problem.session_id for problem in verify_records().problems] == [session.pk]


def test_a_session_moved_back_behind_the_merge_is_found(cast: Cast) -> None:
    other = twin(cast)
    session = signed(cast, cast.course(other), on=date(2026, 6, 1))
    merge(cast, cast.joye, other)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE treatments_injectionsession DISABLE TRIGGER USER")
        cursor.execute("UPDATE treatments_injectionsession SET patient_id = %s WHERE id = %s", [other.pk, session.pk])
        cursor.execute("ALTER TABLE treatments_injectionsession ENABLE TRIGGER USER")
    assert ["no merge brought it there" in problem.words for problem in verify_records().problems] == [True]


def test_a_merge_stays_as_it_was_made(cast: Cast) -> None:
    made = merge(cast, cast.joye, twin(cast))
    for change in ({"moved": {}}, {"reason": "x"}, {"kept": cast.omar}):
        with pytest.raises(IntegrityError, match="only be taken apart"), transaction.atomic():
            PatientMerge.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(Exception, match="elete"), transaction.atomic():
        PatientMerge.objects.filter(pk=made.pk).delete()


def test_a_merged_record_gets_no_session(cast: Cast) -> None:
    other = twin(cast)
    merge(cast, cast.joye, other)
    with pytest.raises(IntegrityError, match="merged into another"), transaction.atomic():
        InjectionSession.objects.create(
            patient=other, site=cast.harbour, provider=cast.ito, performed_on=date(2026, 11, 21)
        )


def test_the_dose_of_both_records_counts_for_one_person(cast: Cast) -> None:
    other = twin(cast)
    outside(cast, cast.course(other, condition="tmj_bruxism"), date(2026, 11, 1))
    merge(cast, cast.joye, other)
    session = InjectionSession.objects.create(
        patient=cast.joye, site=cast.harbour, provider=cast.ito, performed_on=date(2026, 11, 21)
    )
    assert [row["performed_on"] for row in session.beside.others] == ["2026-11-01"]


# --- two open courses of one condition


def rivals(cast: Cast, *, mine: date, theirs: date, product: str = "onabotulinumtoxinA") -> Any:
    other = twin(cast)
    own, rival = cast.course(), cast.course(other)
    outside(cast, own, mine)
    outside(cast, rival, theirs, product)
    own.refresh_from_db()
    rival.refresh_from_db()
    return other, own, rival


def test_one_course_goes_on_and_its_window_heeds_the_later_session_of_the_other(cast: Cast) -> None:
    other, own, rival = rivals(cast, mine=date(2026, 7, 1), theirs=date(2026, 10, 20))
    was = own.eligible_on
    made = merge(cast, cast.joye, other, goes_on={own.condition_id: own.pk})
    own.refresh_from_db()
    theirs = rival.eligible_on
    rival.refresh_from_db()
    assert (rival.closed_reason, rival.closed_on) == ("merged", date(2026, 11, 21))
    assert own.closed_on is None
    assert own.eligible_on == theirs > was
    assert own.last_session_on == date(2026, 10, 20)
    window = own.windows.get(closed_by=None, voided=False)
    assert window.eligible_on == theirs
    assert "another course of this person" in str(window.reasons)

    apart(cast, made)
    own.refresh_from_db()
    rival.refresh_from_db()
    assert (own.eligible_on, own.last_session_on) == (was, date(2026, 7, 1))
    assert (rival.closed_on, rival.closed_reason, rival.eligible_on) == (None, "", theirs)


def test_voiding_the_kept_courses_session_forgets_no_wait(cast: Cast) -> None:
    other, own, rival = rivals(cast, mine=date(2026, 7, 1), theirs=date(2026, 9, 20))
    latest = outside(cast, own, date(2026, 10, 20))
    wait = rival.eligible_on
    merge(cast, cast.joye, other, goes_on={own.condition_id: own.pk})
    void_session(session=latest, reason="never given", by=cast.ito, now=NOW)
    own.refresh_from_db()
    assert own.last_session_on == date(2026, 9, 20)
    assert own.eligible_on == wait


def test_voiding_the_other_courses_session_frees_the_window(cast: Cast) -> None:
    other, own, rival = rivals(cast, mine=date(2026, 7, 1), theirs=date(2026, 10, 20))
    was = own.eligible_on
    merge(cast, cast.joye, other, goes_on={own.condition_id: own.pk})
    void_session(session=rival.windows.get().session, reason="never given", by=cast.ito, now=NOW)
    own.refresh_from_db()
    assert own.eligible_on == was


def test_the_course_that_goes_on_has_to_be_chosen_and_to_have_a_session(cast: Cast) -> None:
    other = twin(cast)
    own, rival = cast.course(), cast.course(other)
    outside(cast, rival, date(2026, 10, 20))
    for choice in ({}, {own.condition_id: own.pk}):
        with pytest.raises(ValidationError, match="goes on"):
            merge(cast, cast.joye, other, goes_on=choice)
    merge(cast, cast.joye, other, goes_on={own.condition_id: rival.pk})
    own.refresh_from_db()
    rival.refresh_from_db()
    assert (own.closed_reason, rival.closed_reason, rival.patient_id) == ("merged", "", cast.joye.pk)


def test_visits_to_come_move_to_the_course_that_goes_on_and_back(cast: Cast) -> None:
    other, own, rival = rivals(cast, mine=date(2026, 7, 1), theirs=date(2026, 6, 20))
    visit(cast, other, datetime(2026, 12, 7, 15, tzinfo=UTC), rival)
    rival.refresh_from_db()
    assert rival.booked_dates == [date(2026, 12, 7)]
    made = merge(cast, cast.joye, other, goes_on={own.condition_id: own.pk})
    own.refresh_from_db()
    rival.refresh_from_db()
    assert (own.booked_dates, rival.booked_dates) == ([date(2026, 12, 7)], [])
    apart(cast, made)
    own.refresh_from_db()
    rival.refresh_from_db()
    assert (own.booked_dates, rival.booked_dates) == ([], [date(2026, 12, 7)])


def test_a_draft_of_the_course_that_closes_is_settled_first(cast: Cast) -> None:
    other = twin(cast)
    own, rival = cast.course(), cast.course(other)
    draft(cast, rival, on=date(2026, 11, 20), vials=vials_in_stock(cast))
    with pytest.raises(ValidationError, match="draft of 20 November 2026"):
        merge(cast, cast.joye, other, goes_on={own.condition_id: own.pk})
    merge(cast, cast.joye, other, goes_on={own.condition_id: rival.pk})


# --- what has to be settled first


def test_two_visits_at_one_time_are_named(cast: Cast) -> None:
    other = twin(cast)
    starts_at = datetime(2026, 12, 7, 15, tzinfo=UTC)
    visit(cast, cast.joye, starts_at)
    second = visit(cast, other, starts_at + timedelta(minutes=15), provider=cast.okafor)
    with pytest.raises(ValidationError, match="10:00-10:30 with Dr Kenji Ito and 10:15-10:45 with Dr Ngozi Okafor"):
        merge(cast, cast.joye, other)
    other.refresh_from_db()
    assert other.merged_into is None
    Appointment.objects.filter(pk=second.pk).update(status="cancelled")
    merge(cast, cast.joye, other)


def test_of_two_visits_that_are_over_the_second_stays(cast: Cast) -> None:
    other = twin(cast)
    starts_at = datetime(2026, 11, 2, 15, tzinfo=UTC)
    visit(cast, cast.joye, starts_at, status="done")
    second = visit(cast, other, starts_at, provider=cast.okafor, status="done")
    merge(cast, cast.joye, other)
    second.refresh_from_db()
    assert second.patient_id == other.pk


def test_a_record_that_was_changed_meanwhile_is_looked_at_again(cast: Cast) -> None:
    other = twin(cast)
    with pytest.raises(StaleVersionError):
        merge(cast, cast.joye, other, versions=(1, 7))


def test_a_reason_is_asked_for_both_ways(cast: Cast) -> None:
    other = twin(cast)
    with pytest.raises(ValidationError, match="Say how you know"):
        merge(cast, cast.joye, other, reason="  ")
    made = merge(cast, cast.joye, other)
    with pytest.raises(ValidationError, match="Say why"):
        take_apart(merge=made, reason=" ", by=cast.ada, now=NOW)


def test_nobody_is_merged_twice(cast: Cast) -> None:
    other = twin(cast)
    merge(cast, cast.joye, other)
    with pytest.raises(AlreadyMergedError):
        merge(cast, cast.omar, other)
    with pytest.raises(AlreadyMergedError):
        merge(cast, other, cast.omar)


# --- taken apart


def test_taking_apart_leaves_every_row_as_it_was(cast: Cast) -> None:
    other, own, rival = rivals(cast, mine=date(2026, 7, 1), theirs=date(2026, 8, 20))
    session = signed(cast, rival, on=date(2026, 11, 16))
    write_addendum(session=session, text="Ice was given.", by=cast.ito, now=NOW)
    visit(cast, other, datetime(2026, 12, 7, 15, tzinfo=UTC), rival)
    Allergy.objects.create(patient=other, substance="albumin")
    before = everything()
    made = merge(cast, cast.joye, other, goes_on={own.condition_id: own.pk}, take={"given_name": True})
    assert everything() != before
    done = apart(cast, made)
    after = everything()
    assert {table: rows for table, rows in after.items() if rows != before[table]} == {}
    assert (done.gone, done.kept_changes) == ({}, [])


def test_what_was_added_since_stays_with_the_kept_record(cast: Cast) -> None:
    other = twin(cast)
    Allergy.objects.create(patient=other, substance="albumin")
    made = merge(cast, cast.joye, other)
    mine = Allergy.objects.create(patient=cast.joye, substance="milk_protein")
    assert [(kind.key, pks) for kind, pks in added_since(made)] == [("patients.Allergy", [mine.pk])]
    apart(cast, made)
    assert list(Allergy.objects.filter(patient=cast.joye)) == [mine]
    assert Allergy.objects.filter(patient=other).count() == 1


def test_a_visit_made_since_for_a_course_that_goes_back_is_named(cast: Cast) -> None:
    other = twin(cast)
    course = cast.course(other)
    made = merge(cast, cast.joye, other)
    planned = visit(cast, cast.joye, datetime(2026, 12, 7, 15, tzinfo=UTC), course)
    with pytest.raises(ValidationError, match="was added to what would go back"):
        apart(cast, made)
    made.refresh_from_db()
    assert made.undone_at is None
    AppointmentCourse.objects.filter(appointment=planned).delete()
    apart(cast, made)


def test_rows_that_are_gone_are_counted(cast: Cast) -> None:
    other = twin(cast)
    Allergy.objects.create(patient=other, substance="albumin")
    made = merge(cast, cast.joye, other)
    Allergy.objects.all().delete()
    assert apart(cast, made).gone == {"allergies": 1}


def test_nobody_takes_apart_twice(cast: Cast) -> None:
    made = merge(cast, cast.joye, twin(cast))
    apart(cast, made)
    with pytest.raises(AlreadyMergedError):
        apart(cast, made)


@pytest.mark.django_db(transaction=True)
def test_two_people_merging_one_pair_at_once(cast: Cast) -> None:
    other = twin(cast)
    barrier, came = Barrier(2), []

    def go(kept: Patient, merged: Patient) -> None:
        barrier.wait()
        try:
            merge(cast, kept, merged, versions=(1, 1))
            came.append("merged")
        except (AlreadyMergedError, StaleVersionError):
            came.append("told")
        finally:
            connection.close()

    pairs = [(cast.joye, other), (other, cast.joye)]
    people = [Thread(target=go, args=[Patient.objects.get(pk=row.pk) for row in pair]) for pair in pairs]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    assert sorted(came) == ["merged", "told"]
    assert PatientMerge.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not settings.DATABASE_APPLICATION_ROLE, reason="this database has one role only")
def test_the_applications_role_moves_no_signed_row(cast: Cast) -> None:
    other = twin(cast)
    session = signed(cast, cast.course(), on=date(2026, 6, 1))
    made = merge(cast, twin(cast, given_name="Jo"), other)
    given = connection.settings_dict
    raw = psycopg2.connect(
        host=given["HOST"], port=given["PORT"], user=settings.DATABASE_APPLICATION_ROLE, password=given["PASSWORD"],
        dbname=given["NAME"],
    )  # fmt: skip
    raw.autocommit = True
    with raw.cursor() as cursor:
        for statement in (
            f"UPDATE treatments_injectionsession SET patient_id = {other.pk} WHERE id = {session.pk}",
            f"UPDATE patients_screening SET patient_id = {other.pk} WHERE id = {session.screening_id}",
            f"UPDATE patients_consent SET patient_id = {other.pk} WHERE id = {session.consent_id}",
            f"UPDATE patients_screening SET answers = '{{}}' WHERE id = {session.screening_id}",
            f"UPDATE patients_patientmerge SET moved = '{{}}' WHERE id = {made.pk}",
            f"DELETE FROM patients_patientmerge WHERE id = {made.pk}",
        ):
            with pytest.raises(psycopg2.Error):
                cursor.execute(statement)
    raw.close()


def test_the_window_of_another_condition_heeds_nothing(cast: Cast) -> None:
    other = twin(cast)
    own, theirs = cast.course(), cast.course(other, condition="tmj_bruxism")
    outside(cast, own, date(2026, 7, 1))
    outside(cast, theirs, date(2026, 10, 20))
    own.refresh_from_db()
    before = own.eligible_on
    merge(cast, cast.joye, other)
    own.refresh_from_db()
    assert own.eligible_on == before
    assert RetreatmentWindow.objects.filter(course=own).count() == 1
