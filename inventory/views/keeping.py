"""What the administrator says of the stock."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from inventory import actions
from inventory.changes import changes_of_levels
from inventory.forms import ReorderLevelsForm, VialCostForm
from inventory.models import VialCost, VialSize
from inventory.views.stock import PAGE, behind


@require_http_methods(["GET", "POST"])
@permission_required("inventory.manage_stock", raise_exception=True)
def reorder_levels(request: HttpRequest) -> HttpResponse:
    """At how many vials left the site one works at orders each size."""
    site: Any = request.site
    form = ReorderLevelsForm(request.POST or None, site=site)
    if request.method == "POST" and site is not None and form.is_valid():
        try:
            actions.set_reorder_levels(site=site, levels=form.changes(), seen=form.seen())
        except actions.LevelsChangedError as stale:
            form.show_conflict(stale.there)
        else:
            messages.success(request, f"The reorder levels of {site} are saved.")
            return redirect("inventory:stock-list")
    context = {"form": form, "site": site, "changes": changes_of_levels(site) if site is not None else []}
    return render(request, "inventory/reorder_levels.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("inventory.manage_stock", raise_exception=True)
def vial_costs(request: HttpRequest) -> HttpResponse:
    """What a vial of each size costs, and from when; entering another cost."""
    form = VialCostForm(request.POST or None, initial={"size": request.GET.get("size")})
    if request.method == "POST" and form.is_valid():
        cost, before = actions.enter_cost(by=request.user, **form.cleaned_data)
        instead = f", instead of ${before:,}" if before not in (None, cost.amount) else ""
        messages.success(request, f"{cost.size}: ${cost.amount:,} from {cost.holds_from:%-d %b %Y}{instead}.")
        return redirect("inventory:vial-costs")
    found = list(VialCost.objects.after(behind(request, VialCost.objects.select_related("size__product")))[: PAGE + 1])
    context = {
        "form": form,
        "costs": found[:PAGE],
        "last": found[PAGE - 1] if len(found) > PAGE else None,
        "without": VialSize.objects.select_related("product").filter(costs=None).order_by("product__brand", "units"),
    }
    return render(request, "inventory/vial_costs.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("inventory.manage_stock", raise_exception=True)
def vial_cost_remove(request: HttpRequest, cost_id: int) -> HttpResponse:
    """Take back a cost that was entered by mistake."""
    cost = get_object_or_404(VialCost.objects.select_related("size__product"), pk=cost_id)
    actions.take_back_cost(cost=cost)
    messages.success(request, f"{cost.size}: the cost from {cost.holds_from:%-d %b %Y} is taken back.")
    return redirect("inventory:vial-costs")
