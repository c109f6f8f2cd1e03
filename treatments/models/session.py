from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from accounts.models import Site, User
from audit.models import Versioned
from inventory.models import Product, Vial
from patients.models import Consent, Patient, PriorAuthorization, Screening, Weight
from treatments.models.course import TreatmentCourse
from treatments.models.reference import Muscle, Protocol, Side
from treatments.models.triggers import (
    DRAFT_ROWS_ONLY,
    NO_SESSION_OF_A_MERGED_RECORD,
    SIGNED_SESSION_IS_COMPLETE,
    SIGNED_SESSION_IS_LOCKED,
    VOIDED_SESSION_IS_SEALED,
)
from treatments.querysets.beside import Beside, read_beside
from treatments.querysets.sessions import InjectionSessionQuerySet
from treatments.querysets.vials import VialUseQuerySet


@pghistory.track()
class InjectionSession(Versioned):
    """One visit with one product, treating one or several courses of a patient.

    Draft, then signed and locked by the database, then perhaps voided. An outside session (from before Cadence or
    another clinic) is recorded, never signed: date, product and total units with their source.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        SIGNED = "signed", "signed"
        RECORDED = "recorded", "recorded from outside"
        VOIDED = "voided", "voided"

    class Guidance(models.TextChoices):
        NONE = "none", "Landmarks only"
        EMG = "emg", "EMG"
        STIMULATION = "stimulation", "Electrical stimulation"
        ULTRASOUND = "ultrasound", "Ultrasound"

    class Numbing(models.TextChoices):
        NONE = "none", "None"
        ICE = "ice", "Ice"
        TOPICAL = "topical", "Topical anaesthetic"
        BOTH = "both", "Ice and topical anaesthetic"

    class Complication(models.TextChoices):
        NONE = "none", "None"
        FAINT = "faint", "Fainting or near fainting"
        PAIN = "pain", "Marked pain"
        HAEMATOMA = "haematoma", "Haematoma"
        ALLERGIC = "allergic", "Allergic reaction"
        OTHER = "other", "Other"

    class Bleeding(models.TextChoices):
        NONE = "none", "None"
        MINOR = "minor", "Minor, stopped by pressure"
        PROLONGED = "prolonged", "Prolonged"

    class Response(models.TextChoices):
        FIRST = "first", "First session"
        GOOD = "good", "Good"
        PARTIAL = "partial", "Partial"
        NONE = "none", "None"
        UNKNOWN = "unknown", "Not known"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="sessions")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="sessions")
    provider = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    performed_on = models.DateField()
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    is_outside = models.BooleanField(default=False)
    courses: models.ManyToManyField[TreatmentCourse, Any] = models.ManyToManyField(
        TreatmentCourse, through="SessionCourse", related_name="sessions"
    )

    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    dilution_units = models.PositiveIntegerField(null=True, blank=True)
    dilution_ml = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    guidance = models.CharField(max_length=12, choices=Guidance, default=Guidance.NONE)
    guidance_reason = models.CharField(max_length=200, blank=True)
    numbing = models.CharField(max_length=10, choices=Numbing, default=Numbing.NONE)
    discomfort = models.PositiveSmallIntegerField("discomfort 0-10", null=True, blank=True)
    started_at = models.TimeField("started", null=True, blank=True)
    ended_at = models.TimeField("ended", null=True, blank=True)
    complication = models.CharField(max_length=12, choices=Complication, default=Complication.NONE)
    complication_note = models.CharField(max_length=200, blank=True)
    bleeding = models.CharField(max_length=10, choices=Bleeding, default=Bleeding.NONE)
    aftercare_given = models.BooleanField("aftercare explained", default=False)
    aftercare_note = models.CharField(max_length=300, blank=True)
    medication_guide_given = models.BooleanField("medication guide given", default=False)
    last_response = models.CharField("response to the last session", max_length=10, choices=Response, blank=True)
    last_response_note = models.CharField(max_length=300, blank=True)
    notes = models.TextField(blank=True)
    is_touch_up = models.BooleanField("touch-up", default=False)
    touch_up_reason = models.CharField(max_length=200, blank=True)

    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    weight = models.ForeignKey(Weight, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    authorization = models.ForeignKey(
        PriorAuthorization, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions"
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="replaced_by"
    )

    outside_units = models.DecimalField("total units", max_digits=7, decimal_places=2, null=True, blank=True)
    outside_source = models.CharField("source", max_length=200, blank=True)
    outside_lot = models.CharField("lot number", max_length=40, blank=True)

    findings = models.JSONField(default=list, editable=False, help_text="What was found when it was signed.")
    as_signed = models.JSONField(
        default=dict, editable=False, help_text="What the rows it points at said when it was signed."
    )
    signed_at = models.DateTimeField(null=True, editable=False)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    signature = models.CharField(max_length=200, editable=False, blank=True)
    voided_at = models.DateTimeField(null=True, editable=False)
    voided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    void_reason = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    saved_at = models.DateTimeField(auto_now=True)

    if TYPE_CHECKING:
        # Annotated by for_list().
        units_total: Decimal | None
        site_count: int

    objects = InjectionSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-performed_on", "-id"]
        indexes = [
            models.Index(fields=["patient", "-performed_on"], name="session_of_patient"),
            models.Index(fields=["provider", "-id"], name="session_drafts", condition=Q(status="draft")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "signed", "recorded", "voided"]), name="session_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(is_outside=True, status__in=["draft", "recorded", "voided"])
                | Q(is_outside=False, status__in=["draft", "signed", "voided"]),
                name="session_outside_is_never_signed",
            ),
            models.CheckConstraint(
                condition=~Q(status="signed")
                | Q(signed_at__isnull=False, signed_by__isnull=False, product__isnull=False, provider__isnull=False),
                name="session_signed_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(status="recorded")
                | (Q(outside_units__gt=0, product__isnull=False) & ~Q(outside_source="")),
                name="session_outside_has_dose_and_source",
                violation_error_message="An outside session needs its product, total units and source.",
            ),
            models.CheckConstraint(
                condition=Q(is_touch_up=False) | ~Q(touch_up_reason="") | Q(status="draft"),
                name="session_touch_up_has_reason",
                violation_error_message="Say why this is a touch-up.",
            ),
            models.CheckConstraint(
                condition=Q(discomfort=None) | Q(discomfort__lte=10),
                name="session_discomfort_0_to_10",
                violation_error_message="From 0 to 10.",
            ),
            models.CheckConstraint(
                condition=Q(started_at=None) | Q(ended_at=None) | Q(ended_at__gte=models.F("started_at")),
                name="session_ends_after_start",
                violation_error_message="It ended before it started.",
            ),
            models.CheckConstraint(
                condition=~Q(status="voided") | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
                name="session_voided_with_reason",
            ),
        ]
        triggers = [
            SIGNED_SESSION_IS_LOCKED,
            SIGNED_SESSION_IS_COMPLETE,
            VOIDED_SESSION_IS_SEALED,
            NO_SESSION_OF_A_MERGED_RECORD,
        ]

    def __str__(self) -> str:
        return f"Session {self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @cached_property
    def beside(self) -> Beside:
        """What stands beside this session, as it was when first asked for."""
        return read_beside(self.pk)

    @property
    def units_per_ml(self) -> Decimal | None:
        """Units of this session's product in one mL after dilution, or None before it is chosen."""
        if not self.dilution_units or not self.dilution_ml:
            return None
        return Decimal(self.dilution_units) / self.dilution_ml


class SessionCourse(models.Model):
    """A course that a session treats."""

    session = models.ForeignKey(InjectionSession, on_delete=models.CASCADE, related_name="treated")
    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="treatments")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["session", "course"], name="session_course_once")]
        triggers = [DRAFT_ROWS_ONLY]

    def __str__(self) -> str:
        return f"{self.session} of {self.course}"


class Injection(models.Model):
    """One site. Units are the session's product's; empty only while the session is a draft.

    x and y lie between 0 and 1000 on the body map `view`; all three are empty for a site charted in the table alone.
    A database constraint ties (session, course) to the courses the session treats.
    """

    session = models.ForeignKey(InjectionSession, on_delete=models.CASCADE, related_name="injections")
    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="injections")
    order = models.PositiveSmallIntegerField()
    muscle = models.ForeignKey(Muscle, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=8, choices=Side)
    view = models.CharField(max_length=20, blank=True)
    x = models.PositiveSmallIntegerField(null=True, blank=True)
    y = models.PositiveSmallIntegerField(null=True, blank=True)
    units = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ["session", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "order"],
                name="injection_order_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(units=None) | Q(units__gt=0),
                name="injection_units_positive",
                violation_error_message="More than 0 units.",
            ),
            models.CheckConstraint(
                condition=Q(x=None, y=None, view="")
                | (Q(x__isnull=False, x__lte=1000, y__isnull=False, y__lte=1000) & ~Q(view="")),
                name="injection_point_on_its_view",
            ),
        ]
        triggers = [DRAFT_ROWS_ONLY]

    def __str__(self) -> str:
        return f"Injection {self.pk}"


class VialUse(models.Model):
    """One vial of a session: units given and units discarded, which together are the vial; how it was reconstituted."""

    class Diluent(models.TextChoices):
        SALINE = "saline", "0.9 % sodium chloride, preservative-free"
        NONE = "none", "None, supplied as a solution"
        OTHER = "other", "Other"

    session = models.ForeignKey(InjectionSession, on_delete=models.CASCADE, related_name="vial_uses")
    vial = models.ForeignKey(Vial, on_delete=models.PROTECT, related_name="uses")
    units_given = models.DecimalField(max_digits=7, decimal_places=2, default=Decimal(0))
    units_discarded = models.DecimalField(max_digits=7, decimal_places=2, default=Decimal(0))
    diluent = models.CharField(max_length=10, choices=Diluent, blank=True)
    diluent_ml = models.DecimalField("mL of diluent", max_digits=5, decimal_places=2, null=True, blank=True)
    reconstituted_at = models.DateTimeField(null=True, blank=True)
    reconstituted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = VialUseQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "vial"], name="vial_use_once_per_session"),
            models.CheckConstraint(
                condition=Q(units_given__gte=0, units_discarded__gte=0), name="vial_use_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(diluent_ml=None) | Q(diluent_ml__gt=0),
                name="vial_use_diluent_positive",
                violation_error_message="More than 0 mL.",
            ),
        ]
        triggers = [DRAFT_ROWS_ONLY]

    def __str__(self) -> str:
        return f"Use of {self.vial}"
