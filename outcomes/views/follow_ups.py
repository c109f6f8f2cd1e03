from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.filters import left_out_words
from accounts.models import User
from accounts.permissions import Role, permissions_of
from audit.actions import record
from audit.models import StaleVersionError
from outcomes.actions import record_follow_up_with_scores
from outcomes.actions.assessments import is_on_file
from outcomes.asked import asked_of, questionnaire_of, why_not_sent, with_questions
from outcomes.forms import FollowUpForm
from outcomes.forms.scores import Known
from outcomes.models import InstrumentVersion, UnscoredAnswer
from outcomes.questions import cannot_be_asked
from outcomes.rules import wear_off_days
from patients.rules.language import message_language
from patients.views.back import own_page
from treatments.actions.follow_ups import take_follow_up
from treatments.models import Condition, FollowUp, FollowUpStep, RetreatmentWindow
from treatments.rules import toxin_spread

PAGE_SIZE = 50
TABS = {"due": "Due", "upcoming": "Upcoming", "recorded": "Recorded"}


@require_http_methods(["GET"])
@permission_required("outcomes.view_follow_up_list", raise_exception=True)
def follow_up_list(request: HttpRequest) -> HttpResponse:
    """Follow-ups that are due, come later or were recorded; a provider sees their own first.

    Who may not view follow-ups, the front desk, sees whom to ask and no finding.
    """
    today = request.site.today() if request.site else timezone.now().date()
    is_provider = request.user.has_perm("outcomes.record_follow_up")
    tabs = dict(TABS)
    if not request.user.has_perm("outcomes.view_follow_ups"):
        del tabs["recorded"]
    usual = "mine" if is_provider else "all"
    who = request.GET.get("who") or usual
    tab = request.GET.get("tab") or "due"
    owners = owners_at(request.user.sites.all())
    conditions = list(Condition.objects.all())
    condition = next((row for row in conditions if str(row.pk) == request.GET.get("condition")), None)
    left_out = {}
    if tab not in TABS:
        left_out["tab"], tab = left_out_words(tab), "due"
    if who not in ("mine", "all", *(str(row.pk) for row in owners)):
        left_out["who"], who = left_out_words(who), usual
    if condition is None and (asked := request.GET.get("condition")):
        left_out["condition"] = left_out_words(asked)
    if tab not in tabs:
        raise Http404("no such list")
    owner = request.user if who == "mine" else next((row for row in owners if str(row.pk) == who), None)
    visible = FollowUp.objects.visible_to(request.user)
    if owner is not None:
        visible = visible.of(owner)
    if condition is not None:
        visible = visible.filter(course__condition=condition)
    lists = {
        "due": visible.due(on=today).order_by("due_on", "id"),
        "upcoming": visible.upcoming(on=today).order_by("due_on", "id"),
        "recorded": visible.filter(status=FollowUp.Status.DONE).order_by("-done_on", "-id"),
    }
    rows = with_questions(lists[tab].for_list().select_related("done_by", "course__site"))
    if after := _after(request):
        # The cursor is a follow-up this person may see, so that its day is read from the row and not the address.
        last = get_object_or_404(FollowUp.objects.visible_to(request.user), pk=after)
        rows = rows.filter(
            Q(done_on__lt=last.done_on) | Q(done_on=last.done_on, id__lt=last.pk)
            if tab == "recorded"
            else Q(due_on__gt=last.due_on) | Q(due_on=last.due_on, id__gt=last.pk)
        )
    found = list(rows[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    if tab == "recorded":  # the only one that shows what was found
        record(action="search", by=request.user, detail="follow-ups recorded")
    for row in shown:
        row.asked = asked_of(row, site=row.course.site)
    counts = visible.still_wanted().aggregate(
        due=Count("pk", filter=Q(due_on__lte=today)), upcoming=Count("pk", filter=Q(due_on__gt=today))
    )

    def address(**query: Any) -> str:
        chosen = {"condition": condition.pk} if condition else {}
        return f"{reverse('outcomes:follow-up-list')}?{urlencode({'tab': tab, 'who': who} | chosen | query)}"

    return render(
        request,
        "outcomes/follow_up_list.html",
        {
            "tab": tab,
            "tabs": [(key, words, counts.get(key), address(tab=key)) for key, words in tabs.items()],
            "who": who,
            "mine": address(who="mine"),
            "all": address(who="all"),
            "is_provider": is_provider,
            "owners": owners,
            "conditions": conditions,
            "left_out": left_out,
            "condition": condition,
            "follow_ups": shown,
            "today": today,
            "first": address() if request.GET.get("after") else None,
            "more": address(after=shown[-1].pk) if len(found) > PAGE_SIZE else None,
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("outcomes.view_follow_ups", raise_exception=True)
def follow_up_record(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Record what a follow-up found, and the scores taken at it; read by those who may not record."""
    follow_up = get_object_or_404(
        with_questions(FollowUp.objects.visible_to(request.user).for_record())
        .annotate(step_asks=Subquery(_asked()[:1]))
        .prefetch_related(
            "course__patient__allergies", "course__patient__medications", "course__patient__history_items"
        ),
        pk=follow_up_id,
    )
    may_record = request.user.has_perm("outcomes.record_follow_up")
    if request.method == "POST" and not may_record:
        raise PermissionDenied
    course = follow_up.course
    today = course.site.today()
    known = Known(course)
    scores = known.of_follow_up(follow_up)
    scored = {score.instrument_id for score in scores}
    form, status = None, 200
    versions: list[InstrumentVersion] = []
    if may_record and follow_up.status != FollowUp.Status.CANCELLED:
        asked_here = list(InstrumentVersion.objects.asked_of(course.condition))
        versions = [row for row in asked_here if row.instrument_id not in scored]
        form = FollowUpForm(
            request.POST if request.method == "POST" else None,
            instance=follow_up,
            today=today,
            versions=asked_here,
            scored=scored,
            known=known,
            asked=follow_up.step_asks or [],
            told=questionnaire_of(follow_up),
            aims=request.user.has_perm("treatments.change_course") and course.target_on is not None,
        )
    if request.method == "POST" and form is None:
        messages.error(request, "This follow-up was cancelled; nothing was recorded.")
        return redirect("outcomes:follow-up-record", follow_up.pk)
    if form is not None and form.is_bound:
        if form.is_valid():
            try:
                record_follow_up_with_scores(
                    follow_up=follow_up,
                    findings=form.findings(),
                    scores=form.scores(),
                    version=form.cleaned_data["version"],
                    done_on=form.cleaned_data["done_on"],
                    on=today,
                    by=request.user,
                )
            except StaleVersionError as problem:
                if not _is_pressed_twice(form, problem.current, request):
                    form.show_conflict(problem)
                    status = 409
            except ValidationError as problem:
                form.add_errors(problem)
            if not form.errors:
                if form.shows_danger():
                    messages.error(request, toxin_spread.EMERGENCY)
                messages.success(request, f"{follow_up.name} recorded.")
                return redirect("clinic:course", course.pk)
        status = status if status == 409 else 422
    elif request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=follow_up)
    if form is not None and form.is_bound:
        follow_up.refresh_from_db(fields=["status", "done_on", "done_by", "wear_off_on", "impression", "adverse_event"])
    return render(
        request,
        "outcomes/follow_up_record.html",
        {
            "follow_up": follow_up,
            "course": course,
            "patient": course.patient,
            "today": today,
            "form": form,
            "scores": scores,
            "asked": asked_of(follow_up, site=course.site),
            "why_not_sent": why_not_sent(follow_up),
            "cannot_be_asked": cannot_be_asked(
                [row for row in versions if row.instrument.key in (follow_up.step_asks or [])],
                language=message_language(course.patient.language),
            ),
            "told": questionnaire_of(follow_up),
            "language_words": {"en": "English", "es": "Spanish"}[message_language(course.patient.language)],
            "owners": owners_at([course.patient.site_id]) if may_record and follow_up.status == "planned" else [],
            "unscored": UnscoredAnswer.objects.filter(follow_up=follow_up).select_related("instrument")
            if follow_up.status == FollowUp.Status.DONE or getattr(questionnaire_of(follow_up), "finished_at", None)
            else [],
            "wear_off_days": wear_off_days(
                session_on=follow_up.session.performed_on, wear_off_on=follow_up.wear_off_on
            ),
        },
        status=status,
    )


@require_http_methods(["POST"])
@permission_required("outcomes.record_follow_up", raise_exception=True)
def follow_up_take(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Take a follow-up on, or hand it to another who works there (`owner`)."""
    follow_up = get_object_or_404(
        FollowUp.objects.visible_to(request.user).select_related("course__patient"), pk=follow_up_id
    )
    owners = {str(row.pk): row for row in owners_at([follow_up.course.patient.site_id])}
    owner = owners.get(request.POST.get("owner", str(request.user.pk)))
    if owner is None:
        raise Http404("nobody of that number")
    try:
        take_follow_up(follow_up=follow_up, owner=owner, by=request.user)
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    else:
        messages.success(request, f"{follow_up.name}: {owner.name}.")
    back = own_page(request, request.POST.get("back", ""))
    return redirect(back or reverse("outcomes:follow-up-record", args=[follow_up.pk]))


def owners_at(sites: Any) -> list[User]:
    """Who may do follow-ups at one of these sites; one query."""
    may = [role for role in Role if "outcomes.record_follow_up" in permissions_of([role])]
    return list(User.objects.filter(roles__overlap=may, sites__in=sites, is_active=True).distinct().order_by("name"))


def _is_pressed_twice(form: FollowUpForm, current: Any, request: HttpRequest) -> bool:
    """Whether all that was sent stands there already, recorded by this person: the second press of a button."""
    sent = {name: form.cleaned_data[name] for name in form.Meta.fields} | {"done_on": form.cleaned_data["done_on"]}
    findings, event = form.findings(), getattr(current, "adverse_event_record", None)
    return (
        current.status == FollowUp.Status.DONE
        and current.done_by_id == request.user.pk
        and all(getattr(current, name) == value for name, value in sent.items())
        and current.spread_answers == form.spread_answers()
        and (event is None or findings.event_onset_on in (None, event.onset_on))
        and findings.target_on in (None, current.course.target_on)
        and all(is_on_file(follow_up=current, version=row, entry=entry) for row, entry in form.scores().items())
    )


def _asked() -> QuerySet[FollowUpStep, Any]:
    """The instruments its step asks for, by the policy of the session's own window."""
    windows = RetreatmentWindow.objects.filter(
        session=OuterRef(OuterRef("session")), course=OuterRef(OuterRef("course"))
    )
    return FollowUpStep.objects.filter(policy__in=windows.values("policy"), key=OuterRef("step")).values("instruments")


def _after(request: HttpRequest) -> int | None:
    after = request.GET.get("after", "")
    if after and (not after.isdecimal() or len(after) > 18):
        raise Http404("no such page")
    return int(after) if after else None
