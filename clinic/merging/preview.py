"""Two records side by side, before anybody makes them one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Value
from django.utils.text import capfirst

from accounts.models import User
from clinic.merging.courses import Twins, only_past, overlapping, twins_of
from clinic.merging.merge import FIELDS, clash_words, is_blank
from clinic.merging.rows import kinds
from patients.known import KnownFacts, known_facts
from patients.models import Patient, PatientMerge, ToldApart
from patients.rules import Alert, alerts


@dataclass(frozen=True)
class FieldRow:
    """One field of both records. `takes_other` is what a merge would do without being told."""

    name: str
    label: str
    own: str
    other: str
    differs: bool
    takes_other: bool

    @property
    def is_choice(self) -> bool:
        """Only where both say something, and not the same."""
        return self.differs and bool(self.own) and bool(self.other)


@dataclass(frozen=True)
class CountRow:
    words: str
    own: int
    other: int


@dataclass(frozen=True)
class Preview:
    fields: list[FieldRow]
    counts: list[CountRow]
    twins: list[Twins]
    # What has to be settled before, and what one should know, in words.
    blocks: list[str]
    notes: list[str]
    facts: tuple[KnownFacts, KnownFacts]
    alerts: tuple[list[Alert], list[Alert]]


def preview(kept: Patient, merged: Patient, *, on: date, by: User) -> Preview:
    """Everything the page shows; `by` sees of alerts and allergies what they see of a chart."""
    facts = known_facts(patient_id=kept.pk), known_facts(patient_id=merged.pk)
    both = twins_of(kept, merged)
    visits = overlapping(kept, merged)
    blocks = [clash_words(*pair) for pair in visits if not only_past(pair)]
    clinical = by.has_perm("patients.view_clinical")

    def shown(known: KnownFacts) -> list[Alert]:
        found = alerts(known.allergies, known.medications, known.history_items, on=on)
        return found if clinical else [alert for alert in found if alert.affects_booking]

    return Preview(
        fields=field_rows(kept, merged),
        counts=count_rows(kept, merged, by=by),
        twins=both,
        blocks=blocks,
        notes=[
            *_told_apart(kept, merged),
            *(
                f"A draft of {day:%-d %B %Y} is not signed yet. If its course is the one that closes, sign it or "
                "throw it away first."
                for twins in both
                for day in twins.draft_days
            ),
            *(
                f"The visit of {other.on:%-d %B %Y} {other.time_words} stays with the record that is merged: the kept "
                "one has a visit at that time too, and both are over."
                for own, other in visits
                if only_past((own, other))
            ),
            *_payers(facts, on=on),
        ],
        facts=facts,
        alerts=(shown(facts[0]), shown(facts[1])),
    )


def field_rows(kept: Patient, merged: Patient) -> list[FieldRow]:
    rows = []
    for name in FIELDS:
        own, other = getattr(kept, name), getattr(merged, name)
        blank = is_blank(name, own), is_blank(name, other)
        if all(blank):
            continue
        rows.append(
            FieldRow(
                name=name,
                label=capfirst(str(Patient._meta.get_field(name).verbose_name)),  # type: ignore[union-attr]
                own="" if blank[0] else _words(kept, name),
                other="" if blank[1] else _words(merged, name),
                differs=own != other,
                takes_other=blank[0] and not blank[1],
            )
        )
    return rows


def _words(patient: Patient, name: str) -> str:
    value = getattr(patient, name)
    if isinstance(value, date):
        return f"{value:%-d %b %Y}"
    shown = getattr(patient, f"get_{name}_display", None)
    return str(shown() if shown else value)


# What booking needs; of everything else even the number is clinical. One that comes later is not shown by itself.
FOR_BOOKING = frozenset(
    {
        "messaging.ContactConsent",
        "messaging.Message",
        "messaging.PatientLink",
        "patients.Consent",
        "patients.Coverage",
        "patients.Identifier",
        "patients.PossibleDuplicate",
        "patients.PriorAuthorization",
        "patients.Task",
        "scheduling.Appointment",
        "scheduling.WaitingEntry",
        "treatments.DrugOrder",
        "treatments.TreatmentCourse",
    }
)


def may_see(key: str, *, by: User) -> bool:
    """Whether this person may know of rows of that kind, and how many there are."""
    return key in FOR_BOOKING or by.has_perm("patients.view_clinical")


def count_rows(kept: Patient, merged: Patient, *, by: User) -> list[CountRow]:
    """How many rows of each kind hang on either, of the kinds this person may know of; in one query for all."""
    parts = []
    words = {}
    for kind in kinds():
        if not may_see(kind.key, by=by):
            continue
        words[kind.key] = kind.words
        parts.append(
            kind.model._base_manager.filter(**{f"{kind.field}__in": [kept.pk, merged.pk]})
            .order_by()
            .values(kind.field)
            .annotate(kind_key=Value(kind.key), rows=Count("pk"))
            .values_list("kind_key", f"{kind.field}_id", "rows")
        )
    found: dict[str, dict[int, int]] = {}
    for key, patient_id, rows in parts[0].union(*parts[1:], all=True):
        found.setdefault(key, {})[patient_id] = rows
    return [
        CountRow(capfirst(words[key]), found[key].get(kept.pk, 0), found[key].get(merged.pk, 0))
        for key in words
        if key in found
    ]


def moved_words(merge: PatientMerge, *, by: User) -> list[tuple[str, int]]:
    """What changed hands, by what it is, of the kinds this person may know of."""
    words = {kind.key: capfirst(kind.words) for kind in kinds()}
    return [(words.get(key, key), len(pks)) for key, pks in sorted(merge.moved.items()) if may_see(key, by=by)]


def _told_apart(kept: Patient, merged: Patient) -> list[str]:
    first, second = sorted((kept.pk, merged.pk))
    told = ToldApart.objects.filter(first=first, second=second).select_related("by").first()
    if told is None:
        return []
    at: datetime = told.at
    return [f"{told.by.name} looked at both on {kept.site.localtime(at):%-d %B %Y} and said: two people."]


def _payers(facts: tuple[KnownFacts, KnownFacts], *, on: date) -> list[str]:
    """Authorisations under way on either side: the payer knows the person by one of the two records."""
    running: list[tuple[str, Any]] = []
    for side, known in zip(("the kept record", "the other record"), facts, strict=True):
        running += [
            (side, row)
            for row in known.authorizations
            if row.ends_on >= on and row.status in ("submitted", "approved", "appeal")
        ]
    if len({side for side, _ in running}) < 2:
        return []
    words = "; ".join(f"{row.payer} {row.number or 'without a number'}, {row.status} ({side})" for side, row in running)
    return [f"Authorisations run on both records: {words}. Tell the payer which name and member number stays."]
