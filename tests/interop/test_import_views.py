from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from interop.models import ImportJob
from interop.tasks import run_import
from patients.models import Patient
from tests.cast import Cast

SignIn = Callable[[User], Client]
GOOD = "external_id,given_name,family_name,birth_date\n1,Ann,Lee,1980-02-03\n2,Bo,Li,rubbish\n"


def upload(client: Client, text: str | bytes, **data: str) -> object:
    content = text.encode() if isinstance(text, str) else text
    return client.post(
        reverse("interop:import-list"),
        {"kind": "patients", "file": SimpleUploadedFile("people.csv", content), **data},
    )


def choices(job: ImportJob, **changes: str) -> dict[str, str]:
    columns = {f"column_{name}": column for name, column in job.mapping["columns"].items()}
    return {"system": "import", "date_format": "%Y-%m-%d", "action": "start", **columns, **changes}


@pytest.mark.django_db(transaction=True)
def test_upload_preview_start_and_report(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ada)
    response = upload(client, GOOD)
    job = ImportJob.objects.get()
    assert response.url == reverse("interop:import-preview", args=[job.pk])  # type: ignore[attr-defined]
    page = client.get(response.url)  # type: ignore[attr-defined]
    assert "not a date like 1980-02-03" in page.content.decode()
    before = Patient.objects.count()

    started = client.post(reverse("interop:import-preview", args=[job.pk]), choices(job))
    assert started.status_code == 302
    client.post(reverse("interop:import-preview", args=[job.pk]), choices(job))  # pressed twice
    assert DBTaskResult.objects.count() == 1
    assert "waiting" in client.get(started.url).content.decode()
    assert Patient.objects.count() == before

    stored = Path(job.file.path)
    assert stored.exists()
    run_import.call(job.pk)
    assert not stored.exists()
    report = client.get(started.url).content.decode()
    assert "not a date like 1980-02-03" in report
    assert Patient.objects.count() == before + 1
    run_import.call(job.pk)
    assert Patient.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_the_report_counts_the_likely_pairs_that_this_person_may_see(cast: Cast, sign_in: SignIn) -> None:
    born = date(1980, 2, 3)
    Patient.objects.create(given_name="Ann", family_name="Leesen", birth_date=born, site=cast.elsewhere)
    client = sign_in(cast.ada)
    upload(client, "external_id,given_name,family_name,birth_date\n1,Ann,Leeson,1980-02-03\n2,Bo,Li,1980-02-04\n")
    job = ImportJob.objects.get()
    client.post(reverse("interop:import-preview", args=[job.pk]), choices(job))
    run_import.call(job.pk)
    url = reverse("interop:import-detail", args=[job.pk])
    assert "likely pair" not in client.get(url).content.decode(), "nobody hears of a patient of another site"

    cast.ada.sites.add(cast.elsewhere)
    page = client.get(url).content.decode()
    assert "<dt>To decide</dt><dd>0</dd>" in page
    assert "1 likely pair: a record of this file" in page
    link = re.search(r'href="([^"]*)">See the likely pairs', page)
    assert link is not None
    Patient.objects.create(given_name="Ann", family_name="Leesun", birth_date=born, site=cast.harbour)
    pairs = client.get(link[1]).content.decode()
    assert "Leesen, Ann" in pairs
    assert pairs.count("Compare</a>") == 1


def test_a_wrong_file_is_refused_beside_the_field_and_not_kept(cast: Cast, sign_in: SignIn) -> None:
    response = upload(sign_in(cast.ada), b"PK\x03\x04")
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert b"not a text file" in response.content  # type: ignore[attr-defined]
    assert not ImportJob.objects.exists()


def test_columns_are_chosen_by_hand_when_the_header_says_nothing(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ada)
    upload(client, "No,Vor,Nach,Geb\n1,Ann,Lee,03.02.1980\n2,Bo,Li,04.02.1980\n")
    job = ImportJob.objects.get()
    url = reverse("interop:import-preview", args=[job.pk])
    assert "Choose the column for" in client.get(url).content.decode()
    data = {"system": "old", "date_format": "%Y-%m-%d", "column_external_id": "No", "column_given_name": "Vor"}
    refused = client.post(url, {**data, "action": "start"})
    assert refused.status_code == 422
    assert "Needed: choose its column." in refused.content.decode()
    data |= {"column_family_name": "Nach", "column_birth_date": "Geb"}
    wrong = client.post(url, {**data, "action": "start"})
    assert wrong.status_code == 422
    assert "None of the first 2 rows" in wrong.content.decode()
    started = client.post(url, {**data, "date_format": "%d.%m.%Y", "action": "start"})
    assert started.status_code == 302
    job.refresh_from_db()
    assert (job.mapping["system"], job.status) == ("old", "queued")


def test_sessions_need_a_provider(cast: Cast, sign_in: SignIn) -> None:
    text = "record_number,condition,date,product,total_units\n1,Chronic migraine,2026-01-01,BOTOX,155\n"
    response = upload(sign_in(cast.ada), text, kind="sessions")
    assert "Choose who leads" in response.content.decode()  # type: ignore[attr-defined]
    assert upload(sign_in(cast.ada), text, kind="sessions", provider=str(cast.ito.pk)).status_code == 302  # type: ignore[attr-defined]


def test_another_sites_import_is_not_found_and_a_provider_is_refused(cast: Cast, sign_in: SignIn) -> None:
    upload(sign_in(cast.ada), GOOD)
    job = ImportJob.objects.get()
    job.site = cast.elsewhere
    job.save()
    for page in ("import-preview", "import-detail"):
        assert sign_in(cast.ada).get(reverse(f"interop:{page}", args=[job.pk])).status_code == 404
        assert sign_in(cast.ito).get(reverse(f"interop:{page}", args=[job.pk])).status_code == 403
