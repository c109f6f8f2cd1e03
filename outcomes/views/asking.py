"""How a patient comes to the questions: by a link, or on the clinic's tablet. The pages are the same."""

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
from messaging.rules.channels import message_language
from outcomes.models import Questionnaire
from outcomes.models.assessment import AnsweredBy
from outcomes.questions import Sheet
from patients.tablet import Tablet


@dataclass(frozen=True)
class Way:
    """A questionnaire as one patient has come to it; `token` is that of the link, empty on the tablet."""

    sheet: Sheet
    clinic: str
    token: str = ""

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
        course = self.questionnaire.follow_up.course
        return render(
            request,
            template,
            {
                "clinic": self.clinic,
                "site": course.site,
                "patient": course.patient,
                "on_tablet": not self.token,
                "start": self.url("questions"),
                **context,
            },
            status=status,
        )


Page = Callable[..., HttpResponse]


def by_link(page: Page) -> Callable[..., HttpResponse]:
    """The page behind a patient's link; each answer lets the patient stay for another half hour."""

    @for_patients(PatientLink.Purpose.QUESTIONNAIRE)
    @wraps(page)
    def view(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        link: PatientLink = request.link
        questionnaire = get_object_or_404(
            Questionnaire.objects.for_asking(),
            follow_up=link.about_id,
            follow_up__course__patient=link.patient_id,
        )
        sheet = Sheet.of(questionnaire, language=message_language(link.patient.language))
        response = page(request, Way(sheet, sender_name(link), token), **kwargs)
        remember(response, token=token, secure=request.is_secure())
        return response

    return view


def on_tablet(page: Page) -> Callable[..., HttpResponse]:
    """The same page on a tablet that somebody of the staff handed over."""

    @never_cache
    @permission_required("outcomes.ask_patient", raise_exception=True)
    @wraps(page)
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        held = Tablet.of(request)
        if held is None or held.questionnaire_id is None:
            raise Http404
        questionnaire = get_object_or_404(Questionnaire.objects.for_asking(), pk=held.questionnaire_id)
        course = questionnaire.follow_up.course
        language = message_language(course.patient.language)
        with translation.override(language):
            return page(request, Way(Sheet.of(questionnaire, language=language), course.site.name), **kwargs)

    return view
