"""From the posted charting page to the draft that is saved: what each button of the page does to it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q, Window, prefetch_related_objects
from django.db.models.functions import RowNumber
from django.http import HttpRequest

from inventory.models import Lot, Product, Vial
from treatments.actions.sessions import DraftHeader, DraftSite
from treatments.actions.vials import Mixing
from treatments.forms.session import InjectionForm
from treatments.models import InjectionSession, TreatmentCourse, VialUse
from treatments.querysets.sessions import sites_and_vials
from treatments.querysets.vials import may_open, vials_for
from treatments.views.charting import Charting
from treatments.views.plans import LAST_SESSION, PlannedSite, newest, plain_name, whose
from treatments.views.vials import least_waste, usual_mixing, why_not
from treatments.views.visit import visit_of


def other_product(posted: Charting, request: HttpRequest) -> str:
    """Why what was pressed cannot be placed: its doses are of another product than the chosen one. Empty when it can.

    The units of one product are never those of another, so that the page is refused and nothing is placed.
    """
    product = posted.header.cleaned_data["product"]
    action, _, which = request.POST.get("action", "").partition(":")
    if product is None:
        return ""
    of = ""
    if action == "place":
        protocol = next((row for row in posted.protocols if str(row.pk) == which), None)
        if protocol is not None and protocol.product_id not in (None, product.pk):
            brand = next(row.brand for row in posted.products if row.pk == protocol.product_id)
            of = whose(plain_name(protocol), brand)
    elif action == "last-time" and not posted.same_again:
        last = newest(last for last in posted.lasts.values() if last.sites)
        of = whose(LAST_SESSION, last.brand) if last else ""
    return of and f"{of}; the product chosen is {product.brand}."


def product_of(posted: Charting, request: HttpRequest) -> Product | None:
    """The product chosen, or else that of the plan which the button places."""
    product: Product | None = posted.header.cleaned_data["product"]
    action, _, which = request.POST.get("action", "").partition(":")
    placed = None
    if action == "place":
        placed = next((row.product_id for row in posted.protocols if str(row.pk) == which), None)
    elif action == "last-time":
        placed = next((last.product_id for last in posted.same_again), None)
    return product or next((row for row in posted.products if row.pk == placed), None)


def header_of(posted: Charting, request: HttpRequest) -> DraftHeader:
    data = posted.header.cleaned_data
    product, dilution = product_of(posted, request), data["dilution"]
    action, _, which = request.POST.get("action", "").partition(":")
    protocol = data["protocol"]
    if action == "place":
        chosen = next((row for row in posted.protocols if str(row.pk) == which), None)
        if chosen is not None:
            protocol = chosen
    if action == "clear" or (protocol and product and protocol.product_id not in (None, product.pk)):
        protocol = None
    if product is not None and dilution is None and posted.session.product_id != product.pk:
        dilution = _usual_dilution(posted, product)
    return DraftHeader(
        performed_on=posted.session.performed_on,
        product=product,
        protocol=protocol,
        dilution_units=dilution[0] if dilution else None,
        dilution_ml=dilution[1] if dilution else None,
        **visit_of(posted, request, now=posted.now),
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
    elif action == "last-time":
        for last in posted.same_again:
            course_id = last.sites[0].course_id
            rows += _missing(rows, last.sites, course_id or posted.courses[0].pk)
    elif action == "shorthand":
        rows += _added(rows, posted.shorthand.sites)
    elif action == "add-row" and (muscle := posted.muscles.get(request.POST.get("add-muscle", ""))):
        side = request.POST.get("add-side", "right")
        rows.append(
            {
                "course": posted.setup()["coursesOf"].get(muscle.key, [str(posted.courses[0].pk)])[0],
                "muscle": muscle,
                "side": "midline" if muscle.is_midline else side if side in ("left", "right") else "right",
                "units": _units(request.POST.get("add-units", "")),
            }
        )
    if (courses := courses_of(posted, request)) is not None:
        kept = {str(course.pk) for course in courses}
        rows = [row for row in rows if (row.get("course") or str(posted.courses[0].pk)) in kept]
    product = product_of(posted, request)
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


def _added(rows: list[dict[str, Any]], sites: Iterable[PlannedSite]) -> list[dict[str, Any]]:
    """The sites that are new: one that is there without units takes them instead."""
    waiting = [row for row in rows if row["units"] is None]
    new = []
    for site in sites:
        own = (site.muscle.pk, site.side)
        same = next(
            (
                row
                for row in waiting
                if (row["muscle"].pk, row["side"]) == own and row.get("course") in ("", str(site.course_id))
            ),
            None,
        )
        if same is not None:
            same["units"] = site.units
            waiting.remove(same)
        else:
            new.append(_row(site, site.course_id))
    return new


def _row(site: PlannedSite, course_id: int | None) -> dict[str, Any]:
    return {
        "course": str(course_id),
        "muscle": site.muscle,
        "side": site.side,
        "units": site.units,
        "view": site.view,
        "x": site.x,
        "y": site.y,
    }


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
        new.append(_row(site, course_id))
    return new


def _units(text: str) -> Decimal | None:
    try:
        return InjectionForm.base_fields["units"].clean(text.strip())
    except ValidationError:
        return None


def vials_of(posted: Charting, request: HttpRequest) -> tuple[list[Vial], list[tuple[Any, str]]]:
    """The vials for what was picked, and the picks the shelf cannot fill, with why not.

    A vial the draft has already stays; new ones are first the patient's own, then those that no other draft has picked.
    """
    product = posted.header.cleaned_data["product"]
    wanted = {
        (form.cleaned_data["lot"], form.cleaned_data["size"]): (form, form.cleaned_data["count"])
        for form in posted.vials.forms
        if form.cleaned_data.get("count")
    }
    if request.POST.get("action") == "suggest-vials":
        total = sum((row["units"] for row in posted.sites.sites() if row["units"]), Decimal(0))
        picked = least_waste(posted.stock, total)
        wanted = {
            (form.line.lot, form.line.size): (form, picked.get(form.line.key, 0))
            for form in posted.vials.forms
            if form.line is not None
        }
    if product is None or not wanted:
        return [], []
    if (kept := _as_before(posted.session, product, {line: count for line, (_, count) in wanted.items()})) is not None:
        return kept, []
    elsewhere = VialUse.objects.filter(vial=OuterRef("pk"), session__status="draft").exclude(session=posted.session)
    ours = VialUse.objects.filter(vial=OuterRef("pk"), session=posted.session)
    picked_lines = [Q(lot_id=lot, size_id=size, place__lte=count) for (lot, size), (_, count) in wanted.items()]
    order = [F("ours").desc(), F("patient_vial").asc(nulls_last=True), F("held").asc(), "pk"]
    shelf = (
        vials_for(posted.session, product=product)
        .annotate(held=Exists(elsewhere), ours=Exists(ours))
        .annotate(place=Window(RowNumber(), partition_by=["lot_id", "size_id"], order_by=order))
        .filter(reduce(or_, picked_lines))
        .order_by("place")
    )
    found: dict[tuple[int, int], list[Vial]] = defaultdict(list)
    for vial in shelf:
        found[vial.lot_id, vial.size_id].append(vial)
    opened = [vial for line in wanted for vial in found[line]]
    short = {line: form for line, (form, count) in wanted.items() if len(found[line]) < count}
    # The largest first, so that what is left over stays in the smallest.
    return sorted(opened, key=lambda vial: -vial.size.units), _why_short(posted, short, found)


def _as_before(session: InjectionSession, product: Product, wanted: dict[tuple[int, int], int]) -> list[Vial] | None:
    """The draft's own vials, when they are what is wanted and may still be opened; else None."""
    own = [use.vial for use in session.vial_uses.all()]
    lines = Counter((vial.lot_id, vial.size_id) for vial in own)
    if lines != wanted or not all(may_open(session, vial, product=product) for vial in own):
        return None
    places = {line: place for place, line in enumerate(wanted)}

    def order(vial: Vial) -> tuple[Any, ...]:
        named = getattr(vial, "patient_vial", None)
        return -vial.size.units, places[vial.lot_id, vial.size_id], named is None, named and named.pk, vial.pk

    return sorted(own, key=order)


def _why_short(posted: Charting, short: dict[tuple[int, int], Any], found: dict[Any, list[Vial]]) -> list[Any]:
    words = [(form, f"Only {len(found[line])} in stock.") for line, form in short.items() if found[line]]
    empty = {line[0]: form for line, form in short.items() if not found[line]}
    if empty:
        # The lines of another product, chosen before this one, are let go without a word.
        product = posted.header.cleaned_data["product"]
        words += [
            (empty[lot.pk], why_not(lot, posted.session)) for lot in Lot.objects.filter(pk__in=empty, product=product)
        ]
    return words


def mixings_of(posted: Charting, request: HttpRequest, vials: list[Vial]) -> dict[int, Mixing]:
    """How each vial was reconstituted, by its id: as typed, and now for those that the button is for."""
    mixings: dict[int, Mixing] = posted.mixings.mixings()
    action, _, which = request.POST.get("action", "").partition(":")
    if action == "reconstitute":
        minute = posted.now.replace(second=0, microsecond=0)
        for vial in vials:
            typed = mixings.get(vial.pk, Mixing())
            if which in ("", str(vial.pk)) and typed.at is None:
                mixings[vial.pk] = replace(usual_mixing(vial, posted.session, at=minute), by=typed.by)
    return mixings


# What the rows that for_chart() reads with the draft depend on.
_READ_BY = ("patient_id", "site_id", "performed_on", "replaces_id", "status")


def take_over(session: InjectionSession, saved: InjectionSession) -> bool:
    """Give the draft that was read for this request what was just saved, instead of reading all of it again.

    Its sites and vials are read from the database; what stands beside it again when that may be another now. False, and
    nothing done, when the draft itself is to be read again.
    """
    same = all(getattr(session, name) == getattr(saved, name) for name in _READ_BY)
    if not same or saved.version != session.version + 1:
        return False
    if session.product_id != saved.product_id:
        session.__dict__.pop("beside", None)
    for field in session._meta.concrete_fields:
        setattr(session, field.attname, getattr(saved, field.attname))
    for prefetch in (read_again := sites_and_vials()):
        session._prefetched_objects_cache.pop(prefetch.prefetch_to, None)  # type: ignore[attr-defined]
    prefetch_related_objects([session], *read_again)
    return True
