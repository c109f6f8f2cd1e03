"""Turns a template into a PDF. Reads our own static files and nothing else: no network, no other file."""

from __future__ import annotations

import io
import logging
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from clinic import pango

SCHEME = "static:"

# Says at every start what CSS it does not know; errors still come through as exceptions.
logging.getLogger("weasyprint").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)


class PdfUnavailableError(Exception):
    """Nothing can be printed on this machine; str() says what to install."""


def render_pdf(template: str, context: dict[str, Any]) -> bytes:
    """The template as a PDF; raises PdfUnavailableError without Pango."""
    if problem := pango.problem():
        raise PdfUnavailableError(problem)
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fetcher = _fetcher()
    fonts = FontConfiguration()
    html = HTML(string=render_to_string(template, context), base_url=SCHEME, url_fetcher=fetcher)
    style = CSS(string=stylesheet(), base_url=SCHEME, url_fetcher=fetcher, font_config=fonts)
    pdf: bytes = html.write_pdf(stylesheets=[style], font_config=fonts)
    return pdf


def stylesheet() -> str:
    """What every document looks like: static/clinic/css/paper.css."""
    return static_file("clinic/css/paper.css").read_text()


def static_file(name: str) -> Path:
    """Where a static file of ours lies; raises LookupError for a name that is none, or leads out of the folders."""
    if ".." in Path(name).parts or name.startswith("/"):
        raise LookupError(name)
    found = finders.find(name)
    if found is None:
        raise LookupError(name)
    return Path(found)


@cache
def _fetcher() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class StaticFiles(URLFetcher):
        """Answers static:<name> and refuses everything else."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if not url.startswith(SCHEME):
                raise FatalURLFetchingError("A document reads static files only.")
            path = static_file(unquote(url.removeprefix(SCHEME)))
            return URLFetcherResponse(url, _unpacked(path) if path.suffix == ".woff2" else path.read_bytes())

    return StaticFiles()


@cache
def _unpacked(font: Path) -> bytes:
    """A font as it is drawn: unpacking it again for every document costs each a sixth of a second."""
    from fontTools.ttLib import woff2

    drawn = io.BytesIO()
    woff2.decompress(io.BytesIO(font.read_bytes()), drawn)
    return drawn.getvalue()
