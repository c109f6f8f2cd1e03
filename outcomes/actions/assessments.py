from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from outcomes.models import Assessment, InstrumentVersion, UnscoredAnswer, WithdrawnAssessment
from outcomes.models.assessment import AnsweredBy
from outcomes.rules import plain
from outcomes.rules.instruments import Scored, score_answers, total_problem
from treatments.models import FollowUp, TreatmentCourse


@dataclass(frozen=True)
class Entry:
    """What was given for one instrument: answers by item key, a total, or both; `words` are those of goals."""

    answers: Mapping[str, Decimal] = field(default_factory=dict)
    total: Decimal | None = None
    words: Mapping[str, str] = field(default_factory=dict)


def score_entry(version: InstrumentVersion, entry: Entry) -> Scored:
    """The score of what was given, for a version loaded with its instrument. Writes nothing.

    With a total and answers both, they have to agree. Answers that cannot be are `problems` by item key; one with the
    total is under "total".
    """
    definition = version.definition()
    if not entry.answers:
        if entry.total is None:
            return Scored(why_not="nothing was answered")
        if problem := total_problem(definition, entry.total):
            return Scored(problems={"total": problem})
        return Scored(value=entry.total, label=definition.grades.get(entry.total, ""))
    scored = score_answers(definition, entry.answers)
    if entry.total is None or scored.problems:
        return scored
    if scored.value is None:
        return Scored(problems={"total": f"The items give no total: {scored.why_not}. Complete them or clear them."})
    if scored.value != entry.total:
        return Scored(problems={"total": f"The items make {plain(scored.value)}."})
    return scored


def is_on_file(*, follow_up: FollowUp, version: InstrumentVersion, entry: Entry) -> bool:
    """Whether a follow-up holds exactly what was given, as after a second press of a button."""
    given = {"follow_up": follow_up, "instrument": version.instrument}
    answers = {key: plain(value) for key, value in entry.answers.items()}
    value = score_entry(version, entry).value
    if value is None:
        return UnscoredAnswer.objects.filter(**given, answers=answers).exists()
    return Assessment.objects.filter(**given, value=value, answers=answers).exists()


@transaction.atomic
def record_assessment(
    *,
    course: TreatmentCourse,
    version: InstrumentVersion,
    entry: Entry,
    assessed_on: date,
    on: date,
    by: User | None,
    answered_by: str = AnsweredBy.STAFF,
    follow_up: FollowUp | None = None,
    note: str = "",
) -> Assessment | UnscoredAnswer:
    """Record the answers of one instrument on one day, by staff or by the patient (`by` None); `on` is today there.

    Answers that give no score are kept as such, with the reason. The same sent twice is one row, and the first is
    returned. Raises ValidationError for an answer the instrument cannot take (by item key, or `total`), a day in the
    future or before the patient's birth, or a second score of a follow-up for the same instrument.
    """
    # The lock lets the second of two presses see the row of the first.
    TreatmentCourse.objects.select_for_update(of=("self",)).get(pk=course.pk)
    if assessed_on > on:
        raise ValidationError({"assessed_on": "This day lies in the future."})
    if assessed_on < course.patient.birth_date:
        raise ValidationError({"assessed_on": "This day lies before the patient's birth."})
    scored = score_entry(version, entry)
    if scored.problems:
        raise ValidationError(dict(scored.problems))
    given: dict[str, Any] = {
        "course": course,
        "instrument": version.instrument,
        "assessed_on": assessed_on,
        "answers": {key: plain(value) for key, value in entry.answers.items()},
        "words": {key: words for key, words in entry.words.items() if words},
        "note": note.strip(),
    }
    if scored.value is None:
        unscored = UnscoredAnswer.objects.filter(**given, follow_up=follow_up).first()
        return unscored or _save(
            UnscoredAnswer(
                **given,
                version=version,
                why_not=scored.why_not,
                follow_up=follow_up,
                recorded_by=by,
                answered_by=answered_by,
            )
        )
    if follow_up is not None:
        earlier = Assessment.objects.filter(follow_up=follow_up, instrument=version.instrument).first()
        if earlier is not None and (earlier.value, earlier.answers) != (scored.value, given["answers"]):
            words = f"This follow-up already has a score of {earlier.shown}. Clear yours, or withdraw that one first."
            raise ValidationError({"total": words})
    else:
        earlier = Assessment.objects.filter(**given, value=scored.value).first()
    return earlier or _save(
        Assessment(
            **given,
            version=version,
            value=scored.value,
            label=scored.label,
            follow_up=follow_up,
            recorded_by=by,
            answered_by=answered_by,
        )
    )


@transaction.atomic
def record_scores(
    *,
    course: TreatmentCourse,
    scores: Mapping[InstrumentVersion, Entry],
    assessed_on: date,
    on: date,
    by: User,
    follow_up: FollowUp | None = None,
    note: str = "",
) -> list[Assessment | UnscoredAnswer]:
    """Record what was given on one day, all or none; see record_assessment.

    Raises ValidationError without anything given; a refused answer is named by instrument and item: `hit6.q1`.
    """
    if not scores:
        raise ValidationError("Enter a score.")
    recorded = []
    for version, entry in scores.items():
        try:
            recorded.append(
                record_assessment(
                    course=course,
                    version=version,
                    entry=entry,
                    assessed_on=assessed_on,
                    on=on,
                    by=by,
                    follow_up=follow_up,
                    note=note,
                )
            )
        except ValidationError as problem:
            if not hasattr(problem, "error_dict") or "assessed_on" in problem.error_dict:
                raise
            raise ValidationError(
                {f"{version.instrument.key}.{key}": words for key, words in problem.message_dict.items()}
            ) from problem
    return recorded


@transaction.atomic
def withdraw_assessment(*, assessment: Assessment, reason: str, by: User) -> WithdrawnAssessment:
    """Take a score that was recorded in error out of everything that counts; it stays readable, with the reason.

    Raises ValidationError without a reason, or when it was withdrawn already.
    """
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
    current = Assessment.objects.select_for_update(of=("self",)).filter(pk=assessment.pk).first()
    if current is None:
        raise ValidationError("This score was withdrawn already.")
    kept = [field.attname for field in WithdrawnAssessment._meta.concrete_fields if hasattr(current, field.attname)]
    withdrawn = WithdrawnAssessment.objects.create(
        **{name: getattr(current, name) for name in kept if name != "id"},
        assessment_id=current.pk,
        reason=reason.strip(),
        withdrawn_by=by,
    )
    current.delete()
    return withdrawn


def _save(row: Any) -> Any:
    row.full_clean()
    row.save()
    return row
