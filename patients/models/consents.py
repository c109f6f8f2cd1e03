"""What a patient answers and agrees to before a session: screening and consent. Neither is ever rewritten."""

from __future__ import annotations

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from patients.models.patient import Patient
from patients.models.triggers import only_changes_hands
from patients.querysets import FactQuerySet
from patients.rules.language import LANGUAGES

_WITHDRAW_COLUMNS = "'{withdrawn_on,withdrawn_reason,withdrawn_by_id}'::text[]"


class Screening(models.Model):
    """The screening questions before an injection, answered once on one day; a correction is a new row.

    `answers` holds for each question's key {"answer": "yes" | "no" | "unsure", "note": text}.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="screenings")
    answered_on = models.DateField()
    questionnaire = models.CharField(max_length=20, help_text="The version of the questions.")
    answers = models.JSONField(default=dict)
    by_patient = models.BooleanField("answered by the patient on the tablet", default=False)
    language = models.CharField(
        "what the patient read on the tablet", max_length=10, blank=True, choices=list(LANGUAGES.items())
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["-answered_on", "-id"]
        indexes = [models.Index(fields=["patient", "-answered_on", "-id"], name="screening_of_patient")]
        constraints = [
            models.CheckConstraint(
                condition=Q(language__in=["", *LANGUAGES]),
                name="screening_language_is_known",
                violation_error_message="There are no questions in this language.",
            )
        ]
        triggers = [
            pgtrigger.Protect(name="only_ever_added", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="screening_only_changes_hands",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF {only_changes_hands("patients.Screening")} THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'A screening cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"screening {self.pk}"


@pghistory.track()
class ConsentForm(models.Model):
    """The wording a patient signs, in one version; a new wording is a new version and old consents keep theirs."""

    key = models.SlugField(max_length=40)
    version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10, default="en")
    title = models.CharField(max_length=120)
    text = models.TextField(help_text="Paragraphs are parted by an empty line.")
    covers_off_label = models.BooleanField(default=False)
    valid_days = models.PositiveSmallIntegerField(default=365)
    is_current = models.BooleanField(default=True)
    source = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["key", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["key", "language", "version"], name="consent_form_version_once"),
            models.UniqueConstraint(
                fields=["key", "language"], condition=Q(is_current=True), name="consent_form_one_current_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


@pghistory.track()
class Consent(models.Model):
    """A signed consent. It may be withdrawn; nothing else of it ever changes.

    `conditions` are the keys of the conditions it is for, empty for every one. `signature` is the drawn line as SVG
    path data in a box 600 wide and 200 high, empty when a paper form was signed.
    """

    class Signer(models.TextChoices):
        PATIENT = "patient", "The patient"
        PARENT = "parent", "Parent or guardian"
        REPRESENTATIVE = "representative", "Legal representative"

    class Method(models.TextChoices):
        SCREEN = "screen", "Signed on the screen"
        PAPER = "paper", "Signed on paper"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    form = models.ForeignKey(ConsentForm, on_delete=models.PROTECT, related_name="consents")
    conditions = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    signed_on = models.DateField()
    signed_at = models.DateTimeField(auto_now_add=True)
    expires_on = models.DateField()
    signer = models.CharField(max_length=20, choices=Signer, default=Signer.PATIENT)
    signer_name = models.CharField("name of who signs", max_length=120)
    method = models.CharField(max_length=10, choices=Method, default=Method.SCREEN)
    signature = models.TextField(blank=True)
    witness = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_on = models.DateField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=200, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["-signed_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_on__gte=F("signed_on")),
                name="consent_expires_after_signing",
                violation_error_message="It cannot expire before it is signed.",
            ),
            models.CheckConstraint(
                condition=~Q(method="screen") | ~Q(signature=""),
                name="consent_on_screen_is_drawn",
                violation_error_message="The signature is missing.",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None) | Q(withdrawn_by__isnull=False),
                name="consent_withdrawn_by_someone",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="consent_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="consent_may_only_be_withdrawn",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.withdrawn_on IS NULL
                       AND to_jsonb(NEW) - {_WITHDRAW_COLUMNS} = to_jsonb(OLD) - {_WITHDRAW_COLUMNS} THEN
                        RETURN NEW;
                    END IF;
                    IF {only_changes_hands("patients.Consent")} THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'A signed consent cannot be changed.'
                        USING ERRCODE = 'integrity_constraint_violation';
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"
