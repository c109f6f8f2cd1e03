from __future__ import annotations

from datetime import date
from typing import ClassVar

import pghistory
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat, Reverse

from accounts.models import Site, User
from audit.models import Versioned
from patients.querysets import PatientQuerySet, PossibleDuplicateQuerySet


class Fold(Func):
    """The text in plain small letters: accents, apostrophes and punctuation gone. The function is ours, in SQL."""

    function = "patients_fold"
    output_field = models.TextField()


class Words(Func):
    """The words of a folded text, for prefix search in any order."""

    template = "to_tsvector('simple'::regconfig, %(expressions)s)"
    output_field = SearchVectorField()


class NextRecordNumber(Func):
    """The next record number, as text, from the clinic's one sequence."""

    template = "nextval('patients_record_number')::text"
    output_field = models.TextField()


class Digits(Func):
    """Only the digits of a text."""

    template = "regexp_replace(%(expressions)s, '[^0-9]', '', 'g')"
    output_field = models.TextField()


@pghistory.track(exclude=["name_search", "name_sort", "phone_digits"])
class Patient(Versioned):
    """A person treated, or to be treated, here."""

    class Sex(models.TextChoices):
        FEMALE = "F", "Female"
        MALE = "M", "Male"
        OTHER = "O", "Other"
        UNKNOWN = "U", "Not recorded"

    class Channel(models.TextChoices):
        PHONE = "phone", "Phone"
        TEXT = "text", "Text message"
        EMAIL = "email", "E-mail"
        LETTER = "letter", "Letter"

    record_number = models.CharField(max_length=20, unique=True, editable=False, db_default=NextRecordNumber())
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    former_name = models.CharField(max_length=80, blank=True, help_text="A maiden or other earlier family name.")
    birth_date = models.DateField("date of birth")
    sex = models.CharField(max_length=1, choices=Sex, default=Sex.UNKNOWN)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField("e-mail", blank=True)
    address = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=40, blank=True)
    postal_code = models.CharField(max_length=12, blank=True)
    language = models.CharField(max_length=20, blank=True, help_text="The language the patient wants to be spoken to.")
    preferred_channel = models.CharField(max_length=10, choices=Channel, default=Channel.PHONE)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="patients")
    died_on = models.DateField(null=True, blank=True)
    left_on = models.DateField("left the clinic on", null=True, blank=True)
    # Set while the record is merged into another; it stays, so that a merge can be taken apart again.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_records"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    name_search = models.GeneratedField(
        expression=Words(
            Fold(
                Concat(
                    "given_name", Value(" "), "family_name", Value(" "), "former_name", output_field=models.TextField()
                )
            )
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    name_sort = models.GeneratedField(
        expression=Fold(Concat("family_name", Value(" "), "given_name", output_field=models.TextField())),
        output_field=models.TextField(),
        db_persist=True,
    )
    phone_digits = models.GeneratedField(
        expression=Digits(F("phone")), output_field=models.TextField(), db_persist=True
    )

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["name_sort", "id"]
        indexes = [
            GinIndex(fields=["name_search"], name="patient_name_search"),
            models.Index(fields=["name_sort", "id"], name="patient_name_order"),
            models.Index(fields=["birth_date"], name="patient_birth_date"),
            models.Index(fields=["language", "id"], name="patient_language"),
            models.Index(OpClass(Reverse("phone_digits"), name="text_pattern_ops"), name="patient_phone_end"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(preferred_channel__in=["phone", "text", "email", "letter"]),
                name="patient_preferred_channel_is_known",
            ),
            models.CheckConstraint(
                condition=Q(died_on__isnull=True) | Q(died_on__gte=F("birth_date")),
                name="patient_died_after_birth",
                violation_error_message="The date of death lies before the date of birth.",
            ),
            models.CheckConstraint(
                condition=~Q(given_name="") & ~Q(family_name=""),
                name="patient_has_a_name",
                violation_error_message="Both names are needed.",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")), name="patient_not_merged_into_itself"
            ),
        ]

    def __str__(self) -> str:
        # Never the name: this text can reach a log.
        return f"Patient {self.record_number}"

    @property
    def name(self) -> str:
        return f"{self.family_name}, {self.given_name}"

    def age(self, *, on: date) -> int:
        """Whole years on that date (29 February counts from 1 March in other years)."""
        before_birthday = (on.month, on.day) < (self.birth_date.month, self.birth_date.day)
        return on.year - self.birth_date.year - before_birthday


@pghistory.track()
class Identifier(models.Model):
    """What another system calls this patient; `imported` holds the values its last import brought."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="identifiers")
    system = models.CharField(max_length=60)
    value = models.CharField(max_length=120)
    imported = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "value"],
                name="identifier_once",
                violation_error_message="This identifier belongs to another patient.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} identifier {self.pk}"


class PossibleDuplicate(models.Model):
    """A person in an imported file who may be a patient already here: someone decides, nothing merges by itself."""

    class Decision(models.TextChoices):
        WAITING = "waiting", "to decide"
        SAME = "same", "the same person"
        DIFFERENT = "different", "two people"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="possible_duplicates")
    system = models.CharField(max_length=60)
    value = models.CharField(max_length=120)
    incoming = models.JSONField()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.WAITING)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PossibleDuplicateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision__in=["waiting", "same", "different"]), name="possible_duplicate_decision_is_known"
            ),
            models.UniqueConstraint(fields=["system", "value"], name="possible_duplicate_once"),
        ]

    def __str__(self) -> str:
        return f"possible duplicate {self.pk}"
