"""The figures of the outcomes page on paper."""

from __future__ import annotations

from clinic.paper.pdf import render_pdf
from outcomes.review_page import ReviewPage


def figures_pdf(page: ReviewPage) -> bytes:
    """Every figure of the page with its picture, its numbers and what counts; no patient on it.

    Raises PdfUnavailableError on a machine that cannot print.
    """
    names = ", ".join(page.menus.names["site"].values())
    return render_pdf("paper/outcomes.html", {"page": page, "site_names": names})
