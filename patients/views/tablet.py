"""The screening on the tablet, one question a page, in the hands of the patient."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from audit.actions import record
from patients import actions, tablet
from patients.actions.consents import LONGEST_NOTE
from patients.models import Patient
from patients.rules.language import LANGUAGES, message_language
from patients.rules.screening import ANSWERS, NO, answer_of, note_of, questions_for
from patients.tablet import Tablet


def _spoken(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page in the language that was chosen on the tablet."""

    @wraps(page)
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        held = Tablet.of(request)
        with translation.override(held.language if held else "en"):
            return page(request, *args, **kwargs)

    return view


@require_http_methods(["GET", "POST"])
@permission_required("patients.hand_over_screening", raise_exception=True)
def screening_tablet(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Hand the tablet over: from then on this session opens nothing but the questions."""
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site").with_facts(), pk=patient_id
    )
    today = patient.site.today()
    if request.method == "POST":
        language = request.POST.get("language", "")
        tablet.hand_over(
            request,
            patient_id=patient.pk,
            sex=patient.sex,
            on=today,
            language=language if language in LANGUAGES else message_language(patient.language),
        )
        return redirect("patients:tablet-question", 1)
    record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "patients/screening_tablet.html",
        {
            "patient": patient,
            "today": today,
            "count": len(questions_for(patient.sex)),
            "languages": LANGUAGES,
            "language": message_language(patient.language),
        },
    )


@require_POST
@permission_required("patients.hand_over_screening", raise_exception=True)
def tablet_language(request: HttpRequest) -> HttpResponse:
    """The other language, on the page where the patient is; no answer is lost or changed."""
    held = _held(request)
    if (language := request.POST.get("language", "")) in LANGUAGES:
        tablet.speak(request, language)
    number = request.POST.get("number", "")
    if number.isdecimal() and len(number) < 4 and 1 <= int(number) <= len(held.questions):
        return redirect("patients:tablet-question", int(number))
    return redirect("patients:tablet-check")


@require_http_methods(["GET", "POST"])
@permission_required("patients.hand_over_screening", raise_exception=True)
@_spoken
def tablet_question(request: HttpRequest, number: int) -> HttpResponse:
    """One question; the answer is one press, and a yes leads on to its note."""
    held = _held(request)
    question = _question(held, number)
    if held.screening_id is not None:
        return redirect("patients:tablet-return")
    given = request.POST.get("answer", "")
    if request.method == "POST" and given in ANSWERS:
        tablet.keep_answer(request, key=question.key, answer=given, note=note_of(held.answers, question.key))
        if given == NO:
            return _onwards(held, number)
        return redirect("patients:tablet-note", number)
    return _page(
        request,
        "patients/tablet_question.html",
        held,
        number,
        {"given": answer_of(held.answers, question.key), "missing": request.method == "POST"},
        status=422 if request.method == "POST" else 200,
    )


@require_http_methods(["GET", "POST"])
@permission_required("patients.hand_over_screening", raise_exception=True)
@_spoken
def tablet_note(request: HttpRequest, number: int) -> HttpResponse:
    """What there is to say to a yes or a not sure; it may stay empty."""
    held = _held(request)
    question = _question(held, number)
    if held.screening_id is not None:
        return redirect("patients:tablet-return")
    given = answer_of(held.answers, question.key)
    if not given:
        return redirect("patients:tablet-question", number)
    note = note_of(held.answers, question.key)
    if request.method == "POST":
        # No key types a NUL, and PostgreSQL keeps none.
        note = request.POST.get("note", "").replace("\0", "").strip()
        if len(note) <= LONGEST_NOTE:
            tablet.keep_answer(request, key=question.key, answer=given, note=note)
            return _onwards(held, number)
    return _page(
        request,
        "patients/tablet_note.html",
        held,
        number,
        {"given": given, "note": note, "longest": LONGEST_NOTE},
        status=422 if request.method == "POST" else 200,
    )


@require_http_methods(["GET", "POST"])
@permission_required("patients.hand_over_screening", raise_exception=True)
@_spoken
def tablet_check(request: HttpRequest) -> HttpResponse:
    """All answers once more; sending them ends the patient's part."""
    held = _held(request)
    if held.screening_id is not None:
        return redirect("patients:tablet-return")
    if (missing := held.next_number) is not None:
        return redirect("patients:tablet-question", missing)
    patient = _patient(held)
    if request.method == "POST":
        screening = actions.record_screening(
            patient=patient,
            answers=held.answers,
            by_patient=True,
            language=held.language,
            on=held.on,
            by=request.user,
        )
        tablet.keep_screening(request, screening.pk)
        return redirect("patients:tablet-return")
    return render(
        request,
        "patients/tablet_check.html",
        {
            "patient": patient,
            "languages": LANGUAGES,
            "rows": [
                {
                    "number": number,
                    "question": question,
                    "given": answer_of(held.answers, question.key),
                    "note": note_of(held.answers, question.key),
                }
                for number, question in enumerate(held.questions, start=1)
            ],
        },
    )


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@permission_required("patients.hand_over_screening", raise_exception=True)
@_spoken
def tablet_return(request: HttpRequest) -> HttpResponse:
    """Hand the tablet back; the password of who handed it over opens the clinic's pages again."""
    held = Tablet.of(request)
    if held is None:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            mine = get_adapter(request).reauthenticate(request.user, request.POST.get("password", ""))
        except ValidationError as locked:
            mine, problem = False, " ".join(locked.messages)
        if mine:
            return _taken_back(request, held)
        problem = problem or "This password is wrong."
    return render(
        request,
        "patients/tablet_return.html",
        {"done": held.is_done, "home": held.home, "problem": problem},
        status=422 if problem else 200,
    )


def _taken_back(request: HttpRequest, held: Tablet) -> HttpResponse:
    tablet.take_back(request)
    if held.after:
        return redirect(held.after)
    if held.screening_id is None:
        messages.warning(request, "The screening was not sent: its answers are gone.")
    elif request.user.has_perm("patients.view_screening"):
        return redirect("patients:screening-detail", held.screening_id)
    else:
        messages.success(request, "Screening saved.")
    return redirect("clinic:chart", held.patient_id)


def _held(request: HttpRequest) -> Tablet:
    held = Tablet.of(request)
    if held is None or not held.is_screening:
        raise Http404
    return held


def _question(held: Tablet, number: int) -> Any:
    if not 1 <= number <= len(held.questions):
        raise Http404
    return held.questions[number - 1]


def _patient(held: Tablet) -> Patient:
    return Patient.objects.select_related("site").get(pk=held.patient_id)


def _onwards(held: Tablet, number: int) -> HttpResponse:
    """The question behind this one, or what is still missing, or the end."""
    missing = held.next_number
    if missing is None:
        return redirect("patients:tablet-check")
    following = number < len(held.questions) and not answer_of(held.answers, held.questions[number].key)
    return redirect("patients:tablet-question", number + 1 if following else missing)


def _page(
    request: HttpRequest, template: str, held: Tablet, number: int, context: dict[str, Any], *, status: int
) -> HttpResponse:
    return render(
        request,
        template,
        {
            "patient": _patient(held),
            "question": _question(held, number),
            "number": number,
            "count": len(held.questions),
            "done": number - 1,
            "previous": number - 1,
            "languages": LANGUAGES,
            **context,
        },
        status=status,
    )
