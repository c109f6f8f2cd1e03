"""Instruments and responder rules that ship with the product, from the JSON files of the folder of the same name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from outcomes.models import Instrument, InstrumentVersion, ResponderRule
from outcomes.rules.instruments import definition_problem
from treatments.models import Condition

FOLDER = Path(__file__).parent / "reference"
NUMBERS = ("minimum", "maximum", "step", "meaningful_points", "meaningful_percent", "change")
# What an instrument is, whatever its version; the rest of an entry is its version's.
IDENTITY = ("name", "short_name", "unit", "better", "position")


@transaction.atomic
def load() -> dict[str, int]:
    """Bring in what is missing and what has a newer version here; return how many of each now come from the files.

    Safe to repeat. An instrument whose current version is this one or newer is left alone, so that what a clinic
    changed stays; a newer one becomes current beside the old, which scores given under it keep. Raises LookupError
    when a condition named in the files has not been loaded.
    """
    conditions = {condition.key: condition for condition in Condition.objects.all()}
    instruments = {row.key: row for row in Instrument.objects.all()}
    versions = dict(InstrumentVersion.objects.filter(is_current=True).values_list("instrument__key", "version"))
    shipped = _entries("instruments.json")
    for entry in shipped:
        key = entry.pop("key")
        treated = [_named(conditions, name) for name in entry.pop("conditions")]
        if key in versions and versions[key] >= entry["version"]:
            continue
        identity = {name: entry.pop(name) for name in IDENTITY if name in entry}
        if key not in instruments:
            instruments[key] = Instrument.objects.create(key=key, **identity)
            instruments[key].conditions.set(treated)
        InstrumentVersion.objects.filter(instrument=instruments[key], is_current=True).update(is_current=False)
        version = InstrumentVersion(instrument=instruments[key], **entry)
        column, problem = definition_problem(version.definition())
        if problem:
            raise ValueError(f"{key}, {column}: {problem}")
        version.save()

    rules = _entries("responder_rules.json")
    for entry in rules:
        condition = _named(conditions, entry.pop("condition"))
        entry["instrument"] = instruments[entry["instrument"]]
        rule = ResponderRule.objects.filter(condition=condition).first()
        if rule is None or rule.version < entry["version"]:
            ResponderRule.objects.update_or_create(condition=condition, defaults=entry)
    return {"instruments": len(shipped), "responder rules": len(rules)}


def _entries(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((FOLDER / name).read_text())
    for entry in entries:
        for field in NUMBERS:
            if entry.get(field) is not None:
                entry[field] = Decimal(entry[field])
    return entries


def _named(conditions: dict[str, Condition], key: str) -> Condition:
    if key not in conditions:
        raise LookupError(f"The condition {key} is not loaded: load the conditions before the instruments.")
    return conditions[key]
