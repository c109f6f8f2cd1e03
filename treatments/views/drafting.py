"""From the posted charting page to the draft that is saved: what each button of the page does to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest

from inventory.models import Product, Vial
from treatments.actions.sessions import DraftHeader, DraftSite
from treatments.forms.session import InjectionForm
from treatments.models import InjectionSession, TreatmentCourse, VialUse
from treatments.views.charting import Charting
from treatments.views.plans import PlannedSite


def header_of(posted: Charting, request: HttpRequest) -> DraftHeader:
    data = posted.header.cleaned_data
    product, dilution = data["product"], data["dilution"]
    action, _, which = request.POST.get("action", "").partition(":")
    protocol = data["protocol"]
    if action == "place":
        chosen = next((row for row in posted.protocols if str(row.pk) == which), None)
        if chosen is not None:
            protocol = chosen
            product = product or next((row for row in posted.products if row.pk == chosen.product_id), None)
    if action == "clear":
        protocol = None
    if product is not None and dilution is None and posted.session.product_id != product.pk:
        dilution = _usual_dilution(posted, product)
    return DraftHeader(
        performed_on=posted.session.performed_on,
        product=product,
        protocol=protocol,
        dilution_units=dilution[0] if dilution else None,
        dilution_ml=dilution[1] if dilution else None,
        guidance=data["guidance"],
        guidance_reason=data["guidance_reason"],
        numbing=data["numbing"],
        discomfort=data["discomfort"],
        notes=data["notes"],
        is_touch_up=data["is_touch_up"],
        touch_up_reason=data["touch_up_reason"],
    )


def _usual_dilution(posted: Charting, product: Product) -> tuple[int, Decimal] | None:
    """The dilution this provider last used for the product; None for the first time."""
    last = (
        InjectionSession.objects.given()
        .filter(provider=posted.user, product=product, dilution_ml__isnull=False)
        .order_by("-pk")
        .first()
    )
    if last is None or not last.dilution_units or not last.dilution_ml:
        return None
    return last.dilution_units, last.dilution_ml


def courses_of(posted: Charting, request: HttpRequest) -> list[TreatmentCourse] | None:
    """The courses ticked, when that is what was changed; None leaves them as they are."""
    if request.POST.get("action") != "courses":
        return None
    ticked = set(request.POST.getlist("courses"))
    open_courses = TreatmentCourse.objects.filter(patient=posted.session.patient_id, closed_on=None).order_by("pk")
    return [course for course in open_courses if str(course.pk) in ticked]


def sites_of(posted: Charting, request: HttpRequest) -> list[DraftSite]:
    """The rows of the table after the button that was pressed."""
    rows = posted.sites.sites()
    action, _, which = request.POST.get("action", "").partition(":")
    if action == "clear":
        rows = []
    elif action == "place":
        for protocol in posted.protocols:
            if str(protocol.pk) == which:
                rows += _missing(rows, protocol.site_list, protocol.course_id)
    elif action == "last-time" and posted.last_plan() is not None and posted.last is not None:
        for course in posted.courses:
            rows += _missing(rows, [row for row in posted.last.sites if row.course_id == course.pk], course.pk)
    elif action == "add-row" and (muscle := posted.muscles.get(request.POST.get("add-muscle", ""))):
        side = request.POST.get("add-side", "right")
        rows.append(
            {
                "course": str(posted.setup()["courseOf"].get(muscle.key, posted.courses[0].pk)),
                "muscle": muscle,
                "side": "midline" if muscle.is_midline else side if side in ("left", "right") else "right",
                "units": _units(request.POST.get("add-units", "")),
            }
        )
    if (courses := courses_of(posted, request)) is not None:
        kept = {str(course.pk) for course in courses}
        rows = [row for row in rows if (row.get("course") or str(posted.courses[0].pk)) in kept]
    product = posted.header.cleaned_data["product"]
    # With a script the page has emptied them already, where the person can undo it.
    changed = action != "autosave" and posted.session.product_id and product and product.pk != posted.session.product_id
    if changed and any(row["units"] for row in rows):
        messages.warning(request, "The units are emptied: those of one product are not those of another.")
    return [
        DraftSite(
            course_id=int(row["course"]) if row.get("course") else posted.courses[0].pk,
            muscle_id=row["muscle"].pk,
            side=row["side"],
            units=None if changed else row["units"],
            view=row.get("view") or "",
            x=row.get("x") if row.get("view") else None,
            y=row.get("y") if row.get("view") else None,
        )
        for row in rows
    ]


def _missing(rows: list[dict[str, Any]], planned: Iterable[PlannedSite], course_id: int) -> list[dict[str, Any]]:
    """The planned sites that the table lacks, counted by muscle and side: placing twice places once."""
    there = [row for row in rows if row.get("course") in ("", str(course_id))]
    new = []
    for site in planned:
        same = next((row for row in there if (row["muscle"].pk, row["side"]) == (site.muscle.pk, site.side)), None)
        if same is not None:
            # A site that is there without units takes those of the plan.
            same["units"] = site.units if same["units"] is None else same["units"]
            there.remove(same)
            continue
        new.append(
            {
                "course": str(course_id),
                "muscle": site.muscle,
                "side": site.side,
                "units": site.units,
                "view": site.view,
                "x": site.x,
                "y": site.y,
            }
        )
    return new


def _units(text: str) -> Decimal | None:
    try:
        return InjectionForm.base_fields["units"].clean(text.strip())
    except ValidationError:
        return None


def vials_of(posted: Charting, request: HttpRequest) -> tuple[list[Vial], list[tuple[Any, int]]]:
    """The vials for what was picked, and the picks the shelf cannot fill with what it has.

    A vial the draft has already stays; new ones are first those that no other draft has picked.
    """
    product = posted.header.cleaned_data["product"]
    wanted = {
        (form.cleaned_data["lot"], form.cleaned_data["size"]): (form, form.cleaned_data["count"])
        for form in posted.vials.forms
        if form.cleaned_data.get("count") and form.line is not None
    }
    if request.POST.get("action") == "suggest-vials":
        total = sum((row["units"] for row in posted.sites.sites() if row["units"]), Decimal(0))
        picked = posted.least_waste(total)
        wanted = {
            (form.line.lot, form.line.size): (form, picked.get(form.line.key, 0))
            for form in posted.vials.forms
            if form.line is not None
        }
    if product is None or not wanted:
        return [], []
    elsewhere = VialUse.objects.filter(vial=OuterRef("pk"), session__status="draft").exclude(session=posted.session)
    ours = VialUse.objects.filter(vial=OuterRef("pk"), session=posted.session)
    picked_lines = [Q(lot_id=lot, size_id=size, place__lte=count) for (lot, size), (_, count) in wanted.items()]
    shelf = (
        Vial.objects.pickable(product=product, site=posted.session.site, on=posted.session.performed_on)
        .annotate(held=Exists(elsewhere), ours=Exists(ours))
        .annotate(
            place=Window(
                RowNumber(), partition_by=["lot_id", "size_id"], order_by=[F("ours").desc(), F("held").asc(), "pk"]
            )
        )
        .filter(reduce(or_, picked_lines))
        .order_by("place")
    )
    found: dict[tuple[int, int], list[Vial]] = defaultdict(list)
    for vial in shelf:
        found[vial.lot_id, vial.size_id].append(vial)
    opened = [vial for line in wanted for vial in found[line]]
    short = [(form, len(found[line])) for line, (form, count) in wanted.items() if len(found[line]) < count]
    # The largest first, so that what is left over stays in the smallest.
    return sorted(opened, key=lambda vial: -vial.size.units), short
