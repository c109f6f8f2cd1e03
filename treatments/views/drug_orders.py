"""Orders of specialty pharmacies: the list to chase, and one order from ordered to here."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.actions import record
from audit.models import StaleVersionError
from patients.forms import show_refusal
from patients.models import Patient, PriorAuthorization
from treatments.actions import drug_orders as actions
from treatments.forms.drug_orders import ArriveForm, CancelOrderForm, DrugOrderForm, ShipForm
from treatments.models import DrugOrder, RetreatmentWindow, TreatmentCourse
from treatments.querysets.drug_orders import LATE
from treatments.rules.drug_orders import late_words

PAGE_SIZE = 50
TABS = {
    "under-way": ("Under way", Q(status__in=["ordered", "shipped"])),
    "late": ("Late", Q(status__in=["ordered", "shipped"]) & LATE),
    "done": ("Here or cancelled", Q(status__in=["arrived", "cancelled"])),
}


@require_GET
@permission_required("treatments.view_drug_orders", raise_exception=True)
def drug_order_list(request: HttpRequest) -> HttpResponse:
    """Orders of one's sites, those needed first in front; what is done, the latest first."""
    now = timezone.now()
    sites = request.sites  # type: ignore[attr-defined]
    days = {site.pk: site.today(now=now) for site in sites}
    orders: Any = DrugOrder.objects.visible_to(request.user).filter(site__in=list(days)).with_needed(on=days)  # type: ignore[arg-type]
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "under-way"
    counts = orders.aggregate(
        **{key.replace("-", "_"): Count("pk", filter=condition) for key, (_, condition) in TABS.items()}
    )
    rows = orders.filter(TABS[tab][1]).for_list()
    edge = _number(request.GET.get("after", ""))
    if tab == "done":
        rows = (rows.filter(pk__lt=edge) if edge else rows).order_by("-pk")
    else:
        if edge and (place := orders.filter(pk=edge).values_list("wanted_on", flat=True).first()):
            rows = rows.filter(Q(wanted_on__gt=place) | Q(wanted_on=place, pk__gt=edge))
        rows = rows.order_by("wanted_on", "pk")
    found = list(rows[: PAGE_SIZE + 1])
    for row in found:
        row.late_words = _late(row)
        row.late_short = "not here" if row.expected_on is None or row.expected_on < row.today else "after the visit"
    return render(
        request,
        "treatments/drug_order_list.html",
        {
            "orders": found[:PAGE_SIZE],
            "after": found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None,
            "tab": tab,
            "tabs": [(key, words, counts[key.replace("-", "_")]) for key, (words, _) in TABS.items()],
            "is_further": bool(edge),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("treatments.order_drug", raise_exception=True)
def drug_order_create(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient = get_object_or_404(Patient.objects.visible_to(request.user).select_related("site"), pk=patient_id)
    form = _form(request, patient)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        course = values["course"]
        try:
            order = actions.order_drug(
                patient=patient,
                site=course.site if course else patient.site,
                on=values.pop("ordered_on"),
                by=request.user,  # type: ignore[arg-type]
                **values,
            )
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Noted. It is on the list of orders until the vials are here.")
            return redirect("treatments:drug-order", order.pk)
    return _edit_page(request, patient, form)


@require_http_methods(["GET", "POST"])
@permission_required("treatments.order_drug", raise_exception=True)
def drug_order_edit(request: HttpRequest, order_id: int) -> HttpResponse:
    order = _order(request, order_id)
    form = _form(request, order.patient, instance=order)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_order(
                order=order,
                version=form.cleaned_data["version"] or 0,
                by=request.user,  # type: ignore[arg-type]
                **form.values(),
            )
        except StaleVersionError as error:
            form.show_conflict(error)
            stale = True
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("treatments:drug-order", order.pk)
    return _edit_page(request, order.patient, form, stale=stale)


@require_GET
@permission_required("treatments.view_drug_orders", raise_exception=True)
def drug_order(request: HttpRequest, order_id: int) -> HttpResponse:
    order = _order(request, order_id)
    record(action="chart-read", by=request.user, patient_id=order.patient_id, subject=order)
    return _detail(request, order)


@require_POST
@permission_required("treatments.order_drug", raise_exception=True)
def drug_order_ship(request: HttpRequest, order_id: int) -> HttpResponse:
    order = _order(request, order_id)
    form = ShipForm(request.POST)
    if form.is_valid():
        try:
            actions.ship_order(order=order, on=order.site.today(), by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Noted as shipped.")
            return redirect("treatments:drug-order", order.pk)
    return _detail(request, order, ship=form)


@require_POST
@permission_required("treatments.order_drug", raise_exception=True)
def drug_order_arrive(request: HttpRequest, order_id: int) -> HttpResponse:
    """The vials are here: into stock, under the patient's name."""
    order = _order(request, order_id)
    form = ArriveForm(request.POST)
    if form.is_valid():
        try:
            actions.arrive_order(
                order=order,
                on=order.site.today(),
                now=timezone.now(),
                by=request.user,  # type: ignore[arg-type]
                **form.cleaned_data,
            )
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "The vials are in stock under this patient's name: nobody else is given of them.")
            return redirect("treatments:drug-order", order.pk)
    return _detail(request, order, arrive=form)


@require_POST
@permission_required("treatments.order_drug", raise_exception=True)
def drug_order_cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    order = _order(request, order_id)
    form = CancelOrderForm(request.POST)
    if form.is_valid():
        try:
            actions.cancel_order(
                order=order,
                reason=form.cleaned_data["reason"],
                by=request.user,  # type: ignore[arg-type]
                now=timezone.now(),
            )
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Cancelled.")
            return redirect("treatments:drug-order", order.pk)
    return _detail(request, order, cancel=form)


def _order(request: HttpRequest, order_id: int) -> Any:
    orders = DrugOrder.objects.visible_to(request.user).for_list().select_related("patient__site", "ordered_by")  # type: ignore[arg-type]
    order: Any = get_object_or_404(orders, pk=order_id)
    today = order.site.today()
    order.today = today
    order.needed_on = order.course.next_booked(on=today) if order.course and not order.course.closed_on else None
    order.late_words = _late(order)
    return order


def _late(order: Any) -> str:
    if order.status not in ("ordered", "shipped"):
        return ""
    words = late_words(expected_on=order.expected_on, needed_on=order.needed_on, on=order.today)
    return words.removeprefix("Vials ordered: ")


def _detail(
    request: HttpRequest,
    order: Any,
    *,
    ship: BaseForm | None = None,
    arrive: BaseForm | None = None,
    cancel: BaseForm | None = None,
) -> HttpResponse:
    return render(
        request,
        "treatments/drug_order_detail.html",
        {
            "order": order,
            "patient": order.patient,
            "today": order.today,
            "is_open": order.status in ("ordered", "shipped"),
            "ship": ship or ShipForm(initial={"expected_on": order.expected_on}),
            "arrive": arrive or ArriveForm(initial={"vials": order.vials}),
            "cancel": cancel or CancelOrderForm(),
        },
        status=422 if ship or arrive or cancel else 200,
    )


def _form(request: HttpRequest, patient: Patient, **more: Any) -> DrugOrderForm:
    today = patient.site.today()
    courses = list(TreatmentCourse.objects.filter(patient=patient, closed_on=None).select_related("condition", "site"))
    allowed = list(
        PriorAuthorization.objects.filter(patient=patient, status="approved", ends_on__gte=today).order_by("ends_on")
    )
    if instance := more.get("instance"):
        # What was chosen once stays choosable.
        courses += [instance.course] if instance.course and instance.course not in courses else []
        allowed += [instance.authorization] if instance.authorization and instance.authorization not in allowed else []
    elif request.method == "GET":
        more["initial"] = _usual(courses, allowed, asked=_number(request.GET.get("course", "")))
    return DrugOrderForm(
        request.POST if request.method == "POST" else None,
        courses=courses,
        authorizations=allowed,
        today=today,
        **more,
    )


def _usual(courses: list[TreatmentCourse], allowed: list[PriorAuthorization], *, asked: int) -> dict[str, Any]:
    """What an order begins with: the course asked for or the only one, its authorisation, the vials of last time."""
    course = next((row for row in courses if row.pk == asked), courses[0] if len(courses) == 1 else None)
    if course is None:
        return {}
    found: dict[str, Any] = {"course": course.pk}
    authorization = next((row for row in allowed if row.condition == course.condition.key), None)
    if authorization is not None:
        found["authorization"] = authorization.pk
    used = (
        RetreatmentWindow.objects.filter(course=course, closed_by=None, voided=False)
        .order_by()
        .values("session__vial_uses__vial__size")
        .annotate(count=Count("session__vial_uses"))
        .exclude(session__vial_uses=None)
        .order_by("-count")
        .first()
    )
    if used is not None:
        found |= {"size": used["session__vial_uses__vial__size"], "vials": used["count"]}
    return found


def _edit_page(request: HttpRequest, patient: Patient, form: DrugOrderForm, *, stale: bool = False) -> HttpResponse:
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "treatments/drug_order_edit.html",
        {
            "form": form,
            "patient": patient,
            "today": patient.site.today(),
            "order": form.instance if form.instance.pk else None,
        },
        status=409 if stale else 422 if form.is_bound and form.errors else 200,
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
