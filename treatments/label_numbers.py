"""The reference numbers of all products with their confidence, and which of them the clinic has confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from inventory.models import Product
from treatments.models import Condition, LabelConfirmation, Muscle
from treatments.rules import labels


@dataclass(frozen=True)
class LabelNumber:
    """One number of a label. `last` is its newest confirmation that was not withdrawn, for this number or an older one.

    `may_stop` says whether a finding that rests on it stops once the number is read or confirmed.
    """

    subject: str
    kind: str
    words: str
    value: str
    confidence: str
    source: str
    may_stop: bool
    last: LabelConfirmation | None

    @property
    def confirmation(self) -> LabelConfirmation | None:
        """The confirmation in force: of this very number."""
        return self.last if self.last is not None and self.last.value == self.value else None


def label_numbers() -> list[tuple[Product, list[LabelNumber]]]:
    """Each product with its numbers, in seven queries for any number of rows."""
    confirmed = {
        row.subject: row for row in LabelConfirmation.objects.filter(withdrawn_at=None).select_related("confirmed_by")
    }
    conditions = dict(Condition.objects.values_list("key", "name"))
    muscles = dict(Muscle.objects.values_list("key", "name"))
    products = Product.objects.prefetch_related("label_maxima", "label_intervals", "muscle_doses__condition")
    return [(product, list(_numbers(product, conditions, muscles, confirmed))) for product in products]


def _numbers(
    product: Product,
    conditions: Mapping[str, str],
    muscles: Mapping[str, str],
    confirmed: Mapping[str, LabelConfirmation],
) -> Iterator[LabelNumber]:
    def number(
        kind: str, subject: str, words: str, value: str, confidence: str, source: str, *, may_stop: bool = True
    ) -> LabelNumber:
        return LabelNumber(subject, kind, words, value, confidence, source, may_stop, confirmed.get(subject))

    for maximum in sorted(product.label_maxima.all(), key=lambda row: (row.under_18, row.pk)):
        yield number(
            "Most units",
            labels.maximum_subject(
                product.key,
                indications=maximum.indications,
                window_days=maximum.window_days,
                under_18=maximum.under_18,
                limbs=maximum.limbs,
            ),
            maximum.words,
            labels.maximum_value(units=Decimal(maximum.units), per_kg=maximum.per_kg),
            maximum.confidence,
            maximum.source,
            # An uncertain one, or the upper end of a range, never stops.
            may_stop=maximum.confidence != "C",
        )
    for interval in product.label_intervals.all():
        who = {None: "", True: ", under 18", False: ", adults"}[interval.under_18]
        yield number(
            "Shortest interval",
            labels.interval_subject(product.key, indication=interval.indication, under_18=interval.under_18),
            (conditions.get(interval.indication, interval.indication) or "every use") + who,
            labels.interval_value(interval.days),
            interval.confidence,
            interval.source,
            may_stop=False,
        )
    yield number(
        "In-use time",
        labels.in_use_subject(product.key),
        "once diluted" if product.ready_to_use else "after reconstitution",
        labels.in_use_value(product.in_use_hours),
        product.in_use_confidence,
        _of(product.source, "in use"),
    )
    for ingredient, words, contains, confidence in (
        ("albumin", "human albumin", product.contains_albumin, product.albumin_confidence),
        ("milk_protein", "cow's milk protein", product.contains_milk_protein, product.milk_protein_confidence),
    ):
        yield number(
            "Ingredient",
            labels.ingredient_subject(product.key, ingredient),
            words,
            labels.ingredient_value(contains),
            confidence,
            _of(product.source, "albumin"),
            may_stop=contains,
        )
    for dose in sorted(product.muscle_doses.all(), key=lambda row: (row.condition.position, row.under_18, row.pk)):
        yield number(
            f"{dose.condition.name}{', under 18' if dose.under_18 else ''}: one muscle, one side",
            labels.muscle_subject(
                product.key, condition=dose.condition.key, muscles=dose.muscles, under_18=dose.under_18
            ),
            " and ".join(muscles.get(key, key) for key in dose.muscles),
            labels.muscle_value(
                units_min=dose.units_min,
                units_max=dose.units_max,
                per_kg=dose.per_kg,
                sites_min=dose.sites_min,
                sites_max=dose.sites_max,
            ),
            dose.confidence,
            dose.source,
            may_stop=False,
        )


def _of(source: str, about: str) -> str:
    """The sentences of a product's source that are about this: "In use: BOTOX-STO. Albumin: SPL." has one for each."""
    sentences = [sentence.rstrip(".") for sentence in source.split(". ")]
    return "; ".join(said for said in sentences if said.lower().startswith(about)) or source
