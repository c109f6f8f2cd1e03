"""The rows that hang on a patient, found by walking the models: an app that comes later is not forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db.models import F, ForeignKey, ForeignObjectRel, Max, Model, Q, QuerySet

from patients.models import Patient, PatientMerge, ToldApart

# These speak of records, not of the person: they stay as they are.
_OF_RECORDS = (Patient, PatientMerge, ToldApart)


@dataclass(frozen=True)
class Kind:
    """A model whose rows belong to a patient, by this column."""

    model: type[Model]
    field: str

    @property
    def key(self) -> str:
        """What PatientMerge.moved calls it; the triggers look it up by this name."""
        return self.model._meta.label if self.field == "patient" else f"{self.model._meta.label}.{self.field}"

    @property
    def words(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    def of(self, *patients: int) -> QuerySet[Any]:
        return self.model._base_manager.filter(**{f"{self.field}__in": patients}).order_by("pk")

    def newest(self) -> int:
        found = self.model._base_manager.aggregate(newest=Max("pk"))["newest"]
        return int(found or 0)


def kinds() -> list[Kind]:
    """Every model that points at Patient, without histories of rows, in the order of the apps."""
    found = []
    for relation in Patient._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.many_to_many:
            continue
        model: Any = relation.related_model
        if model not in _OF_RECORDS and not _is_history(model):
            found.append(Kind(model, relation.field.name))
    return sorted(found, key=lambda kind: kind.key)


# A freed time is another patient's by its nature.
_OF_ANOTHER = {("scheduling.SlotOffer", "freed_by")}


def _is_history(model: Any) -> bool:
    return hasattr(model, "pgh_tracked_model")


def tangled(*patients: int) -> Iterator[Model]:
    """Rows of these patients that hang on rows of different people: a visit of one for a course of another."""
    owned = {kind.model: kind.field for kind in kinds()}
    for model in apps.get_models():
        if _is_history(model):
            continue
        owners = [
            f"{field.name}__{owned[field.remote_field.model]}"
            for field in model._meta.concrete_fields
            if isinstance(field, ForeignKey)
            and field.remote_field.model in owned
            and (model._meta.label, field.name) not in _OF_ANOTHER
        ]
        if model in owned:
            owners.insert(0, owned[model])
        if len(owners) < 2:
            continue
        first, others = owners[0], owners[1:]
        for other in others:
            rows = model._base_manager.filter(
                Q(**{f"{first}__in": patients}) & Q(**{f"{other}__isnull": False}) & ~Q(**{first: F(other)})
            )
            yield from rows.order_by("pk")[:20]


def row_words(row: Model) -> str:
    """What a row is, with its day where it has one: "appointment of 3 November 2026"."""
    name = str(row._meta.verbose_name)
    for attribute in _DAYS:
        day = getattr(row, attribute, None)
        if isinstance(day, datetime):
            site = getattr(row, "site", None)
            day = (site.localtime(day) if site is not None else day).date()
        if isinstance(day, date):
            return f"{name} of {day:%-d %B %Y}"
    return f"{name} {row.pk}"


_DAYS = (
    "performed_on", "starts_at", "signed_on", "answered_on", "ordered_on", "measured_on", "assessed_on", "due_on",
    "started_on", "starts_on", "sent_at", "created_at", "noted_at", "at", "named_at",
)  # fmt: skip
