"""The dose rules with their sources, and the reference numbers that a clinician of the clinic has confirmed."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from treatments.actions.confirmations import confirm_numbers, withdraw_confirmation
from treatments.forms.confirmations import ConfirmationForm, ticked
from treatments.label_numbers import label_numbers
from treatments.rules.catalogue import RULES


@require_http_methods(["GET"])
@permission_required("treatments.view_rules", raise_exception=True)
def rule_list(request: HttpRequest) -> HttpResponse:
    """All rules with their sources, and all reference numbers; ?show=open leaves out those confirmed or read."""
    return _page(request)


@require_http_methods(["POST"])
@permission_required("treatments.confirm_label", raise_exception=True)
def label_confirm(request: HttpRequest) -> HttpResponse:
    """Confirm the ticked numbers of a product against its label, or take one confirmation back."""
    product = request.POST.get("product", "")
    back = f"{reverse('treatments:rule-list')}{'?show=open' if request.POST.get('show') == 'open' else ''}#{product}"
    if subject := request.POST.get("withdraw"):
        if withdraw_confirmation(subject=subject, by=request.user, now=timezone.now()):
            messages.success(request, "The confirmation is taken back.")
        else:
            messages.info(request, "This number stands unconfirmed already.")
        return redirect(back)
    form = ConfirmationForm(request.POST)
    numbers = ticked(request.POST.getlist("number"))
    if form.is_valid():
        try:
            made = confirm_numbers(numbers=numbers, by=request.user, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            said = [f"{len(made)} {'number' if len(made) == 1 else 'numbers'} confirmed."] if made else []
            if before := len(numbers) - len(made):
                said.append(f"{before} {'was' if before == 1 else 'were'} confirmed already, which stays as it was.")
            messages.success(request, " ".join(said))
            return redirect(back)
    return _page(request, form=form, product=product, chosen=set(numbers))


def _page(
    request: HttpRequest, *, form: ConfirmationForm | None = None, product: str = "", chosen: set[str] | None = None
) -> HttpResponse:
    only_open = (request.POST if form else request.GET).get("show") == "open"
    products: list[dict[str, Any]] = []
    still_open = everything = 0
    for row, numbers in label_numbers():
        waiting = [number for number in numbers if number.confidence not in ("A", "A-") and not number.confirmation]
        still_open, everything = still_open + len(waiting), everything + len(numbers)
        shown = waiting if only_open else numbers
        products.append(
            {
                "product": row,
                "groups": [(kind, list(group)) for kind, group in groupby(shown, key=lambda number: number.kind)],
                "total": len(numbers),
                "waiting": len(waiting),
                "confirmed": sum(number.confirmation is not None for number in numbers),
                "form": form if form and row.key == product else ConfirmationForm(auto_id=f"{row.key}-%s"),
                "opened": only_open or row.key == product,
            }
        )
    context = {
        "rules": RULES,
        "products": products,
        "only_open": only_open,
        "still_open": still_open,
        "everything": everything,
        "chosen": chosen or set(),
        "problem": form is not None,
        # What was sent for a product that is none has no place of its own.
        "unplaced": form if form and not any(entry["form"] is form for entry in products) else None,
    }
    return render(request, "treatments/rule_list.html", context, status=422 if form else 200)
