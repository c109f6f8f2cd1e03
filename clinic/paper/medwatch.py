"""What FDA form 3500 (voluntary, health professionals) asks about an adverse event: clinical reference 6.4, 6.1 (B).

A sheet to copy from: it is not the form, and nothing is sent. The patient is a code; what is not on file says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, Sum

from accounts.models import User
from patients.models import Patient
from treatments.models import AdverseEvent, InjectionSession, TreatmentCourse

UNKNOWN = "not on file"

# Dechallenge and rechallenge as the form asks them; one session is one dose, so there is nothing to stop.
NOT_STOPPED = "does not apply: given once"


@dataclass(frozen=True)
class SuspectVial:
    """A vial of the suspect product: its NDC, lot and expiry, each in words."""

    ndc: str
    lot: str
    expires: str
    strength: str
    given: str


def medwatch_sheet(event: AdverseEvent, *, by: User) -> dict[str, Any]:
    """The fields in the order of the form; eight queries."""
    session, patient = event.session, event.session.patient
    product = session.product
    began, given = event.onset_on, session.performed_on
    total = session.outside_units if session.is_outside else session.injections.aggregate(units=Sum("units"))["units"]
    weight = patient.weights.filter(measured_on__lte=began).order_by("-measured_on", "-pk").first()
    again = (
        InjectionSession.objects.given()
        .filter(patient=patient, product=product, performed_on__gt=began)
        .order_by("performed_on")
        .values_list("performed_on", flat=True)
        .first()
    )
    then = Q(started_on=None) | Q(started_on__lte=began)
    courses = TreatmentCourse.objects.filter(sessions=session).select_related("condition", "diagnosis").order_by("pk")
    credential = getattr(by, "credential", None)
    return {
        "event": event,
        "session": session,
        "site": session.site,
        "product": product,
        "code": code_of(patient, event),
        "age": patient.age(on=began),
        "sex": patient.get_sex_display(),
        "weight": weight,
        "boxes": [(label, key in event.criteria) for key, label in AdverseEvent.Criterion.choices],
        "seriousness": _seriousness(event),
        "words": without_names(event.words, patient),
        "note": without_names(event.note, patient),
        "latency": (began - given).days,
        "vials": _vials(session),
        "dose": f"{total.normalize():f} U" if total else UNKNOWN,
        "indications": [
            f"{course.condition.name}" + (f" ({course.diagnosis.code})" if course.diagnosis else "")
            for course in courses
        ],
        "dechallenge": NOT_STOPPED,
        "rechallenge": (
            f"given again on {again:%-d %b %Y}; whether it came back: {UNKNOWN}" if again else "no later session"
        ),
        "concomitant": [
            (item, _dates(item.started_on, item.ended_on))
            for item in patient.medications.filter(then)
            .filter(Q(ended_on=None) | Q(ended_on__gte=given))
            .order_by("name", "pk")
        ],
        "allergies": list(patient.allergies.filter(Q(ended_on=None) | Q(ended_on__gte=given)).order_by("pk")),
        "history": list(patient.history_items.filter(Q(since=None) | Q(since__lte=began)).order_by("pk")),
        "reporter": by,
        "occupation": credential.title if credential else UNKNOWN,
        "unknown": UNKNOWN,
        "printed_on": session.site.today(),
        "watermark": "ENTERED IN ERROR" if event.outcome == AdverseEvent.Outcome.ERROR else "",
    }


def code_of(patient: Patient, event: AdverseEvent) -> str:
    """Initials and the event's number: the clinic finds the patient by it, and nobody else does."""
    initials = "".join(name[:1].upper() for name in (patient.given_name, patient.family_name))
    return f"{initials}-{event.pk}"


def without_names(text: str, patient: Patient) -> str:
    """The text with the patient's own names cut to their initials."""
    names = {patient.given_name, patient.family_name, patient.former_name} - {""}
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", f"{name[0].upper()}.", text, flags=re.IGNORECASE)
    return text


def _seriousness(event: AdverseEvent) -> str:
    if event.serious is None:
        return "not judged yet"
    return "serious" if event.serious else "not serious"


def _vials(session: InjectionSession) -> list[SuspectVial]:
    if session.is_outside:
        return [SuspectVial(UNKNOWN, session.outside_lot or UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)]
    return [
        SuspectVial(
            ndc=use.vial.size.ndc11 or UNKNOWN,
            lot=use.vial.lot.number,
            expires=f"{use.vial.lot.expires_on:%-d %b %Y}",
            strength=f"{use.vial.size.units} U",
            given=f"{use.units_given.normalize():f} U",
        )
        for use in session.vial_uses.select_related("vial__lot", "vial__size").order_by("pk")
    ]


def _dates(start: date | None, end: date | None) -> str:
    if start is None and end is None:
        return f"dates {UNKNOWN}"
    begun = f"since {start:%-d %b %Y}" if start else f"start {UNKNOWN}"
    return f"{begun}, until {end:%-d %b %Y}" if end else begun
