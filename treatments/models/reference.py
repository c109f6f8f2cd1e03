"""Reference data: what ships with the product, versioned, loaded by `manage.py load_reference`."""

from __future__ import annotations

from datetime import date

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import User
from inventory.models import Confidence, Product


class Side(models.TextChoices):
    """The patient's side, never the viewer's."""

    LEFT = "left", "Left"
    RIGHT = "right", "Right"
    MIDLINE = "midline", "Midline"


class Muscle(models.Model):
    key = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    short = models.CharField(max_length=4, blank=True, help_text="Two letters for the keyboard, for example fr.")
    region = models.CharField(max_length=20)
    is_midline = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Condition(models.Model):
    """What is treated."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=80, unique=True)
    short_name = models.CharField(max_length=40)
    body_views = ArrayField(models.CharField(max_length=20), default=list, help_text="The body maps it is charted on.")
    muscles = models.ManyToManyField(Muscle, related_name="conditions", blank=True)
    on_label_products = models.ManyToManyField(Product, related_name="labelled_conditions", blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def policy_in_force(self, *, on: date) -> ConditionPolicy:
        """The newest policy in force on that date; raises ConditionPolicy.DoesNotExist when there is none."""
        policy = self.policies.filter(in_force_from__lte=on).order_by("-version").first()
        if policy is None:
            raise ConditionPolicy.DoesNotExist(f"{self.key} has no policy in force on {on}")
        return policy


class ConditionPolicy(models.Model):
    """The clinic's rhythm for a condition. A change is a new version; sessions keep the one they were signed under."""

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="policies")
    version = models.PositiveSmallIntegerField()
    in_force_from = models.DateField()
    min_interval_days = models.PositiveSmallIntegerField()
    opens_months = models.PositiveSmallIntegerField(default=3)
    closes_months = models.PositiveSmallIntegerField(default=6)
    lead_days = models.PositiveSmallIntegerField(default=21)
    lapse_months = models.PositiveSmallIntegerField(default=6)
    source = models.CharField(max_length=300)
    confidence = models.CharField(max_length=2, choices=Confidence)

    class Meta:
        verbose_name_plural = "condition policies"
        ordering = ["condition", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["condition", "version"], name="policy_version_once"),
            models.CheckConstraint(
                condition=models.Q(closes_months__gte=models.F("opens_months"), lapse_months__gte=1),
                name="policy_closes_after_it_opens",
                violation_error_message="The window cannot close before it opens.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.condition.short_name} policy {self.version}"


class FollowUpStep(models.Model):
    """A contact that signing a session plans, so many days after it."""

    policy = models.ForeignKey(ConditionPolicy, on_delete=models.CASCADE, related_name="follow_up_steps")
    key = models.SlugField(max_length=30)
    name = models.CharField(max_length=80)
    day = models.PositiveSmallIntegerField(help_text="Days after the session.")
    purpose = models.CharField(max_length=200)
    instruments = ArrayField(models.CharField(max_length=30), default=list, blank=True)

    class Meta:
        ordering = ["policy", "day"]
        constraints = [models.UniqueConstraint(fields=["policy", "key"], name="follow_up_step_once")]

    def __str__(self) -> str:
        return self.name


class DiagnosisCode(models.Model):
    """An ICD-10-CM code that a condition is coded with."""

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="diagnosis_codes")
    code = models.CharField(max_length=8)
    display = models.CharField(max_length=250)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["condition", "code"], name="diagnosis_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.display}"


class Protocol(models.Model):
    """A set of sites to place at one press; a new version is a new row and old sessions keep theirs."""

    key = models.SlugField(max_length=60)
    version = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="protocols")
    product = models.ForeignKey(
        Product,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="protocols",
        help_text="Units are this product's; empty when the protocol gives none.",
    )
    source = models.CharField(max_length=300)
    confidence = models.CharField(max_length=2, choices=Confidence)
    note = models.CharField(max_length=300, blank=True)
    is_current = models.BooleanField(default=True)
    made_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who saved it as the clinic's own; empty for one that ships with Cadence.",
    )
    made_from = models.ForeignKey(
        "treatments.InjectionSession", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["condition", "name"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="protocol_version_once"),
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(is_current=True), name="protocol_one_current_version"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProtocolSite(models.Model):
    """One site of a protocol; units are empty where the reference gives no dose to start from."""

    protocol = models.ForeignKey(Protocol, on_delete=models.CASCADE, related_name="sites")
    order = models.PositiveSmallIntegerField()
    muscle = models.ForeignKey(Muscle, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=8, choices=Side)
    view = models.CharField(max_length=20, blank=True)
    x = models.PositiveSmallIntegerField(null=True, blank=True)
    y = models.PositiveSmallIntegerField(null=True, blank=True)
    units = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    units_min = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    units_max = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ["protocol", "order"]
        constraints = [models.UniqueConstraint(fields=["protocol", "order"], name="protocol_site_order_once")]

    def __str__(self) -> str:
        return f"{self.muscle} {self.side}"


class MuscleDose(models.Model):
    """What a product's label, or the study behind a template, gives for a muscle on one side: a range, never a dose.

    `muscles` are keys counted together. Units are the product's, for each kg of body weight when `per_kg`.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="muscle_doses")
    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="muscle_doses")
    muscles = ArrayField(models.CharField(max_length=60))
    under_18 = models.BooleanField(default=False)
    per_kg = models.BooleanField(default=False)
    units_min = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    units_max = models.DecimalField(max_digits=7, decimal_places=2)
    sites_min = models.PositiveSmallIntegerField(null=True, blank=True)
    sites_max = models.PositiveSmallIntegerField(null=True, blank=True)
    confidence = models.CharField(max_length=2, choices=Confidence)
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ["product", "condition", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "condition", "muscles", "under_18"], name="muscle_dose_once"),
            models.CheckConstraint(
                condition=models.Q(units_min=None) | models.Q(units_max__gte=models.F("units_min")),
                name="muscle_dose_is_a_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product.brand}: {', '.join(self.muscles)}"


@pghistory.track()
class LabelConfirmation(models.Model):
    """A clinician of this clinic has read a number in the current label: a row marked B may stop from then on.

    `subject` names the reference row, `value` is the number as it stood when it was confirmed: when the row changes,
    the confirmation no longer counts.
    """

    subject = models.CharField(max_length=160)
    value = models.CharField(max_length=120)
    label_revision = models.CharField("revision of the label", max_length=80, help_text="For example 11/2023.")
    note = models.CharField(max_length=200, blank=True)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["subject", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=models.Q(withdrawn_at=None), name="label_confirmation_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.value}"
