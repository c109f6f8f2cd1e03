"""How a patient comes to the questions and the diary: by a link, or on the clinic's tablet. The pages are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache

from messaging.link_access import for_patients, remember, sender_name
from messaging.models import PatientLink
from outcomes.models import Questionnaire
from outcomes.models.assessment import AnsweredBy
from outcomes.questions import Sheet
from patients.rules.language import message_language
from patients.tablet import Tablet
from treatments.models import TreatmentCourse


@dataclass(frozen=True)
class Way:
    """What one patient has come to: a questionnaire, or without a `sheet` the diary of a course alone.

    `token` is that of the link, empty on the tablet.
    """

    course: TreatmentCourse
    clinic: str
    token: str = ""
    sheet: Sheet | None = None

    @property
    def questionnaire(self) -> Questionnaire:
        return self.sheet.questionnaire

    @property
    def source(self) -> str:
        return AnsweredBy.LINK if self.token else AnsweredBy.TABLET

    def url(self, page: str, *args: Any) -> str:
        """The address of a page of it: questions, question, urgent, check, diary, diary-day."""
        if self.token:
            return reverse(f"outcomes:link-{page}", args=[self.token, *args])
        return reverse(f"outcomes:tablet-{page}", args=args)

    def page(self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        return render(
            request,
            template,
            {
                "clinic": self.clinic,
                "site": self.course.site,
                "patient": self.course.patient,
                "on_tablet": not self.token,
                "start": self.url("questions") if self.sheet else "",
                **context,
            },
            status=status,
        )


Page = Callable[..., HttpResponse]


def by_link(page: Page, *purposes: str) -> Callable[..., HttpResponse]:
    """The page behind a patient's link; each page lets the patient stay for another half hour."""

    @for_patients(*(purposes or (PatientLink.Purpose.QUESTIONNAIRE,)))
    @wraps(page)
    def view(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        link: PatientLink = request.link
        if link.purpose == PatientLink.Purpose.DIARY:
            courses = TreatmentCourse.objects.select_related("patient", "site")
            course = get_object_or_404(courses, pk=link.about_id, patient=link.patient_id)
            way = Way(course, sender_name(link), token)
        else:
            questionnaire = get_object_or_404(
                Questionnaire.objects.for_asking(),
                follow_up=link.about_id,
                follow_up__course__patient=link.patient_id,
            )
            sheet = Sheet.of(questionnaire, language=message_language(link.patient.language))
            way = Way(questionnaire.follow_up.course, sender_name(link), token, sheet)
        response = page(request, way, **kwargs)
        remember(response, token=token, secure=request.is_secure())
        return response

    return view


def on_tablet(page: Page, *, diary: bool = False) -> Callable[..., HttpResponse]:
    """The same page on a tablet that somebody of the staff handed over; `diary` is a page that needs no questions."""

    @never_cache
    @permission_required("outcomes.ask_patient", raise_exception=True)
    @wraps(page)
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        held = Tablet.of(request)
        if held is not None and held.diary_course_id is not None and diary:
            course = get_object_or_404(
                TreatmentCourse.objects.select_related("patient", "site"),
                pk=held.diary_course_id,
                patient=held.patient_id,
            )
            with translation.override(message_language(course.patient.language)):
                return page(request, Way(course, course.site.name), **kwargs)
        if held is None or held.questionnaire_id is None:
            raise Http404
        questionnaire = get_object_or_404(Questionnaire.objects.for_asking(), pk=held.questionnaire_id)
        course = questionnaire.follow_up.course
        language = message_language(course.patient.language)
        with translation.override(language):
            sheet = Sheet.of(questionnaire, language=language)
            return page(request, Way(course, course.site.name, sheet=sheet), **kwargs)

    return view
