"""The words that ship with Cadence for messages to patients."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import transaction

from messaging.models import MessageTemplate

FOLDER = Path(__file__).parent / "reference"


def shipped_templates() -> list[dict[str, Any]]:
    """Every text as it ships: purpose, attempt, channel, language, subject and body."""
    shipped: list[dict[str, Any]] = json.loads((FOLDER / "templates.json").read_text(encoding="utf-8"))
    return shipped


@transaction.atomic
def load(*, report: Callable[[str], None]) -> dict[str, Counter[str]]:
    """Create the shipped texts that are missing; one that is there is the clinic's own by now and left alone."""
    known = {(text.purpose, text.channel, text.language, text.attempt): text for text in MessageTemplate.objects.all()}
    counts: Counter[str] = Counter()
    fresh = []
    for entry in shipped_templates():
        text = known.get((entry["purpose"], entry["channel"], entry["language"], entry["attempt"]))
        if text is None:
            fresh.append(MessageTemplate(**entry))
            counts["created"] += 1
        elif (text.subject, text.body) == (entry["subject"], entry["body"]):
            counts["unchanged"] += 1
        else:
            report(f"left as the clinic has it: text {text}")
            counts["left"] += 1
    MessageTemplate.objects.bulk_create(fresh)
    return {"texts of messages": counts}
