"""The page of changes: what each record held before and after, by whom, about which patient."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.actions import record
from audit.models import AuditEvent
from audit.seals import seal_keys, seal_of
from tests.cast import Cast

CHANGES = "/audit/changes/"


@pytest.fixture
def ada(cast: Cast, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(cast.ada)


def test_a_change_shows_its_values_before_and_after(cast: Cast, ada: Client):
    before = cast.joye.phone
    cast.joye.phone = "555 0199"
    cast.joye.save()

    row = ada.get(CHANGES, {"patient": cast.joye.pk}).context["changes"][0]

    assert (row.kind, row.label) == ("patient", "changed")
    assert ("phone", before or "–", "555 0199") in row.fields


def test_whose_records_were_shown_is_on_record_also_without_a_filter(cast: Cast, ada: Client):
    for patient in (cast.joye, cast.omar):
        patient.phone = "555 0199"
        patient.save()

    ada.get(CHANGES, {"person": cast.robin.pk})
    assert not AuditEvent.objects.filter(action="chart-read").exists(), "nothing was shown"
    ada.get(CHANGES)

    read = AuditEvent.objects.filter(action="chart-read", actor_id=cast.ada.pk, detail="changes in the audit trail")
    assert {cast.joye.pk, cast.omar.pk} <= set(read.values_list("patient_id", flat=True))
    assert all(seal_of(event, key=seal_keys()[0]) == event.seal for event in read)


def test_a_change_through_the_site_names_who_and_from_where(cast: Cast, sign_in: Callable[[User], Client]):
    client = sign_in(cast.ada)
    page = reverse("accounts:site-edit", args=[cast.harbour.pk])
    site = cast.harbour
    fields = {"name": "Harbour House", "time_zone": site.time_zone, "version": site.version}
    fields |= {"second_factor": "nobody", "idle_minutes": 15}
    client.post(page, fields, REMOTE_ADDR="203.0.113.7")

    row = client.get(CHANGES, {"person": cast.ada.pk}).context["changes"][0]

    assert ("name", "Harbour Clinic", "Harbour House") in row.fields
    assert row.link.address == "203.0.113.7"


def test_the_list_goes_by_day_and_by_person(cast: Cast, ada: Client):
    cast.joye.phone = "555 0199"
    cast.joye.save()
    today = cast.harbour.today()

    def shown(**asked: object) -> int:
        return len(ada.get(CHANGES, asked).context["changes"])

    everything = shown()
    assert everything > 1
    assert shown(since=today, until=today) == everything
    assert shown(until=today - timedelta(days=1)) == 0
    assert shown(since=today + timedelta(days=1)) == 0
    assert shown(person=cast.robin.pk) == 0


@pytest.mark.parametrize("page", ["/audit/", CHANGES])
@pytest.mark.parametrize(
    "asked",
    [
        {"since": "yesterday"},
        {"since": "2026-02-30"},
        {"since": "2026-03-02", "until": "2026-03-01"},
        {"until": "9999-12-31"},
        {"since": "0001-01-01"},
        {"person": "x"},
        {"patient": "-1"},
        {"patient": "9" * 30},
        {"before": "x²"},
    ],
)
def test_a_filter_that_cannot_be_read_is_named_and_narrows_nothing(ada: Client, page: str, asked: dict[str, str]):
    response = ada.get(page, asked)

    assert response.status_code == 200
    assert response.context["form"].errors


def test_the_list_goes_on_behind_its_last_row(cast: Cast, ada: Client):
    for number in range(120):
        record(action="search", by=cast.ito, detail=str(number))
    first = ada.get("/audit/", {"person": cast.ito.pk})
    second = ada.get(f"/audit/?{first.context['next']}")

    details = [row["event"].detail for page in (first, second) for row in page.context["events"]]
    assert details == [str(number) for number in reversed(range(120))]


def test_the_export_holds_what_the_filter_shows_and_is_on_record(cast: Cast, ada: Client):
    record(action="search", by=cast.ito, detail="=1+1")
    record(action="search", by=cast.robin)

    response = ada.get("/audit/export/", {"person": cast.ito.pk})
    lines = b"".join(response.streaming_content).decode().splitlines()  # type: ignore[attr-defined]

    assert len(lines) == 2
    assert "Dr Kenji Ito" in lines[1]
    assert ",'=1+1," in lines[1]
    assert AuditEvent.objects.filter(action="export", actor_id=cast.ada.pk).exists()
    assert ada.get("/audit/export/", {"since": "x"}).status_code == 422


def test_the_page_of_changes_takes_the_same_queries_for_few_rows_and_many(
    cast: Cast, ada: Client, django_assert_max_num_queries: Callable[..., object]
):
    with django_assert_max_num_queries(8):
        ada.get(CHANGES)
    for number in range(60):
        cast.joye.phone = f"555 {number}"
        cast.joye.save()
    with django_assert_max_num_queries(8):
        ada.get(CHANGES)
