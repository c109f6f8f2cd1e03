"""What the administrator says of the stock."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from inventory import actions
from inventory.forms import ReorderLevelsForm


@require_http_methods(["GET", "POST"])
@permission_required("inventory.manage_stock", raise_exception=True)
def reorder_levels(request: HttpRequest) -> HttpResponse:
    """At how many vials left the site one works at orders each size."""
    site: Any = request.site
    form = ReorderLevelsForm(request.POST or None, site=site)
    if request.method == "POST" and site is not None and form.is_valid():
        actions.set_reorder_levels(site=site, levels=form.changes())
        messages.success(request, f"The reorder levels of {site} are saved.")
        return redirect("inventory:stock-list")
    context = {"form": form, "site": site}
    return render(request, "inventory/reorder_levels.html", context, status=422 if form.errors else 200)
