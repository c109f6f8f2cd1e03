from __future__ import annotations

import json
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import User
from inventory.models import Confidence
from outcomes.querysets import InstrumentQuerySet, InstrumentVersionQuerySet
from outcomes.rules.instruments import Band, Definition, Item, Scoring, Together, diary_items, goal_items
from treatments.models import Condition


@pghistory.track()
class Instrument(models.Model):
    """A measure by its name, unit and direction. What it asks and how it is scored stand in its versions.

    Another unit or direction is another instrument: its scores could not be compared.
    """

    class Direction(models.TextChoices):
        LOWER = "lower", "lower is better"
        HIGHER = "higher", "higher is better"

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    short_name = models.CharField(max_length=30)
    unit = models.CharField(max_length=40, blank=True)
    better = models.CharField(max_length=6, choices=Direction, default=Direction.LOWER)
    conditions = models.ManyToManyField(Condition, related_name="instruments", blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_retired = models.BooleanField(default=False, help_text="Not offered any more; its scores stay.")

    objects = InstrumentQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.short_name


class InstrumentVersion(models.Model):
    """What an instrument asks, how it is scored and what a change means, as of one version; never changed.

    A score keeps the version it was given under, so a new one is never retroactive. Licensed text is never here: items
    have numbers and short names of our own, and `needs_licence` says that they are asked only where a text is loaded.
    """

    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveSmallIntegerField()
    edition = models.CharField(max_length=100, blank=True, help_text="Which edition, anchor or recall is meant.")
    minimum = models.DecimalField(max_digits=7, decimal_places=2)
    maximum = models.DecimalField(max_digits=7, decimal_places=2)
    step = models.DecimalField(max_digits=5, decimal_places=2, default=1)
    scoring = models.CharField(max_length=12, choices=[(way.value, way.value) for way in Scoring], default="total")
    # Rows of key, label, minimum, maximum, step, choices ([value, words]), counts, group.
    items = models.JSONField(default=list, blank=True)
    may_miss = models.PositiveSmallIntegerField(default=0, help_text="How many items may be left open.")
    # Rows of items (keys), most, why.
    together = models.JSONField(default=list, blank=True)
    needs_licence = models.BooleanField(default=False)
    # Grades that are words and not numbers (1+): a list of {value, label}; the coding is named in `coding`.
    grades = models.JSONField(default=list, blank=True)
    coding = models.CharField(max_length=120, blank=True)
    # Rows of from, words: up to the next one.
    bands = models.JSONField(default=list, blank=True)
    bands_source = models.CharField(max_length=300, blank=True)
    bands_confidence = models.CharField(max_length=2, choices=Confidence, blank=True)
    meaningful_points = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    meaningful_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    meaningful_change_words = models.CharField(max_length=200, blank=True)
    change_source = models.CharField(max_length=300, blank=True)
    change_confidence = models.CharField(max_length=2, choices=Confidence, blank=True)
    licence = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=300, blank=True)
    confidence = models.CharField(max_length=2, choices=Confidence)
    is_current = models.BooleanField(default=True)
    made_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who wrote it here; empty for one that ships with Cadence.",
    )
    made_at = models.DateTimeField(auto_now_add=True)

    objects = InstrumentVersionQuerySet.as_manager()

    class Meta:
        ordering = ["instrument", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "version"], name="instrument_version_once"),
            models.UniqueConstraint(
                fields=["instrument"], condition=Q(is_current=True), name="instrument_one_current_version"
            ),
            models.CheckConstraint(
                condition=Q(minimum__lt=models.F("maximum"), step__gt=0),
                name="instrument_version_has_a_range",
                violation_error_message="The lowest score has to be lower than the highest.",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="instrument_version_is_fixed", exclude=["is_current"]),
            pgtrigger.Protect(name="instrument_version_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.instrument.short_name}, version {self.version}"

    def as_seen(self) -> str:
        """A mark of what a form shows of it and its instrument; another one as soon as anybody changes either."""
        asked_of = sorted(self.instrument.conditions.values_list("pk", flat=True))
        shown = json.dumps([self.instrument.name, self.instrument.short_name, asked_of])
        return f"{self.version}-{sha256(shown.encode()).hexdigest()[:12]}"

    def definition(self) -> Definition:
        """The same as plain values, for outcomes.rules; needs the instrument loaded."""
        return Definition(
            minimum=self.minimum,
            maximum=self.maximum,
            step=self.step,
            lower_is_better=self.instrument.better == Instrument.Direction.LOWER,
            scoring=Scoring(self.scoring),
            items=_OWN_ITEMS[Scoring(self.scoring)]() if self.scoring in _OWN_ITEMS else self._items(),
            may_miss=self.may_miss,
            together=tuple(
                Together(tuple(row["items"]), Decimal(str(row["most"])), row["why"]) for row in self.together
            ),
            grades=self.grade_labels(),
            bands=tuple(Band(Decimal(str(row["from"])), row["words"]) for row in self.bands),
            meaningful_points=self.meaningful_points,
            meaningful_percent=self.meaningful_percent,
        )

    def text_in(self, language: str) -> InstrumentText | None:
        """The text in force in that language, of the texts at hand (prefetched)."""
        found = [text for text in self.texts.all() if text.withdrawn_at is None and text.language == language]
        return found[0] if found else None

    def asked_items(self) -> tuple[Item, ...]:
        """The items that may be asked one by one: none of a licensed instrument until a text of it is loaded."""
        is_locked = self.needs_licence and not any(text.withdrawn_at is None for text in self.texts.all())
        # A diary is counted from its days, on its own page.
        return () if is_locked or self.scoring == Scoring.DIARY else self.definition().items

    def _items(self) -> tuple[Item, ...]:
        return tuple(_item(row) for row in self.items)

    def grade_labels(self) -> dict[Decimal, str]:
        """The words of the grades by their value in this coding; empty for an instrument of numbers."""
        return {Decimal(str(grade["value"])): str(grade["label"]) for grade in self.grades}


@pghistory.track()
class InstrumentText(models.Model):
    """The text of an instrument in one language, loaded by a clinic that says which licence it holds.

    Nothing ships here. Withdrawn, it is not shown any more; what was answered stays.
    """

    version = models.ForeignKey(InstrumentVersion, on_delete=models.PROTECT, related_name="texts")
    language = models.CharField(max_length=2, choices=[("en", "English"), ("es", "Spanish")])
    licence = models.CharField("licence held", max_length=300, help_text="Who gave it, number or date, what for.")
    instructions = models.CharField(max_length=500, blank=True)
    questions = ArrayField(models.CharField(max_length=300), help_text="One for each item, in their order.")
    answers = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, help_text="Words of the choices, in their order."
    )
    loaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    loaded_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["version", "language", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "language"],
                condition=Q(withdrawn_at=None),
                name="instrument_text_one_in_force",
                violation_error_message="A text in this language is loaded already. Withdraw it first.",
            ),
            models.CheckConstraint(
                condition=Q(language__in=["en", "es"]),
                name="instrument_text_language_is_known",
                violation_error_message="Choose a language from the list.",
            ),
            models.CheckConstraint(
                condition=~Q(licence=""),
                name="instrument_text_names_its_licence",
                violation_error_message="Say which licence the clinic holds.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}, {self.get_language_display()}"


# Their items are the same for every clinic, and not written down with a version.
_OWN_ITEMS = {Scoring.GOALS: goal_items, Scoring.DIARY: diary_items}


def _item(row: dict[str, Any]) -> Item:
    return Item(
        key=row["key"],
        label=row["label"],
        minimum=Decimal(str(row["minimum"])),
        maximum=Decimal(str(row["maximum"])),
        step=Decimal(str(row.get("step", 1))),
        choices=tuple((Decimal(str(value)), str(words)) for value, words in row.get("choices", [])),
        counts=row.get("counts", True),
        group=row.get("group", ""),
    )
