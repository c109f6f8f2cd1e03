"""A consent as PDF: as it was signed, and with lines to sign on."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from patients.actions import withdraw_consent
from patients.models import ConsentForm
from tests.cast import Cast
from tests.clinic.test_paper import pages, printed
from tests.patients.made import consent, wording

SignIn = Callable[[User], Client]


def test_every_page_of_a_signed_one_says_whose_it_is(cast: Cast, sign_in: SignIn) -> None:
    row = consent(cast)
    ConsentForm.objects.filter(pk=row.form_id).update(text=f"{row.form.text}\n\n{'More words. ' * 900}")
    found = printed(sign_in(cast.robin), "clinic:consent-pdf", row)
    assert len(found) > 1
    for number, page in enumerate(found, start=1):
        assert cast.joye.name in page
        assert f"Record {cast.joye.record_number}" in page
        assert f"Page {number} of {len(found)}" in page
        assert f"Signed {row.signed_on:%-d %b %Y}" in page
    last = found[-1]
    for words in ("Chronic migraine", "Joye Koch, the patient", "In front of Robin Vale"):
        assert words in last, words
    assert AuditEvent.objects.filter(action="print", subject_id=row.pk, detail="consent").count() == 1


def test_a_withdrawn_one_says_so_on_every_page(cast: Cast, sign_in: SignIn) -> None:
    row = consent(cast)
    withdraw_consent(consent=row, reason="is pregnant", on=cast.harbour.today(), by=cast.robin)
    found = printed(sign_in(cast.robin), "clinic:consent-pdf", row)
    assert all("WITHDRAWN" in page for page in found)
    assert "recorded by Robin Vale: is pregnant." in found[0]


def test_one_to_sign_is_for_what_is_ticked_and_has_lines(cast: Cast, sign_in: SignIn) -> None:
    cast.course()
    response = sign_in(cast.robin).post(
        reverse("clinic:consent-blank", args=[cast.joye.pk]),
        {"form": wording(off_label=True).pk, "conditions": ["tmj_bruxism"]},
    )
    assert response["Content-Type"] == "application/pdf"
    found = pages(response.content)
    assert wording(off_label=True).title in found[0]
    assert all("To be signed" in page and cast.joye.name in page for page in found)
    assert "TMJ disorder / bruxism" in found[-1]
    assert "Chronic migraine" not in found[-1]
    for line in ("Name of who signs", "Signature", "Date", "In front of"):
        assert line in found[-1], line
    assert not cast.joye.consents.exists()
