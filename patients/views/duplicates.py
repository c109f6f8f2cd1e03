"""People in an imported file who may be here already: somebody looks at both and decides."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from patients import actions
from patients.forms import DecisionForm
from patients.models import Patient, PossibleDuplicate

PAGE = 20


@require_GET
@permission_required("patients.change_patient", raise_exception=True)
def duplicate_list(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    waiting = PossibleDuplicate.objects.visible_to(request.user).waiting()
    rows = list(waiting.filter(pk__gt=after).for_list().order_by("pk")[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return render(
        request,
        "patients/duplicate_list.html",
        {
            "duplicates": [(duplicate, _side_by_side(duplicate)) for duplicate in rows],
            "count": waiting.count(),
            "next": rows[-1].pk if more else None,
            "after": after,
        },
    )


def _side_by_side(duplicate: PossibleDuplicate) -> list[dict[str, Any]]:
    """Each field that either side knows: its words here and in the file, and how they differ."""
    try:
        incoming = actions.incoming_values(duplicate.incoming)
    except ValidationError:
        incoming = dict(duplicate.incoming)
    rows = []
    for name in actions.IMPORTED_FIELDS:
        here, there = _words(name, getattr(duplicate.patient, name)), _words(name, incoming.get(name))
        if here or there:
            rows.append(
                {
                    "label": Patient._meta.get_field(name).verbose_name.capitalize(),
                    "here": here,
                    "there": there,
                    "fills": not here,
                    "differs": bool(here and there and here.casefold() != there.casefold()),
                }
            )
    return rows


def _words(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    if name == "sex":
        return "" if value == Patient.Sex.UNKNOWN else str(dict(Patient.Sex.choices).get(value, value))
    if name in ("birth_date", "died_on") and hasattr(value, "strftime"):
        return f"{value:%-d %b %Y}"
    return str(value)


@require_POST
@permission_required("patients.change_patient", raise_exception=True)
def duplicate_decide(request: HttpRequest, duplicate_id: int) -> HttpResponse:
    """The same person, or two people."""
    duplicate = get_object_or_404(PossibleDuplicate.objects.visible_to(request.user), pk=duplicate_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose the same person or two people.")
        return redirect("patients:duplicate-list")
    same = form.cleaned_data["decision"] == "same"
    try:
        patient = actions.decide_duplicate(duplicate=duplicate, same=same, by=request.user)
    except actions.AlreadyDecidedError as error:
        messages.warning(
            request, f"{error.duplicate.decided_by} decided this already: {error.duplicate.get_decision_display()}."
        )
    except ValidationError as error:
        messages.error(request, "Not saved. " + " ".join(error.messages))
    else:
        words = "Kept as one person" if same else "Added as a new patient"
        messages.success(request, f"{words}, record number {patient.record_number}.")
    return redirect("patients:duplicate-list")
