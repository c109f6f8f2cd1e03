"""Ready to book: the lights of a page of courses, read in one query however many there are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Cast, Coalesce, JSONObject

from inventory.models import Product, Vial
from patients.known import KnownConsent
from patients.models import Consent, Coverage, PriorAuthorization, Screening
from scheduling.rules.ready import Light, Order, Paying, ReadyFacts, Stock, lights, target_day
from treatments.models import (
    Condition,
    DrugOrder,
    FollowUp,
    Injection,
    RetreatmentWindow,
    TreatmentCourse,
)
from treatments.querysets.authorizations import counted_under, units_used, visits_used
from treatments.rules.chosen import APPROVED
from treatments.rules.facts import AuthorizationFacts

__all__ = ["Light", "ready_lights", "ready_papers"]


def ready_lights(courses: Iterable[TreatmentCourse], *, on: date) -> dict[int, list[Light]]:
    """The six lights of each course, by its id, as they stand on that day; in one query.

    The courses need their patient and condition loaded; those annotated with `ready_papers()`
    under that name need no query at all. Nothing in the lights is kept from the front desk.
    """
    wanted = {course.pk: course for course in courses}
    found = {pk: row.ready_papers for pk, row in wanted.items() if hasattr(row, "ready_papers")}
    if missing := wanted.keys() - found.keys():
        rows = TreatmentCourse.objects.filter(pk__in=missing).order_by()
        found |= dict(rows.values_list("pk", ready_papers()))
    return {pk: lights(_facts(course, found[pk], on=on)) for pk, course in wanted.items()}


def _facts(course: TreatmentCourse, row: dict[str, Any], *, on: date) -> ReadyFacts:
    booked_on = course.next_booked(on=on)
    target_on = target_day(on=on, booked_on=booked_on, target_on=course.target_on, eligible_on=course.eligible_on)
    last: dict[str, Any] | None = next(iter(row["last"]), None)
    screening = next(iter(row["screenings"]), None)
    authorized = _to_be_given(row["authorizations"], condition=course.condition.key, on=target_on)
    # What the last session gave is given again; before a first one, what is authorised.
    given = last if last and last["product"] else authorized
    product = given["product"] if given else ""
    return ReadyFacts(
        on=on,
        target_on=target_on,
        condition=course.condition.key,
        is_labelled=last["is_labelled"] if last and given is last else row["is_labelled"],
        born=course.patient.birth_date,
        last_session_on=course.last_session_on,
        eligible_on=course.eligible_on,
        window_closes_on=course.window_closes_on,
        booked_on=booked_on,
        booked_days=course.booked_ahead(on=on),
        ask_by=course.ask_by,
        product=product,
        brand=given["brand"] if given else "",
        last_units=Decimal(last["units"] or 0) if last else Decimal(0),
        last_total=Decimal(last["total"] or 0) if last else Decimal(0),
        coverages=[
            Paying(**one | {name: _day(one[name]) for name in ("starts_on", "ends_on")}) for one in row["coverages"]
        ],
        authorizations=[_authorization(one) for one in row["authorizations"]],
        orders=[Order(one["product"], one["status"], _day(one["expected_on"])) for one in row["orders"]],
        stock=[_stock(one) for one in row["shelf"]] + [_stock(one, is_named=True) for one in row["own_vials"]],
        screened_on=_day(screening["on"]) if screening else None,
        answers=screening["answers"] if screening else None,
        is_responded=bool(last and last["is_responded"]),
        asked_next_on=_day(last["asked_next_on"]) if last else None,
        consents=[_consent(one) for one in row["consents"]],
    )


def _to_be_given(rows: list[dict[str, Any]], *, condition: str, on: date) -> dict[str, Any] | None:
    """The authorisation that says which product a first session gives, or None."""
    found = [row for row in rows if row["condition"] == condition and row["ends_on"] >= on.isoformat()]
    return max(found, key=lambda row: (row["status"] == APPROVED, row["id"]), default=None)


def _authorization(row: dict[str, Any]) -> AuthorizationFacts:
    days = {name: date.fromisoformat(row[name]) for name in ("starts_on", "ends_on")}
    return AuthorizationFacts(
        **{name: row[name] for name in row if name != "brand"} | days | {"units_used": Decimal(row["units_used"] or 0)}
    )


def _consent(row: dict[str, Any]) -> KnownConsent:
    days = {name: _day(row[name]) for name in ("signed_on", "expires_on", "withdrawn_on")}
    return KnownConsent(**row | days | {"conditions": tuple(row["conditions"])})


def _stock(row: dict[str, Any], *, is_named: bool = False) -> Stock:
    return Stock(
        product=row["product"],
        vials=row.get("vials", 1),
        units=row["units"] * row.get("vials", 1),
        expires_on=date.fromisoformat(row["expires_on"]),
        recalled_on=_day(row["recalled_on"]),
        is_named=is_named,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def ready_papers() -> JSONObject:
    """Of a course: what its patient has on file, what its last session gave and what came of it, and the stock."""
    mine = {"patient": OuterRef("patient")}
    used = counted_under()
    vials = Vial.objects.in_stock().filter(site=OuterRef("site"))
    own = vials.filter(patient_vial__patient=OuterRef("patient")).order_by("pk")
    shelf = vials.exclude(source=Vial.Source.PHARMACY).order_by()
    lot = ("size__product__key", "size__units", "lot__expires_on", "lot__recalled_on")
    vial = dict(zip(("product", "units", "expires_on", "recalled_on"), lot, strict=True))
    orders = DrugOrder.objects.under_way().filter(**mine).order_by("pk")
    latest = Screening.objects.filter(**mine).order_by("-answered_on", "-pk")
    return JSONObject(
        is_labelled=Exists(Product.objects.filter(labelled_conditions=OuterRef("condition"))),
        last=ArraySubquery(_last()),
        coverages=ArraySubquery(
            Coverage.objects.filter(**mine)
            .order_by("pk")
            .values(
                json=JSONObject(
                    payer="payer__name",
                    min_interval_days="payer__min_interval_days",
                    **_same("authorization_required", "starts_on", "ends_on"),
                )
            )
        ),
        authorizations=ArraySubquery(
            PriorAuthorization.objects.filter(**mine)
            .order_by("pk")
            .values(
                json=JSONObject(
                    **_same("id", "number", "status", "product", "condition", "starts_on", "ends_on"),
                    **_same("units_approved", "visits_approved"),
                    payer="coverage__payer__name",
                    brand=Subquery(Product.objects.filter(key=OuterRef("product")).values("brand")),
                    units_used=units_used(used),
                    visits_used=visits_used(used),
                )
            )
        ),
        orders=ArraySubquery(
            orders.values(json=JSONObject(product="size__product__key", **_same("status", "expected_on")))
        ),
        own_vials=ArraySubquery(own.values(json=JSONObject(**vial))),
        shelf=ArraySubquery(
            shelf.values(*lot).annotate(count=Count("pk")).values(json=JSONObject(**vial, vials="count"))
        ),
        screenings=ArraySubquery(latest.values(json=JSONObject(on="answered_on", answers="answers"))[:1]),
        consents=ArraySubquery(
            Consent.objects.filter(**mine)
            .order_by("pk")
            .values(
                json=JSONObject(
                    **_same("id", "conditions", "signed_on", "expires_on", "withdrawn_on"),
                    **_same("signer", "signer_name", "method"),
                    title="form__title",
                    form_version="form__version",
                    covers_off_label="form__covers_off_label",
                )
            )
        ),
    )


def _last() -> QuerySet[RetreatmentWindow, Any]:
    """Of a course: the session that opened its window, and whether what it did is on file.

    As the findings of a session ask it: an impression at one of its follow-ups, or a score since.
    """
    given = Injection.objects.filter(session=OuterRef("session")).order_by().values("session")
    for_course = given.filter(course=OuterRef("course"))
    asked = FollowUp.objects.filter(session=OuterRef("session"), course=OuterRef("course"))
    # Scores are rows of the app beside this one, which the course knows by their related name.
    scores = TreatmentCourse.objects.filter(
        pk=OuterRef("course"), assessments__assessed_on__gt=OuterRef("last_session_on")
    )
    planned = asked.filter(status=FollowUp.Status.PLANNED).order_by("due_on").values("due_on")[:1]
    labelled = Condition.objects.filter(
        pk=OuterRef("course__condition"), on_label_products=OuterRef("session__product")
    )
    return RetreatmentWindow.objects.filter(course=OuterRef("pk"), closed_by=None, voided=False).values(
        json=JSONObject(
            product="session__product__key",
            brand="session__product__brand",
            units=_sum(for_course),
            total=_sum(given),
            is_labelled=Exists(labelled),
            is_responded=Exists(asked.filter(status=FollowUp.Status.DONE, impression__isnull=False)) | Exists(scores),
            asked_next_on=Subquery(planned),
        )
    )


def _sum(given: QuerySet[Injection, Any]) -> Cast:
    """The units as text; of a session from outside those that were recorded."""
    counted = Subquery(given.annotate(found=Sum("units")).values("found"))
    return Cast(Coalesce(counted, F("session__outside_units")), TextField())


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}
