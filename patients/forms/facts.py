"""What is known of a patient: one small form for each kind of fact."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError

from audit.forms import VersionedModelForm
from patients.forms.patients import ask_date
from patients.models import Allergy, HistoryItem, Medication, TriedTreatment, Weight

CHOOSE = "Choose"


class FactForm(VersionedModelForm):
    """One fact of a patient. `values()` is what the action takes."""

    choice = ""  # the field of structured choices
    detail = ""  # the field that names what "Other" is
    other_words = ""
    ends_later = True  # a new one is not asked when it ended

    def __init__(self, *args: Any, today: date, born: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.born = born
        if not self.instance.pk:
            if self.ends_later:
                self.fields.pop("ended_on", None)
            if self.choice:
                field = self.fields[self.choice]
                field.choices = [("", CHOOSE), *(pair for pair in field.choices if pair[0])]  # type: ignore[attr-defined]
        for field in self.fields.values():
            if isinstance(field, forms.DateField):
                ask_date(field, min=born.isoformat())
        if self.choice:
            self.fields[self.choice].error_messages["required"] = "Choose one."
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if (
            self.choice
            and values.get(self.choice) == "other"
            and not values.get(self.detail)
            and self.detail not in self.errors
        ):
            self.add_error(self.detail, self.other_words)
        for name, field in self.fields.items():
            day = values.get(name)
            if isinstance(field, forms.DateField) and day is not None and day < self.born:
                self.add_error(name, "This lies before the date of birth.")
        started = values.get("started_on") or values.get("since")
        ended = values.get("ended_on")
        if started and ended and ended < started:
            self.add_error("ended_on", "This lies before the start.")
        return values

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.fields if name != "version"}


class AllergyForm(FactForm):
    choice, detail, other_words = "substance", "name", "Say which substance it is."

    class Meta:
        model = Allergy
        fields = ["substance", "name", "reaction", "ended_on"]
        labels = {"name": "Which", "ended_on": "No longer since"}


class MedicationForm(FactForm):
    choice, detail, other_words = "drug_class", "name", "Enter the name of the medicine."

    class Meta:
        model = Medication
        fields = ["drug_class", "name", "dose", "started_on", "ended_on"]
        labels = {"drug_class": "Kind", "started_on": "Since", "ended_on": "Stopped on"}
        error_messages = {"name": {"required": "Enter the name of the medicine."}}


class HistoryItemForm(FactForm):
    choice, detail, other_words = "kind", "note", "Say what it is."

    class Meta:
        model = HistoryItem
        fields = ["kind", "note", "since", "ended_on"]
        labels = {"ended_on": "No longer since"}


class TriedTreatmentForm(FactForm):
    """What was tried before or beside the toxin; payers ask for class, dose, how long, and why it was stopped."""

    choice, detail, other_words = "kind", "name", "Say what it was."
    ends_later = False

    class Meta:
        model = TriedTreatment
        fields = ["kind", "name", "dose", "started_on", "ended_on", "stopped", "note"]
        labels = {
            "name": "Which",
            "dose": "Highest dose",
            "started_on": "From",
            "ended_on": "To",
            "stopped": "Why stopped",
        }
        error_messages = {
            "name": {"required": "Enter the medicine or what was done."},
            "stopped": {"required": "Choose one."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["stopped"]
        field.choices = [("", CHOOSE), *(pair for pair in field.choices if pair[0])]
        self.helper.layout = Layout(
            "version",
            "kind",
            Div("name", "dose", css_class="form-row"),
            Div("started_on", "ended_on", css_class="form-row"),
            "stopped",
            "note",
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("stopped") == TriedTreatment.Stopped.ONGOING and values.get("ended_on"):
            self.add_error("ended_on", "Still taken: leave the end empty.")
        if (started := values.get("started_on")) and started > self.today:
            self.add_error("started_on", "This lies in the future.")
        return values


class WeightForm(FactForm):
    class Meta:
        model = Weight
        fields = ["kg", "measured_on"]
        labels = {"kg": "Weight in kg", "measured_on": "Measured on"}
        error_messages = {
            "kg": {"required": "Enter the weight."}
            | dict.fromkeys(
                ("invalid", "max_digits", "max_decimal_places", "max_whole_digits"),
                "Enter the weight in kg, with one decimal at most, for example 23.4.",
            ),
            "measured_on": {"required": "Enter the day."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.setdefault("measured_on", self.today)
        kg: Any = self.fields["kg"]
        kg.widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
        self.helper.layout = Layout("version", Div("kg", "measured_on", css_class="form-row"))

    def clean_kg(self) -> Decimal:
        kg: Decimal = self.cleaned_data["kg"]
        if "e" in str(self.data.get(self.add_prefix("kg"))).lower():
            # 1e2 reads as 100: a slip of the hand, and children's doses go by it.
            raise ValidationError(self.fields["kg"].error_messages["invalid"])
        if not 1 <= kg <= 400:
            raise ValidationError("From 1 to 400 kg.")
        return kg

    def clean_measured_on(self) -> date:
        day: date = self.cleaned_data["measured_on"]
        if day > self.today:
            raise ValidationError("This lies in the future.")
        return day
