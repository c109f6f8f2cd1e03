"""Many signed sessions at once: real rows, past the triggers of signing, without charting each by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from accounts.models import User
from inventory.models import Lot, Product, Vial, VialSize
from outcomes.models import Assessment, InstrumentVersion
from tests.cast import Cast
from treatments.actions.windows import rebuild_windows
from treatments.models import Injection, InjectionSession, Muscle, SessionCourse, TreatmentCourse, VialUse

UNITS = 100
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Visit:
    """One signed or outside session of a course."""

    course: TreatmentCourse
    on: date
    provider: User
    product: str = "onabotulinumtoxinA"
    is_outside: bool = False
    is_touch_up: bool = False
    session: InjectionSession = field(init=False)


def sign(visits: Iterable[Visit], cast: Cast) -> list[InjectionSession]:
    """Sign the visits and open and close their windows, in a fixed number of queries apart from the windows."""
    visits = list(visits)
    muscle = Muscle.objects.first()
    products = {product.key: product for product in Product.objects.all()}
    sizes, lots = {}, {}
    for product in products.values():
        sizes[product.key], _ = VialSize.objects.get_or_create(
            product=product, units=UNITS, defaults={"confidence": "A"}
        )
        lots[product.key], _ = Lot.objects.get_or_create(
            product=product, number="C1234", defaults={"expires_on": date(2030, 1, 1)}
        )
    sessions = InjectionSession.objects.bulk_create(
        InjectionSession(
            patient=visit.course.patient,
            site=visit.course.site,
            provider=None if visit.is_outside else visit.provider,
            performed_on=visit.on,
            product=products[visit.product],
            is_outside=visit.is_outside,
            outside_units=UNITS if visit.is_outside else None,
            outside_source="a letter" if visit.is_outside else "",
            is_touch_up=visit.is_touch_up,
            touch_up_reason="a muscle missed" if visit.is_touch_up else "",
        )
        for visit in visits
    )
    for visit, session in zip(visits, sessions, strict=True):
        visit.session = session
    SessionCourse.objects.bulk_create(SessionCourse(session=visit.session, course=visit.course) for visit in visits)
    signed = [visit for visit in visits if not visit.is_outside]
    Injection.objects.bulk_create(
        Injection(session=visit.session, course=visit.course, order=1, muscle=muscle, side="left", units=UNITS)
        for visit in signed
    )
    vials = Vial.objects.bulk_create(
        Vial(
            lot=lots[visit.product],
            size=sizes[visit.product],
            site=visit.course.site,
            status=Vial.Status.USED,
            received_on=visit.on,
        )
        for visit in signed
    )
    VialUse.objects.bulk_create(
        VialUse(session=visit.session, vial=vial, units_given=UNITS) for visit, vial in zip(signed, vials, strict=True)
    )
    InjectionSession.objects.filter(pk__in=[visit.session.pk for visit in signed]).update(
        status="signed", signed_at=NOW, signed_by=cast.ito
    )
    InjectionSession.objects.filter(pk__in=[visit.session.pk for visit in visits if visit.is_outside]).update(
        status="recorded"
    )
    for course in {visit.course.pk: visit.course for visit in visits}.values():
        rebuild_windows(course=course, on=max(visit.on for visit in visits))
    return [visit.session for visit in visits]


def version_of(instrument: str) -> InstrumentVersion:
    """The version of an instrument in use."""
    return InstrumentVersion.objects.current().get(instrument__key=instrument)


def score(course: TreatmentCourse, instrument: str, value: float | str, on: date, by: User) -> Assessment:
    """A score as an import would bring it: no form, no action."""
    version = version_of(instrument)
    return Assessment.objects.create(
        course=course,
        instrument=version.instrument,
        version=version,
        assessed_on=on,
        value=Decimal(str(value)),
        label=version.grade_labels().get(Decimal(str(value)), ""),
        recorded_by=by,
    )


def migraine_cycles(
    cast: Cast, *, scores: Sequence[float | None], baseline: float | None = 20, first_on: date = date(2026, 1, 5)
) -> list[TreatmentCourse]:
    """One course for each score, with one session on that day and the score 80 days after it; None is a missing one."""
    from patients.models import Patient

    courses = []
    for number, _ in enumerate(scores):
        patient = Patient.objects.create(
            given_name="Pat", family_name=f"Row{chr(97 + number % 26)}", birth_date=date(1980, 1, 1), site=cast.harbour
        )
        courses.append(cast.course(patient))
    sign([Visit(course, first_on, cast.ito) for course in courses], cast)
    for course, value in zip(courses, scores, strict=True):
        if baseline is not None:
            score(course, "headache_days", baseline, first_on, cast.ito)
        if value is not None:
            score(course, "headache_days", value, first_on + timedelta(days=80), cast.ito)
    return courses
