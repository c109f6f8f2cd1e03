"""What the URLs of the access table are about, each made by its name (tests/access_table.py)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actions import save_view
from interop.models import ImportJob
from inventory.models import Lot, Product, Vial, VialCost, VialSize
from messaging.models import ContactConsent, LetterBatch, Message, MessageTemplate
from outcomes.actions.questionnaires import ask_patient
from outcomes.models import Export, Instrument, InstrumentText
from patients.actions import open_task
from patients.models import (
    Allergy,
    HistoryItem,
    Medication,
    PatientMerge,
    PossibleDuplicate,
    Task,
    TriedTreatment,
    Weight,
)
from scheduling.models import (
    Appointment,
    AppointmentCourse,
    AttemptOutcome,
    Holiday,
    HoursException,
    Room,
    WaitingEntry,
)
from tests.cast import Cast
from tests.outcomes.cycles import score
from tests.patients import made
from tests.treatments.charted import signed
from treatments.actions.evaluations import write_evaluation
from treatments.actions.lot_recalls import start_lot_recall
from treatments.actions.stock_counts import count_line, start_count
from treatments.models import (
    AdverseEvent,
    DrugOrder,
    Evaluation,
    FollowUp,
    InjectionSession,
    LotRecall,
    Protocol,
    SessionCourse,
    StockCount,
    StockCountLine,
    TreatmentCourse,
)


def course(cast: Cast) -> TreatmentCourse:
    return TreatmentCourse.objects.filter(patient=cast.joye).first() or cast.course()


def draft(cast: Cast) -> InjectionSession:
    session = InjectionSession.objects.create(
        patient=cast.joye, site=cast.harbour, provider=cast.ito, performed_on=cast.harbour.today()
    )
    SessionCourse.objects.create(session=session, course=course(cast))
    return session


def outside_session(cast: Cast) -> InjectionSession:
    from treatments.actions.sessions import record_outside_session

    return record_outside_session(
        course=course(cast),
        performed_on=date(2026, 2, 3),
        product=Product.objects.get(key="onabotulinumtoxinA"),
        units=Decimal(155),
        source="referral letter",
        on=cast.harbour.today(),
        by=cast.ito,
    )


def follow_up(cast: Cast) -> FollowUp:
    session = outside_session(cast)
    return FollowUp.objects.create(
        course=course(cast), session=session, step="peak", name="Peak effect", due_on=cast.harbour.today()
    )


def asked_follow_up(cast: Cast) -> FollowUp:
    planned = follow_up(cast)
    ask_patient(follow_up=planned, by=cast.ito, now=timezone.now())
    return planned


def instrument(cast: Cast) -> Instrument:
    return Instrument.objects.get(key="hit6")


def instrument_text(cast: Cast) -> InstrumentText:
    from outcomes.actions.instruments import load_text

    return load_text(
        version=instrument(cast).versions.get(is_current=True), language="en", licence="made up for a test",
        instructions="", questions=[f"Question {number}?" for number in range(1, 7)], answers=[], by=cast.ada,
    )  # fmt: skip


def adverse_event(cast: Cast) -> AdverseEvent:
    session = outside_session(cast)
    return AdverseEvent.objects.create(
        session=session, term="ptosis", words="Drooping eyelid", onset_on=session.performed_on, reported_by=cast.ito
    )


def appointment(cast: Cast) -> Appointment:
    half_an_hour = timedelta(minutes=30)
    starts_at = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    taken = Appointment.objects.taking(patient_id=cast.joye.pk, provider_id=cast.ito.pk, room_id=None)
    while taken.overlapping(starts_at=starts_at, ends_at=starts_at + half_an_hour).exists():
        starts_at += half_an_hour
    made = Appointment.objects.create(
        patient=cast.joye,
        provider=cast.ito,
        site=cast.harbour,
        kind=Appointment.Kind.SESSION,
        starts_at=starts_at,
        ends_at=starts_at + half_an_hour,
        created_by=cast.robin,
    )
    AppointmentCourse.objects.create(appointment=made, course=course(cast))
    return made


def task(cast: Cast) -> Task:
    return open_task(patient=cast.joye, site=cast.harbour, kind="other", words="Call", due_on=cast.harbour.today())


def message(cast: Cast, status: str = "queued", channel: str = "email") -> Message:
    cast.joye.email, cast.joye.address, cast.joye.city = "joye@example.org", "1 Mill Road", "Boston"
    cast.joye.save()
    ContactConsent.objects.create(patient=cast.joye, channel="email", agreed=True)
    now = timezone.now()
    return Message.objects.create(
        patient=cast.joye,
        site=cast.harbour,
        purpose="cancelled",
        channel=channel,
        language="en",
        once=f"test {status}",
        about="appointment",
        about_id=appointment(cast).pk,
        status=status,
        send_after=now,
        send_before=now + timedelta(days=9),
        sent_at=now if status == "sent" else None,
        body="Your appointment is cancelled." if status == "sent" else "",
    )


def letter_batch(cast: Cast) -> LetterBatch:
    return LetterBatch.objects.create(site=cast.harbour, made_by=cast.robin, status="ready", pdf=b"%PDF-")


def merge(cast: Cast) -> PatientMerge:
    from clinic.merging.merge import merge_patients

    return merge_patients(
        kept=cast.joye,
        merged=cast.omar,
        versions=(cast.joye.version, cast.omar.version),
        take={},
        goes_on={},
        reason="same card",
        by=cast.ada,
        now=datetime(2026, 11, 21, tzinfo=UTC),
    )


def cancelled(cast: Cast) -> Appointment:
    made = appointment(cast)
    made.status, made.starts_at = Appointment.Status.CANCELLED, timezone.now() + timedelta(days=30)
    made.ends_at = made.starts_at + timedelta(minutes=30)
    made.save()
    return made


def waiting_entry(cast: Cast) -> WaitingEntry:
    return WaitingEntry.objects.create(
        patient=cast.joye,
        course=course(cast),
        kind=Appointment.Kind.SESSION,
        site=cast.harbour,
        minutes=30,
        earliest_on=cast.harbour.today(),
        latest_on=cast.harbour.today() + timedelta(days=60),
        created_by=cast.robin,
    )


def lot(cast: Cast) -> Lot:
    from inventory.actions import receive_lot

    product = Product.objects.get(key="onabotulinumtoxinA")
    return receive_lot(
        product=product,
        number="C1234",
        expires_on=date(2040, 1, 31),
        size=product.vial_sizes.get(units=200),
        vials=2,
        site=cast.harbour,
        on=cast.harbour.today(),
        by=cast.ada,
    )


def stock_count(cast: Cast) -> StockCount:
    lot(cast)
    return start_count(site=cast.harbour, product=None, by=cast.ito, now=timezone.now())


def counted_line(cast: Cast) -> StockCountLine:
    """Counted, and one fewer than there should be."""
    line, now = stock_count(cast).lines.earliest("pk"), timezone.now()
    return count_line(line=line, counted=1, at=now, version=line.version, by=cast.ito, now=now)


def vial_cost(cast: Cast) -> VialCost:
    size = VialSize.objects.get(product__key="onabotulinumtoxinA", units=200)
    return VialCost.objects.create(size=size, holds_from=date(2026, 1, 1), amount=Decimal(1200), by=cast.ada)


def evaluation(cast: Cast) -> Evaluation:
    today = cast.harbour.today()
    return write_evaluation(
        course=course(cast),
        evaluated_on=today,
        content={
            "symptoms": "headache",
            "suitability": Evaluation.Suitability.SUITABLE,
            "suitability_reasons": "two preventives failed",
            "goals": "work",
        },
        today=today,
        by=cast.ito,
    )


def pharmacy_vial(cast: Cast) -> Vial:
    made = lot(cast).vials.first()
    made.source = Vial.Source.PHARMACY
    made.save()
    return made


def duplicate(cast: Cast) -> PossibleDuplicate:
    return PossibleDuplicate.objects.create(
        patient=cast.joye,
        system="synthea",
        value="77",
        incoming={"given_name": "Joye", "family_name": "Koch", "birth_date": "1982-08-25"},
        site=cast.harbour,
        reason="same name and date of birth",
    )


def import_job(cast: Cast) -> ImportJob:
    from interop.actions import upload

    return upload(
        kind=ImportJob.Kind.PATIENTS,
        file=SimpleUploadedFile("people.csv", b"Id,FIRST,LAST,BIRTHDATE\n1,Ana,Ruiz,1980-01-01\n"),
        provider=None,
        site=cast.harbour,
        by=cast.ada,
    )


def drug_order(cast: Cast) -> DrugOrder:
    return DrugOrder.objects.create(
        patient=cast.joye,
        site=cast.harbour,
        size=VialSize.objects.get(product__key="onabotulinumtoxinA", units=200),
        vials=1,
        pharmacy="Far Pharmacy",
        ordered_on=date(2026, 11, 2),
        ordered_by=cast.robin,
    )


def events_picture(cast: Cast) -> Any:
    """A picture that is there once a session was given, by its name in the address."""
    signed(cast, course(cast), on=cast.harbour.today())
    return SimpleNamespace(pk="events")


def lot_recall(cast: Cast) -> LotRecall:
    """Of a lot that Joye had of."""
    given = signed(cast, course(cast), on=cast.harbour.today()).vial_uses.get().vial.lot
    Lot.objects.filter(pk=given.pk).update(recalled_on=cast.harbour.today(), recall_reason="potency")
    return start_lot_recall(lot=given, owner=cast.ada, by=cast.ada, now=timezone.now())


THINGS: dict[str, Callable[[Cast], Any]] = {
    "assessment": lambda cast: score(course(cast), "headache_days", 8, date(2026, 2, 3), cast.ito),
    "joye": lambda cast: cast.joye,
    "vial_cost": vial_cost,
    "stock_count": stock_count,
    "counted_line": counted_line,
    "omar": lambda cast: cast.omar,
    "merge": merge,
    "task": task,
    "message": message,
    "failed_message": lambda cast: message(cast, "failed"),
    "lost_message": lambda cast: message(cast, "unknown"),
    "printed_letter": lambda cast: message(cast, "sent", "letter"),
    "letter_batch": letter_batch,
    "text": lambda cast: MessageTemplate.objects.get(purpose="booked", channel="email", language="en"),
    "robin": lambda cast: cast.robin,
    "ito": lambda cast: cast.ito,
    "cancelled": cancelled,
    "waiting_entry": waiting_entry,
    "hours_exception": lambda cast: HoursException.objects.create(
        provider=cast.ito, starts_on=date(2027, 2, 3), ends_on=date(2027, 2, 3)
    ),
    "holiday": lambda cast: Holiday.objects.create(site=cast.harbour, on=date(2027, 2, 3), name="Founders' Day"),
    "room": lambda cast: Room.objects.create(site=cast.harbour, name="Room A"),
    "harbour": lambda cast: cast.harbour,
    "course": course,
    "draft": draft,
    "session": outside_session,
    "evaluation": evaluation,
    "protocol": lambda cast: Protocol.objects.get(key="preempt_155", is_current=True),
    "follow_up": follow_up,
    "asked_follow_up": asked_follow_up,
    "events_picture": events_picture,
    "export": lambda cast: Export.objects.create(
        kind="registry", on=date(2026, 11, 2), status="ready", data=b"", asked_by=cast.ada
    ),
    "outcomes_view": lambda cast: save_view(user=cast.ada, page="outcomes", name="Mine", query="period=12m"),
    "instrument": instrument,
    "instrument_text": instrument_text,
    "saved_view": lambda cast: save_view(user=cast.robin, page="recalls", name="Mine", query="tab=due"),
    "outcome": lambda cast: AttemptOutcome.objects.get(key="voicemail"),
    "event": adverse_event,
    "appointment": appointment,
    "lot": lot,
    "lot_recall": lot_recall,
    "lot_recall_patient": lambda cast: lot_recall(cast).patients.get(),
    "duplicate": duplicate,
    "pharmacy_vial": pharmacy_vial,
    "signed_session": lambda cast: signed(cast, course(cast), on=cast.harbour.today()),
    "import_job": import_job,
    "allergy": lambda cast: Allergy.objects.create(patient=cast.joye, substance="albumin", noted_by=cast.ito),
    "medication": lambda cast: Medication.objects.create(
        patient=cast.joye, drug_class="anticoagulant", name="warfarin", noted_by=cast.ito
    ),
    "tried_treatment": lambda cast: TriedTreatment.objects.create(
        patient=cast.joye, kind="beta_blocker", name="propranolol", stopped="no_effect"
    ),
    "weight": lambda cast: Weight.objects.create(patient=cast.joye, kg=60, measured_on=date(2026, 1, 5)),
    "coverage": made.coverage,
    "authorization": made.authorization,
    "lettered": made.lettered,
    "payer": lambda cast: made.payer(),
    "drug_order": drug_order,
    "insured": lambda cast: made.coverage(cast).patient,
    "screening": made.screening,
    "consent": made.consent,
    "consent_form": lambda cast: made.wording(),
    "first": lambda cast: SimpleNamespace(pk=1),
    "history_item": lambda cast: HistoryItem.objects.create(patient=cast.joye, kind="bleeding", noted_by=cast.ito),
}
