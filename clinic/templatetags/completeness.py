"""Whether the record of a session is complete, as lights with words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from clinic.completeness import completeness_for
from treatments.models import InjectionSession
from treatments.rules.paper import Item, Light

register = template.Library()

# Where a missing item is filled in: a URL name and whose number it takes.
PLACES = {
    "chart": ("treatments:session-chart", "session"),
    "course": ("treatments:course-edit", "course"),
    "evaluation": ("clinic:evaluation-create", "course"),
    "score": ("outcomes:assessment-create", "course"),
    "follow_up": ("clinic:course", "course"),
    "tried": ("patients:tried-treatment-create", "patient"),
    "screening": ("patients:screening-create", "patient"),
    "consent": ("clinic:consent-create", "patient"),
    "coverage": ("clinic:authorization-create", "patient"),
}
# What the person needs to be let in there.
NEEDED = {
    "chart": "treatments.chart_session",
    "course": "treatments.change_course",
    "evaluation": "treatments.write_evaluation",
    "score": "outcomes.record_assessment",
    "follow_up": "outcomes.view_follow_ups",
    "tried": "patients.change_clinical",
    "screening": "patients.record_screening",
    "consent": "patients.record_consent",
    "coverage": "patients.change_coverage",
}
CLASSES = {Light.MET: "light-ok", Light.MISSING: "light-warn", Light.NOT_NEEDED: "light-none"}


@register.inclusion_tag("clinic/_completeness.html", takes_context=True)
def completeness(context: dict[str, Any], session: InjectionSession) -> dict[str, Any]:
    """The lights of one session, one query; nothing for a session from outside or one that was voided."""
    if session.is_outside or session.status == InjectionSession.Status.VOIDED:
        return {"whole": None}
    whole = completeness_for([session.pk])[session.pk]
    user = context["request"].user
    return {
        "whole": whole,
        "session": session,
        "perms": context.get("perms"),
        "lights": [
            {"item": item, "css": CLASSES[item.light], "url": _url(item, session, user, back=context["request"].path)}
            for item in sorted(whole.items, key=lambda item: item.light != Light.MISSING)
        ],
    }


def _url(item: Item, session: InjectionSession, user: Any, *, back: str) -> str:
    """The page where a missing item is filled in, if this person may and the session still can be."""
    if item.light != Light.MISSING or not item.place or not user.has_perm(NEEDED[item.place]):
        return ""
    if item.place == "chart" and not session.is_draft:
        return ""
    numbers = {"session": session.pk, "course": item.course_id, "patient": session.patient_id}
    name, whose = PLACES[item.place]
    if numbers[whose] is None:
        return ""
    # Back to this page once it is filled in.
    return f"{reverse(name, args=[numbers[whose]])}?{urlencode({'next': back})}"
