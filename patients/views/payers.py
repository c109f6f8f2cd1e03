"""Who pays, as plans with what they ask for; for administrators."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import StaleVersionError
from patients import actions
from patients.forms import PayerForm, show_refusal
from patients.models import Payer

MOST = 500


@require_GET
@permission_required("patients.manage_payers", raise_exception=True)
def payer_list(request: HttpRequest) -> HttpResponse:
    """Every payer by name, with how many coverages name it."""
    rows = list(Payer.objects.annotate(count=Count("coverages")).order_by(Lower("name"))[:MOST])
    return render(request, "patients/payer_list.html", {"payers": rows})


@require_http_methods(["GET", "POST"])
@permission_required("patients.manage_payers", raise_exception=True)
def payer_create(request: HttpRequest) -> HttpResponse:
    form = PayerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            payer = actions.add_payer(by=request.user, **form.values())
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{payer.name} can be chosen from now on.")
            return redirect("patients:payer-list")
    return _page(request, form)


@require_http_methods(["GET", "POST"])
@permission_required("patients.manage_payers", raise_exception=True)
def payer_edit(request: HttpRequest, payer_id: int) -> HttpResponse:
    payer = get_object_or_404(Payer, pk=payer_id)
    form = PayerForm(request.POST if request.method == "POST" else None, instance=payer)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_payer(
                payer=payer, version=form.cleaned_data["version"] or 0, by=request.user, **form.values()
            )
        except StaleVersionError as error:
            form.show_conflict(error)
            stale = True
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved. Windows of sessions signed before stay as they are.")
            return redirect("patients:payer-list")
    return _page(request, form, stale=stale)


def _page(request: HttpRequest, form: PayerForm, *, stale: bool = False) -> HttpResponse:
    return render(
        request,
        "patients/payer_edit.html",
        {"form": form, "payer": Payer.objects.filter(pk=form.instance.pk).first()},
        status=409 if stale else 422 if form.is_bound and form.errors else 200,
    )
