"""Instruments and responder rules that ship with the product, from the JSON files of the folder of the same name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from outcomes.models import Instrument, ResponderRule
from treatments.models import Condition

FOLDER = Path(__file__).parent / "reference"
NUMBERS = ("minimum", "maximum", "step", "meaningful_change", "change")


@transaction.atomic
def load() -> dict[str, int]:
    """Bring in what is missing and what has a newer version here; return how many of each now come from the files.

    Safe to repeat. A row whose version is this one or newer is left alone, so that what a clinic changed stays.
    Raises LookupError when a condition named in the files has not been loaded.
    """
    conditions = {condition.key: condition for condition in Condition.objects.all()}
    instruments: dict[str, Instrument] = {}
    for entry in _entries("instruments.json"):
        treated = [_named(conditions, key) for key in entry.pop("conditions")]
        instrument = Instrument.objects.filter(key=entry["key"]).first()
        if instrument is None or instrument.version < entry["version"]:
            instrument, _ = Instrument.objects.update_or_create(key=entry["key"], defaults=entry)
            instrument.conditions.add(*treated)
        instruments[instrument.key] = instrument

    rules = _entries("responder_rules.json")
    for entry in rules:
        condition = _named(conditions, entry.pop("condition"))
        entry["instrument"] = instruments[entry["instrument"]]
        rule = ResponderRule.objects.filter(condition=condition).first()
        if rule is None or rule.version < entry["version"]:
            ResponderRule.objects.update_or_create(condition=condition, defaults=entry)
    return {"instruments": len(instruments), "responder rules": len(rules)}


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
