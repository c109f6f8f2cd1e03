"""The screening before an injection, filled in by staff, and reading one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from audit.actions import record
from patients import actions
from patients.forms import ScreeningForm
from patients.models import Patient, Screening
from patients.rules import alerts, screening_alerts
from patients.rules.language import asked_language
from patients.rules.screening import BY_KEY, QUESTIONS, answer_of, note_of
from patients.views.back import back_to

EARLIER = 5


@require_http_methods(["GET", "POST"])
@permission_required("patients.record_screening", raise_exception=True)
def screening_create(request: HttpRequest, patient_id: int) -> HttpResponse:
    """All questions on one page; nothing is answered beforehand, what is on file stands beside its question.

    Posted with `rest=no`, it comes back with no to everything that has no answer yet, and nothing is saved.
    """
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site").with_facts(), pk=patient_id
    )
    today = patient.site.today()
    known = alerts(patient.allergies.all(), patient.medications.all(), patient.history_items.all(), on=today)
    back = back_to(request, patient.pk)
    status = 200
    if request.method == "POST" and request.POST.get("rest") == "no":
        form = ScreeningForm(initial=_rest_answered_no(request), known=known, sex=patient.sex)
    elif request.method == "POST":
        form = ScreeningForm(request.POST, known=known, sex=patient.sex)
        if form.is_valid():
            screening = actions.record_screening(
                patient=patient,
                answers=form.answers(),
                by_patient=False,
                language=form.language(),
                on=today,
                by=request.user,
            )
            found = screening_alerts(screening.answers)
            messages.success(request, _said(len(found)))
            return redirect(back)
        status = 422
    else:
        form = ScreeningForm(initial={"language": asked_language(patient.language)}, known=known, sex=patient.sex)
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "patients/screening_create.html",
        {
            "form": form,
            "rows": form.rows(),
            "unanswered": form.lacks_an_answer(),
            "patient": patient,
            "today": today,
            "back": back,
        },
        status=status,
    )


def _rest_answered_no(request: HttpRequest) -> dict[str, str]:
    sent = request.POST
    return {"language": sent.get("language", "")} | {
        name: value
        for question in QUESTIONS
        for name, value in (
            (f"answer_{question.key}", sent.get(f"answer_{question.key}") or "no"),
            (f"note_{question.key}", sent.get(f"note_{question.key}", "")),
        )
    }


def _said(count: int) -> str:
    if not count:
        return "Screening saved: nothing to look at."
    return f"Screening saved: {count} {'answer needs' if count == 1 else 'answers need'} a look before signing."


@require_GET
@permission_required("patients.view_screening", raise_exception=True)
def screening_detail(request: HttpRequest, screening_id: int) -> HttpResponse:
    """The answers of one day and what they mean, with the other days beside them."""
    screening = get_object_or_404(
        Screening.objects.visible_to(request.user).select_related("recorded_by"), pk=screening_id
    )
    patient = Patient.objects.select_related("site").with_facts().get(pk=screening.patient_id)
    record(action="chart-read", by=request.user, patient_id=patient.pk, subject=screening)
    meanings = {alert.code: alert for alert in screening_alerts(screening.answers)}
    asked: list[dict[str, Any]] = [
        {
            "question": BY_KEY.get(key),
            "key": key,
            "answer": answer_of(screening.answers, key),
            "note": note_of(screening.answers, key),
            "alert": meanings.get(BY_KEY[key].code) if key in BY_KEY else None,
        }
        for key in [*(question.key for question in QUESTIONS if question.key in screening.answers)]
        + [key for key in screening.answers if key not in BY_KEY]
    ]
    return render(
        request,
        "patients/screening_detail.html",
        {
            "screening": screening,
            "patient": patient,
            "today": patient.site.today(),
            "recorded_at": patient.site.localtime(screening.recorded_at),
            "to_see": [row for row in asked if row["answer"] != "no"],
            "no": [row for row in asked if row["answer"] == "no"],
            "others": patient.screenings.exclude(pk=screening.pk)[:EARLIER],
        },
    )
