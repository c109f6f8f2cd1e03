"""Who pays, as plans: found by name, added, changed."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.actions import lock_version
from patients.models import Payer


def payer_named(name: str, *, by: User) -> Payer:
    """The payer of that name, however it is capitalised, added when there is none; raises ValidationError by field.

    Called in the transaction that needs the payer. Two people who type a new name at once get the same row.
    """
    name = plain_name(name)
    if not name:
        raise ValidationError({"payer": "Enter who pays."})
    found = Payer.objects.filter(name__iexact=name).first()
    if found is not None:
        return found
    Payer.objects.bulk_create([Payer(name=name)], ignore_conflicts=True)
    return Payer.objects.get(name__iexact=name)


@transaction.atomic
def add_payer(*, by: User, **values: Any) -> Payer:
    """Add a payer with what they ask for. Raises ValidationError by field, also for a name that is there already."""
    payer = Payer(**values | {"name": plain_name(values["name"])})
    _save(payer)
    return payer


@transaction.atomic
def update_payer(*, payer: Payer, version: int | None, by: User, **values: Any) -> Payer:
    """Save changed values; windows of sessions signed already stay as they are.

    Raises audit.models.StaleVersionError when the row is no longer at `version`, ValidationError by field.
    """
    current = lock_version(payer, version=version)
    for name, value in (values | {"name": plain_name(values.get("name", current.name))}).items():
        setattr(current, name, value)
    _save(current)
    return current


def _save(payer: Payer) -> None:
    payer.full_clean()
    try:
        with transaction.atomic():
            payer.save()
    except IntegrityError:
        # Somebody else gave this name at the same moment; now it is seen, and said as of one that was there before.
        payer.full_clean()
        raise


def plain_name(name: str) -> str:
    """A name without blanks to spare, as two spellings of one payer often differ in them alone."""
    return " ".join(name.split())
