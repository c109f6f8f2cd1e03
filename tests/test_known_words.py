"""What a row may say of itself is known to the database too."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from tests.cast import Cast
from tests.messaging.made import queued

OURS = {
    "accounts", "audit", "clinic", "interop", "inventory", "messaging", "outcomes", "patients", "scheduling",
    "treatments",
}  # fmt: skip
# Columns that decide what happens to a row; one with a word outside the list would be a row that nothing finds.
STATUS_LIKE = {
    "action", "cancelled_by", "channel", "decision", "event", "kind", "language", "part_of_day", "preferred_channel",
    "purpose", "source", "status",
}  # fmt: skip
# Kinds that sort facts for a reader; nothing happens by them.
ONLY_SORTED = {"patients.HistoryItem.kind", "patients.TriedTreatment.kind"}

COLUMNS = [
    (model, field)
    for model in apps.get_models()
    if model._meta.app_label in OURS and not hasattr(model, "pgh_tracked_model")
    for field in model._meta.local_fields
    if field.choices and field.name in STATUS_LIKE and f"{model._meta.label}.{field.name}" not in ONLY_SORTED
]


def known(model: type[models.Model], field: models.Field) -> list[set[str]]:  # type: ignore[type-arg]
    """The words that each constraint on this column alone lets stand."""
    found = []
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.CheckConstraint) and isinstance(constraint.condition, models.Q):
            match constraint.condition.children:
                case [(lookup, words)] if lookup == f"{field.name}__in" and not constraint.condition.negated:
                    found.append(set(words))
    return found


@pytest.mark.parametrize(("model", "field"), COLUMNS, ids=[f"{m._meta.label}.{f.name}" for m, f in COLUMNS])
def test_the_database_knows_the_words_of(model: type[models.Model], field: models.Field):  # type: ignore[type-arg]
    words = {word for word, _ in field.flatchoices} | ({""} if field.blank else set())
    assert words in known(model, field), f"Add a CheckConstraint: {field.name}__in={sorted(words)}"


@pytest.mark.django_db
def test_the_database_refuses_an_unknown_word(cast: Cast):
    message = queued(cast)
    with pytest.raises(IntegrityError, match="message_status_is_known"), transaction.atomic():
        type(message).objects.filter(pk=message.pk).update(status="lost")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE conname LIKE '%%_is_known' AND NOT convalidated")
        assert cursor.fetchone() == (0,)
