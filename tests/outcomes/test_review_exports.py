"""What leaves the outcomes page: each count opens as many rows, and CSV, pictures, PDF and saved views say the same."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from copy import deepcopy
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import SavedView, User
from audit.models import AuditEvent
from benchmarks.generated_outcomes import TreatedClinic
from clinic import pango
from outcomes import exports
from outcomes.models import Export
from outcomes.tasks import run_export
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
PAGE = reverse("outcomes:review")
EVERYTHING = {"period": "all"}


@pytest.fixture(scope="module")
def generated(kept_for_module: None) -> Cast:
    """A small generated clinic, whose two sites Ada reviews."""
    cast = make_cast()
    cast.ada.sites.set(TreatedClinic(25, seed=3).build().sites)
    return cast


@pytest.fixture
def cast(generated: Cast, db: None) -> Cast:
    return deepcopy(generated)


def cells_of(response: object) -> list[tuple[str, str]]:
    """The words and address of every cell of the page that opens a list."""
    sections = response.context["sections"]  # type: ignore[attr-defined]
    tables = [cell for section in sections for table in section.tables for row in table.rows for cell in row]
    said = [cell for section in sections for one in section.said for cell in one.beside]
    return [(cell.words, cell.href) for cell in [*tables, *said] if cell.href]


def test_every_count_of_the_page_opens_as_many_rows(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ada)
    response = client.get(PAGE, EVERYTHING)
    opened: dict[str, int] = {}
    for words, href in cells_of(response):
        found = re.match(r"(?:of )?([\d,]+)", words)
        assert found, words
        if href not in opened:
            lines = b"".join(client.get(href, query_params=parse_one(href) | {"format": "csv"}).streaming_content)
            opened[href] = len(list(csv.reader(io.StringIO(lines.decode())))) - 1
        assert opened[href] == int(found[1].replace(",", "")), (words, href)
    assert len(opened) > 60


def parse_one(href: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(href).query).items()}


def test_page_is_few_queries_with_everything_on_it(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ada)
    client.get(PAGE, EVERYTHING)
    for query in (EVERYTHING, {"period": "all", "condition": str(cast.course().condition_id)}):
        with CaptureQueriesContext(connection) as queries:
            content = client.get(PAGE, query).content.decode()
        assert len(queries) <= 12
        assert content.count("<svg") > 5


def test_figures_as_csv_name_no_patient_and_are_recorded(cast: Cast, sign_in: SignIn) -> None:
    response = sign_in(cast.ada).get(reverse("outcomes:review-csv"), EVERYTHING)
    text = b"".join(response.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["Section"] for row in rows} >= {"Responders", "Time to wear-off", "Adverse events", "Between providers"}
    assert "Treated0" not in text
    assert AuditEvent.objects.filter(action="export", actor_id=cast.ada.pk, detail="outcome figures, csv").exists()


def test_list_as_csv_has_the_page_columns_no_formula_and_is_recorded(cast: Cast, sign_in: SignIn) -> None:
    from patients.models import Patient

    Patient.objects.update(family_name="=SUM(A1)", given_name="@x")
    response = sign_in(cast.ada).get(reverse("outcomes:review-list"), EVERYTHING | {"figure": "doses", "format": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert rows[0] == ["Record number", "Patient", "Condition", "Session", "Product", "Provider", "Units", "Sites"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", rows[1][3])
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)
    assert AuditEvent.objects.filter(action="export", detail="outcome list doses, csv").exists()


def test_every_picture_is_a_file_that_stands_by_itself(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ada)
    query = EVERYTHING
    plots = [plot for section in client.get(PAGE, query).context["sections"] for plot in section.plots]
    kinds = {plot.name.split("-")[0] for plot in plots}
    assert kinds >= {"change", "wear", "retention", "on", "doses", "events", "units", "funnel"}
    for plot in plots:
        response = client.get(reverse("outcomes:review-picture", args=[plot.name]), query)
        root = ElementTree.fromstring(response.content)  # noqa: S314 - our own
        assert root.tag.endswith("svg")
        words = " ".join(root.itertext())
        assert "text-anchor" in words  # its style is within it
        assert "of all time" in words
        assert "<a " not in response.content.decode()
        # Everything lies in the picture.
        for mark in [*plot.dots, *plot.labels]:
            assert -1 <= mark.x <= plot.width + 1, (plot.name, mark)
            assert 0 <= mark.y <= plot.height, (plot.name, mark)
    assert client.get(reverse("outcomes:review-picture", args=["nothing"]), query).status_code == 404


@pytest.mark.skipif(bool(pango.problem()), reason="no Pango on this machine")
def test_pdf_holds_every_section_and_is_recorded(cast: Cast, sign_in: SignIn) -> None:
    response = sign_in(cast.ada).get(reverse("clinic:outcomes-pdf"), EVERYTHING)
    assert response.content.startswith(b"%PDF")
    assert AuditEvent.objects.filter(action="export", detail="outcome figures, pdf").exists()


@pytest.mark.skipif(bool(pango.problem()), reason="no Pango on this machine")
def test_the_pdf_of_many_sessions_is_written_by_the_worker(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "DIRECT_FIGURES", 1)
    client = sign_in(cast.ada)
    asked = client.get(reverse("clinic:outcomes-pdf"), EVERYTHING)
    assert "Write the PDF" in asked.content.decode()
    sent = {"kind": "figures", "query": asked.context["query"]}
    started = client.post(reverse("outcomes:export-start"), sent)
    export = Export.objects.get()
    assert started["Location"] == reverse("outcomes:export-detail", args=[export.pk])
    run_export.call(export.pk)
    taken = client.get(reverse("outcomes:export-download", args=[export.pk]))
    assert taken["Content-Type"] == "application/pdf"
    assert taken.content.startswith(b"%PDF")


def test_a_view_is_saved_opened_renamed_and_deleted(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ada)
    save = reverse("outcomes:review-view-save")
    assert client.post(save + "?period=24m", {"name": ""}).status_code == 422
    assert client.post(save + "?period=24m", {"name": "Two years"}).status_code == 302
    assert client.post(save + "?period=24m", {"name": "Two years"}).status_code == 422
    view = SavedView.objects.get(user=cast.ada, page="outcomes")
    assert view.query == "period=24m"
    content = client.get(PAGE, {"period": "24m"}).content.decode()
    assert '?period=24m" aria-current="true">Two years</a>' in content
    edit = reverse("outcomes:review-view-edit", args=[view.pk])
    assert sign_in(cast.ito).get(edit).status_code == 404
    client.post(edit, {"name": "The last two"})
    view.refresh_from_db()
    assert view.name == "The last two"
    client.post(edit, {"delete": "1"})
    assert not SavedView.objects.exists()


def test_a_name_in_other_capitals_is_the_same_view(cast: Cast, sign_in: SignIn) -> None:
    client, save = sign_in(cast.ada), reverse("outcomes:review-view-save")
    client.post(save + "?period=24m", {"name": "Two years"})
    client.post(save + "?period=12m", {"name": "One year"})
    refused = client.post(save + "?period=12m", {"name": "TWO years"})
    assert refused.status_code == 422
    assert "with this name. Capital letters make no difference." in refused.content.decode()
    assert 'value="TWO years"' in refused.content.decode(), "what was typed stays"
    one = SavedView.objects.get(name="One year")
    assert client.post(reverse("outcomes:review-view-edit", args=[one.pk]), {"name": "two Years"}).status_code == 422
    client.post(reverse("outcomes:review-view-edit", args=[one.pk]), {"name": "ONE year"})
    assert set(SavedView.objects.values_list("name", flat=True)) == {"Two years", "ONE year"}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"period": "own"}, "Say from which day"),
        ({"period": "own", "first": "2026-05-01", "last": "2026-04-01"}, "lies before the first one"),
    ],
)
def test_days_that_cannot_be_are_said_and_nothing_counted(
    cast: Cast, sign_in: SignIn, query: dict[str, str], words: str
) -> None:
    response = sign_in(cast.ada).get(PAGE, query)
    assert words in response.content.decode()
    assert "sections" not in response.context


@pytest.mark.parametrize("query", [{"period": "own", "first": "31.12.2026"}, {"site": "999999"}, {"protocol": "x"}])
def test_a_wrong_filter_is_said_beside_its_field_and_left_out(
    cast: Cast, sign_in: SignIn, query: dict[str, str]
) -> None:
    response = sign_in(cast.ada).get(PAGE, query)
    assert "so it is left out." in response.content.decode()
    assert response.context["links"].query == {"period": "12m"}


def test_days_chosen_by_oneself_are_both_included(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ada)
    [every] = {said.figure for section in client.get(PAGE, EVERYTHING).context["sections"]
               if section.key == "doses" for said in section.said[:1]}  # fmt: skip
    assert int(every) > 0
    response = client.get(PAGE, {"period": "own", "first": "2023-01-01", "last": "2026-11-20"})
    [same] = {said.figure for section in response.context["sections"]
              if section.key == "doses" for said in section.said[:1]}  # fmt: skip
    assert same == every
    assert "from 1 Jan 2023 to 20 Nov 2026" in response.content.decode()
