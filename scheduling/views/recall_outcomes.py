"""Administrators say what may come of a call, without code: add, change, put in order, retire."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from audit.models import StaleVersionError
from scheduling.actions.outcomes import add_outcome, change_outcome, move_outcome, offer_outcome
from scheduling.forms import OutcomeForm
from scheduling.models import AttemptOutcome


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.manage_outcomes", raise_exception=True)
def outcome_list(request: HttpRequest) -> HttpResponse:
    """Every outcome in the order of the buttons, and a form for one more."""
    form = OutcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            outcome = add_outcome(by=request.user, **_values(form))  # type: ignore[arg-type]
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, f"“{outcome.name}” is offered from now on.")
            return redirect("scheduling:recall-outcome-list")
    outcomes = AttemptOutcome.objects.order_by("-is_active", "position", "pk")
    return render(
        request,
        "scheduling/recall_outcome_list.html",
        {"form": form, "outcomes": outcomes},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.manage_outcomes", raise_exception=True)
def outcome_edit(request: HttpRequest, outcome_id: int) -> HttpResponse:
    outcome = get_object_or_404(AttemptOutcome, pk=outcome_id)
    name = outcome.name
    form = OutcomeForm(request.POST or None, instance=outcome)
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            change_outcome(outcome=outcome, version=version, by=request.user, **_values(form))  # type: ignore[arg-type]
        except StaleVersionError as error:
            form.show_conflict(error)
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, f"“{form.cleaned_data['name']}”: saved.")
            return redirect("scheduling:recall-outcome-list")
    return render(
        request,
        "scheduling/recall_outcome_edit.html",
        {"form": form, "outcome": outcome, "name": name},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["POST"])
@permission_required("scheduling.manage_outcomes", raise_exception=True)
def outcome_offer(request: HttpRequest, outcome_id: int) -> HttpResponse:
    """Retire an outcome, or offer it again (`offered` is 0 or 1)."""
    outcome = get_object_or_404(AttemptOutcome, pk=outcome_id)
    is_active = request.POST.get("offered") == "1"
    try:
        offer_outcome(outcome=outcome, is_active=is_active, by=request.user)  # type: ignore[arg-type]
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        said = "is offered again" if is_active else "is offered no longer; calls logged with it keep it"
        messages.success(request, f"“{outcome.name}” {said}.")
    return redirect("scheduling:recall-outcome-list")


@require_http_methods(["POST"])
@permission_required("scheduling.manage_outcomes", raise_exception=True)
def outcome_move(request: HttpRequest, outcome_id: int) -> HttpResponse:
    """One place up or down (`to` is "up" or "down")."""
    outcome = get_object_or_404(AttemptOutcome, pk=outcome_id)
    move_outcome(outcome=outcome, up=request.POST.get("to") == "up", by=request.user)  # type: ignore[arg-type]
    return redirect("scheduling:recall-outcome-list")


def _values(form: OutcomeForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name != "version"}


def _show(form: OutcomeForm, error: ValidationError) -> None:
    """The words beside the fields they are about; some the form has said already."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {"__all__": error.error_list}
    for name, problems in by_field.items():
        for problem in problems:
            if problem.messages[0] not in form.errors.get(name, []):
                form.add_error(name if name in form.fields else None, problem)
