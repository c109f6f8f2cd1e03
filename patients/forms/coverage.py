"""Who pays, and what they allowed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms

from audit.forms import VersionedModelForm
from patients.forms.patients import ask_date
from patients.letters_in import check_letter
from patients.models import Coverage, Patient, Payer, PriorAuthorization
from patients.rules.authorization import problems_of

AT_LEAST_ONE = "At least 1. Leave it empty where the payer names no number."
TOO_MANY = "That is more than any payer approves."

Choices = Sequence[tuple[str, str]]


class PayerInput(forms.TextInput):
    """A name to type or to choose from the payers there are; works without scripts."""

    template_name = "patients/_payer_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, {"list": f"id_{name}_names", **(attrs or {})})
        context["widget"]["names"] = Payer.objects.filter(is_active=True).values_list("name", flat=True)
        return context


class CoverageForm(VersionedModelForm):
    payer = forms.CharField(
        label="Payer and plan",
        max_length=100,
        widget=PayerInput,
        help_text="Choose one of the list, or type a new name.",
        error_messages={"required": "Enter who pays."},
    )

    class Meta:
        model = Coverage
        fields = ["member_id", "authorization_required", "starts_on", "ends_on"]
        labels = {
            "authorization_required": "The payer wants a prior authorisation",
            "starts_on": "From",
            "ends_on": "To",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.setdefault("payer", self.instance.payer.name)
        for name in ("starts_on", "ends_on"):
            ask_date(self.fields[name])
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            "version", "payer", "member_id", "authorization_required", _side_by_side("starts_on", "ends_on")
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        _in_order(self, values)
        return values

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("payer", *(self._meta.fields or []))}


class AuthorizationForm(VersionedModelForm):
    """A prior authorisation; `products` and `conditions` are (key, name) of the reference data."""

    product = forms.ChoiceField(error_messages={"required": "Choose the product."})
    condition = forms.ChoiceField(error_messages={"required": "Choose what it is for."})
    letter = forms.FileField(
        required=False,
        label="Letter of the payer",
        help_text="PDF, PNG or JPEG, at most 10 MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )

    class Meta:
        model = PriorAuthorization
        fields = [
            "coverage",
            "status",
            "number",
            "product",
            "condition",
            "units_approved",
            "visits_approved",
            "starts_on",
            "ends_on",
            "submitted_on",
            "decided_on",
            "appealed_on",
            "denial_reason",
            "note",
        ]
        labels = {
            "number": "Authorisation number",
            "starts_on": "From",
            "ends_on": "To",
            "submitted_on": "Asked for on",
            "decided_on": "Decided on",
            "appealed_on": "Appealed on",
            "denial_reason": "Why it was denied",
        }
        error_messages = {
            "coverage": {"required": "Choose who pays."},
            "status": {"required": "Choose how it stands."},
            "starts_on": {"required": "Enter the first day."},
            "ends_on": {"required": "Enter the last day."},
            "units_approved": {"min_value": AT_LEAST_ONE, "max_value": TOO_MANY},
            "visits_approved": {"min_value": AT_LEAST_ONE, "max_value": TOO_MANY},
        }

    def __init__(
        self, *args: Any, patient: Patient, products: Choices, conditions: Choices, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        coverages = list(patient.coverages.all())
        coverage: Any = self.fields["coverage"]
        coverage.queryset = Coverage.objects.filter(patient=patient)
        coverage.choices = [
            ("", "Choose"),
            *((row.pk, " ".join(filter(None, [row.payer.name, row.member_id]))) for row in coverages),
        ]
        if len(coverages) == 1:
            self.initial.setdefault("coverage", coverages[0].pk)
        for name, choices in (("product", products), ("condition", conditions)):
            field: Any = self.fields[name]
            # What was chosen once stays choosable, also when the clinic no longer has it.
            kept = getattr(self.instance, name)
            others = [(kept, kept)] if kept and kept not in dict(choices) else []
            field.choices = [("", "Choose"), *choices, *others]
        if not self.instance.pk:
            self.initial.setdefault("starts_on", today)
        for name in ("starts_on", "ends_on", "submitted_on", "decided_on", "appealed_on"):
            ask_date(self.fields[name])
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"
        if self.instance.document_name:
            self.fields["letter"].help_text += f" It takes the place of {self.instance.document_name}."
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            "version",
            "coverage",
            _side_by_side("status", "number"),
            _side_by_side("condition", "product"),
            _side_by_side("units_approved", "visits_approved"),
            _side_by_side("starts_on", "ends_on"),
            _side_by_side("submitted_on", "decided_on"),
            _side_by_side("denial_reason", "appealed_on"),
            "letter",
            "note",
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        _in_order(self, values)
        for name, problem in problems_of(values, on=self.today).items():
            if name not in self.errors:
                self.add_error(name, problem)
        return values

    def clean_letter(self) -> Any:
        letter = self.cleaned_data["letter"]
        if letter:
            check_letter(letter)
        return letter

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        # The database says the same of the row; once beside the field is enough.
        if "number" in self.errors or "ends_on" in self.errors:
            self._errors.pop("__all__", None)

    def ask_for_letter_again(self) -> None:
        """Say that a chosen file has to be chosen anew where the rest was refused: a browser does not keep it."""
        if self.errors and "letter" not in self.errors and self.files.get("letter"):
            self.add_error("letter", "Choose the letter again: it was not kept.")

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("letter", *(self._meta.fields or []))}


def _side_by_side(*fields: str) -> Div:
    return Div(*fields, css_class="form-row")


def _in_order(form: forms.ModelForm, values: dict[str, Any]) -> None:
    starts, ends = values.get("starts_on"), values.get("ends_on")
    if starts and ends and ends < starts:
        form.add_error("ends_on", "It ends before it starts.")
