"""What staff do about the questions of a follow-up: send the link now, hand over the tablet, withdraw them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from messaging.rules.channels import CHANNEL_WORDS
from outcomes.actions.questionnaires import ask_patient, open_questionnaire, send_questions, withdraw_questions
from outcomes.asked import questionnaire_of
from outcomes.models.assessment import AnsweredBy
from patients.tablet import hand_over_questions
from patients.views.back import own_page
from treatments.models import FollowUp


@require_http_methods(["POST"])
@permission_required("outcomes.ask_patient", raise_exception=True)
def questions_send(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Send the link now; one that was sent before opens no more."""
    follow_up = _follow_up(request, follow_up_id)
    try:
        message = send_questions(follow_up=follow_up, by=request.user, now=timezone.now())
    except ValidationError as problem:
        messages.error(request, f"Not sent. {problem.messages[0]}")
    else:
        when = follow_up.course.site.localtime(message.send_after)
        messages.success(request, f"The link goes out by {CHANNEL_WORDS[message.channel]} at {when:%H:%M}.")
    return redirect(_back(request, follow_up))


@require_http_methods(["POST"])
@permission_required("outcomes.ask_patient", raise_exception=True)
def questions_tablet(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Hand the tablet over: from then on this session opens nothing but the questions."""
    follow_up = _follow_up(request, follow_up_id)
    now = timezone.now()
    try:
        questionnaire = ask_patient(follow_up=follow_up, by=request.user, now=now)
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
        return redirect(_back(request, follow_up))
    open_questionnaire(questionnaire=questionnaire, source=AnsweredBy.TABLET, now=now, by=request.user)
    home = reverse("outcomes:tablet-questions")
    hand_over_questions(
        request,
        patient_id=follow_up.course.patient_id,
        questionnaire_id=questionnaire.pk,
        home=home,
        after=_back(request, follow_up),
    )
    return redirect(home)


@require_http_methods(["POST"])
@permission_required("outcomes.ask_patient", raise_exception=True)
def questions_withdraw(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Ask no more: the link opens nothing, and what waits is not sent."""
    follow_up = _follow_up(request, follow_up_id)
    questionnaire = questionnaire_of(follow_up)
    if questionnaire is None:
        raise Http404("nothing was asked")
    try:
        withdraw_questions(questionnaire=questionnaire, by=request.user, now=timezone.now())
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    else:
        messages.success(request, "Withdrawn. The link opens nothing any more; what was answered is kept.")
    return redirect(_back(request, follow_up))


def _follow_up(request: HttpRequest, follow_up_id: int) -> FollowUp:
    rows = FollowUp.objects.visible_to(request.user).select_related("questionnaire", "course__site", "course__patient")
    return get_object_or_404(rows, pk=follow_up_id)


def _back(request: HttpRequest, follow_up: FollowUp) -> str:
    if back := own_page(request, request.POST.get("back", "")):
        return back
    if request.user.has_perm("outcomes.view_follow_ups"):
        return reverse("outcomes:follow-up-record", args=[follow_up.pk])
    return reverse("outcomes:follow-up-list")
