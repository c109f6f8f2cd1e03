"""What comes before an injection, made for tests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.files.base import ContentFile

from patients.models import Consent, ConsentForm, Coverage, Patient, Payer, PriorAuthorization, Screening
from patients.rules.screening import QUESTIONS, VERSION
from tests.cast import Cast

SIGNATURE = "M 40 120 Q 70 30 95 120 L 330 104"


def answers(answer: str = "no", **other: str) -> dict[str, dict[str, str]]:
    return {question.key: {"answer": other.get(question.key, answer), "note": ""} for question in QUESTIONS}


def typed(answer: str = "no", **other: str) -> dict[str, str]:
    """The same as a browser sends it."""
    given = {f"answer_{key}": row["answer"] for key, row in answers(answer, **other).items()}
    return given | {"language": "en"}


def wording(*, off_label: bool = False) -> ConsentForm:
    return ConsentForm.objects.get(is_current=True, covers_off_label=off_label)


def consent(cast: Cast, patient: Patient | None = None, **fields: Any) -> Consent:
    today = cast.harbour.today()
    return Consent.objects.create(
        **{
            "patient": patient or cast.joye,
            "form": wording(),
            "conditions": ["chronic_migraine"],
            "signed_on": today,
            "expires_on": today + timedelta(days=365),
            "signer_name": "Joye Koch",
            "signature": SIGNATURE,
            "witness": cast.robin,
            **fields,
        }
    )


def screening(cast: Cast, *, on: date | None = None, **fields: Any) -> Screening:
    return Screening.objects.create(
        **{
            "patient": cast.joye,
            "answered_on": on or cast.harbour.today(),
            "questionnaire": VERSION,
            "answers": answers(),
            "recorded_by": cast.ito,
            **fields,
        }
    )


def payer(name: str = "Northfield Health", **fields: Any) -> Payer:
    return Payer.objects.get_or_create(name=name, defaults=fields)[0]


def coverage(cast: Cast, *, paid_by: str = "Northfield Health", **fields: Any) -> Coverage:
    """Joye's coverage by the payer of that name."""
    return Coverage.objects.create(**{"patient": cast.joye, "payer": payer(paid_by), "member_id": "N1", **fields})


def authorization(cast: Cast, **fields: Any) -> PriorAuthorization:
    today = cast.harbour.today()
    return PriorAuthorization.objects.create(
        **{
            "patient": cast.joye,
            "coverage": Coverage.objects.filter(patient=cast.joye).first() or coverage(cast),
            "number": "PA-1",
            "status": "approved",
            "product": "onabotulinumtoxinA",
            "condition": "chronic_migraine",
            "units_approved": 800,
            "visits_approved": 4,
            "starts_on": today - timedelta(days=30),
            "ends_on": today + timedelta(days=300),
            **fields,
        }
    )


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def lettered(cast: Cast, **fields: Any) -> PriorAuthorization:
    """An authorisation with the payer's letter."""
    row = authorization(cast, document_name="letter.pdf", **fields)
    row.document.save("letter.pdf", ContentFile(PDF))
    return row
