"""A payer, and what they ask for in general."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout

from audit.forms import VersionedModelForm
from patients.models import Payer


class PayerForm(VersionedModelForm):
    class Meta:
        model = Payer
        fields = [
            "name",
            "min_interval_days",
            "interval_source",
            "lead_days",
            "authorization_required",
            "portal",
            "phone",
            "fax",
            "note",
            "is_active",
        ]
        labels = {
            "name": "Payer and plan",
            "min_interval_days": "Shortest interval, in days",
            "interval_source": "Where that is written",
            "lead_days": "Days an authorisation takes",
            "authorization_required": "This payer wants a prior authorisation",
            "is_active": "Offered for new coverages",
        }
        help_texts = {
            "min_interval_days": "Empty when this payer names none. It counts for sessions signed from now on.",
            "lead_days": "So many days before the next session it has to be asked for.",
            "authorization_required": "For coverages entered from now on; each can be changed by itself.",
            "portal": "Address of the page where authorisations are asked for.",
        }
        error_messages = {
            "name": {"required": "Enter who pays."},
            "min_interval_days": {"min_value": "At least 1 day.", "max_value": "At most 366 days."},
            "lead_days": {"max_value": "At most 120 days.", "required": "Enter 0 when it takes no time."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"
        self.fields["min_interval_days"].widget.attrs["min"] = 1
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            "version",
            "name",
            _side_by_side("min_interval_days", "lead_days"),
            "interval_source",
            "authorization_required",
            "portal",
            _side_by_side("phone", "fax"),
            "note",
            *(["is_active"] if self.instance.pk else []),
        )
        if not self.instance.pk:
            del self.fields["is_active"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("min_interval_days") and not values.get("interval_source"):
            self.add_error("interval_source", "Say where the interval is written: the policy and its date.")
        return values

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self._meta.fields or [] if name in self.fields}


def _side_by_side(*fields: str) -> Div:
    return Div(*fields, css_class="form-row")
