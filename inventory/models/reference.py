from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models


class Confidence(models.TextChoices):
    """How sure the clinical reference is of a number; what is not A or A- may warn and never block."""

    A = "A", "read in an official source"
    A_MINUS = "A-", "read in a secondary source that agrees"
    B = "B", "from the label as known; not re-read"
    C = "C", "uncertain"


class Product(models.Model):
    """A botulinum toxin product. Its units are its own: nothing anywhere converts them to another product's."""

    key = models.SlugField(unique=True)
    brand = models.CharField(max_length=40)
    generic_name = models.CharField(max_length=60)
    manufacturer = models.CharField(max_length=80)
    hcpcs = models.CharField("HCPCS code", max_length=5)
    units_per_billing_unit = models.PositiveIntegerField()
    in_use_hours = models.PositiveSmallIntegerField()
    in_use_confidence = models.CharField(max_length=2, choices=Confidence)
    contains_albumin = models.BooleanField()
    albumin_confidence = models.CharField(max_length=2, choices=Confidence, default=Confidence.B)
    contains_milk_protein = models.BooleanField()
    milk_protein_confidence = models.CharField(max_length=2, choices=Confidence, default=Confidence.B)
    ready_to_use = models.BooleanField(default=False, help_text="Supplied as a solution; dilution is optional.")
    reference_version = models.CharField(max_length=20)
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ["brand"]

    def __str__(self) -> str:
        return self.brand


class VialSize(models.Model):
    """A vial a product comes in."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="vial_sizes")
    units = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    ndc11 = models.CharField("NDC (11 digits)", max_length=13, blank=True)
    confidence = models.CharField(max_length=2, choices=Confidence)
    source = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["product", "units"]
        constraints = [
            models.UniqueConstraint(fields=["product", "units"], name="vial_size_once"),
            models.CheckConstraint(condition=models.Q(units__gt=0), name="vial_size_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.product.brand} {self.units} U"


class Dilution(models.Model):
    """A reconstitution the label lists for a vial: mL of diluent added to that many units."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="dilutions")
    vial_units = models.PositiveIntegerField()
    diluent_ml = models.DecimalField("mL of diluent", max_digits=5, decimal_places=2)
    note = models.CharField(max_length=200, blank=True)
    confidence = models.CharField(max_length=2, choices=Confidence)

    class Meta:
        ordering = ["product", "vial_units", "diluent_ml"]
        constraints = [
            models.UniqueConstraint(fields=["product", "vial_units", "diluent_ml"], name="dilution_once"),
            models.CheckConstraint(condition=models.Q(vial_units__gt=0, diluent_ml__gt=0), name="dilution_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.vial_units} U in {self.diluent_ml.normalize():f} mL"


class LabelInterval(models.Model):
    """The shortest time between sessions that a product's label allows, for everyone or for a group of patients.

    `indication` is a condition's key, or empty for every use; `under_18` None means any age.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="label_intervals")
    indication = models.CharField(max_length=60, blank=True)
    under_18 = models.BooleanField(null=True, blank=True)
    days = models.PositiveSmallIntegerField()
    confidence = models.CharField(max_length=2, choices=Confidence)
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ["product", "indication", "days"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "indication", "under_18"], name="label_interval_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product.brand}: {self.days} days"


class LabelMaximum(models.Model):
    """The most of a product its label allows.

    `window_days` 0 counts one session alone; otherwise this session and those of the previous window_days - 1 days
    together. `indications` are the keys of the conditions whose units count together, or empty for every use. Under 18
    the most is the lower of `units` and `per_kg` times the weight; `limbs` says how many limbs a row is for.
    """

    class Limbs(models.TextChoices):
        ANY = "", "however many"
        ONE = "one", "one limb"
        SEVERAL = "several", "several limbs"

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="label_maxima")
    indications = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    units = models.PositiveIntegerField()
    under_18 = models.BooleanField(default=False)
    per_kg = models.DecimalField("units per kg", max_digits=5, decimal_places=2, null=True, blank=True)
    limbs = models.CharField(max_length=8, choices=Limbs, default=Limbs.ANY, blank=True)
    window_days = models.PositiveSmallIntegerField(default=0)
    confidence = models.CharField(max_length=2, choices=Confidence)
    words = models.CharField(max_length=300)
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ["product", "indications"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "indications", "window_days", "under_18", "limbs"], name="label_maximum_once"
            ),
            models.CheckConstraint(
                condition=models.Q(under_18=True) | models.Q(per_kg=None, limbs=""),
                name="label_maximum_per_kg_under_18",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product.brand}: {self.units} U"
