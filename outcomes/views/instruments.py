from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.models import StaleVersionError
from outcomes.actions.instruments import (
    add_instrument,
    change_instrument,
    load_text,
    retire_instrument,
    withdraw_text,
)
from outcomes.forms.instruments import InstrumentForm, InstrumentTextForm
from outcomes.models import Instrument, InstrumentText, InstrumentVersion


@require_http_methods(["GET"])
@permission_required("outcomes.view_instruments", raise_exception=True)
def instrument_list(request: HttpRequest) -> HttpResponse:
    """Every instrument with its version in use, those retired at the end."""
    versions = (
        InstrumentVersion.objects.filter(is_current=True)
        .select_related("instrument")
        .prefetch_related("instrument__conditions", "texts")
        .order_by("instrument__is_retired", "instrument__position", "instrument__name")
    )
    return render(request, "outcomes/instrument_list.html", {"versions": versions})


@require_http_methods(["GET"])
@permission_required("outcomes.view_instruments", raise_exception=True)
def instrument_detail(request: HttpRequest, instrument_id: int) -> HttpResponse:
    """What an instrument means now, its earlier versions with how many scores each has, its loaded texts."""
    instrument = get_object_or_404(Instrument.objects.prefetch_related("conditions"), pk=instrument_id)
    versions = list(
        instrument.versions.select_related("instrument", "made_by")
        .annotate(scored=Count("assessments"))
        .order_by("-version")
    )
    current = next(version for version in versions if version.is_current)
    texts = InstrumentText.objects.filter(version__instrument=instrument).select_related(
        "version", "loaded_by", "withdrawn_by"
    )
    return render(
        request,
        "outcomes/instrument_detail.html",
        {
            "instrument": instrument,
            "version": current,
            "items": current.definition().items,
            "versions": versions,
            "texts": texts.order_by("-id"),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("outcomes.manage_instruments", raise_exception=True)
def instrument_create(request: HttpRequest) -> HttpResponse:
    """Add an instrument of the clinic's own."""
    form = InstrumentForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("name", "short_name", "unit", "better", "conditions")}
        try:
            instrument = add_instrument(**chosen, definition=form.definition(), by=request.user)
        except ValidationError as problem:
            _show(form, problem)
        else:
            messages.success(request, f"{instrument.short_name} is there to be scored.")
            return redirect("outcomes:instrument-detail", instrument.pk)
    return render(
        request,
        "outcomes/instrument_form.html",
        {"form": form, "instrument": None},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "POST"])
@permission_required("outcomes.manage_instruments", raise_exception=True)
def instrument_edit(request: HttpRequest, instrument_id: int) -> HttpResponse:
    """Change an instrument: what it asks or means becomes a new version."""
    instrument = get_object_or_404(Instrument, pk=instrument_id)
    current = instrument.versions.select_related("instrument").get(is_current=True)
    form = InstrumentForm(request.POST if request.method == "POST" else None, version=current)
    if form.is_bound and form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("name", "short_name", "conditions")}
        try:
            version = change_instrument(
                instrument=instrument,
                **chosen,
                seen=form.cleaned_data["seen"],
                definition=form.definition(),
                by=request.user,
            )
        except StaleVersionError as stale:
            form.show_conflict(stale.current)
        except ValidationError as problem:
            _show(form, problem)
        else:
            messages.success(request, f"{chosen['short_name']}: version {version.version} is in use.")
            return redirect("outcomes:instrument-detail", instrument.pk)
    return render(
        request,
        "outcomes/instrument_form.html",
        {"form": form, "instrument": instrument, "current": current},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["POST"])
@permission_required("outcomes.manage_instruments", raise_exception=True)
def instrument_retire(request: HttpRequest, instrument_id: int) -> HttpResponse:
    """Retire an instrument, or offer it again (`retired` is 0 or 1)."""
    instrument = get_object_or_404(Instrument, pk=instrument_id)
    is_retired = request.POST.get("retired") == "1"
    try:
        retire_instrument(instrument=instrument, is_retired=is_retired, by=request.user)
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    else:
        said = "is offered no longer; its scores stay" if is_retired else "is offered again"
        messages.success(request, f"{instrument.short_name} {said}.")
    return redirect("outcomes:instrument-detail", instrument.pk)


@require_http_methods(["GET", "POST"])
@permission_required("outcomes.manage_instruments", raise_exception=True)
def instrument_text_create(request: HttpRequest, instrument_id: int) -> HttpResponse:
    """Load the text of the version in use, under a licence that is stated."""
    instrument = get_object_or_404(Instrument, pk=instrument_id)
    current = instrument.versions.select_related("instrument").get(is_current=True)
    form = InstrumentTextForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "is_held"}
        try:
            text = load_text(version=current, **given, by=request.user)
        except ValidationError as problem:
            _show(form, problem)
        else:
            messages.success(request, f"{instrument.short_name} can be asked in {text.get_language_display()}.")
            return redirect("outcomes:instrument-detail", instrument.pk)
    return render(
        request,
        "outcomes/instrument_text.html",
        {"form": form, "instrument": instrument, "version": current, "items": current.definition().items},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["POST"])
@permission_required("outcomes.manage_instruments", raise_exception=True)
def instrument_text_withdraw(request: HttpRequest, text_id: int) -> HttpResponse:
    """Withdraw a loaded text."""
    text = get_object_or_404(InstrumentText.objects.select_related("version__instrument"), pk=text_id)
    withdraw_text(text=text, now=timezone.now(), by=request.user)
    messages.success(request, f"{text.version.instrument.short_name}: the text is withdrawn.")
    return redirect("outcomes:instrument-detail", text.version.instrument_id)


def _show(form: InstrumentForm | InstrumentTextForm, problem: ValidationError) -> None:
    messages_by = problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}
    for name, found in messages_by.items():
        for message in found:
            form.add_error(name if name in form.fields else None, message)
