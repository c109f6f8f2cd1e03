"""Brings what is on file for sessions to the rules of completeness, in one query for any number of sessions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Count,
    DateField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
)
from django.db.models.functions import Cast, Coalesce, JSONObject

from outcomes.models import Assessment
from outcomes.rules import plain
from patients.models import Consent, Coverage, PriorAuthorization, Screening, TriedTreatment
from patients.rules.consent import valid_consent
from treatments.models import (
    Condition,
    Evaluation,
    FollowUp,
    Injection,
    InjectionSession,
    RetreatmentWindow,
    SessionCourse,
    VialUse,
)
from treatments.rules.completeness import completeness_of
from treatments.rules.paper import Completeness, CoursePaper, SessionPaper, SitePaper, VialPaper


def completeness_for(sessions: Iterable[int]) -> dict[int, Completeness]:
    """The list of each session, by its id; those recorded from outside have none."""
    return {row.pk: completeness_of(_paper(row)) for row in _rows(list(sessions))}


def latest_sessions(courses: Iterable[int]) -> QuerySet[Any, Any]:
    """Ids of the session signed last for each of these courses."""
    return (
        SessionCourse.objects.filter(course__in=list(courses), session__status="signed")
        .order_by("course_id", "-session__performed_on", "-session_id")
        .distinct("course_id")
        .values("session")
    )


def completeness_of_latest(courses: Iterable[int]) -> dict[int, tuple[int, Completeness]]:
    """By course: its latest signed session and that one's list; one query."""
    found: dict[int, tuple[int, Completeness]] = {}
    for row in _rows(latest_sessions(courses)):
        whole = completeness_of(_paper(row))
        for course in row.course_papers:
            before = found.get(course["id"])
            if before is None or before[0] < row.pk:
                found[course["id"]] = (row.pk, whole)
    return found


def _rows(sessions: list[int] | QuerySet[Any, Any]) -> list[Any]:
    """The sessions with everything their paper rests on, as JSON beside each."""
    if not isinstance(sessions, QuerySet) and not sessions:
        return []
    patient = {"patient": OuterRef("patient")}
    day = OuterRef("performed_on")
    return list(
        InjectionSession.objects.filter(pk__in=sessions, is_outside=False)
        .select_related("product", "patient", "consent__form")
        .annotate(
            course_papers=ArraySubquery(_courses().values(json=JSONObject(**_COURSE))),
            site_papers=ArraySubquery(
                Injection.objects.filter(session=OuterRef("pk"))
                .order_by("order")
                .values(
                    json=JSONObject(
                        key="muscle__key", muscle="muscle__name", side="side", units=Cast("units", TextField())
                    )
                )
            ),
            vial_papers=ArraySubquery(
                VialUse.objects.filter(session=OuterRef("pk"))
                .order_by("pk")
                .values(
                    json=JSONObject(
                        id="vial",
                        ndc="vial__size__ndc11",
                        lot="vial__lot__number",
                        units="vial__size__units",
                        given=Cast("units_given", TextField()),
                        discarded=Cast("units_discarded", TextField()),
                    )
                )
            ),
            tried=Coalesce(
                Subquery(
                    TriedTreatment.objects.filter(**patient)
                    .order_by()
                    .values("patient")
                    .annotate(n=Count("pk"))
                    .values("n")
                ),
                0,
            ),
            screened_on_the_day=Exists(Screening.objects.filter(**patient, answered_on=day)),
            consents=ArraySubquery(
                Consent.objects.filter(**patient, signed_on__lte=day).values(
                    json=JSONObject(
                        conditions="conditions",
                        signed_on="signed_on",
                        signed_at="signed_at",
                        expires_on="expires_on",
                        withdrawn_on="withdrawn_on",
                        signer="signer",
                        covers_off_label="form__covers_off_label",
                    )
                )
            ),
            payer_asks=Exists(
                Coverage.objects.filter(**patient, authorization_required=True)
                .exclude(starts_on__gt=day)
                .exclude(ends_on__lt=day)
            ),
            authorizations=ArraySubquery(
                PriorAuthorization.objects.filter(**patient, status="approved", starts_on__lte=day, ends_on__gte=day)
                .filter(product=OuterRef("product__key"))
                .values("condition")
            ),
        )
        .order_by("pk")
    )


# One treated course as JSON; the annotations come from _courses().
_COURSE = {
    "id": "course",
    "condition": "course__condition__key",
    "name": "course__condition__name",
    "diagnosis": "course__diagnosis__code",
    "before": "before",
    "outside": "last_was_outside",
    "evaluated": "evaluated",
    "suitability": "suitability",
    "guide": "guide",
    "baseline": "baseline",
    "headache_days": "headache_days",
    "since": "since",
    "asked": "asked",
    "impression": "impression",
    "on_label": "on_label",
}


def _courses() -> QuerySet[SessionCourse]:
    """The treated rows of a session (the outer query) with what is on file for each."""
    day, course = OuterRef("session__performed_on"), OuterRef("course")
    windows = RetreatmentWindow.objects.filter(course=course, voided=False)
    earlier = windows.exclude(session=OuterRef("session")).filter(last_session_on__lte=day)
    evaluations = Evaluation.objects.filter(course=course, evaluated_on__lte=day)
    # A baseline is the last score on or before the day of the course's first session: outcomes.rules.baseline_of.
    scores = Assessment.objects.filter(course=course, assessed_on__lte=OuterRef("first_on")).order_by(
        "-assessed_on", "-pk"
    )
    contacts = FollowUp.objects.filter(
        course=course, status="done", session__performed_on=OuterRef("last_on"), done_on__lte=day
    )
    words = JSONObject(name="instrument__short_name", value=Cast("value", TextField()), label="label", on="assessed_on")
    return (
        SessionCourse.objects.filter(session=OuterRef("pk"))
        .order_by("pk")
        .annotate(
            first_on=Coalesce(
                Subquery(windows.order_by("last_session_on").values("last_session_on")[:1]),
                F("session__performed_on"),
                output_field=DateField(),
            ),
            last_on=Subquery(earlier.order_by("-last_session_on", "-pk").values("last_session_on")[:1]),
            last_was_outside=Coalesce(
                Subquery(earlier.order_by("-last_session_on", "-pk").values("session__is_outside")[:1]), False
            ),
            before=Coalesce(
                Subquery(
                    earlier.order_by().values("course").annotate(n=Count("pk")).values("n"),
                    output_field=IntegerField(),
                ),
                0,
            ),
            evaluated=Exists(evaluations),
            suitability=Subquery(evaluations.order_by("-evaluated_on", "-pk").values("suitability")[:1]),
            guide=Exists(evaluations.filter(medication_guide_on__lte=day)),
            on_label=Exists(
                Condition.objects.filter(
                    pk=OuterRef("course__condition"), on_label_products=OuterRef("session__product")
                )
            ),
        )
        .annotate(
            baseline=Subquery(scores.order_by("instrument__position", "-assessed_on", "-pk").values(json=words)[:1]),
            headache_days=Subquery(
                scores.filter(instrument__key="headache_days").values(text=Cast("value", TextField()))[:1]
            ),
            since=Coalesce(
                Subquery(
                    Assessment.objects.filter(course=course, assessed_on__gt=OuterRef("last_on"), assessed_on__lte=day)
                    .order_by()
                    .values("course")
                    .annotate(n=Count("pk"))
                    .values("n"),
                    output_field=IntegerField(),
                ),
                0,
            ),
            asked=Exists(contacts.filter(adverse_event__isnull=False)),
            impression=Exists(contacts.filter(impression__isnull=False)),
        )
    )


def _say_as_signed(row: Any) -> None:
    """Of a signed session the words it keeps, in the place of what its rows say now."""
    kept = row.as_signed
    if not kept:
        return
    if row.product and kept.get("product"):
        row.product.brand = kept["product"]["brand"]
    for course in row.course_papers:
        if words := kept.get("courses", {}).get(str(course["id"])):
            # What was missing may be supplied later; what was said stays.
            course |= {"name": words["condition"]["name"], "diagnosis": words["code"] or course["diagnosis"]}
    for site in row.site_papers:
        site["muscle"] = kept.get("muscles", {}).get(site["key"], site["muscle"])
    for vial in row.vial_papers:
        if words := kept.get("vials", {}).get(str(vial["id"])):
            vial |= {"ndc": words["ndc11"], "lot": words["lot"], "units": words["units"]}


def _paper(row: Any) -> SessionPaper:
    _say_as_signed(row)
    product, draft = row.product, row.is_draft
    conditions = {course["condition"] for course in row.course_papers}
    consent = row.consent and SimpleNamespace(
        signed_on=row.consent.signed_on,
        expires_on=row.consent.expires_on,
        withdrawn_on=row.consent.withdrawn_on,
        conditions=row.consent.conditions,
        covers_off_label=row.consent.form.covers_off_label,
        signer=row.consent.signer,
    )
    # Beside the consent that a session kept count those it could have kept: several may cover it together.
    on_file = [_dated(found) for found in row.consents]
    if consent and row.signed_at:
        on_file = [consent, *(found for found in on_file if found.signed_at <= row.signed_at)]

    def agreed(keys: Collection[str], *, off_label: bool) -> bool:
        held = valid_consent(
            on_file, on=row.performed_on, conditions=keys, off_label=off_label, born=row.patient.birth_date
        )
        return held is not None

    problem: str | None = None
    if row.payer_asks:
        unauthorized = conditions - set(row.authorizations)
        problem = "None on file that is approved and in date for this product." if unauthorized else ""
    return SessionPaper(
        is_draft=draft,
        signature=row.signature,
        product=product.brand if product else "",
        diluted=bool(row.dilution_units and row.dilution_ml),
        supplied_as_solution=bool(product and product.ready_to_use),
        guidance=row.get_guidance_display(),
        guidance_used=row.guidance != InjectionSession.Guidance.NONE,
        guidance_reason=row.guidance_reason,
        complication=row.get_complication_display(),
        bleeding=row.get_bleeding_display(),
        last_response=row.last_response,
        tried_treatments=row.tried,
        screened=row.screening_id is not None or row.screened_on_the_day,
        consented=agreed(conditions, off_label=False),
        guide_given=row.medication_guide_given,
        aftercare_given=row.aftercare_given,
        authorization_problem=problem,
        is_touch_up=row.is_touch_up,
        touch_up_reason=row.touch_up_reason,
        courses=tuple(
            _course(course, off_label_agreed=agreed([course["condition"]], off_label=True))
            for course in row.course_papers
        ),
        sites=tuple(SitePaper(site["muscle"], site["side"], _number(site["units"])) for site in row.site_papers),
        vials=tuple(
            VialPaper(
                ndc=vial["ndc"],
                lot=vial["lot"],
                expires=True,
                units=Decimal(vial["units"]),
                given=Decimal(vial["given"]),
                discarded=Decimal(vial["discarded"]),
            )
            for vial in row.vial_papers
        ),
    )


def _course(found: dict[str, Any], *, off_label_agreed: bool) -> CoursePaper:
    baseline = found["baseline"]
    return CoursePaper(
        id=found["id"],
        condition=found["condition"],
        name=found["name"],
        diagnosis=found["diagnosis"] or "",
        sessions_before=found["before"],
        last_was_outside=found["outside"],
        evaluated=found["evaluated"],
        not_suitable=found["suitability"] == Evaluation.Suitability.NOT_SUITABLE,
        guide_given=found["guide"],
        baseline=f"{baseline['name']} {baseline['label'] or plain(Decimal(baseline['value']))}" if baseline else "",
        headache_days=_number(found["headache_days"]),
        scores_since=found["since"],
        impression_since=found["impression"],
        side_effects_asked=found["asked"],
        on_label=found["on_label"],
        off_label_agreed=off_label_agreed,
    )


def _dated(found: dict[str, Any]) -> SimpleNamespace:
    """A consent out of JSON, its days as days again."""
    days = ("signed_on", "expires_on", "withdrawn_on")
    values = {name: date.fromisoformat(found[name]) if found[name] else None for name in days}
    return SimpleNamespace(**found | values | {"signed_at": datetime.fromisoformat(found["signed_at"])})


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
