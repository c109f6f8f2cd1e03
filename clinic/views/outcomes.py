"""The outcomes page as PDF."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from clinic.paper.figures import figures_pdf
from clinic.paper.pdf import PdfUnavailableError
from outcomes.actions import record_export
from outcomes.exports import has_many_figures
from outcomes.views.review import valid_page


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def outcomes_pdf(request: HttpRequest) -> HttpResponse:
    """The figures on paper; of a large clinic the worker writes them, when somebody says so."""
    page = valid_page(request)
    if has_many_figures(page):
        return render(request, "outcomes/export_long.html", {"kind": "figures", "query": urlencode(page.links.query)})
    try:
        pdf = figures_pdf(page)
    except PdfUnavailableError as problem:
        return render(request, "paper/unavailable.html", {"problem": str(problem)}, status=503)
    record_export(by=request.user, what="outcome figures, pdf")
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="outcomes.pdf"'
    response["Cache-Control"] = "no-store"
    return response
