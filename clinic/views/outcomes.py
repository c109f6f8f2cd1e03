"""The outcomes page as PDF."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from clinic.paper.pdf import PdfUnavailableError, render_pdf
from outcomes.actions import record_export
from outcomes.views.review import valid_page


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def outcomes_pdf(request: HttpRequest) -> HttpResponse:
    """Every figure of the page with its picture, its numbers and what counts; no patient on it."""
    page = valid_page(request)
    names = ", ".join(page.menus.names["site"].values())
    try:
        pdf = render_pdf("paper/outcomes.html", {"page": page, "site_names": names})
    except PdfUnavailableError as problem:
        return render(request, "paper/unavailable.html", {"problem": str(problem)}, status=503)
    record_export(by=request.user, what="outcome figures, pdf")
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="outcomes.pdf"'
    response["Cache-Control"] = "no-store"
    return response
