from __future__ import annotations

from django.db import transaction

from accounts.models import User
from patients.models import Patient, ToldApart


@transaction.atomic
def tell_apart(*, one: Patient, other: Patient, by: User) -> ToldApart:
    """Remember that two records that look alike are two people; said twice, the first stands."""
    first, second = sorted((one.pk, other.pk))
    found, _ = ToldApart.objects.get_or_create(first_id=first, second_id=second, defaults={"by": by})
    return found


@transaction.atomic
def take_back_apart(*, one: Patient, other: Patient, by: User) -> None:
    """Undo `tell_apart`: the pair is shown again."""
    first, second = sorted((one.pk, other.pk))
    ToldApart.objects.filter(first_id=first, second_id=second).delete()
