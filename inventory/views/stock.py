from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.filters import left_out_words
from accounts.models import Site
from audit.models import StaleVersionError
from inventory import actions
from inventory.attention import what_needs_attention
from inventory.forms import LotRecallForm, LotReceiveForm, VialRemoveForm
from inventory.models import Lot, ReorderLevel, StockMovement, Vial
from inventory.rules import EXPIRES_SOON, shelf_life

PAGE = 100  # rows


@require_http_methods(["GET"])
@permission_required("inventory.view_stock", raise_exception=True)
def stock_list(request: HttpRequest) -> HttpResponse:
    """What is in stock by product and lot, first expiry first, here or at all of one's sites."""
    site = _site(request)
    asked = request.GET.get("sites", "")
    everywhere = site is None or asked == "all"
    today = (site or Site(time_zone="UTC")).today()
    vials = Vial.objects.visible_to(request.user).in_stock()
    levels = ReorderLevel.objects.filter(site__in=request.user.sites.all())
    if not everywhere:
        vials, levels = vials.filter(site=site), levels.filter(site=site)
    lots = list(Lot.objects.having(vials).after(behind(request, Lot.objects.select_related("product")))[: PAGE + 1])
    rows = [
        {
            "lot": lot,
            "standing": shelf_life(lot.expires_on, recalled_on=lot.recalled_on, on=today),
            "counts": list(counts),
        }
        for lot, counts in _counts(vials, lots[:PAGE])
    ]
    return render(
        request,
        "inventory/stock_list.html",
        {
            "products": [(brand, list(group)) for brand, group in groupby(rows, key=lambda row: row["lot"].product)],
            "everywhere": everywhere,
            "left_out": left_out_words(asked) if asked not in ("", "all") else "",
            "attention": what_needs_attention(vials, levels, on=today),
            "today": today,
            "soon": EXPIRES_SOON,
            "last": lots[PAGE - 1] if len(lots) > PAGE else None,
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("inventory.receive_lot", raise_exception=True)
def lot_receive(request: HttpRequest) -> HttpResponse:
    """Take the vials of a box into the stock of the site one works at now."""
    site = _site(request)
    form = LotReceiveForm(request.POST or None, initial={"size": request.GET.get("size")})
    if request.method == "POST" and site is None:
        form.add_error(None, "You work at no site. Ask an administrator.")
    elif request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            lot = actions.receive_lot(
                product=values["size"].product,
                size=values["size"],
                number=values["number"],
                expires_on=values["expires_on"],
                vials=values["vials"],
                site=site,
                on=site.today(),
                by=request.user,
                source=values["source"],
                token=values["token"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            count = "1 vial" if values["vials"] == 1 else f"{values['vials']} vials"
            messages.success(request, f"{count} of {values['size']}, lot {lot.number}, came into stock at {site}.")
            return redirect("inventory:lot-detail", lot.pk)
    return _page(request, "inventory/lot_receive.html", {"form": form, "site": site})


@require_http_methods(["GET"])
@permission_required("inventory.view_stock", raise_exception=True)
def lot_detail(request: HttpRequest, lot_id: int) -> HttpResponse:
    """One lot: how it stands, its vials at one's sites and what became of each."""
    lot = get_object_or_404(Lot.objects.visible_to(request.user).select_related("product"), pk=lot_id)
    mine = Vial.objects.visible_to(request.user).filter(lot=lot)
    shown_last = behind(request, mine)
    page = mine.filter(pk__gt=shown_last.pk) if shown_last else mine
    vials = list(page.with_movements().order_by("pk")[: PAGE + 1])
    today = (_site(request) or Site(time_zone="UTC")).today()
    standing = shelf_life(lot.expires_on, recalled_on=lot.recalled_on, on=today)
    return render(
        request,
        "inventory/lot_detail.html",
        {
            "lot": lot,
            "standing": standing,
            "blocked": standing if standing in ("recalled", "expired") else "",
            "today": today,
            "counts": mine.in_stock().counted_by_lot([lot]),
            "unused": any(vial.status == Vial.Status.IN_STOCK for vial in vials),
            "vials": vials[:PAGE],
            "last": vials[PAGE - 1] if len(vials) > PAGE else None,
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("inventory.receive_lot", raise_exception=True)
def vial_remove(request: HttpRequest, lot_id: int) -> HttpResponse:
    """Take vials of a lot out of stock that no session used; ?vial= chooses one."""
    lot = get_object_or_404(Lot.objects.visible_to(request.user).select_related("product"), pk=lot_id)
    vials = Vial.objects.visible_to(request.user).in_stock().filter(lot=lot).for_list().order_by("pk")
    form = VialRemoveForm(request.POST or None, vials=vials, initial=_to_remove(request, vials))
    if request.method == "POST" and form.is_valid():
        chosen = list(form.cleaned_data["vials"])
        try:
            actions.remove_vials(
                vials=chosen, reason=form.cleaned_data["reason"], note=form.cleaned_data["note"], by=request.user
            )
        except (actions.VialTakenError, ValidationError) as error:
            form.add_error(None, str(error) if isinstance(error, actions.VialTakenError) else error)
        else:
            messages.success(request, f"{len(chosen)} vial{'s' if len(chosen) > 1 else ''} left the stock.")
            return redirect("inventory:lot-detail", lot.pk)
    return _page(request, "inventory/vial_remove.html", {"form": form, "lot": lot, "any": vials.exists()})


@require_http_methods(["GET", "POST"])
@permission_required("inventory.recall_lot", raise_exception=True)
def lot_recall(request: HttpRequest, lot_id: int) -> HttpResponse:
    """Mark a lot as recalled, change the mark, or take it back."""
    lot = get_object_or_404(Lot.objects.visible_to(request.user).select_related("product"), pk=lot_id)
    marked = lot.recalled_on is not None
    form = LotRecallForm(request.POST or None, instance=lot, site=_site(request) or Site(time_zone="UTC"))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            if "withdraw" in request.POST:
                actions.withdraw_recall(lot=lot, version=values["version"], by=request.user)
                messages.success(request, f"{lot} is no longer marked as recalled.")
            else:
                actions.recall_lot(
                    lot=lot,
                    version=values["version"],
                    on=values["recalled_on"],
                    reason=values["recall_reason"],
                    by=request.user,
                )
                messages.success(request, f"{lot} is recalled. None of its vials can be picked at any site.")
                if not marked:
                    return redirect("treatments:lot-recall-start", lot.pk)
        except StaleVersionError as error:
            form.show_conflict(error)
        else:
            return redirect("inventory:lot-detail", lot.pk)
    return _page(request, "inventory/lot_recall.html", {"form": form, "lot": lot, "marked": marked})


def _to_remove(request: HttpRequest, vials: QuerySet[Vial]) -> dict[str, Any]:
    """Where the whole lot is to go (?reason=expired), all its vials stand ticked; otherwise the one of ?vial=."""
    reason = request.GET.get("reason", "")
    whole = reason in (StockMovement.Reason.EXPIRED, StockMovement.Reason.RECALLED)
    return {"vials": [vial.pk for vial in vials] if whole else request.GET.getlist("vial"), "reason": reason}


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page with its form; status 422 when what was sent cannot be taken."""
    form: BaseForm = context["form"]
    return render(request, template, context, status=422 if form.is_bound and form.errors else 200)


def _site(request: HttpRequest) -> Any:
    return request.site


def behind(request: HttpRequest, rows: QuerySet[Any]) -> Any:
    """The row named by ?after=, behind which a list goes on; None at its beginning."""
    text = request.GET.get("after", "")
    return rows.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None


def _counts(vials: QuerySet[Any], lots: list[Lot]) -> Any:
    """Each lot with its rows of site, vial size and vials, in one query."""
    by_lot: dict[int, list[dict[str, Any]]] = {lot.pk: [] for lot in lots}
    for row in vials.counted_by_lot(lots):
        by_lot[row["lot_id"]].append(row)
    return [(lot, by_lot[lot.pk]) for lot in lots]
