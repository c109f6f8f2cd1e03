"""The payer's letter with an authorisation, renewing, and what the chart says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from patients.letters_in import MOST_BYTES, shown_name
from patients.models import PriorAuthorization
from tests.cast import Cast
from tests.patients import made

SignIn = Callable[[User], Client]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20 + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20 + b"\xff\xd9"


def values(cast: Cast, **changes: Any) -> dict[str, Any]:
    row = made.coverage(cast)
    return {
        "coverage": row.pk,
        "status": "approved",
        "number": "PA-9",
        "product": "onabotulinumtoxinA",
        "condition": "chronic_migraine",
        "starts_on": "2026-06-01",
        "ends_on": "2027-05-31",
        **changes,
    }


def create(cast: Cast, client: Client, **changes: Any) -> Any:
    return client.post(reverse("clinic:authorization-create", args=[cast.joye.pk]), values(cast, **changes))


class TestLetter:
    @pytest.mark.parametrize(
        ("content", "ending", "kind"),
        [(made.PDF, "pdf", "application/pdf"), (PNG, "png", "image/png"), (JPEG, "jpg", "image/jpeg")],
    )
    def test_it_is_kept_and_given_back_as_a_file(
        self, cast: Cast, sign_in: SignIn, content: bytes, ending: str, kind: str
    ):
        client = sign_in(cast.robin)
        # The name says nothing of what it is.
        file = SimpleUploadedFile("Approval of May.html", content, content_type="text/html")
        assert create(cast, client, letter=file).status_code == 302
        row = PriorAuthorization.objects.get()
        assert row.document_name == f"Approval of May.{ending}"
        assert row.document.name.startswith("authorizations/")
        assert "Approval" not in row.document.name
        answer = client.get(reverse("clinic:authorization-letter", args=[row.pk]))
        assert b"".join(answer.streaming_content) == content
        assert answer["Content-Type"] == kind
        assert answer["Content-Disposition"] == f'attachment; filename="Approval of May.{ending}"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
        assert AuditEvent.objects.filter(action="chart-read", detail="letter", patient_id=cast.joye.pk).count() == 1

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"<html><script>alert(1)</script></html>", "neither a PDF nor"),
            (b"%PDF-1.7 cut off", "neither a PDF nor"),
            (b"MZ" + made.PDF, "neither a PDF nor"),
            (b"", "empty"),
            (made.PDF + b"\n" * MOST_BYTES + b"%%EOF", "At most 10 MB."),
        ],
    )
    def test_anything_else_is_refused_beside_the_field(self, cast: Cast, sign_in: SignIn, content: bytes, words: str):
        answer = create(cast, sign_in(cast.robin), letter=SimpleUploadedFile("letter.pdf", content))
        assert answer.status_code == 422
        assert words in str(answer.context["form"].errors["letter"])
        assert 'value="PA-9"' in answer.content.decode()
        assert not PriorAuthorization.objects.exists()

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("../../etc/passwd", "passwd.pdf"),
            ("C:\\letters\\May.PDF", "May.pdf"),
            ('a"\r\nSet-Cookie: x.pdf', "a Set-Cookie x.pdf"),
            ("...", "letter.pdf"),
            ("x" * 400 + ".pdf", "x" * 120 + ".pdf"),
        ],
    )
    def test_its_name_is_fit_for_a_header(self, name: str, shown: str):
        assert shown_name(name, "application/pdf") == shown

    def test_where_something_else_is_refused_it_is_asked_for_again(self, cast: Cast, sign_in: SignIn):
        file = SimpleUploadedFile("Approval.pdf", made.PDF)
        answer = create(cast, sign_in(cast.robin), letter=file, number="", units_approved=-5)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Choose the letter again: it was not kept." in page
        assert "At least 1. Leave it empty where the payer names no number." in page
        assert not PriorAuthorization.objects.exists()

    def test_none_without_a_file_and_none_for_a_stranger(self, cast: Cast, sign_in: SignIn):
        row = made.authorization(cast)
        url = reverse("clinic:authorization-letter", args=[row.pk])
        assert sign_in(cast.robin).get(url).status_code == 404
        assert sign_in(cast.max).get(url).status_code == 404


class TestStatus:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"status": "denied"}, "denial_reason"),
            ({"status": "appeal", "denial_reason": "not met"}, "appealed_on"),
            ({"submitted_on": "2024-05-02", "decided_on": "2024-05-01"}, "decided_on"),
            (
                {
                    "status": "appeal",
                    "denial_reason": "not met",
                    "submitted_on": "2024-05-02",
                    "appealed_on": "2024-05-01",
                },
                "appealed_on",
            ),
        ],
    )
    def test_what_a_status_needs(self, cast: Cast, sign_in: SignIn, changes: dict[str, str], field: str):
        answer = create(cast, sign_in(cast.robin), **changes)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]

    def test_an_appeal_is_told_on_the_chart(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.robin)
        changes = {"status": "appeal", "denial_reason": "too few headache days", "appealed_on": "2024-10-02"}
        assert create(cast, client, **changes).status_code == 302
        page = client.get(reverse("clinic:chart", args=[cast.joye.pk])).content.decode()
        assert "in appeal 2 Oct 2024" in page
        assert "too few headache days" in page


def test_an_ended_one_is_put_away_and_called_expired(cast: Cast, sign_in: SignIn) -> None:
    made.authorization(cast, number="PA-NEW")
    made.authorization(cast, number="PA-OLD", ends_on=cast.harbour.today() - timedelta(days=1))
    page = sign_in(cast.robin).get(reverse("clinic:chart", args=[cast.joye.pk])).content.decode()
    before, after = page.split("Ended or denied (1)")
    assert "PA-NEW" in before
    assert "PA-OLD" not in before
    assert "expired, no. PA-OLD" in after


def test_renewing_makes_a_new_one_and_leaves_the_old(cast: Cast, sign_in: SignIn) -> None:
    today = cast.harbour.today()
    row = made.authorization(cast, ends_on=today + timedelta(days=20))
    client = sign_in(cast.robin)
    url = reverse("clinic:authorization-renew", args=[row.pk])
    form = client.get(url).context["form"]
    assert form.initial["starts_on"] == row.ends_on + timedelta(days=1)
    assert form.initial["status"] == "submitted"
    sent = {
        name: form.initial[name]
        for name in ("coverage", "product", "condition", "status", "starts_on", "ends_on", "units_approved")
    }
    assert client.post(url, sent).status_code == 302
    made_now = PriorAuthorization.objects.exclude(pk=row.pk).get()
    assert (made_now.status, made_now.units_approved, made_now.number) == ("submitted", 800, "")
    assert made_now.ends_on - made_now.starts_on == row.ends_on - row.starts_on
    row.refresh_from_db()
    assert row.version == 1
