"""Charting by the shortest way, for tests about what comes after it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from accounts.models import User
from inventory.actions import receive_lot
from inventory.models import Product, Vial
from patients.models import Consent, ConsentForm, Patient, Screening
from patients.rules.screening import NO, QUESTIONS, VERSION
from tests.cast import Cast
from treatments.actions.sessions import DraftHeader, DraftSite, save_draft, sign_session, start_session
from treatments.actions.vials import Mixing
from treatments.models import InjectionSession, Muscle, Protocol, TreatmentCourse

BOTOX = "onabotulinumtoxinA"


def vials_in_stock(cast: Cast, count: int = 1, *, units: int = 200, product: str = BOTOX) -> list[Vial]:
    of = Product.objects.get(key=product)
    before = set(Vial.objects.values_list("pk", flat=True))
    receive_lot(
        product=of,
        number="C1234",
        expires_on=date(2040, 1, 31),
        size=of.vial_sizes.get(units=units),
        vials=count,
        site=cast.harbour,
        on=date(2020, 1, 1),
        by=cast.ada,
    )
    return list(Vial.objects.exclude(pk__in=before).for_list().order_by("pk"))


def migraine_sites(course: TreatmentCourse) -> list[DraftSite]:
    """The 31 sites of the fixed protocol, 5 U each."""
    protocol = Protocol.objects.get(key="preempt_155", is_current=True)
    return [
        DraftSite(course.pk, site.muscle_id, site.side, site.units, site.view, site.x, site.y)
        for site in protocol.sites.all()
    ]


def ready(cast: Cast, patient: Patient, *, on: date) -> None:
    """What is asked and agreed before the needle: a screening of that day without a yes, and a consent for every use.

    The consent covers use off the label, and holds for a year.
    """
    if not Screening.objects.filter(patient=patient, answered_on=on).exists():
        Screening.objects.create(
            patient=patient,
            answered_on=on,
            questionnaire=VERSION,
            answers={question.key: {"answer": NO, "note": ""} for question in QUESTIONS},
            recorded_by=cast.ito,
        )
    if not Consent.objects.filter(patient=patient, signed_on__lte=on, expires_on__gte=on, withdrawn_on=None).exists():
        Consent.objects.create(
            patient=patient,
            form=ConsentForm.objects.get(key="treatment-off-label", is_current=True),
            signed_on=on,
            expires_on=on + timedelta(days=365),
            signer=Consent.Signer.PATIENT,
            signer_name=str(patient),
            method=Consent.Method.PAPER,
            witness=cast.ito,
        )


def draft(
    cast: Cast,
    *courses: TreatmentCourse,
    on: date,
    vials: list[Vial],
    by: User | None = None,
    sites: list[DraftSite] | None = None,
    product: str = BOTOX,
    mixed: bool = True,
    **header: object,
) -> InjectionSession:
    """A draft of a patient who is ready, with everything said that a session is asked for.

    Its vials are reconstituted unless they are not to be `mixed` yet.
    """
    by = by or cast.ito
    ready(cast, courses[0].patient, on=on)
    session = start_session(patient=courses[0].patient, site=cast.harbour, courses=courses, on=on, by=by)
    return save_draft(
        session=session,
        header=DraftHeader(
            performed_on=on,
            product=Product.objects.get(key=product),
            dilution_units=200,
            dilution_ml=Decimal(4),
            **{"last_response": "good", **header},  # type: ignore[arg-type]
        ),
        sites=migraine_sites(courses[0]) if sites is None else sites,
        vials=vials,
        by=by,
        version=session.version,
        # The day's first moment, which has passed whenever the tests run.
        mixings={
            vial.pk: Mixing("saline", Decimal(4), datetime.combine(on, time(0), cast.harbour.zone()))
            for vial in vials
            if mixed
        },
    )


def planned_steps(session: InjectionSession) -> int:
    """How many follow-ups the policies of that day plan for what the session treats."""
    return sum(
        row.course.condition.policy_in_force(on=session.performed_on).follow_up_steps.count()
        for row in session.treated.all()
    )


def moment(cast: Cast, day: date) -> datetime:
    """Ten in the morning of that day at the harbour site."""
    return datetime.combine(day, time(10), tzinfo=cast.harbour.zone())


def signed(cast: Cast, *courses: TreatmentCourse, on: date, **changes: object) -> InjectionSession:
    session = draft(cast, *courses, on=on, vials=vials_in_stock(cast), **changes)  # type: ignore[arg-type]
    return sign_session(
        session=session,
        by=cast.ito,
        version=session.version,
        reasons=_Always(),  # type: ignore[arg-type]
        now=moment(cast, on),
    )


class _Always(dict[str, str]):
    """Answers every warning."""

    def get(self, key: object, default: object = None) -> str:  # type: ignore[override]
        return "seen and accepted"


def any_muscle() -> Muscle:
    return Muscle.objects.get(key="frontalis")
