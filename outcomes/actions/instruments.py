"""What a clinic does with its instruments: add, change by a new version, retire, load a licensed text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from accounts.models import User
from audit.models import StaleVersionError
from outcomes.models import Instrument, InstrumentText, InstrumentVersion, ResponderRule
from outcomes.rules.instruments import definition_problem
from treatments.models import Condition


@transaction.atomic
def add_instrument(
    *,
    name: str,
    short_name: str,
    unit: str,
    better: str,
    conditions: Collection[Condition],
    definition: Mapping[str, Any],
    by: User,
) -> Instrument:
    """Add an instrument of the clinic's own with its first version; `definition` are columns of InstrumentVersion.

    Raises ValidationError for a name that is taken and for a definition that cannot be scored by.
    """
    # The second of two who add at once waits here, and then sees the first one's name. One always ships.
    Instrument.objects.select_for_update().order_by("pk").first()
    key = slugify(short_name).replace("-", "_")[:40] or "instrument"
    if Instrument.objects.filter(short_name__iexact=short_name).exists() or Instrument.objects.filter(key=key).exists():
        raise ValidationError({"short_name": "There is an instrument of this name."})
    last = Instrument.objects.order_by("-position").first()
    instrument = Instrument(
        key=key,
        name=name,
        short_name=short_name,
        unit=unit,
        better=better,
        position=(last.position if last else 0) + 1,
    )
    instrument.full_clean()
    instrument.save()
    instrument.conditions.set(conditions)
    _new_version(instrument, 1, definition, by)
    return instrument


@transaction.atomic
def change_instrument(
    *,
    instrument: Instrument,
    seen: str,
    name: str,
    short_name: str,
    conditions: Collection[Condition],
    definition: Mapping[str, Any],
    by: User,
) -> InstrumentVersion:
    """Give an instrument a new version where its definition differs; scores given before keep theirs.

    `seen` is what the form was opened on, as InstrumentVersion.as_seen gives it. Raises StaleVersionError when somebody
    changed it meanwhile, and as add_instrument does.
    """
    instrument = Instrument.objects.select_for_update().get(pk=instrument.pk)
    current = instrument.versions.get(is_current=True)
    if current.as_seen() != seen:
        raise StaleVersionError(current)
    if Instrument.objects.filter(short_name__iexact=short_name).exclude(pk=instrument.pk).exists():
        raise ValidationError({"short_name": "There is an instrument of this name."})
    instrument.name, instrument.short_name = name, short_name
    instrument.full_clean()
    instrument.save()
    instrument.conditions.set(conditions)
    if all(getattr(current, column) == value for column, value in definition.items()):
        return current
    InstrumentVersion.objects.filter(pk=current.pk).update(is_current=False)
    # What a form does not ask goes on as it was.
    kept = {column: getattr(current, column) for column in _KEPT if column not in definition}
    return _new_version(instrument, current.version + 1, kept | dict(definition), by)


@transaction.atomic
def retire_instrument(*, instrument: Instrument, is_retired: bool, by: User) -> Instrument:
    """Offer an instrument no longer, or again. Raises ValidationError for one that a responder rule counts by."""
    instrument = Instrument.objects.select_for_update().get(pk=instrument.pk)
    rule = ResponderRule.objects.filter(instrument=instrument).select_related("condition").first()
    if is_retired and rule is not None:
        raise ValidationError(f"The response of {rule.condition.name} is judged by it.")
    instrument.is_retired = is_retired
    instrument.save(update_fields=["is_retired"])
    return instrument


@transaction.atomic
def load_text(
    *,
    version: InstrumentVersion,
    language: str,
    licence: str,
    instructions: str,
    questions: Sequence[str],
    answers: Sequence[str],
    by: User,
) -> InstrumentText:
    """Load the text of an instrument in a language, under the licence the clinic says it holds.

    Raises ValidationError without a licence, for another number of questions than items, or of answers than choices,
    or when a text in that language is loaded already.
    """
    version = InstrumentVersion.objects.select_for_update(of=("self",)).select_related("instrument").get(pk=version.pk)
    items = version.definition().items
    if not items:
        raise ValidationError("This instrument has no items to put words to.")
    problems = {}
    if not licence.strip():
        problems["licence"] = "Say which licence the clinic holds."
    if len(questions) != len(items):
        problems["questions"] = f"{len(items)} lines are needed, one for each item; there are {len(questions)}."
    choices = {len(item.choices) for item in items if item.choices}
    if answers and choices != {len(answers)}:
        needed = f"{choices.pop()} lines are needed" if len(choices) == 1 else "The items have no common choices"
        problems["answers"] = f"{needed}; there are {len(answers)}."
    if problems:
        raise ValidationError(problems)
    text = InstrumentText(
        version=version,
        language=language,
        licence=licence.strip(),
        instructions=instructions.strip(),
        questions=list(questions),
        answers=list(answers),
        loaded_by=by,
    )
    text.full_clean()
    text.save()
    return text


@transaction.atomic
def withdraw_text(*, text: InstrumentText, now: datetime, by: User) -> InstrumentText:
    """Show a text no longer, as when a licence ends; what was answered to it stays."""
    text = InstrumentText.objects.select_for_update(of=("self",)).get(pk=text.pk)
    if text.withdrawn_at is None:
        text.withdrawn_at, text.withdrawn_by = now, by
        text.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return text


_KEPT = [
    field.name
    for field in InstrumentVersion._meta.concrete_fields
    if field.name not in ("id", "instrument", "version", "is_current", "made_by", "made_at")
]


def _new_version(instrument: Instrument, number: int, definition: Mapping[str, Any], by: User) -> InstrumentVersion:
    version = InstrumentVersion(instrument=instrument, version=number, made_by=by, **definition)
    column, problem = definition_problem(version.definition())
    if problem:
        raise ValidationError({column: problem})
    version.full_clean()
    version.save()
    return version
