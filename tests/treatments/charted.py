"""Charting by the shortest way, for tests about what comes after it."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from accounts.models import User
from inventory.actions import receive_lot
from inventory.models import Product, Vial
from tests.cast import Cast
from treatments.actions.sessions import DraftHeader, DraftSite, save_draft, sign_session, start_session
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
    protocol = Protocol.objects.get(condition__key="chronic_migraine", is_current=True)
    return [
        DraftSite(course.pk, site.muscle_id, site.side, site.units, site.view, site.x, site.y)
        for site in protocol.sites.all()
    ]


def draft(
    cast: Cast,
    *courses: TreatmentCourse,
    on: date,
    vials: list[Vial],
    by: User | None = None,
    sites: list[DraftSite] | None = None,
    **header: object,
) -> InjectionSession:
    by = by or cast.ito
    session = start_session(patient=courses[0].patient, site=cast.harbour, courses=courses, on=on, by=by)
    return save_draft(
        session=session,
        header=DraftHeader(
            performed_on=on,
            product=Product.objects.get(key=BOTOX),
            dilution_units=200,
            dilution_ml=Decimal(4),
            **header,  # type: ignore[arg-type]
        ),
        sites=migraine_sites(courses[0]) if sites is None else sites,
        vials=vials,
        by=by,
        version=session.version,
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
