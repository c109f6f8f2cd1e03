"""A clinician of the clinic confirms numbers against the current label, or takes that back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.actions import record
from audit.models import Action
from inventory.models import Product
from treatments.label_numbers import LabelNumber, label_numbers
from treatments.models import LabelConfirmation


@transaction.atomic
def confirm_numbers(
    *, numbers: Mapping[str, str], label_revision: str, note: str, by: User, now: datetime
) -> list[LabelConfirmation]:
    """Confirm numbers, each as a subject and the value that was read; confirmed twice they stay as they are.

    Raises ValidationError without a number or a revision of the label, and when a number is not what was read: it
    changed after the page was opened, or there is no such number.
    """
    if not label_revision.strip():
        raise ValidationError({"label_revision": "Say which revision of the label was read, for example 11/2023."})
    if not numbers:
        raise ValidationError("Tick the numbers that stand in the label as they stand here.")
    # One at a time: two clinicians confirming the same number make one confirmation.
    list(Product.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    known: dict[str, LabelNumber] = {row.subject: row for _, rows in label_numbers() for row in rows}
    if any(subject not in known or known[subject].value != value for subject, value in numbers.items()):
        raise ValidationError("A number changed after you opened this page. Look at it again.")
    made = []
    for subject, value in sorted(numbers.items()):
        if known[subject].confirmation is not None:
            continue
        if (outdated := known[subject].last) is not None:
            _withdraw(outdated, by=by, now=now)
        confirmation = LabelConfirmation(
            subject=subject, value=value, label_revision=label_revision.strip(), note=note.strip(), confirmed_by=by
        )
        confirmation.full_clean()
        confirmation.save()
        record(action=Action.LABEL_CONFIRMED, by=by, subject=confirmation, detail="confirmed")
        made.append(confirmation)
    return made


@transaction.atomic
def withdraw_confirmation(*, subject: str, by: User, now: datetime) -> bool:
    """Take the confirmation of a number back; what a B row stopped, it warns of again. False when there is none."""
    if not subject.isprintable():
        return False  # no number is called so, and PostgreSQL would trip over a NUL
    standing = list(LabelConfirmation.objects.select_for_update().filter(subject=subject, withdrawn_at=None))
    for confirmation in standing:
        _withdraw(confirmation, by=by, now=now)
    return bool(standing)


def _withdraw(confirmation: LabelConfirmation, *, by: User, now: datetime) -> None:
    confirmation.withdrawn_by, confirmation.withdrawn_at = by, now
    confirmation.save()
    record(action=Action.LABEL_CONFIRMED, by=by, subject=confirmation, detail="withdrawn")
