"""The outcomes of calls a clinic offers: added, changed, put in order, retired. What was logged keeps its row."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from accounts.models import User
from audit.actions import lock_version
from scheduling.models import AttemptOutcome

MOST_OFFERED = 20


@transaction.atomic
def add_outcome(*, by: User, **values: Any) -> AttemptOutcome:
    """Add an outcome at the end. Raises ValidationError in words for what may not stand together."""
    last = AttemptOutcome.objects.select_for_update().order_by("position").last()
    outcome = AttemptOutcome(
        key=_free_key(values.get("name", "")), position=(last.position + 1 if last else 0), **values
    )
    _check_name(outcome)
    _check_not_too_many()
    outcome.save()
    return outcome


@transaction.atomic
def change_outcome(*, outcome: AttemptOutcome, version: int | None, by: User, **values: Any) -> AttemptOutcome:
    """Change an outcome for the calls to come; those logged keep how long they hide their row.

    Raises StaleVersionError when somebody changed it meanwhile, and ValidationError.
    """
    # Two who give different outcomes one name at once stand in line here.
    list(AttemptOutcome.objects.select_for_update().order_by("pk"))
    current = lock_version(outcome, version=version)
    for name, value in values.items():
        setattr(current, name, value)
    _check_name(current)
    current.save()
    return current


@transaction.atomic
def offer_outcome(*, outcome: AttemptOutcome, is_active: bool, by: User) -> AttemptOutcome:
    """Retire an outcome, or offer it again. Raises ValidationError when none would be left, or too many."""
    offered = list(AttemptOutcome.objects.select_for_update().filter(is_active=True).order_by("pk"))
    if not is_active and [row.pk for row in offered] == [outcome.pk]:
        raise ValidationError("One outcome has to be offered.")
    if is_active:
        _check_not_too_many()
    current = lock_version(outcome, version=None)
    current.is_active = is_active
    current.save()
    return current


@transaction.atomic
def move_outcome(*, outcome: AttemptOutcome, up: bool, by: User) -> None:
    """Change places with the outcome above or below; at either end nothing happens."""
    rows = list(AttemptOutcome.objects.select_for_update().order_by("position", "pk"))
    at = next(index for index, row in enumerate(rows) if row.pk == outcome.pk)
    to = at - 1 if up else at + 1
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])


def _check_name(outcome: AttemptOutcome) -> None:
    if AttemptOutcome.objects.filter(name__iexact=outcome.name).exclude(pk=outcome.pk).exists():
        raise ValidationError({"name": "An outcome is called that already."})
    outcome.full_clean()


def _check_not_too_many() -> None:
    if AttemptOutcome.objects.filter(is_active=True).count() >= MOST_OFFERED:
        raise ValidationError(f"At most {MOST_OFFERED} outcomes can be offered. Retire one first.")


def _free_key(name: str) -> str:
    base = slugify(name).replace("-", "_")[:24] or "outcome"
    taken = set(AttemptOutcome.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(key for number in range(1, 1000) if (key := base if number == 1 else f"{base}_{number}") not in taken)
