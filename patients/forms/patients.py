"""Who a patient is, and finding one."""

from __future__ import annotations

from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Site
from audit.forms import VersionedModelForm
from patients.models import Patient
from patients.rules import FIRST_YEAR, LONGEST_SEARCH, problems_of


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **attrs: str) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


def ask_date(field: forms.Field, **attrs: str) -> None:
    """Ask for a day with the browser's own date field."""
    required = field.widget.is_required
    field.widget = DateInput(**attrs)
    field.widget.is_required = required


def show_refusal(form: forms.BaseForm, error: ValidationError) -> None:
    """Put an action's refusal beside its fields."""
    for name, problems in error.update_error_dict({}).items():
        form.add_error(name if name in form.fields else None, problems)


def _row(*fields: str | Field) -> Div:
    return Div(*fields, css_class="form-row")


class SearchForm(forms.Form):
    q = forms.CharField(required=False, empty_value="")

    def clean_q(self) -> str:
        return self.cleaned_data["q"][:LONGEST_SEARCH]


class PatientForm(VersionedModelForm):
    """Who a patient is and how to reach them; `today` is the date at their site."""

    class Meta:
        model = Patient
        fields = [
            "given_name",
            "family_name",
            "former_name",
            "birth_date",
            "sex",
            "phone",
            "email",
            "preferred_channel",
            "language",
            "address",
            "city",
            "state",
            "postal_code",
            "site",
        ]
        labels = {"former_name": "Former family name", "postal_code": "ZIP code", "preferred_channel": "Reach by"}
        help_texts = {"former_name": "", "language": ""}
        error_messages = {
            "given_name": {"required": "Enter the given name."},
            "family_name": {"required": "Enter the family name."},
            "birth_date": {"required": "Enter the date of birth."},
        }

    def __init__(self, *args: Any, sites: list[Site], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["site"].queryset = Site.objects.filter(pk__in=[site.pk for site in sites])  # type: ignore[attr-defined]
        # The choices are here already; asking for them again would be a query.
        self.fields["site"].choices = [(site.pk, site.name) for site in sites]  # type: ignore[attr-defined]
        ask_date(self.fields["birth_date"], min=f"{FIRST_YEAR}-01-01", max=today.isoformat())
        for field in self.fields.values():
            # The browser's own memory would offer one patient's data for another.
            field.widget.attrs["autocomplete"] = "off"
        self.fields["phone"].widget.input_type = "tel"  # type: ignore[attr-defined]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(*self.sections())

    def sections(self) -> list[Any]:
        where = ["site"] if len(self.fields["site"].choices) > 1 else []  # type: ignore[attr-defined]
        hidden = [] if where else [Field("site", type="hidden")]
        return [
            "version",
            Fieldset(
                "Person",
                _row("given_name", "family_name", "former_name"),
                _row("birth_date", "sex", "language"),
            ),
            Fieldset(
                "Contact",
                _row("phone", "email", "preferred_channel"),
                "address",
                _row("city", "state", "postal_code"),
                *where,
                *hidden,
            ),
        ]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in ("given_name", "family_name", "former_name"):
            if name in values:
                values[name] = " ".join(values[name].split())
        site = values.get("site")
        problems = problems_of(
            given_name=values.get("given_name"),
            family_name=values.get("family_name"),
            birth_date=values.get("birth_date"),
            died_on=values.get("died_on"),
            left_on=values.get("left_on"),
            phone=values.get("phone") or "",
            on=site.today() if site else self.today,
        )
        for name, words in problems.items():
            self.add_error(name, words)
        return values

    def values(self) -> dict[str, Any]:
        """What the action takes: the cleaned fields of the row."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or [] if name in self.cleaned_data}


class PatientCreateForm(PatientForm):
    """`someone_else` carries the keys of the patients who were shown as likely the same, once its box is ticked."""

    someone_else = forms.CharField(required=False)

    def clean_someone_else(self) -> list[int]:
        # What does not read as a key is no answer, and the question is asked again.
        return [int(key) for key in self.cleaned_data["someone_else"].split(",") if key.isascii() and key.isdigit()]


class PatientEditForm(PatientForm):
    class Meta(PatientForm.Meta):
        fields = [*PatientForm.Meta.fields, "died_on", "left_on"]
        labels = {**PatientForm.Meta.labels, "died_on": "Died on", "left_on": "Left the clinic on"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("died_on", "left_on"):
            ask_date(self.fields[name], max=self.today.isoformat())

    def sections(self) -> list[Any]:
        return [*super().sections(), Fieldset("No longer a patient", _row("died_on", "left_on"))]


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(choices=[("same", "the same person"), ("different", "two people")])
