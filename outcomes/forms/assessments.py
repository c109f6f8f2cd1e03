from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError

from outcomes.forms.scores import DAY, Known, ScoresMixin
from outcomes.models import InstrumentVersion
from treatments.models import TreatmentCourse


class AssessmentForm(ScoresMixin, forms.Form):
    """The scores of one day; the fields come from the instruments of the course's condition."""

    assessed_on = forms.DateField(label="Scored on", widget=DAY)
    note = forms.CharField(
        max_length=200, required=False, help_text="For example which muscle group was graded, or who filled it in."
    )

    def __init__(
        self,
        *args: Any,
        course: TreatmentCourse,
        versions: Iterable[InstrumentVersion],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.course, self.today = course, today
        self.fields["assessed_on"].initial = today
        self.fields["assessed_on"].widget.attrs["max"] = today.isoformat()
        self.add_score_fields(versions, Known(course))
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Div("assessed_on", css_class="score-day"),
            *(self.score_layout(version) for version in self.versions),
            "note",
        )

    def clean_assessed_on(self) -> date:
        day: date = self.cleaned_data["assessed_on"]
        if day > self.today:
            raise ValidationError("This day lies in the future.")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_goals()
        if not self.errors and not self.scores():
            raise ValidationError("Enter at least one score.")
        return cleaned
