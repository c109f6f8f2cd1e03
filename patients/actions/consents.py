"""What a patient answers and agrees to before an injection, and the wording they sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from accounts.models import User
from audit.actions import record
from audit.models import Action
from patients.models import Consent, ConsentForm, Patient, Screening
from patients.rules import is_under_age, unanswered
from patients.rules.screening import VERSION, Answers, answer_of, note_of, questions_for
from patients.rules.signature import clean_signature

LONGEST_NOTE = 200


class AlreadyWithdrawnError(Exception):
    """The consent was withdrawn before; `consent` holds when and why."""

    def __init__(self, consent: Consent) -> None:
        super().__init__("This consent was withdrawn already.")
        self.consent = consent


class ConsentFields(TypedDict):
    signer: str
    signer_name: str
    method: str
    signature: str


@transaction.atomic
def record_screening(
    *, patient: Patient, answers: Answers, by_patient: bool, on: date, by: User, language: str = ""
) -> Screening:
    """Keep the answers of one day; sent a second time, the same answers are the same screening.

    Raises ValidationError, with the keys of the questions, when one has no answer.
    """
    if missing := unanswered(answers, sex=patient.sex):
        raise ValidationError({key: "This has no answer." for key in missing})
    asked = [question.key for question in questions_for(patient.sex)]
    kept = {key: {"answer": answer_of(answers, key), "note": note_of(answers, key)[:LONGEST_NOTE]} for key in asked}
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    last = patient.screenings.first()
    if (
        last is not None
        and (last.answered_on, last.questionnaire, last.by_patient) == (on, VERSION, by_patient)
        and last.language == language
        and last.answers == kept
    ):
        return last
    screening = Screening(
        patient=patient,
        answered_on=on,
        questionnaire=VERSION,
        answers=kept,
        by_patient=by_patient,
        language=language,
        recorded_by=by,
    )
    screening.full_clean()
    screening.save()
    return screening


@transaction.atomic
def sign_consent(
    *,
    patient: Patient,
    form: ConsentForm,
    conditions: Sequence[str],
    on: date,
    by: User,
    **fields: Unpack[ConsentFields],
) -> Consent:
    """Keep a consent signed on that day in front of `by`; it runs out when its form says.

    Sent a second time it is the same consent. Raises ValidationError by field: for a signature that is none, for a
    patient under 18 who would sign alone, for a wording that is not the current one.
    """
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    form = ConsentForm.objects.get(pk=form.pk)
    problems: dict[str, str] = {}
    if not form.is_current:
        problems["form"] = "There is a newer wording of this form. Read it out and have that one signed."
    if fields["signer"] == Consent.Signer.PATIENT and is_under_age(patient.birth_date, on=on):
        problems["signer"] = "The patient is under 18: a parent, guardian or representative signs."
    signature = ""
    if fields["method"] == Consent.Method.SCREEN:
        try:
            signature = clean_signature(fields["signature"])
        except ValueError as problem:
            problems["signature"] = str(problem)
    if problems:
        raise ValidationError(problems)
    consent = Consent(
        patient=patient,
        form=form,
        conditions=sorted(set(conditions)),
        signed_on=on,
        expires_on=on + timedelta(days=form.valid_days),
        witness=by,
        **{**fields, "signature": signature, "signer_name": " ".join(fields["signer_name"].split())},
    )
    consent.full_clean()
    for other in patient.consents.filter(form=form, signed_on=on, withdrawn_on=None):
        if all(getattr(other, name) == getattr(consent, name) for name in ("conditions", *fields)):
            return other
    consent.save()
    record(action=Action.CONSENT, by=by, patient_id=patient.pk, subject=consent, detail="signed")
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, reason: str, on: date, by: User) -> Consent:
    """Note that the patient no longer consents from that day on.

    Raises AlreadyWithdrawnError when it was withdrawn before, and ValidationError without a reason.
    """
    current = Consent.objects.select_for_update(of=("self",)).select_related("withdrawn_by").get(pk=consent.pk)
    if current.withdrawn_on is not None:
        raise AlreadyWithdrawnError(current)
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is withdrawn."})
    current.withdrawn_on = on
    current.withdrawn_reason = reason.strip()
    current.withdrawn_by = by
    current.full_clean()
    current.save(update_fields=["withdrawn_on", "withdrawn_reason", "withdrawn_by"])
    record(action=Action.CONSENT, by=by, patient_id=current.patient_id, subject=current, detail="withdrawn")
    return current


@transaction.atomic
def add_consent_form(*, title: str, by: User, **values: Any) -> ConsentForm:
    """A new form of the clinic, in its first version. Raises ValidationError by field."""
    form = ConsentForm(key=slugify(title)[:40], version=1, title=title, source=_written_by(by), **values)
    form.full_clean(exclude=["key"], validate_constraints=False)
    if not form.key:
        raise ValidationError({"title": "Give it a name with letters from a to z, or digits: its versions go by it."})
    if ConsentForm.objects.filter(key=form.key, language=form.language).exists():
        raise ValidationError({"title": "There is a form of this name. Give it another one, or change that form."})
    form.save()
    return form


@transaction.atomic
def revise_consent_form(*, form: ConsentForm, by: User, **values: Any) -> ConsentForm:
    """A new version of a form, which is the one to be signed from now on; the earlier ones stay as they were signed.

    Raises ValidationError by field, also when somebody made a newer version meanwhile.
    """
    versions = ConsentForm.objects.filter(key=form.key, language=form.language)
    locked = list(versions.select_for_update().order_by("-version"))
    if locked[0].pk != form.pk:
        raise ValidationError("Somebody made a newer version meanwhile. Open that one and change it there.")
    newest = versions.aggregate(newest=Max("version"))["newest"]
    versions.update(is_current=False)
    revised = ConsentForm(key=form.key, language=form.language, version=newest + 1, source=_written_by(by), **values)
    revised.full_clean()
    revised.save()
    return revised


def _written_by(by: User) -> str:
    return f"written by {by.name}"
