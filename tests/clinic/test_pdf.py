"""Making a PDF: what a document may read, and without Pango."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from clinic import pango
from clinic.paper.pdf import PdfUnavailableError, render_pdf, static_file
from tests.cast import Cast
from tests.clinic.test_paper import pages
from tests.treatments.charted import signed
from treatments.models import TreatmentCourse

SignIn = Callable[[User], Client]
DOCUMENTS = ["clinic:session-note", "clinic:session-packet", "clinic:session-after-visit"]


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    return cast.course()


@pytest.fixture
def listening() -> Iterator[tuple[str, list[str]]]:
    """A web server of this machine that serves one style sheet, and the paths it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/css")
            self.end_headers()
            self.wfile.write(LEAK)

        def log_message(self, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/leak.css", asked
        server.shutdown()
        thread.join()


LEAK = b"p::after { content: 'LEAKED' }"


@pytest.mark.parametrize("place", ["file", "web"])
def test_a_document_reads_nothing_but_static_files(
    place: str, tmp_path: Path, settings: Any, listening: tuple[str, list[str]]
) -> None:
    from weasyprint.urls import FatalURLFetchingError

    (tmp_path / "leak.css").write_bytes(LEAK)
    url = (tmp_path / "leak.css").as_uri() if place == "file" else listening[0]
    (tmp_path / "page.html").write_text(f'<link rel="stylesheet" href="{url}"><p>Words</p>')
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    with pytest.raises(FatalURLFetchingError):
        render_pdf("page.html", {})
    assert listening[1] == []
    # What is ours is read.
    (tmp_path / "ours.html").write_text('<link rel="stylesheet" href="static:clinic/css/paper.css"><p>Words</p>')
    assert pages(render_pdf("ours.html", {})) == ["Words Page 1 of 1"]


@pytest.mark.parametrize("name", ["../manage.py", "/etc/hostname", "clinic/css/../../../manage.py", "nothing.css"])
def test_no_name_leads_out_of_the_static_files(name: str) -> None:
    with pytest.raises(LookupError):
        static_file(name)


def test_without_pango_the_page_says_what_to_install(
    cast: Cast, sign_in: SignIn, course: TreatmentCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine without it: WeasyPrint cannot be imported."""
    session = signed(cast, course, on=cast.harbour.today())
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    response = sign_in(cast.ito).get(reverse("clinic:session-note", args=[session.pk]))
    assert response.status_code == 503
    assert pango.advice() in response.content.decode().replace("&#x27;", "'")
    assert not AuditEvent.objects.filter(action="print").exists()
    with pytest.raises(PdfUnavailableError):
        render_pdf("paper/note.html", {})


def test_the_advice_names_the_packages_of_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr("sys.platform", "linux")
    assert pango.advice().endswith("sudo apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0")
