from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db.models import Q

from accounts.models import Site, User
from audit.forms import VersionedModelForm
from inventory.models import Product
from patients.models import Patient
from treatments.forms.session import MOST_UNITS, UnitsField
from treatments.models import Condition, DiagnosisCode, TreatmentCourse


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class CourseForm(VersionedModelForm):
    """Start a course, or change who leads it, where, and its diagnosis code."""

    class Meta:
        model = TreatmentCourse
        fields = ["condition", "diagnosis", "provider", "site"]

    def __init__(self, *args: Any, patient: Patient, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient = patient
        # Of one's own sites; and what the course has already, which a change of something else must not lose.
        mine, course = by.sites.all(), self.instance
        self.fields["provider"].queryset = User.objects.filter(  # type: ignore[attr-defined]
            Q(pk__in=User.objects.providers().filter(sites__in=mine)) | Q(pk=course.provider_id)
        )
        self.fields["site"].queryset = Site.objects.filter(Q(pk__in=mine) | Q(pk=course.site_id))  # type: ignore[attr-defined]
        self.fields["diagnosis"].help_text = "ICD-10-CM. It must be one of the condition's codes."
        self.fields["diagnosis"].required = False
        codes = DiagnosisCode.objects.select_related("condition").order_by("condition__position", "code")
        if self.instance.pk:
            del self.fields["condition"]
            codes = codes.filter(condition=self.instance.condition)
        groups: dict[str, list[tuple[int, str]]] = {}
        for code in codes:
            groups.setdefault(code.condition.name, []).append((code.pk, str(code)))
        self.fields["diagnosis"].choices = [("", "Not coded yet"), *groups.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        diagnosis, condition = (
            cleaned.get("diagnosis"),
            cleaned.get("condition") or getattr(self.instance, "condition", None),
        )
        if diagnosis and condition and diagnosis.condition_id != condition.pk:
            # The same code stands in the list under each condition it is of: which of them was pressed is no matter.
            cleaned["diagnosis"] = condition.diagnosis_codes.filter(code=diagnosis.code).first()
            if cleaned["diagnosis"] is None:
                self.add_error("diagnosis", f"{diagnosis.code} is not a code of {condition.name}.")
        if not self.instance.pk and isinstance(condition, Condition):
            open_one = TreatmentCourse.objects.filter(patient=self.patient, condition=condition, closed_on=None)
            if open_one.exists():
                self.add_error("condition", "This patient already has an open course for this condition.")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # The patient is not on the form; the action validates the whole row.
        return super()._get_validation_exclusions() | {"patient", "started_on"}  # type: ignore[misc]

    def validate_constraints(self) -> None:
        """The action does, with the row locked."""


class CloseCourseForm(forms.Form):
    reason = forms.ChoiceField(choices=TreatmentCourse.ClosedReason.choices, widget=forms.RadioSelect)
    note = forms.CharField(max_length=200, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class TargetForm(forms.Form):
    """Aim at a day; an empty day goes back to the calculated one."""

    target_on = forms.DateField(label="Aim for", required=False, widget=DateInput())
    reason = forms.CharField(label="Why", max_length=200, required=False)
    seen = forms.DateField(required=False, widget=forms.HiddenInput)

    def show_conflict(self, there: date | None) -> None:
        """Keep what was typed and say which day stands there now; sent again, this one goes in its place."""
        words = f"{there:%-d %B %Y}" if there else "none"
        self.add_error("target_on", f"Chosen meanwhile: {words}. Save again to put yours in its place.")
        data = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = there.isoformat() if there else ""
        self.data = data

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("target_on") and not cleaned.get("reason", "").strip():
            self.add_error("reason", "Say why this day was chosen.")
        return cleaned


class OutsideSessionForm(forms.Form):
    """A session from before Cadence or from another clinic."""

    performed_on = forms.DateField(label="Day of the session", widget=DateInput())
    product = forms.ModelChoiceField(Product.objects.all())
    units = UnitsField(
        label="Total units",
        max_digits=7,
        decimal_places=2,
        max_value=MOST_UNITS,
        error_messages={"max_value": f"At most {MOST_UNITS} U."},
        validators=[MinValueValidator(0.5, "More than 0 units.")],
        help_text="Of this product: units of different products cannot be compared.",
    )
    lot = forms.CharField(label="Lot number", max_length=40, required=False)
    source = forms.CharField(
        label="Known from", max_length=200, help_text="For example: letter of Dr Weiss, 3 May 2026; patient's word."
    )

    def __init__(self, *args: Any, today: date, born: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.born = today, born
        self.fields["performed_on"].widget.attrs["max"] = today.isoformat()

    def clean_performed_on(self) -> date:
        day: date = self.cleaned_data["performed_on"]
        if day > self.today:
            raise ValidationError("This day lies in the future.")
        if day < self.born:
            raise ValidationError("This day lies before the patient's birth.")
        return day


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=200, error_messages={"required": "Say why."})
