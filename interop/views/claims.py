"""Claim sheets: of one session, of a period, and the clinic's procedure code numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from interop.actions import CodesChangedError, enter_procedure_codes
from interop.claim_sheets import ClaimSheet, csv_text, for_claims, in_batches, sheets_of
from interop.forms import PeriodForm, ProcedureCodeForm
from interop.models import ProcedureCode
from treatments.models import InjectionSession

PAGE = 50  # rows


@require_http_methods(["GET"])
@permission_required("interop.view_claims", raise_exception=True)
def claim_detail(request: HttpRequest, session_id: int) -> HttpResponse:
    """What the claim of one signed session says, and what to look at before it is sent."""
    sheet = _sheet(request, session_id)
    record(action="chart-read", by=request.user, patient_id=sheet.session.patient_id, subject=sheet.session)
    # A patient who moved on is claimed where the session was; the chart is the other site's.
    is_ours = request.user.sites.filter(pk=sheet.session.patient.site_id).exists()
    return render(request, "interop/claim_detail.html", {"sheet": sheet, "session": sheet.session, "is_ours": is_ours})


@require_http_methods(["GET"])
@permission_required("interop.view_claims", raise_exception=True)
def claim_csv(request: HttpRequest, session_id: int) -> StreamingHttpResponse:
    """The claim of one session as a file."""
    sheet = _sheet(request, session_id)
    record(action="export", by=request.user, patient_id=sheet.session.patient_id, subject=sheet.session, detail="claim")
    return _file([sheet], f"claim-{sheet.session.pk}.csv")


@require_http_methods(["GET"])
@permission_required("interop.view_claims", raise_exception=True)
def claim_list(request: HttpRequest) -> HttpResponse:
    """The signed sessions of the site in a period, newest first, each with what its claim lacks."""
    if request.site is None:
        return render(request, "clinic/no_role.html", status=403)
    form = PeriodForm(request.GET, today=request.site.today())
    context: dict[str, Any] = {"form": form, "sheets": [], "last": None}
    if form.is_valid():
        sessions = _of_period(request, form)
        if (behind := _behind(request)) is not None:
            sessions = sessions.filter(
                Q(performed_on__lt=behind.performed_on) | Q(performed_on=behind.performed_on, pk__lt=behind.pk)
            )
        rows = list(for_claims(sessions).order_by("-performed_on", "-pk")[: PAGE + 1])
        context |= {
            "sheets": sheets_of(rows[:PAGE]),
            "last": rows[PAGE - 1] if len(rows) > PAGE else None,
            "period": f"from={form.cleaned_data['from_'].isoformat()}&to={form.cleaned_data['to'].isoformat()}",
        }
    return render(request, "interop/claim_list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET"])
@permission_required("interop.view_claims", raise_exception=True)
def claim_export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """All claims of the site in a period as one file, read and sent in pieces."""
    if request.site is None:
        return render(request, "clinic/no_role.html", status=403)
    form = PeriodForm(request.GET, today=request.site.today())
    if not form.is_valid():
        return render(request, "interop/claim_list.html", {"form": form, "sheets": [], "last": None}, status=422)
    first, last = form.cleaned_data["from_"].isoformat(), form.cleaned_data["to"].isoformat()
    record(action="export", by=request.user, subject=request.site, detail=f"claims {first} to {last}")
    return _file(in_batches(_of_period(request, form)), f"claims-{first}-{last}.csv")


@require_http_methods(["GET", "POST"])
@permission_required("interop.enter_procedure_codes", raise_exception=True)
def code_list(request: HttpRequest) -> HttpResponse:
    """The procedure code numbers the clinic uses, one for each use."""
    rows = {row.slot: row for row in ProcedureCode.objects.select_related("entered_by")}
    form = ProcedureCodeForm(request.POST or None, codes={slot: row.code for slot, row in rows.items()})
    if request.method == "POST" and form.is_valid():
        try:
            enter_procedure_codes(changes=form.changes(), by=request.user)
        except CodesChangedError as changed:
            form.show_conflict(changed.current)
        else:
            messages.success(request, "The numbers are saved.")
            return redirect("interop:code-list")
    return render(
        request,
        "interop/claim_codes.html",
        {"form": form, "rows": [(*pair, rows.get(pair[0].name)) for pair in form.rows()]},
        status=422 if form.errors else 200,
    )


def _sheet(request: HttpRequest, session_id: int) -> ClaimSheet:
    sessions = for_claims(InjectionSession.objects.at_sites_of(request.user))
    (sheet,) = sheets_of([get_object_or_404(sessions, pk=session_id)])
    return sheet


def _of_period(request: HttpRequest, form: PeriodForm) -> Any:
    values = form.cleaned_data
    return InjectionSession.objects.at_sites_of(request.user).filter(
        site=request.site, performed_on__range=(values["from_"], values["to"])
    )


def _behind(request: HttpRequest) -> InjectionSession | None:
    text = request.GET.get("after", "")
    if not text.isdecimal() or len(text) > 18:
        return None
    return InjectionSession.objects.at_sites_of(request.user).filter(pk=int(text)).first()


def _file(sheets: Iterable[ClaimSheet], name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(csv_text(sheets), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
