"""What somebody at the site has to do: the list, and taking, doing and taking back one task."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Role
from patients.actions import TakenError, complete_task, leave_task, reopen_task, take_task
from patients.forms.tasks import TaskDoneForm, TaskFilterForm
from patients.models import Task
from patients.querysets import TaskQuerySet

PAGE = 50

# Where a task is done. By its kind first, then by what it is about: the page, and the words of the link to it. The apps
# of these pages stand above this one, so they are known by the names of their addresses alone.
BY_KIND = {
    Task.Kind.OFFER_SLOT: ("scheduling:freed-detail", "Offer the time"),
    Task.Kind.ASKED_TO_MOVE: ("scheduling:appointment-move", "Move the appointment"),
}
BY_SUBJECT = {
    "message": ("messaging:message-detail", "Open the message"),
    "appointment": ("scheduling:appointment-detail", "Open the appointment"),
    "course": ("scheduling:recall-why", "Why now"),
    "drug order": ("treatments:drug-order", "Open the order"),
    "lot recall": ("treatments:lot-recall-patient", "Say how the patient was told"),
    "follow-up": ("outcomes:follow-up-record", "Open the follow-up"),
    "authorization": ("clinic:authorization-edit", "Open the authorisation"),
}

# Of these pages, not everybody who sees tasks may open this one.
NEEDS = {"outcomes:follow-up-record": "outcomes.view_follow_ups"}


@require_GET
@permission_required("patients.view_tasks", raise_exception=True)
def task_list(request: HttpRequest) -> HttpResponse:
    """The tasks of the site, the earliest due first; those done, the latest first."""
    return _page(request)


@require_POST
@permission_required("patients.work_tasks", raise_exception=True)
def task_take(request: HttpRequest, task_id: int) -> HttpResponse:
    """Put oneself down for it, also in the place of somebody whose name one has just read."""
    task = _task(request, task_id)
    try:
        take_task(task=task, by=request.user, seen=_number(request.POST.get("seen", "")))
    except TakenError as error:
        messages.warning(request, f"{error.by} has taken this meanwhile.")
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    return _back(request)


@require_POST
@permission_required("patients.work_tasks", raise_exception=True)
def task_leave(request: HttpRequest, task_id: int) -> HttpResponse:
    """Take one's name off it."""
    leave_task(task=_task(request, task_id), by=request.user)
    return _back(request)


@require_POST
@permission_required("patients.work_tasks", raise_exception=True)
def task_done(request: HttpRequest, task_id: int) -> HttpResponse:
    """Say that it is done, with a note or without; the first who says it stays."""
    task = _task(request, task_id)
    form = TaskDoneForm(request.POST, task=task)
    if not form.is_valid():
        return _page(request, refused=(task, form))
    done = complete_task(task=task, note=form.cleaned_data["note"], by=request.user, now=timezone.now())
    if done.done_by != request.user or done.done_note != form.cleaned_data["note"]:
        messages.warning(request, f"{done.done_by or 'The program'} said so already: {done.done_note or 'no note'}.")
    else:
        messages.success(request, "Done. It can be taken back under Done.")
    return _back(request)


@require_POST
@permission_required("patients.work_tasks", raise_exception=True)
def task_undo(request: HttpRequest, task_id: int) -> HttpResponse:
    """Put a task that was done back on the list."""
    try:
        reopen_task(task=_task(request, task_id), by=request.user)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        messages.success(request, "It is on the list again.")
    return _back(request)


def _page(request: HttpRequest, *, refused: tuple[Task, TaskDoneForm] | None = None) -> HttpResponse:
    if request.site is None:
        return render(request, "clinic/no_role.html", status=403)
    asked = TaskFilterForm(request.POST if refused else request.GET).chosen()
    show = asked["show"] or "open"
    # Whoever works beside the desk comes for what was given to them.
    whose = asked["whose"] if "whose" in (request.POST if refused else request.GET) else _usual(request)
    here = Task.objects.filter(site=request.site)
    shown = here.open().order_by("due_on", "id") if show == "open" else here.done().order_by("-done_at", "-id")
    if whose:
        field = "assigned_to" if show == "open" else "done_by"
        shown = shown.filter(**{field: request.user if whose == "mine" else None})
    if asked["kind"]:
        shown = shown.filter(kind=asked["kind"])
    after = _number(request.GET.get("after", ""))
    if after is not None:
        shown = _behind(shown, get_object_or_404(here, pk=after))
    found = list(shown.for_list()[: PAGE + 1])
    tasks = found[:PAGE]
    today = request.site.today()
    rows = []
    for task in tasks:
        form = refused[1] if refused and refused[0].pk == task.pk else TaskDoneForm(task=task)
        kind, words = task.get_kind_display(), task.words
        # Words that begin with the kind say it already.
        what, more = (words, "") if words.startswith(kind) else (kind, words)
        rows.append(
            {
                "task": task,
                "what": what,
                "more": more,
                "form": form,
                "step": leads_to(task, request.user),
                "is_late": task.due_on < today,
            }
        )
    filters = {"show": show, "whose": whose, "kind": asked["kind"]}
    return render(
        request,
        "patients/task_list.html",
        {
            "rows": rows,
            "show": show,
            "filters": filters,
            "here": urlencode(filters),
            "tabs": [(words, urlencode({**filters, "show": key}), key == show) for key, words in TaskFilterForm.SHOW],
            "kinds": TaskFilterForm.base_fields["kind"].choices,
            "people": TaskFilterForm.WHOSE,
            "today": today,
            "late": sum(row["is_late"] for row in rows),
            "after": after,
            "next": tasks[-1].pk if len(found) > PAGE else None,
        },
        status=422 if refused else 200,
    )


def leads_to(task: Task, user: Any) -> dict[str, str] | None:
    """The page where this person does the task, as {url, words}; None for one about nothing but its patient."""
    if task.kind == Task.Kind.LETTER:
        return {"url": reverse("clinic:letter-list"), "words": "Print the letter"}
    if task.kind == Task.Kind.CONTACT_DETAILS:
        return {"url": reverse("patients:patient-edit", args=[task.patient_id]), "words": "Edit the patient"}
    page, words = BY_SUBJECT.get(task.about, ("", ""))
    if task.kind in BY_KIND and task.about == "appointment":
        page, words = BY_KIND[Task.Kind(task.kind)]
    if not page or task.about_id is None or (page in NEEDS and not user.has_perm(NEEDS[page])):
        return None
    try:
        return {"url": reverse(page, args=[task.about_id]), "words": words}
    except NoReverseMatch:
        return None


def _usual(request: HttpRequest) -> str:
    return "" if {Role.FRONT_DESK, Role.ADMINISTRATOR} & set(request.user.roles) else "mine"


def _behind(shown: TaskQuerySet, edge: Task) -> TaskQuerySet:
    if edge.done_at is None:
        return shown.behind(edge.due_on, edge.pk)
    return shown.filter(done_at__lte=edge.done_at).exclude(done_at=edge.done_at, id__gte=edge.pk)


def _task(request: HttpRequest, task_id: int) -> Task:
    return get_object_or_404(Task.objects.visible_to(request.user).for_list(), pk=task_id)


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was filtered."""
    asked = TaskFilterForm(request.POST).chosen()
    query = urlencode({name: asked[name] for name in ("show", "whose", "kind") if name in request.POST})
    return redirect(f"{reverse('patients:task-list')}?{query}" if query else "patients:task-list")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
