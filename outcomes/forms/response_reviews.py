from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout
from django import forms

from outcomes.models import ResponseReview
from treatments.rules.fading import ANSWERS, QUESTIONS


class ResponseReviewForm(forms.Form):
    """The questions of a fading response, each with an answer and a note, and how the treatment goes on."""

    decision = forms.ChoiceField(choices=ResponseReview.Decision.choices, widget=forms.RadioSelect, label="Decision")
    note = forms.CharField(
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What is to be done, and what was said to the patient.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = []
        for question in QUESTIONS:
            self.fields[question.key] = forms.ChoiceField(
                choices=ANSWERS, widget=forms.RadioSelect, label=question.words, help_text=question.why
            )
            self.fields[f"{question.key}_note"] = forms.CharField(
                required=False, max_length=300, label="Note", widget=forms.TextInput(attrs={"autocomplete": "off"})
            )
            asked.append(Div(question.key, f"{question.key}_note", css_class="form-row review-question"))
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            Fieldset("Questions", HTML('<p class="muted">Cadence does not answer them.</p>'), *asked),
            Fieldset("How it goes on", "decision", "note"),
        )

    def answers(self) -> dict[str, dict[str, str]]:
        """What the action takes as `answers`."""
        data = self.cleaned_data
        return {q.key: {"answer": data[q.key], "note": data[f"{q.key}_note"]} for q in QUESTIONS}
