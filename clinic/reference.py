"""Everything that ships with Cadence as reference data, loaded in one go."""

from __future__ import annotations

from collections import Counter

from django.db import transaction

import inventory.reference_data
import messaging.reference_data
import outcomes.reference
import patients.reference_data
import scheduling.reference_data
import treatments.reference_data
from inventory.shipped import Report, silent
from outcomes.models import Instrument, ResponderRule


@transaction.atomic
def load_reference(*, report: Report = silent) -> dict[str, Counter[str]]:
    """Load products, conditions, muscles, policies, codes, protocols, instruments and consent forms.

    It is safe to repeat, and all or nothing.

    Returns for each kind how many rows were created, corrected, unchanged or left as the clinic has them; each row that
    is left is named to `report`.
    """
    counts = inventory.reference_data.load(report=report)
    counts |= patients.reference_data.load(report=report)
    counts |= messaging.reference_data.load(report=report)
    counts |= treatments.reference_data.load(report=report)
    counts |= scheduling.reference_data.load(report=report)
    return counts | _instruments()


def _instruments() -> dict[str, Counter[str]]:
    """What the outcomes loader did, in the words of the others: it says how many rows it looks after."""
    tables = {"instruments": Instrument.objects, "responder rules": ResponderRule.objects}
    before = {kind: rows.count() for kind, rows in tables.items()}
    outcomes.reference.load()
    counts = {}
    for kind, rows in tables.items():
        after = rows.count()
        counts[kind] = Counter(created=after - before[kind], unchanged=before[kind])
    return counts
