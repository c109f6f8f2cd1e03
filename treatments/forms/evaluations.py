"""The form of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError

from audit.forms import VersionedModelForm
from treatments.actions.evaluations import CONTENT, TOLD
from treatments.forms.courses import DateInput
from treatments.models import Evaluation


class EvaluationForm(VersionedModelForm):
    """An evaluation as it is written; `today` is the site's."""

    class Meta:
        model = Evaluation
        fields = ["evaluated_on", *CONTENT]
        labels = {
            "evaluated_on": "Day",
            "symptoms": "Symptoms",
            "symptoms_since": "Since",
            "history": "History",
            "examination": "Examination",
            "suitability": "Suitability",
            "suitability_reasons": "Why",
            "goals": "Goals",
            "told_onset": "The effect comes in days to two weeks",
            "told_duration": "It lasts three to six months",
            "told_partial": "Relief may be partial",
            "told_risks": "The risks, and when to seek help",
            "told_note": "What else was said",
            "medication_guide_on": "Medication guide given on",
            "physical_therapy": "Physical therapy",
            "medication_plan": "Medication",
            "lifestyle": "Lifestyle",
        }
        help_texts = {
            "goals": "One a line, in the patient's words: what should be possible again.",
            "suitability_reasons": "What speaks for the treatment, what was tried, what stands against it.",
            "symptoms_since": "For example: 2019, or six months.",
        }
        widgets = {
            "evaluated_on": DateInput(),
            "medication_guide_on": DateInput(),
            "suitability": forms.RadioSelect,
            **{
                name: forms.Textarea(attrs={"rows": rows})
                for name, rows in {
                    "symptoms": 2,
                    "history": 2,
                    "examination": 2,
                    "suitability_reasons": 2,
                    "goals": 2,
                    "told_note": 2,
                    "physical_therapy": 2,
                    "medication_plan": 2,
                    "lifestyle": 2,
                }.items()
            },
        }

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        # Nothing is chosen beforehand: the clinician says whether it suits.
        self.fields["suitability"].choices = Evaluation.Suitability.choices  # type: ignore[attr-defined]
        for name in ("evaluated_on", "medication_guide_on"):
            self.fields[name].widget.attrs["max"] = today.isoformat()
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            "version",
            Fieldset(
                "What was found",
                Div("evaluated_on", "symptoms_since", css_class="form-row"),
                "symptoms",
                Div("history", "examination", css_class="form-row"),
            ),
            Fieldset("Decision", "suitability", Div("suitability_reasons", "goals", css_class="form-row")),
            Fieldset(
                "What the patient was told",
                HTML(_ALL_SAID),
                *(Field(name, data_told="") for name in TOLD),
                Div("told_note", "medication_guide_on", css_class="form-row"),
            ),
            Fieldset(
                "Combined with",
                Div("physical_therapy", "medication_plan", css_class="form-row"),
                Div("lifestyle", css_class="form-row"),
            ),
        )

    def content(self) -> dict[str, Any]:
        """What the action takes as `content`."""
        return {name: self.cleaned_data[name] for name in CONTENT}

    def clean_evaluated_on(self) -> date:
        return self._not_in_the_future("evaluated_on")

    def clean_medication_guide_on(self) -> date | None:
        return self._not_in_the_future("medication_guide_on") if self.cleaned_data["medication_guide_on"] else None

    def _not_in_the_future(self, name: str) -> date:
        day: date = self.cleaned_data[name]
        if day > self.today:
            raise ValidationError("This day lies in the future.")
        return day

    def validate_constraints(self) -> None:
        """The action does, with the row locked."""


_ALL_SAID = (
    '<p class="cluster"><button type="submit" class="btn btn-sm btn-secondary" name="all_said" value="yes"'
    " data-all-said>All said</button>"
    '<span class="muted small">Ticks the four below.</span></p>'
)


def all_said(posted: Mapping[str, str]) -> dict[str, Any]:
    """What was typed so far with the four ticks set, for a form that is shown again and not yet judged."""
    return {name: posted.get(name) for name in ["version", "evaluated_on", *CONTENT]} | dict.fromkeys(TOLD, True)
