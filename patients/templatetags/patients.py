"""Who a page is about: the name, age, record number and alerts at its head."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django import template
from django.template.defaultfilters import capfirst

from patients.models import Patient
from patients.querysets import known_facts
from patients.rules import Alert, is_current
from patients.rules import alerts as alerts_of

register = template.Library()


def _alerts(context: dict[str, Any], patient: Patient, today: date) -> list[Alert]:
    if "allergies" in getattr(patient, "_prefetched_objects_cache", {}):
        found = alerts_of(patient.allergies.all(), patient.medications.all(), patient.history_items.all(), on=today)
    else:
        known = known_facts(patient_id=patient.pk)
        found = alerts_of(known.allergies, known.medications, known.history_items, on=today)
    user = getattr(context.get("request"), "user", None) or context.get("user")
    if user is not None and user.has_perm("patients.view_clinical"):
        return found
    # What booking needs is the word; the details are clinical.
    return [replace(alert, words=f"{capfirst(alert.label)}.") for alert in found if alert.affects_booking]


@register.simple_tag(takes_context=True)
def patient_alerts(context: dict[str, Any], patient: Patient, today: date) -> list[Alert]:
    """The alerts this person may see, the gravest first; those who see no clinical facts get what affects booking.

    Without a query when the patient came from `with_facts()`, else in one.
    """
    return _alerts(context, patient, today)


@register.inclusion_tag("patients/_banner.html", takes_context=True)
def patient_banner(context: dict[str, Any], patient: Patient, today: date, heading: bool = True) -> dict[str, Any]:
    """Name, sex, age, record number and alerts. As the page's h1, or with `heading=False` as a line above another."""
    return {
        "patient": patient,
        "today": today,
        "age": patient.age(on=patient.died_on or today),
        "alerts": _alerts(context, patient, today),
        "heading": heading,
    }


@register.filter
def age(patient: Patient, today: date) -> int:
    """Whole years on that day, or at death."""
    return patient.age(on=min(today, patient.died_on) if patient.died_on else today)


@register.filter
def current(facts: Any, today: date) -> list[Any]:
    """Those of the facts that hold on that day."""
    return [fact for fact in facts.all() if is_current(fact, on=today)]


@register.filter
def past(facts: Any, today: date) -> list[Any]:
    """Those of the facts that do not hold on that day."""
    return [fact for fact in facts.all() if not is_current(fact, on=today)]
