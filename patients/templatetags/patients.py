"""Who a page is about: the name, age, record number and alerts at its head."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from django import template
from django.template.defaultfilters import capfirst

from patients.known import known_facts
from patients.models import Allergy, HistoryItem, Medication, Patient, PriorAuthorization, TriedTreatment
from patients.rules import Alert, authorization, is_current
from patients.rules import alerts as alerts_of
from patients.rules.wording import Block
from patients.rules.wording import blocks as blocks_of

register = template.Library()


def _alerts(context: dict[str, Any], patient: Patient, today: date) -> list[Alert]:
    if "allergies" in getattr(patient, "_prefetched_objects_cache", {}):
        found = alerts_of(patient.allergies.all(), patient.medications.all(), patient.history_items.all(), on=today)
    else:
        known = context.get("known") or known_facts(patient_id=patient.pk)
        found = alerts_of(known.allergies, known.medications, known.history_items, on=today)
    user = getattr(context.get("request"), "user", None) or context.get("user")
    if user is not None and user.has_perm("patients.view_clinical"):
        return found
    # What booking needs is the word; the details are clinical.
    return [replace(alert, words=f"{capfirst(alert.label)}.") for alert in found if alert.affects_booking]


@register.simple_tag(takes_context=True)
def patient_alerts(context: dict[str, Any], patient: Patient, today: date) -> list[Alert]:
    """The alerts this person may see, the gravest first; those who see no clinical facts get what affects booking.

    Without a query when the patient came from `with_facts()` or the page was given `known`, else in one.
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
    """Those of the facts that hold on that day; `facts` is a list or what a patient's row has of them."""
    return [fact for fact in _rows(facts) if is_current(fact, on=today)]


@register.filter
def past(facts: Any, today: date) -> list[Any]:
    """Those of the facts that do not hold on that day."""
    return [fact for fact in _rows(facts) if not is_current(fact, on=today)]


def _rows(facts: Any) -> Iterable[Any]:
    return facts.all() if hasattr(facts, "all") else facts


@register.filter
def blocks(text: str) -> list[Block]:
    """The wording of a consent form as headings, paragraphs and lists."""
    return blocks_of(text)


# What the keys of rows from `known_facts` are called on screen.
_WORDS: dict[str, dict[str, str]] = {
    of: {str(key): str(words) for key, words in choices.choices}
    for of, choices in {
        "substance": Allergy.Substance,
        "drug_class": Medication.DrugClass,
        "history": HistoryItem.Kind,
        "tried": TriedTreatment.Kind,
        "stopped": TriedTreatment.Stopped,
        "authorization": PriorAuthorization.Status,
    }.items()
}


@register.filter
def in_words(key: str, of: str) -> str:
    """A key as people say it; `of` says which list it is from."""
    return _WORDS[of].get(key, key)


@register.filter
def named(key: str, names: dict[str, str]) -> str:
    """The name of a condition or product; a key the clinic no longer has is shown as it is."""
    return names.get(key, key.replace("_", " "))


@register.filter
def not_over(rows: Iterable[Any], today: date) -> list[Any]:
    """The authorisations that are not of the past."""
    return [row for row in rows if not authorization.is_over(status=row.status, ends_on=row.ends_on, on=today)]


@register.filter
def over(rows: Iterable[Any], today: date) -> list[Any]:
    """The authorisations of the past: ended, or denied and not appealed."""
    return [row for row in rows if authorization.is_over(status=row.status, ends_on=row.ends_on, on=today)]


@register.filter
def standing(row: Any, today: date) -> str:
    """The status of an authorisation on that day, with the day it came to it, in words."""
    status = authorization.status_on(status=row.status, ends_on=row.ends_on, on=today)
    words = status if status == authorization.EXPIRED else PriorAuthorization.Status(status).label.lower()
    since = {
        authorization.SUBMITTED: row.submitted_on,
        authorization.APPROVED: row.decided_on,
        authorization.DENIED: row.decided_on,
        authorization.APPEAL: row.appealed_on,
    }.get(status)
    return f"{words} {since:%-d %b %Y}" if since else words


@register.filter
def nearly_used(approved: int) -> float:
    """From where on the bar of an authorisation warns: three quarters."""
    return approved * 0.75
