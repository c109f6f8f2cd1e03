"""The consent forms that ship with Cadence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import transaction

from patients.models import ConsentForm

FOLDER = Path(__file__).parent / "reference"


@transaction.atomic
def load(*, report: Callable[[str], None]) -> dict[str, Counter[str]]:
    """Create the shipped forms that are missing; returns how many were created, unchanged or left.

    A form of which there is any version is left: people may have signed it, or the clinic has made it its own. When its
    newest wording is not the one that ships, that is reported.
    """
    shipped: list[dict[str, Any]] = json.loads((FOLDER / "consent_forms.json").read_text(encoding="utf-8"))
    newest = {(form.key, form.language): form for form in ConsentForm.objects.order_by("version")}
    counts: Counter[str] = Counter()
    fresh = []
    for entry in shipped:
        known = newest.get((entry["key"], entry["language"]))
        if known is None:
            fresh.append(ConsentForm(**entry))
            counts["created"] += 1
        elif known.text == entry["text"]:
            counts["unchanged"] += 1
        else:
            report(f"left as the clinic has it: consent form {known}")
            counts["left"] += 1
    ConsentForm.objects.bulk_create(fresh)
    return {"consent forms": counts}
