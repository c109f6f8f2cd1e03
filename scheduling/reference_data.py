"""What ships with Cadence for the front desk: the outcomes of a try to reach a patient."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import transaction

from scheduling.models import AttemptOutcome

FOLDER = Path(__file__).parent / "reference"


@transaction.atomic
def load(*, report: Callable[[str], None]) -> dict[str, Counter[str]]:
    """Create the shipped outcomes that are missing; one that is there is the clinic's own by now and left alone."""
    shipped: list[dict[str, Any]] = json.loads((FOLDER / "attempt_outcomes.json").read_text(encoding="utf-8"))
    known = {outcome.key: outcome for outcome in AttemptOutcome.objects.all()}
    counts: Counter[str] = Counter()
    for position, entry in enumerate(shipped):
        outcome = known.get(entry["key"])
        if outcome is None:
            AttemptOutcome.objects.create(**entry, position=position, is_shipped=True)
            counts["created"] += 1
        elif all(getattr(outcome, name) == value for name, value in entry.items()):
            counts["unchanged"] += 1
        else:
            report(f"left as the clinic has it: outcome {outcome.key}")
            counts["left"] += 1
    return {"outcomes of calls": counts}
