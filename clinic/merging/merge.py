"""Making two records of one person one, and taking them apart again: each one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F, Model, Q, Value
from django.utils.text import capfirst

from accounts.models import User
from audit.actions import record
from audit.models import StaleVersionError
from clinic.merging.courses import closing, drafts_of, only_past, overlapping, twins_of
from clinic.merging.rows import Kind, kinds, row_words, tangled
from patients.actions import update_patient
from patients.models import Patient, PatientMerge
from treatments.actions.windows import rebuild_windows
from treatments.merges import seal_of
from treatments.models import LotRecallPatient, TreatmentCourse
from treatments.seals import seal_keys

# What a record says of the person, and a merge can take over from the other one.
FIELDS = (
    "given_name", "family_name", "former_name", "birth_date", "sex", "phone", "email", "address", "city", "state",
    "postal_code", "language", "preferred_channel", "site", "died_on", "left_on",
)  # fmt: skip


class AlreadyMergedError(Exception):
    """Somebody merged one of the two, or took the merge apart, in the meantime."""


@dataclass
class TakenApart:
    """What came of taking two records apart."""

    merge: PatientMerge
    # Rows that were moved and are not with the kept record any more, by what they are.
    gone: dict[str, int] = field(default_factory=dict)
    # What was changed by a person since and stays as it is, in words.
    kept_changes: list[str] = field(default_factory=list)


@transaction.atomic
def merge_patients(
    *,
    kept: Patient,
    merged: Patient,
    versions: tuple[int, int],
    take: Mapping[str, bool],
    goes_on: Mapping[int, int],
    reason: str,
    by: User,
    now: datetime,
) -> PatientMerge:
    """Move everything of `merged` to `kept` and leave `merged` as a record that points there.

    `versions` are those of the two rows when they were looked at; `take` says of a field of FIELDS whether the merged
    record's value stays; without a word of it what is empty is filled. `goes_on` is, by condition, the open course that
    goes on where both have one. Raises AlreadyMergedError, StaleVersionError, and ValidationError in words when
    something has to be settled first.
    """
    if kept.pk == merged.pk:
        raise ValidationError("These are one record already.")
    kept, merged = _locked(kept, merged)
    if kept.merged_into_id or merged.merged_into_id:
        raise AlreadyMergedError
    for patient, version in ((kept, versions[0]), (merged, versions[1])):
        if patient.version != version:
            raise StaleVersionError(patient)
    if not reason.strip():
        raise ValidationError({"reason": "Say how you know that this is one person."})

    changed: dict[str, Any] = {}
    rivals = []
    for twins in twins_of(kept, merged):
        chosen = next((row for row in twins.may_go_on if row.pk == goes_on.get(twins.condition_id)), None)
        if chosen is None:
            raise ValidationError({f"course_{twins.condition_id}": f"Choose the course of {twins.name} that goes on."})
        rivals.append((chosen, twins.other(chosen)))
        for label, rows in closing(
            course=twins.other(chosen), goes_on=chosen, today=chosen.site.today(now=now).isoformat()
        ).items():
            changed.setdefault(label, {}).update(rows)
    if drafts := drafts_of(closes for _, closes in rivals):
        raise ValidationError(
            [f"Sign or throw away the draft of {draft.performed_on:%-d %B %Y} first." for draft in drafts]
        )
    together = overlapping(kept, merged)
    if clashes := [pair for pair in together if not only_past(pair)]:
        raise ValidationError([clash_words(*pair) for pair in clashes])
    staying = {other.pk for _, other in together}

    # On the list of a recalled lot twice, each by the vials of one record: the second stays as it is, to be answered.
    told_twice = set(
        LotRecallPatient.objects.filter(
            patient=merged, recall__in=LotRecallPatient.objects.filter(patient=kept).values("recall")
        ).values_list("pk", flat=True)
    )

    moved = {}
    for kind in kinds():
        theirs = kind.of(merged.pk).select_for_update(of=("self",)).values_list("pk", flat=True)
        left = staying if kind.key == "scheduling.Appointment" else told_twice if kind.model is LotRecallPatient else ()
        if pks := [pk for pk in theirs if pk not in left]:
            moved[kind.key] = pks
    filled = _filled(kept, merged, take)
    merge = PatientMerge(
        kept=kept,
        merged=merged,
        reason=reason.strip()[:200],
        moved=moved,
        filled=_plain({name: [getattr(kept, name), value] for name, value in filled.items()}),
        changed=changed,
        newest={kind.key: kind.newest() for kind in kinds()},
        at=now,
        by=by,
    )
    merge.seal = seal_of(merge, key=seal_keys()[0])
    merge.save()

    if filled:
        # A site is named by its number in `filled`, and by its row to the action.
        values = {name.removesuffix("_id"): _value(merged, name) for name in filled}
        update_patient(patient=kept, version=None, by=by, **values)
    for label, rows in changed.items():
        for pk, columns in rows.items():
            _write(apps.get_model(label), int(pk), {name: after for name, (_, after) in columns.items()})
    for kind in kinds():
        kind.model._base_manager.filter(pk__in=moved.get(kind.key, [])).update(**{kind.field: kept})
    Patient.objects.filter(pk=merged.pk).update(merged_into=kept, version=F("version") + 1)
    for chosen, _ in rivals:
        _rebuild(chosen.pk, now)
    _tell(merge, by)
    return merge


@transaction.atomic
def take_apart(*, merge: PatientMerge, reason: str, by: User, now: datetime) -> TakenApart:
    """Give the merged record back what it brought, as far as it is still there; what was added since stays.

    Raises AlreadyMergedError when it was taken apart already, and ValidationError when a later merge stands on it, no
    reason is given, or something added since hangs on what would go back.
    """
    kept, merged = _locked(merge.kept, merge.merged)
    merge = PatientMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at is not None:
        raise AlreadyMergedError
    if not reason.strip():
        raise ValidationError({"reason": "Say why they are two people."})
    if later := later_merge(merge):
        raise ValidationError(f"Take the merge of record {later.merged.record_number} apart first: it is newer.")
    merge.undone_at, merge.undone_by, merge.undone_reason = now, by, reason.strip()[:200]
    merge.seal = seal_of(merge, key=seal_keys()[0])
    merge.save()

    done = TakenApart(merge)
    for kind in kinds():
        pks = merge.moved.get(kind.key, [])
        back = kind.model._base_manager.filter(pk__in=pks, **{kind.field: kept}).update(**{kind.field: merged})
        if back < len(pks):
            done.gone[kind.words] = len(pks) - back
    for label, rows in merge.changed.items():
        for pk, columns in rows.items():
            done.kept_changes += _write_back(apps.get_model(label), int(pk), columns)
    done.kept_changes += _write_back(Patient, kept.pk, merge.filled)
    Patient.objects.filter(pk__in=[kept.pk, merged.pk]).update(version=F("version") + 1)
    Patient.objects.filter(pk=merged.pk).update(merged_into=None)
    for course in _rhythms(merge):
        _rebuild(course.pk, now)
    if knots := list(tangled(kept.pk, merged.pk)):
        words = sorted({capfirst(row_words(row)) for row in knots})
        raise ValidationError([f"{row} was added to what would go back. Settle it first." for row in words])
    _tell(merge, by)
    return done


def later_merge(merge: PatientMerge) -> PatientMerge | None:
    """The newest merge that stands on this one and has to be taken apart before it."""
    return (
        PatientMerge.objects.standing()
        .filter(Q(kept=merge.kept_id) | Q(merged=merge.kept_id) | Q(kept=merge.merged_id), pk__gt=merge.pk)
        .select_related("merged")
        .order_by("-pk")
        .first()
    )


def added_since(merge: PatientMerge) -> list[tuple[Kind, list[int]]]:
    """What the kept record got after the merge, by what it is: it stays there when the two are taken apart."""
    parts = [
        kind.of(merge.kept_id)
        .order_by()
        .filter(pk__gt=merge.newest.get(kind.key, 0))
        .annotate(kind_key=Value(kind.key))
        .values_list("kind_key", "pk")
        for kind in kinds()
    ]
    found: dict[str, list[int]] = {}
    for key, pk in parts[0].union(*parts[1:], all=True).order_by("pk"):
        found.setdefault(key, []).append(pk)
    return [(kind, found[kind.key]) for kind in kinds() if kind.key in found]


def clash_words(own: Any, other: Any) -> str:
    return (
        f"Both records have a visit on {own.on:%-d %B %Y}: {own.time_words} with {own.provider.name} and "
        f"{other.time_words} with {other.provider.name}. Cancel one of them first."
    )


def _locked(kept: Patient, merged: Patient) -> tuple[Patient, Patient]:
    """Both rows, locked in the order of their ids: nothing can be added to either until the transaction ends."""
    rows = {
        row.pk: row
        for row in Patient.objects.select_for_update(of=("self",))
        .select_related("site")
        .filter(pk__in=[kept.pk, merged.pk])
        .order_by("pk")
    }
    return rows[kept.pk], rows[merged.pk]


def _filled(kept: Patient, merged: Patient, take: Mapping[str, bool]) -> dict[str, Any]:
    """The columns of the kept record that take the merged one's value."""
    found = {}
    for name in FIELDS:
        column = Patient._meta.get_field(name).attname  # type: ignore[union-attr]
        own, other = getattr(kept, column), getattr(merged, column)
        if own != other and take.get(name, is_blank(name, own) and not is_blank(name, other)):
            found[column] = other
    return found


def is_blank(name: str, value: Any) -> bool:
    return value in ("", None) or (name == "sex" and value == Patient.Sex.UNKNOWN)


def _value(patient: Patient, column: str) -> Any:
    return getattr(patient, column.removesuffix("_id"))


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def _write(model: type[Model], pk: int, columns: Mapping[str, Any]) -> None:
    values = dict(columns)
    if any(one.name == "version" for one in model._meta.concrete_fields):
        values["version"] = F("version") + 1
    model._base_manager.filter(pk=pk).update(**values)


def _write_back(model: type[Model], pk: int, columns: Mapping[str, list[Any]]) -> list[str]:
    """Write the values of before where nobody changed them since; the rest, in words."""
    row = model._base_manager.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        return []
    now = {name: _plain(getattr(row, name)) for name in columns}
    back = {name: before for name, (before, after) in columns.items() if now[name] == after}
    if back:
        _write(model, pk, back)
    return [
        f"{model._meta.verbose_name} {pk}: {model._meta.get_field(name.removesuffix('_id')).verbose_name}"  # type: ignore[union-attr]
        for name, (before, _) in columns.items()
        if name not in back and now[name] != before
    ]


def _rhythms(merge: PatientMerge) -> list[TreatmentCourse]:
    """The courses whose windows the merge joined, those that closed first."""
    closed = list(
        TreatmentCourse.objects.filter(pk__in=[int(pk) for pk in merge.changed.get(TreatmentCourse._meta.label, {})])
    )
    others = TreatmentCourse.objects.filter(
        patient__in=[merge.kept_id, merge.merged_id], condition__in=[course.condition_id for course in closed]
    ).exclude(pk__in=[course.pk for course in closed])
    return [*closed, *others.order_by("pk")]


def _rebuild(course_id: int, now: datetime) -> None:
    course = TreatmentCourse.objects.select_for_update(of=("self",)).select_related("site", "patient").get(pk=course_id)
    rebuild_windows(course=course, on=course.site.today(now=now))


def _tell(merge: PatientMerge, by: User) -> None:
    word = "taken apart" if merge.undone_at else "merged"
    for patient_id in (merge.kept_id, merge.merged_id):
        record(action="merge", by=by, patient_id=patient_id, subject=merge, detail=word)
